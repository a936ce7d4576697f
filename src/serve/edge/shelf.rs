//! The stored answers: bounded by bytes, the least recently used go first; purged by URL, prefix, tag or all at once.
//!
//! Purging and storing take the same lock, and every purge has a number: an answer that was asked for before a purge that
//! concerns it is not stored, however late it arrives.

use super::purging::Purging;
use crate::cache::{CacheKey, Freshness, Kept, RequestControl};
use http::HeaderMap;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Variants of one URL; a `Vary` on a field with many values must not fill the memory.
const MOST_VARIANTS: usize = 32;
/// Purges that are remembered for answers still on their way.
const MOST_PURGES: usize = 256;

/// A stored answer and what has happened to it since.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) kept: Kept,
    /// When it was declared stale; 0: never.
    expired_ms: AtomicU64,
    /// Until when the origin is left alone after it failed.
    retry_ms: AtomicU64,
    failures: AtomicU32,
}

impl Entry {
    pub(super) fn new(kept: Kept) -> Self {
        Self { kept, expired_ms: AtomicU64::new(0), retry_ms: AtomicU64::new(0), failures: AtomicU32::new(0) }
    }

    /// One that was declared stale where it comes from.
    pub(super) fn expired_at(self, expired_ms: Option<u64>) -> Self {
        Self { expired_ms: AtomicU64::new(expired_ms.unwrap_or(0)), ..self }
    }

    /// When it was declared stale.
    pub(super) fn expired(&self) -> Option<u64> {
        Some(self.expired_ms.load(Ordering::SeqCst)).filter(|at| *at > 0)
    }

    /// What may be done with it now.
    pub(super) fn freshness(&self, now_ms: u64, asked: &RequestControl) -> Freshness {
        self.kept.life.freshness_for(now_ms, self.expired(), asked)
    }

    /// The origin failed: leave it alone for a second, then two, then four, then eight.
    pub(super) fn back_off(&self, now_ms: u64) {
        if self.rests(now_ms) {
            // Forty visitors who gave up on one question are one failure.
            return;
        }
        let failures = self.failures.fetch_add(1, Ordering::SeqCst).min(3);
        self.retry_ms.store(now_ms + (1_000 << failures), Ordering::SeqCst);
    }

    /// Whether the origin is to be left alone.
    pub(super) fn rests(&self, now_ms: u64) -> bool {
        now_ms < self.retry_ms.load(Ordering::SeqCst)
    }
}

/// What is there for a request.
pub(super) enum Found {
    /// An answer that fits.
    Entry(Arc<Entry>),
    /// Answers for other variants.
    OtherVariants,
    /// Nothing.
    Nothing,
}

#[derive(Debug)]
struct Slot {
    used: u64,
    size: u64,
    entry: Arc<Entry>,
}

#[derive(Debug)]
struct Slots {
    by_key: BTreeMap<CacheKey, Vec<Slot>>,
    by_use: BTreeMap<u64, CacheKey>,
    clock: u64,
    bytes: u64,
    most_bytes: u64,
    generation: u64,
    purges: VecDeque<(u64, Purging)>,
}

/// The stored answers.
#[derive(Debug)]
pub(super) struct Shelf(Mutex<Slots>);

impl Shelf {
    pub(super) fn new(most_bytes: u64) -> Self {
        Self(Mutex::new(Slots {
            by_key: BTreeMap::new(),
            by_use: BTreeMap::new(),
            clock: 0,
            bytes: 0,
            most_bytes,
            generation: 0,
            purges: VecDeque::new(),
        }))
    }

    fn slots(&self) -> MutexGuard<'_, Slots> {
        // A panic while it was held would be a defect; the maps are whole between any two statements that matter.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The number of the last purge: an answer remembers the one at which it was asked for.
    pub(super) fn generation(&self) -> u64 {
        self.slots().generation
    }

    /// The answer for a request, given as the origin would see it.
    pub(super) fn find(&self, key: &CacheKey, request: &HeaderMap) -> Found {
        self.slots().find(key, request)
    }

    /// The selecting fields that the answers for this URL are known to have.
    pub(super) fn selecting(&self, key: &CacheKey) -> BTreeSet<String> {
        let slots = self.slots();
        let known = slots.by_key.get(key).into_iter().flatten();
        known.flat_map(|slot| slot.entry.kept.variant.names().map(str::to_owned)).collect()
    }

    /// Stores an answer that was asked for at `generation`; `false` when it was purged on its way or is too large.
    pub(super) fn put(&self, key: &CacheKey, entry: &Arc<Entry>, generation: u64) -> bool {
        self.slots().put(key, entry, generation)
    }

    /// Drops an answer that the origin has just replaced by one that may not be stored.
    pub(super) fn discard(&self, key: &CacheKey, entry: &Arc<Entry>) {
        self.slots().remove(key, |slot| Arc::ptr_eq(&slot.entry, entry));
    }

    /// Purges; says how many answers it concerned.
    pub(super) fn purge(&self, purging: Purging, now_ms: u64) -> usize {
        self.slots().purge(purging, now_ms)
    }

    /// Drops exactly these keys (an unsafe request changed them).
    pub(super) fn invalidate(&self, keys: &[CacheKey]) {
        let mut slots = self.slots();
        for key in keys {
            slots.remove(key, |_| true);
        }
        let paths = keys.iter().map(|key| key.path().to_owned()).collect();
        slots.remember(Purging { paths, ..Purging::default() });
    }

    /// How many answers, how many bytes.
    pub(super) fn measure(&self) -> (u64, u64) {
        let slots = self.slots();
        (slots.by_use.len() as u64, slots.bytes)
    }
}

impl Slots {
    fn find(&mut self, key: &CacheKey, request: &HeaderMap) -> Found {
        let Some(slots) = self.by_key.get_mut(key) else { return Found::Nothing };
        let Some(slot) = slots.iter_mut().find(|it| it.entry.kept.variant.fits(request)) else {
            return Found::OtherVariants;
        };
        self.clock += 1;
        self.by_use.remove(&slot.used);
        slot.used = self.clock;
        self.by_use.insert(slot.used, key.clone());
        Found::Entry(Arc::clone(&slot.entry))
    }

    fn put(&mut self, key: &CacheKey, entry: &Arc<Entry>, generation: u64) -> bool {
        let size = entry.kept.size();
        if size > self.most_bytes || self.purged_since(generation, key, &entry.kept.tags) {
            return false;
        }
        // Another variant that fits this request as well stays for the requests that it was stored for: a body too small to be coded is
        // the answer to `br`, to `gzip` and to neither, and asked for by all of them at once none may take the others' place.
        self.remove(key, |slot| slot.entry.kept.variant == entry.kept.variant);
        let full = self.by_key.get(key).map_or(0, Vec::len) >= MOST_VARIANTS;
        if let Some(oldest) = full.then(|| self.by_key[key].iter().map(|slot| slot.used).min()).flatten() {
            self.remove(key, |slot| slot.used == oldest);
        }
        self.clock += 1;
        self.by_use.insert(self.clock, key.clone());
        self.bytes += size;
        // The newest stands first: of several that fit it is the one to use (RFC 9111, section 4).
        let slot = Slot { used: self.clock, size, entry: Arc::clone(entry) };
        self.by_key.entry(key.clone()).or_default().insert(0, slot);
        self.evict();
        true
    }

    fn purged_since(&self, generation: u64, key: &CacheKey, tags: &BTreeSet<String>) -> bool {
        let forgotten = self.purges.front().map_or(0, |(number, _)| number - 1);
        generation < forgotten
            || self.purges.iter().any(|(number, purging)| *number > generation && purging.concerns(key, tags))
    }

    fn evict(&mut self) {
        while self.bytes > self.most_bytes {
            let Some((used, key)) = self.by_use.first_key_value().map(|(used, key)| (*used, key.clone())) else {
                return;
            };
            self.remove(&key, |slot| slot.used == used);
        }
    }

    /// Takes out the slots of a key that `doomed` chooses.
    fn remove(&mut self, key: &CacheKey, doomed: impl Fn(&Slot) -> bool) -> usize {
        let Some(slots) = self.by_key.get_mut(key) else { return 0 };
        let gone: Vec<Slot> = slots.extract_if(.., |slot| doomed(slot)).collect();
        if slots.is_empty() {
            self.by_key.remove(key);
        }
        for slot in &gone {
            self.by_use.remove(&slot.used);
            self.bytes -= slot.size;
        }
        gone.len()
    }

    fn purge(&mut self, purging: Purging, now_ms: u64) -> usize {
        let hit = |key: &CacheKey, slot: &Slot| purging.concerns(key, &slot.entry.kept.tags);
        let keys: Vec<CacheKey> = self
            .by_key
            .iter()
            .filter(|(key, slots)| slots.iter().any(|slot| hit(key, slot)))
            .map(|(key, _)| key.clone())
            .collect();
        let mut purged = 0;
        for key in &keys {
            purged += if purging.soft {
                let slots = self.by_key[key].iter().filter(|slot| hit(key, slot));
                slots.map(|slot| slot.entry.expired_ms.store(now_ms, Ordering::SeqCst)).count()
            } else {
                self.remove(key, |slot| hit(key, slot))
            };
        }
        self.remember(purging);
        purged
    }

    fn remember(&mut self, purging: Purging) {
        self.generation += 1;
        self.purges.push_back((self.generation, purging));
        if self.purges.len() > MOST_PURGES {
            self.purges.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cache::{Profile, Timing};
    use bytes::Bytes;
    use http::StatusCode;

    fn entry(body: usize, response: &[(&'static str, &'static str)]) -> Arc<Entry> {
        let mut headers = HeaderMap::from_iter([("cache-control".parse().unwrap(), "max-age=9".parse().unwrap())]);
        for (name, value) in response {
            headers.insert(*name, value.parse().unwrap());
        }
        let timing = Timing { asked_ms: 1_000, answered_ms: 1_000 };
        let body = Bytes::from(vec![b'x'; body]);
        let kept = Kept::new(Profile::Landing, &HeaderMap::new(), StatusCode::OK, &headers, body, timing).unwrap();
        Arc::new(Entry::new(kept))
    }

    fn key(target: &str) -> CacheKey {
        CacheKey::canonical("", target).unwrap()
    }

    fn holds(shelf: &Shelf, target: &str) -> bool {
        matches!(shelf.find(&key(target), &HeaderMap::new()), Found::Entry(_))
    }

    fn filled(targets: &[&str]) -> Shelf {
        let shelf = Shelf::new(1 << 20);
        for target in targets {
            assert!(shelf.put(&key(target), &entry(10, &[("cache-tag", "all, t")]), 0));
        }
        shelf
    }

    #[test]
    fn memory_is_bounded_and_the_least_recently_used_goes_first() {
        let one = entry(1_000, &[]).kept.size();
        let shelf = Shelf::new(2 * one);
        for target in ["/a", "/b"] {
            shelf.put(&key(target), &entry(1_000, &[]), 0);
        }
        assert!(holds(&shelf, "/a"));
        shelf.put(&key("/c"), &entry(1_000, &[]), 0);
        assert!(holds(&shelf, "/a") && holds(&shelf, "/c") && !holds(&shelf, "/b"));
        assert_eq!(shelf.measure(), (2, 2 * one));
        assert!(!shelf.put(&key("/d"), &entry(9_000, &[]), 0));
        shelf.put(&key("/c"), &entry(10, &[]), 0);
        assert_eq!(shelf.measure().0, 2);
    }

    #[test]
    fn a_url_is_purged_with_all_its_queries_in_any_spelling() {
        for raw in ["/h%C3%A9", "/hé", "/h%c3%a9?x", "https://www.example.fr/h%C3%A9"] {
            let shelf = filled(&["/h%C3%A9", "/h%C3%A9?b=1", "/h", "/h%C3%A9/x"]);
            let mut purging = Purging::default();
            assert!(purging.add_url(raw));
            assert_eq!(shelf.purge(purging, 0), 2, "{raw}");
            assert!(holds(&shelf, "/h") && holds(&shelf, "/h%C3%A9/x"));
        }
    }

    #[test]
    fn prefixes_tags_and_everything_purge_what_they_name() {
        let purge = |edit: fn(&mut Purging)| {
            let shelf = filled(&["/a/1", "/a/2", "/b"]);
            let mut purging = Purging::default();
            edit(&mut purging);
            shelf.purge(purging, 0)
        };
        assert_eq!(purge(|it| assert!(it.add_prefix("/a/"))), 2);
        assert_eq!(purge(|it| _ = it.tags.insert("t".to_owned())), 3);
        assert_eq!(purge(|it| _ = it.tags.insert("x".to_owned())), 0);
        assert_eq!(purge(|it| it.everything = true), 3);
    }

    #[test]
    fn what_was_asked_for_before_a_purge_is_not_stored_after_it() {
        let shelf = filled(&[]);
        let before = shelf.generation();
        shelf.purge(Purging { tags: ["t".to_owned()].into(), ..Purging::default() }, 0);
        let tagged = || entry(10, &[("cache-tag", "t")]);
        assert!(!shelf.put(&key("/a"), &tagged(), before));
        assert!(shelf.put(&key("/a"), &entry(10, &[]), before));
        assert!(shelf.put(&key("/a"), &tagged(), shelf.generation()));
        for _ in 0..=MOST_PURGES {
            shelf.purge(Purging::default(), 0);
        }
        assert!(!shelf.put(&key("/a"), &entry(10, &[]), before), "too long ago to know");
    }

    #[test]
    fn a_soft_purge_keeps_the_bytes_and_ends_the_freshness() {
        let shelf = filled(&["/a"]);
        assert_eq!(shelf.purge(Purging { everything: true, soft: true, ..Purging::default() }, 2_000), 1);
        let Found::Entry(found) = shelf.find(&key("/a"), &HeaderMap::new()) else { panic!() };
        assert!(matches!(found.freshness(2_000, &RequestControl::default()), Freshness::Stale { .. }));
    }

    #[test]
    fn variants_of_one_url_are_bounded() {
        let shelf = Shelf::new(1 << 20);
        for idx in 0..100 {
            let request = HeaderMap::from_iter([("foo".parse().unwrap(), idx.to_string().parse().unwrap())]);
            let headers = [("cache-control", "max-age=9"), ("vary", "foo")];
            let headers = headers.map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
            let timing = Timing { asked_ms: 1, answered_ms: 1 };
            let headers = HeaderMap::from_iter(headers);
            let kept = Kept::new(Profile::Rfc, &request, StatusCode::OK, &headers, Bytes::new(), timing).unwrap();
            assert!(shelf.put(&key("/a"), &Arc::new(Entry::new(kept)), 0));
        }
        assert_eq!(shelf.measure().0, 32);
    }
}
