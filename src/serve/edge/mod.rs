//! The edge: an HTTP cache in front of an origin, the stand-in for a CDN on one machine.
//!
//! In: requests from anyone; out: answers from the cache while that is allowed, and from the origin when it must be, one
//! question for all who ask the same. What is allowed is decided in [`crate::cache`]; this module carries it out.
//! It refuses to let anything reach the origin that is not part of the key (profile `landing`), to store what was purged
//! on its way, to hold more than it was given, and to answer its admin API to strangers.

mod admin;
mod fallback;
mod fetch;
mod flights;
mod purging;
mod reply;
mod shelf;
mod upstream;
mod visit;

pub use upstream::Fault;

use super::Clock;
use super::body::Body;
use super::listen::{self, Answer, Limits, Listening};
use crate::cache::Profile;
use crate::diag::Diagnostic;
use crate::model::UrlPath;
use fallback::Fallback;
use flights::Flights;
use http::{Request, Response};
use hyper::body::Incoming;
use serde::Serialize;
use shelf::Shelf;
use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::watch;
use upstream::{Purpose, Upstream};

/// How an edge is set up.
#[derive(Clone)]
pub struct EdgeOptions {
    /// Where it listens; port 0 lets the system choose.
    pub listen: SocketAddr,
    /// Scheme and host of the origin: `http://127.0.0.1:3000`.
    pub origin: String,
    /// What the admin API asks for as `Authorization: Bearer …`; an empty token closes it.
    pub token: String,
    /// How it behaves.
    pub profile: Profile,
    /// Stands for the host in the cache key of the profile `landing`.
    pub site: String,
    /// The store behind the origin, for whoever asks the admin API which environment this is.
    pub store: Option<String>,
    /// The page that stands for a dead origin; it is fetched at the start and after each purge of it.
    pub fallback: Option<UrlPath>,
    /// Bytes of memory for stored answers.
    pub max_bytes: u64,
    /// Bytes of the largest body that is stored; larger ones pass through.
    pub max_object_bytes: u64,
    /// Questions to the origin at once; when a crowd asks for more different things than that, the rest waits its turn.
    pub origin_at_once: usize,
    /// How long the edge waits.
    pub patience: Patience,
    /// What a client may cost.
    pub limits: Limits,
    /// The time.
    pub clock: Clock,
}

/// How long the edge waits for the origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// For a connection.
    pub connect: Duration,
    /// For the header of an answer when there is nothing else to serve.
    pub answer: Duration,
    /// For an answer when something stale may be served instead: a visitor must have it within a second.
    pub stale: Duration,
    /// For each further piece of a body.
    pub piece: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(3),
            answer: Duration::from_secs(10),
            stale: Duration::from_millis(600),
            piece: Duration::from_secs(10),
        }
    }
}

impl EdgeOptions {
    /// An edge on `listen` in front of `origin`, everything else as it is usual.
    pub fn new(listen: SocketAddr, origin: impl Into<String>, token: impl Into<String>) -> Self {
        Self {
            listen,
            origin: origin.into(),
            token: token.into(),
            profile: Profile::default(),
            site: String::new(),
            store: None,
            fallback: None,
            max_bytes: 256 << 20,
            max_object_bytes: 16 << 20,
            origin_at_once: 128,
            patience: Patience::default(),
            limits: Limits::default(),
            clock: Clock::system(),
        }
    }
}

impl fmt::Debug for EdgeOptions {
    /// Without the token: what is shown ends up in logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { listen, origin, profile, site, store, fallback, .. } = self;
        f.debug_struct("EdgeOptions")
            .field("listen", listen)
            .field("origin", origin)
            .field("profile", profile)
            .field("site", site)
            .field("store", store)
            .field("fallback", fallback)
            .finish_non_exhaustive()
    }
}

/// What an edge has done so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counters {
    /// Requests from outside, without those to the admin API.
    pub requests: u64,
    /// Those that were answered from the store without waiting for the origin.
    pub hits: u64,
    /// Questions to the origin on behalf of a visitor, background refreshes included.
    pub origin_requests: u64,
    /// Questions to the origin for the fallback page.
    pub fallback_requests: u64,
    /// Answers that are stored now.
    pub stored: u64,
    /// Bytes that they occupy.
    pub bytes: u64,
    /// Answers that lost a `Set-Cookie` when they were stored.
    pub set_cookie_removed: u64,
}

#[derive(Debug, Default)]
struct Tally {
    requests: AtomicU64,
    hits: AtomicU64,
    set_cookie_removed: AtomicU64,
}

/// Everything that a request needs.
struct Inner {
    options: EdgeOptions,
    upstream: Upstream,
    shelf: Shelf,
    flights: Flights,
    fallback: Fallback,
    tally: Tally,
    closing: watch::Receiver<bool>,
}

/// An edge that runs until it is stopped or dropped.
pub struct Edge {
    inner: Arc<Inner>,
    listening: Listening,
    close: watch::Sender<bool>,
}

/// Starts an edge; it is listening when this returns.
///
/// # Errors
/// When the address is taken or cannot be used, or the origin is no address.
pub async fn edge(options: EdgeOptions) -> Result<Edge, Diagnostic> {
    let upstream = Upstream::new(&options)?;
    let (listener, address) = listen::bind(options.listen).await?;
    let (close, closing) = watch::channel(false);
    let inner = Arc::new(Inner {
        upstream,
        shelf: Shelf::new(options.max_bytes),
        flights: Flights::default(),
        fallback: Fallback::default(),
        tally: Tally::default(),
        closing,
        options,
    });
    inner.spawn(Arc::clone(&inner).keep_fallback());
    let listening = listen::serve(listener, address, Arc::clone(&inner), inner.options.limits);
    Ok(Edge { inner, listening, close })
}

impl Edge {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.listening.address
    }

    /// What it has done so far.
    pub fn counters(&self) -> Counters {
        self.inner.counters()
    }

    /// Makes it behave as if the origin failed, for drills.
    pub fn pretend(&self, fault: Fault) {
        self.inner.upstream.set_fault(fault);
    }

    /// Takes no more connections, ends what it is doing within a second, and is gone.
    pub async fn stop(self) {
        self.close.send_replace(true);
        self.listening.stop().await;
    }
}

impl Inner {
    fn counters(&self) -> Counters {
        let read = |counter: &AtomicU64| counter.load(Ordering::SeqCst);
        let (stored, bytes) = self.shelf.measure();
        Counters {
            requests: read(&self.tally.requests),
            hits: read(&self.tally.hits),
            origin_requests: self.upstream.asked(Purpose::Visitor),
            fallback_requests: self.upstream.asked(Purpose::Fallback),
            stored,
            bytes,
            set_cookie_removed: read(&self.tally.set_cookie_removed),
        }
    }

    fn now_ms(&self) -> u64 {
        self.options.clock.now_ms()
    }

    /// Runs a task that ends with the edge.
    fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        let mut closing = self.closing.clone();
        tokio::spawn(async move {
            tokio::select! {
                () = work => {}
                _ = closing.changed() => {}
            }
        });
    }
}

impl Answer for Inner {
    async fn answer(self: Arc<Self>, request: Request<Incoming>, peer: SocketAddr) -> Response<Body> {
        if admin::is_admin(request.uri()) {
            return self.administer(request, peer).await;
        }
        self.tally.requests.fetch_add(1, Ordering::SeqCst);
        self.visit(request).await
    }
}
