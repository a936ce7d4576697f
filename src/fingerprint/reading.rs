//! Every text of the folder, read: what it names, and which file each name is that of.
//!
//! In: the files. Out: one [`Read`] per text. Texts are read in parallel; the order of the results is that of the files.

use super::address::{Home, Spelling, folder_of};
use super::fate;
use super::folder::{File, Index, Kind};
use super::scan::{How, Scan, Spot, scan};
use super::text::{Lines, Text};
use super::{Note, Unresolved};
use crate::model::Key;
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// The files of the folder by number, in the order of their paths.
pub(super) struct Site<'f> {
    pub(super) home: &'f Home,
    pub(super) keys: Vec<&'f Key>,
    pub(super) files: Vec<&'f File>,
    pub(super) reads: Vec<Option<Read<'f>>>,
}

/// One text.
pub(super) struct Read<'f> {
    pub(super) text: Text<'f>,
    pub(super) scan: Scan,
    /// For each spot, what it names.
    pub(super) targets: Vec<Target>,
}

/// What a name leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Target {
    /// The file of that number.
    File(usize),
    /// A path of this site at which there is no file.
    Missing(String),
    /// Another site, or a part of this one that is not in the folder.
    Elsewhere,
}

impl<'f> Site<'f> {
    /// Reads every text.
    pub(super) fn read(files: &'f BTreeMap<Key, File>, home: &'f Home) -> Self {
        let keys: Vec<&Key> = files.keys().collect();
        let files_: Vec<&File> = files.values().collect();
        let index = Index::new(files);
        let read = |at: usize, is_worker: bool| {
            let text = Text::of(files_[at].text.as_ref()?)?;
            let scan = scan(text.as_str(), Kind::of(keys[at]), is_worker, home);
            Some(Read { text, scan, targets: Vec::new() })
        };
        let mut reads: Vec<Option<Read<'_>>> =
            (0..keys.len()).into_par_iter().map(|at| read(at, fate::is_worker_name(keys[at]))).collect();
        // What a worker names is relative to itself; which scripts are workers is known when all are read.
        for at in workers(&reads, &index, &keys) {
            reads[at] = read(at, true);
        }
        let numbers: BTreeMap<&Key, usize> = keys.iter().enumerate().map(|(at, key)| (*key, at)).collect();
        reads.par_iter_mut().enumerate().for_each(|(at, read)| {
            if let Some(read) = read {
                let base = Folder::of(keys[at], &read.scan, home);
                read.targets = read.scan.spots.iter().map(|spot| base.target(spot, &index, &numbers, home)).collect();
            }
        });
        Self { home, keys, files: files_, reads }
    }

    /// What a file names: its spots with their targets.
    pub(super) fn names(&self, at: usize) -> impl Iterator<Item = (&Spot, &Target)> {
        self.reads[at].iter().flat_map(|read| read.scan.spots.iter().zip(&read.targets))
    }

    /// The name of every script that is registered as a service worker.
    pub(super) fn workers(&self) -> BTreeSet<&str> {
        self.reads.iter().flatten().flat_map(|read| &read.scan.workers).map(String::as_str).collect()
    }

    /// What leads nowhere, and what could not be understood, file by file, line by line.
    pub(super) fn complaints(&self, index: &Index<'_>) -> (Vec<Unresolved>, Vec<Note>) {
        let (mut unresolved, mut notes) = (Vec::new(), Vec::new());
        for (at, read) in self.reads.iter().enumerate() {
            let Some(read) = read else {
                if self.files[at].text.is_some() {
                    let (file, what) = (self.keys[at].clone(), "a text in UTF-16".to_owned());
                    notes.push(Note { file, line: 1, what, why: "it is broken, and stays as it is" });
                }
                continue;
            };
            let mut lines = Lines::new(read.text.as_str());
            let mut spots: Vec<_> = read.scan.spots.iter().zip(&read.targets).collect();
            spots.sort_by_key(|(spot, _)| spot.range.start);
            for (spot, target) in spots {
                let Target::Missing(path) = target else { continue };
                if !is_missed(spot, path) {
                    continue;
                }
                let found = Unresolved {
                    file: self.keys[at].clone(),
                    line: lines.of(spot.range.start),
                    reference: spot.path.clone(),
                    alike: index.alike(path).cloned(),
                };
                if unresolved.last() != Some(&found) {
                    unresolved.push(found);
                }
            }
            for note in &read.scan.notes {
                let (file, line) = (self.keys[at].clone(), lines.of(note.at));
                notes.push(Note { file, line, what: note.what.clone(), why: note.why });
            }
        }
        (unresolved, notes)
    }
}

/// Whether somebody will miss the file: a link to a page without an extension may be one of a server's.
fn is_missed(spot: &Spot, path: &str) -> bool {
    match spot.how {
        How::Fetch => true,
        How::Link => path.rsplit('/').next().is_some_and(|name| name.contains('.')),
        How::Mention => false,
    }
}

fn workers(reads: &[Option<Read<'_>>], index: &Index<'_>, keys: &[&Key]) -> BTreeSet<usize> {
    let named: BTreeSet<&String> = reads.iter().flatten().flat_map(|read| &read.scan.workers).collect();
    let found: BTreeSet<&Key> = named.into_iter().flat_map(|name| index.meant_by(name)).collect();
    (0..keys.len()).filter(|at| found.contains(keys[*at]) && reads[*at].is_some()).collect()
}

/// What the relative names of a file are relative to.
pub(super) enum Folder {
    /// A folder of this site.
    Here(String),
    /// Another site (`<base href>`).
    Elsewhere,
}

impl Folder {
    pub(super) fn of(key: &Key, scan: &Scan, home: &Home) -> Self {
        let own = folder_of(key);
        let Some(href) = &scan.base else { return Self::Here(own.to_owned()) };
        let Some(path) = home.path_of(href) else {
            // `<base href="#x">` and the like change nothing.
            let elsewhere = href.contains("//");
            return if elsewhere { Self::Elsewhere } else { Self::Here(own.to_owned()) };
        };
        match home.resolve(&href[path.range], own) {
            Some(path) => Self::Here(path.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned()),
            None => Self::Elsewhere,
        }
    }

    fn target(&self, spot: &Spot, index: &Index<'_>, numbers: &BTreeMap<&Key, usize>, home: &Home) -> Target {
        let folder = match (spot.spelling, self) {
            (Spelling::Absolute | Spelling::Top, _) => "",
            (_, Self::Here(folder)) => folder,
            (_, Self::Elsewhere) => return Target::Elsewhere,
        };
        let Some(path) = home.resolve(&spot.path, folder) else { return Target::Elsewhere };
        match index.find(&path) {
            Some(key) => Target::File(numbers[key]),
            None => Target::Missing(path),
        }
    }
}
