//! A block compared with what the theme declares: unknown fields, missing ones, values of another type. One complaint each, with
//! its place and the nearest name.

use super::Written;
use super::written::{Table, Value};
use crate::build::theme::{BlockKind, Field, Kind};
use crate::diag::{Code, Diagnostic, Place};
use std::ops::Range;

/// What every block may have: where a link on the page leads to it.
const ID: &str = "id";

/// Who judges: one page.
pub(super) struct Judge<'a> {
    pub(super) file: &'a str,
    pub(super) text: &'a str,
    pub(super) found: Vec<Diagnostic>,
}

/// The table that is looked at.
struct Within<'a> {
    /// `the block `steps``, `an item of `steps``
    what: String,
    /// The name of the block.
    block: &'a str,
    fields: &'a [Field],
    /// Where something that is missing is missing.
    at: &'a Range<usize>,
    /// How a field is written there.
    style: Style,
}

/// Bytes of an address that is drawn as a code: 61 modules on a side (ISO/IEC 18004, version 11 at level M), which a phone still reads from a screen.
const LONGEST_ADDRESS: usize = 250;

/// What is wrong with an address that is read where no page is, and what to do.
fn no_address(text: &str) -> Option<(String, &'static str)> {
    let whole = text.split_once(':').is_some_and(|(scheme, rest)| {
        let web = matches!(scheme.to_ascii_lowercase().as_str(), "http" | "https");
        let named = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
        named && if web { rest.starts_with("//") && rest.len() > 2 } else { !rest.is_empty() }
    });
    if !whole {
        let wrong = "is no whole address: who reads it knows nothing of this page".to_owned();
        return Some((wrong, "begin with `https://` and the name of the site"));
    }
    let wrong = || format!("has {} bytes: a code with more than {LONGEST_ADDRESS} is too fine for a phone", text.len());
    (text.len() > LONGEST_ADDRESS).then(|| (wrong(), "take a shorter address, and let a redirect lead on"))
}

/// How fields are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    /// `key = "value"`
    Toml,
    /// `key: value`
    Container,
}

impl Style {
    fn example(self, block: &str, field: &Field) -> String {
        let name = &field.name;
        match (self, &field.kind) {
            (Self::Container, Kind::Items(_)) => "begin each with `### …`".to_owned(),
            (Self::Container, Kind::List) => "write each line as `- …`".to_owned(),
            (Self::Container, Kind::Flag) => format!("write `{name}: true`"),
            (Self::Container, Kind::Date) => format!("write `{name}: 2026-11-29T19:50:00+01:00`"),
            (Self::Container, _) => format!("write `{name}: …`"),
            (Self::Toml, Kind::Items(_)) => format!("write `[[{block}.{name}]]` above each"),
            (Self::Toml, Kind::List) => format!("write `{name} = [\"…\", \"…\"]`"),
            (Self::Toml, Kind::Flag) => format!("write `{name} = true`"),
            (Self::Toml, Kind::Date) => format!("write `{name} = 2026-11-29T19:50:00+01:00`"),
            (Self::Toml, _) => format!("write `{name} = \"…\"`"),
        }
    }
}

impl Judge<'_> {
    /// Judges a block of a known kind.
    pub(super) fn block(&mut self, block: &Written, kind: &BlockKind) {
        let what = format!("the block `{}`", block.name);
        self.table(
            &block.table,
            &Within { what, block: &block.name, fields: &kind.fields, at: &block.at, style: block.style },
            true,
        );
    }

    fn table(&mut self, table: &Table, within: &Within<'_>, top: bool) {
        for (idx, entry) in table.iter().enumerate() {
            if table[..idx].iter().any(|other| other.key == entry.key) {
                let message = format!("`{}` is written twice in {}", entry.key, within.what);
                let hint = "keep one of the two";
                self.found.push(Diagnostic::new(Code::Block, message).at(self.place(&entry.at)).hint(hint));
                continue;
            }
            let known = within.fields.iter().find(|field| field.name == entry.key);
            match known {
                Some(field) => self.value(field, &entry.value, &entry.value_at, within),
                None if top && entry.key == ID && matches!(entry.value, Value::Text(_)) => {}
                None => {
                    let names = within.fields.iter().map(|field| field.name.as_str()).chain(top.then_some(ID));
                    let mut unknown = Diagnostic::unknown(Code::Block, "field", &entry.key, names);
                    unknown.message.push_str(&format!(" in {}", within.what));
                    self.found.push(unknown.at(self.place(&entry.at)));
                }
            }
        }
        for field in within.fields.iter().filter(|field| field.required) {
            if !table.iter().any(|entry| entry.key == field.name) {
                let message = format!("`{}` is missing in {}", field.name, within.what);
                let about = if field.about.is_empty() { String::new() } else { format!(": {}", field.about) };
                let hint = format!("{}{about}", within.style.example(within.block, field));
                self.found.push(Diagnostic::new(Code::Block, message).at(self.place(within.at)).hint(hint));
            }
        }
    }

    fn value(&mut self, field: &Field, value: &Value, at: &Range<usize>, within: &Within<'_>) {
        let wanted = match (&field.kind, value) {
            (Kind::Items(fields), Value::List(items)) => {
                return self.items(field, fields, items, at, within);
            }
            (Kind::List, Value::List(items)) if items.iter().all(|(item, _)| matches!(item, Value::Text(_))) => return,
            (Kind::Choice(of), Value::Text(text)) => {
                if !of.contains(text) {
                    let mut unknown = Diagnostic::unknown(Code::Block, "word", text, of.iter().map(String::as_str));
                    unknown.message.push_str(&format!(" for `{}`", field.name));
                    self.found.push(unknown.at(self.place(at)));
                }
                return;
            }
            (Kind::Address, Value::Text(text)) if !text.trim().is_empty() => {
                if let Some((wrong, hint)) = no_address(text.trim()) {
                    let message = format!("`{}` {wrong}", field.name);
                    self.found.push(Diagnostic::new(Code::Block, message).at(self.place(at)).hint(hint));
                }
                return;
            }
            (Kind::Line | Kind::Text | Kind::Image | Kind::Link | Kind::Address, Value::Text(text)) => {
                if field.required && text.trim().is_empty() {
                    let message = format!("`{}` is empty in {}", field.name, within.what);
                    let hint = within.style.example(within.block, field);
                    self.found.push(Diagnostic::new(Code::Block, message).at(self.place(at)).hint(hint));
                }
                return;
            }
            (Kind::Flag, Value::Flag(_)) => return,
            (Kind::Date, Value::Date(text) | Value::Text(text)) if text.parse::<jiff::Timestamp>().is_ok() => return,
            (Kind::Items(_), _) => "a list of tables",
            (Kind::List, _) => "a list of texts",
            (Kind::Flag, _) => "`true` or `false`",
            (Kind::Date, _) => "a date with its time and offset",
            _ => "a text",
        };
        let message = match (&field.kind, value) {
            (Kind::Date, Value::Date(_) | Value::Text(_)) => format!("`{}` is not {wanted}", field.name),
            _ => format!("`{}` is {}, not {wanted}", field.name, value.kind()),
        };
        let hint = within.style.example(within.block, field);
        self.found.push(Diagnostic::new(Code::Block, message).at(self.place(at)).hint(hint));
    }

    fn items(
        &mut self,
        field: &Field,
        fields: &[Field],
        items: &[(Value, Range<usize>)],
        at: &Range<usize>,
        within: &Within<'_>,
    ) {
        let what = format!("an item of {}", within.what.trim_start_matches("the block "));
        for (item, place) in items {
            match item {
                Value::Table(table) => {
                    let within =
                        Within { what: what.clone(), block: within.block, fields, at: place, style: within.style };
                    self.table(table, &within, false);
                }
                other => {
                    let message = format!("{what} is {}, not a table", other.kind());
                    let hint = within.style.example(within.block, field);
                    self.found.push(Diagnostic::new(Code::Block, message).at(self.place(place)).hint(hint));
                }
            }
        }
        if items.is_empty() && field.required {
            let message = format!("`{}` is empty in {}", field.name, within.what);
            self.found.push(
                Diagnostic::new(Code::Block, message)
                    .at(self.place(at))
                    .hint(within.style.example(within.block, field)),
            );
        }
    }

    fn place(&self, at: &Range<usize>) -> Place {
        Place::span(self.file, self.text, at.clone())
    }
}
