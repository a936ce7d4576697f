//! Annotations of `landing check`: one beside each line that something is wrong with.

use super::super::annotations::annotation;
use super::told;
use crate::check::Report;

/// One line per finding that is not a pass. `folder` is where the project lies below the checkout, with a slash, or empty.
pub fn github(report: &Report, folder: &str) -> String {
    let lines = report.findings.iter().filter_map(|finding| {
        let file = finding.file.as_ref().map(|file| format!("{folder}{file}"));
        let place = file.as_deref().map(|file| (file, finding.line));
        annotation(finding.verdict, place, finding.check, &told(finding))
    });
    lines.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::Finding;
    use crate::model::Verdict;

    fn finding(file: Option<&str>, line: Option<usize>, verdict: Verdict, seen: &str) -> Finding {
        let (file, seen, remedy) = (file.map(str::to_owned), seen.to_owned(), "mend it".to_owned());
        Finding { check: "dead-link", file, line, url: None, verdict, seen, remedy, waiver: None }
    }

    #[test]
    fn a_file_name_cannot_end_an_annotation() {
        let findings = vec![
            finding(Some("site/a,b:c.md"), Some(3), Verdict::Fail, "100 %\n::error::x"),
            finding(Some("site/a.md"), None, Verdict::Warn, "two, three: four"),
            finding(None, None, Verdict::Waived, "x"),
            finding(None, None, Verdict::Pass, "x"),
        ];
        assert_eq!(
            github(&Report { findings, idle: Vec::new() }, "web/"),
            "::error file=web/site/a%2Cb%3Ac.md,line=3,title=dead-link::100 %25%0A::error::x (mend it)\n\
             ::warning file=web/site/a.md,title=dead-link::two, three: four (mend it)\n\
             ::notice title=dead-link::x (mend it)\n"
        );
    }
}
