//! A page that does not exist costs nothing: 404, our own page, short-lived, never immutable, and cached.

use crate::model::{Answer, Ask, Finding, Verdict};
use crate::verify::desk::cache_control::{has, kept, seconds};
use crate::verify::desk::clerk::Clerk;
use crate::verify::desk::evidence::exchange;
use crate::verify::{Case, Check, Observations};

pub(super) struct NotFound;

/// A 404 may become a page tomorrow, under a URL that nobody can list in a purge: an hour is the longest that is short.
const SHORT: u64 = 3_600;

impl Check for NotFound {
    fn name(&self) -> &'static str {
        "not-found"
    }

    fn title(&self) -> &'static str {
        "a page that does not exist costs nothing: 404, our own page, short-lived, cached"
    }

    fn asks(&self, subject: &Case<'_>) -> Vec<Ask> {
        let ask = ask(&path(subject));
        vec![ask.clone(), ask.round(1)]
    }

    fn judge(&self, subject: &Case<'_>, seen: &Observations) -> Vec<Finding> {
        let clerk = Clerk::new(self.name(), subject);
        let again = ask(&path(subject)).round(1);
        vec![clerk.about(&again, seen, |answer| {
            cheap(&clerk, subject, &again, answer).or_else(|| foreign(&clerk, subject, &again, answer)).unwrap_or_else(
                || match clerk.hit(&again, answer, 404) {
                    hit if hit.verdict == Verdict::Fail => {
                        clerk.fail(&again.target, hit.seen, "let the CDN cache 404 answers for a short time")
                    }
                    hit => hit,
                },
            )
        })]
    }
}

/// A path that no site has, the same for the same release.
fn path(subject: &Case<'_>) -> String {
    format!("/not-here-{}", subject.nonce("not-found"))
}

/// As browsers ask.
pub(super) fn ask(path: &str) -> Ask {
    Ask::get(path).header("accept-encoding", "br")
}

/// What is wrong about a 404, without its body and its cache.
pub(super) fn cheap(clerk: &Clerk<'_>, subject: &Case<'_>, ask: &Ask, answer: &Answer) -> Option<Finding> {
    let evidence = exchange(ask, answer, &["content-type", "!cache-control", "cdn-cache-control", "cache-status"]);
    let control = answer.header("cache-control").unwrap_or_default();
    if answer.status != 404 {
        let remedy = "answer 404 to what does not exist: no catch-all page, no redirect to the home page";
        return Some(clerk.fail(&ask.target, format!("{evidence}; expected 404"), remedy));
    }
    if has(&control, "immutable") {
        let remedy = "attach `immutable` to exact paths, not to a wildcard: browsers keep this 404 for good";
        return Some(clerk.fail(&ask.target, evidence, remedy));
    }
    let released = subject.release.errors.get(&404).and_then(|key| subject.release.entries.get(key));
    let released = released.map(|entry| entry.headers.clone()).unwrap_or_default();
    let at_edge = kept(answer, &released).map(|kept| kept.fresh);
    let longest = at_edge.max(seconds(&control, "max-age"));
    match longest {
        Some(longest) if longest > SHORT => {
            let remedy = format!("keep a 404 for at most {SHORT} s: no purge can list the URLs it stands under");
            Some(clerk.fail(&ask.target, evidence, remedy))
        }
        None => Some(clerk.warn(&ask.target, evidence, "give 404 answers a short `max-age`: caches guess without one")),
        Some(_) => None,
    }
}

/// Whether another page than our own stands for the 404.
fn foreign(clerk: &Clerk<'_>, subject: &Case<'_>, ask: &Ask, answer: &Answer) -> Option<Finding> {
    let url = crate::model::UrlPath::parse(&ask.target).ok()?;
    let target = subject.target(&url)?;
    let mut other = clerk.other_body(ask, answer, &target)?;
    if other.verdict == Verdict::Fail {
        "serve the site's own 404 page; after a deploy, purge the tag of the error pages".clone_into(&mut other.remedy);
    }
    Some(other)
}
