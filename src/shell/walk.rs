//! The files of a folder, named: whatever leads out of it is refused, whatever cannot be a key is named; nothing is skipped silently but
//! the droppings of editors and file managers.
//!
//! In: a folder. Out: the files with their paths, in order, unread; and everything that cannot be published. Links are followed
//! inside the folder; one that leads back or out is a complaint, and so are more paths than anybody publishes.

use super::workspace::reason;
use crate::diag::{Code, Diagnostic, Place};
use crate::model::Key;
use crate::text;
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use walkdir::{DirEntry, WalkDir};

/// Links to folders that hold links to folders multiply: this many paths are no site.
const MOST: usize = 1_000_000;

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Walked {
    /// Path inside the root, and on disk.
    pub(super) files: Vec<(Key, PathBuf)>,
    /// What cannot be published.
    pub(super) found: Vec<Diagnostic>,
}

/// Every file below some folders of `root`, which messages call `what`.
pub(super) fn files(root: &Path, folders: &[&str], what: &'static str) -> Walked {
    let mut walk = Walk { root, what, home: root.canonicalize().ok(), walked: Walked::default() };
    for folder in folders {
        let base = if folder.is_empty() { root.to_owned() } else { root.join(folder) };
        if base.exists() {
            walk.folder(&base);
        }
    }
    walk.walked
}

/// The same files by names whose letters are composed, as everybody but a Mac writes them; and a complaint about each of two whose names
/// look the same.
pub(super) fn composed(files: Vec<(Key, PathBuf)>) -> (Vec<(Key, PathBuf)>, Vec<Diagnostic>) {
    let mut named = BTreeMap::new();
    let mut found = Vec::new();
    for (key, path) in files {
        let twin = "another file has a name that looks the same and is spelled with other characters";
        match Key::parse(&text::composed(key.as_str())) {
            Ok(name) if named.contains_key(&name) => found.push(bad_path(key.as_str(), twin)),
            Ok(name) => _ = named.insert(name, path),
            Err(why) => found.push(bad_path(key.as_str(), &why.to_string())),
        }
    }
    (named.into_iter().collect(), found)
}

/// A path that cannot be published, and why.
pub(super) fn bad_path(shown: &str, why: &str) -> Diagnostic {
    let shown = shown.escape_debug().to_string();
    let wrong = Diagnostic::new(Code::BadPath, format!("`{shown}` cannot be published: {why}"));
    wrong.at(Place::file(shown)).hint("rename or move it")
}

/// Left behind by editors and file managers; nobody means to publish them.
pub(super) fn is_dropping(name: &str) -> bool {
    matches!(name, ".DS_Store" | "Thumbs.db" | "desktop.ini" | "4913")
        || name.ends_with('~')
        || (name.starts_with('.') && (name.ends_with(".swp") || name.ends_with(".swx") || name.ends_with(".tmp")))
        || (name.starts_with('#') && name.ends_with('#'))
        || name.starts_with(".#")
}

struct Walk<'a> {
    root: &'a Path,
    what: &'static str,
    home: Option<PathBuf>,
    walked: Walked,
}

impl Walk<'_> {
    fn folder(&mut self, base: &Path) {
        let mut entries = WalkDir::new(base).follow_links(true).sort_by_file_name().into_iter();
        let mut seen = 0;
        while let Some(entry) = entries.next() {
            seen += 1;
            if seen > MOST {
                let wrong = Diagnostic::new(Code::BadPath, format!("the {} has more than 1,000,000 paths", self.what));
                self.walked.found.push(wrong.hint("links to folders may lead to each other: take them away"));
                return;
            }
            match entry {
                Ok(entry) => {
                    let is_folder = entry.file_type().is_dir();
                    let is_ours = !is_dropping(&entry.file_name().to_string_lossy()) && self.inside(&entry);
                    match (is_ours, is_folder) {
                        (true, false) => self.file(&entry),
                        (false, true) => entries.skip_current_dir(),
                        _ => {}
                    }
                }
                Err(err) => self.broken(&err),
            }
        }
    }

    /// Whether a path, its links followed, is still below the root; complains when it is not. Only a link can lead out: what is below one
    /// that does not is where it seems.
    fn inside(&mut self, entry: &DirEntry) -> bool {
        if !entry.path_is_symlink() {
            return true;
        }
        let path = entry.path();
        let inside = match (&self.home, path.canonicalize()) {
            (Some(home), Ok(real)) => real.starts_with(home),
            _ => false,
        };
        if !inside {
            let shown = self.shown(path);
            let what = format!("`{shown}` is a link that leads out of the {}", self.what);
            let wrong = Diagnostic::new(Code::OutsideLink, what).at(Place::file(&shown));
            self.walked.found.push(wrong.hint(format!("copy the file into the {}", self.what)));
        }
        inside
    }

    fn file(&mut self, entry: &DirEntry) {
        let path = entry.path();
        let shown = self.shown(path);
        let wrong = match Key::parse(&shown) {
            Ok(key) if path.to_str().is_some() && entry.file_type().is_file() => {
                return self.walked.files.push((key, path.to_owned()));
            }
            Ok(_) if path.to_str().is_none() => bad_path(&shown, "its name is not UTF-8"),
            Ok(_) => bad_path(&shown, "it is not an ordinary file"),
            Err(why) => bad_path(&shown, &why.to_string()),
        };
        self.walked.found.push(wrong);
    }

    fn broken(&mut self, err: &walkdir::Error) {
        let shown = err.path().map_or_else(String::new, |path| self.shown(path));
        let kind = err.io_error().map(io::Error::kind);
        let link = |what: &str| {
            let wrong = Diagnostic::new(Code::OutsideLink, format!("`{shown}` is a link that leads {what}"));
            wrong.hint("take the link away")
        };
        // A link to itself is a loop for the system, one to a folder above for us.
        let number = err.io_error().and_then(io::Error::raw_os_error);
        let wrong = if err.loop_ancestor().is_some() || number == Some(rustix::io::Errno::LOOP.raw_os_error()) {
            link("back to a folder it is in")
        } else if kind == Some(io::ErrorKind::NotFound) {
            link("nowhere")
        } else {
            let why = err.io_error().map_or_else(|| err.to_string(), reason);
            Diagnostic::new(Code::UnreadableFile, format!("`{shown}` cannot be read: {why}"))
        };
        self.walked.found.push(wrong.at(Place::file(shown)));
    }

    /// The path relative to the root, with `/`.
    fn shown(&self, path: &Path) -> String {
        let inside = path.strip_prefix(self.root).unwrap_or(path);
        let parts: Vec<_> = inside.iter().map(|part| part.to_string_lossy()).collect();
        parts.join("/")
    }
}
