//! `Plan`: what a deploy would do, in order, each step with its reason.

use super::{Digest, Head, Key, Mode, Release, UrlPath};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The store's own mark for the bytes it holds under a key (an entity tag). Opaque.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Tag(pub String);

impl Tag {
    /// Whether a listing that says `listed` means this. The listing of a store that compares generations says the entity tag alone
    /// (Google Cloud Storage, "List objects").
    pub fn is_listed_as(&self, listed: &Self) -> bool {
        self == listed || self.0.split_once(' ').is_some_and(|(tag, _)| tag == listed.0)
    }
}

/// What is live: the head and the release it names. `None` when nothing was ever deployed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inventory {
    /// The head with the store's mark for it.
    pub head: Option<(Head, Tag)>,
    /// The release that the head names.
    pub release: Option<Release>,
}

impl Inventory {
    /// The mode that is shown.
    pub fn mode(&self) -> Mode {
        self.head.as_ref().map_or(Mode::Normal, |(head, _)| head.mode)
    }

    /// What visitors get: the release in its mode.
    pub fn shown(&self) -> Option<Release> {
        self.release.as_ref().map(|release| release.shown(self.mode()))
    }
}

impl Inventory {
    /// The digest of all that a plan depends on: applied to another inventory, a plan is refused.
    pub fn digest(&self) -> Digest {
        Digest::of(&self.head.as_ref().map_or(Vec::new(), |(head, _)| head.to_json()))
    }

    /// The release that is live.
    pub fn live(&self) -> Option<Digest> {
        self.head.as_ref().map(|(head, _)| head.release)
    }
}

/// Why a step is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// Nothing stands there.
    New,
    /// Another body stands there.
    BodyChanged,
    /// The same body stands there with other header fields.
    HeadersChanged,
}

/// One object to write.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Where.
    pub key: Key,
    /// Why.
    pub reason: Reason,
}

/// The document of another mode, to keep in the store for the day it is needed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Variant {
    /// The mode that serves it.
    pub mode: Mode,
    /// What is kept, and why.
    #[serde(flatten)]
    pub step: Step,
}

/// What to purge.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Purge {
    /// These URLs, exactly.
    pub urls: BTreeSet<UrlPath>,
    /// Everything whose path begins so: only when a person asks for it.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub prefixes: BTreeSet<UrlPath>,
    /// Everything that carries one of these cache tags.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub tags: BTreeSet<String>,
    /// Everything: only when a person asks for it.
    #[serde(default)]
    pub everything: bool,
}

impl Purge {
    /// Whether there is nothing to purge.
    pub fn is_empty(&self) -> bool {
        self.urls.is_empty() && self.prefixes.is_empty() && self.tags.is_empty() && !self.everything
    }
}

/// What to do, in order: first all uploads, then the documents one after the other, then the purge. A deploy never deletes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// The digest of the inventory that it was made from.
    pub inventory: Digest,
    /// The release that is live, and that the reasons compare with.
    pub basis: Option<Digest>,
    /// The release to bring live.
    pub release: Digest,
    /// The mode that it is shown in: that of before, but for a switch of modes.
    #[serde(default)]
    pub mode: Mode,
    /// The mode of before.
    #[serde(default)]
    pub before: Mode,
    /// Assets that are missing. Any order; all of them before the first document.
    pub uploads: Vec<Step>,
    /// Documents of other modes that the store does not hold yet. They go up with the assets, and nothing public shows them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub variants: Vec<Variant>,
    /// Documents to write, in this order: error pages, other pages, the entry page last.
    pub documents: Vec<Step>,
    /// What to purge afterwards.
    pub purge: Purge,
}

impl Plan {
    /// Whether it changes nothing.
    pub fn is_empty(&self) -> bool {
        self.basis == Some(self.release) && self.mode == self.before
    }
}
