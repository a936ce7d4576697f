//! What a release answers, listed URL by URL: the common ground of all emitters.
//!
//! In: a release. Out: its public URLs with what each should say. Leaves out what a host of files does by itself (a slash
//! too many, upper case) and what nobody can list (404).

use crate::model::{Headers, Key, Redirect, Release, Route, UrlPath, urls_of};

/// One URL and what it should answer.
#[derive(Clone, Debug)]
pub(super) struct Answer<'a> {
    pub(super) url: UrlPath,
    pub(super) headers: &'a Headers,
    pub(super) says: Says<'a>,
}

/// What stands there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Says<'a> {
    /// A page or another file under a name that stays.
    Document(&'a Key),
    /// It points elsewhere.
    Redirect(Redirect),
    /// A file whose name carries its digest.
    Asset(&'a Key),
}

/// All of them, the most important first: the entry page, other documents, redirects, assets; then the second addresses of the
/// same things (`/x.html`, a slash too many). A host with a limit drops from the end.
pub(super) fn answers(release: &Release) -> Vec<Answer<'_>> {
    let mut documents = release.documents();
    documents.reverse();
    let (mut all, mut seconds) = (Vec::new(), Vec::new());
    for (key, entry) in documents {
        let served = urls_of(key).into_iter().filter(|url| release.route(url) == Route::Object(key));
        let mut served = served.map(|url| Answer { url, headers: &entry.headers, says: Says::Document(key) });
        all.extend(served.next());
        seconds.extend(served);
    }
    let (named, slashed): (Vec<_>, Vec<_>) =
        redirects(release).partition(|answer| release.redirects.contains_key(&answer.url));
    all.extend(named);
    all.extend(release.assets().map(|(key, entry)| Answer {
        url: UrlPath::of(key),
        headers: &entry.headers,
        says: Says::Asset(key),
    }));
    all.extend(seconds);
    all.extend(slashed);
    all
}

/// The redirects, and the same with a slash added or cut: such a URL goes straight to the target, without a hop between.
fn redirects(release: &Release) -> impl Iterator<Item = Answer<'_>> {
    release.urls().into_iter().filter_map(|url| {
        let Route::Redirect(found) = release.route(&url) else { return None };
        let redirect = if release.redirects.contains_key(&url) {
            found
        } else {
            release.redirects.get(&UrlPath::from_target(&found.to).ok()?)?.clone()
        };
        Some(Answer { url, headers: &release.redirect_headers, says: Says::Redirect(redirect) })
    })
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::model::{Artifact, Bundle, Class, Digest, Lifetime, Lifetimes, Media, Policy};
    use bytes::Bytes;

    /// A bundle of these documents and assets (named by their content) with these redirects.
    pub(in crate::hosts) fn site(
        documents: &[&str],
        assets: usize,
        redirects: &[(&str, &str, u16)],
    ) -> (Policy, Release) {
        let mut bundle = Bundle {
            artifacts: std::collections::BTreeMap::new(),
            modes: std::collections::BTreeMap::new(),
            policy: policy(),
        };
        for path in documents {
            let class = if *path == "404.html" { Class::Error } else { Class::Document };
            add(&mut bundle, path, class, path.as_bytes());
        }
        for n in 0..assets {
            let body = format!("body {{ order: {n} }}");
            let path = format!("assets/a{n}.{}.css", Digest::of(body.as_bytes()).hex16());
            add(&mut bundle, &path, Class::Asset, body.as_bytes());
        }
        for (from, to, status) in redirects {
            let redirect = Redirect { to: (*to).to_owned(), status: *status };
            bundle.policy.redirects.insert(UrlPath::parse(from).unwrap(), redirect);
        }
        bundle.policy.errors.insert(404, Key::parse("404.html").unwrap());
        let release = Release::seal(&bundle).unwrap();
        (bundle.policy, release)
    }

    pub(in crate::hosts) fn sample() -> (Policy, Release) {
        site(
            &["index.html", "mentions-legales.html", "404.html", "robots.txt"],
            2,
            &[("/app", "https://x.example/", 302)],
        )
    }

    fn add(bundle: &mut Bundle, path: &str, class: Class, body: &[u8]) {
        let key = Key::parse(path).unwrap();
        let media = Media::of_extension(&key.extension());
        let bytes = Bytes::copy_from_slice(body);
        bundle.artifacts.insert(key, Artifact::new(bytes, media, class, std::collections::BTreeSet::new()));
    }

    fn policy() -> Policy {
        let short =
            Lifetime { browser: 60, cdn: 86_400, stale_while_revalidate: 60, stale_if_error: 60, immutable: false };
        let lifetimes = Lifetimes {
            document: short,
            asset: Lifetime { browser: 31_536_000, immutable: true, ..short },
            error: Lifetime { browser: 30, cdn: 60, ..short },
            redirect: Lifetime { browser: 300, ..short },
        };
        Policy {
            lifetimes,
            everywhere: Headers::new().with("referrer-policy", "no-referrer").with("x-content-type-options", "nosniff"),
            redirects: std::collections::BTreeMap::new(),
            errors: std::collections::BTreeMap::new(),
        }
    }

    #[test]
    fn urls_are_listed_entry_page_first_and_second_addresses_last() {
        let (_, release) = sample();
        let all = answers(&release);
        let urls: Vec<_> = all.iter().map(|answer| answer.url.as_str()).filter(|url| !url.contains("assets")).collect();
        assert_eq!(
            urls,
            [
                "/",
                "/robots.txt",
                "/mentions-legales",
                "/404",
                "/app",
                "/index.html",
                "/mentions-legales.html",
                "/404.html",
                "/app/"
            ]
        );
        assert_eq!(all[4].says, all.last().unwrap().says, "a slash too many needs no second hop");
    }
}
