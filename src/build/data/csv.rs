//! CSV as spreadsheets write it: a first line of names, commas, semicolons or tabs between the fields (RFC 4180 and its kin).

use super::{Read, Row};
use crate::diag::{Code, Diagnostic, Place};
use csv::{ErrorKind, ReaderBuilder, StringRecord};
use serde_json::{Map, Value};
use std::collections::BTreeSet;

pub(super) fn read(file: &str, text: &str) -> Result<Read, Vec<Diagnostic>> {
    let body = text.trim_start_matches('\u{feff}');
    let skipped = text.len() - body.len();
    let mut reader = ReaderBuilder::new().delimiter(delimiter(body)).trim(csv::Trim::All).from_reader(body.as_bytes());
    let complaint = |err: &csv::Error| complaint(file, text, skipped, err);
    let names = reader.headers().map_err(|err| vec![complaint(&err)])?.clone();
    header(file, text, &names)?;
    let (mut rows, mut wrong) = (Vec::new(), Vec::new());
    let mut failed = false;
    for record in reader.records() {
        failed = record.is_err();
        match record {
            Ok(record) => rows.push(row(&names, &record, skipped)),
            Err(err) => wrong.push(complaint(&err)),
        }
    }
    if let Some(open) = unclosed(file, text, body) {
        // It swallowed the rest of the file: what is said of its own line follows from it.
        wrong.truncate(wrong.len() - usize::from(failed));
        wrong.push(open);
    }
    if !wrong.is_empty() {
        return Err(wrong);
    }
    let value = rows.iter().map(|row| Value::Object(row.fields.clone())).collect();
    Ok(Read { value, tables: [(String::new(), rows)].into() })
}

/// A quote at the start of a field that is closed nowhere: what it holds were fields and rows.
fn unclosed(file: &str, text: &str, body: &str) -> Option<Diagnostic> {
    let separator = char::from(delimiter(body));
    let (mut open, mut starts, mut doubled) = (None, true, false);
    for (at, c) in body.char_indices() {
        match (open, c) {
            (None, '"') if starts => open = Some(at),
            // A closing one, unless another follows.
            (Some(_), '"') if !doubled && !body[at + 1..].starts_with('"') => open = None,
            (Some(_), '"') => doubled = !doubled,
            _ => {}
        }
        starts = c == separator || matches!(c, '\n' | '\r');
    }
    let at = text.len() - body.len() + open?;
    Some(
        Diagnostic::new(Code::BadCsv, "the quote that opens here is never closed")
            .at(Place::span(file, text, at..at + 1))
            .hint(
                "close it with `\"` at the end of the field, or take it out; write a quote inside a quoted field twice",
            ),
    )
}

/// What the first line holds most of: spreadsheets write `;` where the comma is in numbers.
fn delimiter(text: &str) -> u8 {
    let first = text.lines().next().unwrap_or_default();
    let count = |byte: u8| first.bytes().filter(|it| *it == byte).count();
    [b',', b';', b'\t'].into_iter().rev().max_by_key(|byte| count(*byte)).unwrap_or(b',')
}

fn header(file: &str, text: &str, names: &StringRecord) -> Result<(), Vec<Diagnostic>> {
    let mut seen = BTreeSet::new();
    let mut wrong = Vec::new();
    for (idx, name) in names.iter().enumerate() {
        let message = if name.is_empty() {
            format!("column {} has no name", idx + 1)
        } else if !seen.insert(name) {
            format!("two columns are called `{name}`")
        } else {
            continue;
        };
        let place = Place::line(file, text, 1);
        wrong.push(
            Diagnostic::new(Code::BadCsv, message)
                .at(place)
                .hint("the first line names every column, each differently"),
        );
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong) }
}

fn row(names: &StringRecord, record: &StringRecord, skipped: usize) -> Row {
    let fields = names.iter().zip(record).map(|(name, value)| (name.to_owned(), Value::String(value.to_owned())));
    let at = record.position().map_or(0, |position| usize::try_from(position.byte()).unwrap_or(usize::MAX));
    Row { fields: fields.collect::<Map<_, _>>(), at: at + skipped }
}

fn complaint(file: &str, text: &str, skipped: usize, err: &csv::Error) -> Diagnostic {
    let at = |position: &csv::Position| {
        let at = usize::try_from(position.byte()).unwrap_or(usize::MAX).saturating_add(skipped);
        // Its position is that of the empty lines before it.
        let at = text.get(at..).map_or(at, |rest| text.len() - rest.trim_start_matches(['\r', '\n']).len());
        let end = text.get(at..).and_then(|rest| rest.find('\n')).map_or(text.len(), |end| at + end);
        Place::span(file, text, at..end)
    };
    match err.kind() {
        ErrorKind::UnequalLengths { pos, expected_len, len } => {
            let message = format!(
                "the line has {}, the first one {expected_len}",
                crate::text::plural(count(*len), "field", "fields")
            );
            let place = pos.as_ref().map_or_else(|| Place::file(file), at);
            let hint = if len < expected_len {
                "give the line the fields that it lacks; an empty one is nothing between two separators"
            } else {
                "a field that holds the separator stands in quotes: `\"a, b\"`"
            };
            Diagnostic::new(Code::BadCsv, message).at(place).hint(hint)
        }
        _ => Diagnostic::new(Code::BadCsv, err.to_string()).at(err.position().map_or_else(|| Place::file(file), at)),
    }
}

fn count(len: u64) -> usize {
    usize::try_from(len).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_french_spreadsheet_writes_is_read() {
        let text = "\u{feff}slug;Ville;prix\r\nlille;\"Lille; Nord\"; 1,70 \r\n\r\nbrest;Brest;2\r\n";
        let read = read("a.csv", text).unwrap();
        assert_eq!(
            read.value.to_string(),
            r#"[{"Ville":"Lille; Nord","prix":"1,70","slug":"lille"},{"Ville":"Brest","prix":"2","slug":"brest"}]"#
        );
        let rows = &read.tables[""];
        assert!(text[rows[0].at..].trim_start().starts_with("lille;"), "{:?}", &text[rows[0].at..]);
    }

    #[test]
    fn a_line_too_short_is_named() {
        let found = read("a.csv", "a,b\n1,2\n3\n").map(|_| ()).unwrap_err();
        assert_eq!(
            found[0].to_string(),
            "error[bad-csv]: the line has 1 field, the first one 2\n  --> a.csv:3:1\n  hint: give the line the fields that it lacks; an empty one is nothing between two separators"
        );
        let found = read("a.csv", "a,b\r\n1,2\r\n\r\n\r\n3\r\n").map(|_| ()).unwrap_err();
        assert_eq!(found[0].place.as_ref().map(|place| (place.line, place.excerpt.as_str())), Some((5, "3")));
        for (text, at) in [
            ("a,b\n1,\"2\n", "2:3"),
            ("a,b,c\n1,\"2,3", "2:3"),
            ("a,b\n1,2\n\"x\"\"\n3,4", "3:1"),
            ("\u{feff}a;b\n\"1\";\"\"\"2\n", "2:5"),
        ] {
            let found = read("a.csv", text).map(|_| ()).unwrap_err();
            let said = found.iter().map(ToString::to_string).collect::<String>();
            assert!(found.len() == 1 && said.contains("never closed") && said.contains(at), "{text}: {said}");
        }
        for text in ["a,b\n5\" pipe,2\n", "a,b\n\"x \"\"y\"\"\",\"\"\n"] {
            assert!(read("a.csv", text).is_ok(), "{text}");
        }
        assert!(read("a.csv", "a,a,\n").map(|_| ()).unwrap_err().len() == 2);
    }
}
