//! `DiskMemo`: finished work remembered between runs, in a folder.
//!
//! In: a folder (`.landing/cache`) and a limit of bytes. A large entry is a file named by its key; the small ones of a run come
//! together in a [`pack`]. Each carries the digest of its own content and is checked when it is read, so that a torn or meddled file is a miss,
//! never a wrong picture. Writing is atomic (a temporary file in the same folder, then a rename), so builds may run side by side.
//! Nothing in it names a machine or a path: the folder may be carried elsewhere. Refuses to fail: a folder that cannot be written only means
//! that work is done again.

#![expect(clippy::disallowed_methods, reason = "floor 3: this is where the cache meets the file system")]

mod pack;
#[cfg(test)]
mod tests;

use crate::model::{Digest, Digesting, Memo};
use bytes::Bytes;
use pack::Pack;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::SystemTime;
use tempfile::NamedTempFile;

/// Marks our entries and their format.
const MAGIC: &[u8; 8] = b"landmem1";

/// An entry larger than this is not kept: nothing a page offers is.
const LARGEST: u64 = 64 << 20;

/// Up to this size an entry goes into a pack.
const SMALL: usize = 64 << 10;

/// When so many bytes wait to be packed, they are.
const WAITING: usize = 32 << 20;

/// With more packs than this they are made into one.
const PACKS: usize = 8;

/// Temporary files of builds that were killed are removed after this many seconds.
const ABANDONED: u64 = 3_600;

/// A folder of finished work.
#[derive(Debug)]
pub struct DiskMemo {
    folder: PathBuf,
    /// Bytes that the entries may take together.
    limit: u64,
    /// Up to this size an entry goes into a pack.
    small: usize,
    /// Bytes written since the folder was last measured. It starts at the top: the first write of every run measures.
    written: Mutex<u64>,
    /// The packs that were there when somebody first asked.
    packs: OnceLock<Vec<(PathBuf, Pack)>>,
    /// Small entries of this run.
    waiting: Mutex<Waiting>,
}

#[derive(Debug, Default)]
struct Waiting {
    /// Not packed yet.
    fresh: BTreeMap<Digest, Bytes>,
    bytes: usize,
    /// Of the packs that were there: what was asked for.
    used: BTreeSet<Digest>,
}

impl DiskMemo {
    /// Plenty for a campaign with a hundred pictures.
    pub const LIMIT: u64 = 1 << 30;

    /// In this folder, which is made when something is remembered for the first time.
    pub fn new(folder: impl Into<PathBuf>, limit: u64) -> Self {
        let (packs, waiting) = (OnceLock::new(), Mutex::default());
        Self { folder: folder.into(), limit, small: SMALL, written: Mutex::new(u64::MAX), packs, waiting }
    }

    /// Writes what waits to be packed. When there are many packs, or this run has made most of what is known, they become one.
    fn flush(&self) {
        let (fresh, used) = {
            let mut waiting = self.waiting();
            waiting.bytes = 0;
            (std::mem::take(&mut waiting.fresh), waiting.used.clone())
        };
        if fresh.is_empty() {
            return;
        }
        let packs = self.packs();
        let old: usize = packs.iter().map(|(_, pack)| pack.len()).sum();
        let new: usize = fresh.values().map(Bytes::len).sum();
        if packs.len() < PACKS && new * 2 < old {
            _ = self.write_pack(&fresh);
            return;
        }
        // What nobody asked for goes when there is much of it.
        let keep_all = (old as u64) < self.limit / 8;
        let kept = packs.iter().flat_map(|(_, pack)| pack.entries());
        let mut all: BTreeMap<Digest, Bytes> = kept.filter(|(key, _)| keep_all || used.contains(key)).collect();
        all.extend(fresh);
        if let Ok(written) = self.write_pack(&all) {
            packs.iter().filter(|(path, _)| *path != written).for_each(|(path, _)| _ = fs::remove_file(path));
        }
    }

    fn write_pack(&self, entries: &BTreeMap<Digest, Bytes>) -> std::io::Result<PathBuf> {
        let (mut file, mut digest, mut len) = (BufWriter::new(self.temporary()?), Digesting::default(), 0);
        for piece in pack::pieces(entries) {
            file.write_all(&piece)?;
            digest.update(&piece);
            len += piece.len() as u64;
        }
        let path = self.folder.join(format!("{PACKED}{}", digest.finish().hex16()));
        file.into_inner()?.persist(&path)?;
        self.count(len);
        Ok(path)
    }

    /// What other runs packed, read once.
    fn packs(&self) -> &[(PathBuf, Pack)] {
        self.packs.get_or_init(|| {
            let entries = fs::read_dir(&self.folder).into_iter().flatten().flatten();
            let packs = entries.filter(|entry| is_packed(&entry.file_name()) && is_plain(entry));
            packs.filter_map(|entry| read_pack(entry.path())).collect()
        })
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn packed(&self, key: &Digest) -> Option<Bytes> {
        if let Some(fresh) = self.waiting().fresh.get(key) {
            return Some(fresh.clone());
        }
        let value = self.packs().iter().find_map(|(_, pack)| pack.get(key))?;
        self.waiting().used.insert(*key);
        Some(value)
    }

    /// Removes entries, those unused for the longest time first, until all together take at most nine tenths of the
    /// limit. Entries that another build removes meanwhile do not matter.
    pub fn prune(&self) {
        self.flush();
        self.measure();
    }

    fn measure(&self) {
        let now = SystemTime::now();
        let mut entries: Vec<(SystemTime, u64, PathBuf)> = Vec::new();
        for entry in fs::read_dir(&self.folder).into_iter().flatten().flatten() {
            let Ok(meta) = entry.metadata() else { continue };
            let used = meta.modified().unwrap_or(SystemTime::UNIX_EPOCH);
            let name = entry.file_name();
            if name.to_str().and_then(Digest::parse).is_some() || is_packed(&name) {
                entries.push((used, meta.len(), entry.path()));
            } else if is_temporary(&name) && now.duration_since(used).is_ok_and(|age| age.as_secs() > ABANDONED) {
                _ = fs::remove_file(entry.path());
            }
        }
        let mut total: u64 = entries.iter().map(|(_, len, _)| len).sum();
        if total <= self.limit {
            return;
        }
        entries.sort();
        for (_, len, path) in entries {
            if total <= self.limit / 10 * 9 {
                break;
            }
            if fs::remove_file(path).is_ok() {
                total -= len;
            }
        }
    }

    fn path(&self, key: &Digest) -> PathBuf {
        self.folder.join(key.hex())
    }

    fn read(&self, key: &Digest) -> Option<Bytes> {
        let path = self.path(key);
        let meta = fs::symlink_metadata(&path).ok()?;
        // A link could lead anywhere, a pipe would hang.
        if !meta.is_file() || meta.len() > LARGEST {
            return None;
        }
        let value = unseal(key, &Bytes::from(fs::read(&path).ok()?));
        match value {
            Some(_) => touch(&path),
            None => _ = fs::remove_file(&path),
        }
        value
    }

    fn write_file(&self, path: &Path, content: &[u8]) -> std::io::Result<()> {
        let mut file = self.temporary()?;
        file.write_all(content)?;
        file.persist(path)?;
        Ok(())
    }

    fn temporary(&self) -> std::io::Result<NamedTempFile> {
        fs::create_dir_all(&self.folder)?;
        tempfile::Builder::new().prefix(TEMPORARY).tempfile_in(&self.folder)
    }

    /// Measured again after every twentieth part of the limit: the folder never grows far beyond it.
    fn count(&self, len: u64) {
        let full = {
            let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
            *written = written.saturating_add(len);
            let full = *written > self.limit / 20;
            if full {
                *written = 0;
            }
            full
        };
        if full {
            self.measure();
        }
    }
}

impl Memo for DiskMemo {
    fn get(&self, key: &Digest) -> Option<Bytes> {
        self.packed(key).or_else(|| self.read(key))
    }

    fn put(&self, key: &Digest, value: &Bytes) {
        let len = value.len() as u64;
        if len + 64 > LARGEST.min(self.limit) {
            return;
        }
        if value.len() > self.small {
            if self.write_file(&self.path(key), &seal(key, value)).is_ok() {
                self.count(len);
            }
            return;
        }
        let full = {
            let mut waiting = self.waiting();
            waiting.bytes += value.len();
            waiting.fresh.insert(*key, value.clone());
            waiting.bytes > WAITING
        };
        if full {
            self.flush();
        }
    }
}

impl Drop for DiskMemo {
    fn drop(&mut self) {
        self.flush();
    }
}

const PACKED: &str = "pack-";

fn is_packed(name: &std::ffi::OsStr) -> bool {
    name.to_str().is_some_and(|name| name.starts_with(PACKED))
}

/// A link could lead anywhere, a pipe would hang.
fn is_plain(entry: &fs::DirEntry) -> bool {
    entry.file_type().is_ok_and(|kind| kind.is_file())
}

fn read_pack(path: PathBuf) -> Option<(PathBuf, Pack)> {
    let pack = Pack::open(Bytes::from(fs::read(&path).ok()?));
    match pack {
        Some(_) => touch(&path),
        None => _ = fs::remove_file(&path),
    }
    Some((path, pack?))
}

const TEMPORARY: &str = "writing-";

fn is_temporary(name: &std::ffi::OsStr) -> bool {
    name.to_str().is_some_and(|name| name.starts_with(TEMPORARY))
}

/// The time of the last change stands for the last use: the time of access is off on most systems.
fn touch(path: &Path) {
    if let Ok(file) = fs::OpenOptions::new().append(true).open(path) {
        _ = file.set_modified(SystemTime::now());
    }
}

/// Magic, digest of key and value, value. The key stands in it so that a file under a wrong name is a miss.
fn seal(key: &Digest, value: &[u8]) -> Vec<u8> {
    let mut out = MAGIC.to_vec();
    out.extend_from_slice(sum(key, value).as_bytes());
    out.extend_from_slice(value);
    out
}

/// With the key, so that an entry under another one is a miss.
fn sum(key: &Digest, value: &[u8]) -> Digest {
    Digest::of_parts([&key.as_bytes()[..], value])
}

fn unseal(key: &Digest, entry: &Bytes) -> Option<Bytes> {
    let value = entry.slice(entry.len().min(40)..);
    let sum = sum(key, &value);
    (entry.get(..8)? == MAGIC && entry.get(8..40)? == sum.as_bytes()).then_some(value)
}
