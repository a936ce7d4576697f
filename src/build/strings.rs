//! The strings of the theme in the languages of the site: what templates see as `t`.
//!
//! In: `themes/NAME/strings/LANG.toml` and, above it, the project's own `site/strings/LANG.toml`. Out: one table for each language, complete;
//! a string that a language lacks is that of the theme's first language, and one warning names it. Refuses what is not a string.

use super::theme::Theme;
use crate::diag::{Code, Diagnostic, Place};
use crate::model::{Language, Source};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use toml::de::{DeTable, DeValue};

/// Where the project's own strings stand.
const OWN: &str = "site/strings";

/// Dotted key to text.
type Strings = BTreeMap<String, String>;

/// The strings of every language in use.
pub(super) struct Spoken {
    /// In the order of the languages that were asked for.
    pub(super) tables: Vec<Value>,
    pub(super) warnings: Vec<Diagnostic>,
}

/// Reads the strings that `languages` need.
pub(super) fn of(theme: &Theme, source: &Source, languages: &[&Language]) -> Result<Spoken, Vec<Diagnostic>> {
    let shelf = Shelf { theme, source };
    let first = shelf.theme_language();
    let base = first.map_or_else(|| Ok(Strings::new()), |tag| shelf.read(tag))?;
    let spoken = super::split(languages.iter().map(|language| shelf.read(&language.tag)).collect());
    let (spoken, wrong) = spoken;
    if !wrong.is_empty() {
        return Err(wrong);
    }
    let keys: BTreeSet<&String> = base.keys().chain(spoken.iter().flat_map(BTreeMap::keys)).collect();
    let mut warnings = Vec::new();
    let mut tables = Vec::new();
    for (language, own) in languages.iter().zip(&spoken) {
        let elsewhere = |key: &str| [&base].into_iter().chain(&spoken).find_map(|strings| strings.get(key));
        let lacking: Vec<&str> = keys.iter().map(|key| key.as_str()).filter(|key| !own.contains_key(*key)).collect();
        if !lacking.is_empty() {
            warnings.extend(shelf.lacks(language, &lacking, own.is_empty()));
        }
        let whole = keys.iter().filter_map(|key| Some((key.as_str(), own.get(*key).or_else(|| elsewhere(key))?)));
        tables.push(nested(whole));
    }
    Ok(Spoken { tables, warnings })
}

struct Shelf<'a> {
    theme: &'a Theme,
    source: &'a Source,
}

impl Shelf<'_> {
    /// The language that the theme was written in: English where it has it, else the first of its files.
    fn theme_language(&self) -> Option<&str> {
        let tags: Vec<&str> = self.theme.below("strings/").filter_map(|path| path.strip_suffix(".toml")).collect();
        tags.iter().find(|tag| **tag == "en").or(tags.first()).copied()
    }

    /// What is said in one language; `pt` speaks for `pt-BR` where that has nothing of its own.
    fn read(&self, tag: &str) -> Result<Strings, Vec<Diagnostic>> {
        let mut strings = Strings::new();
        let mut found = Vec::new();
        let general = tag.split('-').next().filter(|general| *general != tag);
        for tag in general.into_iter().chain([tag]) {
            let (inside, own) = (format!("strings/{tag}.toml"), format!("{OWN}/{tag}.toml"));
            for (file, bytes) in
                [(self.theme.path(&inside), self.theme.get(&inside)), (own.clone(), self.source.get(&own))]
            {
                let Some(bytes) = bytes else { continue };
                match super::utf8(&file, bytes).map_err(|err| vec![err]).and_then(|text| parse(&file, text)) {
                    Ok(more) => strings.extend(more),
                    Err(wrong) => found.extend(wrong),
                }
            }
        }
        if found.is_empty() { Ok(strings) } else { Err(found) }
    }

    fn lacks(&self, language: &Language, lacking: &[&str], everything: bool) -> Vec<Diagnostic> {
        let own = format!("{OWN}/{}.toml", language.tag);
        let inside = format!("strings/{}.toml", language.tag);
        if everything {
            let message =
                format!("the theme `{}` does not speak {} (`{}`)", self.theme.name, language.name, language.tag);
            let keys: Vec<String> = lacking.iter().map(|key| format!("`{key}`")).collect();
            let hint = format!("write `{own}` with {}", keys.join(", "));
            return vec![Diagnostic::new(Code::MissingString, message).at(Place::file(own)).hint(hint)];
        }
        let file = if self.source.get(&own).is_some() { own.clone() } else { self.theme.path(&inside) };
        let one = |key: &&str| {
            Diagnostic::new(Code::MissingString, format!("`{file}` lacks the string `{key}`"))
                .at(Place::file(&file))
                .hint(format!("add `{key} = \"…\"` to `{own}`"))
        };
        lacking.iter().map(one).collect()
    }
}

fn parse(file: &str, text: &str) -> Result<Strings, Vec<Diagnostic>> {
    let (table, errors) = DeTable::parse_recoverable(text);
    let mut found = crate::reader::mistakes(Code::BadToml, file, text, &(0..text.len()), &errors);
    let mut strings = Strings::new();
    let mut complain = |key: &str, span: Range<usize>| {
        let wrong = Diagnostic::new(Code::BadValue, format!("the string `{key}` is not a text"));
        found.push(wrong.at(Place::span(file, text, span)).hint("write `key = \"text\"`"));
    };
    flatten("", table.get_ref(), &mut strings, &mut complain);
    if found.is_empty() { Ok(strings) } else { Err(found) }
}

fn flatten(path: &str, table: &DeTable<'_>, out: &mut Strings, wrong: &mut dyn FnMut(&str, Range<usize>)) {
    for (key, value) in table {
        let path = if path.is_empty() { key.get_ref().to_string() } else { format!("{path}.{}", key.get_ref()) };
        match value.get_ref() {
            DeValue::String(text) => _ = out.insert(path, text.to_string()),
            DeValue::Table(table) => flatten(&path, table, out, wrong),
            _ => wrong(&path, value.span()),
        }
    }
}

/// `{"form": {"empty": "…"}}` from `form.empty`. A key that is a text here and a table there stays what it was first.
fn nested<'s>(strings: impl Iterator<Item = (&'s str, &'s String)>) -> Value {
    let mut root = Map::new();
    for (key, text) in strings {
        let mut parts: Vec<&str> = key.split('.').collect();
        let Some(last) = parts.pop() else { continue };
        let mut table = Some(&mut root);
        for part in parts {
            let place =
                table.and_then(|table| table.entry(part).or_insert_with(|| Value::Object(Map::new())).as_object_mut());
            table = place;
        }
        if let Some(table) = table {
            table.entry(last).or_insert_with(|| Value::String(text.clone()));
        }
    }
    Value::Object(root)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_may_stand_in_tables() {
        let strings = parse("a.toml", "footer = \"x\"\n[form]\nempty = \"y\"\nbutton.send = \"z\"\n").unwrap();
        let value = nested(strings.iter().map(|(key, text)| (key.as_str(), text)));
        assert_eq!(value.to_string(), r#"{"footer":"x","form":{"button":{"send":"z"},"empty":"y"}}"#);
    }

    #[test]
    fn a_number_is_no_string() {
        let found = parse("a.toml", "x = \"\"\n[y]\nz = 1\n").unwrap_err();
        assert_eq!(
            found[0].to_string(),
            "error[bad-value]: the string `y.z` is not a text\n  --> a.toml:3:5\n  hint: write `key = \"text\"`"
        );
    }
}
