//! `site/data/`: facts and tables that pages show, from TOML, JSON or CSV.
//!
//! In: the files `site/data/NAME.{toml,json,csv}`. Out: [`Data`]: the values as templates see them (`data.NAME`), and the rows of each
//! table with their places, one of which can become a page. Refuses two files of one name and what its format does not allow.

mod csv;
mod json;
mod toml;

use crate::diag::{Code, Diagnostic, Place};
use crate::model::{Key, Source};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

pub(super) use toml::{json as json_of, table};

/// Where the files stand; they are not published.
pub(super) const FOLDER: &str = "site/data";

/// The formats, by extension.
const FORMATS: [&str; 3] = ["csv", "json", "toml"];

/// Everything that was read.
#[derive(Debug, Default)]
pub(super) struct Data<'a> {
    files: BTreeMap<&'a str, File<'a>>,
}

/// One file.
#[derive(Debug)]
struct File<'a> {
    key: &'a Key,
    text: &'a str,
    value: Value,
    /// The lists of tables in it, by the key under which they stand; the whole file under the empty one.
    tables: BTreeMap<String, Vec<Row>>,
}

/// One row of a table.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Row {
    pub(super) fields: Map<String, Value>,
    /// Where it begins in the file.
    pub(super) at: usize,
}

/// A value with its tables, as a format reads it.
struct Read {
    value: Value,
    tables: BTreeMap<String, Vec<Row>>,
}

/// A table that a page names.
pub(super) struct Table<'d> {
    file: &'d Key,
    text: &'d str,
    pub(super) rows: &'d [Row],
}

impl Table<'_> {
    /// The file that it stands in.
    pub(super) fn file(&self) -> &Key {
        self.file
    }

    /// The line of a row.
    pub(super) fn place(&self, row: &Row) -> Place {
        // The reader of CSV begins a row with the empty lines before it.
        let at = self.text.len() - self.text[row.at..].trim_start().len();
        let end = self.text[at..].find('\n').map_or(self.text.len(), |end| at + end);
        Place::span(self.file.as_str(), self.text, at..end)
    }
}

/// Whether a file is data, or stands where data would: it is read, and not published.
pub(super) fn holds(inside: &str) -> bool {
    inside.strip_prefix("data/").is_some_and(|rest| {
        !rest.contains('/') && rest.rsplit_once('.').is_some_and(|(_, extension)| FORMATS.contains(&extension))
    })
}

impl<'a> Data<'a> {
    /// Reads all files.
    pub(super) fn read(source: &'a Source) -> Result<Self, Vec<Diagnostic>> {
        let mut data = Self::default();
        let mut found = Vec::new();
        for (_, key, bytes) in source.below("site").filter(|(inside, ..)| holds(inside)) {
            let file = super::utf8(key.as_str(), bytes).map_err(|err| vec![err]).and_then(|text| File::read(key, text));
            match file {
                Ok(file) => {
                    if let Some(other) = data.files.insert(key.stem(), file) {
                        let message = format!("`{}` and `{key}` are both `data.{}`", other.key, key.stem());
                        let same = Diagnostic::new(Code::SamePath, message).at(Place::file(key.as_str()));
                        found.push(same.hint("rename one of the two"));
                    }
                }
                Err(wrong) => found.extend(wrong),
            }
        }
        if found.is_empty() { Ok(data) } else { Err(found) }
    }

    /// As templates see it.
    pub(super) fn value(&self) -> Value {
        self.files.iter().map(|(name, file)| ((*name).to_owned(), file.value.clone())).collect::<Map<_, _>>().into()
    }

    /// The table that a page names: `partners`, or `shop.partners` for the list under a key. The hint when there is none.
    pub(super) fn table(&self, name: &str) -> Result<Table<'_>, String> {
        let (file, inside) = name.split_once('.').unwrap_or((name, ""));
        let Some(found) = self.files.get(file) else {
            let near = crate::text::nearest(file, self.files.keys().copied());
            return Err(near.map_or_else(
                || format!("put the table into `{FOLDER}/{file}.csv`"),
                |near| format!("did you mean `{near}`?"),
            ));
        };
        // A file that holds one list is that list.
        let only = (inside.is_empty() && found.tables.len() == 1).then(|| found.tables.values().next()).flatten();
        match found.tables.get(inside).or(only) {
            Some(rows) => Ok(Table { file: found.key, text: found.text, rows }),
            None if found.tables.is_empty() => Err(format!("`{}` holds no list of tables", found.key)),
            None => {
                let names: Vec<String> = found.tables.keys().map(|key| format!("`{file}.{key}`")).collect();
                Err(format!("`{}` holds {}", found.key, names.join(", ")))
            }
        }
    }
}

impl<'a> File<'a> {
    fn read(key: &'a Key, text: &'a str) -> Result<Self, Vec<Diagnostic>> {
        let Read { value, tables } = match key.extension().as_str() {
            "csv" => csv::read(key.as_str(), text)?,
            "json" => json::read(key.as_str(), text)?,
            _ => toml::read(key.as_str(), text)?,
        };
        Ok(Self { key, text, value, tables })
    }
}
