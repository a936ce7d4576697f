//! Annotations of GitHub's workflows: a line on standard output is shown beside the line of the file that it names.
//!
//! The form and its escapes are those of actions/toolkit, `packages/core/src/command.ts`: `%`, carriage return and line feed everywhere,
//! `:` and `,` in properties, too.

use crate::model::Verdict;

/// One annotation, with its line feed; nothing for what passes.
pub(super) fn annotation(
    verdict: Verdict,
    place: Option<(&str, Option<usize>)>,
    title: &str,
    text: &str,
) -> Option<String> {
    let kind = match verdict {
        Verdict::Fail => "error",
        Verdict::Warn | Verdict::Unknown => "warning",
        Verdict::Waived | Verdict::Skipped => "notice",
        Verdict::Pass => return None,
    };
    let line = place.and_then(|(_, line)| line).map(|line| format!("line={line},")).unwrap_or_default();
    let place = place.map(|(file, _)| format!("file={},{line}", property(file))).unwrap_or_default();
    Some(format!("::{kind} {place}title={}::{}\n", property(title), data(text)))
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
