//! What a rule is, what it found, and all findings of a run.

use crate::model::{Verdict, Waived, Waiver};
use serde::Serialize;

/// One thing that must hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The stable kebab-case name, which waivers use.
    pub id: &'static str,
    /// The sentence that is checked.
    pub says: &'static str,
    /// The verdict when it does not hold.
    pub verdict: Verdict,
}

impl Rule {
    /// A rule that keeps somebody out, breaks something or is unlawful when it does not hold.
    pub(super) const fn fail(id: &'static str, says: &'static str) -> Self {
        Self { id, says, verdict: Verdict::Fail }
    }

    /// A rule of good work: there may be reasons not to follow it.
    pub(super) const fn warn(id: &'static str, says: &'static str) -> Self {
        Self { id, says, verdict: Verdict::Warn }
    }
}

/// One judgement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The rule's name.
    pub check: &'static str,
    /// The author's file, relative to the project, or the published file when nobody wrote it by hand.
    pub file: Option<String>,
    /// The line in it, from 1.
    pub line: Option<usize>,
    /// The path of the page that it was seen on.
    pub url: Option<String>,
    /// The judgement.
    pub verdict: Verdict,
    /// What was seen.
    pub seen: String,
    /// What to do; empty when nothing is to be done.
    pub remedy: String,
    /// What a waiver says about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waiver: Option<Waived>,
}

impl Finding {
    /// What was seen, and what a waiver says about it.
    pub fn told(&self) -> String {
        let waiver = self.waiver.iter().map(|waiver| format!(" {}", waiver.words()));
        std::iter::once(self.seen.clone()).chain(waiver).collect()
    }
}

/// All findings of one run: what is wrong in the order of the rules, then one pass for each rule that holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// See above.
    pub findings: Vec<Finding>,
    /// Waivers that are about none of them.
    #[serde(skip)]
    pub idle: Vec<Waiver>,
}

impl Report {
    /// The worst of all; `pass` when what is wrong was waived.
    pub fn verdict(&self) -> Verdict {
        let worst = self.findings.iter().map(|finding| finding.verdict).max();
        worst.filter(|verdict| *verdict >= Verdict::Warn).unwrap_or(Verdict::Pass)
    }
}
