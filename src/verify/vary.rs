//! `Vary` names the coding and nothing that would split the cache by visitor.

use crate::model::{Answer, Ask, Finding};
use crate::verify::desk::clerk::Clerk;
use crate::verify::desk::decode::coding;
use crate::verify::desk::evidence::exchange;
use crate::verify::desk::targets::{CODINGS, Target};
use crate::verify::{Case, Check, Observations};

pub(super) struct Vary;

/// Each of these makes nearly every visitor another cache entry.
const SPLITS: &[&str] = &["*", "cookie", "user-agent", "origin", "referer", "authorization", "accept-language"];

impl Check for Vary {
    fn name(&self) -> &'static str {
        "vary"
    }

    fn title(&self) -> &'static str {
        "`Vary` names `Accept-Encoding`, and nothing that differs per visitor"
    }

    fn asks(&self, subject: &Case<'_>) -> Vec<Ask> {
        subject.pages().iter().flat_map(asks).collect()
    }

    fn judge(&self, subject: &Case<'_>, seen: &Observations) -> Vec<Finding> {
        let clerk = Clerk::new(self.name(), subject);
        let mut found = Vec::new();
        for target in subject.pages() {
            let asks = asks(target);
            let answers = || asks.iter().filter_map(|ask| seen.answer(ask).ok());
            let coded = answers().any(|answer| coding(answer).is_some());
            found.extend(asks.iter().map(|ask| clerk.about(ask, seen, |answer| told(&clerk, ask, answer, coded))));
        }
        found
    }
}

fn asks(target: &Target<'_>) -> Vec<Ask> {
    CODINGS.iter().map(|coding| target.coded(coding)).chain([target.plain()]).collect()
}

fn told(clerk: &Clerk<'_>, ask: &Ask, answer: &Answer, coded: bool) -> Finding {
    let value = answer.header("vary").unwrap_or_default().to_ascii_lowercase();
    let names: Vec<&str> = value.split(',').map(str::trim).filter(|name| !name.is_empty()).collect();
    let evidence = exchange(ask, answer, &["!vary", "content-encoding"]);
    if names.iter().any(|name| SPLITS.contains(name)) {
        return clerk.fail(&ask.target, evidence, "take everything but `Accept-Encoding` out of `Vary`");
    }
    if coded && !names.contains(&"accept-encoding") {
        // Also on the plain variant: a cache that stored it without Vary would hand it to everyone.
        return clerk.fail(&ask.target, evidence, "send `Vary: Accept-Encoding` with every form of the page");
    }
    if names.iter().any(|name| *name != "accept-encoding") {
        return clerk.warn(&ask.target, evidence, "every further name in `Vary` multiplies the requests to the origin");
    }
    clerk.pass(&ask.target, evidence)
}
