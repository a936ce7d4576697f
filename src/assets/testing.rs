//! What the tests of this module share: a memory that counts, and pictures made on the spot.

use crate::model::{Digest, Memo};
use bytes::Bytes;
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Remembers everything and counts what it was given: every `put` is one piece of work that was really done.
#[derive(Default)]
pub(in crate::assets) struct Counting {
    held: Mutex<BTreeMap<Digest, Bytes>>,
    puts: AtomicUsize,
}

impl Counting {
    /// How much work was done.
    pub(in crate::assets) fn puts(&self) -> usize {
        self.puts.load(Ordering::Relaxed)
    }
}

impl Memo for Counting {
    fn get(&self, key: &Digest) -> Option<Bytes> {
        self.held.lock().unwrap().get(key).cloned()
    }

    fn put(&self, key: &Digest, value: &Bytes) {
        self.puts.fetch_add(1, Ordering::Relaxed);
        self.held.lock().unwrap().insert(*key, value.clone());
    }
}
