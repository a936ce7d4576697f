//! Every answer says exactly what it is, and forbids guessing otherwise.

use crate::model::{Answer, Ask, Finding};
use crate::verify::desk::clerk::Clerk;
use crate::verify::desk::evidence::exchange;
use crate::verify::desk::targets::Target;
use crate::verify::{Case, Check, Observations};

pub(super) struct ContentType;

impl Check for ContentType {
    fn name(&self) -> &'static str {
        "content-type"
    }

    fn title(&self) -> &'static str {
        "every answer says what it is, with its charset, and forbids sniffing"
    }

    fn needs_release(&self) -> bool {
        true
    }

    fn asks(&self, subject: &Case<'_>) -> Vec<Ask> {
        targets(subject).map(super::desk::targets::Target::plain).collect()
    }

    fn judge(&self, subject: &Case<'_>, seen: &Observations) -> Vec<Finding> {
        let clerk = Clerk::new(self.name(), subject);
        clerk.each_plain(targets(subject), seen, |ask, answer, target| compare(&clerk, ask, answer, target))
    }
}

fn targets<'t, 'r>(subject: &'t Case<'r>) -> impl Iterator<Item = &'t Target<'r>> {
    subject.objects().filter(|target| target.entry.is_some())
}

fn compare(clerk: &Clerk<'_>, ask: &Ask, answer: &Answer, target: &Target<'_>) -> Finding {
    let released = target.reply.headers.get("content-type").unwrap_or_default();
    let evidence = exchange(ask, answer, &["!content-type", "!x-content-type-options"]);
    if answer.header("content-type").map(|it| normal(&it)) != Some(normal(released)) {
        let remedy = "purge this URL; if it stays, see which server or rule sets the type";
        return clerk.fail(&ask.target, format!("{evidence}; released: {released}"), remedy);
    }
    let nosniff = answer.header("x-content-type-options").is_some_and(|it| it.trim().eq_ignore_ascii_case("nosniff"));
    if !nosniff {
        return clerk.warn(
            &ask.target,
            evidence,
            "send `x-content-type-options: nosniff` (`[headers]` in landing.toml)",
        );
    }
    clerk.pass(&ask.target, evidence)
}

/// Type, parameter names and charset compare without case; spaces around `;` and quotes do not count (RFC 9110, section 8.3).
fn normal(value: &str) -> Vec<String> {
    value.split(';').map(|part| part.trim().replace('"', "").to_ascii_lowercase()).collect()
}
