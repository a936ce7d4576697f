//! Cache tags in the words of each CDN: the field in which it looks for them, how several stand there, and what it takes.
//!
//! A release is made with `cache-tag`. [`Release::tagged`] adds the fields of the CDNs of one environment, and refuses what one of them
//! would cut off or ignore without a word: an answer without its tag is one that a purge does not reach.

use super::{Headers, Release};

/// Where a CDN looks for tags, and what it takes there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TagField {
    /// The name of the response field, in lower case.
    pub name: &'static str,
    /// What stands between two tags.
    pub separator: &'static str,
    /// How many tags an answer may carry.
    pub most: usize,
    /// How many bytes a tag may have.
    pub longest: usize,
    /// How many bytes all of them may have.
    pub bytes: usize,
    /// What a tag may be made of.
    pub letters: Letters,
}

/// What a tag may be made of. What separates tags is never part of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Letters {
    /// ASCII that can be seen.
    Visible,
    /// Those of a token (RFC 9110, section 5.6.2).
    Token,
}

impl TagField {
    /// The field in which a release has them.
    pub const OURS: &'static str = "cache-tag";

    /// What we hold to where a vendor names no limit: none of the others takes less of a short list of short words.
    pub const PLAIN: Self =
        Self { name: Self::OURS, separator: ", ", most: 50, longest: 128, bytes: 1_024, letters: Letters::Visible };

    /// The value of the field.
    ///
    /// # Errors
    /// With what this CDN does not take, and why.
    pub fn value(&self, tags: &[&str]) -> Result<String, String> {
        let value = tags.join(self.separator);
        if tags.len() > self.most {
            return Err(format!("{} tags in one answer, of which it takes {}", tags.len(), self.most));
        }
        if let Some(tag) = tags.iter().find(|tag| tag.is_empty() || tag.len() > self.longest) {
            return Err(format!("a tag of {} bytes, of which it takes 1 to {}", tag.len(), self.longest));
        }
        if let Some(tag) = tags.iter().find(|tag| !tag.bytes().all(|byte| self.takes(byte))) {
            return Err(format!("a letter in the tag `{}` that it does not take", tag.escape_default()));
        }
        if value.len() > self.bytes {
            return Err(format!("tags of {} bytes in one answer, of which it takes {}", value.len(), self.bytes));
        }
        Ok(value)
    }

    fn takes(&self, byte: u8) -> bool {
        let separates = byte == b',' || byte == b' ';
        match self.letters {
            _ if separates => false,
            Letters::Visible => byte.is_ascii_graphic(),
            Letters::Token => byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte),
        }
    }
}

impl Release {
    /// The same with every tag in the fields of these CDNs, too.
    ///
    /// # Errors
    /// When one of them would not take a tag; with the name of its field.
    pub fn tagged(mut self, fields: &[TagField]) -> Result<Self, String> {
        let entries = self.entries.values_mut().chain(self.modes.values_mut().flat_map(|entries| entries.values_mut()));
        for headers in entries.map(|entry| &mut entry.headers).chain([&mut self.redirect_headers]) {
            for field in fields {
                write(headers, field).map_err(|why| format!("`{}` would hold {why}", field.name))?;
            }
        }
        Ok(self)
    }
}

/// What stands in the field already was put there by `[headers]`, and stays.
fn write(headers: &mut Headers, field: &TagField) -> Result<(), String> {
    let Some(ours) = headers.get(TagField::OURS).map(str::to_owned) else { return Ok(()) };
    let own = if field.name == TagField::OURS { "" } else { headers.get(field.name).unwrap_or_default() };
    let split =
        |text: &str| text.split([',', ' ']).filter(|tag| !tag.is_empty()).map(str::to_owned).collect::<Vec<_>>();
    let mut tags = split(own);
    tags.extend(split(&ours).into_iter().filter(|tag| !split(own).contains(tag)));
    let value = field.value(&tags.iter().map(String::as_str).collect::<Vec<_>>())?;
    // Ours stays as it was made, to the letter.
    if field.name == TagField::OURS { Ok(()) } else { headers.set(field.name, &value) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPACES: TagField =
        TagField { name: "surrogate-key", separator: " ", most: 3, longest: 6, bytes: 14, ..TagField::PLAIN };
    const TOKENS: TagField = TagField { name: "edge-cache-tag", letters: Letters::Token, ..TagField::PLAIN };

    #[test]
    fn tags_stand_as_each_cdn_reads_them() {
        assert_eq!(SPACES.value(&["error", "fr"]), Ok("error fr".to_owned()));
        assert_eq!(TOKENS.value(&["error", "fr"]), Ok("error, fr".to_owned()));
    }

    #[test]
    fn what_a_cdn_would_cut_off_or_ignore_is_refused_with_its_limit() {
        for (tags, says) in [
            (&["a", "b", "c", "d"][..], "4 tags in one answer, of which it takes 3"),
            (&["a", "longest"], "a tag of 7 bytes, of which it takes 1 to 6"),
            (&["a", ""], "a tag of 0 bytes"),
            (&["a b"], "a letter in the tag `a b`"),
            (&["a,b"], "a letter in the tag `a,b`"),
            (&["é"], "a letter in the tag `\\u{e9}`"),
            (&["123456", "123456", "12"], "tags of 16 bytes in one answer, of which it takes 14"),
        ] {
            let why = SPACES.value(tags).unwrap_err();
            assert!(why.contains(says), "{tags:?}: {why}");
        }
        assert!(TagField::PLAIN.value(&["a:b"]).is_ok());
        assert!(TOKENS.value(&["a:b"]).unwrap_err().contains("a letter in the tag `a:b`"));
    }

    #[test]
    fn what_was_in_the_field_stays_and_nothing_stands_there_twice() {
        let mut headers = Headers::new().with("cache-tag", "fr, error").with("surrogate-key", "mine fr");
        write(&mut headers, &TagField { bytes: 99, ..SPACES }).unwrap();
        assert_eq!(headers.get("surrogate-key"), Some("mine fr error"));
        assert_eq!(headers.get("cache-tag"), Some("fr, error"));
        let mut untagged = Headers::new().with("x-a", "b");
        write(&mut untagged, &SPACES).unwrap();
        assert_eq!(untagged, Headers::new().with("x-a", "b"));
    }
}
