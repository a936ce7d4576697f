//! `Head`: the one mutable control object. Whoever swaps it decides what is live.

use super::{Digest, Key, Mode, Record, Tag, UrlPath};
use crate::diag::{Code, Diagnostic};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The folder of the control objects in the store. Never served: no public key may stand below it.
pub const CONTROL: &str = ".landing";

/// The path at which our origin answers drills: no page, below the folder of RFC 8615 that is nobody's content.
pub const CANARY: &str = "/.well-known/landing-canary";

/// What is live, or is becoming so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    /// Version of this format.
    pub format: u32,
    /// Grows by one with every change of the head.
    pub seq: u64,
    /// Random, new in every write: a writer that got no answer looks for its own.
    pub nonce: String,
    /// How far it is.
    pub state: State,
    /// The release that is live, or that must become so.
    pub release: Digest,
    /// The release before it.
    pub previous: Option<Digest>,
    /// How much of the release is shown.
    #[serde(default)]
    pub mode: Mode,
    /// No deploy until then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub freeze: Option<Freeze>,
    /// What is being deleted just now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sweep: Option<Sweep>,
    /// The purge that is still owed.
    pub owed: Owed,
    /// Whether the edge was proven to serve this release.
    pub verified: bool,
    /// The mark that the store gave each document when it was last written.
    pub documents: BTreeMap<Key, Tag>,
    /// What each mirror is known to hold, whole. One that is not named, or with something else, is owed a copy.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub copies: BTreeMap<String, Copied>,
    /// Whether the store was seen to honor conditions, where nobody vouches for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conditions: Option<bool>,
    /// Who wrote it: user and host.
    pub by: String,
    /// When, RFC 3339.
    pub at: String,
    /// The newest changes of the head, the last one this. Older ones are in [`Head::log_key`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub log: Vec<Record>,
}

/// What a mirror holds: every file of a release as it is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Copied {
    /// The release.
    pub release: Digest,
    /// How much of it.
    pub mode: Mode,
}

/// A promise that nothing new goes public for a while: rollback and modes stay allowed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Freeze {
    /// Until when.
    pub until: jiff::Timestamp,
    /// Why.
    pub reason: String,
    /// Who froze it.
    pub by: String,
}

/// A sweep that is under way: what it drops cannot come back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sweep {
    /// Who sweeps.
    pub by: String,
    /// Since when.
    pub at: jiff::Timestamp,
    /// The releases that go.
    pub drops: BTreeSet<Digest>,
}

impl Sweep {
    /// How long a sweep may take; one that is older has died.
    pub const WITHIN: jiff::SignedDuration = jiff::SignedDuration::from_hours(1);
}

/// How far a deploy is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// The documents are being written: any later command must finish it.
    Committing,
    /// All documents are written.
    Live,
}

/// The purge that a deploy owes from the moment it commits until the CDN has confirmed it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Owed {
    /// These URLs.
    pub urls: BTreeSet<UrlPath>,
    /// All answers with these cache tags: error pages, which stand under URLs that nobody can list.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub tags: BTreeSet<String>,
}

impl Owed {
    /// Whether nothing is owed.
    pub fn is_empty(&self) -> bool {
        self.urls.is_empty() && self.tags.is_empty()
    }
}

impl Head {
    /// The newest format that this version writes and reads.
    ///
    /// 2 added `mode`, `freeze`, `sweep` and `log`; 3 added `copies`; 4 added `conditions`.
    pub const FORMAT: u32 = 4;

    /// Reads a head.
    ///
    /// # Errors
    /// When it is not one, or of a newer format.
    pub fn from_json(raw: &[u8]) -> Result<Self, Diagnostic> {
        check_format(raw, Self::FORMAT, "head")?;
        serde_json::from_slice(raw)
            .map_err(|err| Diagnostic::new(Code::BadControl, format!("the head cannot be read: {err}")))
    }

    /// As JSON, indented: people read it when something is wrong.
    ///
    pub fn to_json(&self) -> Vec<u8> {
        serde_json::to_vec_pretty(self).expect("maps with string keys have a JSON form")
    }

    /// Where it stands.
    pub fn key() -> Key {
        Key::parse(&format!("{CONTROL}/head")).expect("a constant path")
    }

    /// Where the bytes of a document stand, so that a rollback needs no build.
    pub fn blob_key(body: &Digest) -> Key {
        Key::parse(&format!("{CONTROL}/blobs/{body}")).expect("hexadecimal digits")
    }

    /// Where the manifest of a release stands.
    pub fn manifest_key(release: &Digest) -> Key {
        Key::parse(&format!("{CONTROL}/releases/{release}")).expect("hexadecimal digits")
    }

    /// Where older records of the log stand: a list that begins with this one.
    pub fn log_key(first: u64) -> Key {
        Key::parse(&format!("{CONTROL}/log/{first:012}")).expect("digits")
    }

    /// The freeze that holds at an instant.
    pub fn frozen(&self, now: jiff::Timestamp) -> Option<&Freeze> {
        self.freeze.as_ref().filter(|freeze| now < freeze.until)
    }

    /// The sweep that is under way at an instant.
    pub fn sweeping(&self, now: jiff::Timestamp) -> Option<&Sweep> {
        self.sweep.as_ref().filter(|sweep| now.duration_since(sweep.at) < Sweep::WITHIN)
    }

    /// What a mirror must hold to be up to date.
    pub fn shows(&self) -> Copied {
        Copied { release: self.release, mode: self.mode }
    }

    /// Live, with nothing owed to a CDN.
    pub fn is_settled(&self) -> bool {
        self.state == State::Live && self.owed.is_empty()
    }
}

/// Refuses a control object of a newer format before its unknown fields confuse anyone.
pub(super) fn check_format(raw: &[u8], newest: u32, what: &str) -> Result<(), Diagnostic> {
    #[derive(Deserialize)]
    struct Format {
        format: u32,
    }
    let format = serde_json::from_slice::<Format>(raw)
        .map_err(|err| Diagnostic::new(Code::BadControl, format!("the {what} in the store cannot be read: {err}")))?
        .format;
    if format > newest {
        return Err(Diagnostic::new(
            Code::NewerFormat,
            format!("the {what} in the store has format {format}, this version reads up to {newest}"),
        )
        .hint("use the version of landing that wrote it, or a newer one"));
    }
    Ok(())
}
