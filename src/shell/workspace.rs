//! The project on disk: read once as a [`Source`], and an output folder written all or nothing.
//!
//! Whatever leads out of the project is refused, whatever cannot be a key is named; nothing is skipped silently but the
//! droppings of editors and file managers.

use super::{output, walk};
use crate::config;
use crate::diag::{Code, Diagnostic, Diagnostics, Place};
use crate::model::{Digest, Key, Settings, Source};
use bytes::Bytes;
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// A file larger than this is no part of a landing page, and would not fit the memory that a build may use.
const LARGEST_FILE: u64 = 256 * 1024 * 1024;

/// The folder that holds `site/landing.toml`.
#[derive(Clone, Debug)]
pub struct Workspace {
    root: PathBuf,
}

impl Workspace {
    /// The project in a folder.
    pub fn open(root: &Path) -> Result<Self, Diagnostic> {
        match fs::metadata(root.join(config::FILE)) {
            Ok(there) if there.is_file() => return Ok(Self { root: root.to_owned() }),
            Err(err) if !matches!(err.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                return Err(unreadable(config::FILE, &err).hint("see who may read `site/` and what is in it"));
            }
            _ => {}
        }
        Err(Diagnostic::new(Code::NoSite, format!("there is no `{}` in `{}`", config::FILE, root.display()))
            .hint("go to the project's folder or name it with `-C DIR`; `landing new DIR` makes one"))
    }

    /// The project's folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// What this machine remembers of the project: caches, the local store, the edge's token.
    pub fn state(&self) -> PathBuf {
        self.root.join(".landing")
    }

    /// The configuration.
    pub fn settings(&self) -> Result<Settings, Diagnostics> {
        let raw = fs::read(self.root.join(config::FILE)).map_err(|err| unreadable(config::FILE, &err))?;
        config::parse(text(config::FILE, &raw)?)
    }

    /// The author's files: everything below `site/`, `assets/` and the folder of the theme.
    pub fn source(&self, theme: &str) -> Result<Source, Diagnostics> {
        let theme = Key::parse(&format!("themes/{theme}"))
            .map_err(|why| Diagnostic::new(Code::UnknownTheme, format!("`{theme}` cannot be a theme: {why}")))?;
        let walked = walk::files(&self.root, &["assets", "site", theme.as_str()], "project");
        let mut found = walked.found;
        let (files, twins) = walk::composed(walked.files);
        found.extend(twins);
        let read = files.into_par_iter().map(|(key, path)| (read_bounded(&path, key.as_str()), key));
        let mut source = Source::default();
        for (bytes, key) in read.collect::<Vec<_>>() {
            match bytes {
                Ok(bytes) => _ = source.files.insert(key, bytes),
                Err(wrong) => found.push(wrong),
            }
        }
        Diagnostics::unless(found, source)
    }

    /// Replaces the output folder by these files, or leaves it as it was. `identities` tell contents apart, where they are known.
    pub fn write(
        &self,
        out: &str,
        files: &BTreeMap<Key, Bytes>,
        identities: &BTreeMap<Key, Digest>,
    ) -> Result<(), Diagnostic> {
        output::write(&self.state(), &self.root.join(out), out, files, identities)
    }
}

/// Every file of a folder that another tool built, by its path inside of it.
pub fn read_folder(dir: &Path) -> Result<BTreeMap<Key, Bytes>, Diagnostics> {
    if !dir.is_dir() {
        let missing = Diagnostic::new(Code::UnreadableFile, format!("there is no folder `{}`", dir.display()));
        return Err(missing.hint("name the folder that the other tool built").into());
    }
    let walk::Walked { files, mut found } = walk::files(dir, &[""], "folder");
    let mut read = BTreeMap::new();
    for (key, path) in files {
        match read_bounded(&path, key.as_str()) {
            Ok(bytes) => _ = read.insert(key, bytes),
            Err(err) => found.push(err),
        }
    }
    Diagnostics::unless(found, read)
}

/// Writes a folder that is not there yet, or is empty: a scaffold, an export.
pub fn write_new(dir: &Path, files: &BTreeMap<Key, Bytes>) -> Result<(), Diagnostic> {
    let shown = dir.display().to_string();
    match fs::read_dir(dir).map(|mut entries| entries.next().is_some()) {
        Ok(true) => {
            return Err(Diagnostic::new(Code::NotEmpty, format!("`{shown}` is not empty")).hint("name a new folder"));
        }
        Err(err) if err.kind() != io::ErrorKind::NotFound => return Err(write_failed(&shown, &err)),
        _ => {}
    }
    output::write_files(dir, files.iter().collect()).map_err(|err| write_failed(&shown, &err))
}

pub(super) fn write_failed(out: &str, err: &io::Error) -> Diagnostic {
    let hint = match err.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            "make room on the disk; the previous output is as it was"
        }
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            "this user may not write there; the previous output is as it was"
        }
        _ => "the previous output is as it was",
    };
    Diagnostic::new(Code::WriteFailed, format!("`{out}` could not be written: {}", reason(err))).hint(hint)
}

/// The system's words without its number.
pub(super) fn reason(err: &io::Error) -> String {
    crate::text::system_reason(&err.to_string())
}

/// A name beside the target that no other build of this moment uses.
pub(super) fn unique_sibling(target: &Path) -> PathBuf {
    let mut random = [0; 8];
    getrandom::fill(&mut random).expect("the system gives random bytes");
    let name = target.file_name().unwrap_or_default().to_string_lossy();
    target.with_file_name(format!(".{name}.{}", crate::text::hex(&random)))
}

/// Puts `fresh` in the place of `target`, and what stood there in the place of `fresh`.
pub(super) fn swap(fresh: &Path, target: &Path) -> io::Result<()> {
    if !target.exists() {
        return fs::rename(fresh, target);
    }
    exchange(fresh, target)
}

/// One step for everybody who looks: the folder is the old one, then the new one.
#[cfg(target_os = "linux")]
fn exchange(fresh: &Path, target: &Path) -> io::Result<()> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    match renameat_with(CWD, fresh, CWD, target, RenameFlags::EXCHANGE) {
        Ok(()) => Ok(()),
        // A file system without the exchange (9p, some network mounts).
        Err(rustix::io::Errno::INVAL | rustix::io::Errno::NOSYS) => step_aside(fresh, target),
        Err(err) => Err(err.into()),
    }
}

#[cfg(not(target_os = "linux"))]
fn exchange(fresh: &Path, target: &Path) -> io::Result<()> {
    step_aside(fresh, target)
}

/// Two steps: a reader may find no folder between them, but never a mixed one; a failure takes the first one back.
fn step_aside(fresh: &Path, target: &Path) -> io::Result<()> {
    let aside = unique_sibling(target);
    fs::rename(target, &aside)?;
    if let Err(err) = fs::rename(fresh, target) {
        fs::rename(&aside, target)?;
        return Err(err);
    }
    fs::rename(&aside, fresh)
}

/// The UTF-8 text of a file.
pub(super) fn text<'a>(file: &str, raw: &'a [u8]) -> Result<&'a str, Diagnostic> {
    std::str::from_utf8(raw).map_err(|err| {
        let line = raw[..err.valid_up_to()].iter().filter(|byte| **byte == b'\n').count() + 1;
        let place = Place { line, ..Place::file(file) };
        Diagnostic::new(Code::NotUtf8, format!("`{file}` is not UTF-8 text")).at(place).hint("save the file as UTF-8")
    })
}

pub(super) fn unreadable(file: &str, err: &io::Error) -> Diagnostic {
    Diagnostic::new(Code::UnreadableFile, format!("`{file}` cannot be read: {}", reason(err))).at(Place::file(file))
}

/// A file of the project, unless it is too large.
fn read_bounded(path: &Path, shown: &str) -> Result<Bytes, Diagnostic> {
    let read = || if fs::metadata(path)?.len() > LARGEST_FILE { Ok(None) } else { fs::read(path).map(Some) };
    match read() {
        Ok(Some(bytes)) => Ok(bytes.into()),
        Ok(None) => Err(walk::bad_path(shown, "it is larger than 256 MiB")),
        Err(err) => Err(unreadable(shown, &err)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn project(files: &[(&str, &str)]) -> (tempfile::TempDir, Workspace) {
        let dir = tempfile::tempdir().unwrap();
        for (path, text) in files.iter().chain([&(config::FILE, "[site]\nname = \"x\"\n")]) {
            let path = dir.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let workspace = Workspace::open(dir.path()).unwrap();
        (dir, workspace)
    }

    fn files(list: &[(&str, &str)]) -> BTreeMap<Key, Bytes> {
        list.iter().map(|(path, text)| (Key::parse(path).unwrap(), Bytes::copy_from_slice(text.as_bytes()))).collect()
    }

    #[test]
    fn the_source_is_what_was_written_without_droppings() {
        let (_dir, workspace) = project(&[
            ("site/index.md", "a"),
            ("site/.index.md.swp", "b"),
            ("assets/x~", "c"),
            ("themes/other/a", "d"),
        ]);
        let source = workspace.source("default").unwrap();
        let keys: Vec<_> = source.files.keys().map(Key::as_str).collect();
        assert_eq!(keys, ["site/index.md", "site/landing.toml"]);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_out_of_the_project_is_refused_by_name() {
        let outside = tempfile::tempdir().unwrap();
        fs::write(outside.path().join("secret"), "s").unwrap();
        let (dir, workspace) = project(&[]);
        std::os::unix::fs::symlink(outside.path().join("secret"), dir.path().join("site/a.txt")).unwrap();
        std::os::unix::fs::symlink(outside.path(), dir.path().join("site/folder")).unwrap();
        std::os::unix::fs::symlink("..", dir.path().join("site/up")).unwrap();
        let err = workspace.source("default").unwrap_err().to_string();
        for name in ["site/a.txt", "site/folder", "site/up"] {
            assert!(err.contains(name), "{name}: {err}");
        }
        assert!(err.contains("outside-link"), "{err}");
    }

    #[test]
    fn the_output_is_replaced_whole_and_nothing_stays_beside_it() {
        let (dir, workspace) = project(&[]);
        workspace.write("dist", &files(&[("release.json", "1"), ("old.html", "1")]), &BTreeMap::new()).unwrap();
        workspace.write("dist", &files(&[("release.json", "2"), ("a/new.html", "2")]), &BTreeMap::new()).unwrap();
        assert!(!dir.path().join("dist/old.html").exists());
        assert_eq!(fs::read_to_string(dir.path().join("dist/a/new.html")).unwrap(), "2");
        let left: Vec<_> = fs::read_dir(dir.path()).unwrap().map(|it| it.unwrap().file_name()).collect();
        assert_eq!(left.len(), 3, "site, dist, .landing: {left:?}");
    }

    #[cfg(unix)]
    #[test]
    fn a_project_that_cannot_be_read_is_not_said_to_be_none() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(Workspace::open(dir.path()).unwrap_err().code, Code::NoSite);
        std::os::unix::fs::symlink("site", dir.path().join("site")).unwrap();
        assert_eq!(Workspace::open(dir.path()).unwrap_err().code, Code::UnreadableFile);
    }

    #[test]
    fn names_are_composed_and_two_that_look_the_same_are_said() {
        let (_dir, workspace) = project(&[("assets/cafe\u{301}.jpg", "a")]);
        let source = workspace.source("default").unwrap();
        assert!(source.files.contains_key("assets/café.jpg"));
        assert_eq!(source.get("assets/cafe\u{301}.jpg").map(|bytes| &bytes[..]), Some(&b"a"[..]));
        let (_dir, workspace) = project(&[("assets/cafe\u{301}.jpg", "a"), ("assets/café.jpg", "b")]);
        let err = workspace.source("default").unwrap_err().to_string();
        assert!(err.contains("looks the same"), "{err}");
    }

    #[test]
    fn an_error_leaves_the_previous_output_as_it_was() {
        let (dir, workspace) = project(&[]);
        workspace.write("dist", &files(&[("release.json", "1")]), &BTreeMap::new()).unwrap();
        // A file and a folder of one name cannot both be written.
        let err = workspace
            .write("dist", &files(&[("a", "2"), ("a/b", "2"), ("release.json", "2")]), &BTreeMap::new())
            .unwrap_err();
        assert_eq!(err.code, Code::WriteFailed);
        assert_eq!(fs::read_to_string(dir.path().join("dist/release.json")).unwrap(), "1");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 3);
    }

    #[test]
    fn a_folder_of_somebody_else_is_not_replaced() {
        let (dir, workspace) = project(&[("dist/thesis.txt", "years")]);
        let err = workspace.write("dist", &files(&[("release.json", "1")]), &BTreeMap::new()).unwrap_err();
        assert_eq!(err.code, Code::NotEmpty);
        assert!(dir.path().join("dist/thesis.txt").exists());
    }
}
