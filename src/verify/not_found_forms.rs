//! A 404 is the same in every form: for `HEAD`, and in every coding; a monitor that asks with `HEAD` sees what visitors see.
//!
//! RFC 9110, section 9.3.2: `HEAD` is answered as `GET`; section 12.5.3: a coding that was not asked for is not sent.

use crate::model::{Answer, Ask, Finding};
use crate::verify::desk::clerk::Clerk;
use crate::verify::desk::decode::coding;
use crate::verify::desk::evidence::exchange;
use crate::verify::{Case, Check, Observations};

pub(super) struct NotFoundForms;

/// Fields that the coding and the method leave as they are.
const SAME: &[&str] = &["content-type", "cache-control"];

impl Check for NotFoundForms {
    fn name(&self) -> &'static str {
        "not-found-forms"
    }

    fn title(&self) -> &'static str {
        "a 404 is the same for `HEAD` and in every coding"
    }

    fn asks(&self, subject: &Case<'_>) -> Vec<Ask> {
        std::iter::once(plain(subject)).chain(forms(subject)).collect()
    }

    fn judge(&self, subject: &Case<'_>, seen: &Observations) -> Vec<Finding> {
        let clerk = Clerk::new(self.name(), subject);
        let plain = plain(subject);
        let told = |form: &Ask| {
            clerk.about(&plain, seen, |usual| clerk.about(form, seen, |answer| told(&clerk, form, answer, usual)))
        };
        forms(subject).iter().map(told).collect()
    }
}

fn plain(subject: &Case<'_>) -> Ask {
    let nonce = subject.nonce("not-found-forms");
    Ask::get(format!("/not-here-{nonce}")).header("accept-encoding", "identity")
}

fn forms(subject: &Case<'_>) -> [Ask; 3] {
    let plain = plain(subject);
    let coded = |coding: &str| plain.clone().header("accept-encoding", coding);
    [plain.clone().method("HEAD"), coded("br"), coded("gzip")]
}

fn told(clerk: &Clerk<'_>, form: &Ask, answer: &Answer, usual: &Answer) -> Finding {
    let evidence = exchange(form, answer, &["content-type", "content-encoding", "cache-control"]);
    if answer.status != usual.status {
        let seen = format!("{evidence}; {} for a plain `GET`", usual.status);
        return clerk.warn(&form.target, seen, "answer 404 in every form");
    }
    if let Some(name) = SAME.iter().find(|name| answer.header(name) != usual.header(name)) {
        let seen = format!("{evidence}; `{name}` differs from that of a plain `GET`");
        return clerk.warn(&form.target, seen, "send the same header fields with a 404 in every form");
    }
    let accepted = form.headers.get("accept-encoding");
    match coding(answer) {
        Some(sent) if Some(&sent) != accepted => {
            clerk.warn(&form.target, evidence, "send no coding that was not asked for (RFC 9110, section 12.5.3)")
        }
        _ => clerk.pass(&form.target, evidence),
    }
}
