//! A static folder of another tool, made immutable: its files get names that carry their digests, and every reference follows.
//!
//! In: a [`Folder`], the [`Options`]. Out: a [`Fingerprinted`]: the files of the new folder (those that are unchanged by their place in the old
//! one), the sealed release, what was renamed, and every reference that leads nowhere. Refuses two files at one path; everything
//! else that is odd in a folder is left as it is and said.
//!
//! Reading order: `folder` (what there is), `scan` (what a text names) and `reading` (which file that is), `fate` (what keeps its
//! name), `graph` and `naming` (the new names, leaf first), `seals` (integrity), `allowed` (policies), `earlier` (what an earlier run left), `output`; `as_is` for a
//! deploy of a folder.

mod address;
mod allowed;
mod as_is;
mod earlier;
mod fate;
mod folder;
mod graph;
mod naming;
mod output;
mod reading;
mod scan;
mod seals;
mod text;

pub use address::Home;
pub use as_is::{Role, roles};
pub use earlier::ASSET_MANIFEST;
pub use fate::Why;
pub use folder::{File, Folder, Kind};

use crate::diag::{Code, Diagnostic};
use crate::model::{Key, Policy, Release};
use bytes::Bytes;
use folder::Index;
use glob::Pattern;
use reading::Site;
use std::collections::BTreeMap;

/// What is asked for.
#[derive(Clone, Debug)]
pub struct Options {
    /// Paths that keep their names.
    pub exclude: Vec<Pattern>,
    /// Where the folder will be served.
    pub home: Home,
    /// How its files are to be served; the error pages of the folder are added.
    pub policy: Policy,
}

/// The bytes of a file of the new folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// Those of this file of the old one.
    Of(Key),
    /// These.
    Made(Bytes),
}

/// The new folder, and what is to be said about it.
#[derive(Clone, Debug)]
pub struct Fingerprinted {
    /// Everything for the folder: what is published, the files for hosts, the manifests.
    pub files: BTreeMap<Key, Content>,
    /// What is published.
    pub release: Release,
    /// Old name to new name, of this run.
    pub renamed: BTreeMap<Key, Key>,
    /// What keeps its name, and why.
    pub kept: BTreeMap<Key, Why>,
    /// References that lead to no file.
    pub unresolved: Vec<Unresolved>,
    /// What could not be understood.
    pub notes: Vec<Note>,
    /// What the person should hear although it worked.
    pub warnings: Vec<Diagnostic>,
}

/// A reference that leads to no file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unresolved {
    /// In which file.
    pub file: Key,
    /// From 1.
    pub line: usize,
    /// As it is written.
    pub reference: String,
    /// A file whose name differs by upper and lower case only.
    pub alike: Option<Key>,
}

/// Something that could not be understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// In which file.
    pub file: Key,
    /// From 1.
    pub line: usize,
    /// What stands there.
    pub what: String,
    /// Why.
    pub why: &'static str,
}

/// The parsers are recursive, and so is what hostile files hold; what is nested deeper than this can bear is not parsed (`text::nesting`).
const STACK: usize = 256 * 1_024 * 1_024;

/// Fingerprints a folder.
///
/// # Errors
/// When two files would stand at one path.
pub fn fingerprint(folder: Folder, options: &Options) -> Result<Fingerprinted, Diagnostic> {
    on_large_stacks(|| {
        let (files, earlier) = earlier::strip(folder);
        let index = Index::new(&files);
        let site = Site::read(&files, &options.home);
        let fates = fate::fates(&site, &index, options);
        let moved = naming::moved(&site, &fates);
        let (unresolved, notes) = site.complaints(&index);
        let made = output::write(&site, &fates, &moved, &earlier, options)?;
        Ok(Fingerprinted { unresolved, notes, ..made })
    })
}

fn on_large_stacks<T: Send>(work: impl FnOnce() -> Result<T, Diagnostic> + Send) -> Result<T, Diagnostic> {
    let pool = rayon::ThreadPoolBuilder::new().stack_size(STACK).build();
    let pool = pool.map_err(|err| Diagnostic::new(Code::Bug, format!("no threads to work with: {err}")))?;
    pool.install(work)
}
