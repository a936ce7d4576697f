//! `DiskMemo`: finished work remembered between runs, in a folder.
//!
//! In: a folder (`.landing/cache`) and a limit of bytes. One file per key, named by it; an entry carries the digest of its
//! own content and is checked when it is read, so that a torn or meddled file is a miss, never a wrong picture. Writing
//! is atomic (a temporary file in the same folder, then a rename), so builds may run side by side. Refuses to fail: a folder that
//! cannot be written only means that work is done again.

#![expect(clippy::disallowed_methods, reason = "floor 3: this is where the cache meets the file system")]

use crate::model::{Digest, Memo};
use bytes::Bytes;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::SystemTime;

/// Marks our entries and their format.
const MAGIC: &[u8; 8] = b"landmem1";

/// An entry larger than this is not kept: nothing a page offers is.
const LARGEST: u64 = 64 << 20;

/// Temporary files of builds that were killed are removed after this many seconds.
const ABANDONED: u64 = 3_600;

/// A folder of finished work.
#[derive(Debug)]
pub struct DiskMemo {
    folder: PathBuf,
    /// Bytes that the entries may take together.
    limit: u64,
    /// Bytes written since the folder was last measured. It starts at the top: the first write of every run measures.
    written: Mutex<u64>,
}

impl DiskMemo {
    /// Plenty for a campaign with a hundred pictures.
    pub const LIMIT: u64 = 1 << 30;

    /// In this folder, which is made when something is remembered for the first time.
    pub fn new(folder: impl Into<PathBuf>, limit: u64) -> Self {
        Self { folder: folder.into(), limit, written: Mutex::new(u64::MAX) }
    }

    /// Removes entries, those unused for the longest time first, until all together take at most nine tenths of the
    /// limit. Entries that another build removes meanwhile do not matter.
    pub fn prune(&self) {
        let now = SystemTime::now();
        let mut entries: Vec<(SystemTime, u64, PathBuf)> = Vec::new();
        for entry in fs::read_dir(&self.folder).into_iter().flatten().flatten() {
            let Ok(meta) = entry.metadata() else { continue };
            let used = meta.modified().unwrap_or(SystemTime::UNIX_EPOCH);
            let name = entry.file_name();
            if name.to_str().and_then(Digest::parse).is_some() {
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

    fn write(&self, key: &Digest, value: &Bytes) -> std::io::Result<()> {
        fs::create_dir_all(&self.folder)?;
        let mut file = tempfile::Builder::new().prefix(TEMPORARY).tempfile_in(&self.folder)?;
        file.write_all(&seal(key, value))?;
        file.persist(self.path(key)).map_err(|err| err.error)?;
        Ok(())
    }
}

impl Memo for DiskMemo {
    fn get(&self, key: &Digest) -> Option<Bytes> {
        self.read(key)
    }

    fn put(&self, key: &Digest, value: &Bytes) {
        let len = value.len() as u64;
        if len + 64 > LARGEST.min(self.limit) || self.write(key, value).is_err() {
            return;
        }
        let full = {
            let mut written = self.written.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            *written = written.saturating_add(len);
            // Measured again after every twentieth part of the limit: the folder never grows far beyond it.
            let full = *written > self.limit / 20;
            if full {
                *written = 0;
            }
            full
        };
        if full {
            self.prune();
        }
    }
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
    out.extend_from_slice(Digest::of_parts([&key.as_bytes()[..], value]).as_bytes());
    out.extend_from_slice(value);
    out
}

fn unseal(key: &Digest, entry: &Bytes) -> Option<Bytes> {
    let value = entry.slice(entry.len().min(40)..);
    let sum = Digest::of_parts([&key.as_bytes()[..], &value]);
    (entry.get(..8)? == MAGIC && entry.get(8..40)? == sum.as_bytes()).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn key(name: &str) -> Digest {
        Digest::of(name.as_bytes())
    }

    fn value(len: usize) -> Bytes {
        Bytes::from(vec![7; len])
    }

    #[test]
    fn what_was_put_is_found_by_another_run() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("a/b");
        assert_eq!(DiskMemo::new(&folder, 1 << 20).get(&key("x")), None);
        DiskMemo::new(&folder, 1 << 20).put(&key("x"), &value(100));
        DiskMemo::new(&folder, 1 << 20).put(&key("empty"), &value(0));
        let other = DiskMemo::new(&folder, 1 << 20);
        assert_eq!(other.get(&key("x")), Some(value(100)));
        assert_eq!(other.get(&key("empty")), Some(value(0)));
        assert_eq!(other.get(&key("y")), None);
    }

    #[test]
    fn a_damaged_entry_is_a_miss_and_is_mended_by_the_next_put() {
        let dir = tempfile::tempdir().unwrap();
        let memo = DiskMemo::new(dir.path(), 1 << 20);
        memo.put(&key("x"), &value(100));
        let path = memo.path(&key("x"));
        let whole = fs::read(&path).unwrap();
        for at in 0..whole.len() {
            let mut torn = whole.clone();
            torn[at] ^= 1;
            fs::write(&path, &torn).unwrap();
            assert_eq!(memo.get(&key("x")), None, "byte {at}");
            fs::write(&path, &whole[..at]).unwrap();
            assert_eq!(memo.get(&key("x")), None, "cut at {at}");
        }
        memo.put(&key("x"), &value(100));
        assert_eq!(memo.get(&key("x")), Some(value(100)));
    }

    #[test]
    fn an_entry_under_another_name_is_a_miss() {
        let dir = tempfile::tempdir().unwrap();
        let memo = DiskMemo::new(dir.path(), 1 << 20);
        memo.put(&key("x"), &value(100));
        fs::rename(memo.path(&key("x")), memo.path(&key("y"))).unwrap();
        assert_eq!(memo.get(&key("y")), None);
    }

    #[test]
    fn a_folder_that_cannot_be_written_is_no_error() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("file");
        fs::write(&file, "in the way").unwrap();
        let memo = DiskMemo::new(file.join("cache"), 1 << 20);
        memo.put(&key("x"), &value(100));
        assert_eq!(memo.get(&key("x")), None);
        // A folder where the entry should be.
        let memo = DiskMemo::new(dir.path(), 1 << 20);
        fs::create_dir_all(memo.path(&key("x"))).unwrap();
        memo.put(&key("x"), &value(100));
        assert_eq!(memo.get(&key("x")), None);
    }

    #[test]
    fn what_was_unused_for_the_longest_time_goes_first() {
        let dir = tempfile::tempdir().unwrap();
        let memo = DiskMemo::new(dir.path(), 10_000);
        let old = |name: &str, seconds: u64| {
            memo.put(&key(name), &value(2_000));
            let file = fs::OpenOptions::new().append(true).open(memo.path(&key(name))).unwrap();
            file.set_modified(SystemTime::now() - Duration::from_secs(seconds)).unwrap();
        };
        old("a", 40);
        old("b", 30);
        old("c", 20);
        old("d", 10);
        assert!(memo.get(&key("a")).is_some(), "reading it is using it");
        memo.put(&key("e"), &value(2_000));
        assert!(memo.get(&key("b")).is_none());
        for kept in ["a", "c", "d", "e"] {
            assert!(memo.get(&key(kept)).is_some(), "{kept}");
        }
    }

    #[test]
    fn many_short_runs_do_not_fill_the_disk() {
        let dir = tempfile::tempdir().unwrap();
        for run in 0..40 {
            DiskMemo::new(dir.path(), 20_000).put(&key(&format!("{run}")), &value(900));
        }
        let total: u64 = fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().metadata().unwrap().len()).sum();
        assert!(total <= 20_000, "{total}");
    }

    #[test]
    fn only_our_own_files_are_ever_removed() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("notes.txt"), vec![0; 50_000]).unwrap();
        fs::write(dir.path().join("writing-abandoned"), "half").unwrap();
        let file = fs::OpenOptions::new().append(true).open(dir.path().join("writing-abandoned")).unwrap();
        file.set_modified(SystemTime::now() - Duration::from_hours(2)).unwrap();
        let memo = DiskMemo::new(dir.path(), 1_000);
        memo.put(&key("x"), &value(500));
        memo.put(&key("y"), &value(700));
        assert!(dir.path().join("notes.txt").exists());
        assert!(!dir.path().join("writing-abandoned").exists());
    }

    #[test]
    fn concurrent_builds_never_see_half_an_entry() {
        let dir = tempfile::tempdir().unwrap();
        let content = |idx: usize| value(10_000 + idx);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    // 200 kB for 12 entries of 10 kB: pruning happens now and then, too.
                    let memo = DiskMemo::new(dir.path(), 100_000);
                    for round in 0..40 {
                        let idx = round % 12;
                        let name = key(&format!("{idx}"));
                        if let Some(found) = memo.get(&name) {
                            assert_eq!(found, content(idx));
                        }
                        memo.put(&name, &content(idx));
                    }
                });
            }
        });
    }
}
