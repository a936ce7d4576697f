//! What a request from outside becomes: a look into the cache, something to forward, or a refusal.

use super::fields::{drop_hop_by_hop, joined};
use super::vary::Accepted;
use super::{CacheKey, Profile, RequestControl};
use http::header::{ACCEPT_ENCODING, AUTHORIZATION, EXPECT, HOST, HeaderName, HeaderValue, RANGE, USER_AGENT, VIA};
use http::{HeaderMap, Method, StatusCode, Uri};

/// What to do with a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reading {
    /// A `GET` or `HEAD`: look into the cache.
    Look(Box<Lookup>),
    /// Anything else: pass it on, store nothing.
    Forward(Box<Forwarding>),
    /// Answer at once.
    Refuse(StatusCode, &'static str),
}

/// A question that a stored answer may serve.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lookup {
    /// What the answer is found by.
    pub key: CacheKey,
    /// Whether only the header is wanted.
    pub head: bool,
    /// The fields with which the origin is asked for the whole answer.
    pub forward: HeaderMap,
    /// The fields as the client sent them: they decide between 200, 206 and 304.
    pub asked: HeaderMap,
    /// What the client says about caching; nothing in the profile `landing`.
    pub control: RequestControl,
}

/// A request that is passed on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Forwarding {
    /// The key that a success may invalidate.
    pub key: CacheKey,
    /// The method.
    pub method: Method,
    /// The fields.
    pub headers: HeaderMap,
}

impl Lookup {
    /// Whether other requests may wait for the answer to this one: not when it is authorized, that answer may be personal.
    pub fn shareable(&self) -> bool {
        !self.forward.contains_key(AUTHORIZATION)
    }

    /// The same question, passed on as the client asked it.
    pub fn verbatim(&self) -> Forwarding {
        let method = if self.head { Method::HEAD } else { Method::GET };
        let mut headers = self.asked.clone();
        headers.extend(self.forward.get(VIA).map(|via| (VIA, via.clone())));
        Forwarding { key: self.key.clone(), method, headers }
    }

    /// Whether a part is asked for.
    pub fn part(&self) -> bool {
        self.asked.contains_key(RANGE)
    }
}

/// The longest request target.
const LONGEST_TARGET: usize = 8 * 1024;
/// A request that came through here this often runs in a circle.
const MOST_PASSES: usize = 3;
/// What proxies call this cache, in `Via`.
pub const PSEUDONYM: &str = "landing-edge";

/// Fields that make a request conditional or partial: the cache answers to them itself.
const CONDITIONS: &[HeaderName] = &[
    http::header::IF_MATCH,
    http::header::IF_NONE_MATCH,
    http::header::IF_MODIFIED_SINCE,
    http::header::IF_UNMODIFIED_SINCE,
    http::header::IF_RANGE,
    RANGE,
];

/// Reads a request. `site` stands for the host in the key of the profile `landing`, where nobody outside may choose it.
pub fn read(profile: Profile, site: &str, method: &Method, uri: &Uri, headers: &HeaderMap) -> Reading {
    let target = uri.path_and_query().map_or("/", |it| it.as_str());
    let via = joined(headers, VIA).unwrap_or_default();
    if target.len() > LONGEST_TARGET {
        return Reading::Refuse(StatusCode::URI_TOO_LONG, "the request target is too long");
    }
    if via.matches(PSEUDONYM).count() >= MOST_PASSES {
        return Reading::Refuse(StatusCode::LOOP_DETECTED, "the origin of this edge leads back to it");
    }
    if !target.starts_with('/') || headers.get_all(HOST).iter().count() > 1 {
        return Reading::Refuse(StatusCode::BAD_REQUEST, "the request names no path, or more than one host");
    }
    match profile {
        Profile::Landing => landing(site, method, target, headers),
        Profile::Rfc => plain(method, uri, target, headers),
    }
}

fn landing(site: &str, method: &Method, target: &str, headers: &HeaderMap) -> Reading {
    if !matches!(*method, Method::GET | Method::HEAD) {
        return Reading::Refuse(StatusCode::METHOD_NOT_ALLOWED, "only `GET` and `HEAD` are answered here");
    }
    let Ok(key) = CacheKey::canonical(site, target) else {
        return Reading::Refuse(StatusCode::BAD_REQUEST, "the request target is not a path");
    };
    let mut forward = HeaderMap::new();
    forward.insert(ACCEPT_ENCODING, HeaderValue::from_static(Accepted::of(headers).spelled()));
    forward.insert(USER_AGENT, HeaderValue::from_static(concat!("landing-edge/", env!("CARGO_PKG_VERSION"))));
    if let Some(credentials) = headers.get(AUTHORIZATION) {
        forward.insert(AUTHORIZATION, credentials.clone());
    }
    pass_on(&mut forward, headers);
    let (head, control) = (*method == Method::HEAD, RequestControl::default());
    Reading::Look(Box::new(Lookup { key, head, forward, asked: headers.clone(), control }))
}

fn plain(method: &Method, uri: &Uri, target: &str, headers: &HeaderMap) -> Reading {
    // TRACE would show a client's own fields to a script, CONNECT is for tunnels, and purging has its own door.
    if matches!(method.as_str(), "TRACE" | "CONNECT" | "PURGE" | "BAN") {
        return Reading::Refuse(StatusCode::METHOD_NOT_ALLOWED, "this method is not passed on");
    }
    let host = uri.authority().map(|it| it.as_str().to_owned()).or_else(|| joined(headers, HOST)).unwrap_or_default();
    let key = CacheKey::exact(&host.to_ascii_lowercase(), target);
    let mut asked = headers.clone();
    drop_hop_by_hop(&mut asked);
    asked.remove(EXPECT);
    let mut forward = asked.clone();
    pass_on(&mut forward, headers);
    if !matches!(*method, Method::GET | Method::HEAD) {
        return Reading::Forward(Box::new(Forwarding { key, method: method.clone(), headers: forward }));
    }
    for name in CONDITIONS {
        forward.remove(name);
    }
    let (head, control) = (*method == Method::HEAD, RequestControl::of_request(headers));
    Reading::Look(Box::new(Lookup { key, head, forward, asked, control }))
}

/// RFC 9110, section 7.6.3.
fn pass_on(forward: &mut HeaderMap, received: &HeaderMap) {
    let line = match joined(received, VIA) {
        Some(before) => format!("{before}, 1.1 {PSEUDONYM}"),
        None => format!("1.1 {PSEUDONYM}"),
    };
    if let Ok(value) = HeaderValue::from_str(&line) {
        forward.insert(VIA, value);
    }
}

#[cfg(test)]
mod tests {
    use super::super::fields::headers;
    use super::*;

    fn reading(profile: Profile, method: &str, target: &str, text: &str) -> Reading {
        read(profile, "site", &method.parse().unwrap(), &target.parse().unwrap(), &headers(text))
    }

    fn look(profile: Profile, target: &str, text: &str) -> Lookup {
        match reading(profile, "GET", target, text) {
            Reading::Look(lookup) => *lookup,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn nothing_that_is_not_in_the_key_reaches_the_origin() {
        let hostile = "Host: evil.example\nX-Forwarded-Host: evil\nX-Original-URL: /admin\nCookie: _ga=1\nAccept-Language: xx\n\
            Cache-Control: no-cache\nRange: bytes=0-1\nIf-None-Match: \"a\"\nAccept-Encoding: zstd, br, gzip";
        let lookup = look(Profile::Landing, "/a?utm_source=tv", hostile);
        let names: Vec<_> = lookup.forward.keys().map(HeaderName::as_str).collect();
        assert_eq!(names, ["accept-encoding", "user-agent", "via"]);
        assert_eq!(
            (lookup.key.to_string().as_str(), lookup.forward["accept-encoding"].to_str().unwrap()),
            ("site/a", "br, gzip")
        );
        assert_eq!(lookup.control, RequestControl::default());
    }

    #[test]
    fn an_absolute_target_or_a_host_does_not_choose_the_key() {
        assert_eq!(look(Profile::Landing, "http://evil.example/a", "Host: evil.example").key.to_string(), "site/a");
        assert_eq!(look(Profile::Rfc, "/a", "Host: One").key.to_string(), "one/a");
    }

    #[test]
    fn only_reading_passes_in_the_profile_landing() {
        for method in ["POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PURGE", "BAN", "M-SEARCH"] {
            let Reading::Refuse(status, _) = reading(Profile::Landing, method, "/", "") else { panic!("{method}") };
            assert_eq!(status, StatusCode::METHOD_NOT_ALLOWED);
        }
        assert!(matches!(reading(Profile::Rfc, "PURGE", "/", ""), Reading::Refuse(..)));
        assert!(matches!(reading(Profile::Rfc, "POST", "/", ""), Reading::Forward(_)));
    }

    #[test]
    fn a_circle_ends() {
        let text = "Via: 1.1 landing-edge, 1.1 x\nVia: 1.1 landing-edge, 1.1 landing-edge";
        assert!(matches!(reading(Profile::Landing, "GET", "/", text), Reading::Refuse(StatusCode::LOOP_DETECTED, _)));
        assert_eq!(look(Profile::Rfc, "/", "Via: 1.0 a").forward["via"], "1.0 a, 1.1 landing-edge");
    }

    #[test]
    fn the_plain_profile_asks_for_the_whole_and_keeps_what_was_asked() {
        let lookup = look(Profile::Rfc, "/", "Range: bytes=0-1\nIf-None-Match: \"a\"\nFoo: 1\nConnection: bar\nBar: 2");
        assert_eq!(lookup.forward.keys().map(HeaderName::as_str).collect::<Vec<_>>(), ["foo", "via"]);
        assert!(lookup.part() && lookup.verbatim().headers.contains_key(RANGE));
    }
}
