//! An asset that does not exist is a short-lived 404 too, with and without digits in its name: a wildcard rule for the
//! asset folder would make it immutable, and a catch-all page would answer HTML.

use crate::model::{Ask, Finding, Verdict};
use crate::verify::desk::clerk::Clerk;
use crate::verify::not_found::{ask, cheap};
use crate::verify::{Case, Check, Observations};

pub(super) struct MissingAsset;

impl Check for MissingAsset {
    fn name(&self) -> &'static str {
        "missing-asset"
    }

    fn title(&self) -> &'static str {
        "an asset that does not exist is a short-lived 404 and never immutable"
    }

    fn asks(&self, subject: &Case<'_>) -> Vec<Ask> {
        paths(subject).iter().flat_map(|path| [ask(path), ask(path).round(1)]).collect()
    }

    fn judge(&self, subject: &Case<'_>, seen: &Observations) -> Vec<Finding> {
        let clerk = Clerk::new(self.name(), subject);
        let told = |path: &String| {
            let again = ask(path).round(1);
            clerk.about(&again, seen, |answer| {
                cheap(&clerk, subject, &again, answer).unwrap_or_else(|| match clerk.hit(&again, answer, 404) {
                    hit if hit.verdict == Verdict::Fail => {
                        clerk.fail(&again.target, hit.seen, "let the CDN cache 404 answers for a short time")
                    }
                    hit => hit,
                })
            })
        };
        paths(subject).iter().map(told).collect()
    }
}

fn paths(subject: &Case<'_>) -> [String; 2] {
    let nonce = subject.nonce("missing-asset");
    [format!("/assets/not-here-{nonce}.js"), format!("/assets/not-here.{nonce}.js")]
}
