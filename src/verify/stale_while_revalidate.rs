//! What has become stale is answered at once and renewed behind the visitors' backs (RFC 5861, section 3): else all who come in that moment wait
//! for the origin. A drill, at a canary that may be kept for a second.

use crate::model::{Answer, Ask, Finding};
use crate::text::plural;
use crate::verify::desk::canary::{NONE, SLOW_MS, STALE_MS, answers, crowd, origins};
use crate::verify::desk::clerk::Clerk;
use crate::verify::desk::evidence::exchange;
use crate::verify::{Case, Check, Observations};

pub(super) struct StaleWhileRevalidate;

const VISITORS: u16 = 6;

/// Until what is renewed in the background has come.
const RENEWED_MS: u16 = 800;

const REMEDY: &str = "let the edge answer what is stale and renew it in the background: `stale-while-revalidate` without `s-maxage` or \
     `must-revalidate`, `proxy_cache_use_stale updating` with `proxy_cache_background_update on` (nginx), `beresp.grace` (Varnish)";

impl Check for StaleWhileRevalidate {
    fn name(&self) -> &'static str {
        "stale-while-revalidate"
    }

    fn title(&self) -> &'static str {
        "what has become stale is answered at once and renewed behind the visitors"
    }

    fn asks(&self, subject: &Case<'_>) -> Vec<Ask> {
        questions(subject).map(|(first, crowd, last)| [vec![first], crowd, vec![last]].concat()).unwrap_or_default()
    }

    fn judge(&self, subject: &Case<'_>, seen: &Observations) -> Vec<Finding> {
        let clerk = Clerk::new(self.name(), subject);
        let Some((first, crowd, last)) = questions(subject) else { return vec![clerk.skipped(NONE)] };
        let found = (seen.answer(&first), answers(&crowd, seen), seen.answer(&last));
        let finding = match found {
            (Ok(before), Ok(answers), Ok(after)) => told(&clerk, &first, before, &answers, after),
            (Err(why), ..) | (_, Err(why), _) | (.., Err(why)) => clerk.unknown(&first.target, why),
        };
        vec![finding]
    }
}

/// The first, those who come when it is stale, and one when it has been renewed.
fn questions(subject: &Case<'_>) -> Option<(Ask, Vec<Ask>, Ask)> {
    let first = subject.canary("stale", "stale while it is renewed")?;
    let crowd = crowd(&first.clone().round(1).wait_ms(STALE_MS), VISITORS);
    let last = first.clone().round(2).wait_ms(RENEWED_MS);
    Some((first, crowd, last))
}

fn told(clerk: &Clerk<'_>, ask: &Ask, before: &Answer, answers: &[&Answer], after: &Answer) -> Finding {
    let all = answers.len();
    if let Some(wrong) = [before, after].into_iter().chain(answers.iter().copied()).find(|answer| answer.status != 200)
    {
        return clerk.unknown(&ask.target, format!("{}: the canary answers 200", exchange(ask, wrong, &[])));
    }
    let is_kept = |answer: &&&Answer| answer.body == before.body;
    // Another body at once is one that somebody else has waited for.
    let waited = answers.iter().filter(|answer| answer.body != before.body && answer.took_ms >= SLOW_MS);
    let (kept, waited) = (answers.iter().filter(is_kept).count(), waited.count());
    let fetched = origins(answers.iter().copied().filter(|answer| answer.body != before.body));
    let fetched = plural(fetched, "question", "questions");
    let evidence =
        format!("{kept} of {all} had the stale answer at once, {waited} waited, {fetched} to the origin meanwhile");
    match (kept, waited) {
        (_, 0) if after.body == before.body => {
            let more = "a second and a minute more is what it may be kept, and it was not renewed: the edge has a lifetime of its own";
            clerk.unknown(&ask.target, format!("{evidence}; {more}"))
        }
        (_, 0) => clerk.pass(&ask.target, format!("{evidence}; renewed behind them")),
        (_, 1) if kept > 0 => clerk.warn(&ask.target, evidence, REMEDY),
        _ => clerk.fail(&ask.target, evidence, REMEDY),
    }
}
