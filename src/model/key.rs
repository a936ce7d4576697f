//! `Key`: the place of a file in a tree, be it the source, the bundle or the store.

use serde::{Deserialize, Serialize};
use std::borrow::Borrow;
use std::fmt;
use std::sync::Arc;

/// A relative path with `/` between its segments.
///
/// Invariant: no leading slash, no empty or dot segment, no control character, no backslash. The only way to get one is
/// [`Key::parse`], so whoever holds one need not look again.
/// A clone is the same text, not a copy: a thousand pages name the same files.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct Key(Arc<str>);

/// Why a text is not a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadKey {
    /// Nothing, or nothing between two slashes.
    Empty,
    /// Starts with a slash.
    Absolute,
    /// A `.` or `..` segment.
    Dots,
    /// A control character or a backslash.
    Control,
    /// Longer than the 1,024 bytes that object stores allow.
    TooLong,
}

/// S3, GCS and Azure all stop at 1,024 bytes (S3: "Creating object key names").
const LONGEST: usize = 1_024;

impl Key {
    /// Takes a path that may stand in a tree.
    ///
    /// # Errors
    /// Says which part of the invariant does not hold.
    pub fn parse(raw: &str) -> Result<Self, BadKey> {
        if raw.len() > LONGEST {
            return Err(BadKey::TooLong);
        }
        if raw.starts_with('/') {
            return Err(BadKey::Absolute);
        }
        if raw.chars().any(|c| c.is_control() || c == '\\') {
            return Err(BadKey::Control);
        }
        for segment in raw.split('/') {
            match segment {
                "" => return Err(BadKey::Empty),
                "." | ".." => return Err(BadKey::Dots),
                _ => {}
            }
        }
        Ok(Self(raw.into()))
    }

    /// The path.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The last segment.
    pub fn name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or(&self.0)
    }

    /// What stands after the last dot of the last segment, in lower case; empty when there is none.
    pub fn extension(&self) -> String {
        self.name().rsplit_once('.').map_or(String::new(), |(_, ext)| ext.to_ascii_lowercase())
    }

    /// The last segment without its extension.
    pub fn stem(&self) -> &str {
        self.name().rsplit_once('.').map_or(self.name(), |(stem, _)| stem)
    }

    /// The key without its extension, folders included.
    pub fn without_extension(&self) -> &str {
        self.0.strip_suffix(self.name()).map_or(self.stem(), |folder| &self.0[..folder.len() + self.stem().len()])
    }

    /// Whether the first segments are those of `folder`.
    pub fn is_below(&self, folder: &str) -> bool {
        self.0.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
    }

    /// The same place below a folder.
    ///
    /// # Errors
    /// When the joined path is not a key.
    pub fn below(&self, folder: &str) -> Result<Self, BadKey> {
        Self::parse(&format!("{folder}/{}", self.0))
    }
}

/// Keys are found by their text: it is compared and hashed as they are.
impl Borrow<str> for Key {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Key {
    type Error = BadKey;
    fn try_from(raw: String) -> Result<Self, BadKey> {
        Self::parse(&raw)
    }
}

impl Serialize for Key {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for BadKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "a path may not be empty or hold two slashes in a row",
            Self::Absolute => "a path may not start with a slash",
            Self::Dots => "a path may not hold `.` or `..`",
            Self::Control => "a path may not hold a control character or a backslash",
            Self::TooLong => "a path may not be longer than 1,024 bytes",
        })
    }
}

impl std::error::Error for BadKey {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_plain_relative_path_is_a_key() {
        for good in ["a", "a/b.html", "assets/héro.0123.jpg", ".landing/head", "a b"] {
            assert!(Key::parse(good).is_ok(), "{good}");
        }
        for (bad, why) in [
            ("", BadKey::Empty),
            ("/a", BadKey::Absolute),
            ("a//b", BadKey::Empty),
            ("a/", BadKey::Empty),
            ("../a", BadKey::Dots),
            ("a/./b", BadKey::Dots),
            ("a\nb", BadKey::Control),
            ("a\\b", BadKey::Control),
        ] {
            assert_eq!(Key::parse(bad), Err(why), "{bad:?}");
        }
        assert_eq!(Key::parse(&"a".repeat(1_025)), Err(BadKey::TooLong));
    }

    #[test]
    fn a_key_knows_its_parts() {
        let key = Key::parse("de/a.b.HTML").unwrap();
        assert_eq!((key.name(), key.stem(), key.extension().as_str()), ("a.b.HTML", "a.b", "html"));
        assert_eq!(key.without_extension(), "de/a.b");
        assert!(key.is_below("de") && !key.is_below("d"));
    }

    #[test]
    fn a_key_read_from_json_is_checked() {
        assert!(serde_json::from_str::<Key>("\"../x\"").is_err());
    }
}
