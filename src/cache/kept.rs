//! `Kept`: an answer as it is stored, and how a 304 renews it (RFC 9111, sections 3.1, 3.2 and 4.3.4).

use super::Profile;
use super::control::{Control, names};
use super::date::http_date;
use super::fields::drop_hop_by_hop;
use super::freshness::{Life, Timing};
use super::search::whatever_the_query;
use super::tags::tags;
use super::vary::Variant;
use bytes::Bytes;
use http::header::{
    AGE, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE, DATE, ETAG, HeaderName, HeaderValue, IF_MODIFIED_SINCE,
    IF_NONE_MATCH, LAST_MODIFIED, SET_COOKIE,
};
use http::{HeaderMap, StatusCode};
use std::collections::BTreeSet;

/// A stored answer. Its fields are those that every client gets, without `Age`, cookies and what belongs to one connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// The status.
    pub status: StatusCode,
    /// The fields.
    pub headers: HeaderMap,
    /// The whole body.
    pub body: Bytes,
    /// How long it may be used.
    pub life: Life,
    /// Whom it fits.
    pub variant: Variant,
    /// Whether it stands under its path alone, whatever the query (profile `landing`).
    pub any_query: bool,
    /// Its cache tags.
    pub tags: BTreeSet<String>,
    /// The names of the cookies that were taken out.
    pub cookies: BTreeSet<String>,
}

/// What a 304 does to a stored answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Merge {
    /// It is as good as new.
    Renewed(Box<Kept>),
    /// The 304 is about another answer.
    Mismatch,
}

impl Kept {
    /// The answer to a request (as the origin saw it) in the form in which it is stored. Call it only for what may be stored.
    pub fn new(
        profile: Profile,
        request: &HeaderMap,
        status: StatusCode,
        response: &HeaderMap,
        body: Bytes,
        timing: Timing,
    ) -> Option<Self> {
        let mut headers = response.clone();
        let life = Life::of(profile, status, &headers, timing);
        let variant = Variant::of(profile, request, &headers)?;
        let tags = tags(&headers);
        let cookies = cookie_names(&headers);
        let any_query = profile == Profile::Landing && whatever_the_query(&headers);
        drop_hop_by_hop(&mut headers);
        for name in names(&Control::of_response(&headers).withheld).chain([SET_COOKIE, AGE]) {
            headers.remove(name);
        }
        if profile == Profile::Landing {
            // As Cloudflare and Fastly do: tags are between origin and CDN, and cost every visitor bytes.
            headers.remove("cache-tag");
            headers.remove("surrogate-key");
        }
        if !headers.contains_key(DATE) {
            // RFC 9110, section 6.6.1.
            headers.insert(DATE, HeaderValue::from_str(&http_date(timing.answered_ms / 1000)).expect("a date"));
        }
        Some(Self { status, headers, body, life, variant, any_query, tags, cookies })
    }

    /// Bytes that it occupies, about.
    pub fn size(&self) -> u64 {
        const OVERHEAD: usize = 512;
        let fields: usize = self.headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 64).sum();
        (self.body.len() + fields + OVERHEAD) as u64
    }

    /// Whether the origin can be asked "has it changed?".
    pub fn has_validator(&self) -> bool {
        self.headers.contains_key(ETAG) || self.headers.contains_key(LAST_MODIFIED)
    }

    /// Adds the conditions for that question (RFC 9111, section 4.3.1).
    pub fn ask_whether_changed(&self, request: &mut HeaderMap) {
        for (from, to) in [(ETAG, IF_NONE_MATCH), (LAST_MODIFIED, IF_MODIFIED_SINCE)] {
            if let Some(value) = self.headers.get(from) {
                request.insert(to, value.clone());
            }
        }
    }

    /// The answer renewed by a 304.
    pub fn renew(&self, profile: Profile, request: &HeaderMap, not_modified: &HeaderMap, timing: Timing) -> Merge {
        let strong = not_modified.get(ETAG).filter(|it| !it.as_bytes().starts_with(b"W/"));
        if strong.is_some_and(|etag| self.headers.get(ETAG).is_some_and(|ours| ours != etag)) {
            return Merge::Mismatch;
        }
        let mut headers = self.headers.clone();
        let mut newer = not_modified.clone();
        drop_hop_by_hop(&mut newer);
        // RFC 9111, section 3.2: what describes the stored body stays as it is.
        for name in [CONTENT_LENGTH, CONTENT_ENCODING, CONTENT_RANGE, HeaderName::from_static("content-md5")] {
            newer.remove(name);
        }
        headers.remove(DATE);
        newer.keys().for_each(|name| _ = headers.remove(name));
        headers.extend(newer);
        match Self::new(profile, request, self.status, &headers, self.body.clone(), timing) {
            Some(mut kept) => {
                // Tags are taken out of what visitors see; a 304 need not repeat them.
                kept.tags.extend(self.tags.iter().cloned());
                kept.cookies.extend(self.cookies.iter().cloned());
                Merge::Renewed(Box::new(kept))
            }
            None => Merge::Mismatch,
        }
    }
}

/// The names of the cookies that an answer sets, for people: printable, short, few.
fn cookie_names(headers: &HeaderMap) -> BTreeSet<String> {
    let name = |value: &HeaderValue| {
        let raw = String::from_utf8_lossy(value.as_bytes()).into_owned();
        let name = raw.split(['=', ';']).next().unwrap_or_default().trim().to_owned();
        name.chars().filter(char::is_ascii_graphic).take(32).collect::<String>()
    };
    headers.get_all(SET_COOKIE).iter().take(8).map(name).collect()
}

#[cfg(test)]
mod tests {
    use super::super::fields::headers;
    use super::super::{Freshness, Grace};
    use super::*;

    const T0: u64 = 784_111_777_000;

    fn at(seconds: u64) -> Timing {
        Timing { asked_ms: T0 + seconds * 1000, answered_ms: T0 + seconds * 1000 }
    }

    fn kept(profile: Profile, text: &str) -> Kept {
        Kept::new(profile, &HeaderMap::new(), StatusCode::OK, &headers(text), Bytes::from_static(b"x"), at(0)).unwrap()
    }

    fn names_of(kept: &Kept) -> Vec<&str> {
        kept.headers.keys().map(HeaderName::as_str).collect()
    }

    #[test]
    fn what_is_personal_or_between_two_ends_is_not_kept() {
        let text = "Cache-Control: max-age=9, private=\"x-user\"\nSet-Cookie: sid=1; Path=/\nSet-Cookie: b=2\nX-User: me\nAge: 3\n\
            Connection: x-hop\nX-Hop: 1\nCache-Tag: home";
        let landing = kept(Profile::Landing, text);
        assert_eq!(names_of(&landing), ["cache-control", "date"]);
        assert_eq!(landing.cookies.iter().map(String::as_str).collect::<Vec<_>>(), ["b", "sid"]);
        assert!(landing.tags.contains("home"));
        assert!(names_of(&kept(Profile::Rfc, text)).contains(&"cache-tag"));
        assert_eq!(landing.headers["date"], "Sun, 06 Nov 1994 08:49:37 GMT");
    }

    #[test]
    fn a_304_renews_everything_but_the_body() {
        let old = kept(
            Profile::Landing,
            "Cache-Control: max-age=9\nETag: \"a\"\nX: 1\nY: 1\nContent-Encoding: br\nCache-Tag: t",
        );
        let fresh =
            headers("Cache-Control: max-age=5\nETag: \"a\"\nX: 2\nX: 3\nContent-Encoding: gzip\nContent-Length: 0");
        let Merge::Renewed(new) = old.renew(Profile::Landing, &HeaderMap::new(), &fresh, at(100)) else { panic!() };
        assert_eq!(new.headers.get_all("x").iter().collect::<Vec<_>>(), ["2", "3"]);
        assert_eq!(
            (&new.headers["y"], &new.headers["content-encoding"], new.body.len()),
            (&"1".parse().unwrap(), &"br".parse().unwrap(), 1)
        );
        assert_eq!(new.life.freshness(T0 + 101_000, None), Freshness::Fresh { ttl: 4 });
        assert!(new.tags.contains("t"));
        assert_eq!(old.life.freshness(T0 + 101_000, None), Freshness::Stale { ttl: -92, grace: Grace::None });
    }

    #[test]
    fn a_304_about_another_version_renews_nothing() {
        let old = kept(Profile::Rfc, "Cache-Control: max-age=9\nETag: \"a\"");
        assert_eq!(old.renew(Profile::Rfc, &HeaderMap::new(), &headers("ETag: \"b\""), at(1)), Merge::Mismatch);
        assert!(matches!(old.renew(Profile::Rfc, &HeaderMap::new(), &headers("X: b"), at(1)), Merge::Renewed(_)));
    }

    #[test]
    fn the_origin_is_asked_with_both_validators() {
        let mut request = HeaderMap::new();
        kept(Profile::Rfc, "ETag: W/\"a\"\nLast-Modified: x").ask_whether_changed(&mut request);
        assert_eq!(
            (&request["if-none-match"], &request["if-modified-since"]),
            (&"W/\"a\"".parse().unwrap(), &"x".parse().unwrap())
        );
    }
}
