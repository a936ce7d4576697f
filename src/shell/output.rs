//! The output folder: written whole and swapped, or, where little changes, only in what changes.
//!
//! In: the files that it shall hold. What was written stands in a ledger beside the cache, with what the file system says of each file; a
//! file of which that still holds, and whose bytes are the same, is left alone. Nothing changes before everything is on the disk. Builds
//! take turns by a kernel lock. Refuses to replace a folder that somebody else filled.

use super::walk::is_dropping;
use super::workspace::{swap, unique_sibling, write_failed};
use crate::diag::{Code, Diagnostic};
use crate::model::{Digest, Key, asset_digits};
use bytes::Bytes;
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, Metadata};
use std::io;
use std::path::Path;

/// Of what was written: identity and state of every file.
type Ledger = BTreeMap<Key, (Digest, String)>;

/// Names the format of ledgers.
const TITLE: &str = "landing output 2";

/// Replaces the folder by these files, or leaves it as it was. `state` is where the ledger stands, `out` what the folder is called.
/// `identities` hold what is known of their contents.
pub(super) fn write(
    state: &Path,
    target: &Path,
    out: &str,
    files: &BTreeMap<Key, Bytes>,
    identities: &BTreeMap<Key, Digest>,
) -> Result<(), Diagnostic> {
    // A link to a folder elsewhere stays one: what it leads to is replaced.
    let target = &target.canonicalize().unwrap_or_else(|_| target.to_owned());
    ours_or_absent(target, out)?;
    let fail = |err: io::Error| write_failed(out, &err);
    let parent = target.parent().unwrap_or(target);
    fs::create_dir_all(parent).map_err(fail)?;
    // Without it two builds may write at once: then each swaps, and nothing is taken from the ledger that is not so.
    let _turn = lock(state);
    let book = state.join(format!("output-{}", Digest::of(out.as_bytes()).hex16()));
    let identity = |key: &Key, bytes: &Bytes| identities.get(key).copied().unwrap_or_else(|| Digest::of(bytes));
    let digests: BTreeMap<&Key, Digest> = files.par_iter().map(|(key, bytes)| (key, identity(key, bytes))).collect();
    let known = read_ledger(&book);
    if let Some(stray) = stray(target, files, &known) {
        return Err(Diagnostic::new(Code::NotEmpty, format!("`{out}` holds `{stray}`, which `landing build` did not write"))
            .hint("move it to `site/`, whose other files are published as they are, or take it away: the folder is replaced whole"));
    }
    let amended = if known.is_empty() { None } else { amend(target, files, &digests, &known).ok() };
    let stay = match amended {
        Some(stay) => stay,
        None => replace(target, files).map(|()| BTreeMap::new()).map_err(fail)?,
    };
    write_ledger(&book, target, &digests, &stay);
    Ok(())
}

/// A folder that some other program filled is not replaced: every output of ours holds a release manifest.
fn ours_or_absent(target: &Path, out: &str) -> Result<(), Diagnostic> {
    let foreign = match fs::read_dir(target) {
        Ok(mut entries) => entries.next().is_some() && !target.join("release.json").is_file(),
        Err(err) if err.kind() == io::ErrorKind::NotFound => false,
        Err(_) => true,
    };
    if foreign {
        return Err(Diagnostic::new(Code::NotEmpty, format!("`{out}` holds files that `landing build` did not write"))
            .hint("empty the folder, or set another `out` in `[build]`"));
    }
    Ok(())
}

/// A file that somebody else has put into a folder that we have written: the folder is replaced whole, and it would be lost. What a build that
/// was cut off left is ours: it is named by its digest, or written now. Without a ledger nobody knows.
fn stray(target: &Path, files: &BTreeMap<Key, Bytes>, known: &Ledger) -> Option<String> {
    if known.is_empty() {
        return None;
    }
    let is_asset = |path: &str| {
        let plain = path.strip_suffix(".br").or_else(|| path.strip_suffix(".gz")).unwrap_or(path);
        Key::parse(plain).is_ok_and(|key| asset_digits(&key).is_some())
    };
    let is_ours = |path: &str| files.contains_key(path) || known.contains_key(path) || is_asset(path);
    let entries = walkdir::WalkDir::new(target).min_depth(1).into_iter().filter_map(Result::ok);
    let entries = entries.filter(|it| !it.file_type().is_dir() && !is_dropping(&it.file_name().to_string_lossy()));
    let inside =
        entries.filter_map(|it| Some(it.path().strip_prefix(target).ok()?.to_string_lossy().replace('\\', "/")));
    inside.into_iter().find(|path| !is_ours(path))
}

fn lock(state: &Path) -> Option<fs::File> {
    fs::create_dir_all(state).ok()?;
    let file = fs::File::create(state.join("output.lock")).ok()?;
    file.lock().ok()?;
    Some(file)
}

/// All of it in a new folder, then one swap.
fn replace(target: &Path, files: &BTreeMap<Key, Bytes>) -> io::Result<()> {
    let fresh = unique_sibling(target);
    let written = write_files(&fresh, files.iter().collect()).and_then(|()| swap(&fresh, target));
    // After the swap this is the previous output, after a failure the half-written one; both go.
    let _ = fs::remove_dir_all(&fresh);
    written
}

/// Only what changed. What stayed, and its state. Any error means: replace all of it.
fn amend<'k>(
    target: &Path,
    files: &'k BTreeMap<Key, Bytes>,
    digests: &BTreeMap<&Key, Digest>,
    known: &'k Ledger,
) -> io::Result<BTreeMap<&'k Key, &'k str>> {
    let there: BTreeSet<Key> = there(target)?;
    let same = |key: &Key| {
        let (digest, state) = known.get(key)?;
        let seen = fs::symlink_metadata(target.join(key.as_str())).ok()?;
        (*digest == digests[key] && *state == state_of(&seen)).then_some(state.as_str())
    };
    let seen: Vec<Option<&str>> = files.par_iter().map(|(key, _)| same(key)).collect();
    let (stay, changed): (Vec<_>, Vec<_>) = files.iter().zip(seen).partition(|(_, state)| state.is_some());
    let stay = stay.into_iter().filter_map(|((key, _), state)| Some((key, state?))).collect();
    let changed: Vec<(&Key, &Bytes)> = changed.into_iter().map(|(file, _)| file).collect();
    let gone: Vec<&Key> = there.iter().filter(|key| !files.contains_key(*key)).collect();
    if (changed.len() + gone.len()) * 4 > files.len() {
        return Err(io::Error::other("much has changed"));
    }
    if changed.is_empty() && gone.is_empty() {
        return Ok(stay);
    }
    let fresh = unique_sibling(target);
    let moved = write_files(&fresh, changed.clone()).and_then(|()| {
        // What pages name comes before the pages.
        let (assets, rest): (Vec<_>, Vec<_>) = changed.iter().partition(|(key, _)| key.is_below("assets"));
        for (key, _) in assets.into_iter().chain(rest) {
            let to = target.join(key.as_str());
            fs::create_dir_all(to.parent().unwrap_or(target))?;
            fs::rename(fresh.join(key.as_str()), to)?;
        }
        gone.iter().try_for_each(|key| remove(target, key))
    });
    let _ = fs::remove_dir_all(&fresh);
    moved.map(|()| stay)
}

/// A file, and the folders that are empty then.
fn remove(target: &Path, key: &Key) -> io::Result<()> {
    let path = target.join(key.as_str());
    fs::remove_file(&path)?;
    let folders = path.ancestors().skip(1).take_while(|folder| *folder != target);
    folders.take_while(|folder| fs::remove_dir(folder).is_ok()).for_each(drop);
    Ok(())
}

/// Every file of the folder. What is no plain file, or has no name of ours, is an error: the folder is then replaced.
fn there(target: &Path) -> io::Result<BTreeSet<Key>> {
    let mut found = BTreeSet::new();
    for entry in walkdir::WalkDir::new(target).min_depth(1) {
        let entry = entry?;
        if entry.file_type().is_dir() {
            continue;
        }
        let inside = entry.path().strip_prefix(target).ok().and_then(Path::to_str).map(|it| it.replace('\\', "/"));
        let key = inside.and_then(|it| Key::parse(&it).ok()).filter(|_| entry.file_type().is_file());
        found.insert(key.ok_or_else(|| io::Error::other("a stranger"))?);
    }
    Ok(found)
}

pub(super) fn write_files(dir: &Path, files: Vec<(&Key, &Bytes)>) -> io::Result<()> {
    fs::create_dir_all(dir)?;
    let paths = files.iter().filter_map(|(key, _)| key.as_str().rsplit_once('/'));
    let folders: BTreeSet<&str> = paths.map(|(folder, _)| folder).collect();
    folders.into_iter().try_for_each(|folder| fs::create_dir_all(dir.join(folder)))?;
    files.into_par_iter().try_for_each(|(key, bytes)| fs::write(dir.join(key.as_str()), bytes))
}

fn read_ledger(book: &Path) -> Ledger {
    let text = fs::read_to_string(book).unwrap_or_default();
    let Some((head, lines)) = text.split_once('\n') else { return Ledger::new() };
    // A torn ledger is none.
    if head != format!("{TITLE} {}", Digest::of(lines.as_bytes()).hex()) {
        return Ledger::new();
    }
    let line = |line: &str| {
        let mut parts = line.splitn(3, '\t');
        let (digest, state, path) = (parts.next()?, parts.next()?, parts.next()?);
        Some((Key::parse(path).ok()?, (Digest::parse(digest)?, state.to_owned())))
    };
    lines.lines().filter_map(line).collect()
}

/// A failure only means that the next build writes everything.
fn write_ledger(book: &Path, target: &Path, digests: &BTreeMap<&Key, Digest>, stay: &BTreeMap<&Key, &str>) {
    let seen = |key: &Key| fs::symlink_metadata(target.join(key.as_str())).ok();
    let line = |(key, digest): (&&Key, &Digest)| {
        let state = stay.get(*key).map_or_else(|| Some(state_of(&seen(key)?)), |state| Some((*state).to_owned()))?;
        Some(format!("{}\t{state}\t{key}\n", digest.hex()))
    };
    let lines: Vec<Option<String>> = digests.par_iter().map(line).collect();
    let lines: String = lines.into_iter().flatten().collect();
    let text = format!("{TITLE} {}\n{lines}", Digest::of(lines.as_bytes()).hex());
    let fresh = unique_sibling(book);
    if fs::write(&fresh, text).and_then(|()| fs::rename(&fresh, book)).is_err() {
        let _ = fs::remove_file(&fresh);
    }
}

/// What changes when anybody touches the file: it cannot be set back.
#[cfg(unix)]
fn state_of(seen: &Metadata) -> String {
    use std::os::unix::fs::MetadataExt as _;
    format!(
        "{} {} {}.{} {}.{}",
        seen.len(),
        seen.ino(),
        seen.mtime(),
        seen.mtime_nsec(),
        seen.ctime(),
        seen.ctime_nsec()
    )
}

/// Nothing that could be trusted: every file is written.
#[cfg(not(unix))]
fn state_of(_: &Metadata) -> String {
    let mut random = [0; 8];
    getrandom::fill(&mut random).expect("the system gives random bytes");
    crate::text::hex(&random)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(list: &[(String, &str)]) -> BTreeMap<Key, Bytes> {
        list.iter().map(|(path, text)| (Key::parse(path).unwrap(), Bytes::copy_from_slice(text.as_bytes()))).collect()
    }

    fn many(changed: &[(&str, &str)]) -> BTreeMap<Key, Bytes> {
        let mut all: Vec<_> = (0..20).map(|it| (format!("a/{it}.html"), "1")).collect();
        all.push(("release.json".to_owned(), "1"));
        let mut all = files(&all);
        let own: Vec<_> = changed.iter().map(|(path, text)| ((*path).to_owned(), *text)).collect();
        all.extend(files(&own));
        all
    }

    fn read(dir: &Path) -> BTreeMap<Key, Bytes> {
        let read = |key: Key| (key.clone(), Bytes::from(fs::read(dir.join("out").join(key.as_str())).unwrap()));
        there(&dir.join("out")).unwrap().into_iter().map(read).collect()
    }

    fn put(dir: &Path, files: &BTreeMap<Key, Bytes>) {
        write(&dir.join("state"), &dir.join("out"), "out", files, &BTreeMap::new()).unwrap();
        assert_eq!(read(dir), *files);
        assert_eq!(fs::read_dir(dir).unwrap().count(), 2);
    }

    #[test]
    fn a_file_that_stays_the_same_is_not_written_again_and_one_that_somebody_touched_is() {
        let dir = tempfile::tempdir().unwrap();
        put(dir.path(), &many(&[("b/c/gone.html", "1")]));
        let state = |name: &str| state_of(&fs::symlink_metadata(dir.path().join("out").join(name)).unwrap());
        let before = state("a/1.html");
        put(dir.path(), &many(&[("a/2.html", "2"), ("d/new.html", "3")]));
        assert_eq!(state("a/1.html"), before);
        assert!(!dir.path().join("out/b").exists());
        fs::write(dir.path().join("out/a/1.html"), "2").unwrap();
        put(dir.path(), &many(&[]));
    }

    #[test]
    fn a_file_of_somebody_else_stops_the_build_and_what_a_build_left_does_not() {
        let dir = tempfile::tempdir().unwrap();
        put(dir.path(), &many(&[]));
        let out = dir.path().join("out");
        fs::create_dir_all(out.join("assets")).unwrap();
        fs::write(out.join("assets/a.0123456789abcdef.css.br"), "left").unwrap();
        fs::write(out.join(".DS_Store"), "left").unwrap();
        fs::write(out.join("new.html"), "left").unwrap();
        put(dir.path(), &many(&[("new.html", "1")]));
        for stray in ["CNAME", ".git/HEAD"] {
            fs::create_dir_all(out.join(".git")).unwrap();
            fs::write(out.join(stray), "years").unwrap();
            let again = write(&dir.path().join("state"), &out, "out", &many(&[("a/1.html", "2")]), &BTreeMap::new());
            let err = again.unwrap_err();
            assert!(err.code == Code::NotEmpty && err.message.contains(stray), "{err}");
            assert_eq!(
                (fs::read(out.join(stray)).unwrap(), fs::read(out.join("a/1.html")).unwrap()),
                (b"years".to_vec(), b"1".to_vec())
            );
            fs::remove_file(out.join(stray)).unwrap();
        }
        put(dir.path(), &many(&[]));
    }

    #[test]
    fn a_folder_in_the_way_of_a_file_is_replaced_and_a_torn_ledger_means_nothing() {
        let dir = tempfile::tempdir().unwrap();
        put(dir.path(), &many(&[("b/c.html", "1")]));
        put(dir.path(), &many(&[("b", "1")]));
        put(dir.path(), &many(&[("b/c.html", "1")]));
        let book = fs::read_dir(dir.path().join("state")).unwrap().map(|it| it.unwrap().path());
        let book = book.into_iter().find(|it| !it.ends_with("output.lock")).unwrap();
        let text = fs::read_to_string(&book).unwrap();
        fs::write(dir.path().join("out/a/3.html"), "meddled").unwrap();
        fs::write(&book, text.replace("a/3.html", "a/4.html")).unwrap();
        put(dir.path(), &many(&[]));
    }

    #[cfg(unix)]
    #[test]
    fn a_link_to_a_folder_stays_a_link() {
        let dir = tempfile::tempdir().unwrap();
        let (link, real) = (dir.path().join("link"), dir.path().join("real"));
        fs::create_dir(&real).unwrap();
        std::os::unix::fs::symlink("real", &link).unwrap();
        for text in ["1", "2"] {
            let files = many(&[("a/1.html", text)]);
            write(&dir.path().join("state"), &link, "link", &files, &BTreeMap::new()).unwrap();
            assert_eq!(fs::read(real.join("a/1.html")).unwrap(), text.as_bytes());
        }
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    }

    #[test]
    fn builds_at_the_same_time_leave_one_whole_output() {
        let dir = tempfile::tempdir().unwrap();
        let of = |build: usize| many(&[("a/1.html", ["x", "y"][build]), ("b.html", ["x", "y"][build])]);
        std::thread::scope(|scope| {
            for build in [0, 1] {
                let path = dir.path();
                scope.spawn(move || {
                    (0..20).for_each(|_| {
                        write(&path.join("state"), &path.join("out"), "out", &of(build), &BTreeMap::new()).unwrap();
                    });
                });
            }
        });
        assert!([of(0), of(1)].contains(&read(dir.path())));
        put(dir.path(), &of(0));
    }
}
