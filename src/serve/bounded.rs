//! A map that is bounded by bytes: the least recently used go first.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// The map. Values are cheap to clone.
#[derive(Debug)]
pub(super) struct Bounded<K, V>(Mutex<Inner<K, V>>);

#[derive(Debug)]
struct Inner<K, V> {
    values: BTreeMap<K, (u64, u64, V)>,
    by_use: BTreeMap<u64, K>,
    clock: u64,
    bytes: u64,
    most_bytes: u64,
}

impl<K: Ord + Clone, V: Clone> Bounded<K, V> {
    pub(super) fn new(most_bytes: u64) -> Self {
        let (values, by_use) = (BTreeMap::new(), BTreeMap::new());
        Self(Mutex::new(Inner { values, by_use, clock: 0, bytes: 0, most_bytes }))
    }

    /// The value of a key.
    pub(super) fn get(&self, key: &K) -> Option<V> {
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let inner = &mut *inner;
        inner.clock += 1;
        let (used, _, value) = inner.values.get_mut(key)?;
        inner.by_use.remove(used);
        *used = inner.clock;
        inner.by_use.insert(inner.clock, key.clone());
        Some(value.clone())
    }

    /// Sets the value of a key; it counts for `size` bytes. What is larger than everything allowed is not kept.
    pub(super) fn put(&self, key: K, value: V, size: u64) {
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        inner.remove(&key);
        if size > inner.most_bytes {
            return;
        }
        inner.clock += 1;
        let now = inner.clock;
        inner.by_use.insert(now, key.clone());
        inner.values.insert(key, (now, size, value));
        inner.bytes += size;
        while inner.bytes > inner.most_bytes {
            let Some(oldest) = inner.by_use.first_key_value().map(|(_, key)| key.clone()) else { return };
            inner.remove(&oldest);
        }
    }

    /// Takes a key out.
    pub(super) fn remove(&self, key: &K) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(key);
    }
}

impl<K: Ord + Clone, V> Inner<K, V> {
    fn remove(&mut self, key: &K) {
        if let Some((used, size, _)) = self.values.remove(key) {
            self.by_use.remove(&used);
            self.bytes -= size;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_recently_used_goes_first() {
        let map = Bounded::new(20);
        map.put("a", 1, 10);
        map.put("b", 2, 10);
        assert_eq!(map.get(&"a"), Some(1));
        map.put("c", 3, 10);
        assert_eq!((map.get(&"a"), map.get(&"b"), map.get(&"c")), (Some(1), None, Some(3)));
        map.put("a", 4, 21);
        assert_eq!(map.get(&"a"), None);
        map.remove(&"c");
        map.put("d", 5, 20);
        assert_eq!(map.get(&"d"), Some(5));
    }
}
