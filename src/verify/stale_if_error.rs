//! What the edge has is answered within a second when the origin fails or hangs (RFC 5861, section 4). A drill, at canaries that answer once
//! and then fail; the origin itself keeps answering.

use crate::model::{Answer, Ask, Finding};
use crate::verify::desk::canary::{NONE, STALE_MS, answers, crowd, visitor};
use crate::verify::desk::clerk::Clerk;
use crate::verify::desk::evidence::exchange;
use crate::verify::{Case, Check, Observations};

pub(super) struct StaleIfError;

const VISITORS: u16 = 3;

/// Until a failure has come to the cache.
const FAILED_MS: u16 = 800;

/// Nobody waits longer for a page that is there.
const PROMPT_MS: u64 = 1_000;

const REMEDY: &str = "let the edge answer what it has when the origin fails, and not wait for its time-out: `stale-if-error` and a stale window \
     that covers the broadcast, `proxy_cache_use_stale error timeout updating http_500 http_502 http_503 http_504` with \
     `proxy_cache_background_update on` (nginx), `return (abandon)` for a failing background fetch (Varnish)";

impl Check for StaleIfError {
    fn name(&self) -> &'static str {
        "stale-if-error"
    }

    fn title(&self) -> &'static str {
        "what is kept is answered within a second when the origin fails or hangs"
    }

    fn asks(&self, subject: &Case<'_>) -> Vec<Ask> {
        questions(subject).into_iter().flatten().flat_map(|(_, first, crowd)| [vec![first], crowd].concat()).collect()
    }

    fn judge(&self, subject: &Case<'_>, seen: &Observations) -> Vec<Finding> {
        let clerk = Clerk::new(self.name(), subject);
        let Some(questions) = questions(subject) else { return vec![clerk.skipped(NONE)] };
        let told = |(how, first, crowd): (&str, Ask, Vec<Ask>)| match (seen.answer(&first), answers(&crowd, seen)) {
            (Ok(before), Ok(after)) => told(&clerk, how, &crowd, before, &after),
            (Err(why), _) | (_, Err(why)) => clerk.unknown(&first.target, why),
        };
        questions.into_iter().map(told).collect()
    }
}

/// How the origin fails, the question before, and those who come when what was kept is stale.
fn questions(subject: &Case<'_>) -> Option<Vec<(&'static str, Ask, Vec<Ask>)>> {
    let one = |(kind, how): (&str, &'static str)| {
        let first = subject.canary(kind, "stale when the origin fails")?;
        let mut crowd = crowd(&first.clone().round(1).wait_ms(STALE_MS), VISITORS);
        // One more, when the cache has seen the failure: it must not have taken the place of what was kept.
        crowd.push(visitor(&first.clone().round(2).wait_ms(FAILED_MS), VISITORS + 1));
        Some((how, first, crowd))
    };
    [("fail", "the origin answers 503"), ("hang", "the origin hangs")].into_iter().map(one).collect()
}

fn told(clerk: &Clerk<'_>, how: &str, crowd: &[Ask], before: &Answer, after: &[&Answer]) -> Finding {
    let at = &crowd[0].target;
    if before.status != 200 {
        return clerk.unknown(at, format!("{}: the canary answers 200 once", exchange(&crowd[0], before, &[])));
    }
    let wrong =
        crowd.iter().zip(after).find(|(_, it)| it.status != 200 || it.body != before.body || it.took_ms > PROMPT_MS);
    match wrong {
        None => clerk.pass(at, format!("{how}: {0} of {0} had what was kept within a second", after.len())),
        Some((ask, answer)) => {
            let evidence = exchange(ask, answer, &["cache-status", "x-cache-status", "age"]);
            clerk.fail(at, format!("{how}: {evidence}, after {} ms", answer.took_ms), REMEDY)
        }
    }
}
