//! The elements of HTML, their attributes, and what became of those that are gone (HTML Living Standard, "Elements" and section 16.2).
//!
//! The lists stand in `elements.txt` (a name and its own attributes; `*` are those of all) and `obsolete.txt` (a name and what to use).

use std::collections::BTreeMap;
use std::sync::LazyLock;

static ELEMENTS: LazyLock<BTreeMap<&str, Vec<&str>>> = LazyLock::new(|| {
    let lines = include_str!("elements.txt").lines().map(str::split_ascii_whitespace);
    lines.filter_map(|mut words| Some((words.next()?, words.collect()))).collect()
});

static OBSOLETE: LazyLock<BTreeMap<&str, &str>> =
    LazyLock::new(|| include_str!("obsolete.txt").lines().filter_map(|line| line.split_once(": ")).collect());

/// Attributes that only styled, wherever they stand.
const STYLED: &str = "align alink background bgcolor border bordercolor bottommargin cellpadding cellspacing clear color \
    compact face frame frameborder hspace leftmargin link marginheight marginwidth noshade nowrap rightmargin \
    rules scrolling topmargin valign vlink vspace width height size char charoff";

/// The names of all elements.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    ELEMENTS.keys().copied().filter(|name| *name != "*")
}

pub(super) fn is_known(name: &str) -> bool {
    ELEMENTS.contains_key(name)
}

/// The attributes that an element may have, its own and those of all.
pub(super) fn attributes_of(name: &str) -> impl Iterator<Item = &'static str> {
    [name, "*"].into_iter().filter_map(|name| ELEMENTS.get(name)).flatten().copied()
}

/// What to use instead of an element that is gone.
pub(super) fn obsolete(name: &str) -> Option<&'static str> {
    OBSOLETE.get(name).copied()
}

/// What to do instead of an attribute that is gone.
pub(super) fn obsolete_attribute(element: &str, attribute: &str) -> Option<&'static str> {
    match (element, attribute) {
        ("a", "name") => Some("use `id`"),
        ("script" | "style", "language" | "type" | "charset") | ("a" | "link", "charset" | "rev") => {
            Some("take it away")
        }
        ("img" | "iframe", "longdesc" | "name") => Some("take it away, or use `id`"),
        ("table", "summary") => Some("use `<caption>`"),
        ("td" | "th", "abbr" | "axis" | "scope") => Some("use `<th scope>`"),
        _ => STYLED.split_ascii_whitespace().any(|it| it == attribute).then_some("use CSS"),
    }
}

/// Of each group of attributes one must be there.
pub(super) fn required(element: &str) -> &'static [&'static [&'static str]] {
    match element {
        "iframe" => &[&["src", "srcdoc"]],
        "link" => &[&["rel", "itemprop"], &["href", "imagesrcset"]],
        "meta" => &[&["content", "charset"], &["name", "property", "http-equiv", "charset", "itemprop"]],
        "track" | "embed" => &[&["src"]],
        "img" | "source" => &[&["src", "srcset"]],
        "object" => &[&["data"]],
        "optgroup" => &[&["label"]],
        "bdo" => &[&["dir"]],
        "map" => &[&["name"]],
        "data" | "meter" => &[&["value"]],
        _ => &[],
    }
}
