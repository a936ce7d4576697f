//! What to purge: URLs, beginnings of URLs, cache tags, or all; and whether a stored answer is concerned.

use crate::cache::CacheKey;
use crate::model::UrlPath;
use std::collections::BTreeSet;

/// What to purge.
#[derive(Clone, Debug, Default)]
pub(super) struct Purging {
    /// Paths, with all their queries and variants.
    pub(super) paths: BTreeSet<String>,
    /// Beginnings of paths.
    pub(super) prefixes: BTreeSet<String>,
    /// Cache tags.
    pub(super) tags: BTreeSet<String>,
    /// All.
    pub(super) everything: bool,
    /// Only declare it stale.
    pub(super) soft: bool,
}

impl Purging {
    pub(super) fn concerns(&self, key: &CacheKey, tags: &BTreeSet<String>) -> bool {
        self.everything
            || self.paths.contains(key.path())
            || self.prefixes.iter().any(|prefix| key.path().starts_with(prefix.as_str()))
            || self.tags.iter().any(|tag| tags.contains(tag))
    }

    /// Adds a URL in every spelling that it may mean: percent-encoded, decoded, absolute; `false` when it is none.
    pub(super) fn add_url(&mut self, raw: &str) -> bool {
        let spellings = spellings(raw);
        let understood = !spellings.is_empty();
        self.paths.extend(spellings);
        understood
    }

    /// Adds a beginning of URLs.
    pub(super) fn add_prefix(&mut self, raw: &str) -> bool {
        let spellings = spellings(raw);
        let understood = !spellings.is_empty();
        self.prefixes.extend(spellings);
        understood
    }
}

fn spellings(raw: &str) -> Vec<String> {
    let path = match url::Url::parse(raw) {
        Ok(url) if url.has_host() => url.path().to_owned(),
        _ => raw.split(['?', '#']).next().unwrap_or_default().to_owned(),
    };
    let decoded = UrlPath::parse(&path).map(|it| it.encoded());
    let encoded = UrlPath::from_target(&path).map(|it| it.encoded());
    [Ok(path), decoded, encoded].into_iter().flatten().filter(|it| it.starts_with('/')).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_understood_in_every_spelling_and_nothing_else_is() {
        for raw in ["/h%C3%A9", "/hé", "/h%c3%a9?x", "https://www.example.fr/h%C3%A9"] {
            let mut purging = Purging::default();
            assert!(purging.add_url(raw), "{raw}");
            assert!(purging.concerns(&CacheKey::canonical("", "/h%C3%A9?b=1").unwrap(), &BTreeSet::new()), "{raw}");
        }
        for raw in ["", "index.html", "*", "mailto:x@example.fr"] {
            assert!(!Purging::default().add_url(raw), "{raw}");
        }
    }
}
