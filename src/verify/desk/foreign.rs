//! What stands in for the release of a page that landing did not build: what the page itself answers first, and the files of its own host
//! that it loads.
//!
//! It makes checks possible that ask how a page is served, and says nothing of what the page should be: bodies are not compared.

use super::decode::coding;
use super::targets::{ASSETS, LARGEST};
use crate::html;
use crate::model::{Answer, Ask, Class, Digest, Entry, Headers, Key, Media, Release, Routing, UrlPath};
use crate::verify::Observations;
use std::collections::{BTreeMap, BTreeSet};

/// A longer page is not searched for files.
const LONGEST: usize = 1_024 * 1_024;

/// The address of such a page on its host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Foreign {
    /// The path.
    pub url: UrlPath,
    /// What stands behind `?`, as it is sent.
    pub query: Option<String>,
}

impl Foreign {
    /// As it goes over the wire.
    pub fn target(&self) -> String {
        let path = self.url.encoded();
        self.query.as_ref().map_or(path.clone(), |query| format!("{path}?{query}"))
    }
}

/// What is asked before everything else.
pub fn first(target: String) -> Ask {
    Ask::get(target).header("accept-encoding", "identity")
}

/// The files of the same host that the page loads, as many as are looked at. Those with a query are left out: a query tells two files apart
/// for one site and nothing for another.
pub fn files(base: &str, url: &UrlPath, page: &Answer) -> BTreeSet<UrlPath> {
    let here = url::Url::parse(&format!("{base}{}", url.encoded()));
    let (Ok(here), None) = (here, coding(page)) else { return BTreeSet::new() };
    if page.body.len() > LONGEST {
        return BTreeSet::new();
    }
    let tree = html::document(&String::from_utf8_lossy(&page.body));
    let named = tree.elements(html::Tree::ROOT).into_iter().filter_map(|id| match tree.name(id) {
        "img" | "script" | "source" | "video" | "audio" => tree.get(id, "src"),
        "link" if is_loaded(tree.get(id, "rel").unwrap_or_default()) => tree.get(id, "href"),
        _ => None,
    });
    let file = |raw: &str| {
        let to = here.join(raw).ok().filter(|to| to.origin() == here.origin() && to.query().is_none())?;
        UrlPath::from_target(to.path()).ok().filter(|to| to != url && key(to).is_some())
    };
    named.filter_map(file).take(ASSETS).collect()
}

fn is_loaded(rel: &str) -> bool {
    let loaded = ["stylesheet", "preload", "modulepreload", "icon"];
    rel.split_ascii_whitespace().any(|word| loaded.iter().any(|it| word.eq_ignore_ascii_case(it)))
}

/// The stand-in: the page as it was answered, or was not, and those files that are there. Nothing for a path that no file can have.
pub fn release(url: &UrlPath, page: Option<&Answer>, files: &Observations) -> Option<Release> {
    let mut entries = BTreeMap::new();
    for (ask, answer) in files.answers().filter(|(_, answer)| answer.status == 200) {
        let file = UrlPath::from_target(&ask.target).ok().and_then(|file| key(&file));
        entries.extend(file.map(|key| (key, entry(Class::Asset, Some(answer), BTreeSet::new()))));
    }
    let refs = entries.keys().cloned().collect();
    entries.insert(key(url)?, entry(Class::Document, page, refs));
    Some(Release {
        format: Release::FORMAT,
        entries,
        modes: BTreeMap::new(),
        redirects: BTreeMap::new(),
        redirect_headers: Headers::new(),
        errors: BTreeMap::new(),
        routing: Routing::default(),
    })
}

/// The key that a release would have it at.
fn key(url: &UrlPath) -> Option<Key> {
    let path = url.as_str().strip_prefix('/')?;
    let index = if path.is_empty() || path.ends_with('/') { "index.html" } else { "" };
    Key::parse(&format!("{path}{index}")).ok()
}

fn entry(class: Class, answer: Option<&Answer>, refs: BTreeSet<Key>) -> Entry {
    let media = answer.and_then(|answer| answer.header("content-type")).unwrap_or_else(|| "text/html".to_owned());
    // As landing would write it: the checks know by that what is worth a content coding, and ask as browsers do.
    let media = Media::of_field(&media);
    let alike = |known: &&str| Media::of_field(known).essence().eq_ignore_ascii_case(media.essence());
    let media = Media::known().map(|(_, known)| known).find(alike).unwrap_or_else(|| media.as_str()).to_owned();
    let body = answer.map(|answer| answer.body.clone()).unwrap_or_default();
    let size = if answer.is_some_and(|answer| answer.cut) { LARGEST + 1 } else { body.len() as u64 };
    let headers = Headers::new().with("content-type", &media);
    Entry { sha256: Digest::of(&body), size, class, headers, refs }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Observation, Route};

    fn answer(body: &str) -> Answer {
        let headers = vec![("content-type".to_owned(), "Text/HTML;charset=ISO-8859-1".to_owned())];
        Answer { status: 200, headers, body: bytes::Bytes::from(body.to_owned()), cut: false, at_ms: 0, took_ms: 0 }
    }

    #[test]
    fn files_of_the_page_are_those_that_a_browser_loads_from_this_host() {
        let page = answer(
            "<link rel=stylesheet href=../style.css><link rel=canonical href=/other><script src=/app.js?v=3></script>\
             <img src=a%20b.png><img src=https://cdn.example.net/x.png><img src=//own.example/c.png><a href=/d>d</a>\
             <img src='javascript:1'><img src=/../../e.png><img src='http://own.example:99/f.png'>",
        );
        let found = files("https://own.example", &UrlPath::parse("/fr/page").unwrap(), &page);
        let found: Vec<&str> = found.iter().map(UrlPath::as_str).collect();
        assert_eq!(found, ["/c.png", "/e.png", "/fr/a b.png", "/style.css"]);
    }

    #[test]
    fn the_page_is_found_again_at_its_own_address_whatever_its_name() {
        for path in ["/", "/a", "/a.html", "/a/", "/a/index.html", "/a.php", "/é/b"] {
            let url = UrlPath::parse(path).unwrap();
            let release = release(&url, Some(&answer("x")), &Observations::new()).unwrap();
            assert!(matches!(release.route(&url), Route::Object(_)), "{path}");
        }
        let page = release(&UrlPath::parse("/").unwrap(), Some(&answer("x")), &Observations::new()).unwrap();
        assert!(page.entries.values().all(|entry| entry.media().compressible()));
        assert!(release(&UrlPath::parse("//a").unwrap(), None, &Observations::new()).is_none());
    }

    #[test]
    fn a_file_that_is_not_there_is_none_of_the_page() {
        let mut gone = answer("");
        gone.status = 404;
        let seen: Observations = [(Ask::get("/a.css"), answer("a")), (Ask::get("/b.css"), gone)]
            .map(|(ask, it)| (ask, Observation::Answered(it)))
            .into_iter()
            .collect();
        let release = release(&UrlPath::parse("/").unwrap(), Some(&answer("x")), &seen).unwrap();
        let keys: Vec<&str> = release.entries.keys().map(Key::as_str).collect();
        assert_eq!(keys, ["a.css", "index.html"]);
    }
}
