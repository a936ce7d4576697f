//! Findings put in order: waived where somebody decided so, one for the same thing at the same place, a pass for every rule that holds.

use super::{ALL, Finding};
use crate::model::{Verdict, Waiver};
use crate::text::plural;

/// A waiver names a rule and, when it names a URL path, only what was seen there.
pub(super) fn waive(finding: &mut Finding, waivers: &[Waiver], now: Option<jiff::Timestamp>) {
    let about = waivers.iter().filter(|waiver| is_about(waiver, finding));
    let (verdict, waiver) = Waiver::apply(about, finding.verdict, now);
    finding.verdict = verdict;
    finding.waiver = waiver;
}

/// Those that are about nothing that was found, of the rules that were judged.
pub(super) fn idle(found: &[Finding], waivers: &[Waiver], judged: impl Fn(&str) -> bool) -> Vec<Waiver> {
    let idle = |waiver: &&Waiver| judged(&waiver.check) && !found.iter().any(|finding| is_about(waiver, finding));
    waivers.iter().filter(idle).cloned().collect()
}

fn is_about(waiver: &Waiver, finding: &Finding) -> bool {
    waiver.check == finding.check && waiver.url.as_ref().is_none_or(|url| Some(url) == finding.url.as_ref())
}

/// Everything found, in the order of the rules, and the rules that hold on so many pages.
pub(super) fn fold(mut found: Vec<Finding>, pages: usize) -> Vec<Finding> {
    found.sort_by(|a, b| order(a).cmp(&order(b)));
    let mut folded: Vec<(Finding, usize)> = Vec::new();
    for one in found {
        match folded.last_mut() {
            Some((first, more)) if is_same(first, &one) => *more += usize::from(first.url != one.url),
            _ => folded.push((one, 0)),
        }
    }
    let mut found: Vec<Finding> = folded.into_iter().map(told).collect();
    let held = |id: &str| found.iter().all(|finding| finding.check != id);
    let passed: Vec<Finding> = ALL
        .iter()
        .flat_map(|family| family.rules())
        .filter(|rule| held(rule.id))
        .map(|rule| pass(rule.id, pages))
        .collect();
    found.extend(passed);
    found
}

type Order<'f> = (usize, Option<&'f str>, Option<usize>, &'f str, &'f str, Option<&'f str>);

fn order(finding: &Finding) -> Order<'_> {
    let rules = ALL.iter().flat_map(|family| family.rules());
    let rank = rules.into_iter().position(|rule| rule.id == finding.check).unwrap_or(usize::MAX);
    (rank, finding.file.as_deref(), finding.line, &finding.seen, &finding.remedy, finding.url.as_deref())
}

/// What is wrong in a template is wrong on every page that uses it.
fn is_same(a: &Finding, b: &Finding) -> bool {
    let about = |it: &Finding| (it.check, it.file.clone(), it.line);
    let told = |it: &Finding| (it.verdict, it.seen.clone(), it.remedy.clone(), it.waiver.clone());
    about(a) == about(b) && told(a) == told(b)
}

fn told((mut first, more): (Finding, usize)) -> Finding {
    if more > 0 {
        first.seen = format!("{} (and {} more)", first.seen, plural(more, "page", "pages"));
    }
    first
}

fn pass(check: &'static str, pages: usize) -> Finding {
    let seen = plural(pages, "page", "pages");
    Finding {
        check,
        file: None,
        line: None,
        url: None,
        verdict: Verdict::Pass,
        seen,
        remedy: String::new(),
        waiver: None,
    }
}
