//! Redirects are cached and say for how long: a printed short address costs the origin a request per visitor else.
//!
//! RFC 9111, section 4.2.2: without a lifetime caches guess one for 301 and 308, and keep 302 and 307 not at all.

use crate::model::{Answer, Ask, Finding, Verdict};
use crate::verify::desk::cache_control::{kept, seconds};
use crate::verify::desk::clerk::Clerk;
use crate::verify::desk::evidence::exchange;
use crate::verify::printed_forms::{ask, forms};
use crate::verify::{Case, Check, Observations};

pub(super) struct RedirectLifetime;

impl Check for RedirectLifetime {
    fn name(&self) -> &'static str {
        "redirect-lifetime"
    }

    fn title(&self) -> &'static str {
        "redirects are cached and say for how long"
    }

    fn needs_release(&self) -> bool {
        true
    }

    fn asks(&self, subject: &Case<'_>) -> Vec<Ask> {
        forms(subject).iter().flat_map(|url| [ask(url), ask(url).round(1)]).collect()
    }

    fn judge(&self, subject: &Case<'_>, seen: &Observations) -> Vec<Finding> {
        let clerk = Clerk::new(self.name(), subject);
        let of = |again: Ask| match seen.answer(&again) {
            Ok(answer) if !(300..400).contains(&answer.status) => None,
            _ => Some(clerk.about(&again, seen, |answer| told(&clerk, subject, &again, answer))),
        };
        let found: Vec<Finding> = forms(subject).iter().map(|url| ask(url).round(1)).filter_map(of).collect();
        if found.is_empty() { vec![clerk.skipped("nothing that was asked for redirects")] } else { found }
    }
}

fn told(clerk: &Clerk<'_>, subject: &Case<'_>, ask: &Ask, answer: &Answer) -> Finding {
    let control = answer.header("cache-control").unwrap_or_default();
    let lasts = kept(answer, &subject.release.redirect_headers).map(|kept| kept.fresh);
    let lasts = lasts.max(seconds(&control, "max-age")).unwrap_or_default();
    if lasts == 0 && answer.header("expires").is_none() {
        let seen = exchange(ask, answer, &["!cache-control", "cdn-cache-control", "cache-status"]);
        return clerk.warn(&ask.target, seen, "give redirects a `max-age`: without one caches guess, or keep nothing");
    }
    let hit = clerk.hit(ask, answer, answer.status);
    match hit.verdict {
        Verdict::Fail => clerk.warn(&ask.target, hit.seen, "let the CDN cache redirects, or make them at the edge"),
        _ => hit,
    }
}
