//! A purge from outside is refused: whoever may purge may send every visitor to the origin.
//!
//! `PURGE` and `BAN` are what Varnish, Squid, nginx modules and Fastly listen to; none of them asks who sends it unless
//! told to (Varnish, "Purging and banning": the ACL `purge`; Fastly, "Authenticating URL purge requests"). Asks for paths
//! of this run alone, which are stored before, so that nothing real is ever purged.

use crate::model::{Answer, Ask, Finding};
use crate::verify::desk::clerk::Clerk;
use crate::verify::desk::evidence::{asked, exchange};
use crate::verify::desk::served::{Served, served};
use crate::verify::{Case, Check, Observations};

pub(super) struct OutsidePurge;

const REMEDY: &str = "let only your own addresses or a secret purge: an `acl` in VCL, `Fastly-Purge-Requires-Auth`";

impl Check for OutsidePurge {
    fn name(&self) -> &'static str {
        "outside-purge"
    }

    fn title(&self) -> &'static str {
        "a purge from outside is refused"
    }

    fn asks(&self, subject: &Case<'_>) -> Vec<Ask> {
        trials(subject).into_iter().flatten().collect()
    }

    fn judge(&self, subject: &Case<'_>, seen: &Observations) -> Vec<Finding> {
        let clerk = Clerk::new(self.name(), subject);
        let told = |[_, warm, purge, after]: [Ask; 4]| {
            let is = |ask: &Ask, by_cache: bool| match seen.answer(ask).map(served) {
                Ok(Served::Cache(_)) => by_cache,
                Ok(Served::Origin(_)) => !by_cache,
                Ok(Served::Unknown(_)) | Err(_) => false,
            };
            let gone = is(&warm, true) && is(&after, false);
            clerk.about(&purge, seen, |answer| told(&clerk, &purge, answer, gone.then_some(&after)))
        };
        trials(subject).into_iter().map(told).collect()
    }
}

/// For each method: a path stored, seen to be stored, purged, and looked at again.
fn trials(subject: &Case<'_>) -> [[Ask; 4]; 2] {
    ["PURGE", "BAN"].map(|method| {
        let get = Ask::get(format!("/not-here-{}", subject.fresh_nonce(method))).header("accept-encoding", "br");
        [get.clone(), get.clone().round(1), get.clone().method(method).round(2), get.round(3)]
    })
}

/// `gone`: the question that a cache no longer answered by itself.
fn told(clerk: &Clerk<'_>, ask: &Ask, answer: &Answer, gone: Option<&Ask>) -> Finding {
    let evidence = exchange(ask, answer, &["allow", "content-type", "cache-status"]);
    if let Some(after) = gone {
        let seen = format!("{evidence}; then {} had to ask the origin again", asked(after));
        return clerk.fail(&ask.target, seen, REMEDY);
    }
    match answer.status {
        400..=499 | 501 => clerk.pass(&ask.target, evidence),
        200..300 => clerk.fail(&ask.target, evidence, REMEDY),
        _ => clerk.warn(&ask.target, evidence, "answer 405 to `PURGE` and `BAN` that come from outside"),
    }
}
