//! The report of `landing check`: as lines for a terminal, as JSON, as JUnit XML, as annotations for GitHub.

mod github;
mod junit;

pub use github::github;
pub use junit::junit;

use super::sheet::{self, Item, Line, Sheet};
use crate::check::{self, Finding, Report};
use crate::model::Verdict;

/// The report for a terminal of so many columns: first what is wrong, with place and remedy, then one line per family of rules.
pub fn lines(report: &Report, width: usize) -> Vec<Line> {
    let troubled = |family: &str| {
        report
            .findings
            .iter()
            .any(|it| it.verdict != Verdict::Pass && check::rule(it.check).is_some_and(|(of, _)| of.name() == family))
    };
    let items = report.findings.iter().filter_map(|finding| {
        let (family, rule) = check::rule(finding.check)?;
        let seen =
            if finding.file.is_some() { format!("{}: {}", place(finding), finding.seen) } else { finding.seen.clone() };
        let all = if troubled(family.name()) { "the others hold" } else { family.title() };
        Some(Item {
            verdict: finding.verdict,
            check: rule.id,
            title: rule.says,
            group: (family.name(), all),
            about: rule.id,
            seen,
            waiver: finding.waiver.as_ref(),
            remedy: &finding.remedy,
        })
    });
    let sheet = Sheet {
        items: items.collect(),
        about: ("rule", "rules"),
        more: ("place", "places"),
        checks: ("rule", "rules"),
        verdict: report.verdict(),
        end: String::new(),
    };
    sheet::lines(&sheet, width)
}

/// The stable JSON form: `verdict`, `findings`.
pub fn json(report: &Report) -> serde_json::Value {
    serde_json::json!({ "verdict": report.verdict().name(), "findings": report.findings })
}

/// File and line, as far as they are known.
fn place(finding: &Finding) -> String {
    match (&finding.file, finding.line) {
        (Some(file), Some(line)) => format!("{file}:{line}"),
        (Some(file), None) => file.clone(),
        (None, _) => String::new(),
    }
}

/// What was seen and what to do, in one sentence.
fn told(finding: &Finding) -> String {
    let remedy = if finding.remedy.is_empty() { String::new() } else { format!(" ({})", finding.remedy) };
    format!("{}{remedy}", finding.told())
}
