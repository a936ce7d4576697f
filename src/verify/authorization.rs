//! Credentials that nobody asked for change nothing: no 401, and no request to the origin. Browsers send those of a
//! protected sibling, and what was stored without them may be served to whoever sends some: RFC 9111, section 3.5, is about
//! storing only.
//!
//! What is sent is made up, the same in every run, and opens nothing.

use crate::model::{Ask, Finding};
use crate::verify::desk::clerk::Clerk;
use crate::verify::desk::evidence::exchange;
use crate::verify::{Case, Check, Observations};

pub(super) struct Authorization;

/// `nobody:nothing` (RFC 7617, section 2).
const NOBODY: &str = "Basic bm9ib2R5Om5vdGhpbmc=";

impl Check for Authorization {
    fn name(&self) -> &'static str {
        "authorization"
    }

    fn title(&self) -> &'static str {
        "credentials that nobody asked for change nothing"
    }

    fn asks(&self, subject: &Case<'_>) -> Vec<Ask> {
        subject.entry().map(|entry| entry.usual()).into_iter().collect()
    }

    /// Once the page is stored, and not as a warm request: hardly a visitor sends any, so it does not count for the offload.
    fn follow_ups(&self, subject: &Case<'_>, _seen: &Observations) -> Vec<Ask> {
        ask(subject).into_iter().collect()
    }

    fn judge(&self, subject: &Case<'_>, seen: &Observations) -> Vec<Finding> {
        let clerk = Clerk::new(self.name(), subject);
        let Some(ask) = ask(subject) else { return vec![clerk.skipped("the release has no page")] };
        let refused = seen.answer(&ask).ok().filter(|it| matches!(it.status, 401 | 403 | 407));
        if let Some(answer) = refused {
            let remedy = "switch the check of passwords off for the public site: nothing on it is protected";
            return vec![clerk.warn(&ask.target, exchange(&ask, answer, &["www-authenticate"]), remedy)];
        }
        let remedy =
            "strip the `Authorization` header at the edge: nothing on this page depends on it; else waive this";
        let found = clerk.each_still_hits(vec![ask], seen, remedy);
        found.into_iter().map(Finding::at_most_warn).collect()
    }
}

fn ask(subject: &Case<'_>) -> Option<Ask> {
    Some(subject.entry()?.usual().header("authorization", NOBODY))
}
