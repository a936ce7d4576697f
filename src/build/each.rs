//! One page for each row of a table: `[each] data = "partners"`, `path = "p/{slug}"`, and `{row.city}` wherever the page says so.
//!
//! In: the front matter of a page and the data. Out: for each row its path; and [`fill`], which puts its fields into texts. Refuses a path
//! that is no address (empty, upper case, dots, percent signs), a field that no row has, and a row that lacks one that others have.

use super::data::{Data, Row, Table};
use super::front::Front;
use crate::diag::{Code, Diagnostic, Place};
use crate::model::Key;
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ops::Range;

/// How a field of the row begins in a text.
const OPENING: &str = "{row.";

/// The table of a page and the pattern of its paths.
pub(super) struct Each<'d> {
    pub(super) table: Table<'d>,
    path: String,
}

impl<'d> Each<'d> {
    /// What `[each]` says, when it says something sound. A draft may wait for its rows.
    pub(super) fn of(front: &Front<'_>, data: &'d Data<'_>, draft: bool) -> Option<Self> {
        front.only_in("each", &["data", "path"]);
        let (name, path) = (front.string_in("each", "data"), front.string_in("each", "path"));
        let (name, path) = (name?, path?);
        let span = front.span("each");
        let table = match data.table(&name) {
            Ok(table) if table.rows.is_empty() && !draft => {
                let hint = format!("add a row to `{}`, or `draft = true` to the page until there is one", table.file());
                front.complain(&format!("the table `{name}` has no row, so there is no page to make"), &hint, span);
                return None;
            }
            Ok(table) => table,
            Err(hint) => {
                front.complain(&format!("there is no table `{name}`"), &hint, span);
                return None;
            }
        };
        if holes(&path, "{").is_empty() {
            let message = format!("`{path}` holds no `{{field}}`, so all rows would become the same page");
            front.complain(&message, "write `path = \"p/{slug}\"` with the name of a column", span);
            return None;
        }
        if let Err(why) = Key::parse(&path) {
            front.complain(&format!("`{path}` cannot be a path: {why}"), "write `path = \"p/{slug}\"`", span);
            return None;
        }
        Some(Self { table, path })
    }

    /// The path of a row, without extension.
    pub(super) fn path(&self, front: &Front<'_>, row: &Row) -> Result<String, Vec<Diagnostic>> {
        let mut wrong = Vec::new();
        for (range, name) in holes(&self.path, "{") {
            let written = &self.path[range];
            match self.field(row, name.strip_prefix("row.").unwrap_or(name)) {
                Ok(value) => wrong.extend(self.unfit_for_address(row, name, &value)),
                Err(lack) => wrong.push(self.lacking(
                    front,
                    row,
                    name,
                    Place::find(front.source.as_str(), front.text, written),
                    lack,
                )),
            }
        }
        if !wrong.is_empty() {
            return Err(wrong);
        }
        let path = insert(&self.path, "{", &row.fields).into_owned();
        if matches!(path.as_str(), "404" | "error") {
            let message = format!("`{path}` is the page of an error");
            let taken = Diagnostic::new(Code::BadPath, message).at(self.table.place(row));
            return Err(vec![taken.hint("give the row another name")]);
        }
        Ok(path)
    }

    /// Every field that the page names must be there.
    pub(super) fn check(&self, front: &Front<'_>, row: &Row) -> Vec<Diagnostic> {
        let missing = |(range, name): (Range<usize>, &str)| {
            let lack = self.field(row, name).err()?;
            Some(self.lacking(front, row, name, Place::span(front.source.as_str(), front.text, range), lack))
        };
        holes(front.text, OPENING).into_iter().filter_map(missing).collect()
    }

    fn field(&self, row: &Row, name: &str) -> Result<String, Lack> {
        match row.fields.get(name) {
            Some(value) => text(value).ok_or(Lack::Unfit),
            None if self.table.rows.iter().any(|row| row.fields.contains_key(name)) => Err(Lack::Here),
            None => Err(Lack::Everywhere),
        }
    }

    fn lacking(&self, front: &Front<'_>, row: &Row, name: &str, written: Place, lack: Lack) -> Diagnostic {
        let what = match lack {
            Lack::Everywhere => {
                let known: BTreeSet<&str> =
                    self.table.rows.iter().flat_map(|row| row.fields.keys().map(String::as_str)).collect();
                return Diagnostic::unknown(Code::FrontMatter, "field", name, known).at(written);
            }
            Lack::Here => "is not there",
            Lack::Unfit => "is no text",
        };
        let message = format!("the field `{name}` of this row {what}, and `{}` shows it", front.source);
        Diagnostic::new(Code::FrontMatter, message)
            .at(self.table.place(row))
            .hint(format!("give the row a text `{name}`"))
    }

    /// What is wrong with a value as a part of an address.
    fn unfit_for_address(&self, row: &Row, name: &str, value: &str) -> Option<Diagnostic> {
        let fits = |c: char| {
            matches!(c, 'a'..='z' | '0'..='9' | '-' | '_')
                || (!c.is_ascii() && c.is_alphanumeric() && !c.is_uppercase())
        };
        if !value.is_empty() && value.chars().all(fits) {
            return None;
        }
        let better: String = value.to_lowercase().chars().map(|c| if fits(c) { c } else { '-' }).collect();
        let better: Vec<&str> = better.split('-').filter(|part| !part.is_empty()).collect();
        let message = if value.is_empty() {
            format!("`{name}` is empty, and the address of the page is made from it")
        } else {
            format!("`{value}` cannot be a part of an address")
        };
        let hint = if better.is_empty() {
            "write lower-case letters, digits and `-`".to_owned()
        } else {
            format!("write `{}`: lower-case letters, digits and `-`", better.join("-"))
        };
        let mut place = self.table.place(row);
        if let Some(at) = place.excerpt.find(value).filter(|_| !value.is_empty()) {
            place = Place { column: place.excerpt[..at].chars().count() + 1, width: value.chars().count(), ..place };
        }
        Some(Diagnostic::new(Code::BadPath, message).at(place).hint(hint))
    }
}

/// Why a field cannot be shown.
#[derive(Clone, Copy)]
enum Lack {
    /// No row has it.
    Everywhere,
    /// Others have it.
    Here,
    /// It is a list or a table.
    Unfit,
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        _ => None,
    }
}

/// Where in a text a field is named: the whole of `{row.city}` and `city`. A backslash before it makes it a plain text.
fn holes<'t>(text: &'t str, opening: &str) -> Vec<(Range<usize>, &'t str)> {
    let hole = |(at, _): (usize, &str)| {
        let inside = at + opening.len();
        let end = inside + text[inside..].find(['}', '\n'])?;
        (text[end..].starts_with('}') && !text[..at].ends_with('\\')).then(|| (at..end + 1, text[inside..end].trim()))
    };
    text.match_indices(opening).filter_map(hole).collect()
}

fn insert<'t>(written: &'t str, opening: &str, fields: &Map<String, Value>) -> Cow<'t, str> {
    let holes = holes(written, opening);
    if holes.is_empty() {
        return Cow::Borrowed(written);
    }
    let (mut out, mut from) = (String::with_capacity(written.len()), 0);
    for (range, name) in holes {
        let name = name.strip_prefix("row.").unwrap_or(name);
        let Some(value) = fields.get(name).and_then(text) else { continue };
        out.push_str(&written[from..range.start]);
        out.push_str(&value);
        from = range.end;
    }
    out.push_str(&written[from..]);
    Cow::Owned(out)
}

/// A text with the row's fields in it. What [`Each::check`] has let through is there.
pub(super) fn fill<'t>(text: &'t str, fields: &Map<String, Value>) -> Cow<'t, str> {
    insert(text, OPENING, fields)
}

/// The same for every text in a value, however deep. A backslash that kept a brace as it is has done its work; in Markdown it does it later.
pub(super) fn fill_value(value: Value, fields: &Map<String, Value>) -> Value {
    match value {
        Value::String(text) => Value::String(fill(&text, fields).replace("\\{row.", OPENING)),
        Value::Array(items) => items.into_iter().map(|item| fill_value(item, fields)).collect(),
        Value::Object(map) => Value::Object(fill_map(map, fields)),
        other => other,
    }
}

/// The same for a table.
pub(super) fn fill_map(map: Map<String, Value>, fields: &Map<String, Value>) -> Map<String, Value> {
    map.into_iter().map(|(key, value)| (key, fill_value(value, fields))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_told_from_a_brace() {
        let text = r"a {row.b} \{row.c} {row.} {d} {row.e f} {row.x";
        let seen: Vec<&str> = holes(text, OPENING).iter().map(|(_, name)| *name).collect();
        assert_eq!(seen, ["b", "", "e f"]);
    }
}
