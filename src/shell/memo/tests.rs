//! What was remembered is found, whole or not at all, by later runs and beside other builds.

use super::*;
use std::time::Duration;

fn key(name: &str) -> Digest {
    Digest::of(name.as_bytes())
}

fn value(len: usize) -> Bytes {
    Bytes::from(vec![7; len])
}

/// Every entry a file of its own.
fn apart(folder: &Path, limit: u64) -> DiskMemo {
    let mut memo = DiskMemo::new(folder, limit);
    memo.small = 0;
    memo
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
    let memo = apart(dir.path(), 1 << 20);
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
    let memo = apart(dir.path(), 1 << 20);
    memo.put(&key("x"), &value(100));
    fs::rename(memo.path(&key("x")), memo.path(&key("y"))).unwrap();
    assert_eq!(memo.get(&key("y")), None);
}

#[test]
fn a_folder_that_cannot_be_written_is_no_error() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    fs::write(&file, "in the way").unwrap();
    let memo = apart(&file.join("cache"), 1 << 20);
    memo.put(&key("x"), &value(100));
    assert_eq!(memo.get(&key("x")), None);
    // A folder where the entry should be.
    let memo = apart(dir.path(), 1 << 20);
    fs::create_dir_all(memo.path(&key("x"))).unwrap();
    memo.put(&key("x"), &value(100));
    assert_eq!(memo.get(&key("x")), None);
}

#[test]
fn what_was_unused_for_the_longest_time_goes_first() {
    let dir = tempfile::tempdir().unwrap();
    let memo = apart(dir.path(), 10_000);
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
    let memo = apart(dir.path(), 1_000);
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
                let mut memo = DiskMemo::new(dir.path(), 100_000);
                memo.small = 10_005;
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

#[test]
fn small_entries_share_a_file_and_packs_become_one_before_they_are_many() {
    let dir = tempfile::tempdir().unwrap();
    for run in 0..40 {
        let memo = DiskMemo::new(dir.path(), 1 << 20);
        (0..run).for_each(|earlier| assert!(memo.get(&key(&format!("{earlier}"))).is_some(), "{earlier} in {run}"));
        memo.put(&key(&format!("{run}")), &value(100));
    }
    assert!(fs::read_dir(dir.path()).unwrap().count() <= PACKS);
}

#[test]
fn a_damaged_pack_is_a_miss_and_goes() {
    let dir = tempfile::tempdir().unwrap();
    DiskMemo::new(dir.path(), 1 << 20).put(&key("x"), &value(100));
    let path = fs::read_dir(dir.path()).unwrap().next().unwrap().unwrap().path();
    let mut bytes = fs::read(&path).unwrap();
    bytes[20] ^= 1;
    fs::write(&path, bytes).unwrap();
    let memo = DiskMemo::new(dir.path(), 1 << 20);
    assert_eq!(memo.get(&key("x")), None);
    memo.put(&key("x"), &value(100));
    drop(memo);
    assert_eq!(DiskMemo::new(dir.path(), 1 << 20).get(&key("x")), Some(value(100)));
}
