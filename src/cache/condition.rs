//! Whole, part, or not modified: what of a stored answer a request gets (RFC 9110, sections 13 and 14).
//!
//! Used by the edge for what it stores and by the origin for what it holds. Several ranges at once are answered with the
//! whole, as section 14.2 allows: nobody needs them, and overlapping ones are an old way to exhaust a server.

use super::date::parse_http_date;
use super::fields::{joined, members};
use bytes::Bytes;
use http::StatusCode;
use http::header::{
    AGE, CONTENT_ENCODING, CONTENT_LANGUAGE, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, DATE, ETAG, HeaderMap,
    HeaderValue, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_RANGE, LAST_MODIFIED, RANGE,
};

/// First and last byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    /// The first byte, from 0.
    pub first: usize,
    /// The last byte, included.
    pub last: usize,
}

/// What of an answer is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// All of it.
    Whole,
    /// 304: the client has it.
    NotModified,
    /// 206.
    Part(Range),
    /// 416: no byte of it was asked for.
    Unsatisfiable,
}

/// What of an answer of `length` bytes a request gets.
pub fn shape(status: StatusCode, stored: &HeaderMap, length: usize, head: bool, asked: &HeaderMap) -> Shape {
    if !status.is_success() || status == StatusCode::PARTIAL_CONTENT {
        return Shape::Whole;
    }
    if not_modified(stored, asked) {
        return Shape::NotModified;
    }
    if head || status != StatusCode::OK || !range_applies(stored, asked) {
        return Shape::Whole;
    }
    asked.get(RANGE).and_then(|it| it.to_str().ok()).map_or(Shape::Whole, |raw| range(raw, length))
}

/// RFC 9110, section 13.2.2: `If-None-Match` first, `If-Modified-Since` only without it.
fn not_modified(stored: &HeaderMap, asked: &HeaderMap) -> bool {
    if asked.contains_key(IF_NONE_MATCH) {
        return stored.get(ETAG).is_some_and(|etag| etag_matches(etag, asked))
            || joined(asked, IF_NONE_MATCH).is_some_and(|it| it.trim() == "*");
    }
    let since = date(asked, IF_MODIFIED_SINCE.as_str());
    // RFC 9111, section 4.3.2: without `Last-Modified` the date of the answer takes its place.
    let changed = date(stored, LAST_MODIFIED.as_str()).or_else(|| date(stored, DATE.as_str()));
    matches!((since, changed), (Some(since), Some(changed)) if changed <= since)
}

/// Whether `If-None-Match` names this entity tag, by weak comparison (RFC 9110, section 8.8.3.2). Compared as bytes: old
/// servers send tags in Latin-1.
pub fn etag_matches(etag: &HeaderValue, asked: &HeaderMap) -> bool {
    let ours = opaque(etag.as_bytes());
    asked.get_all(IF_NONE_MATCH).iter().any(|line| {
        let parts = line.as_bytes().split(|byte| *byte == b',');
        parts.map(|part| opaque(part.trim_ascii())).any(|theirs| theirs == ours)
            || opaque(line.as_bytes().trim_ascii()) == ours
    })
}

fn opaque(tag: &[u8]) -> &[u8] {
    tag.strip_prefix(b"W/").unwrap_or(tag)
}

/// RFC 9110, section 13.1.5: strong comparison only, or exactly the date.
fn range_applies(stored: &HeaderMap, asked: &HeaderMap) -> bool {
    let Some(condition) = asked.get(IF_RANGE) else { return true };
    if condition.as_bytes().contains(&b'"') {
        return !condition.as_bytes().starts_with(b"W/") && stored.get(ETAG) == Some(condition);
    }
    let wanted = date(asked, IF_RANGE.as_str());
    wanted.is_some() && wanted == date(stored, LAST_MODIFIED.as_str())
}

fn date(headers: &HeaderMap, name: &str) -> Option<u64> {
    headers.get(name)?.to_str().ok().and_then(parse_http_date)
}

/// RFC 9110, section 14.1.2. What is no single range of bytes is as if it were not there.
fn range(raw: &str, length: usize) -> Shape {
    let Some(spec) = raw.trim().strip_prefix("bytes=").filter(|it| members(it).len() == 1) else { return Shape::Whole };
    let Some((first, last)) = spec.trim().split_once('-') else { return Shape::Whole };
    match (number(first), number(last)) {
        (Some(first), _) if last.is_empty() || number(last).is_some() => {
            let last = number(last).unwrap_or(usize::MAX);
            match () {
                () if last < first => Shape::Whole,
                () if first >= length => Shape::Unsatisfiable,
                () => Shape::Part(Range { first, last: last.min(length - 1) }),
            }
        }
        (None, Some(suffix)) if first.is_empty() => match suffix.min(length) {
            0 => Shape::Unsatisfiable,
            suffix => Shape::Part(Range { first: length - suffix, last: length - 1 }),
        },
        _ => Shape::Whole,
    }
}

/// Digits only; more of them than fit mean "beyond the end".
fn number(raw: &str) -> Option<usize> {
    (!raw.is_empty() && raw.bytes().all(|it| it.is_ascii_digit())).then(|| raw.parse().unwrap_or(usize::MAX))
}

/// Status, fields and body of the answer in its shape. `Content-Length` is set; a `HEAD` gets no body but all fields.
///
/// A 304 carries everything but what describes the body (RFC 9110, section 15.4.5): a page's policy fields are part of its
/// identity here, and a cache that revalidates must learn of a change in them.
pub fn assemble(
    shape: Shape,
    status: StatusCode,
    stored: &HeaderMap,
    body: &Bytes,
    head: bool,
) -> (StatusCode, HeaderMap, Bytes) {
    let mut headers = stored.clone();
    let (status, sent) = match shape {
        Shape::Whole => (status, body.clone()),
        Shape::NotModified => {
            for name in [CONTENT_LENGTH, CONTENT_TYPE, CONTENT_ENCODING, CONTENT_LANGUAGE] {
                headers.remove(name);
            }
            return (StatusCode::NOT_MODIFIED, headers, Bytes::new());
        }
        Shape::Part(Range { first, last }) => {
            headers.insert(CONTENT_RANGE, text(&format!("bytes {first}-{last}/{}", body.len())));
            (StatusCode::PARTIAL_CONTENT, body.slice(first..=last))
        }
        Shape::Unsatisfiable => {
            for name in [CONTENT_TYPE, CONTENT_ENCODING, ETAG, LAST_MODIFIED, AGE] {
                headers.remove(name);
            }
            headers.insert(CONTENT_RANGE, text(&format!("bytes */{}", body.len())));
            (StatusCode::RANGE_NOT_SATISFIABLE, Bytes::new())
        }
    };
    if status != StatusCode::NO_CONTENT && status != StatusCode::NOT_MODIFIED {
        headers.insert(CONTENT_LENGTH, HeaderValue::from(sent.len()));
    }
    (status, headers, if head { Bytes::new() } else { sent })
}

fn text(value: &str) -> HeaderValue {
    HeaderValue::from_str(value).expect("digits and letters")
}

#[cfg(test)]
mod tests {
    use super::super::fields::headers;
    use super::*;

    const STORED: &str = "ETag: \"abc\"\nLast-Modified: Sun, 06 Nov 1994 08:49:37 GMT";

    fn asks(text: &str) -> Shape {
        shape(StatusCode::OK, &headers(STORED), 10, false, &headers(text))
    }

    #[test]
    fn a_client_that_has_it_is_told_so() {
        for text in [
            "If-None-Match: \"abc\"",
            "If-None-Match: W/\"abc\"",
            "If-None-Match: \"x\", \"abc\"\nIf-Modified-Since: Sun, 06 Nov 1993 08:49:37 GMT",
            "If-None-Match: *",
            "If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT",
            "If-Modified-Since: Sunday, 06-Nov-94 08:49:38 GMT",
        ] {
            assert_eq!(asks(text), Shape::NotModified, "{text}");
        }
        for text in [
            "If-None-Match: \"x\"\nIf-Modified-Since: Sun, 06 Nov 1995 08:49:37 GMT",
            "If-None-Match: abc",
            "If-Modified-Since: Sun, 06 Nov 1994 08:49:36 GMT",
            "If-Modified-Since: x",
        ] {
            assert_eq!(asks(text), Shape::Whole, "{text}");
        }
    }

    #[test]
    fn one_range_is_a_part_and_anything_odd_is_the_whole() {
        let part = |first, last| Shape::Part(Range { first, last });
        for (raw, expected) in [
            ("bytes=0-1", part(0, 1)),
            ("bytes=5-", part(5, 9)),
            ("bytes=-3", part(7, 9)),
            ("bytes=-99", part(0, 9)),
            ("bytes=8-99999999999999999999999", part(8, 9)),
            ("bytes=10-", Shape::Unsatisfiable),
            ("bytes=99999999999999999999999-", Shape::Unsatisfiable),
            ("bytes=-0", Shape::Unsatisfiable),
            ("bytes=0-1,4-5", Shape::Whole),
            ("bytes=4-2", Shape::Whole),
            ("bytes=--2", Shape::Whole),
            ("bytes=a-b", Shape::Whole),
            ("bytes=-", Shape::Whole),
            ("lines=0-1", Shape::Whole),
        ] {
            assert_eq!(asks(&format!("Range: {raw}")), expected, "{raw}");
        }
        assert_eq!(shape(StatusCode::OK, &headers(""), 0, false, &headers("Range: bytes=0-0")), Shape::Unsatisfiable);
        assert_eq!(shape(StatusCode::OK, &headers(""), 9, true, &headers("Range: bytes=0-0")), Shape::Whole);
        assert_eq!(shape(StatusCode::NOT_FOUND, &headers(""), 9, false, &headers("Range: bytes=0-0")), Shape::Whole);
    }

    #[test]
    fn a_part_of_another_version_is_never_sent() {
        assert!(matches!(asks("Range: bytes=0-0\nIf-Range: \"abc\""), Shape::Part(_)));
        assert!(matches!(asks("Range: bytes=0-0\nIf-Range: Sun, 06 Nov 1994 08:49:37 GMT"), Shape::Part(_)));
        for other in ["\"x\"", "W/\"abc\"", "Sun, 06 Nov 1995 08:49:37 GMT", "junk"] {
            assert_eq!(asks(&format!("Range: bytes=0-0\nIf-Range: {other}")), Shape::Whole, "{other}");
        }
    }

    #[test]
    fn each_shape_has_its_status_and_fields() {
        let stored = headers("ETag: \"a\"\nVary: x\nCache-Control: y\nContent-Type: text/html\nContent-Encoding: br");
        let body = Bytes::from_static(b"0123456789");
        let made = |shape, head| assemble(shape, StatusCode::OK, &stored, &body, head);
        let (status, fields, sent) = made(Shape::NotModified, false);
        assert_eq!((status.as_u16(), sent.len()), (304, 0));
        assert_eq!(fields.keys().map(http::HeaderName::as_str).collect::<Vec<_>>(), ["etag", "vary", "cache-control"]);
        let (status, fields, sent) = made(Shape::Part(Range { first: 2, last: 4 }), false);
        assert_eq!((status.as_u16(), &sent[..], &fields["content-range"]), (206, &b"234"[..], &text("bytes 2-4/10")));
        assert_eq!(fields["content-length"], "3");
        let (status, fields, sent) = made(Shape::Whole, true);
        assert_eq!((status.as_u16(), sent.len(), &fields["content-length"]), (200, 0, &text("10")));
        assert_eq!(made(Shape::Unsatisfiable, false).1["content-range"], "bytes */10");
    }
}
