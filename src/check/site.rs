//! What is judged, and the same prepared once for all rules: pages parsed, URLs known, the author's files at hand.

use super::locate::Locator;
use super::page::Page;
use crate::diag::Diagnostic;
use crate::html::Address;
use crate::model::{Artifact, Key, Policy, Settings, Source, UrlPath, urls_of};
use bytes::Bytes;
use rayon::prelude::*;
use std::collections::BTreeMap;

/// What is judged, and what must be known to judge it.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// Whether another tool built it: then there is no front matter, no theme and no `site/` to mend.
    pub foreign: bool,
    /// Everything that is published.
    pub artifacts: &'a BTreeMap<Key, Artifact>,
    /// How it is served.
    pub policy: &'a Policy,
    /// The author's file that each published file was made from; empty for a folder that another tool built.
    pub sources: &'a BTreeMap<Key, Key>,
    /// The author's files.
    pub source: &'a Source,
    /// The files of the theme by their path in the project, those that are compiled in included.
    pub theme: &'a BTreeMap<String, Bytes>,
    /// The configuration.
    pub settings: &'a Settings,
    /// Bytes of each file as it is sent.
    pub wire: &'a BTreeMap<Key, u64>,
    /// What the first round trip carries, when it was counted.
    pub flight: Option<Flight>,
    /// What the build said although it worked.
    pub warnings: &'a [Diagnostic],
    /// The public address, scheme and host.
    pub url: &'a str,
    /// The time of the run; what needs it is left alone without it.
    pub now: Option<jiff::Timestamp>,
    /// What other hosts answered to the links that [`super::external`] lists: a status, or why there was none.
    pub answers: &'a BTreeMap<String, Result<u16, String>>,
}

/// The account of the first round trip.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flight {
    /// Bytes of the entry page, Brotli.
    pub document: u64,
    /// Bytes of its header fields, HPACK.
    pub headers: u64,
}

/// The same, prepared.
pub struct Site<'a> {
    pub(super) subject: &'a Subject<'a>,
    /// In the order of their keys.
    pub(super) pages: Vec<Page<'a>>,
    /// Every public URL to the file that it answers.
    urls: BTreeMap<UrlPath, &'a Key>,
    pub(super) locator: Locator<'a>,
}

/// Where a reference leads.
pub(super) enum Target<'a> {
    /// A published file, and the fragment without `#`.
    File(&'a Key, &'a str),
    /// A redirect of the site.
    Redirect,
    /// Nothing that is published.
    Nowhere(String),
    /// Another host, a mail program, the page itself without a fragment.
    Elsewhere,
}

impl<'a> Site<'a> {
    pub(super) fn new(subject: &'a Subject<'a>) -> Self {
        let all: Vec<(&Key, &Artifact)> = subject.artifacts.iter().collect();
        let pages = all
            .par_iter()
            .filter_map(|(key, artifact)| Page::parse(key, artifact, subject.sources.get(*key)))
            .collect();
        let urls = subject.artifacts.keys().flat_map(|key| urls_of(key).into_iter().map(move |url| (url, key)));
        Self { subject, pages, urls: urls.collect(), locator: Locator::new(subject) }
    }

    pub(super) fn settings(&self) -> &'a Settings {
        self.subject.settings
    }

    /// The page under a key.
    pub(super) fn page(&self, key: &Key) -> Option<&Page<'a>> {
        self.pages.binary_search_by(|page| page.key.cmp(key)).ok().map(|at| &self.pages[at])
    }

    /// The entry page.
    pub(super) fn entry(&self) -> Option<&Page<'a>> {
        self.pages.iter().find(|page| page.key.as_str() == "index.html")
    }

    /// The file that a URL path answers.
    pub(super) fn at(&self, url: &UrlPath) -> Option<&'a Key> {
        self.urls.get(url).copied()
    }

    /// Where a reference on a page leads.
    pub(super) fn target<'r>(&self, page: &'r Page<'a>, reference: &'r str) -> Target<'r>
    where
        'a: 'r,
    {
        let own = &self.settings().site.url;
        let base = page.base.as_deref().map_or(Address::Here, |base| Address::parse(base, own));
        match (base, Address::parse(reference, own)) {
            (Address::Here, Address::Here) => Target::File(page.key, fragment(reference)),
            (Address::Here, _) => self.resolved(&page.url, reference),
            (Address::Local { path, .. }, _) => self.resolved(&absolute(&page.url, &path), reference),
            // Everything starts from another host.
            _ => Target::Elsewhere,
        }
    }

    /// Where a reference leads that starts from a URL path of the site: that of a page or of a style sheet.
    pub(super) fn resolved<'r>(&self, base: &str, reference: &'r str) -> Target<'r>
    where
        'a: 'r,
    {
        let path = match Address::parse(reference, &self.settings().site.url) {
            Address::Here => base.to_owned(),
            Address::Local { path, .. } => absolute(base, &path),
            Address::Remote(_) | Address::Other(_) | Address::Data | Address::Script => return Target::Elsewhere,
        };
        // What was written `%23` is a part of the name.
        let Ok(url) = UrlPath::try_from(path.clone()) else { return Target::Nowhere(path) };
        match self.urls.get(&url) {
            Some(key) => Target::File(key, fragment(reference)),
            None if self.subject.policy.redirects.contains_key(&url) => Target::Redirect,
            None => Target::Nowhere(path),
        }
    }

    /// The published file that a reference names, when it names one.
    pub(super) fn file<'r>(&self, page: &'r Page<'a>, reference: &'r str) -> Option<&'r Key>
    where
        'a: 'r,
    {
        match self.target(page, reference) {
            Target::File(key, _) => Some(key),
            _ => None,
        }
    }

    /// The same, for an address that does not live as long.
    pub(super) fn key_of(&self, page: &Page<'a>, reference: &str) -> Option<&'a Key> {
        let key = self.file(page, reference)?;
        self.subject.artifacts.get_key_value(key).map(|(key, _)| key)
    }

    /// Bytes of a file as it is sent.
    pub(super) fn wire(&self, key: &Key) -> u64 {
        let plain = || self.subject.artifacts.get(key).map_or(0, |artifact| artifact.bytes.len() as u64);
        self.subject.wire.get(key).copied().unwrap_or_else(plain)
    }
}

fn fragment(reference: &str) -> &str {
    reference.split_once('#').map_or("", |(_, fragment)| fragment.trim_end())
}

/// A path as browsers resolve it against the page's own (RFC 3986, section 5.2.4).
fn absolute(base: &str, path: &str) -> String {
    if path.is_empty() {
        return base.to_owned();
    }
    let folder = if path.starts_with('/') { "" } else { base.rsplit_once('/').map_or("", |(folder, _)| folder) };
    let mut out: Vec<&str> = folder.split('/').filter(|segment| !segment.is_empty()).collect();
    let trimmed = path.strip_prefix('/').unwrap_or(path);
    for segment in trimmed.split('/') {
        match segment {
            "." => {}
            ".." => _ = out.pop(),
            segment => out.push(segment),
        }
    }
    if trimmed.ends_with("/..") || trimmed.ends_with("/.") || matches!(trimmed, "." | "..") {
        out.push("");
    }
    format!("/{}", out.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_relative_path_is_resolved_as_browsers_do() {
        for (base, path, expected) in [
            ("/de/a", "b", "/de/b"),
            ("/de/a", "../b", "/b"),
            ("/de/", ".", "/de/"),
            ("/a", "../../b/", "/b/"),
            ("/a", "", "/a"),
            ("/a", "/b//c", "/b//c"),
        ] {
            assert_eq!(absolute(base, path), expected, "{base} {path}");
        }
    }
}
