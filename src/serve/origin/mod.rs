//! The origin: serves a store over HTTP, the way its release says.
//!
//! In: a store and requests; out: documents and assets as they are stored, in the coding that the client takes; redirects;
//! the 404 page; the error page when the store fails. It refuses to serve control objects, to serve an asset whose bytes
//! are not those that its name promises, and to say anything that depends on the clock but `Date`.

mod canary;
mod codings;
mod live;

use super::body::{Body, whole, words};
use super::listen::{self, Answer, Limits, Listening};
use crate::cache::{Accepted, assemble, shape};
use crate::diag::Diagnostic;
use crate::model::{CONTROL, Headers, Media, Redirect, Release, Route, UrlPath};
use crate::store::Store;
use bytes::Bytes;
use canary::Canary;
use codings::{Coding, Codings};
use http::header::{
    ALLOW, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LENGTH, ETAG, HeaderName, HeaderValue, LOCATION, RETRY_AFTER, VARY,
};
use http::{HeaderMap, Method, Request, Response, StatusCode};
use hyper::body::Incoming;
use live::{Held, Shown, Unserved};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

/// How an origin is set up.
#[derive(Clone, Debug)]
pub struct OriginOptions {
    /// Where it listens; port 0 lets the system choose.
    pub listen: SocketAddr,
    /// What it serves.
    pub store: Store,
    /// Bytes of memory for objects, and as much again for their codings.
    pub max_bytes: u64,
    /// What a client may cost.
    pub limits: Limits,
}

impl OriginOptions {
    /// An origin for a store on any free port of the loopback address.
    pub fn new(store: Store) -> Self {
        let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        Self { listen, store, max_bytes: 128 << 20, limits: Limits::default() }
    }
}

/// An origin that runs until it is stopped or dropped.
pub struct Origin {
    listening: Listening,
}

/// Starts an origin; it is listening when this returns.
///
/// # Errors
/// When the address is taken or cannot be used.
pub async fn origin(options: OriginOptions) -> Result<Origin, Diagnostic> {
    let (listener, address) = listen::bind(options.listen).await?;
    let shown = Shown::new(options.store, options.max_bytes);
    let server = Arc::new(Server { shown, codings: Codings::new(options.max_bytes), canary: Canary::new() });
    Ok(Origin { listening: listen::serve(listener, address, server, options.limits) })
}

impl Origin {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.listening.address
    }

    /// Takes no more connections, ends what it is doing within a second, and is gone.
    pub async fn stop(self) {
        self.listening.stop().await;
    }
}

struct Server {
    shown: Shown,
    codings: Codings,
    canary: Canary,
}

impl Answer for Server {
    async fn answer(self: Arc<Self>, request: Request<Incoming>, _peer: SocketAddr) -> Response<Body> {
        let head = request.method() == Method::HEAD;
        if !head && request.method() != Method::GET {
            let mut answer = words(StatusCode::METHOD_NOT_ALLOWED, "only `GET` and `HEAD` are answered here");
            answer.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
            return answer;
        }
        let asked = Asked {
            head,
            headers: request.headers(),
            target: request.uri().path_and_query().map_or("/", |it| it.as_str()),
        };
        self.get(&asked).await
    }
}

/// A request, as far as it matters.
struct Asked<'a> {
    head: bool,
    headers: &'a HeaderMap,
    target: &'a str,
}

impl Server {
    async fn get(&self, asked: &Asked<'_>) -> Response<Body> {
        let Ok(path) = UrlPath::from_target(asked.target) else {
            return words(StatusCode::BAD_REQUEST, "the request target is not a path");
        };
        if let Some(answer) = self.canary.answer(&path).await {
            return answer;
        }
        let live = match self.shown.live().await {
            Ok(live) => live,
            Err(Unserved::Missing) => return self.unavailable(asked, "nothing is deployed here yet"),
            Err(_) => return self.unavailable(asked, "the store cannot be read"),
        };
        let route = if is_control(&path) { Route::NotFound } else { live.release.route(&path) };
        let found = match &route {
            Route::Redirect(to) => return redirect(&live.release, to, asked),
            Route::Object(key) => self.shown.object(key).await,
            Route::OldAsset(key) => self.shown.object(key).await,
            Route::NotFound => Err(Unserved::Missing),
        };
        match found {
            Ok(held) => self.represent(&held, StatusCode::OK, asked).await,
            Err(Unserved::Missing) => self.not_found(&live.release, asked).await,
            Err(Unserved::Damaged) => words(StatusCode::INTERNAL_SERVER_ERROR, "the stored file is damaged"),
            Err(Unserved::Store(_)) => self.unavailable(asked, "the store cannot be read"),
        }
    }

    async fn not_found(&self, release: &Release, asked: &Asked<'_>) -> Response<Body> {
        let Some(key) = release.errors.get(&404) else { return words(StatusCode::NOT_FOUND, "not found") };
        match self.shown.object(key).await {
            Ok(held) => self.represent(&held, StatusCode::NOT_FOUND, asked).await,
            // Without its page an unknown URL must not be remembered as such.
            Err(Unserved::Missing) => words(StatusCode::NOT_FOUND, "not found"),
            Err(_) => self.unavailable(asked, "the store cannot be read"),
        }
    }

    /// An object in the coding, and the part, that the client takes.
    async fn represent(&self, held: &Held, status: StatusCode, asked: &Asked<'_>) -> Response<Body> {
        let mut headers = fields(&held.headers);
        let mut body = held.bytes.clone();
        let mut etag = held.digest.hex16().to_string();
        let media = Media::of_field(held.headers.get("content-type").unwrap_or_default());
        if media.compressible() && !headers.contains_key(CONTENT_ENCODING) {
            headers.insert(VARY, vary(&headers));
            if let Some((coding, coded)) = self.coded(held, Accepted::of(asked.headers)).await {
                headers.insert(CONTENT_ENCODING, HeaderValue::from_static(coding.name()));
                etag = format!("{etag}-{}", coding.name());
                body = coded;
            }
        }
        // Files are the same whatever the query; only a redirect carries it on.
        headers.insert("no-vary-search", HeaderValue::from_static("params"));
        if status == StatusCode::OK {
            // One strong tag per coding (RFC 9110, section 8.8.3.3).
            headers.insert(ETAG, HeaderValue::from_str(&format!("\"{etag}\"")).expect("hexadecimal digits"));
        }
        let shape = shape(status, &headers, body.len(), asked.head, asked.headers);
        let (status, headers, body) = assemble(shape, status, &headers, &body, asked.head);
        response(status, headers, body)
    }

    async fn coded(&self, held: &Held, accepted: Accepted) -> Option<(Coding, Bytes)> {
        let wanted = [(accepted.br, Coding::Brotli), (accepted.gzip, Coding::Gzip)];
        for coding in wanted.into_iter().filter(|(wanted, _)| *wanted).map(|(_, coding)| coding) {
            if let Some(body) = self.codings.coded(held.digest, &held.bytes, coding).await {
                return Some((coding, body));
            }
        }
        None
    }

    /// 503 with the error page; caches must not keep it.
    fn unavailable(&self, asked: &Asked<'_>, why: &str) -> Response<Body> {
        let mut answer = match self.shown.error_page() {
            Some(page) => response(StatusCode::SERVICE_UNAVAILABLE, fields(&page.headers), page.bytes.clone()),
            None => words(StatusCode::SERVICE_UNAVAILABLE, why),
        };
        let headers = answer.headers_mut();
        headers.remove("cdn-cache-control");
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(RETRY_AFTER, HeaderValue::from_static("5"));
        if asked.head { answer.map(|_| whole(Bytes::new())) } else { answer }
    }
}

/// Control objects are nobody's business, wherever they are stored.
fn is_control(path: &UrlPath) -> bool {
    path.as_str().trim_start_matches('/').split('/').next().is_some_and(|first| first.eq_ignore_ascii_case(CONTROL))
}

fn redirect(release: &Release, to: &Redirect, asked: &Asked<'_>) -> Response<Body> {
    let query = asked.target.split_once('?').map(|(_, query)| query).filter(|query| !query.is_empty());
    let target = match query.filter(|_| !to.to.contains('?')) {
        Some(query) => {
            let (path, fragment) = to.to.split_once('#').map_or((to.to.as_str(), None), |(path, at)| (path, Some(at)));
            let fragment = fragment.map(|it| format!("#{it}")).unwrap_or_default();
            format!("{path}?{query}{fragment}")
        }
        None => to.to.clone(),
    };
    let (Ok(location), Ok(status)) = (HeaderValue::from_str(&target), StatusCode::from_u16(to.status)) else {
        return words(StatusCode::INTERNAL_SERVER_ERROR, "the redirect cannot be written");
    };
    let mut headers = fields(&release.redirect_headers);
    headers.insert(LOCATION, location);
    headers.insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
    response(status, headers, Bytes::new())
}

fn fields(headers: &Headers) -> HeaderMap {
    let pairs = headers.iter().filter_map(|(name, value)| {
        Some((HeaderName::from_bytes(name.as_bytes()).ok()?, HeaderValue::from_str(value).ok()?))
    });
    pairs.collect()
}

/// What the object says, and `Accept-Encoding`.
fn vary(headers: &HeaderMap) -> HeaderValue {
    let stated = headers.get(VARY).and_then(|it| it.to_str().ok()).filter(|it| !it.is_empty());
    let line = match stated {
        Some(stated) if stated.to_ascii_lowercase().contains("accept-encoding") => stated.to_owned(),
        Some(stated) => format!("{stated}, Accept-Encoding"),
        None => "Accept-Encoding".to_owned(),
    };
    HeaderValue::from_str(&line).expect("it was a field value before")
}

fn response(status: StatusCode, headers: HeaderMap, body: Bytes) -> Response<Body> {
    let mut response = Response::new(whole(body));
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    response
}
