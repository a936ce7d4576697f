//! `Clerk`: writes the findings of one check about one subject, so that checks read as sentences.

use super::cache_control;
use super::decode::{self, Body};
use super::evidence::exchange;
use super::served::{Served, served};
use super::targets::Target;
use crate::model::{Answer, Ask, Finding, Verdict};
use crate::verify::{Observations, Subject};

/// The fields in which a cache speaks about itself, for the evidence.
const CACHE_FIELDS: &[&str] = &["cache-status", "cf-cache-status", "x-vercel-cache", "cdn-cache", "x-cache", "age"];

/// One check's writer.
pub(in crate::verify) struct Clerk<'a> {
    check: &'static str,
    subject: &'a Subject<'a>,
}

impl<'a> Clerk<'a> {
    /// For a check.
    pub(in crate::verify) fn new(check: &'static str, subject: &'a Subject<'a>) -> Self {
        Self { check, subject }
    }

    fn finding(&self, target: &str, verdict: Verdict, seen: String) -> Finding {
        let url = if target.starts_with('/') { format!("{}{target}", self.subject.base) } else { target.to_owned() };
        Finding::new(self.check, url, verdict, seen)
    }

    /// As it should be.
    pub(in crate::verify) fn pass(&self, target: &str, seen: impl Into<String>) -> Finding {
        self.finding(target, Verdict::Pass, seen.into())
    }

    /// Not good, but it stands.
    pub(in crate::verify) fn warn(&self, target: &str, seen: impl Into<String>, remedy: impl Into<String>) -> Finding {
        self.finding(target, Verdict::Warn, seen.into()).remedy(remedy)
    }

    /// Wrong.
    pub(in crate::verify) fn fail(&self, target: &str, seen: impl Into<String>, remedy: impl Into<String>) -> Finding {
        self.finding(target, Verdict::Fail, seen.into()).remedy(remedy)
    }

    /// Could not be told.
    pub(in crate::verify) fn unknown(&self, target: &str, why: impl Into<String>) -> Finding {
        self.finding(target, Verdict::Unknown, why.into())
    }

    /// Does not apply to the subject as a whole.
    pub(in crate::verify) fn skipped(&self, why: impl Into<String>) -> Finding {
        self.finding(self.subject.base, Verdict::Skipped, why.into())
    }

    /// Does not apply to one URL.
    pub(in crate::verify) fn skipped_at(&self, target: &str, why: impl Into<String>) -> Finding {
        self.finding(target, Verdict::Skipped, why.into())
    }

    /// A finding for each target, from the answer to its plain question.
    pub(in crate::verify) fn each_plain<'t>(
        &self,
        targets: impl Iterator<Item = Target<'t>>,
        seen: &Observations,
        told: impl Fn(&Ask, &Answer, &Target<'t>) -> Finding,
    ) -> Vec<Finding> {
        let of = |target: Target<'t>| {
            let ask = target.plain();
            self.about(&ask, seen, |answer| told(&ask, answer, &target))
        };
        targets.map(of).collect()
    }

    /// A finding for each of `asks`: the entry page must come from the cache all the same. What is wrong with the page without
    /// them is not their fault, and other checks say it.
    pub(in crate::verify) fn each_still_hits(&self, asks: Vec<Ask>, seen: &Observations, remedy: &str) -> Vec<Finding> {
        let Some(entry) = self.subject.entry() else { return vec![self.skipped("the release has no page")] };
        let usual = seen.answer(&entry.usual()).ok();
        let from_origin = |ask: &Ask| seen.answer(ask).is_ok_and(|it| matches!(served(it), Served::Origin(_)));
        if from_origin(&entry.usual().round(1)) && asks.iter().all(from_origin) {
            let why = "the page is not kept without any of it either: see the check `page-hit`";
            return vec![self.skipped_at(&entry.path(), why)];
        }
        let told = |ask: Ask| {
            self.about(&ask, seen, |answer| {
                let as_ever = usual.is_some_and(|usual| usual.body == answer.body);
                let wrong = if as_ever { None } else { self.other_body(&ask, answer, &entry) };
                let mut told = wrong.unwrap_or_else(|| self.hit(&ask, answer, 200));
                if !told.remedy.is_empty() {
                    remedy.clone_into(&mut told.remedy);
                }
                told
            })
        };
        asks.into_iter().map(told).collect()
    }

    /// What `told` makes of the answer to `ask`, or that there is none.
    pub(in crate::verify) fn about(
        &self,
        ask: &Ask,
        seen: &Observations,
        told: impl FnOnce(&Answer) -> Finding,
    ) -> Finding {
        match seen.answer(ask) {
            Ok(answer) => told(answer),
            Err(why) => self.unknown(&ask.target, format!("{}: {why}", super::evidence::asked(ask))),
        }
    }

    /// Passes when a cache answered with the expected status.
    pub(in crate::verify) fn hit(&self, ask: &Ask, answer: &Answer, status: u16) -> Finding {
        if answer.status != status {
            let remedy = match self.subject.foreign {
                None => format!("the release says {status} here: see the check `bytes`"),
                Some(_) => format!("answer {status} here, as everywhere else"),
            };
            return self.fail(&ask.target, exchange(ask, answer, CACHE_FIELDS), remedy);
        }
        match served(answer) {
            Served::Cache(by) => self.pass(&ask.target, format!("{} -> {status}, {by}", super::evidence::asked(ask))),
            Served::Origin(by) => self.fail(
                &ask.target,
                format!("{} -> {status}, the origin was asked ({by})", super::evidence::asked(ask)),
                remedy_for_miss(answer),
            ),
            Served::Unknown(why) => self.untold(ask, answer, &why),
        }
    }

    /// No signal tells who answered: it was no cache where the answer forbids every cache to keep it.
    fn untold(&self, ask: &Ask, answer: &Answer, why: &str) -> Finding {
        let exchange = format!("{} -> {}", super::evidence::asked(ask), answer.status);
        match cache_control::forbids(answer) {
            Some(by) => self.fail(
                &ask.target,
                format!("{exchange}, and `{by}` lets no shared cache keep it"),
                remedy_for_miss(answer),
            ),
            None => self
                .unknown(&ask.target, format!("{exchange}; {why}"))
                .remedy("let the CDN say so: switch its cache status header on, or read the origin's log"),
        }
    }

    /// Whether the body is the released one; a finding when it is not, or cannot be told.
    pub(in crate::verify) fn other_body(&self, ask: &Ask, answer: &Answer, target: &Target<'_>) -> Option<Finding> {
        // Nobody knows what a page that landing did not build should be, and many differ from answer to answer.
        let (sha256, size) = target.body().filter(|_| self.subject.foreign.is_none())?;
        let evidence = || exchange(ask, answer, &["content-encoding", "age", "cache-status", "cf-cache-status"]);
        match decode::compare(answer, &sha256, size) {
            Body::Same => None,
            Body::Other(how) => Some(self.fail(&ask.target, format!("{}; {how}", evidence()), STALE)),
            Body::Untold(why) => Some(self.unknown(&ask.target, format!("{}; {why}", evidence()))),
        }
    }
}

/// What helps against bytes that are not the released ones.
pub(in crate::verify) const STALE: &str = "purge this URL (`landing purge`); if it stays different, `landing deploy --repair` puts back what was changed in \
     the store; else switch off what rewrites pages at the edge (minifying, e-mail obfuscation, injected analytics)";

/// Why a cache did not keep an answer, from the answer itself.
fn remedy_for_miss(answer: &Answer) -> String {
    let control = answer.header("cache-control").unwrap_or_default();
    let forbids = ["no-store", "private", "no-cache"].into_iter().find(|it| cache_control::has(&control, it));
    if answer.header("set-cookie").is_some() {
        "take `Set-Cookie` off this answer: caches do not keep answers that set one".to_owned()
    } else if let Some(directive) = forbids {
        format!("take `{directive}` out of `Cache-Control`: it keeps the answer out of shared caches")
    } else if answer.header("vary").is_some_and(|vary| vary.contains('*')) {
        "take `*` out of `Vary`: it makes every request another one".to_owned()
    } else {
        "make the CDN cache this answer: a rule that makes HTML eligible, cookies and query left out of the key"
            .to_owned()
    }
}
