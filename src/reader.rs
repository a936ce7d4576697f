//! A TOML text read key by key: types are checked at the key, what nobody asked for is an unknown key.

mod mistakes;

pub(crate) use mistakes::mistakes;

use crate::diag::{Code, Diagnostic, Diagnostics, Place};
use jiff::tz::Offset;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A parsed file and what was found wrong in it so far.
pub(crate) struct Document<'a> {
    file: &'a str,
    text: &'a str,
    table: DeTable<'a>,
    found: RefCell<Vec<Diagnostic>>,
}

impl<'a> Document<'a> {
    /// Parses, reporting every syntax error.
    pub(crate) fn parse(file: &'a str, text: &'a str) -> Result<Self, Diagnostics> {
        let (table, errors) = DeTable::parse_recoverable(text);
        let found = mistakes(Code::BadToml, file, text, &(0..text.len()), &errors);
        let document = Self { file, text, table: table.into_inner(), found: RefCell::default() };
        Diagnostics::unless(found, document)
    }

    /// The whole file as a section.
    pub(crate) fn root(&self) -> Section<'_> {
        Section { document: self, path: String::new(), span: None, table: Some(&self.table), beneath: None }
    }

    /// `value`, unless something was found. What lies beneath several sections is read once for each, and said once.
    pub(crate) fn finish<T>(self, value: T) -> Result<T, Diagnostics> {
        let mut found: Vec<Diagnostic> = Vec::new();
        for one in self.found.into_inner() {
            if !found.contains(&one) {
                found.push(one);
            }
        }
        Diagnostics::unless(found, value)
    }
}

/// One table of the file, or the place where one could be.
#[derive(Clone)]
pub(crate) struct Section<'d> {
    document: &'d Document<'d>,
    path: String,
    span: Option<std::ops::Range<usize>>,
    table: Option<&'d DeTable<'d>>,
    /// Where a key is looked up that does not stand here.
    beneath: Option<Box<Section<'d>>>,
}

impl<'d> Section<'d> {
    /// The same section, with another one beneath: what it does not say, that one says.
    pub(crate) fn over(self, beneath: &Section<'d>) -> Self {
        Self { beneath: Some(Box::new(beneath.clone())), ..self }
    }

    /// Says that every other key is unknown.
    pub(crate) fn only(&self, known: &[&str]) {
        for key in self.table.into_iter().flat_map(|table| table.keys()) {
            if !known.contains(&key.get_ref().as_ref()) {
                let mut unknown = Diagnostic::unknown(Code::UnknownKey, "key", key.get_ref(), known.iter().copied());
                if !self.path.is_empty() {
                    unknown.message.push_str(&format!(" in `[{}]`", self.path));
                }
                self.push(unknown, Some(key.span()));
            }
        }
    }

    /// The keys that stand there, in the order in which they were written.
    pub(crate) fn written_keys(&self) -> Vec<String> {
        let mut keys: Vec<_> = self.table.into_iter().flat_map(|table| table.keys()).collect();
        keys.sort_by_key(|key| key.span().start);
        keys.into_iter().map(|key| key.get_ref().to_string()).collect()
    }

    /// The keys that stand there, in the order of the alphabet.
    pub(crate) fn keys(&self) -> Vec<String> {
        let own = self.table.into_iter().flat_map(|table| table.keys()).map(|key| key.get_ref().to_string());
        let beneath = self.beneath.iter().flat_map(|section| section.keys());
        own.chain(beneath).collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// The table under a key; an empty one when it is absent.
    pub(crate) fn section(&self, key: &str) -> Section<'d> {
        let table = self.typed(key, "a table", &format!("write `[{}]`", self.path_of(key)), |value| value.as_table());
        let beneath = self.beneath.as_ref().map(|section| Box::new(section.section(key)));
        Section { document: self.document, path: self.path_of(key), span: self.span_of(key), table, beneath }
    }

    /// The tables of a list.
    pub(crate) fn list(&self, key: &str) -> Vec<Section<'d>> {
        let path = self.path_of(key);
        let remedy = format!("write `[[{path}]]`");
        let tables = self.typed(key, "a list of tables", &remedy, |value| {
            let items = value.as_array()?;
            items.iter().map(|item| Some((item.get_ref().as_table()?, item.span()))).collect::<Option<Vec<_>>>()
        });
        let of = |(table, span)| Section {
            document: self.document,
            path: path.clone(),
            span: Some(span),
            table: Some(table),
            beneath: None,
        };
        tables.unwrap_or_default().into_iter().map(of).collect()
    }

    /// A string.
    pub(crate) fn string(&self, key: &str) -> Option<String> {
        self.typed(key, "a text", &format!("write `{key} = \"…\"`"), |value| value.as_str().map(str::to_owned))
    }

    /// A string that must be there.
    pub(crate) fn required(&self, key: &str, says: &str) -> Option<String> {
        // What lies beneath complains for itself.
        if self.value(key).is_none() && self.beneath.is_none() {
            let section = if self.path.is_empty() { String::new() } else { format!(" in `[{}]`", self.path) };
            let missing = Diagnostic::new(Code::MissingKey, format!("`{key}` is missing{section}"))
                .hint(format!("it says {says}"));
            self.push(missing, self.span.clone());
        }
        self.string(key)
    }

    /// A list of strings.
    pub(crate) fn string_list(&self, key: &str) -> Option<Vec<String>> {
        self.typed(key, "a list of texts", &format!("write `{key} = [\"…\"]`"), |value| {
            value.as_array()?.iter().map(|item| item.get_ref().as_str().map(str::to_owned)).collect()
        })
    }

    /// A table that holds strings only.
    pub(crate) fn strings(&self, key: &str) -> BTreeMap<String, String> {
        let section = self.section(key);
        section.keys().into_iter().filter_map(|key| Some((key.clone(), section.string(&key)?))).collect()
    }

    /// `true` or `false`.
    pub(crate) fn boolean(&self, key: &str) -> Option<bool> {
        self.typed(key, "`true` or `false`", &format!("write `{key} = true`"), DeValue::as_bool)
    }

    /// A whole number, 0 or more.
    pub(crate) fn number(&self, key: &str) -> Option<u64> {
        self.typed(key, "a whole number from 0 up", &format!("write `{key} = 1000`"), |value| {
            let integer = value.as_integer()?;
            u64::from_str_radix(integer.as_str(), integer.radix()).ok()
        })
    }

    /// Two numbers, the smaller first: `[16, 18.5]`.
    pub(crate) fn range(&self, key: &str) -> Option<[f64; 2]> {
        self.typed(key, "a list of two numbers", &format!("write `{key} = [16, 18.5]`"), |value| {
            let number = |item: &Spanned<DeValue<'_>>| match item.get_ref() {
                DeValue::Integer(number) => number.as_str().parse().ok(),
                DeValue::Float(number) => number.as_str().parse().ok(),
                _ => None,
            };
            let numbers: Vec<f64> = value.as_array()?.iter().map(number).collect::<Option<_>>()?;
            <[f64; 2]>::try_from(numbers).ok().filter(|[low, high]| low <= high)
        })
    }

    /// A duration: `90`, `"90s"`, `"5m"`, `"1h"`, `"7d"`. In seconds.
    pub(crate) fn seconds(&self, key: &str) -> Option<u64> {
        self.typed(key, "a duration", &format!("write `{key} = \"90s\"`, `\"5m\"`, `\"1h\"` or `\"7d\"`"), |value| {
            if let Some(integer) = value.as_integer() {
                return u64::from_str_radix(integer.as_str(), integer.radix()).ok();
            }
            let text = value.as_str()?;
            let (digits, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit())?);
            let unit = match unit.trim() {
                "s" => 1,
                "m" => 60,
                "h" => 3_600,
                "d" => 86_400,
                _ => return None,
            };
            digits.parse::<u64>().ok()?.checked_mul(unit)
        })
    }

    /// A moment with its offset: `2026-11-23T20:00:00+01:00`.
    pub(crate) fn timestamp(&self, key: &str) -> Option<jiff::Timestamp> {
        self.typed(key, "a date with time and offset", &format!("write `{key} = 2026-11-23T20:00:00+01:00`"), |value| {
            moment(value)?.parse().ok()
        })
    }

    /// The same, or a day: `2026-11-23` is the moment at which that day ends, so far from UTC.
    pub(crate) fn until(&self, key: &str, offset: Offset) -> Option<jiff::Timestamp> {
        let remedy = format!("write `{key} = 2026-11-23`, the end of that day, or `{key} = 2026-11-23T20:00:00+01:00`");
        self.typed(key, "a day, or a date with time and offset", &remedy, |value| {
            let text = moment(value)?;
            // A date with a time but no offset is neither: it would be another moment everywhere.
            if text.len() > "2026-11-23".len() {
                return text.parse().ok();
            }
            let next = text.parse::<jiff::civil::Date>().ok()?.tomorrow().ok()?;
            offset.to_timestamp(next.at(0, 0, 0, 0)).ok()
        })
    }

    /// How far a moment is from UTC as it is written; nothing where it has no offset or is no moment.
    pub(crate) fn offset(&self, key: &str) -> Option<Offset> {
        let text = moment(self.value(key)?.get_ref())?;
        jiff::fmt::temporal::Pieces::parse(&text).ok()?.to_numeric_offset()
    }

    /// Reports something wrong with the value of a key.
    pub(crate) fn complain(&self, key: &str, code: Code, message: &str, hint: &str) {
        self.push(Diagnostic::new(code, message).hint(hint), self.span_of(key).or_else(|| self.span.clone()));
    }

    /// The value under a key, whatever its type.
    pub(crate) fn value(&self, key: &str) -> Option<&'d Spanned<DeValue<'d>>> {
        let own = self.table.and_then(|table| table.iter().find(|(it, _)| it.get_ref().as_ref() == key));
        own.map(|(_, value)| value).or_else(|| self.beneath.as_ref()?.value(key))
    }

    fn typed<T>(
        &self,
        key: &str,
        wanted: &str,
        remedy: &str,
        read: impl FnOnce(&'d DeValue<'d>) -> Option<T>,
    ) -> Option<T> {
        let value = self.value(key)?;
        let read = read(value.get_ref());
        if read.is_none() {
            let seen = seen(value.get_ref());
            let wrong = if wanted.contains(seen.as_str()) {
                format!("`{key}` is not {wanted}")
            } else {
                format!("`{key}` is {seen}, not {wanted}")
            };
            self.push(Diagnostic::new(Code::BadValue, wrong).hint(remedy), Some(value.span()));
        }
        read
    }

    fn span_of(&self, key: &str) -> Option<std::ops::Range<usize>> {
        self.value(key).map(Spanned::span)
    }

    fn path_of(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    fn push(&self, wrong: Diagnostic, span: Option<std::ops::Range<usize>>) {
        let place = match span {
            Some(span) => Place::span(self.document.file, self.document.text, span),
            None => Place::file(self.document.file),
        };
        self.document.found.borrow_mut().push(wrong.at(place));
    }
}

/// A value as a person would call it; a text may be long or secret, and is not repeated.
fn seen(value: &DeValue<'_>) -> String {
    match value {
        DeValue::Integer(number) => format!("the number {}", number.as_str()),
        DeValue::Float(number) => format!("the number {}", number.as_str()),
        DeValue::Boolean(flag) => format!("`{flag}`"),
        DeValue::String(_) => "a text".to_owned(),
        DeValue::Datetime(_) => "a date".to_owned(),
        DeValue::Array(_) => "a list".to_owned(),
        DeValue::Table(_) => "a table".to_owned(),
    }
}

/// The text of a date, written with or without quotes.
fn moment(value: &DeValue<'_>) -> Option<String> {
    value.as_datetime().map(ToString::to_string).or_else(|| value.as_str().map(str::to_owned))
}
