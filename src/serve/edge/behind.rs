//! What stands behind a cache: the origin, or the shield. A shield is a cache like any other, asked as a client would ask it, but in this
//! process; what HTTP cannot say to the cache in front travels beside the answer.

use super::Inner;
use super::shelf::Entry;
use super::upstream::{Answered, Failure, Purpose, Upstream};
use crate::cache::Profile;
use crate::serve::body::Body;
use http::header::HeaderValue;
use http::{HeaderMap, Method, Request, Response};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Where questions go.
pub(super) enum Behind {
    /// To the origin.
    Origin(Upstream),
    /// To the cache that stands between all places and the origin.
    Shield {
        /// That cache.
        shield: Arc<Inner>,
        /// How often it was asked.
        asked: AtomicU64,
    },
}

/// When the answer was declared stale behind this cache (a soft purge): its `Age` says nothing of that, and it must not look fresh here.
#[derive(Clone, Copy, Debug)]
struct Expired(u64);

impl Behind {
    /// The shield stands behind it.
    pub(super) fn shield(shield: &Arc<Inner>) -> Self {
        Self::Shield { shield: Arc::clone(shield), asked: AtomicU64::new(0) }
    }

    /// Asks; the answer's header is there in time, its body comes later. How long the origin may take, and whether it is asked at all while it
    /// fails, is decided by whoever asks it: the shield answers in any case.
    pub(super) async fn ask(
        &self,
        purpose: Purpose,
        method: Method,
        target: &str,
        headers: HeaderMap,
        body: Option<reqwest::Body>,
    ) -> Result<Answered, Failure> {
        match self {
            Self::Origin(upstream) => upstream.ask(purpose, method, target, headers, body).await,
            Self::Shield { shield, asked } => {
                asked.fetch_add(1, Ordering::SeqCst);
                let mut request = Request::new(body.unwrap_or_default());
                *request.method_mut() = method;
                *request.uri_mut() = target.parse().map_err(|_| Failure::Broken)?;
                *request.headers_mut() = headers;
                Ok(visit(Arc::clone(shield), request).await)
            }
        }
    }

    /// The way to the origin, when no shield stands before it.
    pub(super) fn upstream(&self) -> Option<&Upstream> {
        match self {
            Self::Origin(upstream) => Some(upstream),
            Self::Shield { .. } => None,
        }
    }

    /// How often the origin was asked from here.
    pub(super) fn origin_asked(&self, purpose: Purpose) -> u64 {
        self.upstream().map_or(0, |upstream| upstream.asked(purpose))
    }

    /// How often the shield was asked from here.
    pub(super) fn shield_asked(&self) -> u64 {
        match self {
            Self::Origin(_) => 0,
            Self::Shield { asked, .. } => asked.load(Ordering::SeqCst),
        }
    }
}

/// A type of its own: a cache that asks a cache has no end otherwise.
fn visit(shield: Arc<Inner>, request: Request<reqwest::Body>) -> Pin<Box<dyn Future<Output = Response<Body>> + Send>> {
    Box::pin(async move { shield.visit(request).await })
}

/// Tells the cache in front what a visitor is not told: the tags, by which it is purged as well, and that the answer was declared stale.
pub(super) fn tell(answer: &mut Response<Body>, entry: &Entry, profile: Profile) {
    if let Some(at) = entry.expired() {
        answer.extensions_mut().insert(Expired(at));
    }
    if profile == Profile::Landing && !entry.kept.tags.is_empty() {
        let tags: Vec<&str> = entry.kept.tags.iter().map(String::as_str).collect();
        if let Ok(value) = HeaderValue::from_str(&tags.join(",")) {
            answer.headers_mut().insert("cache-tag", value);
        }
    }
}

/// When the answer was declared stale behind this cache.
pub(super) fn expired<B>(answer: &Response<B>) -> Option<u64> {
    answer.extensions().get::<Expired>().map(|Expired(at)| *at)
}
