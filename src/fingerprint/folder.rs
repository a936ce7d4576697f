//! A static folder that another tool made.
//!
//! In: what the shell read: texts whole, all other files as their digest and size, so that a folder of films needs no more memory than one of
//! pages. Out: what stands at a path. Refuses nothing.

use super::scan::Loose;
use crate::model::{Digest, Key};
use bytes::Bytes;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::sync::OnceLock;

/// The files.
#[derive(Clone, Debug, Default)]
pub struct Folder {
    /// Path inside the folder, to what was read.
    pub files: BTreeMap<Key, File>,
}

/// One file.
#[derive(Clone, Debug)]
pub struct File {
    /// The digest of its bytes.
    pub sha256: Digest,
    /// How many they are.
    pub size: u64,
    /// They themselves, when they may name other files.
    pub text: Option<Bytes>,
}

/// What an earlier run wrote for hosts, or the author did: the bytes tell which.
pub(super) const HOST_FILES: [&str; 3] = ["_headers", "_redirects", "nginx/landing.conf"];

/// In which language a file may name others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// HTML.
    Page,
    /// CSS.
    Style,
    /// JavaScript.
    Script,
    /// SVG.
    Svg,
    /// A web manifest.
    Manifest,
    /// Other JSON.
    Json,
    /// A text in which names may stand somehow: a feed, a site map.
    Words,
    /// In none.
    Other,
}

impl Kind {
    /// By the extension.
    pub fn of(key: &Key) -> Self {
        if HOST_FILES.contains(&key.as_str()) {
            return Self::Words;
        }
        match key.extension().as_str() {
            "html" | "htm" | "xhtml" => Self::Page,
            "css" => Self::Style,
            "js" | "mjs" | "cjs" => Self::Script,
            "svg" => Self::Svg,
            "webmanifest" => Self::Manifest,
            "json" if key.name() == "manifest.json" => Self::Manifest,
            "json" => Self::Json,
            "xml" | "rss" | "atom" | "txt" => Self::Words,
            _ => Self::Other,
        }
    }

    /// Whether the bytes are needed, and not only their digest.
    pub fn is_text(self) -> bool {
        self != Self::Other
    }
}

/// Finds files by what somebody wrote.
pub(super) struct Index<'f> {
    files: &'f BTreeMap<Key, File>,
    /// Last segment, to the files of that name.
    names: BTreeMap<&'f str, Vec<&'f Key>>,
    /// Every folder, with a slash at the end.
    folders: BTreeSet<String>,
    /// Path in lower case, to one file of that spelling; made when the first name is not found.
    lower: OnceLock<BTreeMap<String, &'f Key>>,
}

impl<'f> Index<'f> {
    pub(super) fn new(files: &'f BTreeMap<Key, File>) -> Self {
        let mut names: BTreeMap<&str, Vec<&Key>> = BTreeMap::new();
        let mut folders = BTreeSet::new();
        for key in files.keys() {
            names.entry(key.name()).or_default().push(key);
            let mut folder = key.as_str();
            while let Some((above, _)) = folder.rsplit_once('/') {
                // Its parents are there when it is.
                if !folders.insert(format!("{above}/")) {
                    break;
                }
                folder = above;
            }
        }
        Self { files, names, folders, lower: OnceLock::new() }
    }

    /// The file that a resolved path names, as web servers find it: itself, `index.html` of a folder, with `.html` behind it.
    pub(super) fn find(&self, path: &str) -> Option<&'f Key> {
        let found = |path: &str| self.files.get_key_value(&Key::parse(path).ok()?).map(|(key, _)| key);
        if path.is_empty() || path.ends_with('/') {
            return found(&format!("{path}index.html"));
        }
        found(path).or_else(|| found(&format!("{path}.html"))).or_else(|| found(&format!("{path}/index.html")))
    }

    /// The file whose path differs by upper and lower case only.
    pub(super) fn alike(&self, path: &str) -> Option<&'f Key> {
        let made = || self.files.keys().map(|key| (key.as_str().to_lowercase(), key)).collect();
        self.lower.get_or_init(made).get(&path.to_lowercase()).copied()
    }

    /// Every file whose path ends so.
    pub(super) fn meant_by(&self, path: &str) -> Vec<&'f Key> {
        self.meant(&Loose::File(path.to_owned()))
    }

    /// Every file that a loose name may mean.
    pub(super) fn meant(&self, loose: &Loose) -> Vec<&'f Key> {
        match loose {
            Loose::File(path) => {
                let name = path.rsplit('/').next().unwrap_or(path);
                let named = self.names.get(name).into_iter().flatten();
                named.filter(|key| ends_in(key.as_str(), path)).copied().collect()
            }
            Loose::Between { folder, prefix, suffix } => {
                let folders = self.folders.iter().filter(|it| ends_in(it, folder));
                folders.flat_map(|folder| self.below(folder, prefix, suffix)).collect()
            }
        }
    }

    fn below(&self, folder: &str, prefix: &str, suffix: &str) -> Vec<&'f Key> {
        let start = format!("{folder}{prefix}");
        let Ok(first) = Key::parse(&start).or_else(|_| Key::parse(folder.trim_end_matches('/'))) else {
            return Vec::new();
        };
        let from = (Bound::Included(first), Bound::Unbounded);
        let keys = self.files.range(from).map(|(key, _)| key);
        let near = keys.take_while(|key| key.as_str().starts_with(folder.trim_end_matches('/')));
        near.filter(|key| key.as_str().starts_with(&start) && key.as_str().ends_with(suffix)).collect()
    }
}

/// Whether `path` is `end`, or has it behind a slash.
fn ends_in(path: &str, end: &str) -> bool {
    path.strip_suffix(end).is_some_and(|before| before.is_empty() || before.ends_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(paths: &[&str]) -> Folder {
        let file = File { sha256: Digest::of(b""), size: 0, text: None };
        Folder { files: paths.iter().map(|path| (Key::parse(path).unwrap(), file.clone())).collect() }
    }

    #[test]
    fn a_path_is_found_as_web_servers_find_it() {
        let folder = folder(&["index.html", "a.html", "b/index.html", "c.png"]);
        let index = Index::new(&folder.files);
        for (path, key) in [
            ("", Some("index.html")),
            ("a", Some("a.html")),
            ("b", Some("b/index.html")),
            ("b/", Some("b/index.html")),
            ("c.png", Some("c.png")),
            ("C.png", None),
            ("../x", None),
        ] {
            assert_eq!(index.find(path).map(Key::as_str), key, "{path}");
        }
        assert_eq!(index.alike("C.PNG").map(Key::as_str), Some("c.png"));
    }

    #[test]
    fn a_loose_name_means_every_file_that_it_may() {
        let folder =
            folder(&["img/a.png", "de/img/a.png", "img/flag-de.svg", "img/flag-fr.png", "img.html", "imga/a.png"]);
        let index = Index::new(&folder.files);
        let meant = |loose: &Loose| index.meant(loose).into_iter().map(Key::as_str).collect::<Vec<_>>();
        assert_eq!(meant(&Loose::File("img/a.png".to_owned())), ["de/img/a.png", "img/a.png"]);
        assert_eq!(meant(&Loose::File("g/a.png".to_owned())), [""; 0]);
        let between = |prefix: &str, suffix: &str| Loose::Between {
            folder: "img/".to_owned(),
            prefix: prefix.to_owned(),
            suffix: suffix.to_owned(),
        };
        assert_eq!(meant(&between("flag-", ".svg")), ["img/flag-de.svg"]);
        assert_eq!(meant(&between("", "")), ["de/img/a.png", "img/a.png", "img/flag-de.svg", "img/flag-fr.png"]);
    }
}
