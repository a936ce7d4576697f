//! A folder as it is, for a deploy: nothing is renamed, nothing rewritten.
//!
//! In: a folder that `landing fingerprint` or another tool made. Out: the part that each file plays. A file is immutable when its name carries
//! the digest of its bytes, as ours do; what another tool calls a hash says nothing that we can check, and is served as pages are.

use super::earlier::{self, class_of, status_of};
use super::folder::{File, Folder};
use super::reading::{Site, Target};
use super::scan::How;
use super::{Home, on_large_stacks};
use crate::diag::Diagnostic;
use crate::model::{Class, Key, Media, asset_digits, circle_digits};
use std::collections::{BTreeMap, BTreeSet};

/// The part that a file plays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Role {
    /// How long it may be kept.
    pub class: Class,
    /// What it is.
    pub media: Media,
    /// The status that it stands for, when it is an error page.
    pub status: Option<u16>,
    /// The files that a browser asks for when it shows this one.
    pub refs: BTreeSet<Key>,
}

/// What is to be published of a folder.
pub fn roles(folder: Folder, home: &Home) -> Result<BTreeMap<Key, Role>, Diagnostic> {
    on_large_stacks(|| {
        let (files, _) = earlier::strip(folder);
        let immutable = immutable(&files);
        let site = Site::read(&files, home);
        let role = |(at, key): (usize, &&Key)| {
            let fetched = site.names(at).filter_map(|(spot, target)| match target {
                Target::File(target) if spot.how != How::Link && *target != at => Some(site.keys[*target].clone()),
                _ => None,
            });
            let class = if immutable.contains(*key) { Class::Asset } else { class_of(key) };
            let media = Media::of_extension(&key.extension());
            ((*key).clone(), Role { class, media, status: status_of(key), refs: fetched.collect() })
        };
        Ok(site.keys.iter().enumerate().map(role).collect())
    })
}

/// Files whose names carry their digests, alone or with those of their circle.
fn immutable(files: &BTreeMap<Key, File>) -> BTreeSet<Key> {
    let mut found = BTreeSet::new();
    let mut circles: BTreeMap<&str, Vec<(&Key, &File)>> = BTreeMap::new();
    for (key, file) in files {
        match asset_digits(key) {
            Some(digits) if digits == file.sha256.hex16().as_str() => _ = found.insert(key.clone()),
            Some(digits) => circles.entry(digits).or_default().push((key, file)),
            None => {}
        }
    }
    for (digits, circle) in circles {
        let texts: Option<Vec<(&Key, &[u8])>> =
            circle.iter().map(|(key, file)| Some((*key, file.text.as_ref()?.as_ref()))).collect();
        if texts.is_some_and(|texts| circle_digits(texts, digits).as_str() == digits) {
            found.extend(circle.into_iter().map(|(key, _)| key.clone()));
        }
    }
    found
}
