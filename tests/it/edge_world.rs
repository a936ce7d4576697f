//! An origin that counts, can be told what to answer, and can fail in every way there is; and an edge in front of it.
//!
//! In: pages by path and a fault; out: what it was asked. Time passes when a test says so.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, Method, Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use landing::cache::Profile;
use landing::serve::{Clock, Edge, EdgeOptions, edge};
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::task::AbortHandle;

pub(crate) const TOKEN: &str = "a-token-for-tests";

/// One answer of the origin.
#[derive(Clone, Debug)]
pub(crate) struct Page {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: String,
    pub(crate) delay: Duration,
}

impl Page {
    pub(crate) fn new(body: &str, headers: &[(&'static str, &str)]) -> Self {
        let headers = headers.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        Self { status: 200, headers, body: body.to_owned(), delay: Duration::ZERO }
    }

    pub(crate) fn cached(body: &str, control: &str) -> Self {
        Self::new(body, &[("cache-control", control)])
    }

    pub(crate) fn status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    pub(crate) fn slow(mut self, delay_ms: u64) -> Self {
        self.delay = Duration::from_millis(delay_ms);
        self
    }
}

/// How the origin fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failing {
    Not,
    Unavailable,
    Reset,
    Hang,
}

/// What the origin was asked.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) method: Method,
    pub(crate) target: String,
    pub(crate) headers: HeaderMap,
}

struct State {
    pages: BTreeMap<String, Page>,
    asked: Vec<Asked>,
    at_once: usize,
    most_at_once: usize,
    failing: Failing,
}

/// The origin. It ends with the test.
pub(crate) struct Backend {
    state: Arc<Mutex<State>>,
    address: SocketAddr,
    task: Mutex<AbortHandle>,
}

impl Backend {
    pub(crate) async fn start() -> Self {
        let state = Arc::new(Mutex::new(State {
            pages: BTreeMap::new(),
            asked: Vec::new(),
            at_once: 0,
            most_at_once: 0,
            failing: Failing::Not,
        }));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let task = Mutex::new(tokio::spawn(accept(listener, Arc::clone(&state))).abort_handle());
        Self { state, address, task }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn page(&self, path: &str, page: Page) {
        self.state.lock().unwrap().pages.insert(path.to_owned(), page);
    }

    pub(crate) fn fail(&self, failing: Failing) {
        self.state.lock().unwrap().failing = failing;
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.state.lock().unwrap().asked.clone()
    }

    pub(crate) fn count(&self) -> usize {
        self.state.lock().unwrap().asked.len()
    }

    /// Waits for the first question.
    pub(crate) async fn is_asked(&self) {
        while self.count() == 0 {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    /// How many questions it had at the same time.
    pub(crate) fn most_at_once(&self) -> usize {
        self.state.lock().unwrap().most_at_once
    }

    /// Begins to count anew.
    pub(crate) fn forget(&self) {
        let mut state = self.state.lock().unwrap();
        state.asked.clear();
        state.most_at_once = 0;
    }

    /// From now on every connection is refused.
    pub(crate) async fn down(&self) {
        self.task.lock().unwrap().abort();
        while tokio::net::TcpStream::connect(self.address).await.is_ok() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    pub(crate) async fn up(&self) {
        let listener = TcpListener::bind(self.address).await.unwrap();
        *self.task.lock().unwrap() = tokio::spawn(accept(listener, Arc::clone(&self.state))).abort_handle();
    }
}

impl Drop for Backend {
    fn drop(&mut self) {
        self.task.lock().unwrap().abort();
    }
}

async fn accept(listener: TcpListener, state: Arc<Mutex<State>>) {
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        let state = Arc::clone(&state);
        tokio::spawn(async move {
            if state.lock().unwrap().failing == Failing::Reset {
                return;
            }
            let service = service_fn(move |request| answer(request, Arc::clone(&state)));
            // Without a date of its own: the time of the tests is not that of the machine.
            let _ = http1::Builder::new().auto_date_header(false).serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

async fn answer(request: Request<Incoming>, state: Arc<Mutex<State>>) -> Result<Response<Full<Bytes>>, Infallible> {
    let (parts, body) = request.into_parts();
    let target = parts.uri.path_and_query().unwrap().to_string();
    let path = parts.uri.path().to_owned();
    let _ = body.collect().await;
    let (page, failing) = {
        let mut state = state.lock().unwrap();
        state.asked.push(Asked { method: parts.method, target, headers: parts.headers.clone() });
        state.at_once += 1;
        state.most_at_once = state.most_at_once.max(state.at_once);
        (state.pages.get(&path).cloned(), state.failing)
    };
    let page = match failing {
        Failing::Hang => std::future::pending().await,
        Failing::Unavailable => Page::cached("failing", "no-store").status(503),
        _ => page.unwrap_or_else(|| Page::cached("nothing here", "no-store").status(404)),
    };
    tokio::time::sleep(page.delay).await;
    state.lock().unwrap().at_once -= 1;
    Ok(said(&page, &parts.headers))
}

/// The page, or a 304 if the client has it.
fn said(page: &Page, asked: &HeaderMap) -> Response<Full<Bytes>> {
    let etag = page.headers.iter().find(|(name, _)| *name == "etag").map(|(_, value)| value.as_str());
    let known = etag.is_some() && asked.get("if-none-match").and_then(|it| it.to_str().ok()) == etag;
    let body = if known { Bytes::new() } else { Bytes::from(page.body.clone()) };
    let mut response = Response::new(Full::new(body));
    *response.status_mut() = if known { 304 } else { page.status }.try_into().unwrap();
    for (name, value) in &page.headers {
        response.headers_mut().append(HeaderName::from_static(name), value.parse().unwrap());
    }
    response
}

/// An edge, the origin behind it, and a client.
pub(crate) struct World {
    pub(crate) backend: Backend,
    pub(crate) edge: Edge,
    pub(crate) clock: Clock,
    client: reqwest::Client,
}

/// An answer of the edge.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
    pub(crate) took: Duration,
}

impl Said {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |it| it.to_str().unwrap())
    }

    pub(crate) fn is_hit(&self) -> bool {
        self.header("cache-status").contains("; hit")
    }
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(|_| {}).await
    }

    pub(crate) async fn rfc() -> Self {
        Self::with(|options| options.profile = Profile::Rfc).await
    }

    pub(crate) async fn with(edit: impl FnOnce(&mut EdgeOptions)) -> Self {
        let backend = Backend::start().await;
        let mut options = EdgeOptions::new(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), backend.url(), TOKEN);
        edit(&mut options);
        let clock = options.clock.clone();
        let edge = edge(options).await.unwrap();
        let client = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        Self { backend, edge, clock, client }
    }

    pub(crate) fn url(&self, target: &str) -> String {
        format!("http://{}{target}", self.edge.address())
    }

    /// An edge with so many points of presence, with or without a shield.
    pub(crate) async fn of_points(points: usize, shield: bool) -> Self {
        Self::with(|options| (options.points, options.shield) = (points, shield)).await
    }

    /// Asks the point of presence with this number, from 1.
    pub(crate) async fn get_at(&self, point: usize, target: &str) -> Said {
        let url = format!("http://{}{target}", self.edge.addresses()[point - 1]);
        said_to(self.client.get(url).header("host", "www.example.fr")).await
    }

    /// So many at once at each of three points of presence.
    pub(crate) async fn crowds(&self, many: usize, target: &str) -> Vec<Said> {
        futures::future::join_all((0..3 * many).map(|number| self.get_at(number % 3 + 1, target))).await
    }

    pub(crate) async fn get(&self, target: &str) -> Said {
        self.ask("GET", target, &[]).await
    }

    pub(crate) async fn get_with(&self, target: &str, headers: &[(&str, &str)]) -> Said {
        self.ask("GET", target, headers).await
    }

    pub(crate) async fn ask(&self, method: &str, target: &str, headers: &[(&str, &str)]) -> Said {
        said_to(self.request(method, target, headers)).await
    }

    fn request(&self, method: &str, target: &str, headers: &[(&str, &str)]) -> reqwest::RequestBuilder {
        let request = self.client.request(method.parse().unwrap(), self.url(target));
        headers.iter().fold(request, |request, (name, value)| request.header(*name, *value))
    }

    /// So many at once.
    pub(crate) async fn crowd(&self, many: usize, target: &str) -> Vec<Said> {
        futures::future::join_all((0..many).map(|_| self.get(target))).await
    }

    /// Asks the admin API, with the token.
    pub(crate) async fn admin(&self, name: &str, body: Option<serde_json::Value>) -> serde_json::Value {
        let method = if body.is_some() { "POST" } else { "GET" };
        let target = format!("/.well-known/landing-edge/{name}");
        let mut request = self.request(method, &target, &[("authorization", &format!("Bearer {TOKEN}"))]);
        if let Some(body) = body {
            request = request.body(body.to_string());
        }
        let said = said_to(request).await;
        assert_eq!(said.status, 200, "{name}: {}", said.body);
        serde_json::from_str(&said.body).unwrap()
    }

    /// Sends the admin API something, with the token.
    pub(crate) async fn tell(&self, name: &str, body: &str) -> Said {
        let target = format!("/.well-known/landing-edge/{name}");
        let request = self.request("POST", &target, &[("authorization", &format!("Bearer {TOKEN}"))]);
        said_to(request.body(body.to_owned())).await
    }

    pub(crate) async fn purge(&self, what: serde_json::Value) -> u64 {
        self.admin("purge", Some(what)).await["purged"].as_u64().unwrap()
    }

    pub(crate) fn pass(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    /// Waits until the origin was asked so often, at most two seconds; then makes sure that it is not asked more.
    pub(crate) async fn origin_was_asked(&self, times: usize) {
        for _ in 0..400 {
            if self.backend.count() >= times {
                break;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
        assert_eq!(self.backend.count(), times, "{:#?}", self.backend.asked());
    }
}

async fn said_to(request: reqwest::RequestBuilder) -> Said {
    let began = std::time::Instant::now();
    let answer = request.send().await.unwrap();
    let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
    let body = String::from_utf8_lossy(&answer.bytes().await.unwrap()).into_owned();
    Said { status, headers, body, took: began.elapsed() }
}
