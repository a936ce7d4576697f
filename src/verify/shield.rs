//! What one point of presence has fetched the next one does not fetch from the origin again: a shield, or one cache for all. With hundreds of them
//! the origin is asked hundreds of times for each page. A drill, at each address that DNS gives for the host.

use crate::model::{Ask, Finding, Look};
use crate::text::plural;
use crate::verify::desk::canary::{NONE, answers, origins};
use crate::verify::desk::clerk::Clerk;
use crate::verify::{Case, Check, Observations};
use std::collections::BTreeSet;
use std::net::IpAddr;

pub(super) struct Shield;

/// No more addresses are asked.
const MOST: usize = 4;

const REMEDY: &str = "switch on a shield (tiered caching, origin shield): one place between the points of presence and the origin that fetches \
     for all of them";

impl Check for Shield {
    fn name(&self) -> &'static str {
        "shield"
    }

    fn title(&self) -> &'static str {
        "points of presence do not each ask the origin"
    }

    fn asks(&self, _subject: &Case<'_>) -> Vec<Ask> {
        Vec::new()
    }

    fn looks(&self, subject: &Case<'_>) -> Vec<Look> {
        subject.names().unwrap_or_default()
    }

    fn follow_ups(&self, subject: &Case<'_>, seen: &Observations) -> Vec<Ask> {
        asks(subject, &addresses(subject, seen)).unwrap_or_default()
    }

    fn judge(&self, subject: &Case<'_>, seen: &Observations) -> Vec<Finding> {
        let clerk = Clerk::new(self.name(), subject);
        let addresses = addresses(subject, seen);
        let Some(asks) = asks(subject, &addresses) else { return vec![clerk.skipped(NONE)] };
        if asks.len() < 2 {
            return vec![clerk.skipped("the host has one address: a second point of presence was not seen from here")];
        }
        let finding = match answers(&asks, seen) {
            Err(why) => clerk.unknown(&asks[0].target, why),
            Ok(answers) if answers.iter().any(|it| it.status != 200) => {
                clerk.unknown(&asks[0].target, "the canary does not answer 200 at each address")
            }
            Ok(answers) => {
                let (all, origins) = (answers.len(), origins(answers));
                let evidence = format!(
                    "{all} addresses, one after the other: {} to the origin",
                    plural(origins, "question", "questions")
                );
                if origins == 1 {
                    clerk.pass(&asks[0].target, evidence)
                } else {
                    clerk.warn(&asks[0].target, evidence, REMEDY)
                }
            }
        };
        vec![finding]
    }
}

/// One after the other.
fn asks(subject: &Case<'_>, addresses: &[IpAddr]) -> Option<Vec<Ask>> {
    let first = subject.canary("cold", "shield")?;
    Some((0_u8..).zip(addresses).map(|(round, address)| first.clone().round(round).at(*address)).collect())
}

/// At most [`MOST`] over IPv4: that of IPv6 would fail on a machine that has none, and say nothing of a shield.
fn addresses(subject: &Case<'_>, seen: &Observations) -> Vec<IpAddr> {
    let looks = subject.names().unwrap_or_default();
    let known = looks.iter().filter_map(|look| seen.names(look).ok()).flat_map(|names| names.addresses.iter().copied());
    let older: BTreeSet<IpAddr> = known.filter(IpAddr::is_ipv4).collect();
    older.into_iter().take(MOST).collect()
}
