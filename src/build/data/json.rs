//! JSON, with the place of every object of a list. serde_json reads values; the outermost brackets are walked here, because it keeps no
//! positions.

use super::{Read, Row};
use crate::diag::{Code, Diagnostic, Place};
use serde_json::{Deserializer, Error, Value};
use std::collections::BTreeMap;

pub(super) fn read(file: &str, text: &str) -> Result<Read, Vec<Diagnostic>> {
    let text_of_json = text.trim_start_matches('\u{feff}');
    let value: Value = serde_json::from_str(text_of_json).map_err(|err| vec![complaint(file, text, &err)])?;
    // What was read whole can be walked.
    let tables = Walk { text, at: text.len() - text_of_json.len() }.tables().unwrap_or_default();
    Ok(Read { value, tables })
}

fn complaint(file: &str, text: &str, err: &Error) -> Diagnostic {
    let line = text.lines().nth(err.line().saturating_sub(1)).unwrap_or_default();
    let column = String::from_utf8_lossy(&line.as_bytes()[..err.column().min(line.len())]).chars().count();
    let place = Place { column: column.max(1), width: 1, ..Place::line(file, text, err.line()) };
    // The position is said by the place.
    let message = err.to_string();
    let message = message.rsplit_once(" at line ").map_or(message.as_str(), |(what, _)| what);
    Diagnostic::new(Code::BadJson, message)
        .at(place)
        .hint("JSON wants quotes around keys and texts, and no comma after the last item")
}

struct Walk<'t> {
    text: &'t str,
    at: usize,
}

impl Walk<'_> {
    /// The lists of objects: the whole text, or those right below its outermost keys.
    fn tables(mut self) -> Option<BTreeMap<String, Vec<Row>>> {
        let mut tables = BTreeMap::new();
        if self.skips('[') {
            tables.extend(self.rows().map(|rows| (String::new(), rows)));
        } else if self.skips('{') {
            while !self.skips('}') {
                let key = self.value()?.as_str()?.to_owned();
                self.skips(':');
                let before = self.at;
                let rows = if self.skips('[') { self.rows() } else { None };
                if rows.is_none() {
                    self.at = before;
                    self.value()?;
                }
                tables.extend(rows.filter(|rows| !rows.is_empty()).map(|rows| (key, rows)));
                self.skips(',');
            }
        }
        Some(tables)
    }

    fn rows(&mut self) -> Option<Vec<Row>> {
        let mut rows = Vec::new();
        while !self.skips(']') {
            self.space();
            let at = self.at;
            let Value::Object(fields) = self.value()? else { return None };
            rows.push(Row { fields, at });
            self.skips(',');
        }
        Some(rows)
    }

    fn value(&mut self) -> Option<Value> {
        let mut values = Deserializer::from_str(&self.text[self.at..]).into_iter::<Value>();
        let value = values.next()?.ok()?;
        self.at += values.byte_offset();
        Some(value)
    }

    fn space(&mut self) {
        let rest = &self.text[self.at..];
        self.at = self.text.len() - rest.trim_start_matches([' ', '\t', '\n', '\r']).len();
    }

    /// Goes over a character, and the white space before it, if it is the next one.
    fn skips(&mut self, expected: char) -> bool {
        self.space();
        let is = self.text[self.at..].starts_with(expected);
        self.at += if is { expected.len_utf8() } else { 0 };
        is
    }
}
