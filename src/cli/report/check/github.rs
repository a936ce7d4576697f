//! Annotations of GitHub's workflows: a line on standard output is shown at the line of the file that it names.
//!
//! The form and its escapes are those of actions/toolkit, `packages/core/src/command.ts`: `%`, carriage return and line feed everywhere,
//! `:` and `,` in properties, too.

use super::told;
use crate::check::Report;
use crate::model::Verdict;

/// One line per finding that is not a pass. `folder` is where the project lies below the checkout, with a slash, or empty.
pub fn github(report: &Report, folder: &str) -> String {
    let mut out = String::new();
    for finding in &report.findings {
        let kind = match finding.verdict {
            Verdict::Fail => "error",
            Verdict::Warn | Verdict::Unknown => "warning",
            Verdict::Waived | Verdict::Skipped => "notice",
            Verdict::Pass => continue,
        };
        let file = finding.file.as_ref().map(|file| format!("file={},", property(&format!("{folder}{file}"))));
        let line = finding.line.map(|line| format!("line={line},"));
        let place = file.map(|file| file + &line.unwrap_or_default()).unwrap_or_default();
        out.push_str(&format!("::{kind} {place}title={}::{}\n", property(finding.check), data(&told(finding))));
    }
    out
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::Finding;

    fn finding(file: Option<&str>, line: Option<usize>, verdict: Verdict, seen: &str) -> Finding {
        let (file, seen, remedy) = (file.map(str::to_owned), seen.to_owned(), "mend it".to_owned());
        Finding { check: "dead-link", file, line, url: None, verdict, seen, remedy }
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
            github(&Report { findings }, "web/"),
            "::error file=web/site/a%2Cb%3Ac.md,line=3,title=dead-link::100 %25%0A::error::x (mend it)\n\
             ::warning file=web/site/a.md,title=dead-link::two, three: four (mend it)\n\
             ::notice title=dead-link::x (mend it)\n"
        );
    }
}
