//! The author's page while it is edited: served from memory, reloaded at every save, errors shown over the page.
//!
//! In: a `watch` channel with what is to be [`Shown`]. Reload messages go over server-sent events on the page's own origin, and
//! each carries the number of the build, so a message that was missed costs nothing: the next one says the same. Answers
//! only to its own address, so that no page on the web can read a draft through a rebound name.

use crate::diag::{Code, Diagnostic};
use crate::model::{Key, Release, Route, UrlPath};
use bytes::Bytes;
use futures::stream::{self, StreamExt as _};
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper_util::rt::TokioIo;
use serde_json::json;
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::sync::watch;

/// Below this path the preview answers for itself.
const OWN: &str = "/.well-known/landing-preview/";
const CLIENT: &str = include_str!("preview.js");

/// A site that could be built.
#[derive(Debug)]
pub struct Site {
    /// Where each URL leads.
    pub release: Release,
    /// The bytes of every key.
    pub bodies: BTreeMap<Key, Bytes>,
}

/// What the author is to see.
#[derive(Clone, Debug, Default)]
pub struct Shown {
    /// The last site that could be built; none while the first build runs, and when it failed.
    pub site: Option<Arc<Site>>,
    /// What is wrong with the newest one.
    pub wrong: Vec<Diagnostic>,
    /// Grows with every site that was built.
    pub build: u64,
}

/// A running preview; dropping it stops it.
#[derive(Debug)]
pub struct Preview {
    address: SocketAddr,
    task: tokio::task::JoinHandle<()>,
}

impl Preview {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Preview {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Starts serving.
pub async fn preview(listen: SocketAddr, shown: watch::Receiver<Shown>) -> Result<Preview, Diagnostic> {
    let listener = TcpListener::bind(listen).await.map_err(|err| cannot_listen(listen, &err))?;
    let address = listener.local_addr().map_err(|err| cannot_listen(listen, &err))?;
    let task = tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let shown = shown.clone();
            let service = hyper::service::service_fn(move |request| {
                let shown = shown.clone();
                async move { Ok::<_, Infallible>(answer(&request, &shown)) }
            });
            tokio::spawn(hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service));
        }
    });
    Ok(Preview { address, task })
}

/// Why an address cannot be listened on.
pub(super) fn cannot_listen(listen: SocketAddr, err: &std::io::Error) -> Diagnostic {
    match err.kind() {
        std::io::ErrorKind::AddrInUse => {
            Diagnostic::new(Code::PortInUse, format!("another program listens on {listen}"))
                .hint("stop it, or choose another port with `--listen`")
        }
        _ => Diagnostic::new(Code::CannotListen, format!("cannot listen on {listen}: {err}")),
    }
}

type Body = UnsyncBoxBody<Bytes, Infallible>;

fn answer(request: &Request<Incoming>, shown: &watch::Receiver<Shown>) -> Response<Body> {
    if !own_host(request.headers().get(header::HOST)) {
        return plain(StatusCode::MISDIRECTED_REQUEST, "the preview answers only to its own address");
    }
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return plain(StatusCode::METHOD_NOT_ALLOWED, "the preview only shows pages; forms are not posted");
    }
    match request.uri().path().strip_prefix(OWN) {
        Some("events") => events(shown.clone()),
        Some("client.js") => of_type(StatusCode::OK, "text/javascript; charset=utf-8", CLIENT.into()),
        Some(_) => plain(StatusCode::NOT_FOUND, "no such part of the preview"),
        None => page(request.uri().path(), &shown.borrow().clone()),
    }
}

/// A name can be rebound to this machine by whoever owns it (DNS rebinding); an address or `localhost` cannot.
fn own_host(host: Option<&HeaderValue>) -> bool {
    let Some(host) = host.and_then(|host| host.to_str().ok()) else { return false };
    let Ok(authority) = host.parse::<http::uri::Authority>() else { return false };
    let name = authority.host().trim_start_matches('[').trim_end_matches(']');
    name == "localhost" || name.parse::<IpAddr>().is_ok()
}

fn page(path: &str, shown: &Shown) -> Response<Body> {
    let Some(site) = &shown.site else { return empty_page(shown) };
    let Ok(url) = UrlPath::from_target(path) else { return plain(StatusCode::BAD_REQUEST, "not a path") };
    match site.release.route(&url) {
        Route::Object(key) => object(site, key, StatusCode::OK, shown.build),
        Route::Redirect(redirect) => {
            let mut response = plain(StatusCode::from_u16(redirect.status).unwrap_or(StatusCode::FOUND), "");
            if let Ok(to) = HeaderValue::from_str(&redirect.to) {
                response.headers_mut().insert(header::LOCATION, to);
            }
            response
        }
        Route::OldAsset(_) | Route::NotFound => match site.release.errors.get(&404) {
            Some(key) => object(site, key, StatusCode::NOT_FOUND, shown.build),
            None => plain(StatusCode::NOT_FOUND, "no such page"),
        },
    }
}

fn object(site: &Site, key: &Key, status: StatusCode, build: u64) -> Response<Body> {
    let (Some(entry), Some(bytes)) = (site.release.entries.get(key), site.bodies.get(key)) else {
        return plain(StatusCode::NOT_FOUND, "no such file");
    };
    let media = entry.media();
    let bytes = if media.essence() == "text/html" { followed(bytes, build) } else { bytes.clone() };
    let mut response = of_type(status, media.as_str(), bytes);
    for (name, value) in entry.headers.iter().filter(|(name, _)| !name.contains("cache-control")) {
        if let (Ok(name), Ok(value)) = (name.parse::<header::HeaderName>(), HeaderValue::from_str(value)) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

/// The page with the script that follows its build, and a policy that lets the script run: all else is what will be deployed.
fn followed(html: &Bytes, build: u64) -> Bytes {
    let Ok(html) = std::str::from_utf8(html) else { return html.clone() };
    let policy = if html.contains("script-src ") {
        html.replacen("script-src ", "connect-src 'self'; script-src 'self' ", 1)
    } else {
        html.replacen("default-src 'none'", "default-src 'none'; connect-src 'self'; script-src 'self'", 1)
    };
    format!("{policy}<script src=\"{OWN}client.js\" data-build=\"{build}\"></script>").into()
}

/// Stands where there is no page yet: the first build is running, or it failed, and the script will say why.
fn empty_page(shown: &Shown) -> Response<Body> {
    let says =
        if shown.wrong.is_empty() { "<p>The first build is running. The page shows here when it is done." } else { "" };
    let html = format!("<!doctype html><meta charset=utf-8><title>landing preview</title>{says}");
    of_type(StatusCode::OK, "text/html; charset=utf-8", followed(&html.into(), shown.build))
}

/// One message at once and one after every change: a page that reconnects is told where things stand.
fn events(shown: watch::Receiver<Shown>) -> Response<Body> {
    let messages = stream::unfold((shown, true), |(mut shown, first)| async move {
        if !first && shown.changed().await.is_err() {
            return None;
        }
        let message = format!("data: {}\n\n", state(&shown.borrow_and_update()));
        Some((Ok::<_, Infallible>(Frame::data(Bytes::from(message))), (shown, false)))
    });
    let mut response = Response::new(StreamBody::new(messages.boxed()).boxed_unsync());
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn state(shown: &Shown) -> serde_json::Value {
    let wrong: Vec<_> = shown
        .wrong
        .iter()
        .map(|one| {
            let place = one.place.as_ref();
            json!({
                "message": one.message,
                "hint": one.hint,
                "place": place.map(|place| json!({ "file": place.file, "line": place.line })),
                "excerpt": place.map(|place| place.excerpt.clone()),
            })
        })
        .collect();
    json!({ "build": shown.build.to_string(), "wrong": wrong })
}

fn plain(status: StatusCode, text: &'static str) -> Response<Body> {
    of_type(status, "text/plain; charset=utf-8", text.into())
}

fn of_type(status: StatusCode, media: &str, bytes: Bytes) -> Response<Body> {
    let mut response = Response::new(Full::new(bytes).boxed_unsync());
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Ok(media) = HeaderValue::from_str(media) {
        headers.insert(header::CONTENT_TYPE, media);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_address_or_localhost_is_answered() {
        for (host, ours) in [
            ("localhost:8789", true),
            ("127.0.0.1", true),
            ("[::1]:80", true),
            ("192.168.1.7:8789", true),
            ("evil.example:8789", false),
            ("localhost.evil.example", false),
            ("", false),
        ] {
            assert_eq!(own_host(HeaderValue::from_str(host).ok().as_ref()), ours, "{host}");
        }
        assert!(!own_host(None));
    }

    #[test]
    fn the_policy_lets_the_following_script_run_and_nothing_else() {
        let page = followed(&Bytes::from_static(b"<meta content=\"default-src 'none'; img-src data:\">"), 7);
        let page = std::str::from_utf8(&page).unwrap();
        assert!(page.contains("default-src 'none'; connect-src 'self'; script-src 'self'; img-src data:"), "{page}");
        assert!(page.ends_with("data-build=\"7\"></script>"), "{page}");
        let page = followed(&Bytes::from_static(b"default-src 'none'; script-src 'sha256-x'"), 7);
        assert!(std::str::from_utf8(&page).unwrap().contains("script-src 'self' 'sha256-x'"));
    }
}
