//! The origin does not answer strangers: whoever finds it goes past the CDN, and a crowd that does is its end.

use crate::model::{Ask, Finding};
use crate::verify::desk::clerk::Clerk;
use crate::verify::desk::evidence::exchange;
use crate::verify::{Case, Check, Observations};

pub(super) struct OriginHidden;

impl Check for OriginHidden {
    fn name(&self) -> &'static str {
        "origin-hidden"
    }

    fn title(&self) -> &'static str {
        "the origin does not answer strangers"
    }

    fn asks(&self, subject: &Case<'_>) -> Vec<Ask> {
        ask(subject).into_iter().collect()
    }

    fn judge(&self, subject: &Case<'_>, seen: &Observations) -> Vec<Finding> {
        let clerk = Clerk::new(self.name(), subject);
        let ask = match ask(subject) {
            Ok(ask) => ask,
            Err(why) => return vec![clerk.skipped(why)],
        };
        let remedy = "let the origin answer the CDN only: its addresses, a secret header, or a private bucket that the CDN signs for";
        let finding = match seen.answer(&ask) {
            // Refusing the connection is the best answer of all.
            Err(why) => clerk.pass(&ask.target, why),
            Ok(answer) if matches!(answer.status, 401 | 403 | 404 | 410 | 421) => {
                clerk.pass(&ask.target, exchange(&ask, answer, &[]))
            }
            Ok(answer) => clerk.warn(&ask.target, exchange(&ask, answer, &["server", "location"]), remedy),
        };
        vec![finding]
    }
}

/// The entry page, asked of the origin; or why there is nothing to ask.
fn ask(subject: &Case<'_>) -> Result<Ask, String> {
    let Some(origin) = subject.origin else { return Err("no `origin` is configured".to_owned()) };
    let Some(entry) = subject.entry() else { return Err("the release has no page".to_owned()) };
    let origin = origin.trim_end_matches('/');
    if origin == subject.base {
        return Err("the origin is the public address itself".to_owned());
    }
    Ok(Ask::get(format!("{origin}{}", entry.path())).header("accept-encoding", "identity"))
}
