//! What `landing new` puts into a new folder: the campaign in this repository, ready to be edited.

use crate::build::EMBEDDED;
use crate::diag::{Code, Diagnostic};
use crate::model::{Key, Settings};
use bytes::Bytes;
use std::collections::BTreeMap;

macro_rules! files {
    ($($path:literal),* $(,)?) => { &[$(($path, include_bytes!(concat!("../../", $path)))),*] };
}

/// The files, at their places. The theme is inside the program and need not stand there.
const FILES: &[(&str, &[u8])] = files![
    "assets/README.md",
    "assets/ecran-banque.png",
    "assets/ecran-monnaie.png",
    "assets/ecran-pile.png",
    "assets/hero.png",
    "assets/icon.svg",
    "assets/logo.svg",
    "site/404.md",
    "site/closed.md",
    "site/en/404.md",
    "site/en/closed.md",
    "site/en/index.md",
    "site/en/mentions-legales.md",
    "site/en/merci.md",
    "site/error.md",
    "site/index.md",
    "site/landing.toml",
    "site/mentions-legales.md",
    "site/merci.md",
];

/// What one machine remembers belongs into no repository.
const IGNORED: &[u8] = b"/dist\n/.landing\n";

/// The line of the settings below which the theme is named.
const SITE: &str = "[site]\n";

/// Every file of a new campaign in a theme.
///
/// # Errors
/// When there is no such theme.
pub fn files(theme: &str) -> Result<BTreeMap<Key, Bytes>, Diagnostic> {
    if !EMBEDDED.iter().any(|(name, _)| *name == theme) {
        return Err(Diagnostic::unknown(Code::UnknownTheme, "theme", theme, EMBEDDED.iter().map(|(name, _)| *name)));
    }
    let given = FILES.iter().copied().chain([(".gitignore", IGNORED)]);
    let file = |(path, bytes): (&str, &'static [u8])| {
        let key = Key::parse(path).expect("a path of this repository");
        let bytes = if path == Settings::FILE { settings(theme, bytes) } else { Bytes::from_static(bytes) };
        (key, bytes)
    };
    Ok(given.map(file).collect())
}

/// The settings of the campaign with the theme named in them.
fn settings(theme: &str, bytes: &'static [u8]) -> Bytes {
    let text = std::str::from_utf8(bytes).expect("a file of this repository");
    text.replacen(SITE, &format!("{SITE}theme = \"{theme}\"\n"), 1).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_theme_is_named_in_the_settings_or_refused_with_those_there_are() {
        let files = files("signal").unwrap();
        let text = std::str::from_utf8(&files[&Key::parse(Settings::FILE).unwrap()]).unwrap();
        assert_eq!(crate::config::parse(text).unwrap().site.theme, "signal");
        let err = super::files("singal").unwrap_err().to_string();
        assert_eq!(err, "error[unknown-theme]: unknown theme `singal`\n  hint: did you mean `signal`?");
    }

    #[test]
    fn every_file_of_the_campaign_is_in_the_list() {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
        let listed: Vec<&str> = FILES.iter().map(|(path, _)| *path).collect();
        let mut there = Vec::new();
        for folder in ["assets", "site"] {
            for entry in walkdir::WalkDir::new(root.join(folder)).sort_by_file_name() {
                let entry = entry.unwrap();
                if entry.file_type().is_file() {
                    there.push(entry.path().strip_prefix(root).unwrap().to_str().unwrap().to_owned());
                }
            }
        }
        assert_eq!(listed, there, "src/shell/scaffold.rs must list what stands in assets/ and site/");
    }
}
