//! A folder that some other tool built, as something to judge: what each file is, by its name alone.

use super::Finding;
use crate::model::{Artifact, Class, Headers, Key, Lifetimes, Media, Policy, asset_digits};
use bytes::Bytes;
use std::collections::{BTreeMap, BTreeSet};

/// What remedies say of a project, and what that is in a folder of pages.
const WORDS: &[(&str, &str)] = &[
    ("write `title = \"…\"` in its front matter", "add `<title>…</title>` to its `<head>`"),
    (
        "write `description = \"…\"` in its front matter",
        "add `<meta name=\"description\" content=\"…\">` to its `<head>`",
    ),
    (
        "add `fallback = \"…\"` to its front matter, and `[form]` to the configuration",
        "add a form of another service, or a `mailto:` link",
    ),
    ("write `<html lang=\"{{ site.lang }}\">` in the theme", "write `<html lang=\"…\">`"),
    ("give it one: `# …` in Markdown, `<h1>` in the theme", "give it an `<h1>`"),
    (" into `<main>` in the theme", " into `<main>`"),
    ("name a file below `assets/`", "name a file of the folder"),
    ("put the file into `assets/`", "put the file into the folder"),
    ("`site/mentions-legales.md`", "`mentions-legales.html`"),
    ("`site/index.md`", "`index.html`"),
    ("`site/404.md`", "`404.html`"),
    ("`site/error.md`", "`error.html`"),
];

/// Says it of the folder: it has no front matter, no theme and no `site/`.
pub(super) fn said_of_it(finding: &mut Finding) {
    for (project, folder) in WORDS {
        if finding.remedy.contains(project) {
            finding.remedy = finding.remedy.replace(project, folder);
        }
    }
    let page = finding.file.as_deref().and_then(|file| file.strip_prefix("site/")?.strip_suffix(".md"));
    if let Some(page) = page {
        finding.file = Some(format!("{page}.html"));
    }
}

/// The files as they would be published, and a policy that names the error pages. What belongs to a host or to the build itself (`_headers`,
/// compressed siblings, the manifest) is left out.
pub fn folder(files: &BTreeMap<Key, Bytes>, lifetimes: Lifetimes) -> (BTreeMap<Key, Artifact>, Policy) {
    let published = files.iter().filter(|(key, _)| !is_aside(key, files));
    let artifacts: BTreeMap<Key, Artifact> = published
        .map(|(key, bytes)| {
            let (media, class) = (Media::of_extension(&key.extension()), class(key));
            (key.clone(), Artifact::new(bytes.clone(), media, class, BTreeSet::new()))
        })
        .collect();
    let errors = artifacts.keys().filter_map(|key| Some((status(key)?, key.clone()))).collect();
    let policy = Policy { lifetimes, everywhere: Headers::new(), redirects: BTreeMap::new(), errors };
    (artifacts, policy)
}

fn status(key: &Key) -> Option<u16> {
    match key.as_str() {
        "404.html" => Some(404),
        "error.html" | "500.html" | "50x.html" | "5xx.html" | "503.html" => Some(503),
        _ => None,
    }
}

fn class(key: &Key) -> Class {
    match key.as_str() {
        _ if status(key).is_some() => Class::Error,
        _ if asset_digits(key).is_some() => Class::Asset,
        _ => Class::Document,
    }
}

fn is_aside(key: &Key, files: &BTreeMap<Key, Bytes>) -> bool {
    let sibling = ["br", "gz", "zst"].contains(&key.extension().as_str())
        && Key::parse(key.without_extension()).is_ok_and(|plain| files.contains_key(&plain));
    let hidden = key.as_str().split('/').any(|part| part.starts_with('.') && part != ".well-known");
    sibling || hidden || matches!(key.name(), "_headers" | "_redirects" | "release.json")
}
