//! Questions to the canary: addresses at which drills are held, new in every run. The origin numbers its answers, so that equal bodies
//! are one question to it.

use crate::model::{Answer, Ask};
use crate::verify::{Observations, Subject};
use std::collections::BTreeSet;

/// So long an answer of the origin takes there, at least (`serve::origin`).
pub(in crate::verify) const SLOW_MS: u64 = 300;

/// What may be kept for a second is stale after so long, the second of the cache's clock that is not over included.
pub(in crate::verify) const STALE_MS: u16 = 2_500;

/// Why no drill is held.
pub(in crate::verify) const NONE: &str =
    "no `canary` is configured: a path at which the origin answers drills, see docs/verify.md";

/// Tells visitors apart that ask for the same. No cache may have it in its key.
const VISITOR: &str = "x-landing-visitor";

/// Whether a question is part of a drill: it is no visitor's.
pub(in crate::verify) fn is_drill(ask: &Ask) -> bool {
    ask.headers.contains_key(VISITOR)
}

impl Subject<'_> {
    /// The first question at a canary of this kind, for this purpose.
    pub(in crate::verify) fn canary(&self, kind: &str, purpose: &str) -> Option<Ask> {
        let target = format!("{}/{kind}/{}", self.canary?, self.fresh_nonce(purpose));
        Some(Ask::get(target).header("accept-encoding", "identity").header(VISITOR, "0"))
    }
}

/// The same question by so many visitors at once.
pub(in crate::verify) fn crowd(ask: &Ask, visitors: u16) -> Vec<Ask> {
    (1..=visitors).map(|number| visitor(ask, number)).collect()
}

/// The same question by this visitor.
pub(in crate::verify) fn visitor(ask: &Ask, number: u16) -> Ask {
    ask.clone().header(VISITOR, number.to_string())
}

/// The answers to them; the reason of the first that has none.
pub(in crate::verify) fn answers<'s>(asks: &[Ask], seen: &'s Observations) -> Result<Vec<&'s Answer>, String> {
    asks.iter().map(|ask| seen.answer(ask)).collect()
}

/// How many questions to the origin stand behind these answers.
pub(in crate::verify) fn origins<'a>(answers: impl IntoIterator<Item = &'a Answer>) -> usize {
    answers.into_iter().map(|answer| &answer.body).collect::<BTreeSet<_>>().len()
}
