//! Names in HTML and SVG: attributes, styles, scripts, import maps.
//!
//! In: the text of a page or of an SVG. Out: spots, and where digests of files stand or could stand. Texts in other languages go to
//! their readers, escapes undone, with their places kept.

use super::attributes::{Holds, holds};
use super::script::Context;
use super::tags::{Syntax, Tag, Tags, is_space};
use super::{Finder, How, Seal, data, entities, has_extension, loose, script, style};
use std::ops::Range;

pub(super) fn scan(finder: &mut Finder<'_>, text: &str, syntax: Syntax) {
    for tag in Tags::new(text, syntax) {
        if tag.name == "base" && syntax == Syntax::Html && finder.is_plain() && finder.scan.base.is_none() {
            finder.scan.base = tag.written(text, "href").map(entities::undo);
        }
        let before = finder.scan.spots.len();
        for attribute in &tag.attributes {
            value(finder, text, holds(text, &tag, &attribute.name), attribute.value.clone());
        }
        seal(finder, text, &tag, before);
        if syntax == Syntax::Html && finder.is_outermost() {
            allowed(finder, text, &tag);
        }
        if let Some(contents) = tag.contents.clone().filter(|contents| !contents.is_empty()) {
            inner(finder, text, &tag, contents, syntax);
        }
    }
}

/// The value of an attribute.
fn value(finder: &mut Finder<'_>, text: &str, what: Holds, range: Range<usize>) {
    let raw = &text[range.clone()];
    match what {
        _ if raw.is_empty() => {}
        Holds::Address(how) => _ = finder.name(raw, range.start, how, entities::undo),
        Holds::Candidates => candidates(finder, raw, range.start),
        Holds::Style => undone(finder, raw, range.start, style::scan),
        Holds::Page => undone(finder, raw, range.start, |finder, text| scan(finder, text, Syntax::Html)),
        Holds::Script => undone(finder, raw, range.start, |finder, text| {
            script::scan(finder, text, Context::inline(false));
        }),
        Holds::Anything if raw.len() <= 1_024 && looks_like_a_name(raw) => {
            finder.name(raw, range.start, How::Mention, entities::undo);
        }
        // Data for a script: `{"src":"/img/a.png"}`.
        Holds::Anything if raw.contains(['"', '{', '[']) || raw.contains("&quot;") => {
            undone(finder, raw, range.start, data::json);
            // `x-data="{ img: '/img/a.png' }"` of Alpine is no JSON.
            if raw.contains(['\'', '`']) {
                undone(finder, raw, range.start, loose::scan);
            }
        }
        Holds::Anything if raw.contains(['/', '.']) => loose::scan(finder, raw),
        Holds::Anything | Holds::Nothing => {}
    }
}

fn looks_like_a_name(raw: &str) -> bool {
    let path = raw.split(['?', '#']).next().unwrap_or_default();
    !raw.starts_with(['\'', '`'])
        && !raw.contains([' ', '"', '{', ',', ';', '('])
        && path.rsplit('/').next().is_some_and(has_extension)
}

/// Lets a reader at a text whose character references are undone.
fn undone(finder: &mut Finder<'_>, raw: &str, start: usize, scan: impl FnOnce(&mut Finder<'_>, &str)) {
    if raw.contains('&') {
        let (text, map) = entities::undone(raw);
        finder.inside(start, Some(map), |finder| scan(finder, &text));
    } else {
        finder.inside(start, None, |finder| scan(finder, raw));
    }
}

/// `a.png 1x, b.png 2x` (HTML, section 4.8.4.2.2: a comma ends a candidate only at the end of the address or behind its descriptors).
fn candidates(finder: &mut Finder<'_>, raw: &str, start: usize) {
    let bytes = raw.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        if is_space(bytes[at]) || bytes[at] == b',' {
            at += 1;
            continue;
        }
        let written = raw[at..].split(|c: char| c.is_ascii_whitespace()).next().unwrap_or_default();
        let address = written.trim_end_matches(',');
        finder.name(address, start + at, How::Fetch, entities::undo);
        at += written.len();
        if address.len() < written.len() {
            continue;
        }
        let mut depth = 0_usize;
        while at < bytes.len() && !(bytes[at] == b',' && depth == 0) {
            match bytes[at] {
                b'(' => depth += 1,
                b')' => depth = depth.saturating_sub(1),
                _ => {}
            }
            at += 1;
        }
    }
}

/// The contents of a script or a style sheet.
fn inner(finder: &mut Finder<'_>, text: &str, tag: &Tag, contents: Range<usize>, syntax: Syntax) {
    let raw = &text[contents.clone()];
    match tag.name.as_str() {
        "style" if syntax == Syntax::Xml => undone(finder, raw, contents.start, style::scan),
        "style" => finder.inside(contents.start, None, |finder| style::scan(finder, raw)),
        "script" => {
            let kind = tag.written(text, "type").unwrap_or_default().trim().to_ascii_lowercase();
            let read = |finder: &mut Finder<'_>, text: &str| scripted(finder, text, &kind);
            if syntax == Syntax::Xml {
                undone(finder, raw, contents.start, read);
            } else {
                finder.inside(contents.start, None, |finder| read(finder, raw));
            }
        }
        _ => {}
    }
}

/// HTML, section 4.12.1: what a script's type makes of it.
fn scripted(finder: &mut Finder<'_>, text: &str, kind: &str) {
    match kind {
        "module" => script::scan(finder, text, Context::inline(true)),
        "importmap" => data::import_map(finder, text),
        _ if kind.is_empty() || kind.ends_with("javascript") || kind.ends_with("ecmascript") => {
            script::scan(finder, text, Context::inline(false));
        }
        _ if kind.ends_with("json") || kind == "speculationrules" => data::json(finder, text),
        // A template: HTML for a script.
        _ => scan(finder, text, Syntax::Html),
    }
}

/// What a policy of the page may allow by its digest, and the policy itself (CSP 3, section 6.7.2.3; HTML, section 4.2.5.3).
fn allowed(finder: &mut Finder<'_>, text: &str, tag: &Tag) {
    match tag.name.as_str() {
        "script" | "style" => finder.scan.inline.extend(tag.contents.clone().filter(|it| !it.is_empty())),
        "meta" => {
            let is_policy = tag.written(text, "http-equiv").is_some_and(|it| it.eq_ignore_ascii_case(POLICY));
            let content = tag.attributes.iter().find(|it| it.name == "content").filter(|_| is_policy);
            finder.scan.policies.extend(content.map(|it| it.value.clone()));
        }
        _ => {}
    }
}

const POLICY: &str = "content-security-policy";

/// `<script src>` and `<link rel="stylesheet">`, `modulepreload`: those whose bytes a browser compares with a digest. A `preload` is used
/// only by an element that asks for the same digest (Fetch, "preload": integrity metadata), and who will use it is not known.
fn seal(finder: &mut Finder<'_>, text: &str, tag: &Tag, before: usize) {
    let name = match tag.name.as_str() {
        "script" => "src",
        "link" => "href",
        _ => return,
    };
    let Some(address) = tag.attributes.iter().find(|it| it.name == name) else { return };
    let within = finder.outer(address.value.start)..=finder.outer(address.value.end);
    let spots = &finder.scan.spots[before..];
    let Some(spot) = spots.iter().position(|spot| within.contains(&spot.range.start)) else { return };
    let written = tag.attributes.iter().find(|it| it.name == "integrity");
    let rel = tag.written(text, "rel").unwrap_or_default().to_ascii_lowercase();
    let may_be_new =
        tag.name == "script" || rel.split_ascii_whitespace().any(|it| matches!(it, "stylesheet" | "modulepreload"));
    let range = match written {
        Some(it) if !it.value.is_empty() => it.value.clone(),
        None if may_be_new && finder.is_plain() => tag.end..tag.end,
        _ => return,
    };
    let range = finder.outer(range.start)..finder.outer(range.end);
    finder.scan.seals.push(Seal { range, spot: before + spot, is_new: written.is_none() });
}
