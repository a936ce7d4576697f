//! The new folder: what is published, and what stands beside it.
//!
//! In: the files under their new names. Out: everything to write, the sealed release, the list of names for back ends.

use super::address::folder_of;
use super::allowed;
use super::earlier::{ASSET_MANIFEST, Earlier, class_of, status_of};
use super::fate::Fate;
use super::folder::Kind;
use super::naming::{self, Body};
use super::reading::{Site, Target};
use super::scan::How;
use super::seals::Seals;
use super::text::replaced;
use super::{Content, Fingerprinted, Options};
use crate::diag::{Code, Diagnostic, Place};
use crate::hosts;
use crate::model::{Class, Digest, Key, Media, Piece, Pieces, Release};
use bytes::Bytes;
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// What all of it is made from.
struct Work<'a> {
    site: &'a Site<'a>,
    moved: &'a [Option<Body>],
    seals: &'a Seals,
}

/// One file of the new folder.
struct Item {
    key: Key,
    content: Content,
    piece: Piece,
}

pub(super) fn write(
    site: &Site<'_>,
    fates: &[Fate],
    moved: &[Option<Body>],
    earlier: &Earlier,
    options: &Options,
) -> Result<Fingerprinted, Diagnostic> {
    let seals = Seals::of(site, moved);
    let work = Work { site, moved, seals: &seals };
    let items = items(&work, fates);
    let mut files = BTreeMap::new();
    let mut pieces = BTreeMap::new();
    for Item { key, content, piece } in items {
        match pieces.insert(key.clone(), piece.clone()) {
            Some(other) if other.sha256 != piece.sha256 => return Err(taken(&key)),
            _ => _ = files.insert(key, content),
        }
    }
    let mut policy = options.policy.clone();
    policy.errors.extend(pieces.keys().filter_map(|key| Some((status_of(key)?, key.clone()))));
    let release = Release::assemble(Pieces { files: pieces, ..Pieces::default() }, &policy)?;
    let beside = hosts::beside(&policy, &release);
    let mut warnings = beside.warnings;
    warnings.extend(said(earlier));
    warnings.extend(other_letters(site));
    if options.home.path != "/" {
        warnings.push(below(&options.home.path));
    }
    let mut extra = beside.value;
    extra.extend(earlier.foreign.clone());
    let all = names(site, moved, &earlier.names);
    extra.insert(Key::parse(ASSET_MANIFEST).expect("a constant path"), manifest(&all));
    for (key, bytes) in extra {
        if files.insert(key.clone(), Content::Made(bytes)).is_some() {
            return Err(taken(&key));
        }
    }
    let renamed = all.into_iter().filter(|(old, new)| earlier.names.get(old) != Some(new)).collect();
    let kept = fates.iter().zip(&site.keys).filter_map(|(fate, key)| match fate {
        Fate::Stays(why) => Some(((*key).clone(), *why)),
        Fate::Moves { .. } => None,
    });
    let kept = kept.collect();
    Ok(Fingerprinted { files, release, renamed, kept, unresolved: Vec::new(), notes: Vec::new(), warnings })
}

/// Every file under each of its names; those that hold digests of others last.
fn items(work: &Work<'_>, fates: &[Fate]) -> Vec<Item> {
    let Work { site, moved, .. } = work;
    let stays = |at: &usize| !matches!(fates[*at], Fate::Moves { stays_too: false });
    let holds_revisions = |at: &usize| site.reads[*at].as_ref().is_some_and(|read| !read.scan.revisions.is_empty());
    let (last, first): (Vec<usize>, Vec<usize>) = (0..site.keys.len()).filter(stays).partition(holds_revisions);
    let staying = |of: &[usize], known: &BTreeMap<usize, Digest>| -> Vec<(usize, Item)> {
        of.par_iter().map(|at| (*at, staying(work, *at, known))).collect()
    };
    let mut all = staying(&first, &BTreeMap::new());
    let known = all.iter().map(|(at, item)| (*at, item.piece.sha256)).collect();
    all.extend(staying(&last, &known));
    // What an earlier run named so is there already.
    let is_new = |(at, item): &(usize, Item)| moved[*at].as_ref().is_none_or(|body| body.key != item.key);
    let stay = all.into_iter().filter(is_new).map(|(_, item)| item);
    let assets = (0..site.keys.len()).into_par_iter().filter_map(|at| Some(asset(work, at, moved[at].as_ref()?)));
    assets.collect::<Vec<Item>>().into_iter().chain(stay).collect()
}

fn asset(work: &Work<'_>, at: usize, body: &Body) -> Item {
    let content = content(work.site, at, body.bytes.clone());
    item(work, at, body.key.clone(), content, body.sha256, Class::Asset)
}

/// A file under its own name, with the new names of others in it.
fn staying(work: &Work<'_>, at: usize, known: &BTreeMap<usize, Digest>) -> Item {
    let Work { site, moved, seals } = work;
    let key = site.keys[at].clone();
    let to = |target: usize| moved[target].as_ref().map(|body| body.key.clone());
    let mut edits = naming::edits(site, at, folder_of(&key), &to);
    edits.extend(seals.edits(site, at, moved));
    edits.extend(revisions(site, at, known));
    let allowed = site.reads[at].as_ref().map(|read| allowed::edits(read, &edits));
    edits.extend(allowed.into_iter().flatten());
    let made = site.reads[at].as_ref().filter(|_| !edits.is_empty()).map(|read| {
        let text = replaced(read.text.as_str(), edits);
        Bytes::from(read.text.encode(text))
    });
    let sha256 = made.as_ref().map_or(site.files[at].sha256, |bytes| Digest::of(bytes));
    let class = class_of(&key);
    item(work, at, key, content(site, at, made), sha256, class)
}

/// A revision of bytes that changed under their name is one of the new bytes; in as many digits, so that a second run sees the same.
fn revisions(site: &Site<'_>, at: usize, known: &BTreeMap<usize, Digest>) -> Vec<(Range<usize>, String)> {
    let Some(read) = &site.reads[at] else { return Vec::new() };
    let revision = |it: &super::scan::Revision| {
        let Target::File(target) = read.targets[it.spot] else { return None };
        let sha256 = known.get(&target).filter(|sha256| **sha256 != site.files[target].sha256)?;
        let digits = it.range.len().min(64);
        Some((it.range.clone(), sha256.hex()[..digits].to_owned()))
    };
    read.scan.revisions.iter().filter_map(revision).collect()
}

fn content(site: &Site<'_>, at: usize, made: Option<Bytes>) -> Content {
    made.map_or_else(|| Content::Of(site.keys[at].clone()), Content::Made)
}

fn item(work: &Work<'_>, at: usize, key: Key, content: Content, sha256: Digest, class: Class) -> Item {
    let Work { site, moved, .. } = work;
    let length = match &content {
        Content::Of(_) => site.files[at].size,
        Content::Made(bytes) => bytes.len() as u64,
    };
    let fetched = site.names(at).filter_map(|(spot, target)| match target {
        Target::File(target) if spot.how != How::Link && *target != at => Some(*target),
        _ => None,
    });
    let published = |target: usize| moved[target].as_ref().map_or(site.keys[target], |body| &body.key).clone();
    let refs: BTreeSet<Key> = fetched.map(published).filter(|other| *other != key).collect();
    let media = Media::of_extension(&site.keys[at].extension());
    let piece = Piece { sha256, size: length, class, media, refs };
    Item { key, content, piece }
}

fn taken(key: &Key) -> Diagnostic {
    Diagnostic::new(Code::SamePath, format!("`{key}` stands where landing writes a file of its own"))
        .at(Place::file(key.as_str()))
        .hint("rename the file, or leave it out of the folder")
}

/// Old name to new name, of this run and of earlier ones whose files are still there.
fn names(site: &Site<'_>, moved: &[Option<Body>], earlier: &BTreeMap<Key, Key>) -> BTreeMap<Key, Key> {
    let now: BTreeMap<&Key, &Key> =
        site.keys.iter().zip(moved).filter_map(|(key, body)| Some((*key, &body.as_ref()?.key))).collect();
    let followed = earlier.iter().filter_map(|(old, then)| Some((old.clone(), (*now.get(then)?).clone())));
    let fresh = now.iter().filter(|(old, new)| old != new).map(|(old, new)| ((*old).clone(), (*new).clone()));
    let known: BTreeSet<&Key> = earlier.values().collect();
    followed.chain(fresh.filter(|(old, _)| !known.contains(old))).collect()
}

/// As Rails' Propshaft and Laravel's Mix read it: one object, old name to new name, in order.
fn manifest(names: &BTreeMap<Key, Key>) -> Bytes {
    let mut json = serde_json::to_vec_pretty(names).expect("maps with string keys have a JSON form");
    json.push(b'\n');
    json.into()
}

/// Pages are sent as UTF-8, and a field of the answer counts for more than what stands in the page (HTML, section 13.2.3.2).
fn other_letters(site: &Site<'_>) -> Vec<Diagnostic> {
    let other = |at: &usize| {
        let unicode = site.reads[*at].as_ref().is_none_or(|read| read.text.is_unicode());
        Kind::of(site.keys[*at]) == Kind::Page && !unicode
    };
    let warn = |at: usize| {
        Diagnostic::new(Code::HostLimit, "this page is not written in UTF-8, and the files for hosts send it as UTF-8")
            .at(Place::file(site.keys[at].as_str()))
            .hint("save it as UTF-8, and say `<meta charset=\"utf-8\">` in it")
    };
    (0..site.keys.len()).filter(other).map(warn).collect()
}

/// Hosts read their files at the top of what they serve, and paths in them count from there.
fn below(path: &str) -> Diagnostic {
    let what = format!("the files for hosts speak of the folder as the top of a host, and it will stand at `{path}`");
    Diagnostic::new(Code::HostLimit, what).at(Place::file("_headers")).hint(format!(
        "where the host reads files of its own, copy the rules to its top and write `{path}` before each path"
    ))
}

fn said(earlier: &Earlier) -> Vec<Diagnostic> {
    let mut said = Vec::new();
    for key in earlier.foreign.keys() {
        let what = format!("`{key}` of the folder is kept as it is, and does not say how long the renamed files last");
        let hint = format!("take the rules for it from `{}`, or rename the file to get ours", hosts::MANIFEST);
        said.push(Diagnostic::new(Code::HostLimit, what).at(Place::file(key.as_str())).hint(hint));
    }
    if earlier.replaced {
        let what = format!("`{ASSET_MANIFEST}` of another tool is replaced: the names in it are no longer right");
        said.push(Diagnostic::new(Code::SamePath, what).at(Place::file(ASSET_MANIFEST)));
    }
    if let Some(first) = earlier.coded.first() {
        let count = crate::text::plural(earlier.coded.len(), "compressed copy is", "compressed copies are");
        let what = format!("{count} left out, `{first}` first: the bytes may have changed");
        said.push(
            Diagnostic::new(Code::HostLimit, what)
                .hint("let the server or the CDN compress, or compress the new folder"),
        );
    }
    said
}
