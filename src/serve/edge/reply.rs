//! Answers as they leave the edge: a stored one in the shape that was asked for, a passed-on one, or the fallback page;
//! each with `Age`, `Cache-Status` and `Via`.

use super::shelf::Entry;
use super::upstream::Failure;
use super::{Inner, behind};
use crate::cache::{CacheStatus, Lookup, Profile, assemble, drop_hop_by_hop, joined, shape};
use crate::serve::body::{Body, whole, words};
use bytes::Bytes;
use http::header::{AGE, CACHE_CONTROL, ETAG, EXPIRES, HeaderName, HeaderValue, RETRY_AFTER, VIA};
use http::{HeaderMap, Response, StatusCode};
use std::sync::atomic::Ordering;

const CACHE_STATUS: HeaderName = HeaderName::from_static("cache-status");
/// The point of presence that answered, where there are several (docs/edge.md).
const PLACE: HeaderName = HeaderName::from_static("landing-place");
/// How long a client should leave a dead origin alone, in seconds.
const RETRY_AFTER_SECONDS: HeaderValue = HeaderValue::from_static("5");

impl Inner {
    /// A stored answer.
    pub(super) fn stored(&self, entry: &Entry, lookup: &Lookup, mut status: CacheStatus) -> Response<Body> {
        let kept = &entry.kept;
        if status.hit {
            self.tally.hits.fetch_add(1, Ordering::SeqCst);
        }
        status.key = Some(lookup.key.to_string());
        if status.detail.is_none() && !kept.cookies.is_empty() {
            let names: Vec<&str> = kept.cookies.iter().map(String::as_str).collect();
            status.detail = Some(format!("set-cookie removed: {}", names.join(" ")));
        }
        let shape = shape(kept.status, &kept.headers, kept.body.len(), lookup.head, &lookup.asked);
        let (code, mut headers, body) = assemble(shape, kept.status, &kept.headers, &kept.body, lookup.head);
        headers.insert(AGE, HeaderValue::from(kept.life.age_ms(self.now_ms()) / 1000));
        self.sign(&mut headers, &status);
        let mut answer = response(code, headers, whole(body));
        if self.name.shields {
            behind::tell(&mut answer, entry, self.options.profile);
        }
        answer
    }

    /// An answer of the origin that is for this client alone.
    pub(super) fn passed(&self, answered: Response<Body>, head: bool, status: &CacheStatus) -> Response<Body> {
        let (mut parts, body) = answered.into_parts();
        drop_hop_by_hop(&mut parts.headers);
        if self.options.profile == Profile::Landing && !parts.headers.contains_key(AGE) {
            // RFC 9111 reserves the field for stored answers; whoever tests an edge wants to see it on each.
            parts.headers.insert(AGE, HeaderValue::from_static("0"));
        }
        self.sign(&mut parts.headers, status);
        response(parts.status, parts.headers, if head { whole(Bytes::new()) } else { body })
    }

    /// 503: the fallback page if it is there, else a line of text.
    pub(super) fn unavailable(&self, failure: Failure, lookup: &Lookup, mut status: CacheStatus) -> Response<Body> {
        status.key = Some(lookup.key.to_string());
        status.fwd_status = failure.status();
        status.detail = Some(failure.words().to_owned());
        let mut answer = match self.fallback_page() {
            Some(page) => {
                let mut headers = page.headers.clone();
                for name in [ETAG, EXPIRES, HeaderName::from_static("cdn-cache-control")] {
                    headers.remove(name);
                }
                headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
                response(StatusCode::SERVICE_UNAVAILABLE, headers, whole(page.body.clone()))
            }
            None => words(StatusCode::SERVICE_UNAVAILABLE, "the origin cannot be reached"),
        };
        answer.headers_mut().insert(RETRY_AFTER, RETRY_AFTER_SECONDS);
        answer.headers_mut().insert(AGE, HeaderValue::from_static("0"));
        self.sign(answer.headers_mut(), &status);
        if lookup.head { answer.map(|_| whole(Bytes::new())) } else { answer }
    }

    /// An answer of the edge itself.
    pub(super) fn own(&self, code: StatusCode, text: &str, status: &CacheStatus) -> Response<Body> {
        let mut answer = words(code, text);
        answer.headers_mut().insert(AGE, HeaderValue::from_static("0"));
        self.sign(answer.headers_mut(), status);
        answer
    }

    /// Adds this cache to the end of both lists (RFC 9211, section 2; RFC 9110, section 7.6.3), and says which place it is.
    fn sign(&self, headers: &mut HeaderMap, status: &CacheStatus) {
        append(headers, CACHE_STATUS, &status.member(&self.name.cache));
        append(headers, VIA, "1.1 landing-edge");
        if let Some(place) = &self.name.place {
            headers.insert(PLACE, place.clone());
        }
    }
}

fn response(code: StatusCode, headers: HeaderMap, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() = code;
    *response.headers_mut() = headers;
    response
}

fn append(headers: &mut HeaderMap, name: HeaderName, member: &str) {
    let line = match joined(headers, &name) {
        Some(before) => format!("{before}, {member}"),
        None => member.to_owned(),
    };
    // What came before may be no text at all; then this cache speaks for itself.
    let value = HeaderValue::from_str(&line).or_else(|_| HeaderValue::from_str(member));
    if let Ok(value) = value {
        headers.insert(name, value);
    }
}
