//! Many visitors from one address are all let in: a mobile carrier puts thousands of telephones behind one (RFC 6598), and a
//! limit per address or a challenge turns them away.

use crate::model::{Answer, Ask, Finding};
use crate::verify::desk::clerk::Clerk;
use crate::verify::desk::evidence::exchange;
use crate::verify::{Case, Check, Observations};

pub(super) struct Crowd;

/// So many requests, all within a second or two: enough for the usual limits of a few per second, few enough to be nobody's attack.
const VISITORS: usize = 50;

impl Check for Crowd {
    fn name(&self) -> &'static str {
        "crowd"
    }

    fn title(&self) -> &'static str {
        "fifty visitors from one address are all let in"
    }

    fn asks(&self, subject: &Case<'_>) -> Vec<Ask> {
        subject.entry().map(|entry| entry.usual()).into_iter().collect()
    }

    /// Once the page is stored: the origin has no part in it. Each is told from the others by a parameter that only tracks.
    fn follow_ups(&self, subject: &Case<'_>, _seen: &Observations) -> Vec<Ask> {
        asks(subject)
    }

    fn judge(&self, subject: &Case<'_>, seen: &Observations) -> Vec<Finding> {
        let clerk = Clerk::new(self.name(), subject);
        let asks = asks(subject);
        let Some(first) = asks.first() else { return vec![clerk.skipped("the release has no page")] };
        let at = first.target.split("utm_id=").next().unwrap_or_default().trim_end_matches(['?', '&']);
        let answers: Vec<(&Ask, &Answer)> = asks.iter().filter_map(|ask| Some((ask, seen.answer(ask).ok()?))).collect();
        let refused: Vec<&(&Ask, &Answer)> = answers.iter().filter(|(_, answer)| is_refusal(answer)).collect();
        let finding = match (refused.first(), answers.len()) {
            (Some((ask, answer)), all) => {
                let evidence = exchange(ask, answer, &["retry-after", "cf-mitigated", "server"]);
                let remedy =
                    "except this page from rate limits, bot rules and challenges at the edge: it is a static file";
                clerk.fail(at, format!("{} of {all} are turned away: {evidence}", refused.len()), remedy)
            }
            (None, all) if all < asks.len() => {
                clerk.unknown(at, format!("{all} of {} requests at once were answered", asks.len()))
            }
            (None, all) => clerk.pass(at, format!("{all} of {all} are let in")),
        };
        vec![finding]
    }
}

fn asks(subject: &Case<'_>) -> Vec<Ask> {
    let Some(entry) = subject.entry() else { return Vec::new() };
    let (usual, nonce) = (entry.usual(), subject.fresh_nonce("crowd"));
    let one = |visitor| usual.clone().parameter(&format!("utm_id={nonce}-{visitor}"));
    (0..VISITORS).map(one).collect()
}

/// A limit, a ban, or a page that asks whether one is human (Cloudflare says so in `cf-mitigated`).
fn is_refusal(answer: &Answer) -> bool {
    matches!(answer.status, 401 | 403 | 405 | 406 | 420 | 429 | 503) || answer.header("cf-mitigated").is_some()
}
