//! A [`Report`] as lines for a terminal and as JSON. Prints nothing and chooses no color: each line says what it is about.

use crate::model::{Finding, Report, Verdict};
use crate::text::plural;
use crate::verify;
use std::collections::{BTreeMap, BTreeSet};

/// One line. When it has a verdict, its text begins with the verdict's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The verdict that the line announces.
    pub verdict: Option<Verdict>,
    /// The text, no wider than asked for unless a single word is.
    pub text: String,
}

/// Evidence is shown for so many URLs with the same remedy; the others are counted.
const SHOWN: usize = 3;
/// Where texts begin, right of the longest verdict.
const INDENT: usize = 9;
/// Where evidence and remedy begin.
const DEEPER: usize = INDENT + 2;

/// The report for a terminal of so many columns: first what is wrong, with evidence and remedy, then one line per check
/// that passes or does not apply, then the verdict.
pub fn lines(report: &Report, width: usize) -> Vec<Line> {
    let width = width.max(40);
    let mut out = Vec::new();
    for verdict in [Verdict::Fail, Verdict::Unknown, Verdict::Warn, Verdict::Waived] {
        for (check, findings) in checks(report, verdict) {
            trouble(&mut out, check, verdict, &findings, width);
        }
    }
    let names = report.findings.iter().map(|finding| finding.check.len()).max().unwrap_or(0);
    for verdict in [Verdict::Pass, Verdict::Skipped] {
        for (check, findings) in checks(report, verdict) {
            let told = match verdict {
                Verdict::Pass => format!("{}: {}", urls(&findings), title(check)),
                _ => findings.first().map(|finding| finding.seen.clone()).unwrap_or_default(),
            };
            row(&mut out, verdict, &format!("{check:<names$}"), &told, width);
        }
    }
    announce(&mut out, report.verdict(), &summary(report), width);
    out
}

/// The stable JSON form: `verdict`, `offload`, `findings`.
pub fn json(report: &Report) -> serde_json::Value {
    serde_json::json!({
        "verdict": report.verdict().name(),
        "offload": report.offload,
        "findings": report.findings,
    })
}

/// The findings of one verdict by check, in the order of the report.
fn checks(report: &Report, verdict: Verdict) -> Vec<(&'static str, Vec<&Finding>)> {
    let mut found: Vec<(&'static str, Vec<&Finding>)> = Vec::new();
    for finding in report.findings.iter().filter(|finding| finding.verdict == verdict) {
        match found.iter_mut().find(|(check, _)| *check == finding.check) {
            Some((_, of_check)) => of_check.push(finding),
            None => found.push((finding.check, vec![finding])),
        }
    }
    found
}

/// How many different URLs they are about; one and the same may have been asked for in several ways.
fn urls(findings: &[&Finding]) -> String {
    let different: BTreeSet<&str> = findings.iter().map(|finding| finding.url.as_str()).collect();
    plural(different.len(), "URL", "URLs")
}

fn title(check: &str) -> &'static str {
    verify::ALL.iter().find(|it| it.name() == check).map_or("", |check| check.title())
}

/// One paragraph per remedy: the evidence for a few URLs, how many more there are, what to do.
fn trouble(out: &mut Vec<Line>, check: &str, verdict: Verdict, findings: &[&Finding], width: usize) {
    announce(out, verdict, &format!("{check}: {}", title(check)), width);
    let mut remedies: Vec<(&str, Vec<&Finding>)> = Vec::new();
    for finding in findings {
        match remedies.iter_mut().find(|(remedy, _)| *remedy == finding.remedy) {
            Some((_, same)) => same.push(finding),
            None => remedies.push((&finding.remedy, vec![finding])),
        }
    }
    for (remedy, same) in remedies {
        for finding in same.iter().take(SHOWN) {
            continued(out, &finding.seen, width);
        }
        if same.len() > SHOWN {
            continued(out, &format!("and {} more like these", plural(same.len() - SHOWN, "answer", "answers")), width);
        }
        if !remedy.is_empty() {
            continued(out, &format!("remedy: {remedy}"), width);
        }
    }
}

fn announce(out: &mut Vec<Line>, verdict: Verdict, text: &str, width: usize) {
    row(out, verdict, "", text, width);
}

/// Verdict, name and text in columns; the text wraps in its own. On a narrow terminal the name stands above it.
fn row(out: &mut Vec<Line>, verdict: Verdict, name: &str, text: &str, width: usize) {
    let mut label = format!("{:<INDENT$}", verdict.name());
    if !name.is_empty() {
        label.push_str(&format!("{name}  "));
    }
    if label.len() + 20 > width {
        out.push(Line { verdict: Some(verdict), text: label.trim_end().to_owned() });
        return continued(out, text, width);
    }
    for (idx, part) in wrap(text, width - label.len()).into_iter().enumerate() {
        let first = idx == 0;
        let left = if first { label.clone() } else { " ".repeat(label.len()) };
        out.push(Line { verdict: first.then_some(verdict), text: format!("{left}{part}") });
    }
}

/// The first line stands a little left of the others, so that items can be told apart.
fn continued(out: &mut Vec<Line>, text: &str, width: usize) {
    for (idx, part) in wrap(text, width - DEEPER).into_iter().enumerate() {
        let indent = if idx == 0 { INDENT } else { DEEPER };
        out.push(Line { verdict: None, text: format!("{:indent$}{part}", "") });
    }
}

fn summary(report: &Report) -> String {
    let mut worst: BTreeMap<&str, Verdict> = BTreeMap::new();
    for finding in &report.findings {
        let of_check = worst.entry(finding.check).or_insert(finding.verdict);
        *of_check = finding.verdict.max(*of_check);
    }
    let counted = |verdict: Verdict, words: &str| {
        let n = worst.values().filter(|it| **it == verdict).count();
        (n > 0).then(|| format!("{n} {words}"))
    };
    let counts: Vec<String> = [
        counted(Verdict::Fail, "failed"),
        counted(Verdict::Unknown, "unknown"),
        counted(Verdict::Warn, "with warnings"),
        counted(Verdict::Waived, "waived"),
        counted(Verdict::Pass, "passed"),
        counted(Verdict::Skipped, "skipped"),
    ]
    .into_iter()
    .flatten()
    .collect();
    let offload = match report.offload {
        // Rounded down: 99.9 % is not all of them.
        Some(share) => format!("offload {} %", (share * 1_000.0).floor() / 10.0),
        None => "offload unknown".to_owned(),
    };
    format!("{}: {}; {offload}", plural(worst.len(), "check", "checks"), counts.join(", "))
}

/// Breaks a text at spaces; a word wider than the line stands alone.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
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
        let report = Report { findings, offload: Some(0.9996) };
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
            offload: None,
        };
        for width in [0, 40, 80, 200] {
            for line in lines(&report, width) {
                let words = line.text.split_whitespace().count();
                assert!(line.text.chars().count() <= width.max(40) || words == 1, "{width}: {}", line.text);
            }
        }
    }

    #[test]
    fn the_json_form_is_the_one_that_scripts_know() {
        let report =
            Report { findings: vec![finding("age", Verdict::Warn, "no age", "none needed")], offload: Some(1.0) };
        assert_eq!(
            json(&report).to_string(),
            "{\"findings\":[{\"check\":\"age\",\"remedy\":\"none needed\",\"seen\":\"no age\",\
             \"url\":\"http://127.0.0.1:8788/\",\"verdict\":\"warn\"}],\"offload\":1.0,\"verdict\":\"pass\"}"
        );
    }
}
