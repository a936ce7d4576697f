//! Releases as the log tells them: who brought which one live, when, and whether it was proven.
//!
//! In: records, oldest first; out: one [`Published`] for each time that what visitors see was changed. Reads nothing itself.

use crate::model::{Deed, Digest, Mode, Record};
use serde::Serialize;

/// One time that something went public.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Published {
    /// What went public.
    pub release: Digest,
    /// How much of it.
    pub mode: Mode,
    /// How it did: `deploy`, `rollback`, `mode`.
    pub did: Deed,
    /// Who did it.
    pub by: String,
    /// When, RFC 3339.
    pub at: String,
    /// How many documents changed.
    pub documents: usize,
    /// How many URLs had to be purged.
    pub urls: usize,
    /// Whether the edge was proven to serve it, then or later.
    pub verified: bool,
    /// Whether it is what visitors get now.
    pub live: bool,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// What the records say, newest first.
pub fn published(records: &[Record]) -> Vec<Published> {
    let mut all: Vec<Published> = Vec::new();
    for record in records {
        match record.did {
            Deed::Deploy | Deed::Rollback | Deed::Mode => all.push(Published {
                release: record.release,
                mode: record.mode,
                did: record.did,
                by: record.by.clone(),
                at: record.at.clone(),
                documents: record.documents,
                urls: record.urls,
                verified: record.verified,
                live: false,
                reason: record.reason.clone(),
            }),
            Deed::Settle => {
                if let Some(last) = all.last_mut().filter(|last| last.release == record.release) {
                    last.verified |= record.verified;
                }
            }
            Deed::Repair | Deed::Copy | Deed::Freeze | Deed::Thaw | Deed::Sweep | Deed::Swept | Deed::Purge => {}
        }
    }
    all.reverse();
    if let Some(newest) = all.first_mut() {
        newest.live = true;
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(seq: u64, did: Deed, release: &str, verified: bool) -> Record {
        Record {
            seq,
            at: format!("2026-01-01T00:00:{seq:02}Z"),
            by: "ada@one".to_owned(),
            did,
            release: Digest::of(release.as_bytes()),
            mode: Mode::Normal,
            documents: 1,
            urls: 2,
            verified,
            reason: None,
        }
    }

    #[test]
    fn a_release_is_verified_when_what_settled_it_was_and_the_newest_is_live() {
        let records = [
            record(1, Deed::Deploy, "a", false),
            record(2, Deed::Settle, "a", true),
            record(3, Deed::Deploy, "b", false),
            record(4, Deed::Freeze, "b", false),
            record(5, Deed::Settle, "b", false),
            record(6, Deed::Rollback, "a", false),
        ];
        let told: Vec<_> = published(&records).into_iter().map(|it| (it.did, it.verified, it.live)).collect();
        assert_eq!(told, [(Deed::Rollback, false, true), (Deed::Deploy, false, false), (Deed::Deploy, true, false)]);
    }
}
