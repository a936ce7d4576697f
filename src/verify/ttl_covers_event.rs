//! What the edge holds lasts until the end of the broadcast, or is renewed behind the visitors' backs.
//!
//! A copy that becomes stale before the broadcast begins is renewed by the next visitor or by warming again, so on the day it
//! warns and before it says nothing; one that is fresh when the broadcast begins and gone before its end fails.

use crate::model::{Answer, Ask, Class, Finding, Verdict};
use crate::verify::desk::cache_control::{Kept, age, kept};
use crate::verify::desk::clerk::Clerk;
use crate::verify::desk::evidence::exchange;
use crate::verify::desk::targets::Target;
use crate::verify::{Case, Check, Observations};
use std::time::Duration;

pub(super) struct TtlCoversEvent;

const REMEDY: &str =
    "lengthen `[cache.document] cdn` or `stale_while_revalidate`, or purge and warm just before the event";

/// Longer before an event, what the edge holds says nothing about it.
const DAY: u64 = 86_400;

impl Check for TtlCoversEvent {
    fn name(&self) -> &'static str {
        "ttl-covers-event"
    }

    fn title(&self) -> &'static str {
        "what the edge holds lasts until the end of the broadcast"
    }

    fn asks(&self, subject: &Case<'_>) -> Vec<Ask> {
        pages(subject).map(|page| page.usual().round(1)).collect()
    }

    fn judge(&self, subject: &Case<'_>, seen: &Observations) -> Vec<Finding> {
        let clerk = Clerk::new(self.name(), subject);
        let until = |end: jiff::Timestamp| end.as_second().saturating_sub(subject.now.as_second());
        let Some(ends) = subject.event.ends.map(until) else {
            return vec![clerk.skipped("no `[event]` with an end is configured")];
        };
        if ends <= 0 {
            return vec![clerk.skipped("the event is over")];
        }
        let starts = subject.event.starts.map_or(0, until).max(0);
        let window = Window { starts: starts.unsigned_abs(), ends: ends.unsigned_abs() };
        let told = |page: &Target<'_>| {
            let ask = page.usual().round(1);
            clerk.about(&ask, seen, |answer| told(&clerk, &ask, answer, page, &window))
        };
        let mut found: Vec<Finding> = pages(subject).map(told).collect();
        // Too early for one page is too early for the sentence: it does not pass as well.
        if found.iter().any(|finding| finding.verdict == Verdict::Skipped) {
            found.retain(|finding| finding.verdict != Verdict::Pass);
        }
        found
    }
}

/// Those that visitors are led to: an error page is kept for a minute on purpose, also where its own address is in focus.
fn pages<'t, 'r>(subject: &'t Case<'r>) -> impl Iterator<Item = &'t Target<'r>> {
    subject.pages().iter().filter(|page| page.entry.is_none_or(|entry| entry.class != Class::Error))
}

/// The broadcast, in seconds from now.
struct Window {
    starts: u64,
    ends: u64,
}

fn told(clerk: &Clerk<'_>, ask: &Ask, answer: &Answer, page: &Target<'_>, window: &Window) -> Finding {
    let Some(Kept { fresh, stale, by }) = kept(answer, page.reply.headers) else {
        let seen = exchange(ask, answer, &["!cache-control", "age"]);
        return clerk.fail(&ask.target, format!("{seen}: no lifetime is given"), REMEDY);
    };
    let renewed = fresh.saturating_sub(age(answer).unwrap_or(0));
    let left = renewed.saturating_add(stale);
    let evidence = format!(
        "{}, {by}, {}: covered for {}, the event ends in {}",
        exchange(ask, answer, &["age"]),
        if stale == 0 { "no stale window".to_owned() } else { format!("stale window {}", duration(stale)) },
        duration(left),
        duration(window.ends),
    );
    let whole = fresh.saturating_add(stale);
    if left >= window.ends {
        clerk.pass(&ask.target, evidence)
    } else if renewed <= window.starts && whole >= window.ends - window.starts.min(window.ends) {
        let begins = duration(window.starts);
        if window.starts > DAY {
            let later =
                format!("the event begins in {begins}, what is held now is renewed before: verify again on the day");
            return clerk.skipped_at(&ask.target, later);
        }
        let seen = format!("{evidence}; it begins in {begins}");
        clerk.warn(&ask.target, seen, "warm and verify again shortly before the event")
    } else {
        clerk.fail(&ask.target, evidence, REMEDY)
    }
}

/// Whole hours beyond two, as nobody counts a day in minutes.
fn duration(seconds: u64) -> String {
    match seconds {
        0..7_200 => crate::text::duration(Duration::from_secs(seconds)),
        7_200..172_800 => format!("{} h", seconds / 3_600),
        _ => format!("{} days", crate::text::thousands(seconds / 86_400)),
    }
}
