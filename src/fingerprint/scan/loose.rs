//! What reads like the name of a file in a text that nobody understands: feeds, site maps, scripts that cannot be parsed.
//!
//! In: any text. Out: loose names. Replaces nothing.

use super::{Finder, Loose, bare, has_extension};

pub(super) fn scan(finder: &mut Finder<'_>, text: &str) {
    let part_of_a_name = |c: char| c.is_alphanumeric() || "-._~%@+!/:".contains(c);
    for word in text.split(|c| !part_of_a_name(c)) {
        if word.len() > 1_024 || !word.contains('/') && !word.contains('.') {
            continue;
        }
        let word = word.trim_end_matches(['.', ':', '!']);
        let path = word.split_once("://").and_then(|(_, rest)| rest.split_once('/')).map_or(word, |(_, path)| path);
        if path.rsplit('/').next().is_some_and(has_extension) {
            finder.scan.loose.push(Loose::File(bare(path)));
        }
    }
}
