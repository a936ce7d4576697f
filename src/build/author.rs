//! Where the author wrote something: from what stands in the finished page back to file, line and column.
//!
//! A rendered page carries no positions. What is looked for (a link, a file name) is nearly always spelled as it was written, so
//! it is searched for: among the links of the Markdown, in the page, in the theme's templates, in the configuration.

use super::page::Page;
use super::theme::Theme;
use crate::diag::Place;
use crate::model::{Mode, Settings, Source};
use percent_encoding::percent_decode_str;
use std::ops::Range;

/// The files that a page was made from.
pub(super) struct Author<'a> {
    pub(super) page: &'a Page<'a>,
    /// The mode that it is built for.
    pub(super) mode: Mode,
    /// The links of its Markdown, with their bytes in it.
    pub(super) marks: &'a [(String, Range<usize>)],
    pub(super) theme: &'a Theme,
    pub(super) source: &'a Source,
}

impl Author<'_> {
    /// The place where `written` was written; the page as a whole when it is nowhere to be found.
    pub(super) fn place(&self, written: &str) -> Place {
        let file = self.page.source.as_str();
        // Where fields of a row were put in, the links stand elsewhere than in the file.
        let marks = if self.page.row.is_none() { self.marks } else { &[] };
        if let Some((_, range)) = marks.iter().find(|(target, _)| same(target, written)) {
            let start = self.page.body.start;
            return Place::span(file, self.page.text, start + range.start..start + range.end);
        }
        find(file, self.page.text, written)
            .or_else(|| self.in_templates(written))
            .or_else(|| find(Settings::FILE, self.config(), written))
            .unwrap_or_else(|| self.page.place())
    }

    fn in_templates(&self, written: &str) -> Option<Place> {
        let own = format!("{}.html", self.page.template);
        let (first, others): (Vec<_>, Vec<_>) = self.theme.templates().partition(|(name, _)| *name == own);
        first.into_iter().chain(others).find_map(|(name, bytes)| {
            find(&self.theme.path(&format!("templates/{name}")), std::str::from_utf8(bytes).ok()?, written)
        })
    }

    fn config(&self) -> &str {
        self.source.get(Settings::FILE).and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or_default()
    }
}

/// Markdown percent-encodes what it writes into `href` and `src`.
fn same(target: &str, written: &str) -> bool {
    target == written || percent_decode_str(target).eq(percent_decode_str(written))
}

/// The first place where `needle` stands as a word of its own: `a.md` is not found in `ba.md`.
pub(super) fn find(file: &str, text: &str, needle: &str) -> Option<Place> {
    let needle = needle.trim();
    if needle.is_empty() {
        return None;
    }
    let part = |c: char| c.is_alphanumeric() || "-_./%".contains(c);
    let alone = |at: &usize| {
        !text[..*at].chars().next_back().is_some_and(part)
            && !text[at + needle.len()..].chars().next().is_some_and(part)
    };
    let at = text.match_indices(needle).map(|(at, _)| at).find(alone)?;
    Some(Place::span(file, text, at..at + needle.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_found_as_a_word_of_its_own() {
        let place = find("a.md", "a/hero.jpg\nhero.jpg.bak \"hero.jpg\"", "hero.jpg").unwrap();
        assert_eq!((place.line, place.column), (2, 15));
        assert_eq!(find("a.md", "x", ""), None);
    }
}
