//! The theme: templates, style sheets and what belongs to them, from the project or from this program.
//!
//! In: the project's files and a theme's name. Out: its files, each the project's own where it has one and the embedded one where it
//! has none. The default theme is compiled in, so that a page can be built where nothing but Markdown is.

use crate::diag::{Code, Diagnostic, Place};
use crate::model::{Settings, Source};
use bytes::Bytes;
use std::collections::BTreeMap;

/// Where themes live.
pub(super) const FOLDER: &str = "themes";

/// The name of the theme that is compiled in.
pub(super) const DEFAULT: &str = "default";

/// Every file of the default theme: path inside the theme, bytes.
macro_rules! embedded {
    ($($path:literal),* $(,)?) => {
        &[$(($path, include_bytes!(concat!("../../themes/default/", $path)))),*]
    };
}

/// The default theme, as `landing new` writes it. A test compares the list with the folder.
pub const EMBEDDED: &[(&str, &[u8])] = embedded![
    "style.css",
    "templates/base.html",
    "templates/error.html",
    "templates/form.html",
    "templates/landing.html",
    "templates/text.html",
];

/// The files of one theme.
#[derive(Clone, Debug)]
pub(super) struct Theme {
    pub(super) name: String,
    /// Path inside the theme to bytes.
    files: BTreeMap<String, Bytes>,
}

impl Theme {
    /// The theme that the settings name.
    pub(super) fn of(source: &Source, settings: &Settings) -> Result<Self, Diagnostic> {
        let name = &settings.site.theme;
        let mut files = BTreeMap::new();
        if name == DEFAULT {
            files.extend(EMBEDDED.iter().map(|(path, bytes)| ((*path).to_owned(), Bytes::from_static(bytes))));
        }
        let folder = format!("{FOLDER}/{name}");
        files.extend(source.below(&folder).map(|(path, _, bytes)| (path.to_owned(), bytes.clone())));
        if files.is_empty() {
            return Err(unknown(source, name));
        }
        Ok(Self { name: name.clone(), files })
    }

    /// A file by its path inside the theme.
    pub(super) fn get(&self, path: &str) -> Option<&Bytes> {
        self.files.get(path)
    }

    /// Every file by its path inside the project.
    pub(super) fn into_files(self) -> BTreeMap<String, Bytes> {
        let paths: Vec<String> = self.files.keys().map(|inside| self.path(inside)).collect();
        paths.into_iter().zip(self.files.into_values()).collect()
    }

    /// The path of a file inside the project.
    pub(super) fn path(&self, inside: &str) -> String {
        format!("{FOLDER}/{}/{inside}", self.name)
    }

    /// The templates: name below `templates/` and text.
    pub(super) fn templates(&self) -> impl Iterator<Item = (&str, &Bytes)> {
        self.files.iter().filter_map(|(path, bytes)| Some((path.strip_prefix("templates/")?, bytes)))
    }
}

fn unknown(source: &Source, name: &str) -> Diagnostic {
    let there = source.below(FOLDER).filter_map(|(path, ..)| path.split_once('/').map(|(theme, _)| theme));
    let known: std::collections::BTreeSet<&str> = there.chain([DEFAULT]).collect();
    let config = source.get(Settings::FILE).and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or_default();
    let place = Place::find(Settings::FILE, config, name);
    Diagnostic::unknown(Code::UnknownTheme, "theme", name, known).at(place)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_the_default_theme_is_compiled_in() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/themes/default");
        let mut there: Vec<String> = walkdir::WalkDir::new(folder)
            .into_iter()
            .filter_map(Result::ok)
            .filter(|entry| entry.file_type().is_file())
            .map(|entry| entry.path().strip_prefix(folder).unwrap().to_str().unwrap().replace('\\', "/"))
            .collect();
        there.sort();
        let listed: Vec<&str> = EMBEDDED.iter().map(|(path, _)| *path).collect();
        let lines: Vec<String> = there.iter().map(|path| format!("    {path:?},")).collect();
        let lines = lines.join("\n");
        assert!(there == listed, "src/build/theme.rs must say:\npub const EMBEDDED: … = embedded![\n{lines}\n];");
    }
}
