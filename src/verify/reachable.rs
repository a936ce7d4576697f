//! Every request is answered. Says nothing about what the answers hold.

use crate::model::{Ask, Finding, Observation};
use crate::verify::REACHABLE;
use crate::verify::desk::clerk::Clerk;
use crate::verify::desk::evidence::{asked, shown};
use crate::verify::{Case, Check, Observations};
use std::collections::BTreeMap;

pub(super) struct Reachable;

/// No more requests without an answer for the same reason are told one by one.
const SINGLE: usize = 3;

const REMEDY: &str = "look at the address, the DNS entry, the certificate and the CDN's state page, in this order";

impl Check for Reachable {
    fn name(&self) -> &'static str {
        REACHABLE
    }

    fn title(&self) -> &'static str {
        "every request is answered"
    }

    fn asks(&self, subject: &Case<'_>) -> Vec<Ask> {
        subject.entry().map(|entry| entry.usual()).into_iter().collect()
    }

    fn judge(&self, subject: &Case<'_>, seen: &Observations) -> Vec<Finding> {
        let clerk = Clerk::new(self.name(), subject);
        if let Some(why) = seen.silence() {
            return vec![clerk.fail(subject.base, why, REMEDY)];
        }
        // Other hosts and single addresses have checks of their own, for which silence may even be right.
        let here = || seen.iter().filter(|(ask, _)| ask.is_here());
        let mut silent: BTreeMap<&str, Vec<&Ask>> = BTreeMap::new();
        for (ask, observation) in here() {
            if let Observation::Unreachable(why) = observation {
                silent.entry(why).or_default().push(ask);
            }
        }
        if silent.is_empty() {
            return vec![clerk.pass(subject.base, format!("{} of {0} requests answered", here().count()))];
        }
        silent.into_iter().flat_map(|(why, asks)| told(&clerk, subject.base, why, &asks, here().count())).collect()
    }
}

/// What some requests have in common is told once.
fn told(clerk: &Clerk<'_>, base: &str, why: &str, asks: &[&Ask], all: usize) -> Vec<Finding> {
    let no_answer = |ask: &Ask| format!("{} -> no answer: {}", asked(ask), shown(why));
    if let [first, .., last] = asks
        && asks.len() > SINGLE
    {
        let most = format!(
            "{} of {all} requests, from {} to {} -> no answer: {}",
            asks.len(),
            asked(first),
            asked(last),
            shown(why)
        );
        return vec![clerk.fail(base, most, REMEDY)];
    }
    asks.iter().map(|ask| clerk.fail(&ask.target, no_answer(ask), REMEDY)).collect()
}
