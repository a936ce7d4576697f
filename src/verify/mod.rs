//! Is what the public address answers what was released, and does the edge answer it without the origin?
//!
//! In: a [`Release`], the public address and, in a second step, what came back ([`Observations`]). Out: the questions to
//! ask ([`questions`], then [`follow_ups`]) and the [`Report`] ([`judge`]). One [`Check`] proves one sentence; all stand
//! in [`ALL`]. Every distinct question is asked once and its answer shared by all checks.
//!
//! It asks nothing itself, and it never guesses: what no signal tells is `unknown`, with the reason. Answers are hostile:
//! bodies are decoded within bounds, header values are shown cut and without control characters.

mod addresses;
mod age;
mod apex_www;
mod authorization;
mod browser_files;
mod bytes;
mod bytes_per_coding;
mod clocks;
mod coding;
mod collapsing;
mod content_type;
mod control_objects;
mod cookies;
mod crowd;
mod desk;
mod dns;
mod etag_per_coding;
mod every_url_hit;
mod first_flight;
mod head;
mod header_weight;
mod headers;
mod http2;
mod https;
mod missing_asset;
mod modified_since;
mod not_found;
mod not_found_forms;
mod not_modified;
mod odd_forms;
mod origin_hidden;
mod origin_witness;
mod other_methods;
mod outside_purge;
mod page_hit;
mod points_of_presence;
mod printed_forms;
mod purge_scope;
mod range;
mod reachable;
mod redirect_lifetime;
mod referred_assets;
mod reload;
mod set_cookie;
mod shield;
mod stale_if_error;
mod stale_while_revalidate;
mod third_parties;
mod tls;
mod tracking_parameters;
mod ttl_covers_event;
mod unkeyed_headers;
mod unknown_parameter;
mod vary;

pub use desk::foreign;
pub use desk::observations::Observations;
pub use desk::served::{Served, offload, served};
pub use desk::targets::{ASSETS, Case, LARGEST, LISTED, PAGES};
pub use desk::waivers::{idle, waive};

use crate::model::{Ask, Bound, CheckSettings, Event, Finding, Look, Release, Report, UrlPath, Verdict};
use rayon::prelude::*;
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
    /// What the configuration says: hosts that the pages may load from, resolvers to compare, what somebody decided to live with.
    pub check: &'a CheckSettings,
    /// The address of the origin, which visitors must not reach past the CDN.
    pub origin: Option<&'a str>,
    /// URLs that must be compared whatever their number: after a deploy those that changed. Beyond them at most
    /// [`LISTED`] URLs and [`ASSETS`] assets are asked for, at most [`PAGES`] pages in every form.
    pub focus: Option<&'a BTreeSet<UrlPath>>,
    /// The page, when landing did not build it: then `release` stands in for the one that there is not ([`foreign`]), and only that page is
    /// looked at, with the files that it loads.
    pub foreign: Option<&'a foreign::Foreign>,
    /// The path below which the origin answers drills: only they ask there.
    pub canary: Option<&'a str>,
    /// What to do at the CDN in front, by the name of the check: it stands behind the remedy for any.
    pub switches: &'a [(&'static str, String)],
}

/// One thing that is proven about a [`Subject`].
pub trait Check: Sync {
    /// The stable kebab-case name, which waivers use.
    fn name(&self) -> &'static str;

    /// The sentence that is proven.
    fn title(&self) -> &'static str;

    /// Whether it compares with what was released, or knows how landing lays out a site: then a page that landing did not build cannot be
    /// judged by it.
    fn needs_release(&self) -> bool {
        false
    }

    /// What to ask.
    fn asks(&self, subject: &Case<'_>) -> Vec<Ask>;

    /// What to look at besides.
    fn looks(&self, _subject: &Case<'_>) -> Vec<Look> {
        Vec::new()
    }

    /// What to look at once the first answers are known: where they lead.
    fn later_looks(&self, _subject: &Case<'_>, _seen: &Observations) -> Vec<Look> {
        Vec::new()
    }

    /// What to purge between the first answers and what follows from them. Only drills do.
    fn purges(&self, _subject: &Case<'_>) -> Vec<UrlPath> {
        Vec::new()
    }

    /// What to ask once the first answers are known: a validator that came back, a redirect's target.
    fn follow_ups(&self, _subject: &Case<'_>, _seen: &Observations) -> Vec<Ask> {
        Vec::new()
    }

    /// What to ask while the origin counts. Only its witness does.
    fn visits(&self, _subject: &Case<'_>) -> Vec<Ask> {
        Vec::new()
    }

    /// What follows from the answers.
    fn judge(&self, subject: &Case<'_>, seen: &Observations) -> Vec<Finding>;
}

/// The one check that speaks when nothing answers.
const REACHABLE: &str = "reachable";

/// The check that compares stores and asks nothing from outside, so that it is no [`Check`]; and its sentence.
pub const COPIES: &str = "copies";
const COPIES_TITLE: &str = "every store holds what was released";

/// Every name that a finding may carry, with the sentence that is proven.
pub fn names() -> impl Iterator<Item = (&'static str, &'static str)> {
    ALL.iter().chain(DRILLS).chain(WITNESSED).map(|check| (check.name(), check.title())).chain([(COPIES, COPIES_TITLE)])
}

/// The sentence that a check proves.
pub fn title(check: &str) -> Option<&'static str> {
    names().find(|(name, _)| *name == check).map(|(_, title)| title)
}

/// Every check, in the order of the report: first whether it is there, then whether it is right, then whether it holds.
pub const ALL: &[&dyn Check] = &[
    &reachable::Reachable,
    &dns::Dns,
    &addresses::Addresses,
    &tls::Tls,
    &http2::Http2,
    &bytes::Bytes,
    &bytes_per_coding::BytesPerCoding,
    &headers::Headers,
    &content_type::ContentType,
    &referred_assets::ReferredAssets,
    &control_objects::ControlObjects,
    &page_hit::PageHit,
    &every_url_hit::EveryUrlHit,
    &age::Age,
    &coding::Coding,
    &vary::Vary,
    &etag_per_coding::EtagPerCoding,
    &not_modified::NotModified,
    &head::Head,
    &tracking_parameters::TrackingParameters,
    &cookies::Cookies,
    &range::Range,
    &modified_since::ModifiedSince,
    &unknown_parameter::UnknownParameter,
    &reload::Reload,
    &authorization::Authorization,
    &odd_forms::OddForms,
    &set_cookie::SetCookie,
    &https::Https,
    &apex_www::ApexWww,
    &origin_hidden::OriginHidden,
    &crowd::Crowd,
    &points_of_presence::PointsOfPresence,
    &printed_forms::PrintedForms,
    &not_found::NotFound,
    &missing_asset::MissingAsset,
    &not_found_forms::NotFoundForms,
    &browser_files::BrowserFiles,
    &redirect_lifetime::RedirectLifetime,
    &unkeyed_headers::UnkeyedHeaders,
    &other_methods::OtherMethods,
    &outside_purge::OutsidePurge,
    &third_parties::ThirdParties,
    &header_weight::HeaderWeight,
    &first_flight::FirstFlight,
    &clocks::Clocks,
    &ttl_covers_event::TtlCoversEvent,
];

/// Drills: they take a few seconds and make the origin answer strangely at paths that no visitor knows, so they are held when somebody asks
/// for them.
pub const DRILLS: &[&dyn Check] = &[
    &collapsing::Collapsing,
    &stale_while_revalidate::StaleWhileRevalidate,
    &stale_if_error::StaleIfError,
    &shield::Shield,
    &purge_scope::PurgeScope,
];

/// What is asked where the origin counts its requests: a hundred more, and two seconds.
pub const WITNESSED: &[&dyn Check] = &[&origin_witness::OriginWitness];

/// Those that compare what is served with what was released, and need no second request: the proof of a purge.
pub const PROOF: &[&dyn Check] =
    &[&bytes::Bytes, &bytes_per_coding::BytesPerCoding, &headers::Headers, &content_type::ContentType];

/// Why a check is not made for a page that landing did not build.
const NO_RELEASE: &str = "landing did not build this page: there is no release to compare with";

fn made<'c>(subject: &Subject<'_>, checks: &'c [&'c dyn Check]) -> impl Iterator<Item = &'c dyn Check> {
    let all = subject.foreign.is_none();
    checks.iter().copied().filter(move |check| all || !check.needs_release())
}

/// What each of them says, in their order; they say it on all cores.
fn of_all<T: Send>(
    subject: &Subject<'_>,
    checks: &[&dyn Check],
    say: impl Fn(&dyn Check, &Case<'_>) -> Vec<T> + Sync,
) -> Vec<T> {
    let made: Vec<&dyn Check> = made(subject, checks).collect();
    let case = &Case::from(subject);
    made.into_par_iter().flat_map_iter(|check| say(check, case)).collect()
}

/// All that the checks ask first, each question once.
pub fn questions(subject: &Subject<'_>, checks: &[&dyn Check]) -> BTreeSet<Ask> {
    of_all(subject, checks, |check, case| check.asks(case)).into_iter().collect()
}

/// All that the checks look at, each thing once.
pub fn looks(subject: &Subject<'_>, checks: &[&dyn Check]) -> BTreeSet<Look> {
    of_all(subject, checks, |check, case| check.looks(case)).into_iter().collect()
}

/// All that the checks look at after the first answers, each thing once.
pub fn later_looks(subject: &Subject<'_>, checks: &[&dyn Check], seen: &Observations) -> BTreeSet<Look> {
    of_all(subject, checks, |check, case| check.later_looks(case, seen)).into_iter().collect()
}

/// All that the checks want purged, each URL once.
pub fn purges(subject: &Subject<'_>, checks: &[&dyn Check]) -> BTreeSet<UrlPath> {
    of_all(subject, checks, |check, case| check.purges(case)).into_iter().collect()
}

/// All that the checks ask after the first answers, without what was asked already.
pub fn follow_ups(subject: &Subject<'_>, checks: &[&dyn Check], seen: &Observations) -> BTreeSet<Ask> {
    let asks = of_all(subject, checks, |check, case| check.follow_ups(case, seen));
    asks.into_iter().filter(|ask| seen.get(ask).is_none()).collect()
}

/// All that the checks ask while the origin counts.
pub fn visits(subject: &Subject<'_>, checks: &[&dyn Check]) -> BTreeSet<Ask> {
    of_all(subject, checks, |check, case| check.visits(case)).into_iter().collect()
}

/// The report: the findings of every check in the order of `checks`, waivers applied, and the offload.
///
/// When nothing at all was answered, `reachable` fails and every other check is unknown, once instead of once per URL; but for
/// those that only look, which may say why.
pub fn judge(subject: &Subject<'_>, checks: &[&dyn Check], seen: &Observations) -> Report {
    let silent = seen.silence();
    let case = &Case::from(subject);
    let told = |check: &&dyn Check| match &silent {
        _ if subject.foreign.is_some() && check.needs_release() => {
            vec![Finding::new(check.name(), subject.base, Verdict::Skipped, NO_RELEASE)]
        }
        Some(why) if check.name() != REACHABLE && asks_anything(*check, case, seen) => {
            vec![Finding::new(check.name(), subject.base, Verdict::Unknown, why.clone())]
        }
        _ => check.judge(case, seen),
    };
    let (mut findings, (offload, traffic)) = rayon::join(
        || checks.par_iter().flat_map_iter(told).collect::<Vec<Finding>>(),
        || rayon::join(|| offload(seen), || desk::traffic::traffic(seen)),
    );
    // Without a miss among them they are hits in a row.
    let hits = offload.filter(|share| *share >= 1.0).map(|_| traffic.warm.edge);
    let bound = hits.and_then(|hits| Bound::of(hits, subject.event));
    for finding in findings.iter_mut().filter(|finding| !finding.remedy.is_empty()) {
        if let Some((_, switch)) = subject.switches.iter().find(|(check, _)| *check == finding.check) {
            finding.remedy.push_str(&format!("; {switch}"));
        }
    }
    waive(&mut findings, subject.base, &subject.check.waivers, subject.now);
    let witness = seen.witnessed().and_then(|told| told.ok().cloned());
    Report { findings, offload, bound, traffic, witness }
}

fn asks_anything(check: &dyn Check, subject: &Case<'_>, seen: &Observations) -> bool {
    !check.asks(subject).is_empty() || !check.follow_ups(subject, seen).is_empty()
}

/// The URLs of which a report proves that another answer than the released one is served: what to purge again.
pub fn stale(subject: &Subject<'_>, report: &Report) -> BTreeSet<UrlPath> {
    let compared = |finding: &&Finding| PROOF.iter().any(|check| check.name() == finding.check);
    let failed = report.findings.iter().filter(|finding| finding.verdict == Verdict::Fail).filter(compared);
    failed.filter_map(|finding| UrlPath::from_target(finding.url.strip_prefix(subject.base)?).ok()).collect()
}
