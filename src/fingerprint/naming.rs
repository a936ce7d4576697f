//! The new names, leaf first, and every text with them in.
//!
//! In: the files, read, and their fates. Out: for each file that moves its key `assets/NAME.HEX16.EXT` and its bytes. A file is named when
//! all that it names is; files that name each other in a circle are named together (`model::circle`).

use super::address::{Spelling, folder_of};
use super::fate::Fate;
use super::folder::Kind;
use super::graph;
use super::reading::{Folder, Site, Target};
use super::scan::Spot;
use super::text::replaced;
use crate::assets;
use crate::model::{Digest, Key, NO_DIGITS, asset_digits, circle_digits};
use bytes::Bytes;
use rayon::prelude::*;
use std::collections::BTreeSet;

/// The folder of everything immutable.
pub(super) const ASSETS: &str = "assets";

/// A file under one of its names.
#[derive(Clone, Debug)]
pub(super) struct Body {
    /// Where it is published.
    pub(super) key: Key,
    /// Its bytes, when they are not those that were read.
    pub(super) bytes: Option<Bytes>,
    /// Their digest.
    pub(super) sha256: Digest,
}

/// For each file what it becomes under its new name; nothing for those that only stay.
pub(super) fn moved(site: &Site<'_>, fates: &[Fate]) -> Vec<Option<Body>> {
    let moves: Vec<bool> = fates.iter().map(|fate| matches!(fate, Fate::Moves { .. })).collect();
    let mut bodies: Vec<Option<Body>> = vec![None; site.keys.len()];
    let names = |at: usize| -> Vec<usize> {
        let targets = site.names(at).filter_map(|(_, target)| match target {
            Target::File(target) if moves[*target] => Some(*target),
            _ => None,
        });
        if moves[at] { targets.collect::<BTreeSet<_>>().into_iter().collect() } else { Vec::new() }
    };
    let edges: Vec<Vec<usize>> = (0..site.keys.len()).into_par_iter().map(names).collect();
    for level in graph::levels(&edges) {
        let name_all = |group: &Vec<usize>| -> Vec<(usize, Body)> {
            match group.as_slice() {
                [one] if !moves[*one] => Vec::new(),
                [one] if !edges[*one].contains(one) => vec![(*one, single(site, *one, &bodies))],
                circle => circled(site, circle, &bodies),
            }
        };
        let done: Vec<(usize, Body)> = level.par_iter().flat_map_iter(name_all).collect();
        for (at, body) in done {
            bodies[at] = Some(body);
        }
    }
    bodies
}

fn single(site: &Site<'_>, at: usize, bodies: &[Option<Body>]) -> Body {
    let to = |target: usize| bodies[target].as_ref().map(|body| body.key.clone());
    let (bytes, sha256) = written(site, at, ASSETS, &to);
    let (stem, extension) = assets::plain_name(&name(site.keys[at]));
    Body { key: assets::immutable_key(&stem, sha256.hex16().as_str(), &extension), bytes, sha256 }
}

/// The bytes of a file in a folder, its names replaced, and their digest; no bytes when nothing changes.
pub(super) fn written(
    site: &Site<'_>,
    at: usize,
    folder: &str,
    to: &dyn Fn(usize) -> Option<Key>,
) -> (Option<Bytes>, Digest) {
    match rewritten(site, at, folder, to) {
        Some(bytes) => {
            let sha256 = Digest::of(&bytes);
            (Some(bytes), sha256)
        }
        None => (None, site.files[at].sha256),
    }
}

fn rewritten(site: &Site<'_>, at: usize, folder: &str, to: &dyn Fn(usize) -> Option<Key>) -> Option<Bytes> {
    let edits = edits(site, at, folder, to);
    let read = site.reads[at].as_ref().filter(|_| !edits.is_empty())?;
    Some(read.text.encode(replaced(read.text.as_str(), edits)).into())
}

/// What is to be replaced in a file that stands in a folder, by where the files that it names are.
pub(super) fn edits(
    site: &Site<'_>,
    at: usize,
    folder: &str,
    to: &dyn Fn(usize) -> Option<Key>,
) -> Vec<(std::ops::Range<usize>, String)> {
    let Some(read) = &site.reads[at] else { return Vec::new() };
    let key = site.keys[at];
    let has_base = read.scan.base.is_some();
    let Folder::Here(was) = Folder::of(key, &read.scan, site.home) else { return Vec::new() };
    let is = if has_base { was.as_str() } else { folder };
    let mut edits = Vec::new();
    for (spot, target) in site.names(at) {
        let relative = matches!(spot.spelling, Spelling::Relative | Spelling::Dotted);
        let re_spelled = relative && is != was;
        let new = match target {
            Target::File(target) => match to(*target) {
                Some(new) => new.as_str().to_owned(),
                None if re_spelled => site.keys[*target].as_str().to_owned(),
                None => continue,
            },
            // Nothing is there now; whatever may be there one day stays where it was meant.
            Target::Missing(path) if re_spelled && !path.is_empty() => path.clone(),
            Target::Missing(_) | Target::Elsewhere => continue,
        };
        let spelled = site.home.spell(&new, is, spelling(key, spot));
        if spelled != read.text.as_str()[spot.range.clone()] {
            edits.push((spot.range.clone(), spelled));
        }
    }
    edits
}

/// To all but modules `../a` means no more than `a` does. The copy of a drawing that keeps its place says `../assets/a` where the other says `a`,
/// and a second run must make the other of it.
fn spelling(key: &Key, spot: &Spot) -> Spelling {
    let climbs = spot.path.starts_with("../") && matches!(Kind::of(key), Kind::Svg | Kind::Style);
    if climbs { Spelling::Relative } else { spot.spelling }
}

/// The files of a circle carry the same digits, so their names must differ in the rest.
fn circled(site: &Site<'_>, circle: &[usize], bodies: &[Option<Body>]) -> Vec<(usize, Body)> {
    let names = distinct(site, circle);
    let keys = |digits: &str| -> Vec<Key> {
        names.iter().map(|(stem, extension)| assets::immutable_key(stem, digits, extension)).collect()
    };
    let with = |keys: &[Key]| -> Vec<Bytes> {
        let to = |target: usize| match circle.binary_search(&target) {
            Ok(member) => Some(keys[member].clone()),
            Err(_) => bodies[target].as_ref().map(|body| body.key.clone()),
        };
        let whole = |at: &usize| {
            let same = || site.files[*at].text.clone().expect("a file that names others is a text");
            rewritten(site, *at, ASSETS, &to).unwrap_or_else(same)
        };
        circle.iter().map(whole).collect()
    };
    let blank = keys(NO_DIGITS);
    let bodies = with(&blank);
    let digits = circle_digits(blank.iter().zip(bodies.iter().map(AsRef::as_ref)), NO_DIGITS);
    let keys = keys(digits.as_str());
    let bodies = with(&keys);
    let made = circle.iter().zip(keys.into_iter().zip(bodies));
    made.map(|(at, (key, bytes))| (*at, Body { key, sha256: Digest::of(&bytes), bytes: Some(bytes) })).collect()
}

/// Stem and extension for each file of a circle: the folders before it where the last segment alone is taken.
fn distinct(site: &Site<'_>, circle: &[usize]) -> Vec<(String, String)> {
    let mut taken: BTreeSet<(String, String)> = BTreeSet::new();
    let mut names = Vec::new();
    for at in circle {
        let key = site.keys[*at];
        let last = assets::plain_name(&name(key));
        let whole = assets::plain_name(&format!("{}/{}", folder_of(key), name(key)).replace('/', "-"));
        let counted = (2..).map(|n: usize| (format!("{}-{n}", last.0), last.1.clone()));
        let name = [last.clone(), whole].into_iter().chain(counted).find(|name| !taken.contains(name));
        let name = name.expect("numbers do not end");
        taken.insert(name.clone());
        names.push(name);
    }
    names
}

/// The name of a file without the digits that an earlier run gave it.
fn name(key: &Key) -> String {
    let name = key.name();
    match asset_digits(key) {
        Some(digits) => name.replacen(&format!(".{digits}."), ".", 1),
        None => name.to_owned(),
    }
}

/// Whether a browser compares the bytes of such a file with a digest.
pub(super) fn is_sealed(key: &Key) -> bool {
    matches!(Kind::of(key), Kind::Script | Kind::Style)
}
