//! The report of `landing doctor`: each probe with what was seen, in the order of the probes.

use super::sheet::{Line, continued, row};
use crate::model::Report;

/// The widest name of a probe.
const NAMES: usize = 18;

/// The report for a terminal of so many columns.
pub fn lines(report: &Report, width: usize) -> Vec<Line> {
    let (mut out, width) = (Vec::new(), width.max(40));
    for finding in &report.findings {
        row(&mut out, finding.verdict, &format!("{:<NAMES$}", finding.check), &finding.seen, width);
        if !finding.remedy.is_empty() {
            continued(&mut out, &format!("remedy: {}", finding.remedy), width);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Finding, Verdict};

    #[test]
    fn what_was_seen_stands_beside_its_probe_and_the_remedy_below() {
        let findings = vec![
            Finding::new("listing", "dir:x", Verdict::Pass, "lists an object with its new mark right after the write"),
            Finding::new("clock", "dir:x", Verdict::Fail, "an hour ahead").remedy("set the clock"),
        ];
        let lines = lines(&Report { findings, ..Report::default() }, 60);
        let shown: Vec<&str> = lines.iter().map(|line| line.text.as_str()).collect();
        assert_eq!(
            shown,
            [
                "pass     listing             lists an object with its new",
                "                             mark right after the write",
                "fail     clock               an hour ahead",
                "         remedy: set the clock",
            ]
        );
    }
}
