//! Where `Last-Modified` is sent it is compared: an old copy is replaced, a current one kept (RFC 9110, section 13.1.3).
//!
//! Without `Last-Modified` there is nothing to prove: entity tags are the better validator, `not-modified` is about them.

use crate::model::{Answer, Ask, Finding};
use crate::verify::desk::clerk::Clerk;
use crate::verify::desk::evidence::{exchange, shown};
use crate::verify::{Case, Check, Observations};
use jiff::fmt::rfc2822::{DateTimeParser, DateTimePrinter};
use jiff::{SignedDuration, Timestamp};

pub(super) struct ModifiedSince;

/// How much older and newer the other copies are.
const APART: SignedDuration = SignedDuration::from_hours(24);

/// The copy that a visitor has, beside the one that is served.
#[derive(Clone, Copy)]
enum Copy {
    Same,
    Older,
    Newer,
}

impl Check for ModifiedSince {
    fn name(&self) -> &'static str {
        "modified-since"
    }

    fn title(&self) -> &'static str {
        "`Last-Modified`, where it is sent, tells old copies from current ones"
    }

    fn asks(&self, subject: &Case<'_>) -> Vec<Ask> {
        subject.entry().map(|entry| entry.usual()).into_iter().collect()
    }

    fn follow_ups(&self, subject: &Case<'_>, seen: &Observations) -> Vec<Ask> {
        conditional(subject, seen).into_iter().map(|(ask, _)| ask).collect()
    }

    fn judge(&self, subject: &Case<'_>, seen: &Observations) -> Vec<Finding> {
        let clerk = Clerk::new(self.name(), subject);
        let Some(entry) = subject.entry() else { return vec![clerk.skipped("the release has no page")] };
        let first = entry.usual();
        let asks = conditional(subject, seen);
        if asks.is_empty() {
            return vec![clerk.about(&first, seen, |answer| undated(&clerk, &first, answer))];
        }
        asks.iter().map(|(ask, copy)| clerk.about(ask, seen, |answer| told(&clerk, ask, answer, *copy))).collect()
    }
}

/// No date, or none that can be read.
fn undated(clerk: &Clerk<'_>, ask: &Ask, answer: &Answer) -> Finding {
    match answer.header("last-modified") {
        None => clerk
            .skipped_at(&ask.target, format!("{}; its entity tag decides", exchange(ask, answer, &["!last-modified"]))),
        Some(value) => clerk.warn(
            &ask.target,
            format!("{}, last-modified: {}, which is no date", exchange(ask, answer, &[]), shown(&value)),
            "leave `Last-Modified` off, or send an HTTP date (RFC 9110, section 5.6.7)",
        ),
    }
}

/// A date after the present is none that a server must heed, so the newer copy is from no later than now.
fn conditional(subject: &Case<'_>, seen: &Observations) -> Vec<(Ask, Copy)> {
    let dated = || {
        let first = subject.entry()?.usual();
        let value = seen.answer(&first).ok()?.header("last-modified")?;
        Some((first, DateTimeParser::new().parse_timestamp(value.trim()).ok()?))
    };
    let Some((first, date)) = dated() else { return Vec::new() };
    let older = date.checked_sub(APART).ok().map(|it| (it, Copy::Older));
    let newer = date.checked_add(APART).ok().map(|it| (it.min(subject.now), Copy::Newer));
    let all = [Some((date, Copy::Same)), older, newer.filter(|(it, _)| *it > date)];
    let ask = |(date, copy): (Timestamp, Copy)| {
        let value = DateTimePrinter::new().timestamp_to_rfc9110_string(&date).ok()?;
        Some((first.clone().header("if-modified-since", value), copy))
    };
    all.into_iter().flatten().filter_map(ask).collect()
}

fn told(clerk: &Clerk<'_>, ask: &Ask, answer: &Answer, copy: Copy) -> Finding {
    let evidence = exchange(ask, answer, &["last-modified"]);
    match (copy, answer.status) {
        (Copy::Same | Copy::Newer, 304) | (Copy::Older, 200) => clerk.pass(&ask.target, evidence),
        // nginx.org, `if_modified_since exact`, its default: only the very date counts.
        (Copy::Newer, 200) => clerk.pass(&ask.target, format!("{evidence}; only the very date counts here")),
        (Copy::Older, 304) => clerk.warn(
            &ask.target,
            evidence,
            "a visitor with an older copy is told that it is current: let the edge compare dates, or leave `Last-Modified` off",
        ),
        (Copy::Same, 200) => clerk.warn(
            &ask.target,
            evidence,
            "answer 304 to the date of the page, or leave `Last-Modified` off and send an `ETag` alone",
        ),
        _ => clerk.warn(&ask.target, evidence, "answer a conditional request with 304 or the page"),
    }
}
