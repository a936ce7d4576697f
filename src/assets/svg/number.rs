//! Numbers in fewer characters.
//!
//! In: a tree. Out: the same picture. Zeros and signs that say nothing go everywhere. Coordinates of paths and points are
//! rounded only where the size of the picture in their units is known, so that no edge moves by more than a thirtieth of a
//! pixel when it is shown 2,000 pixels wide.

use super::path;
use super::tree::Element;

/// Attributes that hold numbers and nothing that merely looks like one.
const NUMERIC: &str = "x y width height r rx ry cx cy x1 x2 y1 y2 fx fy offset opacity fill-opacity stroke-opacity stop-opacity \
    stroke-width stroke-miterlimit stroke-dasharray stroke-dashoffset font-size transform gradientTransform \
    patternTransform viewBox stdDeviation";

const COLORS: &[&str] = &["fill", "stroke", "stop-color", "flood-color", "lighting-color", "color"];

/// From this size on three decimals are enough. Icons of 16 or 24 units stay exact: their points often lie on the
/// very grid at which renderers sample, and the least shift changes the shade of an edge.
const LEAST: f64 = 30.0;

/// Elements whose inside has a coordinate system of its own.
const OWN_UNITS: &[&str] = &["svg", "symbol", "marker", "pattern", "mask", "clipPath"];

/// Shortens all numbers.
pub(super) fn shorten(root: &mut Element) {
    let side = if is_plain(root) { side(root) } else { None };
    visit(root, side, true);
}

/// The smaller side of the picture in user units.
fn side(root: &Element) -> Option<f64> {
    let numbers: Vec<f64> = match root.get("viewBox") {
        Some(view) => view
            .split([' ', ','])
            .filter(|word| !word.is_empty())
            .skip(2)
            .map(|word| word.parse().ok())
            .collect::<Option<_>>()?,
        None => ["width", "height"]
            .iter()
            .map(|name| root.get(name)?.trim_end_matches("px").parse().ok())
            .collect::<Option<_>>()?,
    };
    numbers.into_iter().reduce(f64::min).filter(|side| side.is_finite())
}

/// Whether an element is drawn once, where it stands: nothing can scale it that is not one of its ancestors.
fn is_plain(root: &Element) -> bool {
    !root.any(&|element| {
        let moves = matches!(
            element.name.as_str(),
            "use" | "animate" | "animateTransform" | "animateMotion" | "set" | "style" | "textPath"
        );
        moves
            || element
                .get("style")
                .is_some_and(|style| style.contains("transform") || style.contains("scale") || style.contains("zoom"))
    })
}

fn visit(element: &mut Element, side: Option<f64>, is_root: bool) {
    let side = if !is_root && OWN_UNITS.contains(&element.name.as_str()) { None } else { side };
    let side = match element.get("transform") {
        Some(transform) => side.zip(enlargement(transform)).map(|(side, factor)| side / factor),
        None => side,
    };
    let decimals = side.filter(|side| *side >= LEAST).map(|_| 3);
    for (name, value) in &mut element.attributes {
        let shorter = match name.as_str() {
            "d" => path::shorten(value, decimals),
            "points" => path::shorten_points(value, decimals),
            name if COLORS.contains(&name) => color(value),
            name if NUMERIC.split_ascii_whitespace().any(|one| one == name) => Some(plain(value)),
            _ => None,
        };
        if let Some(shorter) = shorter.filter(|shorter| shorter.len() < value.len()) {
            *value = shorter;
        }
    }
    element.elements_mut().for_each(|child| visit(child, side, false));
}

/// An upper bound of how much a transform list enlarges, at least 1; `None` when it cannot be read.
fn enlargement(transform: &str) -> Option<f64> {
    let (mut factor, mut rest) = (1.0_f64, transform.trim());
    while !rest.is_empty() {
        let (name, after) = rest.split_once('(')?;
        let (inside, after) = after.split_once(')')?;
        let numbers: Vec<f64> = inside
            .split([' ', ',', '\t', '\n', '\r'])
            .filter(|word| !word.is_empty())
            .map(|word| word.parse().ok())
            .collect::<Option<_>>()?;
        factor *= match (name.trim(), numbers.as_slice()) {
            ("translate" | "rotate", _) => 1.0,
            ("scale", numbers) => numbers.iter().fold(1.0, |most, it| it.abs().max(most)),
            // The Frobenius norm bounds the stretch in every direction.
            ("matrix", [a, b, c, d, ..]) => a.hypot(*b).hypot(c.hypot(*d)).max(1.0),
            _ => return None,
        };
        rest = after.trim_start_matches([' ', ',', '\t', '\n', '\r']);
    }
    factor.is_finite().then_some(factor)
}

/// `#ffcc00` as `#fc0`: the same color (CSS Color 4, section 5.2).
fn color(value: &str) -> Option<String> {
    let digits = value.trim().strip_prefix('#')?.as_bytes();
    let paired = digits.len() == 6 && digits.chunks(2).all(|pair| pair[0].eq_ignore_ascii_case(&pair[1]));
    let hex = digits.iter().all(u8::is_ascii_hexdigit);
    (paired && hex).then(|| format!("#{}", digits.iter().step_by(2).map(|it| char::from(*it)).collect::<String>()))
}

/// Every number in `text` in its short form, runs of white space as one space.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text.trim();
    while let Some(c) = rest.chars().next() {
        let (token, after) = match number(rest) {
            Some(token) => (short(token), &rest[token.len()..]),
            None if c.is_ascii_whitespace() => (" ".to_owned(), rest.trim_start()),
            None => (c.to_string(), &rest[c.len_utf8()..]),
        };
        out.push_str(&token);
        rest = after;
    }
    out
}

/// The number at the start of `text` (SVG 2, section 9.3.9: sign, digits, dot, digits, exponent).
pub(super) fn number(text: &str) -> Option<&str> {
    let bytes = text.as_bytes();
    let digits = |from: usize| bytes[from..].iter().take_while(|it| it.is_ascii_digit()).count();
    let mut at = usize::from(matches!(bytes.first(), Some(b'+' | b'-')));
    let whole = digits(at);
    at += whole;
    let mut part = 0;
    if bytes.get(at) == Some(&b'.') {
        part = digits(at + 1);
        if part > 0 {
            at += 1 + part;
        }
    }
    if whole + part == 0 {
        return None;
    }
    if matches!(bytes.get(at), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(at + 1), Some(b'+' | b'-')));
        let exponent = if at + 1 + sign <= bytes.len() { digits(at + 1 + sign) } else { 0 };
        if exponent > 0 {
            at += 1 + sign + exponent;
        }
    }
    Some(&text[..at])
}

/// The same number without the characters that say nothing: `+0.50` is `.5`.
pub(super) fn short(token: &str) -> String {
    if token.contains(['e', 'E']) {
        return token.to_owned();
    }
    let (sign, digits) = match token.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", token.trim_start_matches('+')),
    };
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let (whole, part) = (whole.trim_start_matches('0'), part.trim_end_matches('0'));
    match (whole, part) {
        ("", "") => "0".to_owned(),
        (whole, "") => format!("{sign}{whole}"),
        (whole, part) => format!("{sign}{whole}.{part}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_keeps_its_value() {
        for (long, brief) in [
            ("+0.50", ".5"),
            ("-0.0", "0"),
            ("007", "7"),
            ("10", "10"),
            ("-10.250", "-10.25"),
            ("100", "100"),
            ("1e3", "1e3"),
            (".5", ".5"),
        ] {
            assert_eq!(short(long), brief);
        }
        assert_eq!(
            plain("translate( 10.00,  -0.50 ) scale(1.0)"),
            "translate( 10,-.5 ) scale(1)".replace("10,-", "10, -")
        );
        assert_eq!(plain("50.00%"), "50%");
        assert_eq!(number("1e"), Some("1"));
        assert_eq!(number("-"), None);
        assert_eq!(number("."), None);
    }

    #[test]
    fn a_color_is_halved_only_when_its_digits_come_in_pairs() {
        assert_eq!(color("#FFcc00").as_deref(), Some("#Fc0"));
        assert_eq!(color("#ffcc01"), None);
        assert_eq!(color("red"), None);
    }

    #[test]
    fn a_transform_that_cannot_be_read_is_no_licence_to_round() {
        assert_eq!(enlargement("translate(5) scale(2,-3)"), Some(3.0));
        assert_eq!(enlargement("scale(.1)"), Some(1.0));
        assert_eq!(enlargement("skewX(80)"), None);
        assert_eq!(enlargement("nonsense"), None);
    }
}
