//! The theme: templates, style sheets and what belongs to them, from the project or from this program.
//!
//! In: the project's files and a theme's name. Out: its files and its schema. A file is the project's own where it has one, else the
//! embedded one of that name, else that of the theme which this one extends. Refuses themes that extend each other in a circle.

mod embedded;
mod schema;

pub use embedded::EMBEDDED;
pub(super) use schema::{BlockKind, Field, Kind, Pair, Scale, Schema, Spot};

use crate::diag::{Code, Diagnostic, Diagnostics, Place};
use crate::model::{Settings, Source};
use bytes::Bytes;
use std::collections::{BTreeMap, BTreeSet};

/// Where themes live.
pub(super) const FOLDER: &str = "themes";

/// The files of one theme.
#[derive(Clone, Debug)]
pub(super) struct Theme {
    pub(super) name: String,
    pub(super) schema: Schema,
    /// Path inside the theme to where in the project it stands, and its bytes.
    files: BTreeMap<String, (String, Bytes)>,
}

impl Theme {
    /// The theme that the settings name.
    pub(super) fn of(source: &Source, settings: &Settings) -> Result<Self, Diagnostics> {
        let name = &settings.site.theme;
        let mut theme = Self { name: name.clone(), schema: Schema::default(), files: BTreeMap::new() };
        let mut line = lineage(source, name)?;
        line.reverse();
        for ancestor in &line {
            let files = files(source, ancestor);
            if let Some((path, bytes)) = files.get(schema::FILE) {
                theme.schema.overlay(path, super::utf8(path, bytes)?)?;
            }
            theme.files.extend(files);
        }
        Ok(theme)
    }

    /// A file by its path inside the theme.
    pub(super) fn get(&self, path: &str) -> Option<&Bytes> {
        self.files.get(path).map(|(_, bytes)| bytes)
    }

    /// Every file: its path inside the project, its bytes.
    pub(super) fn all(&self) -> impl Iterator<Item = (&str, &Bytes)> {
        self.files.values().map(|(path, bytes)| (path.as_str(), bytes))
    }

    /// Every file by its path inside the project.
    pub(super) fn into_files(self) -> BTreeMap<String, Bytes> {
        self.files.into_values().collect()
    }

    /// The files below a folder of the theme: their path inside it.
    pub(in crate::build) fn below<'t>(&'t self, folder: &'t str) -> impl Iterator<Item = &'t str> {
        self.files.keys().filter_map(move |path| path.strip_prefix(folder))
    }

    /// The path of a file inside the project.
    pub(super) fn path(&self, inside: &str) -> String {
        self.files.get(inside).map_or_else(|| format!("{FOLDER}/{}/{inside}", self.name), |(path, _)| path.clone())
    }

    /// The path inside the theme of a file of the project.
    pub(super) fn inside(file: &str) -> Option<&str> {
        let (_, inside) = file.strip_prefix(FOLDER)?.strip_prefix('/')?.split_once('/')?;
        Some(inside)
    }

    /// The templates: name below `templates/` and text.
    pub(super) fn templates(&self) -> impl Iterator<Item = (&str, &Bytes)> {
        self.files.iter().filter_map(|(path, (_, bytes))| Some((path.strip_prefix("templates/")?, bytes)))
    }
}

/// The theme and those that it extends, the nearest first.
fn lineage(source: &Source, name: &str) -> Result<Vec<String>, Diagnostics> {
    let mut line = vec![name.to_owned()];
    let mut named_in = None;
    loop {
        let current = line.last().expect("it begins with one").clone();
        let files = files(source, &current);
        if files.is_empty() {
            return Err(unknown(source, &current, named_in).into());
        }
        let Some((path, bytes)) = files.get(schema::FILE).cloned() else { return Ok(line) };
        let text = super::utf8(&path, &bytes)?.to_owned();
        let mut own = Schema::default();
        own.overlay(&path, &text)?;
        let Some(parent) = own.extends else { return Ok(line) };
        if line.contains(&parent) {
            let message = format!("the themes extend each other in a circle: {} -> {parent}", line.join(" -> "));
            let place = Place::find(path.as_str(), &text, &parent);
            return Err(Diagnostic::new(Code::UnknownTheme, message).at(place).hint("take one `extends` out").into());
        }
        line.push(parent);
        named_in = Some((path, text));
    }
}

/// The files of one theme alone.
fn files(source: &Source, name: &str) -> BTreeMap<String, (String, Bytes)> {
    let folder = format!("{FOLDER}/{name}");
    let given = embedded::files(name);
    let given = given.iter().map(|(path, bytes)| ((*path).to_owned(), Bytes::from_static(bytes)));
    let own = source.below(&folder).map(|(path, _, bytes)| (path.to_owned(), bytes.clone()));
    given.chain(own).map(|(path, bytes)| (path.clone(), (format!("{folder}/{path}"), bytes))).collect()
}

/// `named_in` is the file and text that asks for it; the configuration when it is none.
fn unknown(source: &Source, name: &str, named_in: Option<(String, String)>) -> Diagnostic {
    let there = source.below(FOLDER).filter_map(|(path, ..)| path.split_once('/').map(|(theme, _)| theme));
    let known: BTreeSet<&str> = there.chain(EMBEDDED.iter().map(|(theme, _)| *theme)).collect();
    let config = || source.get(Settings::FILE).and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or_default();
    let (file, text) = named_in.unwrap_or_else(|| (Settings::FILE.to_owned(), config().to_owned()));
    let place = Place::find(file, &text, name);
    Diagnostic::unknown(Code::UnknownTheme, "theme", name, known).at(place)
}
