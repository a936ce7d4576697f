//! The origin itself counts what reaches it: the header fields of a CDN say what it believes, or what somebody wrote into them. Made where the
//! origin's count can be read.

use crate::model::{Ask, Finding, Witnessed};
use crate::text::plural;
use crate::verify::desk::clerk::Clerk;
use crate::verify::desk::served::{Served, served};
use crate::verify::{Case, Check, Observations};
use std::collections::BTreeSet;

pub(super) struct OriginWitness;

/// So many requests: a rate of misses above 3 % would have shown, at 95 %.
const VISITS: usize = 100;

/// Where rounds begin that no other check asks in.
const FIRST_ROUND: u8 = 100;

/// What helps against a CDN that says otherwise than the origin.
const DISAGREE: &str = "believe the origin, and look in its log who asks for these pages: a tier of the CDN that keeps nothing, a rule that sets \
     the cache status by hand, or people who know the address already; then ask again";

/// What helps when nobody says who answered, and it was the origin.
const KEPT: &str =
    "let the CDN keep these pages: a rule that makes HTML eligible, cookies and query left out of the key";

/// What helps when fewer came than were sent.
const ELSEWHERE: &str = "name the origin that this CDN asks, or a count of all of them together";

impl Check for OriginWitness {
    fn name(&self) -> &'static str {
        "origin-witness"
    }

    fn title(&self) -> &'static str {
        "the origin counts no more than the answers admit"
    }

    fn asks(&self, subject: &Case<'_>) -> Vec<Ask> {
        subject.pages().iter().map(super::desk::targets::Target::usual).collect()
    }

    fn visits(&self, subject: &Case<'_>) -> Vec<Ask> {
        let asks = self.asks(subject);
        let rounds = FIRST_ROUND..;
        let all = rounds.flat_map(|round| asks.iter().map(move |ask| ask.clone().round(round)));
        if asks.is_empty() { Vec::new() } else { all.take(VISITS).collect() }
    }

    fn judge(&self, subject: &Case<'_>, seen: &Observations) -> Vec<Finding> {
        let clerk = Clerk::new(self.name(), subject);
        let finding = match seen.witnessed() {
            None => clerk.skipped("nobody counts at the origin: say where, `--witness`"),
            Some(Err(why)) => clerk.unknown(subject.base, format!("the origin's count is not known: {why}")),
            Some(Ok(told)) => compare(&clerk, subject, &self.visits(subject), seen, told),
        };
        vec![finding]
    }
}

fn compare(clerk: &Clerk<'_>, subject: &Case<'_>, visits: &[Ask], seen: &Observations, told: &Witnessed) -> Finding {
    let (mut kept, mut origin, mut untold) = (0_u64, 0_u64, 0_u64);
    for ask in visits {
        match seen.answer(ask).map(served) {
            Ok(Served::Cache(_)) => kept += 1,
            Ok(Served::Origin(_)) => origin += 1,
            Ok(Served::Unknown(_)) | Err(_) => untold += 1,
        }
    }
    let all = kept + origin + untold;
    if visits.iter().all(|ask| seen.answer(ask).is_err()) {
        return clerk.unknown(subject.base, "no request was answered while the origin counted");
    }
    // Each page may be renewed once in the background while the stored one is served.
    let renewals = visits.iter().map(|ask| &ask.target).collect::<BTreeSet<_>>().len() as u64;
    let counted = told.counted.saturating_sub(told.usual);
    let evidence = format!(
        "of {} {kept} came from a cache, {origin} from the origin, {untold} without a word; the origin counted {}{} ({})",
        plural(usize::try_from(all).unwrap_or(usize::MAX), "repeated request", "repeated requests"),
        told.counted,
        if told.usual > 0 { format!(", of which {} are usual", told.usual) } else { String::new() },
        told.by,
    );
    if counted > origin + untold + renewals {
        clerk.fail(subject.base, evidence, DISAGREE)
    } else if counted > origin + renewals {
        clerk.fail(subject.base, evidence, KEPT)
    } else if told.counted < origin {
        clerk.warn(subject.base, evidence, ELSEWHERE)
    } else {
        clerk.pass(subject.base, evidence)
    }
}
