//! JUnit XML of `landing check`: a suite for each family, a case for each rule.

use super::super::suites::{self, Case};
use super::{place, told};
use crate::check::{self, Report, Rule};
use crate::model::Verdict;

/// The report. `strict` makes warnings failures.
pub fn junit(report: &Report, strict: bool) -> String {
    let least = if strict { Verdict::Warn } else { Verdict::Fail };
    let cases = |rules: &'static [Rule]| rules.iter().map(|rule| case(rule, report)).collect();
    suites::xml("landing check", check::ALL.iter().map(|family| (family.name(), cases(family.rules()))), least)
}

fn case(rule: &Rule, report: &Report) -> Case<'static> {
    let found = || report.findings.iter().filter(|finding| finding.check == rule.id);
    Case {
        name: rule.id,
        file: found().find_map(|finding| finding.file.clone()),
        found: found().map(|finding| (finding.verdict, format!("{}: {}", place(finding), told(finding)))).collect(),
    }
}
