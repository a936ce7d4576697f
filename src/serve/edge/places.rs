//! The places of one edge: points of presence, each a cache of its own at an address of its own, and the shield that may stand between
//! them and the origin. They share the clock, the admin API and nothing else; what one has fetched the next one has not.

use super::behind::Behind;
use super::purging::Purging;
use super::upstream::Upstream;
use super::{Counters, EdgeOptions, Fault, Inner, admin};
use crate::cache::PSEUDONYM;
use crate::diag::{Code, Diagnostic};
use crate::serve::body::Body;
use crate::serve::listen::{self, Answer};
use http::header::HeaderValue;
use http::{Request, Response};
use hyper::body::Incoming;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use tokio::net::TcpListener;
use tokio::sync::watch;

/// More are no use on one machine.
pub(super) const MOST_POINTS: usize = 64;
/// How often a free port is looked for that is free at every address.
const ATTEMPTS: usize = 8;

/// What a cache is called.
#[derive(Debug)]
pub(super) struct Name {
    /// In `Cache-Status`.
    pub(super) cache: String,
    /// In the field that names the place; a cache that is alone does not say it.
    pub(super) place: Option<HeaderValue>,
    /// Whether places stand in front of it, and not visitors.
    pub(super) shields: bool,
}

impl Name {
    fn alone() -> Self {
        Self { cache: PSEUDONYM.to_owned(), place: None, shields: false }
    }

    fn point(number: usize) -> Self {
        let place = point(number);
        Self { cache: format!("{PSEUDONYM}-{place}"), place: HeaderValue::from_str(&place).ok(), shields: false }
    }

    fn shield() -> Self {
        Self { cache: format!("{PSEUDONYM}-shield"), place: None, shields: true }
    }
}

/// What the place with this number is called, from 1.
fn point(number: usize) -> String {
    format!("pop-{number}")
}

/// All caches of one edge.
pub(super) struct Places {
    pub(super) options: EdgeOptions,
    points: Vec<Arc<Inner>>,
    addresses: OnceLock<Vec<SocketAddr>>,
    shield: Option<Arc<Inner>>,
    /// The number of the place that takes no purge, from 1; 0: none.
    deaf: AtomicUsize,
}

impl Places {
    /// As many as the options say.
    pub(super) fn new(options: EdgeOptions, closing: &watch::Receiver<bool>) -> Result<Self, Diagnostic> {
        let inner = |behind, name| Inner::new(options.clone(), behind, name, closing.clone());
        let origin = || Upstream::new(&options).map(Behind::Origin);
        let shield = options.shield.then(|| origin().map(|it| inner(it, Name::shield()))).transpose()?;
        let alone = options.points <= 1 && shield.is_none();
        let points = (1..=options.points.max(1)).map(|number| {
            let behind = shield.as_ref().map_or_else(origin, |it| Ok(Behind::shield(it)))?;
            Ok(inner(behind, if alone { Name::alone() } else { Name::point(number) }))
        });
        let points = points.collect::<Result<_, Diagnostic>>()?;
        Ok(Self { points, shield, addresses: OnceLock::new(), deaf: AtomicUsize::new(0), options })
    }

    /// Those that ask the origin.
    pub(super) fn before_origin(&self) -> impl Iterator<Item = &Arc<Inner>> {
        self.all().filter(|it| it.behind.upstream().is_some())
    }

    /// The shield first: a place that asks it again after its own purge gets what is new.
    fn all(&self) -> impl Iterator<Item = &Arc<Inner>> {
        self.shield.iter().chain(&self.points)
    }

    /// Every place at its address, to be listened to.
    pub(super) fn doors(self: &Arc<Self>, addresses: &[SocketAddr]) -> Vec<Arc<Door>> {
        self.addresses.get_or_init(|| addresses.to_vec());
        self.points.iter().map(|it| Arc::new(Door { inner: Arc::clone(it), places: Arc::clone(self) })).collect()
    }

    /// Pretends that the origin does this, wherever it is asked.
    pub(super) fn pretend(&self, fault: Fault) {
        self.before_origin().filter_map(|it| it.behind.upstream()).for_each(|it| it.set_fault(fault));
    }

    /// Lets the place of this name hear no purge, or every place every purge again; `false` when there is no such place.
    pub(super) fn deafen(&self, place: Option<&str>) -> bool {
        let number = match place {
            None => Some(0),
            Some(name) => (1..=self.points.len()).find(|number| point(*number) == name),
        };
        number.inspect(|it| self.deaf.store(*it, Ordering::SeqCst)).is_some()
    }

    /// The place that takes no purge.
    pub(super) fn deaf(&self) -> Option<String> {
        Some(self.deaf.load(Ordering::SeqCst)).filter(|number| *number > 0).map(point)
    }

    /// Purges everywhere, the shield first; says how many stored answers it concerned.
    pub(super) fn purge(&self, purging: &Purging) -> usize {
        let deaf = self.deaf.load(Ordering::SeqCst);
        let hears = |index: &usize| index + 1 != deaf;
        let points = self.points.iter().enumerate().filter(|(index, _)| hears(index)).map(|(_, it)| it);
        self.shield.iter().chain(points).map(|it| it.purge(purging)).sum()
    }

    /// What all of them have done: visitors are counted where they came, questions to the origin where they were asked.
    pub(super) fn counters(&self) -> Counters {
        let mut total =
            self.shield_counters().map_or_else(Counters::default, |shield| Counters { requests: 0, hits: 0, ..shield });
        self.points.iter().for_each(|it| total += it.counters());
        total
    }

    /// What the shield has done; its visitors are the places.
    pub(super) fn shield_counters(&self) -> Option<Counters> {
        self.shield.as_ref().map(|it| it.counters())
    }

    /// What each place has done, with its name and where it listens.
    pub(super) fn each(&self) -> impl Iterator<Item = (String, SocketAddr, Counters)> {
        let addresses = self.addresses.get().map_or(&[][..], Vec::as_slice);
        self.points.iter().zip(addresses).zip(1..).map(|((it, at), number)| (point(number), *at, it.counters()))
    }
}

/// One place, as whoever connects to its address meets it.
pub(super) struct Door {
    inner: Arc<Inner>,
    places: Arc<Places>,
}

impl Answer for Door {
    async fn answer(self: Arc<Self>, request: Request<Incoming>, peer: SocketAddr) -> Response<Body> {
        if admin::is_admin(request.uri()) {
            return self.places.administer(request, peer).await;
        }
        self.inner.visit(request).await
    }
}

/// Takes an address for each place: the one that was asked for, and those that follow it, on the same port.
pub(super) async fn bind(options: &EdgeOptions) -> Result<Vec<(TcpListener, SocketAddr)>, Diagnostic> {
    let hosts = hosts(options.listen.ip(), options.points)?;
    for attempt in 1.. {
        match bind_all(&hosts, options.listen).await {
            Err(err) if err.code == Code::PortInUse && options.listen.port() == 0 && attempt < ATTEMPTS => {}
            bound => return bound,
        }
    }
    unreachable!("the last attempt returns")
}

async fn bind_all(hosts: &[IpAddr], first: SocketAddr) -> Result<Vec<(TcpListener, SocketAddr)>, Diagnostic> {
    let mut bound = vec![listen::bind(first).await?];
    let port = bound[0].1.port();
    for host in hosts.iter().skip(1) {
        bound.push(listen::bind(SocketAddr::new(*host, port)).await?);
    }
    Ok(bound)
}

/// Linux answers at every address of 127.0.0.0/8 (RFC 1122, section 3.2.1.3, keeps them all inside the machine).
fn hosts(first: IpAddr, points: usize) -> Result<Vec<IpAddr>, Diagnostic> {
    let bad = |why: String| Diagnostic::new(Code::BadValue, why).hint("write `--points 3 --listen 127.0.0.1:8788`");
    if !(1..=MOST_POINTS).contains(&points) {
        return Err(bad(format!("{points} points of presence: an edge has 1 to {MOST_POINTS}")));
    }
    if points == 1 {
        return Ok(vec![first]);
    }
    let hosts = match first {
        IpAddr::V4(ip) => (ip.to_bits()..).take(points).map(|bits| IpAddr::V4(bits.into())).collect(),
        IpAddr::V6(_) => Vec::new(),
    };
    let inside = !hosts.is_empty() && hosts.iter().all(IpAddr::is_loopback);
    if inside {
        Ok(hosts)
    } else {
        Err(bad(format!(
            "{points} points of presence do not fit at `{first}` and the addresses behind it: they are at loopback addresses, 127.0.0.1 and so on"
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_has_a_loopback_address_of_its_own() {
        let of = |first: &str, points| hosts(first.parse().unwrap(), points);
        let three = of("127.0.0.1", 3).unwrap();
        assert_eq!(three.iter().map(ToString::to_string).collect::<Vec<_>>(), ["127.0.0.1", "127.0.0.2", "127.0.0.3"]);
        assert_eq!(of("192.0.2.1", 1).unwrap().len(), 1);
        assert_eq!(of("::1", 1).unwrap().len(), 1);
        for (first, points) in
            [("192.0.2.1", 2), ("::1", 2), ("127.255.255.255", 2), ("0.0.0.0", 2), ("127.0.0.1", 0), ("127.0.0.1", 65)]
        {
            assert_eq!(of(first, points).unwrap_err().code, Code::BadValue, "{first} {points}");
        }
    }
}
