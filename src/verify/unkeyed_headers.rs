//! A request field that is no part of the cache key decides nothing about the answer: else one visitor's field is
//! stored, and served to everybody (James Kettle, "Practical Web Cache Poisoning", `PortSwigger` 2018).
//!
//! Asks only for paths that exist in no site and in no run before, so that nothing that visitors ask for is ever at risk.

use crate::model::{Answer, Ask, Finding};
use crate::verify::desk::clerk::Clerk;
use crate::verify::desk::decode::coding;
use crate::verify::desk::evidence::{asked, exchange};
use crate::verify::{Case, Check, Observations};

pub(super) struct UnkeyedHeaders;

/// The fields that servers and frameworks read unasked, with how the new value of a run is written in each.
const FIELDS: [(&str, &str, &str); 5] = [
    ("x-forwarded-host", "", ".invalid"),
    ("x-original-url", "/?", ""),
    ("x-forwarded-proto", "", ""),
    ("origin", "https://", ".invalid"),
    ("accept-language", "x-", ""),
];

const REMEDY: &str =
    "drop this field at the edge or make it a part of the cache key, and let nothing behind it write it into an answer";

impl Check for UnkeyedHeaders {
    fn name(&self) -> &'static str {
        "unkeyed-headers"
    }

    fn title(&self) -> &'static str {
        "no request field beside the URL and the coding is reflected or stored for others"
    }

    fn asks(&self, subject: &Case<'_>) -> Vec<Ask> {
        let tried = trials(subject).into_iter().flat_map(|trial| [trial.after(), trial.sent]);
        tried.chain([control(subject)]).collect()
    }

    fn judge(&self, subject: &Case<'_>, seen: &Observations) -> Vec<Finding> {
        let clerk = Clerk::new(self.name(), subject);
        let control = control(subject);
        let told = |trial: Trial| {
            let after = trial.after();
            clerk.about(&control, seen, |plain| {
                clerk.about(&trial.sent, seen, |answer| {
                    clerk.about(&after, seen, |later| told(&clerk, &trial, plain, answer, later))
                })
            })
        };
        trials(subject).into_iter().map(told).collect()
    }
}

/// One field with a value that nobody else sends, on a path that nobody else asks for.
struct Trial {
    sent: Ask,
    value: String,
}

impl Trial {
    /// The same path without the field: what the next visitor gets.
    fn after(&self) -> Ask {
        ask(self.sent.target.clone()).round(1)
    }
}

fn ask(target: String) -> Ask {
    Ask::get(target).header("accept-encoding", "identity")
}

fn path(subject: &Case<'_>, purpose: &str) -> String {
    format!("/not-here-{}", subject.fresh_nonce(purpose))
}

/// The same kind of path without any field: what the site answers to what it does not have.
fn control(subject: &Case<'_>) -> Ask {
    ask(path(subject, "unkeyed control"))
}

fn trials(subject: &Case<'_>) -> Vec<Trial> {
    // A language subtag is no longer than eight characters (RFC 5646, section 2.1).
    let value: String = subject.fresh_nonce("unkeyed value").chars().take(8).collect();
    let of = |(name, before, behind): (&'static str, &str, &str)| {
        let sent = ask(path(subject, name)).header(name, format!("{before}{value}{behind}"));
        Trial { sent, value: value.clone() }
    };
    FIELDS.into_iter().map(of).collect()
}

fn told(clerk: &Clerk<'_>, trial: &Trial, plain: &Answer, answer: &Answer, later: &Answer) -> Finding {
    let target = &trial.sent.target;
    let evidence = exchange(&trial.sent, answer, &["location", "vary", "cache-status"]);
    if let Some(place) = reflected(later, &trial.value) {
        let seen = format!("{evidence}; {}: the value stands in {place} of the next visitor", asked(&trial.after()));
        return clerk.fail(target, seen, REMEDY);
    }
    if let Some(place) = reflected(answer, &trial.value) {
        return clerk.fail(target, format!("{evidence}; the value stands in {place}"), REMEDY);
    }
    let others = [("with it", answer), ("after it, without it", later)];
    if let Some((when, other)) = others.into_iter().find(|(_, other)| other.status != plain.status) {
        let seen = format!("{evidence}; {} {when}, {} for a path like it", other.status, plain.status);
        return clerk.fail(target, seen, REMEDY);
    }
    if let Some(other) = [answer, later].into_iter().find(|other| other.cut || coding(other).is_some()) {
        let why = if other.cut { "was not read to its end" } else { "is coded though no coding was asked for" };
        return clerk.unknown(target, format!("{evidence}; the body {why}"));
    }
    clerk.pass(target, format!("{evidence}, and the same without the field"))
}

/// Where the value stands.
fn reflected(answer: &Answer, value: &str) -> Option<String> {
    let holds = |text: &[u8]| text.windows(value.len()).any(|part| part.eq_ignore_ascii_case(value.as_bytes()));
    let field = answer.headers.iter().find(|(_, text)| holds(text.as_bytes()));
    let body = || holds(&answer.body).then(|| "the body".to_owned());
    field.map(|(name, _)| format!("`{}`", crate::verify::desk::evidence::shown(name))).or_else(body)
}
