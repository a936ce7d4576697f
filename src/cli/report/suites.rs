//! JUnit XML, as Jenkins, GitLab and others read it: suites of cases, each with what was found for it.
//!
//! JUnit knows no warnings: what only warns passes, with what was seen as its output, unless warnings count as failures. What could not
//! be told is an error; what was waived or does not apply is skipped, with the reason.

use crate::model::Verdict;
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

/// One thing that was judged.
pub(super) struct Case<'a> {
    /// Its name.
    pub(super) name: &'a str,
    /// The file that it is about.
    pub(super) file: Option<String>,
    /// What was found, in one sentence each.
    pub(super) found: Vec<(Verdict, String)>,
}

/// The file. What is `least` or worse is a failure.
pub(super) fn xml<'a>(
    name: &str,
    suites: impl IntoIterator<Item = (&'a str, Vec<Case<'a>>)>,
    least: Verdict,
) -> String {
    let mut out = Report::new(name);
    for (name, cases) in suites {
        let mut suite = TestSuite::new(name);
        for it in cases {
            suite.add_test_case(case(name, it, least));
        }
        out.add_test_suite(suite);
    }
    out.to_string().expect("writing to memory cannot fail")
}

fn case(suite: &str, mut case: Case<'_>, least: Verdict) -> TestCase {
    // The writer leaves control characters out; these two are no characters of XML either (XML 1.0, section 2.2).
    case.found.iter_mut().for_each(|(_, told)| *told = told.replace(['\u{fffe}', '\u{ffff}'], "?"));
    let of = |wanted: &dyn Fn(Verdict) -> bool| -> Vec<&str> {
        case.found.iter().filter(|(verdict, _)| wanted(*verdict)).map(|(_, told)| told.as_str()).collect()
    };
    let failed = of(&|verdict| verdict >= least && verdict != Verdict::Unknown);
    let untold = of(&|verdict| verdict == Verdict::Unknown);
    let waived = of(&|verdict| verdict == Verdict::Waived);
    let skipped = of(&|verdict| verdict == Verdict::Skipped);
    let passes = skipped.len() < case.found.len();
    let (mut status, told) = if !failed.is_empty() {
        (TestCaseStatus::non_success(NonSuccessKind::Failure), failed)
    } else if !untold.is_empty() {
        (TestCaseStatus::non_success(NonSuccessKind::Error), untold)
    } else if !waived.is_empty() {
        (TestCaseStatus::skipped(), waived)
    } else if passes || skipped.is_empty() {
        (TestCaseStatus::success(), Vec::new())
    } else {
        (TestCaseStatus::skipped(), skipped)
    };
    if let Some(first) = told.first() {
        status.set_message(*first).set_type(case.name);
    }
    if told.len() > 1 && !matches!(status, TestCaseStatus::Skipped { .. }) {
        status.set_description(told.join("\n"));
    }
    let warned = of(&|verdict| verdict == Verdict::Warn && verdict < least).join("\n");
    let mut out = TestCase::new(case.name, status);
    out.set_classname(format!("landing.{suite}"));
    if !warned.is_empty() {
        out.set_system_out(warned);
    }
    if let Some(file) = case.file {
        out.extra.insert("file".into(), file.into());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(verdict: Verdict, told: &str) -> String {
        let case =
            Case { name: "bytes", file: None, found: vec![(Verdict::Pass, "fine".into()), (verdict, told.into())] };
        xml("landing verify", [("verify", vec![case])], Verdict::Fail)
    }

    #[test]
    fn what_could_not_be_told_is_an_error_and_what_was_waived_is_no_success() {
        for (verdict, expected) in [
            (Verdict::Fail, "<failure "),
            (Verdict::Unknown, "<error "),
            (Verdict::Waived, "<skipped "),
            (Verdict::Warn, "<system-out>"),
        ] {
            assert!(written(verdict, "told").contains(expected), "{}", written(verdict, "told"));
        }
    }

    #[test]
    fn nothing_that_a_server_says_ends_an_attribute_or_is_no_xml() {
        let xml = written(Verdict::Fail, "a\"/><failure b=\"\u{0}\u{1b}[2J\u{fffe}]]>&");
        assert_eq!(xml.matches("<failure").count(), 1, "{xml}");
        assert!(!xml.contains(|c: char| c.is_control() && c != '\n') && !xml.contains('\u{fffe}'), "{xml}");
    }
}
