//! `Source` and `Bundle`: what the author wrote, and what is to be published.

use super::{Class, Digest, Key, Media, Mode, Policy};
use crate::text::composed;
use bytes::Bytes;
use std::collections::{BTreeMap, BTreeSet};

/// The author's files as they were read: `site/index.md`, `themes/default/style.css`, `assets/hero.jpg`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Source {
    /// Path relative to the project, its letters [`composed`], to bytes.
    pub files: BTreeMap<Key, Bytes>,
}

impl Source {
    /// The bytes of a file, whose name may be spelled with letters composed or taken apart.
    pub fn get(&self, path: &str) -> Option<&Bytes> {
        self.files.get(&*composed(path))
    }

    /// The files below a folder, with their path inside it.
    pub fn below<'a>(&'a self, folder: &'a str) -> impl Iterator<Item = (&'a str, &'a Key, &'a Bytes)> {
        self.files.iter().filter_map(move |(key, bytes)| {
            let inside = key.as_str().strip_prefix(folder)?.strip_prefix('/')?;
            Some((inside, key, bytes))
        })
    }
}

/// The bytes of a file, with their SHA-256 where somebody has counted it before. Other bytes are another body, so that the digest cannot
/// be that of what stood there earlier.
#[derive(Clone, Debug)]
pub struct Body {
    bytes: Bytes,
    sha256: Option<Digest>,
}

impl Body {
    /// Bytes whose digest was counted when they were made.
    pub fn digested(bytes: Bytes, sha256: Digest) -> Self {
        Self { bytes, sha256: Some(sha256) }
    }

    /// The digest, where it is known.
    pub fn known_digest(&self) -> Option<Digest> {
        self.sha256
    }
}

impl From<Bytes> for Body {
    fn from(bytes: Bytes) -> Self {
        Self { bytes, sha256: None }
    }
}

impl From<Body> for Bytes {
    fn from(body: Body) -> Self {
        body.bytes
    }
}

impl std::ops::Deref for Body {
    type Target = Bytes;
    fn deref(&self) -> &Bytes {
        &self.bytes
    }
}

/// Whether somebody has counted makes no difference.
impl PartialEq for Body {
    fn eq(&self, other: &Self) -> bool {
        self.bytes == other.bytes
    }
}

impl Eq for Body {}

/// One file to publish.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Artifact {
    /// The exact bytes.
    pub bytes: Body,
    /// What they are.
    pub media: Media,
    /// What part the file plays.
    pub class: Class,
    /// The files that a browser asks for when it shows this one.
    pub refs: BTreeSet<Key>,
}

impl Artifact {
    /// A file whose bytes nobody has digested yet.
    pub fn new(bytes: Bytes, media: Media, class: Class, refs: BTreeSet<Key>) -> Self {
        Self { bytes: bytes.into(), media, class, refs }
    }
}

/// Everything to publish and how to serve it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bundle {
    /// Key to file.
    pub artifacts: BTreeMap<Key, Artifact>,
    /// What the other modes serve instead, where that differs. Their assets stand among the artifacts.
    pub modes: BTreeMap<Mode, BTreeMap<Key, Artifact>>,
    /// How to serve them.
    pub policy: Policy,
}

impl Bundle {
    /// The same as a mode serves it, complete for a host that knows of no modes.
    #[must_use]
    pub fn in_mode(mut self, mode: Mode) -> Self {
        let documents = self.modes.remove(&mode).unwrap_or_default();
        self.artifacts.extend(documents);
        self.modes.clear();
        self
    }
}
