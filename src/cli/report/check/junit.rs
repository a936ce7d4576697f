//! JUnit XML, as Jenkins, GitLab and others read it: a suite for each family, a case for each rule.
//!
//! JUnit knows no warnings: what only warns passes, with what was seen as its output, unless warnings count as failures.

use super::{place, told};
use crate::check::{self, Family, Finding, Report, Rule};
use crate::model::Verdict;
use quick_junit::{NonSuccessKind, TestCase, TestCaseStatus, TestSuite};

/// The report. `strict` makes warnings failures.
pub fn junit(report: &Report, strict: bool) -> String {
    let mut out = quick_junit::Report::new("landing check");
    for family in check::ALL {
        out.add_test_suite(suite(*family, report, strict));
    }
    out.to_string().expect("writing to memory cannot fail")
}

fn suite(family: &dyn Family, report: &Report, strict: bool) -> TestSuite {
    let mut suite = TestSuite::new(family.name());
    for rule in family.rules() {
        let found: Vec<&Finding> = report.findings.iter().filter(|finding| finding.check == rule.id).collect();
        suite.add_test_case(case(family, rule, &found, strict));
    }
    suite
}

fn case(family: &dyn Family, rule: &Rule, found: &[&Finding], strict: bool) -> TestCase {
    let least = if strict { Verdict::Warn } else { Verdict::Fail };
    let of = |wanted: &dyn Fn(Verdict) -> bool| -> Vec<String> {
        let wanted = found.iter().filter(|finding| wanted(finding.verdict));
        wanted.map(|finding| format!("{}: {}", place(finding), told(finding))).collect()
    };
    let failed = of(&|verdict| verdict >= least);
    let waived = of(&|verdict| verdict == Verdict::Waived);
    let mut status = if !failed.is_empty() {
        TestCaseStatus::non_success(NonSuccessKind::Failure)
    } else if !waived.is_empty() {
        TestCaseStatus::skipped()
    } else {
        TestCaseStatus::success()
    };
    if let Some(first) = failed.first().or_else(|| waived.first()) {
        status.set_message(first.clone()).set_type(rule.id);
    }
    if failed.len() > 1 {
        status.set_description(failed.join("\n"));
    }
    let mut case = TestCase::new(rule.id, status);
    case.set_classname(format!("landing.{}", family.name()));
    let warned = of(&|verdict| verdict == Verdict::Warn && verdict < least);
    if !warned.is_empty() {
        case.set_system_out(warned.join("\n"));
    }
    if let Some(file) = found.iter().find_map(|finding| finding.file.clone()) {
        case.extra.insert("file".into(), file.into());
    }
    case
}
