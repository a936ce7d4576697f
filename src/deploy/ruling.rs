//! The ruling about one document: what stands in the store where it belongs, and what may be done about it.
//!
//! A deploy overwrites only what this tool wrote. Whether a strange body was ours once is for the store to say (its
//! blob is kept), so the ruling can be [`Ruling::Strange`], which is a question and not yet a refusal.

use crate::model::{Digest, Entry, Headers};

/// What to do about a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ruling {
    /// It is there, body and header fields.
    Keep,
    /// It may be written over what stands there: nothing, the same body with other fields, or the release before.
    Write,
    /// Neither this release nor the one before wrote what stands there.
    Strange,
}

/// Rules about the document `wanted`, which the release before had as `before`, by what was `found`.
pub fn rule(wanted: &Entry, before: Option<&Entry>, found: Option<(Digest, &Headers)>) -> Ruling {
    match found {
        None => Ruling::Write,
        Some((body, headers)) if body == wanted.sha256 && *headers == wanted.headers => Ruling::Keep,
        Some((body, _)) if body == wanted.sha256 => Ruling::Write,
        Some((body, _)) if before.is_some_and(|before| before.sha256 == body) => Ruling::Write,
        Some(_) => Ruling::Strange,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deploy::head::tests::release;
    use crate::model::Key;

    #[test]
    fn only_what_this_tool_wrote_is_written_over() {
        let (old, new) = (release("index.html=old"), release("index.html=new"));
        let key = Key::parse("index.html").unwrap();
        let (before, wanted) = (&old.entries[&key], &new.entries[&key]);
        let none = Headers::new();
        let ruled = |found| rule(wanted, Some(before), found);
        assert_eq!(ruled(None), Ruling::Write);
        assert_eq!(ruled(Some((wanted.sha256, &wanted.headers))), Ruling::Keep);
        assert_eq!(ruled(Some((wanted.sha256, &none))), Ruling::Write);
        assert_eq!(ruled(Some((before.sha256, &before.headers))), Ruling::Write);
        assert_eq!(ruled(Some((Digest::of(b"theirs"), &wanted.headers))), Ruling::Strange);
        assert_eq!(rule(wanted, None, Some((before.sha256, &before.headers))), Ruling::Strange);
    }
}
