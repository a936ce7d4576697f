//! The output folder: what is published, its compressed siblings, the files for hosts, the manifest.
//!
//! Siblings and host files are no part of the release: a deployment's codings are made by the CDN or by our own origin.

use crate::assets::{Effort, Siblings, compress_known, sibling_identity};
use crate::diag::{Code, Diagnostic, Place, Warned};
use crate::hosts;
use crate::model::{Bundle, Class, Digest, Key, Memo, Release, Settings};
use bytes::Bytes;
use std::collections::BTreeMap;

/// With more documents than this only first pages get all the work that compression can take.
pub(super) const MANY: usize = 200;

/// The first page of the site or of one of its folders, languages among them.
fn is_first(key: &Key) -> bool {
    key.name() == "index.html"
}

/// One published file, as the build's table shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Where it stands.
    pub path: Key,
    /// Bytes as they are.
    pub bytes: u64,
    /// Bytes in Brotli, where that is smaller.
    pub br_bytes: Option<u64>,
    /// What part it plays.
    pub class: Class,
}

/// Everything for the folder.
#[derive(Clone, Debug)]
pub(super) struct Output {
    pub(super) files: BTreeMap<Key, Bytes>,
    /// What tells the content of a file from any other, as far as it is known without looking at its bytes again.
    pub(super) identities: BTreeMap<Key, Digest>,
    pub(super) table: Vec<Row>,
}

/// Lays the folder out. Refuses a file of the author's that stands where one of the build's own must go: whichever won, the other would be
/// lost without a word.
pub(super) fn write(bundle: &Bundle, release: &Release, memo: &dyn Memo) -> Result<Warned<Output>, Vec<Diagnostic>> {
    let artifacts: Vec<_> = bundle.artifacts.iter().collect();
    let documents = artifacts.iter().filter(|(_, artifact)| artifact.class == Class::Document).count();
    let effort = |key: &Key| if documents > MANY && !is_first(key) { Effort::Quick } else { Effort::Best };
    let digest = |key: &Key| release.entries.get(key).expect("a release lists what its bundle holds").sha256;
    let siblings = super::parallel(&artifacts, |(key, artifact)| {
        compress_known(&artifact.bytes, digest(key), &artifact.media, effort(key), memo)
    });
    let mut files: BTreeMap<Key, Bytes> = BTreeMap::new();
    let mut identities = BTreeMap::new();
    let mut table = Vec::new();
    for ((key, artifact), Siblings { br, gz }) in artifacts.iter().zip(siblings) {
        let row = Row {
            path: (*key).clone(),
            bytes: artifact.bytes.len() as u64,
            br_bytes: br.as_ref().map(|br| br.len() as u64),
            class: artifact.class,
        };
        table.push(row);
        let own = digest(key);
        files.insert((*key).clone(), artifact.bytes.clone().into());
        identities.insert((*key).clone(), own);
        for (extension, coded) in [("br", br), ("gz", gz)] {
            if let (Some(coded), Ok(sibling)) = (coded, Key::parse(&format!("{key}.{extension}"))) {
                identities.insert(sibling.clone(), sibling_identity(own, extension, effort(key)));
                files.insert(sibling, coded);
            }
        }
    }
    let beside = hosts::beside(&bundle.policy, release);
    files.extend(beside.value);
    let taken: Vec<Diagnostic> = bundle
        .artifacts
        .iter()
        .filter(|(key, artifact)| files.get(*key).is_none_or(|there| !is_same(there, &artifact.bytes)))
        .map(|(key, _)| taken(key))
        .collect();
    if taken.is_empty() {
        Ok(Warned { value: Output { files, identities, table }, warnings: beside.warnings })
    } else {
        Err(taken)
    }
}

/// Nearly always they are the very same bytes, which nobody has to read.
fn is_same(one: &Bytes, other: &Bytes) -> bool {
    (one.as_ptr(), one.len()) == (other.as_ptr(), other.len()) || one == other
}

fn taken(key: &Key) -> Diagnostic {
    Diagnostic::new(Code::SamePath, format!("`site/{key}` stands where the build writes a file of its own"))
        .at(Place::file(format!("site/{key}")))
        .hint(format!("say it in `{}`, or rename the file", Settings::FILE))
}
