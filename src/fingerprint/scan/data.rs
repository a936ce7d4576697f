//! Names in JSON: web manifests, import maps, data for scripts.
//!
//! In: JSON, or something like it. Out: spots for strings whose meaning is plain, loose names for the rest. A reader of strings with
//! their keys, in one pass and without recursion; it never complains: who reads the JSON does that.

use super::super::address::Spelling;
use super::{Finder, How, Loose, Seal, has_extension, is_path_from_top, loose};
use std::ops::Range;

/// A string that is a value.
struct Value<'t> {
    /// The key that it stands under, here and above; empty in a list.
    keys: &'t [String],
    /// Without its quotes.
    range: Range<usize>,
}

/// A key that stands in the outermost object but one: `imports`, then the key.
struct Key<'t> {
    above: &'t [String],
    range: Range<usize>,
}

enum Met<'t> {
    Key(Key<'t>),
    Value(Value<'t>),
}

/// Calls `meet` for every string.
fn strings(text: &str, mut meet: impl FnMut(Met<'_>)) {
    let bytes = text.as_bytes();
    let mut keys: Vec<String> = vec![String::new()];
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'{' | b'[' if keys.len() < 1_000 => keys.push(String::new()),
            b'}' | b']' if keys.len() > 1 => _ = keys.pop(),
            b'"' => {
                let end = string_end(bytes, at + 1);
                let range = at + 1..end;
                at = end;
                let after = bytes[end..].iter().skip(1).find(|byte| !byte.is_ascii_whitespace());
                if after == Some(&b':') {
                    meet(Met::Key(Key { above: &keys[..keys.len() - 1], range: range.clone() }));
                    if let Some(key) = keys.last_mut() {
                        *key = undo(&text[range]);
                    }
                } else {
                    meet(Met::Value(Value { keys: &keys, range }));
                }
            }
            _ => {}
        }
        at += 1;
    }
}

fn string_end(bytes: &[u8], start: usize) -> usize {
    let mut at = start;
    while at < bytes.len() && bytes[at] != b'"' {
        at += if bytes[at] == b'\\' { 2 } else { 1 };
    }
    at.min(bytes.len())
}

fn undo(raw: &str) -> String {
    if !raw.contains('\\') {
        return raw.to_owned();
    }
    serde_json::from_str(&format!("\"{raw}\"")).unwrap_or_else(|_| raw.to_owned())
}

/// A web application manifest (W3C Application Manifest, section 1): pictures are `src`, wherever they stand.
pub(super) fn manifest(finder: &mut Finder<'_>, text: &str) {
    strings(text, |met| {
        if let Met::Value(Value { keys, range }) = met
            && keys.last().is_some_and(|key| key == "src")
        {
            finder.name(&text[range.clone()], range.start, How::Fetch, undo);
        }
    });
}

/// An import map (HTML, section 8.1.5.2): what it maps to, what it maps when that is an address, and the digests of modules.
pub(super) fn import_map(finder: &mut Finder<'_>, text: &str) {
    // The module whose digest comes next.
    let mut digested = None;
    strings(text, |met| {
        let (range, keys, how) = match met {
            Met::Value(Value { keys, range }) => (range, keys, How::Fetch),
            Met::Key(Key { above, range }) => (range, above, How::Mention),
        };
        let raw = &text[range.clone()];
        let mut above = keys.iter().map(String::as_str).filter(|key| !key.is_empty());
        let table = above.next();
        if table == Some("integrity") {
            match (how, digested.take()) {
                (How::Mention, _) => digested = finder.name(raw, range.start, how, undo),
                (_, Some(spot)) if !raw.is_empty() => {
                    let range = finder.outer(range.start)..finder.outer(range.end);
                    finder.scan.seals.push(Seal { range, spot, is_new: false });
                }
                _ => {}
            }
            return;
        }
        let is_address = raw.starts_with(['/', '.']) || raw.contains("://");
        if !is_address || !matches!(table, Some("imports" | "scopes")) {
            return;
        }
        // Scripts of a scope would leave it when they move.
        let is_scope = how == How::Mention && table == Some("scopes") && above.next().is_none();
        if is_scope || raw.ends_with('/') {
            finder.loose(raw);
        } else {
            finder.name(raw, range.start, how, undo);
        }
    });
}

/// Any other JSON: what starts at the top is plain, what it may be relative to otherwise is not.
pub(super) fn json(finder: &mut Finder<'_>, text: &str) {
    strings(text, |met| {
        let Met::Value(Value { range, .. }) = met else { return };
        let raw = &text[range.clone()];
        if raw.len() > 1_024 || raw.contains([' ', '<', '{', ',']) {
            if is_path_from_top(raw) && !raw.contains('\\') {
                finder.name(raw, range.start, How::Mention, undo);
            }
            return loose::scan(finder, raw);
        }
        let Some(path) = finder.home.path_of(raw) else { return };
        let written = undo(&raw[path.range]);
        if !written.rsplit('/').next().is_some_and(has_extension) {
            return;
        }
        // `\/` starts at the top as well.
        if path.spelling == Spelling::Absolute && !raw.contains('\\') {
            finder.name(raw, range.start, How::Mention, undo);
        } else {
            finder.scan.loose.extend(Loose::file(&written));
        }
    });
}
