//! Which file goes where: the output paths of a build, with the two files named that want the same one.

use super::data;
use super::page::{FOLDER, Page};
use crate::diag::{Code, Diagnostic, Place};
use crate::model::{End, Key, Release, Settings, Source, UrlPath, redirect_place, urls_of};
use std::collections::BTreeMap;

/// The files of `site/`, told apart.
#[derive(Debug, Default)]
pub(super) struct Places<'a> {
    /// Pages: their source.
    pub(super) pages: Vec<&'a Key>,
    /// Files that are published as they are: output path to source.
    pub(super) published: BTreeMap<Key, &'a Key>,
}

/// Tells the files apart. Settings (`.toml`), data and hidden files are not published, `.well-known` is (RFC 8615).
pub(super) fn places(source: &Source) -> Places<'_> {
    let mut places = Places::default();
    for (inside, key, _) in source.below(FOLDER) {
        let hidden = inside.split('/').any(|segment| segment.starts_with('.') && segment != ".well-known");
        match key.extension().as_str() {
            "toml" => {}
            _ if hidden || data::holds(inside) => {}
            "md" => places.pages.push(key),
            _ => {
                let key_there = Key::parse(inside).expect("the end of a key is a key");
                places.published.insert(key_there, key);
            }
        }
    }
    places
}

/// Something that wants a path: what to call it, and where to point.
struct Claim<'p> {
    name: String,
    place: Box<dyn Fn() -> Place + 'p>,
}

/// Everything that stands in something else's way.
pub(super) fn collisions(
    source: &Source,
    settings: &Settings,
    pages: &[Page<'_>],
    published: &BTreeMap<Key, &Key>,
) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let mut keys: BTreeMap<&Key, Claim<'_>> = BTreeMap::new();
    let mut urls: BTreeMap<UrlPath, &Key> = BTreeMap::new();
    // A holding page takes the place of another one in mode `closed` only.
    let pages = pages.iter().filter(|page| !page.spot.holding);
    let pages = pages.map(|page| (&page.spot.key, Claim { name: page.origin(), place: Box::new(|| page.place()) }));
    let files = published
        .iter()
        .map(|(key, file)| (key, Claim { name: file.to_string(), place: Box::new(|| Place::file(file.as_str())) }));
    for (key, claim) in pages.chain(files) {
        if let Some(other) = keys.get(key) {
            found.push(same(&format!("`{key}`"), other, &claim));
            continue;
        }
        for url in urls_of(key) {
            if let Some(other) = urls.insert(url.clone(), key).filter(|other| *other != key) {
                found.push(same(&format!("the URL `{url}`"), &keys[other], &claim));
            }
        }
        keys.insert(key, claim);
    }
    for (key, claim) in &keys {
        let folders = key.as_str().match_indices('/').filter_map(|(at, _)| Key::parse(&key.as_str()[..at]).ok());
        for folder in folders {
            if let Some(other) = keys.get(&folder) {
                found.push(same(&format!("`{folder}`, once as a file and once as a folder"), other, claim));
            }
        }
    }
    for (from, page) in settings.redirects.keys().filter_map(|from| Some((from, urls.get(from)?))) {
        let message = format!("`{from}` is redirected, and is the address of `{}`", keys[page].name);
        found.push(
            Diagnostic::new(Code::SamePath, message)
                .at(redirect_place(source, from))
                .hint("take the redirect out or rename the page"),
        );
    }
    found
}

/// The redirects that lead nobody anywhere, and, as warnings, those that make people wait for another one.
pub(super) fn astray(source: &Source, settings: &Settings, release: &Release) -> (Vec<Diagnostic>, Vec<Diagnostic>) {
    let (mut wrong, mut warnings) = (Vec::new(), Vec::new());
    for from in release.redirects.keys() {
        let (list, message, hint) = match release.end_of(from, &settings.site.url) {
            End::Answer(1) | End::Elsewhere => continue,
            End::Answer(more) => (
                &mut warnings,
                format!("`{from}` leads through {more} redirects, and each costs a visitor one more answer"),
                "name the last address in `to`",
            ),
            End::Nothing(path) => (
                &mut wrong,
                format!("`{from}` is redirected to `{path}`, which is not published"),
                "mend `to`, or add the page",
            ),
            End::Circle(path) => (
                &mut wrong,
                format!("the redirect of `{from}` leads in a circle, through `{path}` again and again"),
                "mend `to`: browsers show an error page instead",
            ),
        };
        list.push(Diagnostic::new(Code::DeadLink, message).at(redirect_place(source, from)).hint(hint));
    }
    (wrong, warnings)
}

fn same(what: &str, one: &Claim<'_>, other: &Claim<'_>) -> Diagnostic {
    Diagnostic::new(Code::SamePath, format!("`{}` and `{}` both become {what}", one.name, other.name))
        .at((other.place)())
        .hint("rename one of the two")
}
