//! The address that is said on air can be understood, typed and found again with a slip of the hand.
//!
//! Judged are the site's own address and the redirects that lead into it: what an announcer says, what stands on a poster.

use super::{Family, Notes, Rule, Site};
use crate::model::{Settings, UrlPath, redirect_place};
use std::collections::BTreeSet;

pub(super) struct Addresses;

const SHORT: Rule = Rule::warn("address-short", "an address said on air is short");
const LOWER: Rule = Rule::warn("address-lower-case", "an address is written in lower case");
const ALIKE: Rule = Rule::warn("address-characters", "no character of an address can be taken for another one");
const HYPHEN: Rule = Rule::warn("address-hyphen", "an address with a hyphen works without it, too");
const SLIPS: Rule = Rule::warn("address-slips", "likely misspellings of an address lead to it");
const ASCII: Rule = Rule::warn("address-accents", "an address has no accents and no spaces");

impl Family for Addresses {
    fn name(&self) -> &'static str {
        "addresses"
    }

    fn title(&self) -> &'static str {
        "what is said on air can be typed"
    }

    fn rules(&self) -> &'static [Rule] {
        &[SHORT, LOWER, ALIKE, HYPHEN, SLIPS, ASCII]
    }

    fn site(&self, site: &Site<'_>, notes: &mut Notes<'_>) {
        host(site, notes);
        for page in &site.pages {
            let odd = |c: char| !c.is_ascii() || c == ' ';
            if page.url.contains(odd) {
                let remedy = "rename the file: letters without accents, a hyphen for a space";
                notes.spot(
                    &ASCII,
                    (page.file(), None),
                    format!("the address `{}` cannot be typed by everyone", page.url),
                    remedy,
                );
            } else if page.url.contains(|c: char| c.is_ascii_uppercase()) && !page.is_error() {
                let seen = format!("the address `{}` has capitals", page.url);
                notes.spot(&LOWER, (page.file(), None), seen, "rename the file: `/App` and `/app` are two addresses");
            }
        }
        for from in site.subject.policy.redirects.keys() {
            path(site, from, notes);
        }
    }
}

/// The longest address that is understood when it is heard once; names of brands are longer than that only seldom.
const LONGEST_HOST: usize = 24;
const LONGEST_PATH: usize = 12;

/// The host as it is said: without `www.`.
fn host(site: &Site<'_>, notes: &mut Notes<'_>) {
    let url = &site.settings().site.url;
    let whole =
        url.split_once("://").map_or(url.as_str(), |(_, host)| host).split(['/', ':']).next().unwrap_or_default();
    let said = whole.strip_prefix("www.").unwrap_or(whole);
    if said.chars().count() > LONGEST_HOST {
        let seen = format!("`{said}` has {} characters", said.chars().count());
        notes.setting(
            &SHORT,
            "site.url",
            seen,
            format!("say a shorter one on air, of {LONGEST_HOST} or fewer, that redirects here"),
        );
    }
    if said.chars().any(|c| c.is_ascii_uppercase()) {
        notes.setting(
            &LOWER,
            "site.url",
            format!("`{said}` has capitals"),
            "write it in lower case, as people type it",
        );
    }
    if said.contains("xn--") || !said.is_ascii() {
        notes.setting(
            &ASCII,
            "site.url",
            format!("`{said}` has accents"),
            "register the name without accents, too, and say that one",
        );
    }
    let name = said.rsplit_once('.').map_or(said, |(name, _)| name);
    if let Some(why) = alike(name) {
        notes.setting(
            &ALIKE,
            "site.url",
            format!("in `{said}` {why}"),
            "say it letter by letter, or register the other spelling, too",
        );
    }
    if name.contains('-') {
        let seen = format!("`{said}` has a hyphen, which is not heard and is typed as `_` or left out");
        notes.setting(&HYPHEN, "site.url", seen, format!("register `{}`, too, and redirect it", said.replace('-', "")));
    }
}

/// Characters that look or sound like others (`l`, `I` and `1`, `o` and `0`; a digit may be heard as a word).
fn alike(name: &str) -> Option<&'static str> {
    let has_digit = name.chars().any(|c| c.is_ascii_digit());
    let has_letter = name.chars().any(char::is_alphabetic);
    match () {
        () if name.contains('I') => Some("`I` looks like `l`"),
        () if has_letter && name.contains('0') => Some("`0` looks like `o`"),
        () if has_letter && name.contains('1') => Some("`1` looks like `l`"),
        () if name.contains("rn") && name.contains('m') => Some("`rn` looks like `m`"),
        () if name.contains('_') => Some("`_` is hidden by the line under a link"),
        () if has_letter && has_digit => Some("a digit may be typed as a word"),
        () => None,
    }
}

/// A redirect of the site is an address for people when it is short and says a word.
fn path(site: &Site<'_>, from: &UrlPath, notes: &mut Notes<'_>) {
    let name = from.as_str().trim_start_matches('/');
    let spoken = !name.is_empty() && !name.contains(['/', '.']);
    if !spoken {
        return;
    }
    let line = redirect_place(site.subject.source, from).line;
    let spot = || (Settings::FILE.to_owned(), (line > 0).then_some(line));
    if name.chars().any(|c| c.is_ascii_uppercase()) {
        // A variant in capitals beside the one in lower case is a remedy and no mistake.
        if !answers(site, &from.as_str().to_lowercase()) {
            notes.spot(
                &LOWER,
                spot(),
                format!("the address `{from}` has capitals"),
                format!("write `from = \"{}\"`", from.as_str().to_lowercase()),
            );
        }
        return;
    }
    if !name.is_ascii() || name.contains(' ') {
        return;
    }
    if name.chars().count() > LONGEST_PATH && site.subject.policy.redirects.len() == 1 {
        let seen = format!("`{from}` has {} characters", name.chars().count());
        notes.spot(&SHORT, spot(), seen, format!("say one of {LONGEST_PATH} or fewer on air"));
    }
    if let Some(why) = alike(name) {
        notes.spot(&ALIKE, spot(), format!("in `{from}` {why}"), "choose a word, or redirect the other spelling, too");
    }
    let slips: Vec<String> = slips(name).into_iter().filter(|slip| !answers(site, slip)).collect();
    let Some(slip) = slips.first() else { return };
    let (rule, seen) = if name.contains('-') {
        (&HYPHEN, format!("`{from}` is not found without its hyphen, which is not heard"))
    } else {
        (&SLIPS, format!("`{slip}`, a likely slip for `{from}`, is not answered"))
    };
    let target = site.subject.policy.redirects.get(from).map_or("/", |redirect| &redirect.to);
    notes.spot(rule, spot(), seen, format!("add `[[redirects]]` with `from = \"{slip}\"` and `to = \"{target}\"`"));
}

fn answers(site: &Site<'_>, path: &str) -> bool {
    UrlPath::parse(path).is_ok_and(|url| site.at(&url).is_some() || site.subject.policy.redirects.contains_key(&url))
}

/// What is typed for a word that was heard: without its hyphens, with a capital as phones write it, in the plural or the singular.
fn slips(name: &str) -> BTreeSet<String> {
    let mut slips = BTreeSet::new();
    if name.contains('-') {
        slips.insert(format!("/{}", name.replace('-', "")));
        return slips;
    }
    let plural = name.strip_suffix('s').map_or_else(|| format!("{name}s"), str::to_owned);
    if name.len() > 2 && name.bytes().all(|byte| byte.is_ascii_lowercase()) {
        slips.insert(format!("/{plural}"));
    }
    slips
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_heard_is_typed_in_likely_ways() {
        assert_eq!(slips("app").into_iter().collect::<Vec<_>>(), ["/apps"]);
        assert_eq!(slips("mon-cafe").into_iter().collect::<Vec<_>>(), ["/moncafe"]);
        assert_eq!(slips("jeux").into_iter().collect::<Vec<_>>(), ["/jeuxs"]);
    }
}
