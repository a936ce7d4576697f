//! Is what the public address answers what was released, and does the edge answer it without the origin?
//!
//! In: a [`Release`], the public address and, in a second step, what came back ([`Observations`]). Out: the questions to
//! ask ([`questions`], then [`follow_ups`]) and the [`Report`] ([`judge`]). One [`Check`] proves one sentence; all stand
//! in [`ALL`]. Every distinct question is asked once and its answer shared by all checks.
//!
//! It asks nothing itself, and it never guesses: what no signal tells is `unknown`, with the reason. Answers are hostile:
//! bodies are decoded within bounds, header values are shown cut and without control characters.

mod cache_control;
mod checks;
mod clerk;
mod decode;
mod evidence;
mod observations;
mod served;
mod targets;

pub use checks::ALL;
pub use observations::Observations;
pub use served::{Served, offload, served};
pub use targets::{ASSETS, LARGEST, LISTED, PAGES};

use crate::model::{Ask, Event, Finding, Release, Report, UrlPath, Verdict, Waiver};
use std::collections::BTreeSet;

/// What is judged, and what must be known to judge it.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// What should be served.
    pub release: &'a Release,
    /// The public address, scheme and host, without a trailing slash.
    pub base: &'a str,
    /// The broadcast.
    pub event: &'a Event,
    /// The time of the run. Also the seed of what must be new in every run, such as the values of tracking parameters.
    pub now: jiff::Timestamp,
    /// What somebody decided to live with.
    pub waivers: &'a [Waiver],
    /// URLs that must be compared whatever their number: after a deploy those that changed. Beyond them at most
    /// [`LISTED`] URLs and [`ASSETS`] assets are asked for, at most [`PAGES`] pages in every form.
    pub focus: Option<&'a BTreeSet<UrlPath>>,
}

/// One thing that is proven about a [`Subject`].
pub trait Check: Sync {
    /// The stable kebab-case name, which waivers use.
    fn name(&self) -> &'static str;

    /// The sentence that is proven.
    fn title(&self) -> &'static str;

    /// What to ask.
    fn asks(&self, subject: &Subject<'_>) -> Vec<Ask>;

    /// What to ask once the first answers are known: a validator that came back, a redirect's target.
    fn follow_ups(&self, _subject: &Subject<'_>, _seen: &Observations) -> Vec<Ask> {
        Vec::new()
    }

    /// What follows from the answers.
    fn judge(&self, subject: &Subject<'_>, seen: &Observations) -> Vec<Finding>;
}

/// All that the checks ask first, each question once.
pub fn questions(subject: &Subject<'_>, checks: &[&dyn Check]) -> BTreeSet<Ask> {
    checks.iter().flat_map(|check| check.asks(subject)).collect()
}

/// All that the checks ask after the first answers, without what was asked already.
pub fn follow_ups(subject: &Subject<'_>, checks: &[&dyn Check], seen: &Observations) -> BTreeSet<Ask> {
    let asks = checks.iter().flat_map(|check| check.follow_ups(subject, seen));
    asks.filter(|ask| seen.get(ask).is_none()).collect()
}

/// The report: the findings of every check in the order of `checks`, waivers applied, and the offload.
///
/// When nothing at all was answered, `reachable` fails and every other check is unknown, once instead of once per URL.
pub fn judge(subject: &Subject<'_>, checks: &[&dyn Check], seen: &Observations) -> Report {
    let silent = seen.silence();
    let mut findings = Vec::new();
    for check in checks {
        match &silent {
            Some(why) if check.name() != checks::REACHABLE => {
                findings.push(Finding::new(check.name(), subject.base, Verdict::Unknown, why.clone()));
            }
            _ => findings.extend(check.judge(subject, seen)),
        }
    }
    for finding in &mut findings {
        waive(subject, finding);
    }
    Report { findings, offload: offload(seen) }
}

/// A waiver names a check and, when it names a URL path, only the findings about it.
fn waive(subject: &Subject<'_>, finding: &mut Finding) {
    if finding.verdict < Verdict::Warn {
        return;
    }
    let target = finding.url.strip_prefix(subject.base).unwrap_or(&finding.url);
    let path = target.split('?').next().unwrap_or_default();
    let about = |waiver: &&Waiver| {
        let here = waiver.url.as_deref().is_none_or(|url| url == target || url == path);
        waiver.check == finding.check && here
    };
    if let Some(waiver) = subject.waivers.iter().find(about) {
        finding.seen = format!(
            "{} (would be `{}`; waived: {})",
            finding.seen,
            finding.verdict.name(),
            evidence::shown(&waiver.reason)
        );
        finding.verdict = Verdict::Waived;
    }
}
