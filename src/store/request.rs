//! What an observer of a store sees, and the counters.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// What a request does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verb {
    /// Reads body and fields, perhaps only when the tag is another.
    Get,
    /// Reads fields and tag.
    Head,
    /// Writes.
    Put,
    /// Lists keys.
    List,
    /// Deletes: `landing gc` alone.
    Delete,
}

/// Before a request leaves, or after its answer (or the lack of one) is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Nothing has happened yet.
    Before,
    /// It is over.
    After,
}

/// One request, for an observer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request<'a> {
    /// What it does.
    pub verb: Verb,
    /// With which key; of [`Verb::List`] the folder.
    pub key: &'a str,
    /// When.
    pub phase: Phase,
}

/// Sees every request twice. It runs on the task that asks: what it does delays the request.
pub type Observer = Arc<dyn Fn(&Request<'_>) + Send + Sync>;

/// How many requests were made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// All of them.
    pub requests: u64,
    /// Those that write.
    pub writes: u64,
}

/// The counters behind them.
#[derive(Debug, Default)]
pub(super) struct Counters {
    requests: AtomicU64,
    writes: AtomicU64,
}

impl Counters {
    pub(super) fn add(&self, verb: Verb) {
        self.requests.fetch_add(1, Ordering::SeqCst);
        if matches!(verb, Verb::Put | Verb::Delete) {
            self.writes.fetch_add(1, Ordering::SeqCst);
        }
    }

    pub(super) fn read(&self) -> Counts {
        Counts { requests: self.requests.load(Ordering::SeqCst), writes: self.writes.load(Ordering::SeqCst) }
    }
}
