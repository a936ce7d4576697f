//! Front matter: the TOML between two `+++` lines, read key by key, every mistake with its place in the file.
//!
//! In: the text of a page. Out: [`Front`] and where the Markdown begins. What the keys mean is decided by `page`, `each` and the theme.

use super::data;
use crate::diag::{Code, Diagnostic, Place};
use crate::model::Key;
use serde_json::{Map, Value};
use std::cell::RefCell;
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// The front matter of one file.
pub(super) struct Front<'a> {
    pub(super) source: &'a Key,
    pub(super) text: &'a str,
    /// Where the Markdown stands.
    pub(super) body: Range<usize>,
    /// Where the TOML stands.
    pub(super) at: Range<usize>,
    table: DeTable<'a>,
    found: RefCell<Vec<Diagnostic>>,
}

impl<'a> Front<'a> {
    /// Takes a file apart.
    pub(super) fn read(source: &'a Key, text: &'a str) -> Result<Self, Vec<Diagnostic>> {
        let (front, body) = fences(source, text)?;
        let table = data::table(source.as_str(), text, front.clone(), Code::FrontMatter)?;
        Ok(Self { source, text, body, at: front, table, found: RefCell::default() })
    }

    /// Everything that was found wrong so far.
    pub(super) fn finish(&self) -> Vec<Diagnostic> {
        self.found.take()
    }

    /// Complains about keys that an author's own value would be lost of without a word.
    pub(super) fn refuse(&self, keys: &[&str]) {
        for key in self.table.keys().filter(|key| keys.contains(&key.get_ref().as_ref())) {
            let message = format!("`{}` is filled in by the build", key.get_ref());
            self.complain(&message, "give this key another name", Some(key.span()));
        }
    }

    /// A text.
    pub(super) fn string(&self, key: &str) -> Option<String> {
        self.typed(&self.table, key, "a text", "\"…\"", |value| value.as_str().map(str::to_owned))
    }

    /// `true` or `false`.
    pub(super) fn flag(&self, key: &str) -> Option<bool> {
        self.typed(&self.table, key, "`true` or `false`", "true` or `false", |value| match value {
            DeValue::Boolean(flag) => Some(*flag),
            _ => None,
        })
    }

    /// A day, or a moment: as it was written.
    pub(super) fn date(&self, key: &str) -> Option<String> {
        self.typed(&self.table, key, "a date", "2026-11-29", |value| {
            value.as_datetime().filter(|date| date.date.is_some()).map(ToString::to_string)
        })
    }

    /// A text that must be there in a table of the front matter.
    pub(super) fn string_in(&self, table: &str, key: &str) -> Option<String> {
        let value = value(&self.table, table)?;
        let Some(inner) = value.get_ref().as_table() else {
            self.complain(&format!("`{table}` is not a table"), &format!("write `[{table}]`"), self.span(table));
            return None;
        };
        if !inner.contains_key(key) {
            let remedy = format!("add `{key} = \"…\"` below `[{table}]`");
            self.complain(&format!("`{key}` is missing in `[{table}]`"), &remedy, self.span(table));
        }
        self.typed(inner, key, "a text", "\"…\"", |value| value.as_str().map(str::to_owned))
    }

    /// Complains about keys of a table that mean nothing.
    pub(super) fn only_in(&self, table: &str, known: &[&str]) {
        let inner = value(&self.table, table).and_then(|value| value.get_ref().as_table());
        for key in inner.into_iter().flat_map(DeTable::keys).filter(|key| !known.contains(&key.get_ref().as_ref())) {
            let unknown = Diagnostic::unknown(Code::FrontMatter, "key", key.get_ref(), known.iter().copied());
            self.found.borrow_mut().push(unknown.at(self.place(key.span())));
        }
    }

    /// Whether a key is there.
    pub(super) fn has(&self, key: &str) -> bool {
        value(&self.table, key).is_some()
    }

    /// A key that is probably meant for this one, and where it stands, where this one is not.
    pub(super) fn nearest(&self, key: &str) -> Option<(&str, Range<usize>)> {
        let near = crate::text::nearest(key, self.table.keys().map(|it| it.get_ref().as_ref()))?;
        let written = self.table.keys().find(|it| it.get_ref() == near)?;
        (!self.has(key)).then(|| (near, written.span()))
    }

    /// Where the value of a key stands, in the front matter.
    pub(super) fn span(&self, key: &str) -> Option<Range<usize>> {
        value(&self.table, key).map(Spanned::span)
    }

    /// Says that something is wrong there, or with the front matter as a whole.
    pub(super) fn complain(&self, message: &str, hint: &str, at: Option<Range<usize>>) {
        let place = at.map_or_else(|| Place::line(self.source.as_str(), self.text, 1), |span| self.place(span));
        self.found.borrow_mut().push(Diagnostic::new(Code::FrontMatter, message).at(place).hint(hint));
    }

    /// Everything, as templates see it.
    pub(super) fn map(&self) -> Map<String, Value> {
        self.table.iter().map(|(key, value)| (key.get_ref().to_string(), data::json_of(value.get_ref()))).collect()
    }

    fn place(&self, span: Range<usize>) -> Place {
        Place::span(self.source.as_str(), self.text, span.start + self.at.start..span.end + self.at.start)
    }

    fn typed<T>(
        &self,
        table: &DeTable<'_>,
        key: &str,
        wanted: &str,
        example: &str,
        read: impl FnOnce(&DeValue<'_>) -> Option<T>,
    ) -> Option<T> {
        let value = value(table, key)?;
        let read = read(value.get_ref());
        if read.is_none() {
            self.complain(
                &format!("`{key}` is not {wanted}"),
                &format!("write `{key} = {example}`"),
                Some(value.span()),
            );
        }
        read
    }
}

fn value<'t, 'i>(table: &'t DeTable<'i>, name: &str) -> Option<&'t Spanned<DeValue<'i>>> {
    table.iter().find(|(key, _)| key.get_ref().as_ref() == name).map(|(_, value)| value)
}

/// The bytes between the fences, and those after the second one.
fn fences(source: &Key, text: &str) -> Result<(Range<usize>, Range<usize>), Vec<Diagnostic>> {
    let complain = |message: &str, line, hint: &str| {
        let place = Place::line(source.as_str(), text, line);
        Err(vec![Diagnostic::new(Code::FrontMatter, message).at(place).hint(hint)])
    };
    // A byte order mark is what some editors put before the text.
    let mut at = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let mut start = None;
    for line in text[at..].split_inclusive('\n') {
        let next = at + line.len();
        match start {
            None if line.trim_end() == "---" => {
                let hint = "write `+++` for both lines of `---`, and `title = \"…\"` for `title: …`";
                return complain("the front matter is YAML, between `---`; here it is TOML, between `+++`", 1, hint);
            }
            None if line.trim_end() != "+++" => break,
            None => start = Some(next),
            Some(start) if line.trim_end() == "+++" => return Ok((start..at, next..text.len())),
            Some(_) => {}
        }
        at = next;
    }
    match start {
        None => complain("the page has no front matter", 1, "begin with `+++`, `title = \"…\"` and `+++`, a line each"),
        Some(_) => complain("the front matter does not end", 1, "close it with a line that holds `+++` alone"),
    }
}
