//! `CacheKey`: what a stored answer is found by.

use crate::model::UrlPath;
use crate::model::is_tracking;
use percent_encoding::percent_decode_str;
use std::fmt;

/// Path, query and site. The path comes first in the order, so that all keys below a prefix stand side by side.
///
/// In the profile `landing` path and query are in one canonical spelling, which is also what the origin is asked for: two
/// spellings that share a key can never be two questions to the origin.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CacheKey {
    path: String,
    query: Option<String>,
    site: String,
}

impl CacheKey {
    /// The canonical key of a request target: percent-encoding in one spelling, tracking parameters and an empty query gone.
    ///
    /// # Errors
    /// When the target is no path.
    pub fn canonical(site: &str, target: &str) -> Result<Self, &'static str> {
        let path = UrlPath::from_target(target)?.encoded();
        let query = target.split_once('?').map(|(_, query)| query.split('#').next().unwrap_or_default());
        Ok(Self { path, query: query.and_then(without_tracking), site: site.to_owned() })
    }

    /// The key of a target exactly as it came.
    pub fn exact(site: &str, target: &str) -> Self {
        let (path, query) = target.split_once('?').map_or((target, None), |(path, query)| (path, Some(query)));
        Self { path: path.to_owned(), query: query.map(str::to_owned), site: site.to_owned() }
    }

    /// The path, percent-encoded.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The site.
    pub fn site(&self) -> &str {
        &self.site
    }

    /// Path and query, as the origin is asked.
    pub fn target(&self) -> String {
        match &self.query {
            Some(query) => format!("{}?{query}", self.path),
            None => self.path.clone(),
        }
    }

    /// The key of the path alone; `None` when this is one.
    pub fn without_query(&self) -> Option<Self> {
        self.query.as_ref().map(|_| Self { query: None, ..self.clone() })
    }

    /// The smallest key with a path of this beginning.
    pub fn first_below(prefix: &str) -> Self {
        Self { path: prefix.to_owned(), query: None, site: String::new() }
    }
}

impl fmt::Display for CacheKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.site, self.target())
    }
}

/// The query without what only tracks; `None` when nothing is left. The order of the others stays: it may mean something.
fn without_tracking(query: &str) -> Option<String> {
    let kept: Vec<&str> = query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .filter(|pair| {
            let name = pair.split('=').next().unwrap_or_default();
            !is_tracking(&percent_decode_str(name).decode_utf8_lossy())
        })
        .collect();
    (!kept.is_empty()).then(|| kept.join("&"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(raw: &str) -> String {
        CacheKey::canonical("", raw).unwrap().target()
    }

    #[test]
    fn spellings_of_one_page_are_one_key() {
        for raw in ["/", "/?", "/?utm_source=tv", "/?&gclid=1&", "/?utm%5Fsource=x", "/?FbClid=1#top"] {
            assert_eq!(target(raw), "/", "{raw}");
        }
        assert_eq!(target("/h%c3%a9"), target("/h%C3%A9"));
        assert_eq!(target("/%61"), "/a");
        assert_eq!(target("/a?b=1&utm_source=tv&a=2"), "/a?b=1&a=2");
        assert_ne!(target("/a"), target("/a/"));
        assert!(CacheKey::canonical("", "/a/%2e%2e/b").is_err());
        assert!(CacheKey::canonical("", "*").is_err());
    }

    #[test]
    fn keys_below_a_prefix_stand_side_by_side() {
        let first = CacheKey::first_below("/a");
        for inside in ["/a", "/a?b", "/a/b", "/ab"] {
            assert!(CacheKey::exact("z", inside) > first && CacheKey::exact("z", inside).path().starts_with("/a"));
        }
        assert!(CacheKey::exact("a", "/B") < first);
    }
}
