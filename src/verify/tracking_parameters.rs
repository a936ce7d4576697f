//! A tracking parameter never makes a request to the origin: on the day of a campaign every link carries some.

use crate::model::{Ask, Finding, TRACKING};
use crate::verify::desk::clerk::Clerk;
use crate::verify::{Case, Check, Observations};

pub(super) struct TrackingParameters;

impl Check for TrackingParameters {
    fn name(&self) -> &'static str {
        "tracking-parameters"
    }

    fn title(&self) -> &'static str {
        "no tracking parameter makes a request to the origin"
    }

    fn asks(&self, subject: &Case<'_>) -> Vec<Ask> {
        let plain = subject.entry().map(|entry| entry.usual());
        plain.into_iter().chain(asks(subject)).collect()
    }

    fn judge(&self, subject: &Case<'_>, seen: &Observations) -> Vec<Finding> {
        let clerk = Clerk::new(self.name(), subject);
        let remedy = "leave tracking parameters out of the cache key: a query rule of the CDN, or VCL";
        clerk.each_still_hits(asks(subject), seen, remedy)
    }
}

/// Each with a value that no cache can know, in the round after the plain page was asked for.
fn asks(subject: &Case<'_>) -> Vec<Ask> {
    let Some(entry) = subject.entry() else { return Vec::new() };
    let nonce = subject.fresh_nonce("tracking");
    let usual = entry.usual().round(1);
    TRACKING.iter().map(|name| usual.clone().parameter(&format!("{name}={nonce}"))).collect()
}
