//! The purge set: exactly the answers that differ between two releases.
//!
//! What can be listed is purged by URL: documents under all their URLs, redirect sources, pages taken away (404 now), and new
//! pages (a cached 404 before). Two kinds of answers stand under URLs that nobody can list and are purged by cache tag: the
//! 404 page (`error`), and the redirects for addresses typed with a slash or a capital too many (`redirect`).
//! Immutable assets are never in it.

use crate::model::{Policy, Purge, Release, Reply, Routing, UrlPath};
use std::borrow::Cow;
use std::collections::BTreeSet;

/// What to purge when `new` takes the place of `old`; without `old`, everything that `new` answers may be cached as missing.
/// Both are answered where `new` is ([`Release::routed`]).
pub fn purge(old: Option<&Release>, new: &Release) -> Purge {
    let alike = |old: &Release| old.routing == new.routing;
    let old = old.map(|old| if alike(old) { Cow::Borrowed(old) } else { Cow::Owned(old.clone().routed(new.routing)) });
    let old = old.as_deref();
    let mut urls = new.urls();
    urls.extend(old.into_iter().flat_map(Release::urls));
    urls.retain(|url| old.and_then(|old| old.reply(url)) != new.reply(url));
    Purge { urls, tags: tags(old, new), ..Purge::default() }
}

fn tags(old: Option<&Release>, new: &Release) -> BTreeSet<String> {
    let mut tags = BTreeSet::new();
    if old.and_then(missing) != missing(new) {
        tags.insert(Policy::ERROR_TAG);
    }
    // A bare bucket mends no address: what is not listed has nothing.
    if let Some(old) = old.filter(|_| new.routing == Routing::Clean) {
        if old.redirect_headers != new.redirect_headers {
            tags.insert(Policy::REDIRECT_TAG);
        }
        let (before, after) = (targets(old), targets(new));
        // A mistyped address of a page that is gone was sent to it.
        if !before.is_subset(&after) {
            tags.insert(Policy::REDIRECT_TAG);
        }
        // A mistyped address of a new page was missing, or was sent to its nearest relation.
        for url in after.difference(&before) {
            tags.insert(if relation(old, url) { Policy::REDIRECT_TAG } else { Policy::ERROR_TAG });
        }
    }
    tags.into_iter().map(str::to_owned).collect()
}

/// What an address answers with that leads nowhere.
fn missing(release: &Release) -> Option<Reply<'_>> {
    let key = release.errors.get(&404)?;
    let entry = release.entries.get(key)?;
    Some(Reply { status: 404, body: Some(entry.sha256), headers: &entry.headers, location: None })
}

/// The addresses that mistyped ones are sent to: redirects go to lower case only.
fn targets(release: &Release) -> BTreeSet<UrlPath> {
    let redirects = release.redirects.keys().cloned();
    let documents = release.documents().into_iter().flat_map(|(key, _)| crate::model::urls_of(key));
    redirects.chain(documents).filter(|url| url.as_str().to_lowercase() == url.as_str()).collect()
}

/// Whether the same address with or without its slash leads somewhere.
fn relation(release: &Release, url: &UrlPath) -> bool {
    let trimmed = url.as_str().trim_end_matches('/');
    targets(release).iter().any(|it| it != url && it.as_str().trim_end_matches('/') == trimmed)
}

#[cfg(test)]
mod oracle;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deploy::head::tests::release;

    fn check(old: Option<&str>, new: &str, urls: &[&str], tags: &[&str]) {
        let old = old.map(release);
        let purge = purge(old.as_ref(), &release(new));
        assert_eq!(purge.urls.iter().map(UrlPath::as_str).collect::<Vec<_>>(), urls);
        assert_eq!(purge.tags.iter().map(String::as_str).collect::<Vec<_>>(), tags);
        assert!(!purge.everything);
    }

    #[test]
    fn one_word_purges_the_urls_of_its_page() {
        check(
            Some("index.html=a\nabout.html=us\n404.html=gone\nassets/a.css=x"),
            "index.html=b\nabout.html=us\n404.html=gone\nassets/a.css=y",
            &["/", "/index.html"],
            &[],
        );
    }

    #[test]
    fn a_first_deploy_purges_what_may_be_cached_as_missing() {
        check(None, "index.html=a\n404.html=gone", &["/", "/404", "/404.html", "/404/", "/index.html"], &["error"]);
    }

    #[test]
    fn a_page_added_or_taken_away_is_purged_under_all_its_urls() {
        let (without, with) = ("index.html=a\n404.html=gone", "index.html=a\n404.html=gone\nde/index.html=b\nx.html=c");
        let urls = ["/de", "/de/", "/de/index.html", "/x", "/x.html", "/x/"];
        check(Some(without), with, &urls, &["error"]);
        check(Some(with), without, &urls, &["redirect"]);
    }

    #[test]
    fn a_redirect_is_purged_at_its_source() {
        check(Some("redirect /app=/a"), "redirect /app=/b", &["/app"], &[]);
    }

    #[test]
    fn a_changed_404_page_is_purged_by_tag() {
        let urls = ["/404", "/404.html"];
        check(Some("index.html=a\n404.html=gone"), "index.html=a\n404.html=lost", &urls, &["error"]);
    }
}
