//! What a deploy needs and what it gives: the site it acts on, the prover it asks, the outcome it reports.

use super::mirror::{Copy, Mirror};
use crate::cdn::Plan;
use crate::diag::Diagnostic;
use crate::model::{Digest, Key, Mode, Owed, Release, Routing, UrlPath, Window};
use crate::shell::sender::{Purger, Sender};
use crate::shell::{Sink, too_wide};
use crate::store::Store;
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::atomic::AtomicBool;

/// Everything a deploy needs besides what it deploys.
#[derive(Clone, Copy)]
pub struct Site<'a> {
    /// The name of the environment.
    pub name: &'a str,
    /// The store, with its counters. It alone holds the head.
    pub store: &'a Store,
    /// The stores that get a copy of what is public.
    pub mirrors: &'a [Mirror],
    /// Where this machine remembers the head and manifests it has seen: `.landing/state/ENV`. May be lost at any time.
    pub state: &'a Path,
    /// The public address.
    pub url: &'a str,
    /// The CDNs in front of it.
    pub purgers: &'a [Purger],
    /// Who talks to them.
    pub sender: &'a Sender,
    /// Who looks whether the edge serves the release.
    pub prover: &'a dyn Prover,
    /// Where events go.
    pub sink: Sink<'a>,
    /// Set it to stop at the next safe point.
    pub cancel: &'a AtomicBool,
    /// Who deploys: [`who`].
    pub by: &'a str,
    /// Why, for the log.
    pub reason: Option<&'a str>,
    /// Choices.
    pub options: Options,
}

impl Site<'_> {
    /// What is more or less than was asked for in what a CDN will be asked, and what that costs in the window of the broadcast.
    pub(in crate::shell) fn notes(&self, purger: &Purger, plan: &Plan) -> Vec<String> {
        let wide = |window| too_wide(purger.cdn.id(), plan, &window, self.name);
        let costly = self.options.window.and_then(wide).map(|warning| warning.message);
        plan.notes.iter().cloned().chain(costly).collect()
    }
}

/// Choices of one deploy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Take the place of documents that this tool did not write.
    pub adopt: bool,
    /// Deploy although the environment is frozen; the reason is in the log.
    pub break_freeze: bool,
    /// What answers the CDN.
    pub routing: Routing,
    /// The window of the broadcast, where nobody was warned of a purge that reaches far in it: then it is said when it is made.
    pub window: Option<Window>,
    /// How many requests may be under way at once.
    pub parallel: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self { adopt: false, break_freeze: false, routing: Routing::default(), window: None, parallel: 8 }
    }
}

/// Looks at the public address. The deploy does not know how; `verify` does.
#[async_trait::async_trait]
pub trait Prover: Send + Sync {
    /// Whether the edge serves `release`, above all at `urls`, which were just purged.
    async fn prove(&self, release: &Release, urls: &BTreeSet<UrlPath>) -> Proof;

    /// Asks for each URL once, so that the edge has it before the visitors come.
    async fn warm(&self, release: &Release, urls: &BTreeSet<UrlPath>);
}

/// What a [`Prover`] saw.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Proof {
    /// Whether everything that was looked at is as the release says.
    pub verified: bool,
    /// URLs at which the edge still serves something else: purging them again may help.
    pub stale: BTreeSet<UrlPath>,
    /// Share of warm requests that did not reach the origin, 0 to 1.
    pub offload: Option<f64>,
}

/// How a deploy went.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// The release that is live now.
    pub release: Digest,
    /// The release before it.
    pub previous: Option<Digest>,
    /// How much of it is shown.
    pub mode: Mode,
    /// Requests to the primary store, the read of the head included.
    pub store_requests: u64,
    /// Store requests that wrote.
    pub store_writes: u64,
    /// The documents that were written, in the order in which they went public.
    pub documents: Vec<Key>,
    /// The URLs that were purged.
    pub purged: BTreeSet<UrlPath>,
    /// Calls to purge APIs.
    pub purge_calls: u64,
    /// Whether the edge was proven to serve the release, now or when it was deployed.
    pub verified: bool,
    /// Share of warm requests that did not reach the origin, when it was measured.
    pub offload: Option<f64>,
    /// The public address.
    pub url: String,
    /// What is still owed; empty as a rule.
    pub owed: Owed,
    /// Whether nothing but an agreement kept other commands out: the store does not look at conditions.
    pub advisory_lock: bool,
    /// What each mirror has.
    pub copies: Vec<Copy>,
    /// The release is live, but this is not as it should be: a refused purge, an edge that was not proven, a
    /// mirror that did not get its copy.
    pub complaint: Option<Diagnostic>,
}

/// The clock of this machine, to the second: what is noted and said is not finer.
pub fn now() -> jiff::Timestamp {
    let now = jiff::Timestamp::now();
    jiff::Timestamp::from_second(now.as_second()).unwrap_or(now)
}

/// User and host, as the head names them.
pub fn who() -> String {
    let user = ["USER", "LOGNAME", "USERNAME"].iter().find_map(|name| std::env::var(name).ok());
    let user = user.filter(|it| !it.is_empty()).unwrap_or_else(|| "somebody".to_owned());
    format!("{user}@{}", gethostname::gethostname().to_string_lossy())
}
