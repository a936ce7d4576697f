//! Questions to the origin: time-outs, switchable faults, and a pause while it is down.
//!
//! Every question has a connection of its own. Behind a cache they are few, and a pooled connection that the origin has
//! just closed would look like an origin that fails.

use super::super::Clock;
use super::super::body::{Body, Broken, whole};
use super::EdgeOptions;
use crate::diag::{Code, Diagnostic};
use http::header::{CACHE_CONTROL, CONTENT_LENGTH, HOST, HeaderValue};
use http::{HeaderMap, Method, Response, StatusCode};
use http_body_util::BodyExt as _;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Semaphore;
use url::Url;

/// An answer of the origin, its body still on the way.
pub(super) type Answered = Response<Body>;

/// Why there is no usable answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// No connection.
    Refused,
    /// No answer in time.
    TimedOut,
    /// The answer broke off, or was none.
    Broken,
    /// It failed so often just now that it was not even asked.
    Down,
    /// It has as many questions as it may have, and none was answered in time.
    Busy,
    /// An answer that says "not now" (RFC 5861, section 4: 500, 502, 503, 504).
    Status(StatusCode),
}

impl Failure {
    /// Reads the status of an answer as a failure, where it is one.
    pub(super) fn of(status: StatusCode) -> Option<Self> {
        matches!(status.as_u16(), 500 | 502 | 503 | 504).then_some(Self::Status(status))
    }

    /// For `Cache-Status`.
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Refused => "origin refused",
            Self::TimedOut => "origin timed out",
            Self::Broken => "origin broke off",
            Self::Down => "origin down, not asked",
            Self::Busy => "origin busy, not asked",
            Self::Status(_) => "origin failed",
        }
    }

    /// The origin's status, when it gave one.
    pub(super) fn status(self) -> Option<u16> {
        match self {
            Self::Status(status) => Some(status.as_u16()),
            _ => None,
        }
    }
}

/// What the edge pretends the origin does, for drills.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Fault {
    /// Nothing: the origin is asked.
    None = 0,
    /// It refuses the connection.
    Refuse = 1,
    /// It answers 503.
    Unavailable = 2,
    /// It takes the connection and never answers.
    Hang = 3,
}

impl Fault {
    /// Every fault with its name in the admin API.
    pub const ALL: &'static [(Fault, &'static str)] =
        &[(Self::None, "none"), (Self::Refuse, "refuse"), (Self::Unavailable, "503"), (Self::Hang, "hang")];

    /// The fault of a name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known)| *known == name).map(|(fault, _)| *fault)
    }
}

/// For whom the origin is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// A visitor, now or at the next visit.
    Visitor,
    /// The fallback page.
    Fallback,
}

/// After so many failures in a row to get any answer at all, the origin is taken for down.
const DOWN_AFTER: u32 = 3;
/// While it is down it is asked this seldom, by one request.
const PROBE_EVERY_MS: u64 = 1_000;

#[derive(Debug, Default)]
struct Health {
    failures: u32,
    ask_again_ms: u64,
}

/// The way to the origin.
#[derive(Debug)]
pub(super) struct Upstream {
    client: reqwest::Client,
    origin: String,
    fault: AtomicU8,
    health: Mutex<Health>,
    clock: Clock,
    answer_within: Duration,
    turns: Semaphore,
    for_visitors: AtomicU64,
    for_fallback: AtomicU64,
}

/// The scheme and authority of an origin.
pub(super) fn origin_of(raw: &str) -> Result<String, Diagnostic> {
    let bad = |why: &str| {
        Diagnostic::new(Code::BadValue, format!("the origin `{raw}` {why}")).hint("write it as `http://127.0.0.1:3000`")
    };
    let url = Url::parse(raw).map_err(|_| bad("is not a URL"))?;
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
        return Err(bad("is not an `http:` or `https:` address"));
    }
    if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
        return Err(bad("has a path; only a scheme and a host can be fronted"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(bad("carries a user name, which would show in logs"));
    }
    Ok(url.origin().ascii_serialization())
}

impl Upstream {
    pub(super) fn new(options: &EdgeOptions) -> Result<Self, Diagnostic> {
        let origin = origin_of(&options.origin)?;
        // Somebody may have installed a provider before: that one will do.
        _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder()
            .no_proxy()
            .http1_only()
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .pool_max_idle_per_host(0)
            .connect_timeout(options.patience.connect)
            .build()
            .map_err(|err| Diagnostic::new(Code::Bug, format!("no HTTP client can be made: {err}")))?;
        Ok(Self {
            client,
            origin,
            fault: AtomicU8::new(Fault::None as u8),
            health: Mutex::default(),
            clock: options.clock.clone(),
            answer_within: options.patience.answer,
            turns: Semaphore::new(options.origin_at_once.max(1)),
            for_visitors: AtomicU64::new(0),
            for_fallback: AtomicU64::new(0),
        })
    }

    pub(super) fn origin(&self) -> &str {
        &self.origin
    }

    pub(super) fn set_fault(&self, fault: Fault) {
        self.fault.store(fault as u8, Ordering::SeqCst);
        // A drill that ends must not leave the origin taken for down.
        *self.health.lock().unwrap_or_else(PoisonError::into_inner) = Health::default();
    }

    pub(super) fn fault(&self) -> Fault {
        let number = self.fault.load(Ordering::SeqCst);
        Fault::ALL.iter().map(|(fault, _)| *fault).find(|it| *it as u8 == number).unwrap_or(Fault::None)
    }

    fn counter(&self, purpose: Purpose) -> &AtomicU64 {
        match purpose {
            Purpose::Visitor => &self.for_visitors,
            Purpose::Fallback => &self.for_fallback,
        }
    }

    /// How often it was asked.
    pub(super) fn asked(&self, purpose: Purpose) -> u64 {
        self.counter(purpose).load(Ordering::SeqCst)
    }

    /// Asks the origin; the answer's header must be there in time, its body comes later.
    pub(super) async fn ask(
        &self,
        purpose: Purpose,
        method: Method,
        target: &str,
        headers: HeaderMap,
        body: Option<reqwest::Body>,
    ) -> Result<Answered, Failure> {
        if !self.admit() {
            return Err(Failure::Down);
        }
        let Ok(turn) = tokio::time::timeout(self.answer_within, self.turns.acquire()).await else {
            return Err(Failure::Busy);
        };
        self.counter(purpose).fetch_add(1, Ordering::SeqCst);
        let asking = self.send(method, target, headers, body);
        let result = match tokio::time::timeout(self.answer_within, asking).await {
            Ok(result) => result,
            Err(_) => Err(Failure::TimedOut),
        };
        drop(turn);
        self.learn(result.as_ref().err().copied());
        result
    }

    async fn send(
        &self,
        method: Method,
        target: &str,
        mut headers: HeaderMap,
        body: Option<reqwest::Body>,
    ) -> Result<Answered, Failure> {
        match self.fault() {
            Fault::None => {}
            Fault::Refuse => return Err(Failure::Refused),
            Fault::Unavailable => return Ok(unavailable()),
            Fault::Hang => std::future::pending::<()>().await,
        }
        headers.remove(CONTENT_LENGTH);
        if headers.get(HOST).is_some_and(HeaderValue::is_empty) {
            headers.remove(HOST);
        }
        // Parsed from the whole, never joined: `//evil/x` is a path here, not another host.
        let url = Url::parse(&format!("{}{target}", self.origin)).map_err(|_| Failure::Broken)?;
        let mut request = self.client.request(method, url).headers(headers);
        if let Some(body) = body {
            request = request.body(body);
        }
        let answered = request.send().await.map_err(|err| failure(&err))?;
        Ok(Response::<reqwest::Body>::from(answered).map(|body| body.map_err(Broken::from).boxed_unsync()))
    }

    /// Whether the origin may be asked: always, unless it is down; then one request may try now and then.
    fn admit(&self) -> bool {
        let now = self.clock.now_ms();
        let mut health = self.health.lock().unwrap_or_else(PoisonError::into_inner);
        if health.failures < DOWN_AFTER {
            return true;
        }
        let due = now >= health.ask_again_ms;
        if due {
            health.ask_again_ms = now + PROBE_EVERY_MS;
        }
        due
    }

    /// Any answer is a sign of life; a connection that breaks off is no sign of death, some requests do that to servers.
    fn learn(&self, failure: Option<Failure>) {
        let now = self.clock.now_ms();
        let mut health = self.health.lock().unwrap_or_else(PoisonError::into_inner);
        match failure {
            Some(Failure::Refused | Failure::TimedOut) => {
                health.failures = health.failures.saturating_add(1);
                health.ask_again_ms = now + PROBE_EVERY_MS;
            }
            Some(Failure::Broken) => {}
            _ => *health = Health::default(),
        }
    }
}

fn failure(err: &reqwest::Error) -> Failure {
    if err.is_timeout() {
        Failure::TimedOut
    } else if err.is_connect() {
        Failure::Refused
    } else {
        Failure::Broken
    }
}

fn unavailable() -> Answered {
    let mut response = Response::new(whole(bytes::Bytes::from_static(b"drill\n")));
    *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// What came of reading a body.
pub(super) enum Collected {
    /// All of it.
    Whole(bytes::Bytes),
    /// More than the limit: what was read, and the rest.
    TooLarge(Vec<bytes::Bytes>, Body),
}

/// Reads a body up to `most` bytes; each piece must come within `patience`.
pub(super) async fn collect(mut body: Body, most: u64, patience: Duration) -> Result<Collected, Broken> {
    let (mut pieces, mut length) = (Vec::new(), 0_u64);
    while let Some(frame) = tokio::time::timeout(patience, body.frame()).await? {
        // Trailers are left out: nobody who asks here has said that they may come (RFC 9110, section 6.5.1).
        let Ok(piece) = frame?.into_data() else { continue };
        length += piece.len() as u64;
        pieces.push(piece);
        if length > most {
            return Ok(Collected::TooLarge(pieces, body));
        }
    }
    Ok(Collected::Whole(pieces.concat().into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_a_scheme_and_a_host() {
        assert_eq!(origin_of("http://127.0.0.1:3000/").unwrap(), "http://127.0.0.1:3000");
        assert_eq!(origin_of("https://EXAMPLE.fr").unwrap(), "https://example.fr");
        for bad in ["127.0.0.1:3000", "ftp://x", "http://x/y", "http://u:p@x", "http://x?y", ""] {
            assert_eq!(origin_of(bad).unwrap_err().code, Code::BadValue, "{bad}");
        }
    }

    #[test]
    fn an_origin_that_is_down_is_asked_once_a_second() {
        let options = EdgeOptions::new(([127, 0, 0, 1], 0).into(), "http://127.0.0.1:1", "");
        let (upstream, clock) = (Upstream::new(&options).unwrap(), options.clock);
        for _ in 0..DOWN_AFTER {
            assert!(upstream.admit());
            upstream.learn(Some(Failure::Refused));
        }
        assert!(!upstream.admit());
        clock.advance(Duration::from_secs(2));
        assert!(upstream.admit() && !upstream.admit());
        upstream.learn(None);
        assert!(upstream.admit() && upstream.admit());
    }
}
