//! The report of `landing verify`: as lines for a terminal, as JSON, JUnit XML, annotations for GitHub, Markdown, and as one page of HTML.
//!
//! Whatever a server said is shown on one line without control characters, and escaped by the rules of each form.

mod chart;
mod markdown;
mod page;
mod story;

pub use markdown::markdown;
pub use page::html;

use super::annotations::annotation;
use super::sheet::{self, Item, Line, SHOWN, Sheet};
use super::suites::{self, Case};
use crate::model::{Digest, Event, Finding, Report, Verdict};
use crate::text::{harmless, plural};
use crate::verify;

/// What a report is about.
#[derive(Clone, Debug)]
pub struct Cover<'a> {
    /// The public address.
    pub url: &'a str,
    /// The environment; none for a page that landing did not build.
    pub environment: Option<&'a str>,
    /// The release that was compared with; none for a page that landing did not build.
    pub release: Option<Digest>,
    /// The broadcast.
    pub event: &'a Event,
    /// The time of the run.
    pub at: jiff::Timestamp,
}

/// The version of the JSON form, in `docs/verify.schema.json`: it grows when a key goes or changes its meaning, not when one comes.
pub const SCHEMA: u32 = 1;

/// The report for a terminal of so many columns: first what is wrong, with evidence and remedy, then one line per check
/// that passes or does not apply, then the verdict.
pub fn lines(report: &Report, width: usize) -> Vec<Line> {
    let mut lines = sheet::lines(&sheet(report), width);
    if let Some(bound) = &report.bound {
        sheet::continued(&mut lines, &bound.words(), width.max(40));
    }
    if let Some(witness) = &report.witness {
        sheet::continued(&mut lines, &witness.words(), width.max(40));
    }
    lines
}

fn sheet(report: &Report) -> Sheet<'_> {
    let items = report.findings.iter().map(|finding| {
        let title = verify::title(finding.check).unwrap_or_default();
        Item {
            verdict: finding.verdict,
            check: finding.check,
            title,
            group: (finding.check, title),
            about: &finding.url,
            seen: harmless(&finding.seen),
            waiver: finding.waiver.as_ref(),
            remedy: &finding.remedy,
        }
    });
    Sheet {
        items: items.collect(),
        about: ("URL", "URLs"),
        more: ("answer", "answers"),
        checks: ("check", "checks"),
        verdict: report.verdict(),
        end: format!("; offload {}", story::percent(report.offload)),
    }
}

/// The stable JSON form.
pub fn json(report: &Report, cover: &Cover<'_>) -> serde_json::Value {
    serde_json::json!({
        "schema": SCHEMA,
        "url": cover.url,
        "environment": cover.environment,
        "release": cover.release,
        "at": cover.at,
        "verdict": report.verdict().name(),
        "offload": report.offload,
        "bound": report.bound,
        "traffic": report.traffic,
        "witness": report.witness,
        "findings": report.findings,
    })
}

/// JUnit XML: a case for each check.
pub fn junit(report: &Report) -> String {
    let mut cases: Vec<Case<'_>> = Vec::new();
    for finding in &report.findings {
        let found = (finding.verdict, told(finding));
        match cases.iter_mut().find(|case| case.name == finding.check) {
            Some(case) => case.found.push(found),
            None => cases.push(Case { name: finding.check, file: None, found: vec![found] }),
        }
    }
    suites::xml("landing verify", [("verify", cases)], Verdict::Fail)
}

/// What was seen and what to do, in one sentence.
fn told(finding: &Finding) -> String {
    let remedy = if finding.remedy.is_empty() { String::new() } else { format!(" ({})", finding.remedy) };
    format!("{}{}", harmless(&finding.told()), harmless(&remedy))
}

/// An annotation for all that is mended in the same way: GitHub shows ten of a kind.
pub fn github(report: &Report) -> String {
    let sheet = sheet(report);
    let mut out = String::new();
    for (verdict, _) in sheet::ENDS.into_iter().filter(|(verdict, _)| *verdict != Verdict::Skipped) {
        for (check, items) in sheet::grouped(&sheet, verdict, |item| item.check) {
            for (remedy, same) in sheet::by_remedy(&items) {
                let title = format!("{check}: {}", same.first().map_or("", |item| item.title));
                out.extend(annotation(verdict, None, &title, &evidence(&same, remedy).join("\n")));
            }
        }
    }
    out
}

/// What was seen of a few, how many more there are, and the remedy.
fn evidence(same: &[&Item<'_>], remedy: &str) -> Vec<String> {
    let mut lines: Vec<String> = same.iter().take(SHOWN).map(|item| item.told()).collect();
    if same.len() > SHOWN {
        lines.push(format!("and {} more like these", plural(same.len() - SHOWN, "answer", "answers")));
    }
    if !remedy.is_empty() {
        lines.push(format!("remedy: {}", harmless(remedy)));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(check: &'static str, verdict: Verdict, seen: &str, remedy: &str) -> Finding {
        Finding::new(check, "http://127.0.0.1:8788/", verdict, seen).remedy(remedy)
    }

    fn shown(report: &Report, width: usize) -> String {
        lines(report, width).into_iter().map(|line| line.text + "\n").collect()
    }

    #[test]
    fn trouble_comes_first_with_evidence_and_remedy_and_passes_are_counted() {
        let mut findings = vec![
            finding("reachable", Verdict::Pass, "3 of 3 requests answered", ""),
            finding("bytes", Verdict::Pass, "GET / -> 200", ""),
            Finding::new("bytes", "http://127.0.0.1:8788/b", Verdict::Pass, "GET /b -> 200"),
            finding("https", Verdict::Skipped, "`http://127.0.0.1:8788` is plain HTTP itself", ""),
        ];
        for page in 0..5 {
            let seen =
                format!("GET /{page} (accept-encoding: identity) -> 404, cache-status: edge; hit; 200 was released");
            findings.push(finding("bytes", Verdict::Fail, &seen, "purge this URL (`landing purge`) and look again"));
        }
        let report = Report { findings, offload: Some(0.9996), ..Report::default() };
        assert_eq!(
            shown(&report, 72),
            "\
fail     bytes: every URL answers the bytes that were released
         GET /0 (accept-encoding: identity) -> 404, cache-status:
           edge; hit; 200 was released
         GET /1 (accept-encoding: identity) -> 404, cache-status:
           edge; hit; 200 was released
         GET /2 (accept-encoding: identity) -> 404, cache-status:
           edge; hit; 200 was released
         and 2 answers more like these
         remedy: purge this URL (`landing purge`) and look again
pass     reachable  1 URL: every request is answered
pass     bytes      2 URLs: every URL answers the bytes that were
                    released
skipped  https      `http://127.0.0.1:8788` is plain HTTP itself
fail     3 checks: 1 failed, 1 passed, 1 skipped; offload 99.9 %
"
        );
    }

    #[test]
    fn no_line_is_wider_than_the_terminal_unless_a_word_is() {
        let report = Report {
            findings: vec![finding("vary", Verdict::Fail, &"word ".repeat(400), &"x".repeat(200))],
            ..Report::default()
        };
        for width in [0, 40, 80, 200] {
            for line in lines(&report, width) {
                let words = line.text.split_whitespace().count();
                assert!(line.text.chars().count() <= width.max(40) || words == 1, "{width}: {}", line.text);
            }
        }
    }
}
