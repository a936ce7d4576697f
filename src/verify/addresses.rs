//! Every address of the host answers the page that was released: a visitor's device picks any of them, and another one
//! over IPv6 than over IPv4 (RFC 8305).

use crate::model::{Ask, Finding, Look};
use crate::verify::desk::clerk::Clerk;
use crate::verify::desk::evidence::exchange;
use crate::verify::{Check, Observations, Subject};
use std::collections::BTreeSet;
use std::net::IpAddr;

pub(super) struct Addresses;

/// No more are tried.
const MOST: usize = 8;
const REMEDY: &str = "take this address out of DNS, or put the release behind it";

impl Check for Addresses {
    fn name(&self) -> &'static str {
        "addresses"
    }

    fn title(&self) -> &'static str {
        "each address of the host answers what was released, over IPv4 and over IPv6"
    }

    fn needs_release(&self) -> bool {
        true
    }

    fn asks(&self, _subject: &Subject<'_>) -> Vec<Ask> {
        Vec::new()
    }

    fn looks(&self, subject: &Subject<'_>) -> Vec<Look> {
        subject.names().unwrap_or_default()
    }

    fn follow_ups(&self, subject: &Subject<'_>, seen: &Observations) -> Vec<Ask> {
        asks(subject, seen).unwrap_or_default()
    }

    fn judge(&self, subject: &Subject<'_>, seen: &Observations) -> Vec<Finding> {
        let clerk = Clerk::new(self.name(), subject);
        let (asks, entry) = match (asks(subject, seen), subject.entry()) {
            (Ok(asks), Some(entry)) => (asks, entry),
            (Err(why), _) => return vec![clerk.skipped(why)],
            (_, None) => return vec![clerk.skipped("the release has no page")],
        };
        let (newer, older): (Vec<&Ask>, Vec<&Ask>) = asks.iter().partition(|ask| ask.at.is_some_and(|it| it.is_ipv6()));
        let told = |ask: &Ask| match seen.answer(ask) {
            Err(why) => {
                clerk.fail(&ask.target, format!("{}: {why}", crate::verify::desk::evidence::asked(ask)), REMEDY)
            }
            Ok(answer) if answer.status != 200 => clerk.fail(&ask.target, exchange(ask, answer, &["server"]), REMEDY),
            Ok(answer) => clerk
                .other_body(ask, answer, &entry)
                .unwrap_or_else(|| clerk.pass(&ask.target, exchange(ask, answer, &[]))),
        };
        let mut found: Vec<Finding> = older.iter().map(|ask| told(ask)).collect();
        // Whether this machine has IPv6 at all, nobody says: where all of it is silent, no address is at fault.
        match newer.as_slice() {
            [ask, ..] if !older.is_empty() && newer.iter().all(|ask| seen.answer(ask).is_err()) => {
                let why = "no address answers over IPv6: this machine may have none, or the host";
                found.push(clerk.warn(&ask.target, why, "verify from a network with IPv6, as a telephone's is"));
            }
            newer => found.extend(newer.iter().map(|ask| told(ask))),
        }
        found
    }
}

/// The entry page at every address that is known; or why there is none to try.
fn asks(subject: &Subject<'_>, seen: &Observations) -> Result<Vec<Ask>, String> {
    let addresses = known(subject, seen)?;
    let usual = subject.entry().ok_or("the release has no page")?.usual();
    let asks: Vec<Ask> = addresses.into_iter().map(|address| usual.clone().at(address)).collect();
    if asks.is_empty() { Err("no address is known: see the check `dns`".to_owned()) } else { Ok(asks) }
}

/// The addresses that DNS gives for the host, at most [`MOST`]; or why there are none to know.
pub(super) fn known(subject: &Subject<'_>, seen: &Observations) -> Result<Vec<IpAddr>, String> {
    let known = subject.names()?;
    let known = known.iter().filter_map(|look| seen.names(look).ok()).flat_map(|names| names.addresses.iter());
    Ok(both_kinds(known.copied().collect()))
}

/// At most [`MOST`], of both kinds.
fn both_kinds(all: BTreeSet<IpAddr>) -> Vec<IpAddr> {
    let (older, newer): (Vec<IpAddr>, Vec<IpAddr>) = all.into_iter().partition(IpAddr::is_ipv4);
    let room = MOST.saturating_sub(newer.len().min(MOST / 2));
    let older: Vec<IpAddr> = older.into_iter().take(room).collect();
    let left = MOST - older.len();
    older.into_iter().chain(newer.into_iter().take(left)).collect()
}
