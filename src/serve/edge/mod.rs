//! The edge: an HTTP cache in front of an origin, the stand-in for a CDN on one machine.
//!
//! In: requests from anyone; out: answers from the cache while that is allowed, and from the origin when it must be, one
//! question for all who ask the same. What is allowed is decided in [`crate::cache`]; this module carries it out.
//! It refuses to let anything reach the origin that is not part of the key (profile `landing`), to store what was purged
//! on its way, to hold more than it was given, and to answer its admin API to strangers.
//!
//! One edge may stand for several points of presence, with or without a shield: each is an [`Inner`], a cache whole in itself, and the shield
//! is one more, behind them.

mod admin;
mod behind;
mod fallback;
mod fetch;
mod flights;
mod places;
mod purging;
mod reply;
mod shelf;
mod upstream;
mod visit;

pub use upstream::Fault;

use super::Clock;
use super::listen::{self, Limits, Listening};
use crate::cache::Profile;
use crate::diag::Diagnostic;
use crate::model::UrlPath;
use behind::Behind;
use fallback::Fallback;
use flights::Flights;
use places::{Name, Places};
use purging::Purging;
use serde::Serialize;
use shelf::Shelf;
use std::fmt;
use std::net::SocketAddr;
use std::ops::AddAssign;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::watch;
use upstream::Purpose;

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
    /// How many points of presence it stands for, each with a store of its own: the first listens at `listen`, the next at the address that
    /// follows (127.0.0.2 after 127.0.0.1), on the same port.
    pub points: usize,
    /// Whether one cache more stands between them and the origin.
    pub shield: bool,
    /// Bytes of memory for stored answers, for each point of presence.
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
            points: 1,
            shield: false,
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
        let Self { listen, origin, profile, site, store, fallback, points, shield, .. } = self;
        f.debug_struct("EdgeOptions")
            .field("listen", listen)
            .field("origin", origin)
            .field("profile", profile)
            .field("site", site)
            .field("store", store)
            .field("fallback", fallback)
            .field("points", points)
            .field("shield", shield)
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
    /// Questions to the shield, when there is one.
    pub shield_requests: u64,
    /// Answers that are stored now.
    pub stored: u64,
    /// Bytes that they occupy.
    pub bytes: u64,
    /// Answers that lost a `Set-Cookie` when they were stored.
    pub set_cookie_removed: u64,
}

impl AddAssign for Counters {
    fn add_assign(&mut self, more: Self) {
        let pairs = [
            (&mut self.requests, more.requests),
            (&mut self.hits, more.hits),
            (&mut self.origin_requests, more.origin_requests),
            (&mut self.fallback_requests, more.fallback_requests),
            (&mut self.shield_requests, more.shield_requests),
            (&mut self.stored, more.stored),
            (&mut self.bytes, more.bytes),
            (&mut self.set_cookie_removed, more.set_cookie_removed),
        ];
        for (sum, more) in pairs {
            *sum += more;
        }
    }
}

#[derive(Debug, Default)]
struct Tally {
    requests: AtomicU64,
    hits: AtomicU64,
    set_cookie_removed: AtomicU64,
}

/// One cache: everything that a request needs.
struct Inner {
    options: EdgeOptions,
    name: Name,
    behind: Behind,
    shelf: Shelf,
    flights: Flights,
    fallback: Fallback,
    tally: Tally,
    closing: watch::Receiver<bool>,
}

/// An edge that runs until it is stopped or dropped.
pub struct Edge {
    places: Arc<Places>,
    listening: Vec<Listening>,
    close: watch::Sender<bool>,
}

/// Starts an edge; it is listening when this returns.
///
/// # Errors
/// When an address is taken or cannot be used, or the origin is no address.
pub async fn edge(options: EdgeOptions) -> Result<Edge, Diagnostic> {
    let (close, closing) = watch::channel(false);
    let places = Arc::new(Places::new(options, &closing)?);
    let (listeners, addresses): (Vec<_>, Vec<_>) = places::bind(&places.options).await?.into_iter().unzip();
    places.before_origin().for_each(|it| it.spawn(Arc::clone(it).keep_fallback()));
    let doors = places.doors(&addresses).into_iter().zip(listeners).zip(addresses);
    let limits = places.options.limits;
    let listening = doors.map(|((door, listener), at)| listen::serve(listener, at, door, limits)).collect();
    Ok(Edge { places, listening, close })
}

impl Edge {
    /// Where it listens; the first of several points of presence.
    pub fn address(&self) -> SocketAddr {
        self.listening[0].address
    }

    /// Where each point of presence listens.
    pub fn addresses(&self) -> Vec<SocketAddr> {
        self.listening.iter().map(|it| it.address).collect()
    }

    /// What it has done so far, all points of presence together.
    pub fn counters(&self) -> Counters {
        self.places.counters()
    }

    /// Makes it behave as if the origin failed, for drills.
    pub fn pretend(&self, fault: Fault) {
        self.places.pretend(fault);
    }

    /// Takes no more connections, ends what it is doing within a second, and is gone.
    pub async fn stop(self) {
        self.close.send_replace(true);
        futures::future::join_all(self.listening.into_iter().map(Listening::stop)).await;
    }
}

impl Inner {
    fn new(options: EdgeOptions, behind: Behind, name: Name, closing: watch::Receiver<bool>) -> Arc<Self> {
        Arc::new(Self {
            shelf: Shelf::new(options.max_bytes),
            flights: Flights::default(),
            fallback: Fallback::default(),
            tally: Tally::default(),
            options,
            name,
            behind,
            closing,
        })
    }

    fn counters(&self) -> Counters {
        let read = |counter: &AtomicU64| counter.load(Ordering::SeqCst);
        let (stored, bytes) = self.shelf.measure();
        Counters {
            requests: read(&self.tally.requests),
            hits: read(&self.tally.hits),
            origin_requests: self.behind.origin_asked(Purpose::Visitor),
            fallback_requests: self.behind.origin_asked(Purpose::Fallback),
            shield_requests: self.behind.shield_asked(),
            stored,
            bytes,
            set_cookie_removed: read(&self.tally.set_cookie_removed),
        }
    }

    fn now_ms(&self) -> u64 {
        self.options.clock.now_ms()
    }

    /// Drops what a purge concerns, here; says how many answers that were.
    fn purge(&self, purging: &Purging) -> usize {
        self.refresh_fallback(purging);
        self.shelf.purge(purging.clone(), self.now_ms())
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
