//! Every page that our campaign builds, in every theme that ships, before other people's instruments and in the ways people read.
//!
//! The list of pages is what stands in the output folder: a new page, language, theme or mode is measured from the day it lands.
//! nginx serves them, by the configuration that the build wrote; pages that are only shown with an error or in another mode have a
//! place of their own there, `/seen/`.

mod accessibility;
mod everyone;
mod lighthouse;
mod observatory;
mod validity;

use crate::browser::Visit;
use crate::campaign::Campaign;
use crate::nginx::nginx;
use crate::server::{Server, program};
use landing::model::{Class, Key, Release, urls_of};
use std::fs;
use std::path::{Path, PathBuf};

/// The campaign in one theme, served.
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
    /// Theme and path, for people.
    name: String,
    file: PathBuf,
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
        Visit::page(&self.base, &self.path)
    }
}

impl Shown {
    /// One for each theme that ships.
    fn in_every_theme() -> Vec<Self> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("themes");
        let entries = fs::read_dir(folder).expect("the checkout can be read").map(|it| it.expect("it can be read"));
        let mut themes: Vec<String> = entries.map(|it| it.file_name().to_string_lossy().into_owned()).collect();
        themes.sort();
        themes.iter().map(|theme| Self::in_theme(theme)).collect()
    }

    fn in_theme(theme: &str) -> Self {
        let campaign = Campaign::in_theme(theme);
        let (out, _) = campaign.build();
        let folder = tempfile::tempdir().expect("a temporary folder");
        let further = format!("location ^~ /seen/ {{ alias {}/; types {{ text/html html; }} }}", out.display());
        let server = nginx(folder.path(), &out, &further);
        let pages = pages(theme, &out, &format!("http://127.0.0.1:{}", server.port));
        assert!(pages.len() > 3, "too few pages to prove anything: {}", pages.len());
        Self { pages, _server: server, _folder: folder, _campaign: campaign }
    }
}

/// Every page of every theme, and what keeps them served.
fn everything() -> (Vec<Page>, Vec<Shown>) {
    let shown = Shown::in_every_theme();
    (shown.iter().flat_map(|it| it.pages.clone()).collect(), shown)
}

fn pages(theme: &str, out: &Path, base: &str) -> Vec<Page> {
    let manifest = fs::read(out.join("release.json")).expect("a build writes its manifest");
    let release = Release::from_json(&manifest).expect("it is one");
    let files = walkdir::WalkDir::new(out).sort_by_file_name().into_iter().map(|it| it.expect("it can be read"));
    let html = files.map(walkdir::DirEntry::into_path).filter(|path| path.extension().is_some_and(|it| it == "html"));
    let page = |file: PathBuf| {
        let key = Key::parse(&file.strip_prefix(out).expect("it is below").to_string_lossy()).expect("a key");
        let public = release.entries.get(&key).is_some_and(|entry| entry.class == Class::Document);
        let clean = urls_of(&key).into_iter().next().filter(|_| public);
        let path = clean.map_or_else(|| format!("/seen/{key}"), |url| url.encoded());
        let hidden = fs::read_to_string(&file).expect("a page is text").contains("noindex");
        Page { name: format!("{theme} {key}"), file, base: base.to_owned(), path, hidden }
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
