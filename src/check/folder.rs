//! A folder that some other tool built, as something to judge: what each file is, by its name alone.

use crate::model::{Artifact, Class, Headers, Key, Lifetimes, Media, Policy, asset_digits};
use bytes::Bytes;
use std::collections::{BTreeMap, BTreeSet};

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
