//! `UrlPath`: the path of a public URL.

use super::Key;
use serde::{Deserialize, Serialize};
use std::fmt;

/// An absolute URL path, percent-decoded: `/`, `/mentions-legales`, `/assets/a.0123.css`. No query, no fragment.
///
/// Invariant: starts with `/`, no dot segment, no control character, no backslash. Empty segments are kept: `/a//b` is
/// another URL than `/a/b`, and `/a/` another than `/a`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct UrlPath(String);

impl UrlPath {
    /// Takes a decoded path.
    ///
    /// # Errors
    /// When the invariant does not hold.
    pub fn parse(raw: &str) -> Result<Self, &'static str> {
        if !raw.starts_with('/') {
            return Err("a URL path starts with `/`");
        }
        if raw.contains(['?', '#']) {
            return Err("a URL path holds no query and no fragment");
        }
        Self::lenient(raw)
    }

    /// Takes the path of a request target as it came over the wire: cuts the query, undoes percent-encoding.
    ///
    /// # Errors
    /// When it is not UTF-8 or the invariant does not hold.
    pub fn from_target(target: &str) -> Result<Self, &'static str> {
        let path = target.split(['?', '#']).next().unwrap_or_default();
        if !path.starts_with('/') {
            return Err("a URL path starts with `/`");
        }
        let decoded = percent_encoding::percent_decode_str(path).decode_utf8().map_err(|_| "a URL path is UTF-8")?;
        Self::lenient(&decoded)
    }

    fn lenient(decoded: &str) -> Result<Self, &'static str> {
        if decoded.chars().any(|c| c.is_control() || c == '\\') {
            return Err("a URL path holds no control character and no backslash");
        }
        if decoded.split('/').any(|segment| matches!(segment, "." | "..")) {
            return Err("a URL path holds no dot segment");
        }
        Ok(Self(decoded.to_owned()))
    }

    /// The URL path under which the object of a key stands.
    pub fn of(key: &Key) -> Self {
        Self(format!("/{key}"))
    }

    /// The decoded path.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The path as it goes over the wire, percent-encoded (RFC 3986, section 3.3: everything but pchar and `/`).
    pub fn encoded(&self) -> String {
        use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
        const NOT_PCHAR: &AsciiSet = &CONTROLS
            .add(b' ')
            .add(b'"')
            .add(b'#')
            .add(b'%')
            .add(b'<')
            .add(b'>')
            .add(b'?')
            .add(b'[')
            .add(b']')
            .add(b'^')
            .add(b'`')
            .add(b'{')
            .add(b'|')
            .add(b'}')
            .add(b'\\');
        utf8_percent_encode(&self.0, NOT_PCHAR).to_string()
    }
}

impl TryFrom<String> for UrlPath {
    type Error = &'static str;
    fn try_from(raw: String) -> Result<Self, Self::Error> {
        // `?` and `#` may stand in a decoded path: what was written is read back.
        if raw.starts_with('/') { Self::lenient(&raw) } else { Err("a URL path starts with `/`") }
    }
}

impl From<UrlPath> for String {
    fn from(path: UrlPath) -> Self {
        path.0
    }
}

impl fmt::Display for UrlPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_cut_decoded_and_checked() {
        assert_eq!(UrlPath::from_target("/h%C3%A9?utm_source=tv#x").unwrap().as_str(), "/hé");
        assert!(UrlPath::from_target("/a/%2e%2e/b").is_err());
        assert!(UrlPath::from_target("/a%00").is_err());
        assert!(UrlPath::from_target("*").is_err());
        assert!(UrlPath::from_target("/%ff").is_err());
        assert_eq!(UrlPath::parse("/hé a").unwrap().encoded(), "/h%C3%A9%20a");
    }
}
