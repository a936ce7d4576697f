//! The canary: addresses below one path that no visitor asks for, on which drills may be held (`landing verify --drill`).
//!
//! `KIND/NONCE` with one of four kinds and sixteen hexadecimal digits. Each question to one address has another body, its number: so a client
//! knows how often the origin was asked, whatever the caches in between say. It refuses to remember more than a few of them, and to say
//! anything about the site.

use crate::model::{CANARY, UrlPath};
use crate::serve::body::{Body, whole, words};
use crate::serve::bounded::Bounded;
use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName, HeaderValue};
use http::{Response, StatusCode};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// How many addresses are remembered.
const ADDRESSES: u64 = 1_024;

/// So long takes an answer of the kinds `cold` and `stale`: a crowd that comes at once is there before it.
const SLOW: Duration = Duration::from_millis(300);

/// So long an origin that hangs lets a cache wait, far beyond the second in which a visitor must have an answer.
const HANG: Duration = Duration::from_secs(4);

/// What an address is for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Kept for a minute.
    Cold,
    /// Kept for a second, and for a minute while it is renewed.
    Stale,
    /// Kept for a second, and for a minute while the origin fails; it fails from the second question on.
    Fail,
    /// The same, and it fails by taking four seconds.
    Hang,
}

impl Kind {
    fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "cold" => Self::Cold,
            "stale" => Self::Stale,
            "fail" => Self::Fail,
            "hang" => Self::Hang,
            _ => return None,
        })
    }

    fn lifetime(self) -> &'static str {
        match self {
            Self::Cold => "public, max-age=60",
            Self::Stale => "public, max-age=1, stale-while-revalidate=60",
            Self::Fail | Self::Hang => "public, max-age=1, stale-if-error=60",
        }
    }
}

/// The counters.
pub(super) struct Canary(Bounded<String, Arc<AtomicU64>>);

impl Canary {
    pub(super) fn new() -> Self {
        Self(Bounded::new(ADDRESSES))
    }

    /// The answer, where the path is one of a canary.
    pub(super) async fn answer(&self, path: &UrlPath) -> Option<Response<Body>> {
        let rest = path.as_str().strip_prefix(CANARY)?.strip_prefix('/')?;
        let (kind, nonce) = rest.split_once('/')?;
        let kind = Kind::parse(kind)?;
        if nonce.len() != 16 || !nonce.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        let number = self.count(rest);
        match kind {
            Kind::Cold | Kind::Stale => tokio::time::sleep(SLOW).await,
            Kind::Hang if number > 1 => tokio::time::sleep(HANG).await,
            Kind::Fail | Kind::Hang => {}
        }
        if number > 1 && matches!(kind, Kind::Fail | Kind::Hang) {
            let mut answer =
                words(StatusCode::SERVICE_UNAVAILABLE, "a drill: this address fails from the second question on");
            answer.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
            return Some(answer);
        }
        let mut answer = Response::new(whole(Bytes::from(format!("{number}\n"))));
        let headers = answer.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
        for name in [CACHE_CONTROL, HeaderName::from_static("cdn-cache-control")] {
            headers.insert(name, HeaderValue::from_static(kind.lifetime()));
        }
        Some(answer)
    }

    fn count(&self, address: &str) -> u64 {
        let counter = self.0.get(&address.to_owned()).unwrap_or_else(|| {
            let counter = Arc::<AtomicU64>::default();
            self.0.put(address.to_owned(), Arc::clone(&counter), 1);
            counter
        });
        counter.fetch_add(1, Ordering::SeqCst) + 1
    }
}
