//! The report of `landing verify`: as lines for a terminal and as JSON.

use super::sheet::{self, Item, Line, Sheet};
use crate::model::Report;
use crate::shell::copies::COPIES;
use crate::verify;

/// The report for a terminal of so many columns: first what is wrong, with evidence and remedy, then one line per check
/// that passes or does not apply, then the verdict.
pub fn lines(report: &Report, width: usize) -> Vec<Line> {
    let items = report.findings.iter().map(|finding| {
        let title = title(finding.check);
        Item {
            verdict: finding.verdict,
            check: finding.check,
            title,
            group: (finding.check, title),
            about: &finding.url,
            seen: finding.seen.clone(),
            remedy: &finding.remedy,
        }
    });
    let end = match report.offload {
        // Rounded down: 99.9 % is not all of them.
        Some(share) => format!("; offload {} %", (share * 1_000.0).floor() / 10.0),
        None => "; offload unknown".to_owned(),
    };
    let sheet = Sheet {
        items: items.collect(),
        about: ("URL", "URLs"),
        more: ("answer", "answers"),
        checks: ("check", "checks"),
        verdict: report.verdict(),
        end,
    };
    let mut lines = sheet::lines(&sheet, width);
    if let Some(bound) = &report.bound {
        sheet::continued(&mut lines, &bound.words(), width.max(40));
    }
    lines
}

/// The stable JSON form: `verdict`, `offload`, `bound`, `findings`.
pub fn json(report: &Report) -> serde_json::Value {
    serde_json::json!({
        "verdict": report.verdict().name(),
        "offload": report.offload,
        "bound": report.bound,
        "findings": report.findings,
    })
}

fn title(check: &str) -> &'static str {
    let of_copies = if check == COPIES { "every store holds what was released" } else { "" };
    verify::ALL.iter().find(|it| it.name() == check).map_or(of_copies, |check| check.title())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Finding, Verdict};

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
        let report = Report { findings, offload: Some(0.9996), bound: None };
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

    #[test]
    fn the_json_form_is_the_one_that_scripts_know() {
        let report = Report {
            findings: vec![finding("age", Verdict::Warn, "no age", "none needed")],
            offload: Some(1.0),
            bound: None,
        };
        assert_eq!(
            json(&report).to_string(),
            "{\"bound\":null,\"findings\":[{\"check\":\"age\",\"remedy\":\"none needed\",\"seen\":\"no age\",\
             \"url\":\"http://127.0.0.1:8788/\",\"verdict\":\"warn\"}],\"offload\":1.0,\"verdict\":\"pass\"}"
        );
    }
}
