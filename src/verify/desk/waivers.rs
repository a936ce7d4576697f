//! Waivers applied to findings: each names a check and, when it names a URL path, only the findings about it.

use crate::model::{Finding, Waiver};

/// Marks what somebody decided to live with; `base` is the public address that the waivers' paths belong to.
pub fn waive(findings: &mut [Finding], base: &str, waivers: &[Waiver], now: jiff::Timestamp) {
    for finding in findings.iter_mut().filter(|finding| finding.waiver.is_none()) {
        let target = finding.url.strip_prefix(base).unwrap_or(&finding.url);
        let path = target.split('?').next().unwrap_or_default();
        let about = |waiver: &&Waiver| {
            let here = waiver.url.as_deref().is_none_or(|url| url == target || url == path);
            waiver.check == finding.check && here
        };
        let (verdict, waiver) = Waiver::apply(waivers.iter().filter(about), finding.verdict, Some(now));
        finding.verdict = verdict;
        finding.waiver = waiver;
    }
}
