//! What a text refers to: each name with its place, whatever the language, and what could not be read.
//!
//! In: the text of one file. Out: a [`Scan`]. Looks up nothing and decides nothing: whether a name is that of a file is asked later.

mod attributes;
mod data;
mod entities;
mod literals;
mod loose;
mod page;
mod script;
mod style;
mod tags;

use super::address::{Home, Spelling};
use super::folder::Kind;
use std::ops::Range;

/// Everything that one text says of other files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Scan {
    /// Names that can be replaced.
    pub(super) spots: Vec<Spot>,
    /// Names that cannot: their files keep them.
    pub(super) loose: Vec<Loose>,
    /// Attributes that hold, or could hold, the digest of a file.
    pub(super) seals: Vec<Seal>,
    /// What stands inside scripts and style sheets of a page.
    pub(super) inline: Vec<Range<usize>>,
    /// Content security policies that a page carries.
    pub(super) policies: Vec<Range<usize>>,
    /// Digests of files in the list of a service worker.
    pub(super) revisions: Vec<Revision>,
    /// `<base href>`, as it is written.
    pub(super) base: Option<String>,
    /// Service workers that it registers, as written but for what says where the path starts.
    pub(super) workers: Vec<String>,
    /// Whether a script asks for its own address, so that it must not move.
    pub(super) stays: bool,
    /// What could not be understood.
    pub(super) notes: Vec<Note>,
}

/// A name in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Spot {
    /// The bytes of its path, without query and fragment.
    pub(super) range: Range<usize>,
    /// The path, escapes undone, in percent as it was.
    pub(super) path: String,
    /// How it is spelled.
    pub(super) spelling: Spelling,
    /// What for.
    pub(super) how: How,
}

/// What a name is there for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum How {
    /// A browser asks for the file when it shows this one.
    Fetch,
    /// A person may go there.
    Link,
    /// It reads like a name; when there is no such file, it is none.
    Mention,
}

/// A name that nobody can replace: it is put together, or what it is relative to is known at run time only.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Loose {
    /// `img/a.png`: every file whose path ends so.
    File(String),
    /// Every file below a folder whose path ends so, that begins and ends so: `img/` `flag-` `.svg`.
    Between {
        /// With a slash at the end.
        folder: String,
        /// How the name begins.
        prefix: String,
        /// How it ends.
        suffix: String,
    },
}

/// An `integrity` attribute, or the place for one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Seal {
    /// The value that stands there, or the empty place where one could be written.
    pub(super) range: Range<usize>,
    /// Which spot names the file.
    pub(super) spot: usize,
    /// Whether there is one yet.
    pub(super) is_new: bool,
}

/// The revision of a file in the list of a service worker: when it stays the same, the worker keeps the old bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Revision {
    /// What stands there.
    pub(super) range: Range<usize>,
    /// Which spot names the file.
    pub(super) spot: usize,
}

/// Something that could not be understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Note {
    /// Where.
    pub(super) at: usize,
    /// What stands there.
    pub(super) what: String,
    /// Why.
    pub(super) why: &'static str,
}

/// What kind of base a name has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Base {
    /// That of the text: a page, or a service worker.
    Known,
    /// Some page: that which happens to run the script.
    Unknown,
}

/// Reads the text of a file.
pub(super) fn scan(text: &str, kind: Kind, is_worker: bool, home: &Home) -> Scan {
    let mut finder = Finder { home, scan: Scan::default(), frames: Vec::new() };
    match kind {
        Kind::Page => page::scan(&mut finder, text, tags::Syntax::Html),
        Kind::Svg => page::scan(&mut finder, text, tags::Syntax::Xml),
        Kind::Style => style::scan(&mut finder, text),
        Kind::Script => {
            let base = if is_worker { Base::Known } else { Base::Unknown };
            script::scan(&mut finder, text, script::Context::file(base));
        }
        Kind::Manifest => data::manifest(&mut finder, text),
        Kind::Json => data::json(&mut finder, text),
        Kind::Words => loose::scan(&mut finder, text),
        Kind::Other => {}
    }
    finder.scan
}

/// Collects what is found. Texts may stand inside others (CSS in an attribute in HTML): places are those of the outermost.
struct Finder<'h> {
    home: &'h Home,
    scan: Scan,
    frames: Vec<Frame>,
}

/// How the places of an inner text lie in the outer one.
struct Frame {
    offset: usize,
    /// Place after undoing escapes, to place before.
    map: Option<Vec<usize>>,
}

impl Finder<'_> {
    /// Scans a text that stands inside the present one.
    fn inside(&mut self, offset: usize, map: Option<Vec<usize>>, scan: impl FnOnce(&mut Self)) {
        self.frames.push(Frame { offset, map });
        scan(self);
        self.frames.pop();
    }

    fn outer(&self, place: usize) -> usize {
        let out = |place: usize, frame: &Frame| {
            frame.offset + frame.map.as_ref().map_or(place, |map| map[place.min(map.len() - 1)])
        };
        self.frames.iter().rev().fold(place, out)
    }

    /// Whether new text may be put in as it is: no escapes around it.
    fn is_plain(&self) -> bool {
        self.frames.iter().all(|frame| frame.map.is_none())
    }

    /// Whether the text is that of the file, and no other stands around it.
    fn is_outermost(&self) -> bool {
        self.frames.is_empty()
    }

    /// A reference that stands at `start`, as it is written; `undo` takes the language's escapes out. Its number, if it names a path.
    fn name(&mut self, raw: &str, start: usize, how: How, undo: impl Fn(&str) -> String) -> Option<usize> {
        let path = self.home.path_of(raw)?;
        let written = undo(&raw[path.range.clone()]);
        let range = self.outer(start + path.range.start)..self.outer(start + path.range.end);
        self.scan.spots.push(Spot { range, path: written, spelling: path.spelling, how });
        Some(self.scan.spots.len() - 1)
    }

    /// The same for a language without escapes.
    fn plain(&mut self, raw: &str, start: usize, how: How) -> Option<usize> {
        self.name(raw, start, how, str::to_owned)
    }

    /// A name that cannot be replaced.
    fn loose(&mut self, raw: &str) {
        if let Some(path) = self.home.path_of(raw) {
            self.scan.loose.extend(Loose::file(&raw[path.range]));
        }
    }

    /// The address of a service worker, which browsers ask for by its name again and again.
    fn worker(&mut self, raw: &str) {
        if let Some(path) = self.home.path_of(raw) {
            self.scan.workers.push(bare(&raw[path.range]));
        }
    }

    fn note(&mut self, at: usize, what: &str, why: &'static str) {
        let what = what.chars().take(120).collect();
        let at = self.outer(at);
        self.scan.notes.push(Note { at, what, why });
    }
}

impl Loose {
    /// From a path: nothing when it does not look like a file's or a folder's.
    fn file(path: &str) -> Option<Self> {
        let path = bare(path);
        match path.rsplit_once('/') {
            Some((folder, "")) => Some(Self::between(folder, "", "")),
            _ if path.rsplit('/').next().is_some_and(has_extension) => Some(Self::File(path)),
            _ => None,
        }
    }

    /// From the two ends of a path whose middle is computed.
    fn ends(head: &str, tail: &str) -> Option<Self> {
        let head = bare(head);
        let (folder, prefix) = head.rsplit_once('/')?;
        Some(Self::between(folder, prefix, tail.split(['?', '#', '/']).next().unwrap_or_default()))
    }

    fn between(folder: &str, prefix: &str, suffix: &str) -> Self {
        Self::Between { folder: format!("{folder}/"), prefix: prefix.to_owned(), suffix: suffix.to_owned() }
    }
}

/// A path without what says where it starts, escapes undone: `../img/a%20b.png` is `img/a b.png`.
fn bare(path: &str) -> String {
    let decoded = percent_encoding::percent_decode_str(path).decode_utf8_lossy().replace('\\', "/");
    let mut rest = decoded.as_str();
    while let Some(after) = ["./", "../", "/"].iter().find_map(|start| rest.strip_prefix(start)) {
        rest = after;
    }
    rest.to_owned()
}

/// Whether a text may be one name from the top of the site, whatever stands in it: `/img/Photo 1 (2).jpg`. Markup is none.
fn is_path_from_top(text: &str) -> bool {
    let name = text.rsplit('/').next().unwrap_or_default();
    let bytes = text.as_bytes();
    text.len() <= 1_024
        && bytes.first() == Some(&b'/')
        && bytes.get(1) != Some(&b'/')
        && !text.contains(['<', '>', '{', '}', '\n', '?', '#'])
        && has_extension(name)
}

/// Whether a name ends in a dot and one to eleven letters or digits (`.webmanifest`).
fn has_extension(name: &str) -> bool {
    name.rsplit_once('.').is_some_and(|(stem, extension)| {
        !stem.is_empty()
            && (1..=11).contains(&extension.len())
            && extension.bytes().all(|byte| byte.is_ascii_alphanumeric())
    })
}
