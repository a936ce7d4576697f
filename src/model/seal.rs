//! Sealing: from a bundle, or from files that were digested before, to a [`Release`].
//!
//! Refuses a file that refers to one that is not published, and an asset whose name does not carry its digest: each is a defect of the
//! builder or of the folder that was deployed, and must not go public.

use super::{
    Artifact, Bundle, Class, Digest, Entry, Headers, Key, Media, Mode, Policy, Release, Routing, asset_digits,
    circle_digits,
};
use crate::diag::{Code, Diagnostic};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// One file that goes into a release, without its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// SHA-256 of the body.
    pub sha256: Digest,
    /// Bytes of the body.
    pub size: u64,
    /// What part it plays.
    pub class: Class,
    /// What it is.
    pub media: Media,
    /// The files that a browser asks for when it shows this one.
    pub refs: BTreeSet<Key>,
}

/// What a release publishes.
#[derive(Clone, Debug, Default)]
pub struct Pieces {
    /// Key to file.
    pub files: BTreeMap<Key, Piece>,
    /// What the other modes serve instead.
    pub modes: BTreeMap<Mode, BTreeMap<Key, Piece>>,
}

impl Release {
    /// Seals a bundle.
    pub fn seal(bundle: &Bundle) -> Result<Self, Diagnostic> {
        let files = pieces(&bundle.artifacts);
        named_by_digest(&bundle.artifacts, &files)?;
        let modes = bundle.modes.iter().map(|(mode, artifacts)| (*mode, pieces(artifacts))).collect();
        Self::assemble(Pieces { files, modes }, &bundle.policy)
    }

    /// Seals files that were digested before, by somebody who named them.
    pub fn assemble(pieces: Pieces, policy: &Policy) -> Result<Self, Diagnostic> {
        for (key, piece) in pieces.files.iter().chain(pieces.modes.values().flatten()) {
            if let Some(gone) = piece.refs.iter().find(|it| !pieces.files.contains_key(*it)) {
                let message = format!("`{key}` refers to `{gone}`, which is not published");
                return Err(Diagnostic::new(Code::MissingAsset, message));
            }
        }
        let modes = pieces.modes.into_iter().map(|(mode, files)| (mode, entries(files, policy)));
        Ok(Self {
            format: Self::FORMAT,
            entries: entries(pieces.files, policy),
            modes: modes.collect(),
            redirects: policy.redirects.clone(),
            redirect_headers: policy.headers(Class::Redirect),
            routing: Routing::default(),
            errors: policy.errors.clone(),
        })
    }
}

fn pieces(artifacts: &BTreeMap<Key, Artifact>) -> BTreeMap<Key, Piece> {
    // An asset is digested whatever is known of it: its name must carry what it is. On all threads: a thousand pages are many bytes.
    let known = |artifact: &Artifact| artifact.bytes.known_digest().filter(|_| artifact.class != Class::Asset);
    let piece = |artifact: &Artifact| Piece {
        sha256: known(artifact).unwrap_or_else(|| Digest::of(&artifact.bytes)),
        size: artifact.bytes.len() as u64,
        class: artifact.class,
        media: artifact.media.clone(),
        refs: artifact.refs.clone(),
    };
    artifacts.par_iter().map(|(key, artifact)| (key.clone(), piece(artifact))).collect()
}

fn entries(files: BTreeMap<Key, Piece>, policy: &Policy) -> BTreeMap<Key, Entry> {
    let mut known: BTreeMap<(Class, String), Headers> = BTreeMap::new();
    let mut entry = |piece: Piece| {
        let fields = || policy.headers(piece.class).with("content-type", piece.media.as_str());
        let headers = known.entry((piece.class, piece.media.as_str().to_owned())).or_insert_with(fields).clone();
        Entry { sha256: piece.sha256, size: piece.size, class: piece.class, headers, refs: piece.refs }
    };
    files.into_iter().map(|(key, piece)| (key, entry(piece))).collect()
}

/// Every asset carries its digest in its name, or with others that of their circle.
fn named_by_digest(artifacts: &BTreeMap<Key, Artifact>, pieces: &BTreeMap<Key, Piece>) -> Result<(), Diagnostic> {
    let mut circles: BTreeMap<&str, Vec<(&Key, &[u8])>> = BTreeMap::new();
    let both = artifacts.iter().zip(pieces.values());
    for ((key, artifact), piece) in both.filter(|(_, piece)| piece.class == Class::Asset) {
        let digits = asset_digits(key).unwrap_or_default();
        if digits != piece.sha256.hex16().as_str() {
            circles.entry(digits).or_default().push((key, &artifact.bytes));
        }
    }
    for (digits, files) in circles {
        let key = files[0].0;
        if digits.is_empty() || circle_digits(files, digits).as_str() != digits {
            return Err(Diagnostic::new(Code::Bug, format!("the name of `{key}` does not carry its digest")));
        }
    }
    Ok(())
}
