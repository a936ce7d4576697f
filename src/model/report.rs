//! `Ask`, `Observation`, `Finding`, `Report`: what was asked from outside, what came back, and what follows.

use super::{Bound, Traffic, Waived, Witnessed};
use bytes::Bytes;
use serde::Serialize;
use std::collections::BTreeMap;
use std::net::IpAddr;

/// One question to the public address. Equal asks are asked once and their answer is shared by all checks.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Ask {
    /// `GET` or `HEAD`.
    pub method: &'static str,
    /// An absolute path with its query, percent-encoded; or an absolute URL for another scheme or host.
    pub target: String,
    /// Request header fields, lower-case names.
    pub headers: BTreeMap<&'static str, String>,
    /// Tells equal questions apart that are meant to be asked again: 0 first, then 1, 2 in this order.
    pub round: u8,
    /// Not to be sent before so many milliseconds have passed since the round before; for what only time can show, like
    /// an `Age` that grows.
    pub wait_ms: u16,
    /// The address that is asked, instead of any that DNS gives for the host.
    pub at: Option<IpAddr>,
}

impl Ask {
    /// A plain `GET` without any `Accept-Encoding`.
    pub fn get(target: impl Into<String>) -> Self {
        Self { method: "GET", target: target.into(), headers: BTreeMap::new(), round: 0, wait_ms: 0, at: None }
    }

    /// Whether it goes to the public address itself: not to another host, nor past DNS to one address.
    pub fn is_here(&self) -> bool {
        self.target.starts_with('/') && self.at.is_none()
    }

    /// The same with another method.
    #[must_use]
    pub fn method(mut self, method: &'static str) -> Self {
        self.method = method;
        self
    }

    /// The same with a request header field.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.insert(name, value.into());
        self
    }

    /// The same with a parameter in the query, behind those that stand there.
    #[must_use]
    pub fn parameter(mut self, parameter: &str) -> Self {
        self.target.push(if self.target.contains('?') { '&' } else { '?' });
        self.target.push_str(parameter);
        self
    }

    /// The same, asked again.
    #[must_use]
    pub fn round(mut self, round: u8) -> Self {
        self.round = round;
        self
    }

    /// The same, asked at one address of the host.
    #[must_use]
    pub fn at(mut self, address: IpAddr) -> Self {
        self.at = Some(address);
        self
    }

    /// The same, held back for so long after the round before.
    #[must_use]
    pub fn wait_ms(mut self, wait_ms: u16) -> Self {
        self.wait_ms = wait_ms;
        self
    }
}

/// What came back. A dead host is an observation too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Observation {
    /// An answer, whatever its status.
    Answered(Answer),
    /// None, and why.
    Unreachable(String),
}

/// One answer as it came over the wire: redirects not followed, content codings not undone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// Names in lower case, in the order received; a name may stand more than once.
    pub headers: Vec<(String, String)>,
    /// The body as received.
    pub body: Bytes,
    /// Whether the body went on beyond the runner's limit and was not read to its end.
    pub cut: bool,
    /// When it was asked, in milliseconds since the run began.
    pub at_ms: u64,
    /// How long it took, to the last byte.
    pub took_ms: u64,
}

impl Answer {
    /// The values of a field joined by commas (RFC 9110, section 5.3); `None` when it is absent.
    pub fn header(&self, name: &str) -> Option<String> {
        let mut values = self.headers.iter().filter(|(it, _)| it == name).map(|(_, value)| value.as_str());
        let first = values.next()?.to_owned();
        Some(values.fold(first, |joined, value| joined + ", " + value))
    }
}

/// What a check found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// As it should be.
    Pass,
    /// Does not apply here, for the reason given.
    Skipped,
    /// Wrong, and waived in the configuration.
    Waived,
    /// Not good, but it stands.
    Warn,
    /// Could not be told.
    Unknown,
    /// Wrong.
    Fail,
}

impl Verdict {
    /// As it stands in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Skipped => "skipped",
            Self::Waived => "waived",
            Self::Warn => "warn",
            Self::Unknown => "unknown",
            Self::Fail => "fail",
        }
    }
}

/// One judgement about one URL.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The check's name.
    pub check: &'static str,
    /// What it is about.
    pub url: String,
    /// The judgement.
    pub verdict: Verdict,
    /// The evidence: the request and what was seen.
    pub seen: String,
    /// What to do; empty when nothing is to be done.
    pub remedy: String,
    /// What a waiver says about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waiver: Option<Waived>,
}

impl Finding {
    /// A judgement that asks for nothing to be done.
    pub fn new(check: &'static str, url: impl Into<String>, verdict: Verdict, seen: impl Into<String>) -> Self {
        Self { check, url: url.into(), verdict, seen: seen.into(), remedy: String::new(), waiver: None }
    }

    /// Says what to do.
    #[must_use]
    pub fn remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = remedy.into();
        self
    }

    /// The evidence, and what a waiver says about it.
    pub fn told(&self) -> String {
        let waiver = self.waiver.iter().map(|waiver| format!(" {}", waiver.words()));
        std::iter::once(self.seen.clone()).chain(waiver).collect()
    }

    /// The same, where nothing is so wrong that a run should fail for it.
    #[must_use]
    pub fn at_most_warn(mut self) -> Self {
        if self.verdict == Verdict::Fail {
            self.verdict = Verdict::Warn;
        }
        self
    }
}

/// All findings of one run.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Report {
    /// In the order of the checks.
    pub findings: Vec<Finding>,
    /// Share of the warm requests that the edge answered without the origin, 0 to 1; `None` when it could not be told.
    pub offload: Option<f64>,
    /// What that proves, when the edge answered every one of them alone.
    pub bound: Option<Bound>,
    /// What was asked, in numbers.
    pub traffic: Traffic,
    /// What the origin itself counted, where that could be read.
    pub witness: Option<Witnessed>,
}

impl Report {
    /// Fails when anything fails, is unknown when anything that should be known is not, passes otherwise.
    pub fn verdict(&self) -> Verdict {
        match self.findings.iter().map(|finding| finding.verdict).max() {
            Some(Verdict::Fail) => Verdict::Fail,
            Some(Verdict::Unknown) | None => Verdict::Unknown,
            Some(_) => Verdict::Pass,
        }
    }
}
