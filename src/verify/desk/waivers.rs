//! Waivers applied to findings: each names a check and, when it names a URL path, only the findings about it.

use crate::model::{Finding, Waiver};

/// Marks what somebody decided to live with; `base` is the public address that the waivers' paths belong to.
pub fn waive(findings: &mut [Finding], base: &str, waivers: &[Waiver], now: jiff::Timestamp) {
    for finding in findings.iter_mut().filter(|finding| finding.waiver.is_none()) {
        let about = waivers.iter().filter(|waiver| is_about(waiver, finding, base));
        let (verdict, waiver) = Waiver::apply(about, finding.verdict, Some(now));
        finding.verdict = verdict;
        finding.waiver = waiver;
    }
}

/// Those that are about none of the findings, although their check was made: what they name was not looked at.
pub fn idle<'w>(findings: &[Finding], base: &str, waivers: &'w [Waiver]) -> Vec<&'w Waiver> {
    let made = |waiver: &&Waiver| findings.iter().any(|finding| finding.check == waiver.check);
    let idle = |waiver: &&Waiver| !findings.iter().any(|finding| is_about(waiver, finding, base));
    waivers.iter().filter(made).filter(idle).collect()
}

fn is_about(waiver: &Waiver, finding: &Finding, base: &str) -> bool {
    let target = finding.url.strip_prefix(base).unwrap_or(&finding.url);
    let path = target.split('?').next().unwrap_or_default();
    waiver.check == finding.check && waiver.url.as_deref().is_none_or(|url| url == target || url == path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Verdict;

    #[test]
    fn a_waiver_about_nothing_that_was_seen_is_told_from_one_that_is_not_needed_today() {
        let base = "https://www.example.com";
        let findings = [
            Finding::new("age", format!("{base}/promo?a=1"), Verdict::Pass, "grows"),
            Finding::new("vary", base, Verdict::Skipped, "no page"),
        ];
        let waiver = |check: &str, url: Option<&str>| Waiver {
            check: check.to_owned(),
            url: url.map(str::to_owned),
            reason: "so be it".to_owned(),
            who: None,
            until: None,
            unknown: false,
        };
        let waivers = [
            waiver("age", None),
            waiver("age", Some("/promo")),
            waiver("age", Some("/promotion")),
            waiver("vary", None),
            waiver("collapsing", None),
        ];
        let idle: Vec<Option<&str>> = idle(&findings, base, &waivers).iter().map(|it| it.url.as_deref()).collect();
        assert_eq!(idle, [Some("/promotion")]);
    }
}
