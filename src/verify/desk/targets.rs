//! Which URLs are asked for: those that changed, all of them up to a number, an even sample beyond it.

use crate::model::{Ask, Class, Digest, Entry, Key, Release, Reply, Route, UrlPath, urls_of};
use crate::verify::Subject;
use std::collections::BTreeSet;
use std::ops::Deref;
use std::sync::OnceLock;

/// At most so many URLs of documents and redirects are asked for besides the focus, four requests each.
pub const LISTED: usize = 240;
/// At most so many assets, those of the entry page first, two to four requests each.
pub const ASSETS: usize = 80;
/// At most so many pages are asked for in every form and coding, about twenty requests each.
pub const PAGES: usize = 12;
/// Of a larger file only the length is compared; no more of a body need be read.
pub const LARGEST: u64 = 8 * 1_024 * 1_024;

/// The codings that every browser asks for and that the checks can undo.
pub(in crate::verify) const CODINGS: [&str; 2] = ["br", "gzip"];

/// A URL with what the release answers there.
#[derive(Clone, Debug)]
pub(in crate::verify) struct Target<'a> {
    /// The URL.
    pub url: UrlPath,
    /// What stands behind it; only of a page that landing did not build.
    pub query: Option<&'a str>,
    /// What the release answers.
    pub reply: Reply<'a>,
    /// The object behind the answer; none for a redirect.
    pub entry: Option<&'a Entry>,
}

impl Target<'_> {
    /// As it goes over the wire.
    pub(in crate::verify) fn path(&self) -> String {
        let path = self.url.encoded();
        self.query.map_or(path.clone(), |query| format!("{path}?{query}"))
    }

    /// The digest and size of the body.
    pub(in crate::verify) fn body(&self) -> Option<(Digest, u64)> {
        self.entry.map(|entry| (entry.sha256, entry.size))
    }

    /// Whether a page or an asset stands here, not a redirect or an error.
    pub(in crate::verify) fn is_object(&self) -> bool {
        self.reply.status == 200
    }

    /// Whether the answer is worth a content coding.
    pub(in crate::verify) fn compressible(&self) -> bool {
        self.entry.is_some_and(|entry| entry.media().compressible())
    }

    /// Whether the body is too large to be fetched for its digest.
    pub(in crate::verify) fn is_large(&self) -> bool {
        self.entry.is_some_and(|entry| entry.size > LARGEST)
    }

    /// The bytes themselves, without a content coding; only the header fields of a large file.
    pub(in crate::verify) fn plain(&self) -> Ask {
        self.coded("identity")
    }

    /// In a content coding, for the `round`th time.
    pub(in crate::verify) fn coded(&self, coding: &str) -> Ask {
        let ask = Ask::get(self.path()).header("accept-encoding", coding);
        if self.is_large() { ask.method("HEAD") } else { ask }
    }

    /// In the form that browsers get.
    pub(in crate::verify) fn usual(&self) -> Ask {
        self.coded(if self.compressible() { "br" } else { "identity" })
    }
}

/// A subject with the lists of its URLs, each made once for all checks.
#[derive(Debug)]
pub struct Case<'a> {
    subject: Subject<'a>,
    pages: OnceLock<Vec<Target<'a>>>,
    listed: OnceLock<Vec<Target<'a>>>,
    assets: OnceLock<Vec<Target<'a>>>,
}

/// Checks read it as the subject that it is.
impl<'a> Deref for Case<'a> {
    type Target = Subject<'a>;

    fn deref(&self) -> &Subject<'a> {
        &self.subject
    }
}

impl<'a> From<&Subject<'a>> for Case<'a> {
    fn from(subject: &Subject<'a>) -> Self {
        Self { subject: *subject, pages: OnceLock::new(), listed: OnceLock::new(), assets: OnceLock::new() }
    }
}

impl<'a> Case<'a> {
    /// Everything that is looked at one by one: what is listed, and the assets.
    pub(in crate::verify) fn objects(&self) -> impl Iterator<Item = &Target<'a>> {
        self.listed().iter().chain(self.assets())
    }

    /// A few pages for the questions that are expensive: the entry page, pages in focus, an even sample of the others.
    pub(in crate::verify) fn pages(&self) -> &[Target<'a>] {
        self.pages.get_or_init(|| self.subject.pages())
    }

    /// The URLs of documents and redirects: the entry page, all in focus, an even sample of the others.
    pub(in crate::verify) fn listed(&self) -> &[Target<'a>] {
        self.listed.get_or_init(|| self.subject.listed())
    }

    /// Assets: those of the entry page first, an even sample of the others.
    pub(in crate::verify) fn assets(&self) -> &[Target<'a>] {
        self.assets.get_or_init(|| self.subject.assets())
    }
}

impl<'a> Subject<'a> {
    /// What the release answers at a URL; nothing for the asset of an older release.
    pub(in crate::verify) fn target(&self, url: &UrlPath) -> Option<Target<'a>> {
        let release: &'a Release = self.release;
        let reply = release.reply(url)?;
        let key: Option<&Key> = match release.route(url) {
            Route::Object(key) => Some(key),
            Route::NotFound => release.errors.get(&404),
            Route::Redirect(_) | Route::OldAsset(_) => None,
        };
        let query = self.foreign.filter(|page| page.url == *url).and_then(|page| page.query.as_deref());
        Some(Target { url: url.clone(), query, reply, entry: key.and_then(|key| release.entries.get(key)) })
    }

    /// The page that the broadcast names: `/`, or the first document when there is none.
    pub(in crate::verify) fn entry(&self) -> Option<Target<'a>> {
        if let Some(page) = self.foreign {
            return self.target(&page.url);
        }
        let root = UrlPath::parse("/").expect("a constant path");
        let at_root = self.target(&root).filter(Target::is_object);
        at_root.or_else(|| self.documents().next())
    }

    fn documents(&self) -> impl Iterator<Item = Target<'a>> {
        let documents = self.release.entries.iter().filter(|(_, entry)| entry.class == Class::Document);
        documents.filter_map(|(key, _)| self.target(urls_of(key).first()?)).filter(Target::is_object)
    }

    fn pages(&self) -> Vec<Target<'a>> {
        let focus = self.focus.into_iter().flatten().filter_map(|url| self.target(url));
        let pages = |target: &Target<'_>| target.is_object() && target.compressible();
        let rest: Vec<Target<'a>> = self.documents().filter(pages).collect();
        let rest = evenly(&rest, PAGES).into_iter().cloned();
        let mut seen = BTreeSet::new();
        let all = self.entry().into_iter().chain(focus.filter(pages).take(PAGES / 2)).chain(rest);
        all.filter(|target| seen.insert(target.body().map(|(sha256, _)| sha256))).take(PAGES).collect()
    }

    fn listed(&self) -> Vec<Target<'a>> {
        if self.foreign.is_some() {
            return self.entry().into_iter().collect();
        }
        let urls: Vec<UrlPath> = self.release.urls().into_iter().collect();
        let sample: Vec<UrlPath> = evenly(&urls, LISTED).into_iter().cloned().collect();
        let all = self.entry().map(|entry| entry.url).into_iter().chain(self.focus.into_iter().flatten().cloned());
        let mut seen = BTreeSet::new();
        all.chain(sample).filter(|url| seen.insert(url.clone())).filter_map(|url| self.target(&url)).collect()
    }

    fn assets(&self) -> Vec<Target<'a>> {
        let shown = self.entry().and_then(|entry| entry.entry).map(|entry| &entry.refs).into_iter().flatten();
        let others: Vec<&Key> = self.release.assets().map(|(key, _)| key).collect();
        let mut seen = BTreeSet::new();
        let all = shown.chain(evenly(&others, ASSETS).into_iter().copied());
        all.filter(|key| seen.insert(*key)).take(ASSETS).filter_map(|key| self.target(&UrlPath::of(key))).collect()
    }

    /// Sixteen hexadecimal digits that are the same for the same release.
    pub(in crate::verify) fn nonce(&self, purpose: &str) -> String {
        Digest::of_parts([purpose.as_bytes(), self.release.id().as_bytes()]).hex16().as_str().to_owned()
    }

    /// The same, but new in every run: a cache must not know it from the run before.
    pub(in crate::verify) fn fresh_nonce(&self, purpose: &str) -> String {
        let now = self.now.as_nanosecond().to_le_bytes();
        Digest::of_parts([purpose.as_bytes(), self.release.id().as_bytes(), &now]).hex16().as_str().to_owned()
    }
}

/// At most `n` of `all`, evenly spaced, the first and last included.
fn evenly<T>(all: &[T], n: usize) -> Vec<&T> {
    if all.len() <= n || n < 2 {
        return all.iter().take(n).collect();
    }
    (0..n).map(|idx| &all[idx * (all.len() - 1) / (n - 1)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_is_even_bounded_and_keeps_both_ends() {
        let all: Vec<usize> = (0..1_000).collect();
        let some: Vec<usize> = evenly(&all, 5).into_iter().copied().collect();
        assert_eq!(some, [0, 249, 499, 749, 999]);
        assert_eq!(evenly(&all[..3], 5).len(), 3);
        assert_eq!(evenly(&all[..0], 5).len(), 0);
    }
}
