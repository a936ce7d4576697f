//! The owner's door: counters, purges and drills. It is open to loopback peers who bring the token; to anybody else it
//! does not exist. Nothing under its path is ever forwarded or stored.

use super::places::Places;
use super::purging::Purging;
use super::upstream::Upstream;
use super::{Counters, Fault};
use crate::model::{Digest, UrlPath};
use crate::serve::ADMIN;
use crate::serve::body::{Body, whole, words};
use bytes::Bytes;
use http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use http::{HeaderMap, Method, Request, Response, StatusCode, Uri};
use http_body_util::{BodyExt as _, Limited};
use hyper::body::Incoming;
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;

/// A purge of everything that a large site has.
const LONGEST_BODY: usize = 4 << 20;

/// What `GET status` answers.
#[derive(Serialize)]
struct Status<'a> {
    edge: &'static str,
    version: &'static str,
    store: Option<&'a str>,
    origin: &'a str,
    profile: &'static str,
    fault: &'static str,
    fallback: bool,
    deaf: Option<String>,
    #[serde(flatten)]
    counters: Counters,
    points: Vec<Point>,
    shield: Option<Counters>,
}

/// One point of presence in it.
#[derive(Serialize)]
struct Point {
    name: String,
    address: SocketAddr,
    #[serde(flatten)]
    counters: Counters,
}

/// What `POST purge` takes.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
#[derive(Default)]
struct PurgeRequest {
    urls: Vec<String>,
    prefixes: Vec<String>,
    tags: Vec<String>,
    everything: bool,
    soft: bool,
}

/// What `POST fault` takes.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FaultRequest {
    /// What the origin does.
    mode: String,
    /// The point of presence that no purge reaches; none when it is left out.
    #[serde(default)]
    deaf: Option<String>,
}

/// Whether a request is for the owner's door, in whatever spelling.
pub(super) fn is_admin(uri: &Uri) -> bool {
    let below = |path: &str| path.starts_with(ADMIN) || path == ADMIN.trim_end_matches('/');
    below(uri.path()) || UrlPath::from_target(uri.path()).is_ok_and(|path| below(path.as_str()))
}

impl Places {
    /// Answers the owner; a stranger learns nothing.
    pub(super) async fn administer(&self, request: Request<Incoming>, peer: SocketAddr) -> Response<Body> {
        if !peer.ip().to_canonical().is_loopback() || !self.knows(request.headers()) {
            return nothing_here();
        }
        let method = request.method().clone();
        let name = request.uri().path().strip_prefix(ADMIN).unwrap_or_default().to_owned();
        match (method, name.as_str()) {
            (Method::GET, "status") => self.status(),
            (Method::POST, "purge") => body(request).await.map_or_else(|answer| answer, |asked| self.forget(&asked)),
            (Method::POST, "fault") => body(request).await.map_or_else(|answer| answer, |asked| self.drill(&asked)),
            _ => nothing_here(),
        }
    }

    /// Compares digests, so that the time it takes says nothing about how much of a guess was right.
    fn knows(&self, headers: &HeaderMap) -> bool {
        let token = &self.options.token;
        let given = headers.get(AUTHORIZATION).and_then(|it| it.as_bytes().strip_prefix(b"Bearer "));
        let (given, token) = (Digest::of(given.unwrap_or_default()), (Digest::of(token.as_bytes()), token.is_empty()));
        let differing = given.as_bytes().iter().zip(token.0.as_bytes()).fold(0, |sum, (a, b)| sum | (a ^ b));
        differing == 0 && !token.1
    }

    fn status(&self) -> Response<Body> {
        let asking = self.before_origin().next();
        let upstream = asking.and_then(|it| it.behind.upstream());
        let fault = upstream.map_or(Fault::None, Upstream::fault);
        let each = self.each().map(|(name, address, counters)| Point { name, address, counters });
        json(&Status {
            edge: "landing",
            version: env!("CARGO_PKG_VERSION"),
            store: self.options.store.as_deref(),
            origin: upstream.map_or("", Upstream::origin),
            profile: self.options.profile.name(),
            fault: Fault::ALL.iter().find(|(it, _)| *it == fault).map_or("none", |(_, name)| name),
            fallback: asking.is_some_and(|it| it.fallback_page().is_some()),
            deaf: self.deaf(),
            counters: self.counters(),
            points: each.collect(),
            shield: self.shield_counters(),
        })
    }

    fn forget(&self, asked: &PurgeRequest) -> Response<Body> {
        let mut purging = Purging { everything: asked.everything, soft: asked.soft, ..Purging::default() };
        let added = asked.urls.iter().map(|it| (it, purging.add_url(it))).collect::<Vec<_>>();
        let added = added.into_iter().chain(asked.prefixes.iter().map(|it| (it, purging.add_prefix(it))));
        if let Some((wrong, _)) = added.into_iter().find(|(_, understood)| !understood) {
            // A purge that silently reaches nothing leaves an old page on air.
            return words(StatusCode::BAD_REQUEST, &format!("`{wrong}` is not the path of a URL"));
        }
        purging.tags.extend(asked.tags.iter().cloned());
        json(&serde_json::json!({ "purged": self.purge(&purging) }))
    }

    fn drill(&self, asked: &FaultRequest) -> Response<Body> {
        let Some(fault) = Fault::parse(&asked.mode) else {
            let known: Vec<&str> = Fault::ALL.iter().map(|(_, name)| *name).collect();
            return words(StatusCode::BAD_REQUEST, &format!("the mode is one of: {}", known.join(", ")));
        };
        if !self.deafen(asked.deaf.as_deref()) {
            return words(StatusCode::BAD_REQUEST, "there is no such point of presence");
        }
        self.pretend(fault);
        json(&serde_json::json!({ "mode": asked.mode }))
    }
}

fn nothing_here() -> Response<Body> {
    words(StatusCode::NOT_FOUND, "not found")
}

async fn body<T: serde::de::DeserializeOwned>(request: Request<Incoming>) -> Result<T, Response<Body>> {
    let too_long = |_| words(StatusCode::PAYLOAD_TOO_LARGE, "the request body broke off or is too long");
    let bytes = Limited::new(request.into_body(), LONGEST_BODY).collect().await.map_err(too_long)?.to_bytes();
    serde_json::from_slice(&bytes).map_err(|err| words(StatusCode::BAD_REQUEST, &format!("not understood: {err}")))
}

fn json(value: &impl Serialize) -> Response<Body> {
    let bytes = serde_json::to_vec(value).expect("numbers and strings have a JSON form");
    let mut response = Response::new(whole(Bytes::from(bytes)));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_door_is_known_in_every_spelling() {
        for path in
            ["/.well-known/landing-edge/status", "/.well-known/landing-edge", "/%2ewell-known/landing%2Dedge/purge?x"]
        {
            assert!(is_admin(&path.parse().unwrap()), "{path}");
        }
        for path in ["/", "/.well-known/landing-edges", "/x/.well-known/landing-edge/"] {
            assert!(!is_admin(&path.parse().unwrap()), "{path}");
        }
    }
}
