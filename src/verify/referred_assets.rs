//! Every asset that the served pages refer to is there, with the bytes that its name promises.
//!
//! Reads the page as it is served, not as it was released: a stale page must find its old assets too. Finds absolute
//! paths of the form `/assets/NAME.HEX16.EXT`, which is how pages refer to assets, by scanning the bytes; it parses no HTML.

use crate::model::{Answer, Ask, Digest, Finding, Key, UrlPath, asset_digits, may_be_named};
use crate::verify::desk::clerk::Clerk;
use crate::verify::desk::evidence::exchange;
use crate::verify::{Case, Check, Observations};
use std::collections::BTreeSet;

pub(super) struct ReferredAssets;

/// Beyond this many assets in the sampled pages the rest is not asked for.
const MOST: usize = 200;
/// No more places than this are looked at in one body, and no path longer than this: a hostile page ends.
const PLACES: usize = 5_000;
const LONGEST: usize = 1_024;

impl Check for ReferredAssets {
    fn name(&self) -> &'static str {
        "referred-assets"
    }

    fn title(&self) -> &'static str {
        "every asset that the served pages refer to is there"
    }

    fn needs_release(&self) -> bool {
        true
    }

    fn asks(&self, subject: &Case<'_>) -> Vec<Ask> {
        subject.pages().iter().map(crate::verify::desk::targets::Target::plain).collect()
    }

    fn follow_ups(&self, subject: &Case<'_>, seen: &Observations) -> Vec<Ask> {
        referred(subject, seen).iter().map(|key| ask(subject, key)).collect()
    }

    fn judge(&self, subject: &Case<'_>, seen: &Observations) -> Vec<Finding> {
        let clerk = Clerk::new(self.name(), subject);
        let referred = referred(subject, seen);
        if referred.is_empty() {
            return vec![clerk.skipped("the pages refer to no asset")];
        }
        let told = |key: &Key| {
            let ask = ask(subject, key);
            clerk.about(&ask, seen, |answer| told(&clerk, &ask, answer, key))
        };
        referred.iter().map(told).collect()
    }
}

/// As the check `bytes` asks for assets, so that one answer serves both.
fn ask(subject: &Case<'_>, key: &Key) -> Ask {
    let url = UrlPath::of(key);
    match subject.target(&url) {
        Some(target) => target.plain(),
        None => Ask::get(url.encoded()).header("accept-encoding", "identity"),
    }
}

/// The keys that the served pages name, and those that the release says they need.
fn referred(subject: &Case<'_>, seen: &Observations) -> Vec<Key> {
    let mut keys = BTreeSet::new();
    for page in subject.pages() {
        keys.extend(page.entry.into_iter().flat_map(|entry| &entry.refs).cloned());
        if let Ok(answer) = seen.answer(&page.plain()) {
            keys.extend(named(&answer.body));
        }
    }
    keys.into_iter().take(MOST).collect()
}

/// `/assets/NAME.HEX16.EXT` anywhere in the bytes.
fn named(body: &[u8]) -> BTreeSet<Key> {
    const FOLDER: &[u8] = b"/assets/";
    let ends = |byte: &u8| !(byte.is_ascii_alphanumeric() || b"-._~/%".contains(byte) || *byte >= 0x80);
    let mut found = BTreeSet::new();
    let mut rest = body;
    for _ in 0..PLACES {
        let Some(at) = rest.windows(FOLDER.len()).position(|window| window == FOLDER) else { break };
        rest = &rest[at..];
        let length = rest.iter().take(LONGEST).position(ends).unwrap_or(LONGEST.min(rest.len()));
        let key = std::str::from_utf8(&rest[..length]).ok().and_then(|path| UrlPath::from_target(path).ok());
        let key = key.and_then(|url| Key::parse(url.as_str().trim_start_matches('/')).ok());
        found.extend(key.filter(|key| asset_digits(key).is_some()));
        rest = &rest[FOLDER.len()..];
    }
    found
}

fn told(clerk: &Clerk<'_>, ask: &Ask, answer: &Answer, key: &Key) -> Finding {
    let evidence = exchange(ask, answer, &["content-type"]);
    if answer.status != 200 {
        return clerk.fail(&ask.target, evidence, "deploy again: a deploy uploads what is missing and never deletes");
    }
    let plain = ask.method == "GET" && !answer.cut && answer.header("content-encoding").is_none();
    match asset_digits(key) {
        Some(digits) if plain && !may_be_named(&Digest::of(&answer.body), &answer.body, digits) => {
            let seen = format!("{evidence}; SHA-256 {} does not match its name", Digest::of(&answer.body).hex16());
            clerk.fail(&ask.target, seen, "switch off what rewrites files at the edge, then purge this URL")
        }
        _ => clerk.pass(&ask.target, evidence),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn assets_are_found_wherever_they_are_named() {
        let body = b"<img src=/assets/a.0123456789abcdef.jpg srcset='/assets/b.0123456789abcdef.webp 1x, /assets/plain.png 2x'>\
            <style>x{background:url(/assets/c.0123456789abcdef.svg)}</style>\xff/assets/\xff.0123456789abcdef.js /assets/";
        let found: Vec<String> = named(body).iter().map(ToString::to_string).collect();
        assert_eq!(
            found,
            ["assets/a.0123456789abcdef.jpg", "assets/b.0123456789abcdef.webp", "assets/c.0123456789abcdef.svg"]
        );
    }

    #[test]
    fn a_page_that_is_all_names_is_read_in_bounded_time() {
        let body = b"/assets/".repeat(1_000_000);
        assert!(named(&body).is_empty());
    }
}
