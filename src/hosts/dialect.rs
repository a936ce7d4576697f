//! The hosts that read `_headers` and `_redirects`, and what each of them cannot read there.
//!
//! Facts only, from the hosts' own parsers: `@netlify/headers-parser` 10.1, `@netlify/redirect-parser` 16.1, and the configuration
//! parser and asset worker of Cloudflare's `workers-sdk` (2026-04). `tests/real` runs those parsers over what we write.

use crate::model::UrlPath;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// A host that reads `_headers` and `_redirects`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Dialect {
    /// Cloudflare Pages and Workers static assets.
    Cloudflare,
    /// Netlify.
    Netlify,
}

/// Fields that Netlify sets itself (docs, "Custom headers: limitations").
const NETLIFY_OWN: &[&str] = &[
    "accept-ranges",
    "age",
    "allow",
    "alt-svc",
    "connection",
    "content-encoding",
    "content-length",
    "content-range",
    "date",
    "location",
    "server",
    "set-cookie",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// What `encodeURIComponent` leaves alone: Cloudflare sends every path that is written otherwise to the one written so.
const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'!')
    .remove(b'~')
    .remove(b'*')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')')
    .remove(b'/');

impl Dialect {
    /// The name of the host.
    pub fn name(self) -> &'static str {
        match self {
            Self::Cloudflare => "cloudflare",
            Self::Netlify => "netlify",
        }
    }

    /// How many blocks of `_headers` are read; Cloudflare skips the rest of the file (`MAX_HEADER_RULES`).
    pub(super) fn most_rules(self) -> usize {
        match self {
            Self::Cloudflare => 100,
            Self::Netlify => usize::MAX,
        }
    }

    /// How many lines of `_redirects` without a wildcard are read (`MAX_STATIC_REDIRECT_RULES`); Netlify advises against more than 10,000.
    pub(super) fn most_redirects(self) -> usize {
        match self {
            Self::Cloudflare => 2_000,
            Self::Netlify => 10_000,
        }
    }

    /// How long a line may be (`MAX_LINE_LENGTH`); a longer one is dropped.
    pub(super) fn longest_line(self) -> usize {
        match self {
            Self::Cloudflare => 2_000,
            Self::Netlify => usize::MAX,
        }
    }

    /// The path of a file as the host's rules must name it.
    pub(super) fn path(self, url: &UrlPath) -> String {
        match self {
            Self::Cloudflare => utf8_percent_encode(url.as_str(), COMPONENT).to_string(),
            Self::Netlify => url.encoded(),
        }
    }

    /// Why a path cannot be named exactly, if so: neither host knows an escape for its wildcards.
    pub(super) fn refuses_path(self, path: &str) -> Option<&'static str> {
        let named = |(at, _): (usize, &str)| path[at + 1..].starts_with(|c: char| c.is_ascii_alphabetic());
        match self {
            _ if path.contains('*') => Some("reads `*` in a path as a wildcard"),
            Self::Cloudflare if path.match_indices(':').any(named) => Some("reads `:` in a path as a wildcard"),
            Self::Netlify if path.contains("/:") => Some("reads `:` in a path as a wildcard"),
            Self::Netlify if path.starts_with("/.netlify") => Some("keeps paths below `/.netlify` for itself"),
            // Its matcher drops empty segments.
            Self::Netlify if path.contains("//") => Some("reads two slashes in a path as one"),
            _ => None,
        }
    }

    /// Why a field cannot be set, if so.
    pub(super) fn refuses_field(self, name: &str, value: &str, wildcard: bool) -> Option<&'static str> {
        match self {
            _ if value.is_empty() => Some("drops a field without a value"),
            _ if name.starts_with('#') => Some("reads a line that starts with `#` as a comment"),
            Self::Netlify if NETLIFY_OWN.contains(&name) => Some("sets this field itself"),
            Self::Netlify if respaced(value) != value => Some("rewrites the spaces around every comma"),
            Self::Cloudflare if wildcard && value.contains(":splat") => Some("replaces `:splat` by a part of the path"),
            _ if name.len() + ": ".len() + value.len() > self.longest_line() => {
                Some("drops a line of more than 2,000 characters")
            }
            _ => None,
        }
    }
}

/// Netlify's `normalizeMultipleValues`: every comma with the spaces around it becomes `, `, in quoted strings as well.
pub(super) fn respaced(value: &str) -> String {
    value.split(',').map(str::trim).collect::<Vec<_>>().join(", ")
}

/// A path as Netlify compares it (`getForRegExp`): without regard to case and to a slash at the end.
pub(super) fn folded(path: &str) -> String {
    format!("/{}", path.to_ascii_lowercase().split('/').filter(|part| !part.is_empty()).collect::<Vec<_>>().join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_host_would_read_otherwise_is_refused() {
        let both = [Dialect::Cloudflare, Dialect::Netlify];
        assert!(both.iter().all(|host| host.refuses_path("/a/*").is_some()));
        assert!(both.iter().all(|host| host.refuses_path("/a/:b").is_some()));
        assert!(both.iter().all(|host| host.refuses_path("/a/10:30").is_none()));
        assert!(Dialect::Netlify.refuses_field("x", "\"a,b\"", false).is_some());
        assert!(Dialect::Cloudflare.refuses_field("x", &"a".repeat(2_000), false).is_some());
        assert!(Dialect::Cloudflare.refuses_field("x", "a:splat", true).is_some());
    }

    #[test]
    fn cloudflare_names_a_path_as_encode_uri_component_does() {
        let url = UrlPath::parse("/a/h\u{e9}ros + (1)@2x.png").unwrap();
        assert_eq!(Dialect::Cloudflare.path(&url), "/a/h%C3%A9ros%20%2B%20(1)%402x.png");
        assert_eq!(Dialect::Netlify.path(&url), "/a/h%C3%A9ros%20+%20(1)@2x.png");
    }
}
