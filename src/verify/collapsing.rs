//! Many who ask at once for what the edge does not have yet are one question to the origin: the first second of a broadcast after a purge is
//! that (RFC 9111, section 4, "collapsed requests"). A drill, at a canary that takes its time.

use crate::model::{Ask, Finding};
use crate::verify::desk::canary::{NONE, answers, crowd, origins};
use crate::verify::desk::clerk::Clerk;
use crate::verify::desk::evidence::exchange;
use crate::verify::{Case, Check, Observations};

pub(super) struct Collapsing;

/// As many as are asked at once (`ProbeOptions`), less those that others need.
const VISITORS: u16 = 12;

impl Check for Collapsing {
    fn name(&self) -> &'static str {
        "collapsing"
    }

    fn title(&self) -> &'static str {
        "many who ask at once for what is not kept yet are one question to the origin"
    }

    fn asks(&self, _subject: &Case<'_>) -> Vec<Ask> {
        Vec::new()
    }

    /// By themselves, so that they come at once.
    fn follow_ups(&self, subject: &Case<'_>, _seen: &Observations) -> Vec<Ask> {
        asks(subject).unwrap_or_default()
    }

    fn judge(&self, subject: &Case<'_>, seen: &Observations) -> Vec<Finding> {
        let clerk = Clerk::new(self.name(), subject);
        let Some(asks) = asks(subject) else { return vec![clerk.skipped(NONE)] };
        let at = &asks[0].target;
        let answers = match answers(&asks, seen) {
            Ok(answers) => answers,
            Err(why) => return vec![clerk.unknown(at, why)],
        };
        if let Some((ask, wrong)) = asks.iter().zip(&answers).find(|(_, answer)| answer.status != 200) {
            return vec![clerk.unknown(at, format!("{}: the canary answers 200", exchange(ask, wrong, &[])))];
        }
        let (all, origins) = (answers.len(), origins(answers));
        let evidence = format!("{all} visitors at once: {origins} questions to the origin");
        vec![match origins {
            1 => clerk.pass(at, format!("{all} visitors at once: one question to the origin")),
            _ => clerk.fail(at, evidence, REMEDY),
        }]
    }
}

const REMEDY: &str = "let one request fetch what is missing and the others wait for it: `proxy_cache_lock on` (nginx), request collapsing \
     (CDNs), `proxy.config.http.cache.open_read_retry_time` and `open_write_fail_action` (Traffic Server)";

fn asks(subject: &Case<'_>) -> Option<Vec<Ask>> {
    Some(crowd(&subject.canary("cold", "collapsing")?.wait_ms(200), VISITORS))
}
