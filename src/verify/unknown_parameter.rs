//! A parameter that nobody knows makes no request to the origin: else whoever appends a new number to each request has
//! every one of them answered by the origin (Cloudflare, "Cache Keys": ignoring the query string; `CloudFront`,
//! "Cache content based on query string parameters").
//!
//! A site whose pages depend on their query cannot leave it out: this warns, and a waiver says so.

use crate::model::{Ask, Finding};
use crate::verify::desk::clerk::Clerk;
use crate::verify::{Case, Check, Observations};

pub(super) struct UnknownParameter;

impl Check for UnknownParameter {
    fn name(&self) -> &'static str {
        "unknown-parameter"
    }

    fn title(&self) -> &'static str {
        "no made-up parameter makes a request to the origin"
    }

    fn asks(&self, subject: &Case<'_>) -> Vec<Ask> {
        subject.entry().map(|entry| entry.usual()).into_iter().collect()
    }

    /// Once the page is stored, and not as a warm request: no visitor sends it, so it does not count for the offload.
    fn follow_ups(&self, subject: &Case<'_>, _seen: &Observations) -> Vec<Ask> {
        ask(subject).into_iter().collect()
    }

    fn judge(&self, subject: &Case<'_>, seen: &Observations) -> Vec<Finding> {
        let clerk = Clerk::new(self.name(), subject);
        let remedy =
            "leave the whole query out of the cache key, or all of it but the names that pages need; else waive this";
        let found = clerk.each_still_hits(ask(subject).into_iter().collect(), seen, remedy);
        found.into_iter().map(Finding::at_most_warn).collect()
    }
}

fn ask(subject: &Case<'_>) -> Option<Ask> {
    Some(subject.entry()?.usual().parameter(&format!("x={}", subject.fresh_nonce("unknown parameter"))))
}
