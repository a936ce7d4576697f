//! A strong `ETag` belongs to one content coding (RFC 9110, section 8.8.3): equal ones mix up the forms of a page.

use crate::model::{Ask, Finding};
use crate::verify::desk::clerk::Clerk;
use crate::verify::desk::decode::coding;
use crate::verify::desk::evidence::{asked, shown};
use crate::verify::desk::targets::{CODINGS, Target};
use crate::verify::{Case, Check, Observations};
use std::collections::BTreeMap;

pub(super) struct EtagPerCoding;

impl Check for EtagPerCoding {
    fn name(&self) -> &'static str {
        "etag-per-coding"
    }

    fn title(&self) -> &'static str {
        "a strong `ETag` differs per content coding"
    }

    fn asks(&self, subject: &Case<'_>) -> Vec<Ask> {
        subject.pages().iter().flat_map(asks).collect()
    }

    fn judge(&self, subject: &Case<'_>, seen: &Observations) -> Vec<Finding> {
        let clerk = Clerk::new(self.name(), subject);
        subject.pages().iter().map(|target| told(&clerk, target, seen)).collect()
    }
}

fn asks(target: &Target<'_>) -> Vec<Ask> {
    CODINGS.iter().map(|coding| target.coded(coding)).chain([target.plain()]).collect()
}

/// Whether it is an entity tag at all: `"…"` or `W/"…"` (RFC 9110, section 8.8.3).
pub(super) fn is_tag(tag: &str) -> bool {
    let opaque = tag.strip_prefix("W/").unwrap_or(tag);
    opaque.len() >= 2 && opaque.starts_with('"') && opaque.ends_with('"') && !opaque[1..opaque.len() - 1].contains('"')
}

fn told(clerk: &Clerk<'_>, target: &Target<'_>, seen: &Observations) -> Finding {
    let path = target.path();
    let mut coding_of: BTreeMap<String, Option<String>> = BTreeMap::new();
    let mut evidence = Vec::new();
    for ask in asks(target) {
        let answer = match seen.answer(&ask) {
            Ok(answer) => answer,
            Err(why) => return clerk.unknown(&path, format!("{}: {why}", asked(&ask))),
        };
        let form = coding(answer);
        let shown_form = form.as_deref().map_or("plain".to_owned(), shown);
        let Some(tag) = answer.header("etag") else {
            let remedy = "send an `ETag`: without one every reload transfers the page again";
            return clerk.warn(&path, format!("{} -> {}, no etag", asked(&ask), answer.status), remedy);
        };
        evidence.push(format!("{shown_form}: {}", shown(&tag)));
        if !is_tag(&tag) {
            let remedy = "an `ETag` stands in double quotes; caches ignore this one";
            return clerk.warn(&path, format!("etag {}", evidence.join(", ")), remedy);
        }
        let strong = !tag.starts_with("W/");
        if strong && coding_of.insert(tag, form.clone()).is_some_and(|other| other != form) {
            let remedy = "make the coding part of a strong `ETag`, or the `ETag` weak: caches mix up equal ones";
            return clerk.warn(&path, format!("etag {}", evidence.join(", ")), remedy);
        }
    }
    clerk.pass(&path, format!("etag {}", evidence.join(", ")))
}
