//! A cookie in the request never makes a request to the origin: every returning visitor has some.

use crate::model::{Ask, Finding};
use crate::verify::desk::clerk::Clerk;
use crate::verify::{Case, Check, Observations};

pub(super) struct Cookies;

/// Of analytics, of an advertising network, and one that looks like a session.
const NAMES: &[&str] = &["_ga", "_fbp", "sessionid"];

impl Check for Cookies {
    fn name(&self) -> &'static str {
        "cookies"
    }

    fn title(&self) -> &'static str {
        "no cookie makes a request to the origin"
    }

    fn asks(&self, subject: &Case<'_>) -> Vec<Ask> {
        let plain = subject.entry().map(|entry| entry.usual());
        plain.into_iter().chain(asks(subject)).collect()
    }

    fn judge(&self, subject: &Case<'_>, seen: &Observations) -> Vec<Finding> {
        let clerk = Clerk::new(self.name(), subject);
        let remedy = "strip the `Cookie` header at the edge: nothing on this page depends on it";
        clerk.each_still_hits(asks(subject), seen, remedy)
    }
}

fn asks(subject: &Case<'_>) -> Vec<Ask> {
    let Some(entry) = subject.entry() else { return Vec::new() };
    let nonce = subject.fresh_nonce("cookies");
    NAMES.iter().map(|name| entry.usual().round(1).header("cookie", format!("{name}={nonce}"))).collect()
}
