//! Every page that our campaign builds, in every theme that ships, before other people's instruments and in the ways people read.
//!
//! The list of pages is what stands in the output folders: a new page, language, theme or mode is measured from the day it lands.
//! nginx serves them, by the configuration that the build wrote; pages that are only shown with an error have a place of their own
//! there, `/seen/`.

mod accessibility;
mod everyone;
mod lighthouse;
mod observatory;
mod validity;

use crate::browser::Visit;
use crate::campaign::Campaign;
use crate::nginx::nginx;
use crate::server::{Server, program};
use landing::model::{Class, Digest, Key, Mode, Release, urls_of};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The campaign in one theme and mode, served.
struct Shown {
    pages: Vec<Page>,
    /// Ended before the folders go: fields are dropped in this order.
    _server: Server,
    _folder: tempfile::TempDir,
    _campaign: Campaign,
}

/// One HTML file of the output folder.
#[derive(Clone)]
struct Page {
    /// Theme, mode and path, for people.
    name: String,
    digest: Digest,
    base: String,
    /// Below the base.
    path: String,
    /// Whether it asks search engines to keep out.
    hidden: bool,
}

impl Page {
    fn url(&self) -> String {
        format!("{}{}", self.base, self.path)
    }

    fn visit(&self) -> Visit {
        Visit::page(&self.base, &self.path).named(&self.name)
    }
}

impl Shown {
    fn new(theme: &str, mode: Mode) -> Self {
        let campaign = Campaign::in_theme(theme);
        let out = campaign.build_mode(mode);
        let folder = tempfile::tempdir().expect("a temporary folder");
        let further = format!("location ^~ /seen/ {{ alias {}/; types {{ text/html html; }} }}", out.display());
        let server = nginx(folder.path(), &out, &further);
        let pages = pages(&format!("{theme} {}", mode.name()), &out, &format!("http://127.0.0.1:{}", server.port));
        Self { pages, _server: server, _folder: folder, _campaign: campaign }
    }
}

/// Every different page of every theme and mode, and what keeps them served.
fn everything() -> (Vec<Page>, Vec<Shown>) {
    let all: Vec<Shown> = themes().iter().flat_map(|theme| Mode::ALL.map(|mode| Shown::new(theme, mode))).collect();
    let mut seen = BTreeSet::new();
    let pages: Vec<Page> = all.iter().flat_map(|it| &it.pages).filter(|it| seen.insert(it.digest)).cloned().collect();
    assert!(pages.len() > 5, "too few pages to prove anything: {}", pages.len());
    (pages, all)
}

fn themes() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("themes");
    let entries = fs::read_dir(folder).expect("the checkout can be read").map(|it| it.expect("it can be read"));
    let mut themes: Vec<String> = entries.map(|it| it.file_name().to_string_lossy().into_owned()).collect();
    themes.sort();
    themes
}

fn pages(campaign: &str, out: &Path, base: &str) -> Vec<Page> {
    let manifest = fs::read(out.join("release.json")).expect("a build writes its manifest");
    let release = Release::from_json(&manifest).expect("it is one");
    let files = walkdir::WalkDir::new(out).sort_by_file_name().into_iter().map(|it| it.expect("it can be read"));
    let html = files.map(walkdir::DirEntry::into_path).filter(|path| path.extension().is_some_and(|it| it == "html"));
    let page = |file: PathBuf| {
        let key = Key::parse(&file.strip_prefix(out).expect("it is below").to_string_lossy()).expect("a key");
        let public = release.entries.get(&key).is_some_and(|entry| entry.class == Class::Document);
        let clean = urls_of(&key).into_iter().next().filter(|_| public);
        let path = clean.map_or_else(|| format!("/seen/{key}"), |url| url.encoded());
        let text = fs::read_to_string(&file).expect("a page is text");
        let (hidden, digest) = (text.contains("noindex"), Digest::of(text.as_bytes()));
        Page { name: format!("{campaign} {key}"), digest, base: base.to_owned(), path, hidden }
    };
    html.map(page).collect()
}

/// Complaints, one list per page, must all be empty.
#[track_caller]
fn nothing(what: &str, complaints: &[(String, Vec<String>)]) {
    let lines = complaints.iter().flat_map(|(page, lines)| lines.iter().map(move |line| format!("{page}: {line}")));
    let lines: Vec<String> = lines.collect();
    assert!(lines.is_empty(), "{what}:\n{}", lines.join("\n"));
}
