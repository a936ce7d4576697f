//! Which characters of a font a site uses, and which of its features.
//!
//! In: pages and their style sheets. Out: the characters that a browser may draw: of the text, of what stands in
//! for pictures and in empty fields, of what style sheets add or turn into capitals, of what a visitor types.

use crate::html::{Id, Tree};
use std::collections::BTreeSet;

/// Drawn wherever text is: spaces, the hyphens of broken words, what stands for text that is cut off.
const ALWAYS: &str = " \u{a0}-…";

/// What is drawn without anybody writing it: by `<ol>`, by `<q>`.
const NUMBERS: &str = "0123456789.";
const QUOTES: &str = "“”‘’«»‹›„‚";

/// Attributes that are shown.
const SHOWN: [&str; 4] = ["alt", "placeholder", "label", "value"];

/// The characters that the author wrote. Those of a script count: it may show them.
pub(super) fn written(tree: &Tree) -> BTreeSet<char> {
    let Some(body) = tree.find("body") else { return BTreeSet::new() };
    let mut found: BTreeSet<char> = tree.text(body).chars().collect();
    for id in tree.elements(body) {
        found.extend(SHOWN.iter().flat_map(|name| tree.get(id, name).unwrap_or_default().chars()));
    }
    found.retain(|c| !c.is_control());
    found
}

/// The characters that a browser may draw: those and what it adds.
pub(super) fn characters(tree: &Tree, css: &str) -> BTreeSet<char> {
    let mut found = written(tree);
    found.extend(ALWAYS.chars());
    tree.elements(Tree::ROOT).into_iter().for_each(|id| added(tree, id, &mut found));
    found.extend(strings(css).into_iter().flat_map(|text| text.chars().collect::<Vec<_>>()));
    if css.contains("uppercase") || css.contains("capitalize") || css.contains("small-caps") {
        let upper: Vec<char> = found.iter().flat_map(|c| c.to_uppercase()).collect();
        found.extend(upper);
    }
    if css.contains("lowercase") {
        let lower: Vec<char> = found.iter().flat_map(|c| c.to_lowercase()).collect();
        found.extend(lower);
    }
    found.retain(|c| !c.is_control());
    found
}

/// What an element draws of its own.
fn added(tree: &Tree, id: Id, found: &mut BTreeSet<char>) {
    match tree.name(id) {
        "ol" => found.extend(NUMBERS.chars()),
        "q" => found.extend(QUOTES.chars()),
        // What a visitor types is mostly an address.
        "input" | "textarea" if !is_button(tree, id) => found.extend(' '..='~'),
        _ => {}
    }
}

fn is_button(tree: &Tree, id: Id) -> bool {
    matches!(tree.get(id, "type"), Some("hidden" | "submit" | "button" | "checkbox" | "radio" | "image" | "reset"))
}

/// The texts in quotes of a style sheet, escapes resolved (CSS Syntax 3, section 4.3.7).
fn strings(css: &str) -> Vec<String> {
    let mut strings = Vec::new();
    let mut chars = css.chars().peekable();
    while let Some(c) = chars.next() {
        if c != '"' && c != '\'' {
            continue;
        }
        let mut text = String::new();
        while let Some(inside) = chars.next() {
            match inside {
                '\\' => text.extend(escaped(&mut chars)),
                _ if inside == c => break,
                _ => text.push(inside),
            }
        }
        strings.push(text);
    }
    strings
}

fn escaped(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Option<char> {
    let mut digits = String::new();
    while digits.len() < 6
        && let Some(digit) = chars.next_if(char::is_ascii_hexdigit)
    {
        digits.push(digit);
    }
    if digits.is_empty() {
        return chars.next();
    }
    chars.next_if(char::is_ascii_whitespace);
    u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32)
}

/// Words of `font-variant-*` and the features that they turn on (CSS Fonts 4, section 6).
const VARIANTS: &[(&str, &[&[u8; 4]])] = &[
    ("tabular-nums", &[b"tnum"]),
    ("proportional-nums", &[b"pnum"]),
    ("lining-nums", &[b"lnum"]),
    ("oldstyle-nums", &[b"onum"]),
    ("diagonal-fractions", &[b"frac", b"numr", b"dnom"]),
    ("stacked-fractions", &[b"afrc"]),
    ("ordinal", &[b"ordn"]),
    ("slashed-zero", &[b"zero"]),
    ("small-caps", &[b"smcp", b"c2sc"]),
    ("petite-caps", &[b"pcap", b"c2pc"]),
    ("unicase", &[b"unic"]),
    ("titling-caps", &[b"titl"]),
    ("discretionary-ligatures", &[b"dlig"]),
    ("historical-ligatures", &[b"hlig"]),
    ("font-variant-position:sub", &[b"subs"]),
    ("font-variant-position:super", &[b"sups"]),
];

/// The features that the style sheets turn on beside the usual ones.
pub(super) fn features(css: &str) -> BTreeSet<[u8; 4]> {
    let words =
        VARIANTS.iter().filter(|(word, _)| css.contains(word)).flat_map(|(_, tags)| tags.iter().map(|tag| **tag));
    let named = css.split("font-feature-settings:").skip(1).flat_map(|rest| {
        let value = rest.split([';', '}']).next().unwrap_or_default();
        strings(value).into_iter().filter_map(|tag| <[u8; 4]>::try_from(tag.as_bytes()).ok())
    });
    words.chain(named).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::html::document;

    fn check(page: &str, css: &str, expected: &str) {
        let found: String = characters(&document(page), css).into_iter().filter(|c| !ALWAYS.contains(*c)).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn what_is_drawn_is_counted_and_the_rest_is_not() {
        check("<title>xyz</title><p title=q>ab<script>c</script>", "", "abc");
        check("<img alt=ab><input type=submit value=c><input type=hidden><i aria-label=d>", "", "abc");
        check("<ol><li>a</ol>", "", ".0123456789a");
    }

    #[test]
    fn a_field_may_be_filled_with_anything_ascii() {
        let found = characters(&document("<input type=email>"), "");
        assert!((' '..='~').all(|c| found.contains(&c)));
    }

    #[test]
    fn what_style_sheets_add_is_drawn_too() {
        check("", "a:before{content:\"\\2192\"}b:after{content:'é\\27 '}", "'é→");
        check("<h1>aß</h1>", "h1{text-transform:uppercase}", "ASaß");
    }

    #[test]
    fn features_are_found_by_word_and_by_tag() {
        let css = "a{font-variant-numeric:tabular-nums}b{font-feature-settings:\"ss01\",\"cv05\" 2}c{content:\"abcd\"}";
        assert_eq!(features(css), [*b"cv05", *b"ss01", *b"tnum"].into());
    }
}
