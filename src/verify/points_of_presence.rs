//! Which points of presence answered: a run sees those that DNS and routing led it to, and says so, so that nobody takes it for all. It
//! judges nothing: where a crowd will be led nobody knows from here.

use crate::model::{Answer, Ask, Finding};
use crate::verify::desk::clerk::Clerk;
use crate::verify::desk::evidence::shown;
use crate::verify::{Case, Check, Observations};
use std::collections::BTreeMap;

pub(super) struct PointsOfPresence;

/// No more are listed.
const MOST: usize = 12;

/// A field, and the point of presence in its value.
type Names = (&'static str, fn(&str) -> Option<&str>);

const FIELDS: &[Names] = &[
    // developers.cloudflare.com/fundamentals/reference/cloudflare-ray-id: `230b030023ae2822-SJC`
    ("cf-ray", behind_dash),
    // docs.aws.amazon.com/AmazonCloudFront, "x-edge-location": `LHR62-C2`
    ("x-amz-cf-pop", first_word),
    // fastly.com/documentation/reference/http/http-headers/X-Served-By: `cache-jfk8141-JFK, cache-lhr7361-LHR`, the last is nearest
    ("x-served-by", behind_dash),
    // vercel.com/docs/headers/response-headers: `sfo1::iad1::w4pxl-1710000000000-0f1b2c3d`
    ("x-vercel-id", |value| value.split_once("::").map(|(first, _)| first)),
    // support.bunny.net, "Understanding response headers": `BunnyCDN-DE1-723`
    ("server", |value| value.strip_prefix("BunnyCDN-")),
    // keycdn.com/support/x-edge-location
    ("x-edge-location", first_word),
    // help.ovhcloud.com, CDN: `x-cdn-pop: rbx1`
    ("x-cdn-pop", first_word),
];

fn first_word(value: &str) -> Option<&str> {
    value.split_whitespace().next()
}

fn behind_dash(value: &str) -> Option<&str> {
    value.rsplit_once('-').map(|(_, place)| place)
}

impl Check for PointsOfPresence {
    fn name(&self) -> &'static str {
        "points-of-presence"
    }

    fn title(&self) -> &'static str {
        "which points of presence answered"
    }

    fn asks(&self, subject: &Case<'_>) -> Vec<Ask> {
        subject.entry().map(|entry| entry.usual()).into_iter().collect()
    }

    fn judge(&self, subject: &Case<'_>, seen: &Observations) -> Vec<Finding> {
        let clerk = Clerk::new(self.name(), subject);
        let mut found: BTreeMap<String, usize> = BTreeMap::new();
        for (_, answer) in seen.answers().filter(|(ask, _)| ask.target.starts_with('/')) {
            if let Some(place) = place(answer) {
                *found.entry(place).or_default() += 1;
            }
        }
        if found.is_empty() {
            return vec![clerk.skipped("no answer names its point of presence")];
        }
        let mut listed: Vec<(String, usize)> = found.into_iter().collect();
        listed.sort_by_key(|(_, answers)| std::cmp::Reverse(*answers));
        let more = if listed.len() > MOST { format!(" and {} more", listed.len() - MOST) } else { String::new() };
        let listed: Vec<String> =
            listed.iter().take(MOST).map(|(place, answers)| format!("{place} ({answers})")).collect();
        vec![clerk.pass(
            subject.base,
            format!("answers by point of presence: {}{more}; no other was looked at", listed.join(", ")),
        )]
    }
}

fn place(answer: &Answer) -> Option<String> {
    FIELDS.iter().find_map(|(name, read)| Some(shown(read(answer.header(name)?.trim())?)).filter(|it| !it.is_empty()))
}
