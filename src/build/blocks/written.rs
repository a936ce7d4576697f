//! A block as it was written, each key and value with its place: the same for front matter and for Markdown containers, so that
//! one judge serves both.

use serde_json::Value as Json;
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Keys with their values, in the order in which they were written.
pub(super) type Table = Vec<Entry>;

/// A key and its value.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) key: String,
    /// Bytes of the key in the file.
    pub(super) at: Range<usize>,
    pub(super) value: Value,
    /// Bytes of the value in the file.
    pub(super) value_at: Range<usize>,
}

/// What was written.
#[derive(Clone, Debug)]
pub(super) enum Value {
    Text(String),
    Number(String),
    Flag(bool),
    Date(String),
    List(Vec<(Value, Range<usize>)>),
    Table(Table),
}

impl Value {
    /// In words, with the article.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Text(_) => "a text",
            Self::Number(_) => "a number",
            Self::Flag(_) => "`true` or `false`",
            Self::Date(_) => "a date",
            Self::List(items) if items.iter().all(|(item, _)| matches!(item, Self::Table(_))) => "a list of tables",
            Self::List(_) => "a list",
            Self::Table(_) => "a table",
        }
    }

    /// As templates see it.
    pub(super) fn json(&self) -> Json {
        match self {
            Self::Text(text) | Self::Date(text) => Json::String(text.clone()),
            Self::Number(number) => number.parse().map_or_else(|_| Json::String(number.clone()), Json::Number),
            Self::Flag(flag) => Json::Bool(*flag),
            Self::List(items) => items.iter().map(|(item, _)| item.json()).collect(),
            Self::Table(table) => Json::Object(object(table)),
        }
    }
}

/// As templates see it.
pub(super) fn object(table: &Table) -> serde_json::Map<String, Json> {
    table.iter().map(|entry| (entry.key.clone(), entry.value.json())).collect()
}

/// A table of the front matter, which begins at byte `base` of the file.
pub(super) fn of_toml(table: &DeTable<'_>, base: usize) -> Table {
    let moved = |span: Range<usize>| span.start + base..span.end + base;
    let entry = |(key, value): (&Spanned<std::borrow::Cow<'_, str>>, &Spanned<DeValue<'_>>)| Entry {
        key: key.get_ref().to_string(),
        at: moved(key.span()),
        value: of_value(value.get_ref(), base),
        value_at: moved(value.span()),
    };
    let mut entries: Table = table.iter().map(entry).collect();
    entries.sort_by_key(|entry| entry.at.start);
    entries
}

fn of_value(value: &DeValue<'_>, base: usize) -> Value {
    match value {
        DeValue::String(text) => Value::Text(text.to_string()),
        DeValue::Boolean(flag) => Value::Flag(*flag),
        DeValue::Integer(number) => Value::Number(number.as_str().to_owned()),
        DeValue::Float(number) => Value::Number(number.as_str().to_owned()),
        DeValue::Datetime(date) => Value::Date(date.to_string()),
        DeValue::Array(items) => {
            let item = |item: &Spanned<DeValue<'_>>| {
                let span = item.span();
                (of_value(item.get_ref(), base), span.start + base..span.end + base)
            };
            Value::List(items.iter().map(item).collect())
        }
        DeValue::Table(table) => Value::Table(of_toml(table, base)),
    }
}
