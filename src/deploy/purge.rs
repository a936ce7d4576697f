//! The purge set: exactly the answers that differ between two releases.
//!
//! What can be listed is purged by URL: documents under all their URLs, redirect sources, pages taken away (404 now), and new
//! pages (a cached 404 before). Two kinds of answers stand under URLs that nobody can list and are purged by cache tag: the
//! 404 page (`error`), and the redirects for addresses typed with a slash or a capital too many (`redirect`).
//! Immutable assets are never in it.

use crate::model::{Policy, Purge, Release, Reply, UrlPath};
use std::collections::BTreeSet;

/// What to purge when `new` takes the place of `old`; without `old`, everything that `new` answers may be cached as missing.
pub fn purge(old: Option<&Release>, new: &Release) -> Purge {
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
    if let Some(old) = old {
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
mod tests {
    use super::*;
    use crate::deploy::head::tests::release;
    use proptest::prelude::*;

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

    /// Names that collide in every way that routing knows: clean URLs, folders, capitals.
    const LINES: &[&str] = &[
        "index.html=",
        "a.html=",
        "a/index.html=",
        "A.html=",
        "a/b.html=",
        "404.html=",
        "redirect /a=/",
        "redirect /r=/",
        "redirect /r/=/a",
        "redirect /R=/b",
        "header x-a=",
        "robots.txt=",
    ];

    fn any_release() -> impl Strategy<Value = String> {
        proptest::collection::vec(proptest::option::of(0_u8..3), LINES.len()).prop_map(|picks| {
            let line = |(line, pick): (&&str, &Option<u8>)| pick.map(|version| format!("{line}{version}"));
            LINES.iter().zip(&picks).filter_map(line).collect::<Vec<_>>().join("\n")
        })
    }

    /// Every path of up to two segments over a small alphabet, with every slash.
    fn universe() -> Vec<UrlPath> {
        let names =
            ["", "a", "A", "b", "B", "r", "R", "index.html", "a.html", "A.HTML", "404", "404.html", "robots.txt", "x"];
        let one = names.iter().map(|a| format!("/{a}"));
        let two = names.iter().flat_map(|a| names.iter().map(move |b| format!("/{a}/{b}")));
        let slashed = names.iter().flat_map(|a| [format!("/{a}//"), format!("/a/{a}/")]);
        one.chain(two).chain(slashed).map(|path| UrlPath::parse(&path).unwrap()).collect()
    }

    /// The cache tag that an answer carries: the class of what it is.
    fn tag(reply: &Reply<'_>) -> &'static str {
        match reply.status {
            404 => Policy::ERROR_TAG,
            300..400 => Policy::REDIRECT_TAG,
            _ => "document",
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 800, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn exactly_what_differs_is_purged(old in any_release(), new in any_release()) {
            let (old, new) = (release(&old), release(&new));
            let purge = purge(Some(&old), &new);
            for url in universe() {
                let (before, after) = (old.reply(&url), new.reply(&url));
                let by_tag = before.as_ref().is_some_and(|reply| purge.tags.contains(tag(reply)));
                if purge.urls.contains(&url) {
                    prop_assert!(before != after, "{url} is purged and did not change");
                } else if before.is_some() && before != after {
                    prop_assert!(by_tag, "{url} changed and is not purged: {before:?} to {after:?}");
                }
            }
        }

        #[test]
        fn a_page_is_never_purged_by_tag(old in any_release(), new in any_release()) {
            let tags = purge(Some(&release(&old)), &release(&new)).tags;
            prop_assert!(tags.iter().all(|tag| tag == "error" || tag == "redirect"));
        }
    }
}
