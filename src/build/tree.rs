//! Which file goes where: the output paths of a build, with the two files named that want the same one.

use super::author::find;
use super::page::{FOLDER, is_holding, output};
use crate::diag::{Code, Diagnostic, Place};
use crate::model::{Key, Settings, Source, UrlPath, urls_of};
use std::collections::BTreeMap;

/// The files of `site/`, told apart.
#[derive(Debug, Default)]
pub(super) struct Places<'a> {
    /// Pages: their source.
    pub(super) pages: Vec<&'a Key>,
    /// Files that are published as they are: output path to source.
    pub(super) published: BTreeMap<Key, &'a Key>,
}

/// Tells the files apart. Settings (`.toml`) and hidden files are not published, `.well-known` is (RFC 8615).
pub(super) fn places(source: &Source) -> Places<'_> {
    let mut places = Places::default();
    for (inside, key, _) in source.below(FOLDER) {
        let hidden = inside.split('/').any(|segment| segment.starts_with('.') && segment != ".well-known");
        match key.extension().as_str() {
            "toml" => {}
            _ if hidden => {}
            "md" => places.pages.push(key),
            _ => {
                let key_there = Key::parse(inside).expect("the end of a key is a key");
                places.published.insert(key_there, key);
            }
        }
    }
    places
}

/// Everything that stands in something else's way.
pub(super) fn collisions(source: &Source, settings: &Settings, places: &Places<'_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let mut keys: BTreeMap<Key, &Key> = BTreeMap::new();
    let mut urls: BTreeMap<UrlPath, &Key> = BTreeMap::new();
    let pages =
        places.pages.iter().filter(|page| !is_holding(page)).filter_map(|page| Some((output(page).ok()?.0, *page)));
    let all = pages.chain(places.published.iter().map(|(key, file)| (key.clone(), *file)));
    for (key, file) in all {
        if let Some(other) = keys.insert(key.clone(), file) {
            found.push(same(&format!("`{key}`"), other, file));
            continue;
        }
        for url in urls_of(&key) {
            if let Some(other) = urls.insert(url.clone(), file) {
                found.push(same(&format!("the URL `{url}`"), other, file));
            }
        }
    }
    for key in keys.keys() {
        let folders = key.as_str().match_indices('/').filter_map(|(at, _)| Key::parse(&key.as_str()[..at]).ok());
        for folder in folders {
            if let Some(other) = keys.get(&folder) {
                found.push(same(&format!("`{folder}`, once as a file and once as a folder"), other, keys[key]));
            }
        }
    }
    let config = source.get(Settings::FILE).and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or_default();
    for (from, page) in settings.redirects.keys().filter_map(|from| Some((from, urls.get(from)?))) {
        let place = find(Settings::FILE, config, from.as_str()).unwrap_or_else(|| Place::file(Settings::FILE));
        let message = format!("`{from}` is redirected, and is the address of `{page}`");
        found.push(Diagnostic::new(Code::SamePath, message).at(place).hint("take the redirect out or rename the page"));
    }
    found
}

fn same(what: &str, one: &Key, other: &Key) -> Diagnostic {
    Diagnostic::new(Code::SamePath, format!("`{one}` and `{other}` both become {what}"))
        .at(Place::file(other.as_str()))
        .hint("rename one of the two")
}
