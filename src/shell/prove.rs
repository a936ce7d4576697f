//! Looks at the public address for a deploy: the proof of a purge first, then every check.
//!
//! In: a release and the URLs that were just purged; out: a [`Proof`], and the [`Report`] for whoever wants to show it. It
//! judges nothing itself; `verify` does.

use super::Sink;
use super::deploy::{Proof, Prover};
use super::probe::{Deadline, Means, ProbeOptions, examine, examine_by, probe};
use super::sender::{is_here, jittered};
use crate::model::{Ask, CheckSettings, Event, Release, Report, UrlPath, Verdict};
use crate::verify::{self, Check, Subject};
use std::collections::BTreeSet;
use std::sync::Mutex;
use std::time::Duration;
use tokio::time::Instant;

/// How many looks in a row must find the new release before a purge counts as proven: an address is many servers, each look is a
/// new connection, and one that was asked while it was being purged may answer old after new.
const LOOKS: usize = 3;

/// Between two of them. Over all of them that is more than twice what CDNs say a purge takes (150 ms at Cloudflare and Fastly; those that
/// take longer are followed to the end of the purge first).
const BETWEEN: Duration = Duration::from_secs(1);

/// Proves over HTTP, as a visitor would see it.
pub struct Outside<'a> {
    /// The public address, without a trailing slash.
    pub base: &'a str,
    /// The broadcast.
    pub event: &'a Event,
    /// What the configuration says about checks.
    pub check: &'a CheckSettings,
    /// The address of the origin.
    pub origin: Option<&'a str>,
    /// Where events go.
    pub sink: Sink<'a>,
    /// For how long after a purge an old answer is looked at again before it counts as stale.
    pub patience: Duration,
    /// The time for all questions of one look.
    pub run: Duration,
    /// Where the origin answers drills.
    pub canary: Option<&'a str>,
    /// What a run may do besides asking.
    pub means: Means<'a>,
    /// What to do at the CDN, by check.
    pub switches: Vec<(&'static str, String)>,
    /// What is examined.
    pub checks: &'a [&'a dyn Check],
    /// The newest report.
    pub report: Mutex<Option<Report>>,
}

impl Outside<'_> {
    /// Every check, at the address of the environment.
    pub async fn examine(&self, release: &Release, focus: Option<&BTreeSet<UrlPath>>) -> Report {
        let subject = self.subject(release, focus);
        examine_by(&subject, self.checks, &self.options(), &self.means, self.sink).await.1
    }

    fn options(&self) -> ProbeOptions {
        ProbeOptions { deadline: Deadline::of(self.run), ..ProbeOptions::new(self.base).by(self.check) }
    }

    fn subject<'s>(&'s self, release: &'s Release, focus: Option<&'s BTreeSet<UrlPath>>) -> Subject<'s> {
        Subject {
            release,
            base: self.base,
            event: self.event,
            now: jiff::Timestamp::now(),
            check: self.check,
            origin: self.origin,
            focus,
            foreign: None,
            canary: self.canary,
            switches: &self.switches,
        }
    }
}

#[async_trait::async_trait]
impl Prover for Outside<'_> {
    /// What the edge still serves of the old release is told before the checks that take longer: it is purged again. Where something was
    /// purged, so many looks in a row must agree; an old answer begins the row anew, until the CDN has had the time that it takes.
    async fn prove(&self, release: &Release, urls: &BTreeSet<UrlPath>) -> Proof {
        let subject = self.subject(release, Some(urls));
        let (looks, patience) = if urls.is_empty() { (1, Duration::ZERO) } else { (LOOKS, self.patience) };
        let (since, mut agreed) = (Instant::now(), 0);
        while agreed < looks {
            let (_, proof) = examine(&subject, verify::PROOF, &self.options(), &|_| ()).await;
            let stale = verify::stale(&subject, &proof);
            if !stale.is_empty() && since.elapsed() >= patience {
                *self.report.lock().expect("nobody panics while holding the report") = Some(proof);
                return Proof { verified: false, stale, offload: None };
            }
            agreed = if stale.is_empty() { agreed + 1 } else { 0 };
            // An edge on this machine has purged when it says so.
            if agreed < looks && !(agreed > 0 && is_here(self.base)) {
                tokio::time::sleep(jittered(BETWEEN)).await;
            }
        }
        let stale = BTreeSet::new();
        let report = self.examine(release, Some(urls)).await;
        let proof = Proof { verified: report.verdict() == Verdict::Pass, stale, offload: report.offload };
        *self.report.lock().expect("nobody panics while holding the report") = Some(report);
        proof
    }

    /// Once for each coding that browsers ask for.
    async fn warm(&self, _release: &Release, urls: &BTreeSet<UrlPath>) {
        let asks = urls.iter().flat_map(|url| {
            ["br", "gzip", "identity"].map(|coding| Ask::get(url.encoded()).header("accept-encoding", coding))
        });
        probe(asks.collect(), &self.options(), &|_| ()).await;
    }
}
