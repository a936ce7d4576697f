//! What `landing new` puts into a new folder: the campaign in this repository, ready to be edited.

use crate::model::Key;
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
    "site/error.md",
    "site/index.md",
    "site/landing.toml",
    "site/mentions-legales.md",
];

/// What one machine remembers belongs into no repository.
const IGNORED: &[u8] = b"/dist\n/.landing\n";

/// Every file of a new campaign.
pub fn files() -> BTreeMap<Key, Bytes> {
    let given = FILES.iter().copied().chain([(".gitignore", IGNORED)]);
    given
        .map(|(path, bytes)| (Key::parse(path).expect("a path of this repository"), Bytes::from_static(bytes)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

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
