//! `Headers`: response header fields, ordered and in lower case.

use serde::{Deserialize, Serialize, Serializer};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Field name (lower case) to field value. A name stands once; several values are joined by commas beforehand.
///
/// Invariant: names are tokens (RFC 9110, section 5.6.2) in lower case, values are visible ASCII with inner spaces or tabs, so that
/// no value can smuggle a second field.
/// A clone is the same fields, not a copy: a thousand files are served with the same.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "BTreeMap<String, String>")]
pub struct Headers(Arc<BTreeMap<String, String>>);

impl Headers {
    /// No fields.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets a field, replacing what stood under its name.
    ///
    /// # Errors
    /// When the name or the value could not go over the wire.
    pub fn set(&mut self, name: &str, value: &str) -> Result<(), String> {
        let name = name.to_ascii_lowercase();
        if name.is_empty() || !name.bytes().all(is_token) {
            return Err(format!("`{name}` is not a header name"));
        }
        let visible = |byte: u8| byte == b'\t' || (0x20..0x7f).contains(&byte);
        if value.trim() != value || !value.bytes().all(visible) {
            return Err(format!("the value of `{name}` holds characters that a header cannot carry"));
        }
        Arc::make_mut(&mut self.0).insert(name, value.to_owned());
        Ok(())
    }

    /// As [`Headers::set`], for values this program writes itself.
    ///
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.set(name, value).expect("the caller passes a well-formed header");
        self
    }

    /// The value of a field.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(&name.to_ascii_lowercase()).map(String::as_str)
    }

    /// Takes a field out.
    pub fn remove(&mut self, name: &str) -> Option<String> {
        Arc::make_mut(&mut self.0).remove(&name.to_ascii_lowercase())
    }

    /// All fields in the order of their names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// How many fields.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// RFC 9110, section 5.6.2: `tchar`.
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

impl TryFrom<BTreeMap<String, String>> for Headers {
    type Error = String;
    fn try_from(raw: BTreeMap<String, String>) -> Result<Self, String> {
        let mut headers = Self::new();
        for (name, value) in raw {
            headers.set(&name, &value)?;
        }
        Ok(headers)
    }
}

impl Serialize for Headers {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_cannot_smuggle_a_second_field() {
        let mut headers = Headers::new();
        assert!(headers.set("X-A", "b\r\nSet-Cookie: c").is_err());
        assert!(headers.set("x y", "b").is_err());
        assert!(headers.set("x", " b").is_err());
        assert!(headers.set("x", "é").is_err());
        headers.set("X-A", "b").unwrap();
        assert_eq!(headers.get("x-a"), Some("b"));
    }
}
