//! Every URL answers what the manifest says: status, redirect target, and the exact bytes without a content coding.
//!
//! This is what proves a purge: all URLs in focus are compared, whatever their number.

use crate::model::{Answer, Ask, Finding};
use crate::verify::desk::clerk::{Clerk, STALE};
use crate::verify::desk::evidence::{exchange, shown};
use crate::verify::desk::targets::Target;
use crate::verify::{Case, Check, Observations};

pub(super) struct Bytes;

impl Check for Bytes {
    fn name(&self) -> &'static str {
        "bytes"
    }

    fn title(&self) -> &'static str {
        "every URL answers the bytes that were released"
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
    let expected = target.reply.status;
    if answer.status != expected {
        let seen = format!("{}; {expected} was released", exchange(ask, answer, &["location", "age", "cache-status"]));
        return clerk.fail(&ask.target, seen, STALE);
    }
    if let Some(to) = &target.reply.location {
        return location(clerk, subject, ask, answer, to);
    }
    if target.is_large() {
        return length(clerk, ask, answer, target);
    }
    clerk.other_body(ask, answer, target).unwrap_or_else(|| {
        let digits = target.body().map(|(sha256, _)| sha256.hex16().to_string()).unwrap_or_default();
        clerk
            .pass(&ask.target, format!("{} -> {expected}, SHA-256 {digits}", crate::verify::desk::evidence::asked(ask)))
    })
}

/// `Location` may be relative (RFC 9110, section 10.2.2), and many servers make it absolute.
fn location(clerk: &Clerk<'_>, subject: &Case<'_>, ask: &Ask, answer: &Answer, to: &str) -> Finding {
    let here = url::Url::parse(&format!("{}{}", subject.base, ask.target)).ok();
    let resolve = |to: &str| here.as_ref().and_then(|here| here.join(to).ok());
    let given = answer.header("location");
    let evidence = exchange(ask, answer, &["!location"]);
    match given.as_deref().and_then(resolve) {
        Some(given) if Some(&given) == resolve(to).as_ref() => clerk.pass(&ask.target, evidence),
        _ => clerk.fail(&ask.target, format!("{evidence}; released: {}", shown(to)), STALE),
    }
}

fn length(clerk: &Clerk<'_>, ask: &Ask, answer: &Answer, target: &Target<'_>) -> Finding {
    let size = target.body().map_or(0, |(_, size)| size);
    let given = answer.header("content-length").and_then(|value| value.trim().parse::<u64>().ok());
    let evidence = exchange(ask, answer, &["!content-length"]);
    match given {
        Some(given) if given != size => clerk.fail(&ask.target, format!("{evidence}; released: {size}"), STALE),
        Some(_) => {
            clerk.skipped_at(&ask.target, format!("{evidence}; too large to fetch, only the length was compared"))
        }
        None => clerk.unknown(&ask.target, format!("{evidence}; too large to fetch")),
    }
}
