//! Every request is answered. Says nothing about what the answers hold.

use crate::model::{Ask, Finding, Observation};
use crate::verify::REACHABLE;
use crate::verify::desk::clerk::Clerk;
use crate::verify::desk::evidence::{asked, shown};
use crate::verify::{Check, Observations, Subject};

pub(super) struct Reachable;

const REMEDY: &str = "look at the address, the DNS entry, the certificate and the CDN's state page, in this order";

impl Check for Reachable {
    fn name(&self) -> &'static str {
        REACHABLE
    }

    fn title(&self) -> &'static str {
        "every request is answered"
    }

    fn asks(&self, subject: &Subject<'_>) -> Vec<Ask> {
        subject.entry().map(|entry| entry.usual()).into_iter().collect()
    }

    fn judge(&self, subject: &Subject<'_>, seen: &Observations) -> Vec<Finding> {
        let clerk = Clerk::new(self.name(), subject);
        if let Some(why) = seen.silence() {
            return vec![clerk.fail(subject.base, why, REMEDY)];
        }
        // Other hosts and single addresses have checks of their own, for which silence may even be right.
        let silent = seen.iter().filter(|(ask, _)| ask.is_here()).filter_map(|(ask, observation)| match observation {
            Observation::Unreachable(why) => Some((ask, why)),
            Observation::Answered(_) => None,
        });
        let mut found: Vec<Finding> = silent
            .map(|(ask, why)| clerk.fail(&ask.target, format!("{} -> no answer: {}", asked(ask), shown(why)), REMEDY))
            .collect();
        if found.is_empty() {
            found.push(clerk.pass(
                subject.base,
                format!("{} of {0} requests answered", seen.iter().filter(|(ask, _)| ask.is_here()).count()),
            ));
        }
        found
    }
}
