//! `Event`: one thing that happened while work was done. `cli` turns it into words, a bar or a JSON line.

use crate::model::{Digest, Key};
use serde::Serialize;

/// Where events go. Called from several threads.
pub type Sink<'a> = &'a (dyn Fn(Event) + Sync);

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    /// A phase of the work begins; `total` steps are known to follow (0: unknown).
    Phase {
        /// `build`, `upload`, `commit`, `write`, `purge`, `warm`, `verify`.
        name: &'static str,
        /// How many steps.
        total: usize,
    },
    /// One step of the phase is done.
    Step {
        /// The phase.
        phase: &'static str,
        /// What it was about: a key or a URL.
        what: String,
        /// Bytes that it moved.
        bytes: u64,
    },
    /// Many small steps of the phase are done.
    Steps {
        /// The phase.
        phase: &'static str,
        /// How many so far.
        done: usize,
        /// What the last one was about.
        what: String,
    },
    /// What an earlier deploy left is being finished.
    RollingForward {
        /// Its release.
        release: Digest,
        /// Whether it was interrupted; else all of it is public, and something else was still served.
        interrupted: bool,
    },
    /// A document in the store is not what the head says, and is repaired.
    Repairing {
        /// Which.
        key: Key,
    },
    /// Something the person should know, in words.
    Note {
        /// The words.
        text: String,
    },
}
