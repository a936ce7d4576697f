//! What an earlier run left in the folder, and what is meant for hosts: none of it is part of the site.
//!
//! In: the files as read. Out: the site's own files, and the rest. A second run makes all of that anew, and the same.

use super::folder::{File, Folder, HOST_FILES};
use crate::hosts;
use crate::model::{Class, Headers, Key, Lifetime, Lifetimes, Policy, Release};
use bytes::Bytes;
use std::collections::BTreeMap;

/// Where the names of before and after stand, for back ends.
pub const ASSET_MANIFEST: &str = "asset-manifest.json";

/// What was set aside.
#[derive(Clone, Debug, Default)]
pub(super) struct Earlier {
    /// Old name to new name, of earlier runs.
    pub(super) names: BTreeMap<Key, Key>,
    /// Files for hosts that somebody else wrote.
    pub(super) foreign: BTreeMap<Key, Bytes>,
    /// Compressed copies of files: of bytes that may have changed.
    pub(super) coded: Vec<Key>,
    /// A list of names that another tool wrote.
    pub(super) replaced: bool,
}

pub(super) fn strip(folder: Folder) -> (BTreeMap<Key, File>, Earlier) {
    let mut files = folder.files;
    let mut earlier = Earlier::default();
    let release = read(&files, hosts::MANIFEST).and_then(|raw| Release::from_json(&raw).ok());
    if release.is_some() {
        files.remove(&constant(hosts::MANIFEST));
    }
    if let Some(raw) = read(&files, ASSET_MANIFEST) {
        files.remove(&constant(ASSET_MANIFEST));
        match serde_json::from_slice(&raw) {
            Ok(names) if release.is_some() => earlier.names = names,
            _ => earlier.replaced = true,
        }
    }
    // An emitter says the same of the same release: what differs was written by hand.
    let ours = release.map(|release| hosts::beside(&anything(), &release).value).unwrap_or_default();
    for name in HOST_FILES {
        let key = constant(name);
        let Some(raw) = files.remove(&key).and_then(|file| file.text) else { continue };
        // What nginx is told depends on the policy as well, and nobody else writes to that path.
        let by_path = name.starts_with("nginx") && !ours.is_empty();
        if !by_path && ours.get(&key) != Some(&raw) {
            earlier.foreign.insert(key, raw);
        }
    }
    let coded = |key: &Key| {
        let plain = key.as_str().strip_suffix(".br").or_else(|| key.as_str().strip_suffix(".gz"));
        plain.and_then(|plain| Key::parse(plain).ok()).is_some_and(|plain| files.contains_key(&plain))
    };
    earlier.coded = files.keys().filter(|key| coded(key)).cloned().collect();
    for key in &earlier.coded {
        files.remove(key);
    }
    (files, earlier)
}

fn constant(path: &str) -> Key {
    Key::parse(path).expect("a constant path")
}

fn read(files: &BTreeMap<Key, File>, path: &str) -> Option<Bytes> {
    files.get(&constant(path))?.text.clone()
}

/// `_headers` and `_redirects` are made from the release alone.
fn anything() -> Policy {
    let none = Lifetime { browser: 0, cdn: 0, stale_while_revalidate: 0, stale_if_error: 0, immutable: false };
    Policy {
        lifetimes: Lifetimes { document: none, asset: none, error: none, redirect: none },
        everywhere: Headers::new(),
        redirects: BTreeMap::new(),
        errors: BTreeMap::new(),
    }
}

/// The status that a page at the top of a folder stands for, by the names that hosts and tools use.
pub(super) fn status_of(key: &Key) -> Option<u16> {
    match key.as_str() {
        "404.html" | "404/index.html" => Some(404),
        "500.html" | "50x.html" | "503.html" | "5xx.html" => Some(503),
        _ => None,
    }
}

/// The part that a file plays under its own name.
pub(super) fn class_of(key: &Key) -> Class {
    if status_of(key).is_some() { Class::Error } else { Class::Document }
}
