//! Every answer carries the header fields that were released with its bytes: a changed header is a change.
//!
//! `Content-Type` has a check of its own. Fields that are meant for the CDN may be consumed by it; that is noted.

use crate::model::{Answer, Ask, Finding};
use crate::verify::desk::clerk::Clerk;
use crate::verify::desk::evidence::{asked, shown};
use crate::verify::desk::targets::Target;
use crate::verify::{Case, Check, Observations};

pub(super) struct Headers;

/// For the CDN alone (RFC 9213, section 3.1: a cache may remove the targeted field; surrogate keys and tags of Fastly,
/// Cloudflare, Akamai, Bunny and Varnish are stripped before delivery).
const CONSUMED: &[&str] = &[
    "cdn-cache-control",
    "cloudflare-cdn-cache-control",
    "vercel-cdn-cache-control",
    "netlify-cdn-cache-control",
    "surrogate-control",
    "surrogate-key",
    "cache-tag",
    "edge-cache-tag",
    "cdn-tag",
    "xkey",
];

impl Check for Headers {
    fn name(&self) -> &'static str {
        "headers"
    }

    fn title(&self) -> &'static str {
        "every answer carries the header fields that were released"
    }

    fn needs_release(&self) -> bool {
        true
    }

    fn asks(&self, subject: &Case<'_>) -> Vec<Ask> {
        subject.objects().map(super::desk::targets::Target::plain).collect()
    }

    fn judge(&self, subject: &Case<'_>, seen: &Observations) -> Vec<Finding> {
        let clerk = Clerk::new(self.name(), subject);
        clerk.each_plain(subject.objects(), seen, |ask, answer, target| compare(&clerk, subject, ask, answer, target))
    }
}

fn compare(clerk: &Clerk<'_>, subject: &Case<'_>, ask: &Ask, answer: &Answer, target: &Target<'_>) -> Finding {
    let (mut wrong, mut consumed, mut right) = (Vec::new(), Vec::new(), 0);
    for (name, value) in target.reply.headers.iter().filter(|(name, _)| *name != "content-type") {
        match answer.header(name) {
            Some(given) if same(name, &given, value) => right += 1,
            Some(given) => wrong.push(format!("{name}: {}, released as {}", shown(&given), shown(value))),
            None if CONSUMED.contains(&name) => consumed.push(name),
            None if may_be_left_off(subject, name) => {}
            None => wrong.push(format!("no {name}, released as {}", shown(value))),
        }
    }
    if !wrong.is_empty() {
        let seen = format!("{} -> {}; {}", asked(ask), answer.status, wrong.join("; "));
        return clerk.fail(
            &ask.target,
            seen,
            "purge this URL; if it stays, tell the CDN to respect the origin's headers",
        );
    }
    let note =
        if consumed.is_empty() { String::new() } else { format!(" ({} consumed by the CDN)", consumed.join(", ")) };
    clerk.pass(&ask.target, format!("{} -> {}, {right} fields as released{note}", asked(ask), answer.status))
}

/// RFC 6797, section 7.2: a host must not send it over plain HTTP.
fn may_be_left_off(subject: &Case<'_>, name: &str) -> bool {
    name == "strict-transport-security" && subject.base.starts_with("http:")
}

/// Members of a list may be spaced differently, and `Vary` may have gained names; that has a check of its own.
fn same(name: &str, given: &str, released: &str) -> bool {
    let members = |value: &str| value.split(',').map(|it| it.trim().to_owned()).collect::<Vec<_>>();
    if name == "vary" {
        let given: Vec<String> = members(given).iter().map(|it| it.to_ascii_lowercase()).collect();
        return members(released).iter().all(|it| given.contains(&it.to_ascii_lowercase()));
    }
    members(given) == members(released)
}
