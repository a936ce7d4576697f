//! `Age` is there and grows with the clock, and `Date` stays that of the origin's answer.
//!
//! Browsers subtract `Age` from `max-age`: without it a page that waited at the edge for an hour counts as new.

use crate::model::{Answer, Ask, Finding};
use crate::verify::desk::cache_control::age;
use crate::verify::desk::clerk::Clerk;
use crate::verify::desk::evidence::exchange;
use crate::verify::desk::targets::Target;
use crate::verify::{Case, Check, Observations};
use std::time::Duration;

pub(super) struct Age;

/// Age counts whole seconds: two requests so far apart must show different ones.
const APART_MS: u16 = 1_050;

/// The third request for a page, late enough for its `Age` to have grown. A deploy does not wait for the clock: what it has to prove is the
/// change, and its whole proof takes less than that second.
pub(super) fn aged(case: &Case<'_>, target: &Target<'_>) -> Ask {
    let third = target.usual().round(2);
    if case.focus.is_some() { third } else { third.wait_ms(APART_MS) }
}

impl Check for Age {
    fn name(&self) -> &'static str {
        "age"
    }

    fn title(&self) -> &'static str {
        "`Age` grows with the clock while `Date` stays"
    }

    fn asks(&self, subject: &Case<'_>) -> Vec<Ask> {
        let entry = subject.entry();
        entry
            .map(|entry| [entry.usual(), entry.usual().round(1), aged(subject, &entry)])
            .into_iter()
            .flatten()
            .collect()
    }

    fn judge(&self, subject: &Case<'_>, seen: &Observations) -> Vec<Finding> {
        let clerk = Clerk::new(self.name(), subject);
        let Some(entry) = subject.entry() else { return vec![clerk.skipped("the release has no page")] };
        let (second, third) = (entry.usual().round(1), aged(subject, &entry));
        vec![
            clerk.about(&second, seen, |earlier| {
                clerk.about(&third, seen, |later| compare(&clerk, &third, earlier, later))
            }),
        ]
    }
}

fn compare(clerk: &Clerk<'_>, ask: &Ask, earlier: &Answer, later: &Answer) -> Finding {
    let target = &ask.target;
    let evidence = exchange(ask, later, &["!age", "date"]);
    let (Some(before), Some(after)) = (age(earlier), age(later)) else {
        let remedy =
            "no harm to visitors; some servers (nginx) send none, then only the origin's log proves the offload";
        return clerk.warn(target, evidence, remedy);
    };
    // Between the two moments at which the cache looked at its clock lies at least the pause, at most all of it.
    let least = later.at_ms.saturating_sub(earlier.at_ms.saturating_add(earlier.took_ms));
    let most = later.at_ms.saturating_add(later.took_ms).saturating_sub(earlier.at_ms);
    let evidence =
        format!("{evidence}; {before} s when asked {:.1} s before", Duration::from_millis(least).as_secs_f64());
    if after < before {
        return clerk.warn(target, evidence, "the page was fetched anew in between, or another cache server answered");
    }
    let grown = after - before;
    if grown < least / 1_000 || grown > most.div_ceil(1_000) {
        return clerk.warn(target, evidence, "the cache does not count `Age` by the clock (RFC 9111, section 4.2.3)");
    }
    if earlier.header("date") != later.header("date") {
        let remedy = "the cache writes a new `Date` over the stored one, so that caches behind it count its age twice";
        return clerk.warn(target, evidence, remedy);
    }
    clerk.pass(target, evidence)
}
