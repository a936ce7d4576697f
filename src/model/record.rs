//! `Record`: one change of the head, as the log keeps it. A record is never changed and never taken back.

use super::{Digest, Mode};
use serde::{Deserialize, Serialize};

/// Who changed what, when and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// That of the head which it describes.
    pub seq: u64,
    /// When, RFC 3339.
    pub at: String,
    /// User and host.
    pub by: String,
    /// What was done.
    pub did: Deed,
    /// The release that is live from then on.
    pub release: Digest,
    /// How much of it is shown.
    pub mode: Mode,
    /// How many documents differ from those before.
    #[serde(default)]
    pub documents: usize,
    /// How many URLs are to be purged, or are still owed.
    #[serde(default)]
    pub urls: usize,
    /// Whether the edge was proven to serve it.
    pub verified: bool,
    /// Why, in the words of who did it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// What a command did to the head.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Deed {
    /// A release became the one that is live.
    Deploy,
    /// An earlier release became it again.
    Rollback,
    /// More or less of it is shown.
    Mode,
    /// Documents that somebody had changed were put back.
    Repair,
    /// A mirror was brought up to date.
    Copy,
    /// What was begun was finished: documents, purge, proof.
    Settle,
    /// No deploy for a while.
    Freeze,
    /// Deploys again.
    Thaw,
    /// What nobody needs is being deleted.
    Sweep,
    /// It is deleted.
    Swept,
    /// Somebody purged by hand, and said why.
    Purge,
}

impl Deed {
    /// The name in JSON and for people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Deploy => "deploy",
            Self::Rollback => "rollback",
            Self::Mode => "mode",
            Self::Repair => "repair",
            Self::Copy => "copy",
            Self::Settle => "settle",
            Self::Freeze => "freeze",
            Self::Thaw => "thaw",
            Self::Sweep => "sweep",
            Self::Swept => "swept",
            Self::Purge => "purge",
        }
    }

    /// Whether it changes what visitors see.
    pub fn publishes(self) -> bool {
        matches!(self, Self::Deploy | Self::Rollback | Self::Mode)
    }
}

/// Older records, in one immutable object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Chapter {
    /// Version of this format.
    pub format: u32,
    /// The records, oldest first.
    pub records: Vec<Record>,
}

impl Chapter {
    /// The newest format that this version writes and reads.
    pub const FORMAT: u32 = 1;

    /// Reads a chapter.
    ///
    /// # Errors
    /// When it is not one, or of a newer format.
    pub fn from_json(raw: &[u8]) -> Result<Self, crate::diag::Diagnostic> {
        super::head::check_format(raw, Self::FORMAT, "log")?;
        serde_json::from_slice(raw).map_err(|err| {
            crate::diag::Diagnostic::new(crate::diag::Code::BadControl, format!("the log cannot be read: {err}"))
        })
    }

    /// As JSON.
    pub fn to_json(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("plain data has a JSON form")
    }
}
