//! A reload costs no bytes: whoever names the current `ETag` gets a 304 without body that repeats the fields that count.

use crate::model::{Answer, Ask, Finding};
use crate::verify::desk::clerk::Clerk;
use crate::verify::desk::evidence::exchange;
use crate::verify::etag_per_coding::is_tag;
use crate::verify::{Case, Check, Observations};

pub(super) struct NotModified;

impl Check for NotModified {
    fn name(&self) -> &'static str {
        "not-modified"
    }

    fn title(&self) -> &'static str {
        "whoever has the page already gets a 304"
    }

    fn asks(&self, subject: &Case<'_>) -> Vec<Ask> {
        subject.entry().map(|entry| entry.usual()).into_iter().collect()
    }

    fn follow_ups(&self, subject: &Case<'_>, seen: &Observations) -> Vec<Ask> {
        conditional(subject, seen).into_iter().flatten().map(|(ask, _)| ask).collect()
    }

    fn judge(&self, subject: &Case<'_>, seen: &Observations) -> Vec<Finding> {
        let clerk = Clerk::new(self.name(), subject);
        let Some(entry) = subject.entry() else { return vec![clerk.skipped("the release has no page")] };
        let first = entry.usual();
        let Ok(current) = seen.answer(&first) else {
            return vec![clerk.about(&first, seen, |_| clerk.skipped("unreachable"))];
        };
        match conditional(subject, seen) {
            None => {
                let remedy = "send an `ETag`: without one every reload transfers the page again";
                vec![clerk.warn(&first.target, exchange(&first, current, &["!etag"]), remedy)]
            }
            Some(asks) => asks
                .iter()
                .map(|(ask, expected)| clerk.about(ask, seen, |answer| told(&clerk, ask, answer, current, *expected)))
                .collect(),
        }
    }
}

/// The validators of a browser, of a cache that weakened the tag, of a list, of any; and one that does not match
/// (RFC 9110, section 13.1.2). `None` without a usable tag.
fn conditional(subject: &Case<'_>, seen: &Observations) -> Option<Vec<(Ask, u16)>> {
    let first = subject.entry()?.usual();
    let tag = seen.answer(&first).ok()?.header("etag").filter(|tag| is_tag(tag) && tag.len() < 1_024)?;
    let strong = tag.strip_prefix("W/").unwrap_or(&tag);
    let values = [
        (tag.clone(), 304),
        (format!("W/{strong}"), 304),
        (format!("\"another\", {tag}"), 304),
        ("*".to_owned(), 304),
        ("\"another\"".to_owned(), 200),
    ];
    Some(values.map(|(value, status)| (first.clone().header("if-none-match", value), status)).to_vec())
}

fn told(clerk: &Clerk<'_>, ask: &Ask, answer: &Answer, current: &Answer, expected: u16) -> Finding {
    let evidence = exchange(ask, answer, &["etag"]);
    if answer.status != expected {
        let remedy = if expected == 304 {
            "let the edge answer conditional requests itself: reloads cost the whole page now"
        } else {
            "a visitor with an old copy is told that it is current: compare entity tags, not dates"
        };
        let seen = format!("{evidence}; expected {expected}");
        let wrong = expected == 200 && answer.status == 304;
        return if wrong { clerk.fail(&ask.target, seen, remedy) } else { clerk.warn(&ask.target, seen, remedy) };
    }
    if expected == 304 && !answer.body.is_empty() {
        return clerk.warn(
            &ask.target,
            format!("{evidence} with {} bytes of body", answer.body.len()),
            "a 304 has no body",
        );
    }
    let kept = ["cache-control", "etag", "vary"];
    let lost = kept
        .into_iter()
        .find(|name| expected == 304 && current.header(name).is_some() && answer.header(name).is_none());
    if let Some(name) = lost {
        // RFC 9110, section 15.4.5.
        return clerk.warn(&ask.target, format!("{evidence}, no {name}"), format!("repeat `{name}` in the 304"));
    }
    clerk.pass(&ask.target, evidence)
}
