//! `Date` is there, is a date and is not in the future, and `Age` is never negative: browsers reckon with both.
//!
//! RFC 9110, section 6.6.1 (`Date`); RFC 9111, sections 4.2.3 and 5.1 (`Age`). Looks at every answer, asks for one page.

use crate::model::{Answer, Ask, Finding};
use crate::verify::desk::cache_control::age;
use crate::verify::desk::clerk::Clerk;
use crate::verify::desk::evidence::exchange;
use crate::verify::{Case, Check, Observations};
use std::collections::BTreeMap;

pub(super) struct Clocks;

/// Clocks of servers differ by less; whole seconds and the time under way are in it.
const APART_SECONDS: i64 = 60;

impl Check for Clocks {
    fn name(&self) -> &'static str {
        "clocks"
    }

    fn title(&self) -> &'static str {
        "`Date` is sane and `Age` is never negative"
    }

    fn asks(&self, subject: &Case<'_>) -> Vec<Ask> {
        let page = subject.entry().map(|entry| entry.usual());
        page.into_iter().flat_map(|ask| [ask.clone(), ask.round(1)]).collect()
    }

    fn judge(&self, subject: &Case<'_>, seen: &Observations) -> Vec<Finding> {
        let clerk = Clerk::new(self.name(), subject);
        if seen.answers().next().is_none() {
            return vec![clerk.unknown(subject.base, "nothing was answered")];
        }
        // One finding per URL, however often it was asked for.
        let mut found: BTreeMap<&str, Finding> = BTreeMap::new();
        for (ask, answer) in seen.answers().filter(|(_, answer)| answer.status < 500) {
            if let Some(remedy) = wrong(subject, answer) {
                let seen = || exchange(ask, answer, &["!date", "age"]);
                found.entry(ask.target.as_str()).or_insert_with(|| clerk.warn(&ask.target, seen(), remedy));
            }
        }
        if found.is_empty() {
            return vec![clerk.pass(subject.base, format!("as they should be in {} answers", seen.answers().count()))];
        }
        found.into_values().collect()
    }
}

/// What helps, when something is wrong. A server that has a clock must send `Date`, save with 1xx and 5xx.
fn wrong(subject: &Case<'_>, answer: &Answer) -> Option<&'static str> {
    let Some(raw) = answer.header("date") else {
        return Some("let the server send `Date`: caches cannot tell how old an answer is without it");
    };
    let Ok(date) = jiff::fmt::rfc2822::parse(raw.trim()) else {
        return Some("send one `Date`, as in `Fri, 20 Nov 2026 12:00:00 GMT`");
    };
    let asked = i64::try_from((answer.at_ms.saturating_add(answer.took_ms)) / 1_000).unwrap_or(i64::MAX);
    let now = subject.now.as_second().saturating_add(asked);
    if date.timestamp().as_second() > now.saturating_add(APART_SECONDS) {
        return Some("set the clock of the server, or that of this machine: `Date` lies in the future");
    }
    (answer.header("age").is_some() && age(answer).is_none())
        .then_some("send `Age` as whole seconds, zero or more: caches ignore or misread anything else")
}
