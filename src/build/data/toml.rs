//! TOML, with the place of every table of a list.

use super::{Read, Row};
use crate::diag::{Code, Diagnostic};
use serde_json::{Map, Value};
use std::ops::Range;
use toml::de::{DeTable, DeValue};

/// A text read as TOML, `within` which it stands; every mistake with its place in the file.
pub(in crate::build) fn table<'t>(
    file: &str,
    text: &'t str,
    within: Range<usize>,
    code: Code,
) -> Result<DeTable<'t>, Vec<Diagnostic>> {
    let (table, errors) = DeTable::parse_recoverable(&text[within.clone()]);
    let wrong = crate::reader::mistakes(code, file, text, &within, &errors);
    if wrong.is_empty() { Ok(table.into_inner()) } else { Err(wrong) }
}

pub(super) fn read(file: &str, text: &str) -> Result<Read, Vec<Diagnostic>> {
    let root = table(file, text, 0..text.len(), Code::BadToml)?;
    let lists = root.iter().filter_map(|(key, value)| Some((key.get_ref().to_string(), rows(value.get_ref())?)));
    Ok(Read { tables: lists.collect(), value: Value::Object(map(&root)) })
}

/// The tables of a list that holds nothing else.
fn rows(list: &DeValue<'_>) -> Option<Vec<Row>> {
    let items = list.as_array().filter(|items| !items.is_empty())?;
    let row = |item: &toml::Spanned<DeValue<'_>>| {
        Some(Row { fields: map(item.get_ref().as_table()?), at: item.span().start })
    };
    items.iter().map(row).collect()
}

fn map(table: &DeTable<'_>) -> Map<String, Value> {
    table.iter().map(|(key, value)| (key.get_ref().to_string(), json(value.get_ref()))).collect()
}

/// As templates see it. Dates become text.
pub(in crate::build) fn json(value: &DeValue<'_>) -> Value {
    match value {
        DeValue::String(text) => Value::String(text.to_string()),
        DeValue::Boolean(flag) => Value::Bool(*flag),
        DeValue::Integer(number) => match i64::from_str_radix(number.as_str(), number.radix()) {
            Ok(number) => number.into(),
            Err(_) => Value::String(number.as_str().to_owned()),
        },
        DeValue::Float(number) => {
            let finite = number.as_str().parse().ok().and_then(serde_json::Number::from_f64);
            finite.map_or_else(|| Value::String(number.as_str().to_owned()), Value::Number)
        }
        DeValue::Datetime(date) => Value::String(date.to_string()),
        DeValue::Array(items) => items.iter().map(|item| json(item.get_ref())).collect(),
        DeValue::Table(table) => Value::Object(map(table)),
    }
}
