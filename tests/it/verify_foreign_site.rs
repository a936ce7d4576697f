//! A small site that landing did not build, on a free port: as such sites often are, or as a good cache would serve it.
//!
//! It ends with its test.

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::header::HeaderMap;
use hyper::{Method, Request, Response};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

/// The running site.
pub(crate) struct Site {
    pub(crate) url: String,
    _runtime: tokio::runtime::Runtime,
}

const PAGE: &str = "<!doctype html><html lang=en><title>Promo</title><link rel=stylesheet href=/style.css><script src=/app.js?v=3></script>\
    <h1>Promo</h1>";

impl Site {
    /// No cache, a cookie for everyone, files without a version, and a page for whatever is asked for.
    pub(crate) fn careless() -> Self {
        Self::start(|request| {
            let answer = Response::builder().header("x-cache", "MISS").header("set-cookie", "session=1; path=/");
            let (kind, body) = match request.uri().path() {
                "/old" => {
                    return Response::builder().status(301).header("location", "/promo").body(Full::default()).unwrap();
                }
                "/style.css" => ("text/css", "h1{color:red}".to_owned()),
                _ => ("text/html", format!("{PAGE}<!-- {:?} -->", std::time::Instant::now())),
            };
            let head = request.method() == Method::HEAD;
            answer
                .header("content-type", kind)
                .body(Full::new(Bytes::from(if head { String::new() } else { body })))
                .unwrap()
        })
    }

    /// Everything from the cache once it was asked for, whatever the query; conditions, ranges and methods by the book.
    pub(crate) fn cached() -> Self {
        let (stored, began) = (Mutex::new(BTreeSet::new()), std::time::Instant::now());
        let date = httpdate::fmt_http_date(std::time::SystemTime::now());
        Self::start(move |request| {
            let path = request.uri().path().to_owned();
            let fresh = stored.lock().unwrap().insert(path.clone());
            let state = if fresh { "edge; fwd=uri-miss; stored" } else { "edge; hit" };
            let answer = Response::builder()
                .header("cache-status", state)
                .header("age", if fresh { 0 } else { began.elapsed().as_secs() }.to_string())
                .header("date", date.as_str())
                .header("vary", "accept-encoding");
            if !matches!(*request.method(), Method::GET | Method::HEAD) {
                return answer.status(405).header("allow", "GET, HEAD").body(Full::default()).unwrap();
            }
            let found = match path.as_str() {
                "/" => Some(("text/html; charset=utf-8", PAGE)),
                "/style.css" => Some(("text/css", "h1{color:red}")),
                // Whatever else stands in the query.
                "/show" if request.uri().query().is_some_and(|it| it.split('&').any(|part| part == "id=3")) => {
                    Some(("text/html; charset=utf-8", PAGE))
                }
                _ => None,
            };
            let Some((kind, body)) = found else {
                let answer =
                    answer.status(404).header("content-type", "text/plain").header("cache-control", "max-age=30");
                return answer
                    .body(Full::from(if *request.method() == Method::HEAD { "" } else { "not here" }))
                    .unwrap();
            };
            let tag = "\"1\"";
            let answer =
                answer.header("content-type", kind).header("cache-control", "max-age=3600").header("etag", tag);
            if knows(request.headers(), tag) {
                return answer.status(304).body(Full::default()).unwrap();
            }
            answer.body(Full::from(if *request.method() == Method::HEAD { "" } else { body })).unwrap()
        })
    }

    fn start(answer: impl Fn(&Request<Incoming>) -> Response<Full<Bytes>> + Send + Sync + 'static) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let answer = Arc::new(answer);
        runtime.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let answer = answer.clone();
                let service = hyper::service::service_fn(move |request| {
                    let told = answer(&request);
                    async move { Ok::<_, std::convert::Infallible>(told) }
                });
                let io = hyper_util::rt::TokioIo::new(stream);
                tokio::spawn(hyper::server::conn::http1::Builder::new().serve_connection(io, service));
            }
        });
        Self { url, _runtime: runtime }
    }
}

fn knows(fields: &HeaderMap, tag: &str) -> bool {
    fields.get("if-none-match").is_some_and(|it| it == tag || it == "*")
}
