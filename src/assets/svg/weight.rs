//! How much work it is to paint a drawing.
//!
//! In: a tree. Out: about the number of shapes that are painted, every reference counted as often as it is followed: `<use>`, patterns,
//! masks, clips, markers, filters. `None` when nobody can say: references in a circle, or filters whose work grows without bound.

use super::number::number;
use super::tree::Element;
use std::collections::BTreeMap;

/// A filter looks at every pixel of the canvas, where a shape looks at some.
const FILTER: u64 = 300;

/// Filters whose work grows with their own numbers: with the area of a radius, with a matrix, with a count of octaves.
const ENDLESS: [&str; 3] = ["feMorphology", "feConvolveMatrix", "feTurbulence"];

/// How many references may stand behind one another.
const LONGEST_CHAIN: usize = 16;

/// No point of a drawing is farther away: painters count in 24 bits (IEEE 754, binary32), and an arc as wide as numbers can say is cut into
/// a million pieces.
const FARTHEST: f64 = 16_777_216.0;

/// The weight of a drawing.
pub(super) fn weight(root: &Element) -> Option<u64> {
    let mut ids = BTreeMap::new();
    collect(root, &mut ids);
    Scales { ids, known: BTreeMap::new() }.element(root, LONGEST_CHAIN)
}

fn collect<'a>(element: &'a Element, ids: &mut BTreeMap<&'a str, &'a Element>) {
    if let Some(id) = element.get("id") {
        ids.entry(id).or_insert(element);
    }
    element.elements().for_each(|child| collect(child, ids));
}

struct Scales<'a> {
    ids: BTreeMap<&'a str, &'a Element>,
    known: BTreeMap<&'a str, u64>,
}

impl<'a> Scales<'a> {
    fn element(&mut self, element: &'a Element, chain: usize) -> Option<u64> {
        if ENDLESS.contains(&element.name.as_str()) {
            return None;
        }
        if ["d", "points"].iter().filter_map(|name| element.get(name)).any(is_far) {
            return None;
        }
        let mut sum = if element.name.starts_with("fe") { FILTER } else { 1 };
        for (name, value) in &element.attributes {
            let times = if name.starts_with("marker") || name == "style" { corners(element) } else { 1 };
            for id in targets(name, value) {
                sum = sum.saturating_add(self.target(id, chain)?.saturating_mul(times));
            }
        }
        if element.name == "style" {
            // A rule may dress every element there is.
            let elements = u64::try_from(self.ids.len()).unwrap_or(u64::MAX).saturating_add(100);
            for id in urls(&element.text()) {
                sum = sum.saturating_add(self.target(id, chain)?.saturating_mul(elements));
            }
        }
        for child in element.elements() {
            sum = sum.saturating_add(self.element(child, chain)?);
        }
        Some(sum)
    }

    fn target(&mut self, id: &str, chain: usize) -> Option<u64> {
        let Some((id, target)) = self.ids.get_key_value(id).map(|(id, target)| (*id, *target)) else { return Some(0) };
        if let Some(known) = self.known.get(id) {
            return Some(*known);
        }
        let weight = self.element(target, chain.checked_sub(1)?)?;
        self.known.insert(id, weight);
        Some(weight)
    }
}

/// Whether a number in the text is. Flags that stand before one without a space make it look larger, by two digits at most.
fn is_far(text: &str) -> bool {
    let mut rest = text;
    while let Some(at) = rest.find(|c: char| c.is_ascii_digit() || matches!(c, '.' | '-' | '+')) {
        rest = &rest[at..];
        let written = number(rest).unwrap_or(&rest[..1]);
        if written.parse::<f64>().is_ok_and(|it| it.abs() > FARTHEST) {
            return true;
        }
        rest = &rest[written.len()..];
    }
    false
}

/// The ids that an attribute refers to.
fn targets<'v>(name: &str, value: &'v str) -> Vec<&'v str> {
    match name {
        "href" => value.trim().strip_prefix('#').into_iter().collect(),
        _ => urls(value),
    }
}

/// Every `url(#id)`.
fn urls(text: &str) -> Vec<&str> {
    let inside = text.split("url(").skip(1).filter_map(|rest| rest.split_once(')').map(|(inside, _)| inside));
    inside.filter_map(|inside| inside.trim().trim_matches(['"', '\'']).trim().strip_prefix('#')).collect()
}

/// About how many corners a shape has: a marker is painted at each.
fn corners(element: &Element) -> u64 {
    let length = ["d", "points"].iter().filter_map(|name| element.get(name)).map(str::len).max().unwrap_or_default();
    u64::try_from(length / 4).unwrap_or(u64::MAX).saturating_add(2)
}
