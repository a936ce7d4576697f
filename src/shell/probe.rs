//! Asks questions over HTTP and notes what came back, exactly: no redirect followed, no content coding undone, no proxy unless one is
//! named, nothing retried but what the server itself says that it did not look at (RFC 9113, section 8.7), twice at most.
//!
//! A dead host, a time-out and an answer that breaks off are observations, never errors; a host that has never answered, or leaves 32
//! requests in a row without an answer, is not asked further. Time, memory, traffic and concurrency are bounded by [`ProbeOptions`]. It
//! judges nothing; `verify` does.

mod clients;
mod patience;
mod purging;
mod witnessing;

pub use patience::Deadline;
pub use purging::Purging;

use super::look::Looker;
use super::witness::Witness;
use super::{Event, Sink};
use crate::model::{Answer, Ask, CheckSettings, Look, Observation, Report, Sight};
use crate::verify::{self, Check, LARGEST, Observations, Subject};
use bytes::{Bytes, BytesMut};
#[cfg(feature = "h3")]
pub(super) use clients::AGENT;
use clients::{causes, client, client_for_other_scheme};
use futures::StreamExt as _;
use patience::{Patience, SCOUTS};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::net::{IpAddr, SocketAddr};
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// The time for a whole run. Ten times what the most requests there are take with a distant CDN (1,440 of 200 ms, 16 at once: 18 s), so that only a
/// host that is much too slow for a broadcast meets it.
pub const RUN: Duration = Duration::from_mins(3);

/// How to ask.
#[derive(Clone, Debug)]
pub struct ProbeOptions {
    /// The address that relative targets belong to, scheme and host, without a trailing slash.
    pub base: String,
    /// The longest wait for one answer, to its last byte.
    pub timeout: Duration,
    /// The longest wait for a connection.
    pub connect_timeout: Duration,
    /// How many requests at once.
    pub concurrency: usize,
    /// No more of one body is read.
    pub max_body: u64,
    /// No more of all different bodies together is kept; later ones are cut to nothing.
    pub max_total: u64,
    /// No more of all bodies together is read, equal or not; what comes is cut to nothing then, and nothing more is asked.
    pub max_read: u64,
    /// When the whole run must be over.
    pub deadline: Deadline,
    /// The server that is asked instead of the one DNS names; Host and TLS name stay those of `base`. Its port is used
    /// when `base` names none.
    pub resolve: Option<SocketAddr>,
    /// Who says where hosts are, instead of the machine's own resolver.
    pub resolver: Option<SocketAddr>,
    /// A proxy (`http://host:port`). Those of the environment are not used: they would stand between us and the edge.
    pub proxy: Option<String>,
}

impl ProbeOptions {
    /// For an address: 10 s for an answer and [`RUN`] for all of them from now on, 16 at once, bodies up to what `verify` compares, 256 MB
    /// in memory. A gigabyte in all: 80 assets of 4 MB, read three times.
    pub fn new(base: impl Into<String>) -> Self {
        Self {
            base: base.into(),
            timeout: Duration::from_secs(10),
            connect_timeout: Duration::from_secs(5),
            concurrency: 16,
            max_body: LARGEST + 1,
            max_total: 256_000_000,
            max_read: 1_000_000_000,
            deadline: Deadline::of(RUN),
            resolve: None,
            resolver: None,
            proxy: None,
        }
    }

    /// Finds hosts by the first of the resolvers that are compared: so a host can be proven before the machine's own has heard of it.
    #[must_use]
    pub fn by(self, check: &CheckSettings) -> Self {
        Self { resolver: check.resolvers.first().copied(), ..self }
    }
}

/// Asks every question once, one round after the other, and returns all that came back.
pub async fn probe(asks: BTreeSet<Ask>, options: &ProbeOptions, sink: Sink<'_>) -> Observations {
    match Prober::new(options) {
        Ok(prober) => prober.ask(asks, sink).await,
        Err(why) => asks.into_iter().map(|ask| (ask, Observation::Unreachable(why.clone()))).collect(),
    }
}

/// Asks what the checks ask, then what follows from the first answers, and judges.
pub async fn examine(
    subject: &Subject<'_>,
    checks: &[&dyn Check],
    options: &ProbeOptions,
    sink: Sink<'_>,
) -> (Observations, Report) {
    examine_by(subject, checks, options, &Means::default(), sink).await
}

/// What a run may do besides asking.
#[derive(Default)]
pub struct Means<'a> {
    /// Where drills purge, before what follows from the first answers is asked; `None` where none is held.
    pub purging: Option<Purging<'a>>,
    /// Who counts at the origin, while a hundred requests more are made.
    pub witness: Option<Witness>,
}

/// The same, with further means.
pub async fn examine_by(
    subject: &Subject<'_>,
    checks: &[&dyn Check],
    options: &ProbeOptions,
    means: &Means<'_>,
    sink: Sink<'_>,
) -> (Observations, Report) {
    let asks = verify::questions(subject, checks);
    let sights = look_all(verify::looks(subject, checks), options);
    let seen = match Prober::new(options) {
        Ok(prober) => {
            let (mut seen, sights) = futures::join!(prober.ask(asks, sink), sights);
            for (look, sight) in sights {
                seen.see(look, sight);
            }
            let urls = verify::purges(subject, checks);
            if let Some(purging) = means.purging.as_ref().filter(|_| !urls.is_empty()) {
                let said = purging.purge(urls.clone()).await;
                for url in urls {
                    seen.note_purge(url, said.clone());
                }
            }
            let more = verify::follow_ups(subject, checks, &seen);
            let later = look_all(verify::later_looks(subject, checks, &seen), options);
            let (more, later) = futures::join!(prober.ask(more, sink), later);
            seen.extend(more);
            for (look, sight) in later {
                seen.see(look, sight);
            }
            let visits = verify::visits(subject, checks);
            if let Some(witness) = means.witness.as_ref().filter(|_| !visits.is_empty()) {
                let (answers, told) = witnessing::visit(&prober, witness, visits, sink).await;
                seen.extend(answers);
                seen.note_witness(told);
            }
            seen
        }
        Err(why) => asks.into_iter().map(|ask| (ask, Observation::Unreachable(why.clone()))).collect(),
    };
    let report = verify::judge(subject, checks, &seen);
    (seen, report)
}

/// Takes every look once, all at the same time: they are few.
async fn look_all(looks: BTreeSet<Look>, options: &ProbeOptions) -> Vec<(Look, Sight)> {
    let looker = &Looker {
        timeout: options.timeout,
        resolver: options.resolver,
        server: options.resolve,
        #[cfg(feature = "h3")]
        most: options.max_body,
    };
    let one = |look: Look| async move {
        let left = options.deadline.left().unwrap_or_default();
        let sight = tokio::time::timeout(left, looker.look(&look)).await;
        (look, sight.unwrap_or_else(|_| Sight::Nothing(options.deadline.over())))
    };
    futures::future::join_all(looks.into_iter().map(one)).await
}

/// The clients and what they have gathered.
struct Prober<'a> {
    options: &'a ProbeOptions,
    base: url::Url,
    client: reqwest::Client,
    /// For the other scheme, where the port of `resolve` does not belong.
    other: reqwest::Client,
    began: Instant,
    bodies: Mutex<Bodies>,
    patience: Patience,
}

/// Equal bodies are kept once: a page asked for thirty times costs its size, not thirty times that.
#[derive(Default)]
struct Bodies {
    kept: HashSet<Bytes>,
    total: u64,
    read: u64,
}

impl<'a> Prober<'a> {
    fn new(options: &'a ProbeOptions) -> Result<Self, String> {
        // The first one installed stays; whether it was this one does not matter, all of this program install `ring`.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let base = url::Url::parse(&options.base).map_err(|err| format!("`{}` is no address: {err}", options.base))?;
        if !matches!(base.scheme(), "http" | "https") || base.host_str().is_none() {
            return Err(format!("`{}` is no http or https address", options.base));
        }
        let client = client(options, &base, options.resolve)?;
        let other = client_for_other_scheme(options, &base)?;
        Ok(Self {
            options,
            base,
            client,
            other,
            began: Instant::now(),
            bodies: Mutex::default(),
            patience: Patience::default(),
        })
    }

    async fn ask(&self, asks: BTreeSet<Ask>, sink: Sink<'_>) -> Observations {
        let mut rounds: BTreeMap<u8, Vec<Ask>> = BTreeMap::new();
        if !asks.is_empty() {
            sink(Event::Phase { name: "verify", total: asks.len() });
        }
        for ask in asks {
            rounds.entry(ask.round).or_default().push(ask);
        }
        let mut seen = Observations::new();
        for (_, mut asks) in rounds {
            // Those that wait last, or they would hold up the others.
            asks.sort_by_key(|ask| ask.wait_ms);
            seen.extend(self.round(asks, sink).await);
        }
        seen
    }

    async fn round(&self, asks: Vec<Ask>, sink: Sink<'_>) -> Vec<(Ask, Observation)> {
        let began = Instant::now();
        let one = |ask: Ask| async move {
            let due = began + Duration::from_millis(ask.wait_ms.into());
            tokio::time::sleep_until(due.into()).await;
            let observation = match self.given_up(&ask) {
                Some(why) => Observation::Unreachable(why),
                None => self.one(&ask).await,
            };
            self.patience.heed(&ask, &observation);
            let bytes = match &observation {
                Observation::Answered(answer) => answer.body.len() as u64,
                Observation::Unreachable(_) => 0,
            };
            sink(Event::Step { phase: "verify", what: format!("{} {}", ask.method, ask.target), bytes });
            (ask, observation)
        };
        let (first, rest) = if self.patience.is_answered() { (Vec::new(), asks) } else { scouts(asks) };
        let mut seen = futures::future::join_all(first.into_iter().map(one)).await;
        let rest = futures::stream::iter(rest).map(one).buffer_unordered(self.options.concurrency.max(1));
        seen.extend(rest.collect::<Vec<_>>().await);
        seen
    }

    /// Why nobody waits for the answer any more.
    fn given_up(&self, ask: &Ask) -> Option<String> {
        let too_much = || {
            let limit = self.options.max_read;
            let read = self.bodies.lock().expect("no panic while bodies are held").read;
            (read > limit).then(|| format!("more was sent than a run reads: {}", crate::text::size(limit)))
        };
        self.options.deadline.left().err().or_else(|| self.patience.given_up(ask)).or_else(too_much)
    }

    async fn one(&self, ask: &Ask) -> Observation {
        let asked = Instant::now();
        let left = self.options.deadline.left().unwrap_or_default();
        let answer = tokio::time::timeout(self.options.timeout.min(left), self.exchange(ask)).await;
        match answer {
            Err(_) if left < self.options.timeout => Observation::Unreachable(self.options.deadline.over()),
            Err(_) => {
                let limit = crate::text::duration(self.options.timeout);
                Observation::Unreachable(format!("no complete answer within {limit}"))
            }
            Ok(Err(why)) => Observation::Unreachable(why),
            Ok(Ok(mut answer)) => {
                answer.at_ms = millis(asked.duration_since(self.began));
                answer.took_ms = millis(asked.elapsed());
                Observation::Answered(answer)
            }
        }
    }

    async fn exchange(&self, ask: &Ask) -> Result<Answer, String> {
        let url = self.url(&ask.target)?;
        let client = match ask.at {
            Some(address) => &self.client_at(address)?,
            None if url.scheme() == self.base.scheme() => &self.client,
            None => &self.other,
        };
        let method = reqwest::Method::from_bytes(ask.method.as_bytes()).map_err(|err| err.to_string())?;
        let mut request = client.request(method, url);
        for (name, value) in &ask.headers {
            request = request.header(*name, value);
        }
        let mut response = request.send().await.map_err(|err| causes(&err))?;
        let status = response.status().as_u16();
        let fields = response.headers().iter();
        let headers = fields.map(|(name, value)| (name.as_str().to_owned(), lossy(value.as_bytes()))).collect();
        let (body, cut) = self.body(&mut response).await?;
        Ok(Answer { status, headers, body, cut, at_ms: 0, took_ms: 0 })
    }

    /// A client that meets the host at one address only; a new one each time, so that no connection to another is used.
    fn client_at(&self, address: IpAddr) -> Result<reqwest::Client, String> {
        client(self.options, &self.base, Some(SocketAddr::new(address, 0)))
    }

    /// A relative target belongs to the base; an absolute one stands for itself.
    fn url(&self, target: &str) -> Result<url::Url, String> {
        let absolute = match target.strip_prefix('/') {
            Some(_) => format!("{}{target}", self.options.base.trim_end_matches('/')),
            None => target.to_owned(),
        };
        url::Url::parse(&absolute).map_err(|err| format!("`{target}` cannot be asked for: {err}"))
    }

    async fn body(&self, response: &mut reqwest::Response) -> Result<(Bytes, bool), String> {
        let mut body = BytesMut::new();
        while let Some(chunk) = response.chunk().await.map_err(|err| causes(&err))? {
            let room = usize::try_from(self.options.max_body).unwrap_or(usize::MAX) - body.len();
            body.extend_from_slice(&chunk[..chunk.len().min(room)]);
            if self.has_read_enough(chunk.len()) {
                return Ok((Bytes::new(), true));
            }
            if chunk.len() > room {
                return Ok((self.keep(body.freeze()).0, true));
            }
        }
        Ok(self.keep(body.freeze()))
    }

    /// Counts what was read of any body.
    fn has_read_enough(&self, more: usize) -> bool {
        let mut bodies = self.bodies.lock().expect("no panic while bodies are held");
        bodies.read += more as u64;
        bodies.read > self.options.max_read
    }

    /// The stored twin of a body; nothing of it, and `true`, when the memory for bodies is used up.
    fn keep(&self, body: Bytes) -> (Bytes, bool) {
        let mut bodies = self.bodies.lock().expect("no panic while bodies are held");
        if let Some(twin) = bodies.kept.get(&body) {
            return (twin.clone(), false);
        }
        if bodies.total + body.len() as u64 > self.options.max_total {
            return (Bytes::new(), true);
        }
        bodies.total += body.len() as u64;
        bodies.kept.insert(body.clone());
        (body, false)
    }
}

/// A few that go first, as different as their order has them: what is true of one page need not be of its host.
fn scouts(mut asks: Vec<Ask>) -> (Vec<Ask>, Vec<Ask>) {
    let here = asks.iter().enumerate().filter(|(_, ask)| ask.is_here()).map(|(idx, _)| idx);
    let here: Vec<usize> = here.collect();
    if here.len() <= SCOUTS {
        return (Vec::new(), asks);
    }
    let chosen: Vec<usize> = (0..SCOUTS).map(|idx| here[idx * here.len() / SCOUTS]).collect();
    let first = chosen.iter().rev().map(|idx| asks.remove(*idx)).collect();
    (first, asks)
}

/// Field values are bytes (RFC 9110, section 5.5); what is no UTF-8 is shown as such.
fn lossy(value: &[u8]) -> String {
    String::from_utf8_lossy(value).into_owned()
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
