//! One page for each row of a table: `[each] data = "partners"`, `path = "p/{slug}"`, and `{row.city}` wherever the page says so.
//!
//! In: the front matter of a page and the data. Out: for each row its path and its fields put into texts. Refuses a path that is no
//! address (empty, upper case, dots, percent signs), a field that no row has, and a row that lacks one that others have.

use super::data::{Data, Row, Table};
use super::front::Front;
use crate::diag::{Code, Diagnostic, Place};
use crate::model::Key;
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::cell::RefCell;

/// The table of a page and the pattern of its paths.
pub(super) struct Each<'d> {
    pub(super) table: Table<'d>,
    path: String,
}

impl<'d> Each<'d> {
    /// What `[each]` says, when it says something sound.
    pub(super) fn of(front: &Front<'_>, data: &'d Data<'_>) -> Option<Self> {
        front.only_in("each", &["data", "path"]);
        let (name, path) = (front.string_in("each", "data"), front.string_in("each", "path"));
        let (name, path) = (name?, path?);
        let span = front.span("each");
        let table = match data.table(&name) {
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
        let filler = Filler { table: &self.table, row, front };
        let path = filler.fill(&self.path, "{", Some(&|name: &str, value: &str| self.slug(row, name, value)))?;
        let stands_for_error = matches!(path.as_ref(), "404" | "error");
        if stands_for_error {
            let message = format!("`{path}` is the page of an error");
            return Err(vec![
                Diagnostic::new(Code::BadPath, message).at(self.table.place(row)).hint("give the row another name"),
            ]);
        }
        Ok(path.into_owned())
    }

    /// Whether a value may stand in an address.
    fn slug(&self, row: &Row, name: &str, value: &str) -> Option<Diagnostic> {
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

    /// The texts of the front matter with the row's fields in them.
    pub(super) fn front(
        &self,
        front: &Front<'_>,
        row: &Row,
        map: &Map<String, Value>,
    ) -> Result<Map<String, Value>, Vec<Diagnostic>> {
        let filler = Filler { table: &self.table, row, front };
        let wrong = RefCell::new(Vec::new());
        let texts = map.iter().map(|(key, value)| (key.clone(), filler.value(value, &wrong))).collect();
        let wrong = wrong.into_inner();
        if wrong.is_empty() { Ok(texts) } else { Err(wrong) }
    }

    /// The Markdown with the row's fields in it.
    pub(super) fn markdown(&self, front: &Front<'_>, row: &Row) -> Result<String, Vec<Diagnostic>> {
        let filler = Filler { table: &self.table, row, front };
        filler.fill(&front.text[front.body.clone()], ROW, None).map(Cow::into_owned)
    }
}

/// How a field of the row begins in a text.
const ROW: &str = "{row.";

/// Where in a text a field is named: the whole of `{row.city}` and `city`. A backslash before it makes it a plain text.
fn holes<'t>(text: &'t str, opening: &str) -> Vec<(std::ops::Range<usize>, &'t str)> {
    let hole = |(at, _): (usize, &str)| {
        let inside = at + opening.len();
        let end = inside + text[inside..].find(['}', '\n'])?;
        (text[end..].starts_with('}') && !text[..at].ends_with('\\')).then(|| (at..end + 1, text[inside..end].trim()))
    };
    text.match_indices(opening).filter_map(hole).collect()
}

struct Filler<'f> {
    table: &'f Table<'f>,
    row: &'f Row,
    front: &'f Front<'f>,
}

/// What may be wrong with the value of a field where it stands.
type Judge<'j> = &'j dyn Fn(&str, &str) -> Option<Diagnostic>;

impl Filler<'_> {
    fn fill<'t>(
        &self,
        text: &'t str,
        opening: &str,
        judge: Option<Judge<'_>>,
    ) -> Result<Cow<'t, str>, Vec<Diagnostic>> {
        let holes = holes(text, opening);
        if holes.is_empty() {
            return Ok(Cow::Borrowed(text));
        }
        let (mut out, mut from, mut wrong) = (String::with_capacity(text.len()), 0, Vec::new());
        for (range, name) in holes {
            out.push_str(&text[from..range.start]);
            from = range.end;
            match self.field(name.strip_prefix("row.").unwrap_or(name), &text[range.clone()]) {
                Ok(value) => {
                    wrong.extend(judge.and_then(|judge| judge(name, &value)));
                    out.push_str(&value);
                }
                Err(err) => wrong.push(err),
            }
        }
        out.push_str(&text[from..]);
        if wrong.is_empty() { Ok(Cow::Owned(out)) } else { Err(wrong) }
    }

    /// Every text in a value, however deep. A backslash that kept a brace as it is has done its work.
    fn value(&self, value: &Value, wrong: &RefCell<Vec<Diagnostic>>) -> Value {
        match value {
            Value::String(text) => match self.fill(text, ROW, None) {
                Ok(filled) => Value::String(filled.replace("\\{row.", ROW)),
                Err(more) => {
                    wrong.borrow_mut().extend(more);
                    Value::Null
                }
            },
            Value::Array(items) => items.iter().map(|item| self.value(item, wrong)).collect(),
            Value::Object(map) => {
                map.iter().map(|(key, value)| (key.clone(), self.value(value, wrong))).collect::<Map<_, _>>().into()
            }
            other => other.clone(),
        }
    }

    fn field(&self, name: &str, written: &str) -> Result<String, Diagnostic> {
        match self.row.fields.get(name) {
            Some(Value::String(text)) => Ok(text.clone()),
            Some(value @ (Value::Number(_) | Value::Bool(_))) => Ok(value.to_string()),
            Some(_) => Err(self.unfit(name, "is no text")),
            None if self.table.rows.iter().any(|row| row.fields.contains_key(name)) => {
                Err(self.unfit(name, "is not there"))
            }
            None => {
                let known = self.row.fields.keys().map(String::as_str);
                let place = Place::find(self.front.source.as_str(), self.front.text, written);
                Err(Diagnostic::unknown(Code::FrontMatter, "field", name, known).at(place))
            }
        }
    }

    fn unfit(&self, name: &str, what: &str) -> Diagnostic {
        let message = format!("the field `{name}` of this row {what}, and `{}` shows it", self.front.source);
        Diagnostic::new(Code::FrontMatter, message)
            .at(self.table.place(self.row))
            .hint(format!("give the row a text `{name}`"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_told_from_a_brace() {
        let text = r"a {row.b} \{row.c} {row.} {d} {row.e f} {row.x";
        let seen: Vec<&str> = holes(text, ROW).iter().map(|(_, name)| *name).collect();
        assert_eq!(seen, ["b", "", "e f"]);
    }
}
