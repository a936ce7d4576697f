//! A pack: many small entries in one file. A thousand pages are a thousand entries, and opening as many files takes longer than reading them.
//!
//! In: entries, or the bytes of a file. Out: the other. The list of what is inside carries its own digest, and every entry a checksum: what
//! is damaged is a miss, and the rest is still good. A checksum and no digest, because every build reads all of its pages: whoever means to
//! mislead it could write a digest as well. Refuses nothing, reads and writes no file.

use crate::model::Digest;
use bytes::Bytes;
use std::collections::BTreeMap;

/// Marks our packs and their format.
const MAGIC: &[u8; 8] = b"landpak2";

/// Before the list: the mark, how many entries there are, the digest of the list.
const HEAD: usize = 8 + 8 + 32;

/// A line of the list: key, checksum of the entry, where it ends. It begins where the one before ends.
const LINE: usize = 32 + 4 + 8;

/// The bytes of a pack, looked into where they lie.
#[derive(Debug)]
pub(super) struct Pack {
    bytes: Bytes,
    count: usize,
}

impl Pack {
    /// Opens a file; `None` when it is no pack, or its list is damaged.
    pub(super) fn open(bytes: Bytes) -> Option<Self> {
        if bytes.get(..8)? != MAGIC {
            return None;
        }
        let count = usize::try_from(number(bytes.get(8..16)?)).ok()?;
        let list = bytes.get(HEAD..HEAD.checked_add(count.checked_mul(LINE)?)?)?;
        (bytes.get(16..HEAD)? == Digest::of(list).as_bytes()).then_some(Self { bytes, count })
    }

    /// The entry of a key, if it is there and whole.
    pub(super) fn get(&self, key: &Digest) -> Option<Bytes> {
        let (mut from, mut to) = (0, self.count);
        while from < to {
            let middle = usize::midpoint(from, to);
            match self.line(middle)[..32].cmp(key.as_bytes()) {
                std::cmp::Ordering::Equal => return self.value(middle),
                std::cmp::Ordering::Less => from = middle + 1,
                std::cmp::Ordering::Greater => to = middle,
            }
        }
        None
    }

    /// Everything in it that is whole.
    pub(super) fn entries(&self) -> impl Iterator<Item = (Digest, Bytes)> {
        (0..self.count).filter_map(|at| Some((key(self.line(at)), self.value(at)?)))
    }

    /// How many bytes it has.
    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }

    fn line(&self, at: usize) -> &[u8] {
        &self.bytes[HEAD + at * LINE..][..LINE]
    }

    fn value(&self, at: usize) -> Option<Bytes> {
        let end = |at: usize| usize::try_from(number(&self.line(at)[36..])).ok();
        let data = HEAD + self.count * LINE;
        let from = data.checked_add(if at == 0 { 0 } else { end(at - 1)? })?;
        let to = data.checked_add(end(at)?)?;
        let value = (from <= to && to <= self.bytes.len()).then(|| self.bytes.slice(from..to))?;
        let line = self.line(at);
        (sum(&key(line), &value).to_le_bytes()[..] == line[32..36]).then_some(value)
    }
}

/// A pack of these entries, piece by piece: a thousand pages need not lie in memory twice to be written.
pub(super) fn pieces(entries: &BTreeMap<Digest, Bytes>) -> impl Iterator<Item = Bytes> {
    let (mut list, mut end) = (Vec::with_capacity(entries.len() * LINE), 0_u64);
    for (key, value) in entries {
        end += value.len() as u64;
        list.extend_from_slice(key.as_bytes());
        list.extend_from_slice(&sum(key, value).to_le_bytes());
        list.extend_from_slice(&end.to_le_bytes());
    }
    let mut head = MAGIC.to_vec();
    head.extend_from_slice(&(entries.len() as u64).to_le_bytes());
    head.extend_from_slice(Digest::of(&list).as_bytes());
    [head.into(), list.into()].into_iter().chain(entries.values().cloned())
}

/// With the key, so that an entry under another one is a miss.
fn sum(key: &Digest, value: &[u8]) -> u32 {
    let mut sum = crc32fast::Hasher::new();
    sum.update(key.as_bytes());
    sum.update(value);
    sum.finalize()
}

fn key(line: &[u8]) -> Digest {
    Digest::from_bytes(line[..32].try_into().expect("a line begins with 32 bytes of key"))
}

fn number(raw: &[u8]) -> u64 {
    u64::from_le_bytes(raw.try_into().expect("eight bytes were taken"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pack(entries: &BTreeMap<Digest, Bytes>) -> Vec<u8> {
        pieces(entries).flatten().collect()
    }

    fn entries(count: u8) -> BTreeMap<Digest, Bytes> {
        (0..count).map(|it| (Digest::of(&[it]), Bytes::from(vec![it; usize::from(it) * 3]))).collect()
    }

    #[test]
    fn what_was_packed_is_found_and_nothing_else() {
        for count in [0, 1, 2, 50] {
            let entries = entries(count);
            let packed = Pack::open(pack(&entries).into()).unwrap();
            assert!(entries.iter().all(|(key, value)| packed.get(key).as_ref() == Some(value)));
            assert_eq!(packed.entries().collect::<BTreeMap<_, _>>(), entries);
            assert_eq!(packed.get(&Digest::of(b"other")), None);
        }
    }

    #[test]
    fn a_damaged_byte_costs_one_entry_or_all_and_never_changes_one() {
        let entries = entries(7);
        let whole = pack(&entries);
        for at in 0..whole.len() {
            let mut torn = whole.clone();
            torn[at] ^= 1;
            for bytes in [torn, whole[..at].to_vec()] {
                let Some(packed) = Pack::open(bytes.into()) else { continue };
                let found = entries.iter().filter(|(key, _)| packed.get(key).is_some()).count();
                assert!(entries.iter().all(|(key, value)| packed.get(key).is_none_or(|it| it == *value)), "byte {at}");
                assert!(found < entries.len(), "byte {at}");
            }
        }
    }
}
