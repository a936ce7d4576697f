//! A static folder on disk: read for [`crate::fingerprint`], and the new one written all or nothing.
//!
//! Each file is read once: texts are kept, of all others the digest while they pass by. What is unchanged is copied by the system, so
//! that the bytes of a film never stand in memory. Refuses to write into or around the folder it reads, and to replace files
//! that it did not write.

use super::event::{Event, Sink};
use super::walk;
use super::workspace::{reason, swap, unique_sibling, unreadable, write_failed};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::fingerprint::{ASSET_MANIFEST, Content, File, Folder, Kind};
use crate::hosts;
use crate::model::{Digest, Digesting, Key, Release};
use bytes::Bytes;
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::SystemTime;

/// A text larger than this is none that anybody wrote; it must stand in memory.
const LARGEST_TEXT: u64 = 256 * 1_024 * 1_024;

/// How many files are done between two signs of life.
const STEP: usize = 1_000;

/// A folder that was read.
#[derive(Debug)]
pub struct Opened {
    /// For [`crate::fingerprint::fingerprint`].
    pub folder: Folder,
    root: PathBuf,
    /// Size and time of the files whose bytes are not kept, when they were read.
    stamps: BTreeMap<Key, Stamp>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp {
    size: u64,
    changed: Option<SystemTime>,
}

impl Stamp {
    fn of(metadata: &fs::Metadata) -> Self {
        Self { size: metadata.len(), changed: metadata.modified().ok() }
    }
}

/// Whether what comes of one folder may be written to another.
pub fn permitted(from: &Path, out: &Path) -> Result<(), Diagnostic> {
    let shown = out.display().to_string();
    let both = absolute(from).and_then(|from| Ok((from, absolute(out)?)));
    let (from, out) = both.map_err(|err| write_failed(&shown, &err))?;
    apart(&from, &out, &shown)?;
    ours_or_absent(&out, &shown)
}

/// Reads a folder.
pub fn open(root: &Path, sink: Sink<'_>) -> Result<Opened, Diagnostics> {
    let shown = root.display().to_string();
    if !root.is_dir() {
        let what = if root.exists() { "is no folder" } else { "does not exist" };
        let wrong = Diagnostic::new(Code::Usage, format!("`{shown}` {what}"));
        return Err(wrong.hint("name the folder that your tool writes: `dist`, `public`, `_site`").into());
    }
    let walked = walk::files(root, &[""], "folder");
    sink(Event::Phase { name: "read", total: walked.files.len() });
    let done = AtomicUsize::new(0);
    let read = |(key, path): (Key, PathBuf)| {
        let file = read(&key, &path);
        tell(sink, "read", &done, &key);
        file.map(|(file, stamp)| (key, file, stamp))
    };
    let results: Vec<Result<_, Diagnostic>> = walked.files.into_par_iter().map(read).collect();
    let mut found = walked.found;
    let mut opened = Opened { folder: Folder::default(), root: root.to_owned(), stamps: BTreeMap::new() };
    for result in results {
        match result {
            Ok((key, file, stamp)) => {
                opened.stamps.insert(key.clone(), stamp);
                opened.folder.files.insert(key, file);
            }
            Err(wrong) => found.push(wrong),
        }
    }
    Diagnostics::unless(found, opened)
}

/// A sign of life for every so many files.
fn tell(sink: Sink<'_>, phase: &'static str, done: &AtomicUsize, key: &Key) {
    let done = done.fetch_add(1, Ordering::Relaxed) + 1;
    if done.is_multiple_of(STEP) {
        sink(Event::Steps { phase, done, what: key.to_string() });
    }
}

fn read(key: &Key, path: &Path) -> Result<(File, Stamp), Diagnostic> {
    let fail = |err: io::Error| unreadable(key.as_str(), &err);
    let mut file = fs::File::open(path).map_err(fail)?;
    let stamp = Stamp::of(&file.metadata().map_err(fail)?);
    if Kind::of(key).is_text() {
        if stamp.size > LARGEST_TEXT {
            return Err(walk::bad_path(key.as_str(), "it is a text of more than 256 MiB"));
        }
        let mut bytes = Vec::with_capacity(usize::try_from(stamp.size).unwrap_or_default());
        file.read_to_end(&mut bytes).map_err(fail)?;
        let (sha256, size) = (Digest::of(&bytes), bytes.len() as u64);
        return Ok((File { sha256, size, text: Some(bytes.into()) }, stamp));
    }
    let (sha256, size) = digest(&mut file).map_err(fail)?;
    Ok((File { sha256, size, text: None }, stamp))
}

fn digest(file: &mut fs::File) -> io::Result<(Digest, u64)> {
    let mut buffer = vec![0; 128 * 1_024];
    let mut digesting = Digesting::default();
    let mut size = 0;
    loop {
        match file.read(&mut buffer) {
            Ok(0) => return Ok((digesting.finish(), size)),
            Ok(read) => {
                digesting.update(&buffer[..read]);
                size += read as u64;
            }
            Err(err) if err.kind() == io::ErrorKind::Interrupted => {}
            Err(err) => return Err(err),
        }
    }
}

impl Opened {
    /// Puts the new folder in the place of `out` (see [`permitted`]), or leaves that as it was.
    pub fn write(&self, out: &Path, files: &BTreeMap<Key, Content>, sink: Sink<'_>) -> Result<(), Diagnostic> {
        let shown = out.display().to_string();
        let fail = |err: &io::Error| write_failed(&shown, err);
        let out = absolute(out).map_err(|err| fail(&err))?;
        let parent = out.parent().unwrap_or(&out);
        fs::create_dir_all(parent).map_err(|err| fail(&err))?;
        let fresh = unique_sibling(&out);
        sink(Event::Phase { name: "write", total: files.len() });
        let written = self.write_all(&fresh, files, sink);
        let written = written.and_then(|()| swap(&fresh, &out).map_err(|err| fail(&err)));
        // After the swap this is the previous output, after a failure the half-written one; both go.
        let _ = fs::remove_dir_all(&fresh);
        written
    }

    fn write_all(&self, fresh: &Path, files: &BTreeMap<Key, Content>, sink: Sink<'_>) -> Result<(), Diagnostic> {
        let folders: BTreeSet<&str> = files.keys().filter_map(|key| Some(key.as_str().rsplit_once('/')?.0)).collect();
        let fail = |key: &str, err: &io::Error| write_failed(key, err);
        fs::create_dir_all(fresh).map_err(|err| fail("the new folder", &err))?;
        for folder in folders {
            fs::create_dir_all(fresh.join(folder)).map_err(|err| fail(folder, &err))?;
        }
        let done = AtomicUsize::new(0);
        files.par_iter().try_for_each(|(key, content)| {
            let to = fresh.join(key.as_str());
            match content {
                Content::Made(bytes) => fs::write(&to, bytes).map_err(|err| fail(key.as_str(), &err))?,
                Content::Of(source) => self.copy(source, &to).map_err(|err| fail(key.as_str(), &err))?,
            }
            tell(sink, "write", &done, key);
            Ok(())
        })
    }

    /// Copies an unchanged file. The system does it without showing us the bytes, where it can (`copy_file_range`), so that they are
    /// those that were digested is told from size and time.
    fn copy(&self, key: &Key, to: &Path) -> io::Result<()> {
        if let Some(File { text: Some(bytes), .. }) = self.folder.files.get(key) {
            return fs::write(to, bytes);
        }
        let mut from = fs::File::open(self.root.join(key.as_str()))?;
        let mut new = fs::File::create(to)?;
        io::copy(&mut from, &mut new)?;
        if self.stamps.get(key) == Some(&Stamp::of(&from.metadata()?)) {
            return Ok(());
        }
        Err(io::Error::other(format!("`{key}` was changed while it was read")))
    }
}

/// A path with its links followed, as far as it exists.
fn absolute(path: &Path) -> io::Result<PathBuf> {
    let path = std::path::absolute(path)?;
    match (path.canonicalize(), path.parent(), path.file_name()) {
        (Ok(real), ..) => Ok(real),
        (Err(_), Some(parent), Some(name)) => Ok(absolute(parent)?.join(name)),
        (Err(_), ..) => Ok(path),
    }
}

/// A folder inside the other would be read as part of it the next time, or be replaced with it.
fn apart(from: &Path, out: &Path, shown: &str) -> Result<(), Diagnostic> {
    let what = if from == out {
        "is the folder that is read"
    } else if out.starts_with(from) {
        "stands inside the folder that is read"
    } else if from.starts_with(out) {
        "holds the folder that is read"
    } else {
        return Ok(());
    };
    Err(Diagnostic::new(Code::Usage, format!("`{shown}` {what}")).hint("name a folder beside it with `-o`"))
}

/// A folder is replaced only if every file in it is one that an earlier run wrote.
fn ours_or_absent(out: &Path, shown: &str) -> Result<(), Diagnostic> {
    if !out.exists() || out.is_dir() && fs::read_dir(out).is_ok_and(|mut entries| entries.next().is_none()) {
        return Ok(());
    }
    let refuse = |what: String| {
        let wrong = Diagnostic::new(Code::NotEmpty, format!("`{shown}` {what}"));
        Err(wrong.hint("name a new folder with `-o`, or empty this one"))
    };
    let Some(release) = fs::read(out.join(hosts::MANIFEST)).ok().and_then(|raw| Release::from_json(&raw).ok()) else {
        return refuse("holds files that landing did not write".to_owned());
    };
    let walked = walk::files(out, &[""], "folder");
    let is_ours = |key: &Key| {
        let name = key.as_str();
        let plain = name.strip_suffix(".br").or_else(|| name.strip_suffix(".gz")).and_then(|it| Key::parse(it).ok());
        matches!(name, hosts::MANIFEST | ASSET_MANIFEST | "_headers" | "_redirects" | "nginx/landing.conf")
            || release.entries.contains_key(key)
            || plain.is_some_and(|plain| release.entries.contains_key(&plain))
    };
    match walked.files.iter().map(|(key, _)| key).find(|key| !is_ours(key)) {
        Some(foreign) => refuse(format!("holds `{foreign}`, which landing did not write")),
        None if !walked.found.is_empty() => refuse("holds files that landing did not write".to_owned()),
        None => Ok(()),
    }
}

/// The bytes of every file, for a deploy.
pub fn bytes(opened: &Opened, files: &BTreeMap<Key, Content>) -> Result<BTreeMap<Key, Bytes>, Diagnostic> {
    let read = |(key, content): (&Key, &Content)| {
        let bytes = match content {
            Content::Made(bytes) => bytes.clone(),
            Content::Of(source) => match opened.folder.files.get(source).and_then(|file| file.text.clone()) {
                Some(text) => text,
                None => fs::read(opened.root.join(source.as_str()))
                    .map_err(|err| Diagnostic::new(Code::UnreadableFile, format!("`{source}`: {}", reason(&err))))?
                    .into(),
            },
        };
        Ok((key.clone(), bytes))
    };
    files.par_iter().map(read).collect()
}
