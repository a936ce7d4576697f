//! Text in a box: SVG breaks no lines, so lines are broken here, as large as the box allows.
//!
//! In: a drawing whose `<text>` elements may carry `data-box="LEFT TOP WIDTH HEIGHT"`, `data-smallest` (a font size), `data-leading` and
//! `data-align` (`top`, `middle`, `bottom`). Out: the same with a `<tspan>` for each line. Text without a box stays as it is; text that does
//! not fit at the smallest size ends in an ellipsis. `direction="rtl"` sets it from the right. An empty `<svg data-icon>` takes the icon.

use super::face::Faces;
use crate::assets::SvgError;
use crate::assets::svg::tree::{Element, Node, Space};
use crate::assets::svg::{checked, write};
use resvg::usvg::Tree;
use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// From base line to base line, in font sizes, unless `data-leading` says otherwise.
const LEADING: f32 = 1.14;

/// From the base line to the top of capitals, in font sizes: Inter's 0.727, and near that of most.
const CAPITALS: f32 = 0.73;

/// The size at which words are measured; widths grow in proportion.
const MEASURED: f32 = 100.0;

/// More of a title is not read in a preview.
const LONGEST: usize = 300;

/// A drawing ready to be painted.
pub(super) struct Fitted {
    pub(super) svg: String,
    pub(super) missing: Vec<char>,
}

/// Sets all text of a drawing.
pub(super) fn fit(svg: &str, icon: Option<&str>, faces: &Faces) -> Result<Fitted, SvgError> {
    let mut root = checked(svg.as_bytes())?;
    let icon = icon.map(|icon| checked(icon.as_bytes())).transpose()?;
    let mut setter = Setter { faces, icon, missing: BTreeSet::new() };
    setter.walk(&mut root);
    Ok(Fitted { svg: write(&root), missing: setter.missing.into_iter().collect() })
}

struct Setter<'f> {
    faces: &'f Faces,
    icon: Option<Element>,
    missing: BTreeSet<char>,
}

impl Setter<'_> {
    fn walk(&mut self, element: &mut Element) {
        if element.name == "text" {
            self.missing.extend(self.faces.missing(&all_text(element)));
            if let Some(frame) = Frame::of(element) {
                frame.set(element, self.faces);
            }
            return;
        }
        if element.take("data-icon").is_some()
            && let Some(mut icon) = self.icon.clone()
        {
            for side in ["width", "height"] {
                icon.set(side, "100%".to_owned());
            }
            element.children = vec![Node::Element(icon)];
            return;
        }
        element.elements_mut().for_each(|child| self.walk(child));
    }
}

fn all_text(element: &Element) -> String {
    element.children.iter().fold(String::new(), |text, node| match node {
        Node::Text(own) => text + own,
        Node::Element(child) => text + &all_text(child),
    })
}

struct Frame {
    left: f32,
    top: f32,
    width: f32,
    height: f32,
    largest: f32,
    smallest: f32,
    leading: f32,
    align: f32,
    is_rtl: bool,
}

/// A word and whether a space stands before it.
struct Word {
    text: String,
    width: f32,
    spaced: bool,
}

impl Frame {
    fn of(element: &mut Element) -> Option<Self> {
        let numbers = |raw: &str| -> Vec<f32> {
            raw.split([' ', ',']).filter_map(|part| part.parse().ok()).filter(|it: &f32| it.is_finite()).collect()
        };
        let [left, top, width, height] = numbers(&element.take("data-box")?)[..] else { return None };
        let largest = element.get("font-size").and_then(|raw| numbers(raw).first().copied()).unwrap_or(48.0);
        let smallest =
            element.take("data-smallest").and_then(|raw| numbers(&raw).first().copied()).unwrap_or(largest / 2.0);
        let leading = element.take("data-leading").and_then(|raw| numbers(&raw).first().copied()).unwrap_or(LEADING);
        let align = match element.take("data-align").as_deref() {
            Some("middle") => 0.5,
            Some("bottom") => 1.0,
            _ => 0.0,
        };
        let is_rtl = element.take("direction").is_some_and(|it| it == "rtl");
        let largest = largest.clamp(4.0, 1_000.0);
        Some(Self {
            left,
            top,
            width,
            height,
            largest,
            smallest: smallest.clamp(4.0, largest),
            leading: leading.clamp(0.5, 5.0),
            align,
            is_rtl,
        })
    }

    /// Breaks the text of an element into lines of its frame.
    fn set(&self, element: &mut Element, faces: &Faces) {
        let text: String = all_text(element).chars().take(LONGEST).collect();
        let ruler = Ruler { element, faces };
        let space = (ruler.width("n n") - ruler.width("nn")).max(0.0);
        let words: Vec<Word> =
            split(&text).into_iter().map(|(text, spaced)| Word { width: ruler.width(&text), text, spaced }).collect();
        let (size, mut lines) = self.lines(&words, space);
        let room = self.rows(size).max(1);
        if lines.len() > room {
            lines.truncate(room);
            if let Some(last) = lines.last_mut() {
                last.push('…');
            }
        }
        self.write(element, size, &lines);
    }

    /// The largest size at which everything fits, and its lines, about equally long.
    fn lines(&self, words: &[Word], space: f32) -> (f32, Vec<String>) {
        let mut size = self.largest;
        loop {
            let limit = self.width * MEASURED / size;
            let lines = broken(words, space, limit);
            let fits = lines.len() <= self.rows(size) && words.iter().all(|word| word.width <= limit);
            if fits || size - 2.0 < self.smallest {
                return (size, evened(words, space, limit, lines));
            }
            size -= 2.0;
        }
    }

    /// How many lines a size leaves room for.
    fn rows(&self, size: f32) -> usize {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a number of lines")]
        let rows = ((self.height / size - CAPITALS) / self.leading + 1.0).clamp(0.0, 100.0) as usize;
        rows
    }

    fn write(&self, element: &mut Element, size: f32, lines: &[String]) {
        #[expect(clippy::cast_precision_loss, reason = "a number of lines")]
        let taken = size * (CAPITALS + self.leading * lines.len().saturating_sub(1) as f32);
        let first = self.top + (self.height - taken) * self.align + size * CAPITALS;
        let x = if self.is_rtl { self.left + self.width } else { self.left };
        element.set("font-size", size.to_string());
        if self.is_rtl {
            element.set("text-anchor", "end".to_owned());
        }
        let line = |(at, text): (usize, &String)| {
            #[expect(clippy::cast_precision_loss, reason = "a number of lines")]
            let y = first + size * self.leading * at as f32;
            // The painter takes every paragraph for one from left to right; embedding says otherwise (UAX 9, rule X2).
            let text = if self.is_rtl { format!("\u{202b}{text}\u{202c}") } else { text.clone() };
            Node::Element(Element {
                space: Space::Svg,
                name: "tspan".to_owned(),
                attributes: vec![("x".to_owned(), x.to_string()), ("y".to_owned(), y.to_string())],
                children: vec![Node::Text(text)],
                line: element.line,
            })
        };
        element.children = lines.iter().enumerate().map(line).collect();
    }
}

/// Lines no longer than `limit`, each as full as it goes.
fn broken(words: &[Word], space: f32, limit: f32) -> Vec<String> {
    let mut lines: Vec<(String, f32)> = Vec::new();
    for word in words {
        let gap = if word.spaced { space } else { 0.0 };
        match lines.last_mut() {
            Some((line, width)) if *width + gap + word.width <= limit => {
                if word.spaced {
                    line.push(' ');
                }
                line.push_str(&word.text);
                *width += gap + word.width;
            }
            _ => lines.push((word.text.clone(), word.width)),
        }
    }
    lines.into_iter().map(|(line, _)| line).collect()
}

/// The narrowest lines of the same number: a last line of one word looks like a mistake.
fn evened(words: &[Word], space: f32, limit: f32, lines: Vec<String>) -> Vec<String> {
    let mut best = lines;
    for step in 1..20_u8 {
        let narrower = broken(words, space, limit * (1.0 - f32::from(step) * 0.025));
        if narrower.len() > best.len() {
            break;
        }
        best = narrower;
    }
    best
}

/// Words; scripts without spaces part between any two letters.
fn split(text: &str) -> Vec<(String, bool)> {
    let mut words = Vec::new();
    for word in text.split_ascii_whitespace() {
        let mut spaced = true;
        let mut current = String::new();
        for c in word.chars() {
            if !current.is_empty()
                && (is_ideograph(c) || current.chars().last().is_some_and(is_ideograph))
                && !closes(c)
            {
                words.push((std::mem::take(&mut current), spaced));
                spaced = false;
            }
            current.push(c);
        }
        words.push((current, spaced));
    }
    words
}

/// Kana, ideographs, Hangul syllables are broken at by browsers too (CSS Text 3, section 5.2).
fn is_ideograph(c: char) -> bool {
    matches!(c, '\u{2e80}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{ff01}'..='\u{ff60}' | '\u{20000}'..='\u{3ffff}')
}

/// What does not begin a line.
fn closes(c: char) -> bool {
    "、。，．！？：；）」』】〉》〕…ー".contains(c)
}

/// Measures words in the font of an element.
struct Ruler<'e> {
    element: &'e Element,
    faces: &'e Faces,
}

impl Ruler<'_> {
    fn width(&self, text: &str) -> f32 {
        let mut sample = Element { children: vec![Node::Text(text.to_owned())], ..self.element.clone() };
        sample.attributes.retain(|(name, _)| name.starts_with("font-") || name == "letter-spacing");
        sample.set("font-size", MEASURED.to_string());
        let root = Element {
            name: "svg".to_owned(),
            attributes: Vec::new(),
            children: vec![Node::Element(sample)],
            ..self.element.clone()
        };
        let options = self.faces.options();
        let drawn = catch_unwind(AssertUnwindSafe(|| Tree::from_str(&write(&root), &options).ok())).ok().flatten();
        let width = drawn.and_then(|tree| Some(tree.root().children().first()?.bounding_box().width()));
        #[expect(clippy::cast_precision_loss, reason = "a word")]
        let guess = text.chars().count() as f32 * MEASURED * 0.6;
        width.unwrap_or(guess)
    }
}
