//! Pressing reload makes no request to the origin: a crowd that waits for a page presses it. RFC 9111, section 5.2.1, lets
//! a cache ignore what requests say about it; CDNs do, unless they are told otherwise.

use crate::model::{Ask, Finding};
use crate::verify::desk::clerk::Clerk;
use crate::verify::{Case, Check, Observations};

pub(super) struct Reload;

/// Of a reload, of one that bypasses caches, and of one by an old program (RFC 9111, sections 5.2.1.1, 5.2.1.4 and 5.4).
const FIELDS: &[(&str, &str)] =
    &[("cache-control", "max-age=0"), ("cache-control", "no-cache"), ("pragma", "no-cache")];

impl Check for Reload {
    fn name(&self) -> &'static str {
        "reload"
    }

    fn title(&self) -> &'static str {
        "pressing reload makes no request to the origin"
    }

    fn asks(&self, subject: &Case<'_>) -> Vec<Ask> {
        let plain = subject.entry().map(|entry| entry.usual());
        plain.into_iter().chain(asks(subject)).collect()
    }

    fn judge(&self, subject: &Case<'_>, seen: &Observations) -> Vec<Finding> {
        let clerk = Clerk::new(self.name(), subject);
        let remedy = "let the edge ignore `Cache-Control` and `Pragma` of requests: a crowd presses reload";
        let found = clerk.each_still_hits(asks(subject), seen, remedy);
        found.into_iter().map(Finding::at_most_warn).collect()
    }
}

fn asks(subject: &Case<'_>) -> Vec<Ask> {
    let Some(entry) = subject.entry() else { return Vec::new() };
    FIELDS.iter().map(|(name, value)| entry.usual().round(1).header(name, *value)).collect()
}
