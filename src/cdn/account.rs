//! Where a purge goes: the site's addresses, and what the provider wanted to be told.
//!
//! It holds no secret, only the names of those that there are: a dialect may ask whether one is there, never for it.

use std::collections::{BTreeMap, BTreeSet};

/// Where a purge goes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Account {
    /// The public address of the environment, without a trailing slash.
    pub url: String,
    /// Another address of the provider's API.
    pub api: Option<String>,
    /// What the provider asked for; a flag is `true`.
    pub settings: BTreeMap<String, Vec<String>>,
    /// The names of the secrets that there are.
    pub secrets: BTreeSet<String>,
    /// Whether the origin sends cache tags in the field in which this provider looks for them.
    pub sends_tags: bool,
}

impl Account {
    /// Keys that every provider knows: further names of the site, whether the cache keeps a copy per query, and
    /// whether our `cache-tag` is copied to where it looks for tags.
    pub const SHARED: &'static [&'static str] = &["hosts", "query", "tags_copied", "redirect", "settings_token"];

    /// An account that needs to be told nothing.
    pub fn at(url: impl Into<String>) -> Self {
        Self { url: url.into(), ..Self::default() }
    }

    /// The same with a setting.
    #[must_use]
    pub fn with(mut self, key: &str, values: &[&str]) -> Self {
        self.settings.insert(key.to_owned(), values.iter().map(|&value| value.to_owned()).collect());
        self
    }

    /// A setting; empty where it is not there.
    pub fn get(&self, key: &str) -> &str {
        self.list(key).first().map_or("", String::as_str)
    }

    /// A setting with several values.
    pub fn list(&self, key: &str) -> &[String] {
        self.settings.get(key).map_or(&[], Vec::as_slice)
    }

    /// Whether a flag is set.
    pub fn flag(&self, key: &str) -> bool {
        self.get(key) == "true"
    }

    /// Whether there is a secret of that name.
    pub fn has(&self, secret: &str) -> bool {
        self.secrets.contains(secret)
    }

    /// Where the API is: what the configuration says, or the provider's own address.
    pub fn api(&self, usual: &str) -> String {
        self.api.as_deref().unwrap_or(usual).trim_end_matches('/').to_owned()
    }

    /// Every address under which the same page stands: `https://www.example.fr`, `https://example.fr`.
    pub fn bases(&self) -> Vec<String> {
        let scheme = self.url.split_once("://").map_or("https", |(scheme, _)| scheme);
        let further = self.list("hosts").iter().map(|host| format!("{scheme}://{host}"));
        std::iter::once(self.url.clone()).chain(further).collect()
    }

    /// The host names of those addresses.
    pub fn hosts(&self) -> Vec<String> {
        self.bases().iter().map(|base| split(base).0.to_owned()).collect()
    }

    /// Whether the cache keeps a copy for every query.
    pub fn keeps_queries(&self) -> bool {
        self.get("query") == "kept"
    }

    /// The caches themselves, where one runs them.
    pub fn nodes(&self) -> Vec<&str> {
        self.list("nodes").iter().map(|node| node.trim_end_matches('/')).collect()
    }

    /// Refuses a cache of one's own that would obey anybody.
    pub fn guarded(&self) -> Result<(), String> {
        if self.has("token") || self.flag("acl") {
            return Ok(());
        }
        Err("anybody could purge it: set `token`, or say `acl = true` when it takes purges from listed addresses only"
            .to_owned())
    }
}

/// `https://www.example.fr/a` as host and path.
pub(super) fn split(url: &str) -> (&str, &str) {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    match rest.find('/') {
        Some(at) => (&rest[..at], &rest[at..]),
        None => (rest, "/"),
    }
}

/// A text as one part of an address or of a query (RFC 3986, section 2.3: all but unreserved).
pub(super) fn component(text: &str) -> String {
    use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
    const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
    utf8_percent_encode(text, RESERVED).to_string()
}

/// Every letter that means something in a regular expression, taken as itself.
pub(super) fn literal(text: &str) -> String {
    text.chars().flat_map(|c| ("\\.+*?()|[]{}^$".contains(c)).then_some('\\').into_iter().chain([c])).collect()
}
