//! The site has the pages that an emergency and the law ask for, and says where and when as planned.

use super::page::shown;
use super::{Family, Notes, Page, Rule, Site};
use crate::model::UrlPath;
use crate::text::plural;

pub(super) struct Parts;

const ENTRY: Rule = Rule::fail("entry", "there is a page at `/`");
const NOT_FOUND: Rule = Rule::fail("page-404", "there is a page for what is not there");
const FAILURE: Rule = Rule::fail("page-5xx", "there is a page for when nothing else answers");
const ALONE: Rule = Rule::fail("alone", "a page for emergencies needs no other file");
const FALLBACK: Rule = Rule::warn("fallback", "the page for emergencies still takes an address");
const EVENT: Rule = Rule::warn("event", "the broadcast has a sane date");
const ROBOTS: Rule = Rule::fail("robots", "`robots.txt` lets search engines in");

impl Family for Parts {
    fn name(&self) -> &'static str {
        "parts"
    }

    fn title(&self) -> &'static str {
        "entry, error pages and dates are there"
    }

    fn rules(&self) -> &'static [Rule] {
        &[ENTRY, NOT_FOUND, FAILURE, ALONE, FALLBACK, EVENT, ROBOTS]
    }

    fn page(&self, site: &Site<'_>, page: &Page<'_>, notes: &mut Notes<'_>) {
        if page.is_error() {
            alone(site, page, notes);
        }
    }

    fn site(&self, site: &Site<'_>, notes: &mut Notes<'_>) {
        let whole = |name: &str| (name.to_owned(), None);
        if site.entry().is_none() {
            notes.spot(&ENTRY, whole("site/index.md"), "no page answers at `/`", "add `site/index.md`");
        }
        let errors = &site.subject.policy.errors;
        if !errors.contains_key(&404) {
            notes.spot(
                &NOT_FOUND,
                whole("site/404.md"),
                "there is no page for 404",
                "add `site/404.md`, short, with a link to `/`",
            );
        }
        if !errors.keys().any(|status| *status >= 500) {
            notes.spot(
                &FAILURE,
                whole("site/error.md"),
                "there is no page for when the origin fails",
                "add `site/error.md`; it still takes addresses when nothing else answers",
            );
        }
        for page in errors.iter().filter(|(status, _)| **status >= 500).filter_map(|(_, key)| site.page(key)) {
            let reachable = page.first("form").is_some()
                || page.named(&["a"]).any(|id| page.word(id, "href").is_some_and(|href| href.starts_with("mailto:")));
            if !reachable {
                let remedy = "add `fallback = \"…\"` to its front matter, and `[form]` to the configuration";
                notes.spot(
                    &FALLBACK,
                    (page.file(), None),
                    "the page for emergencies has neither a form nor an address",
                    remedy,
                );
            }
        }
        event(site, notes);
        robots(site, notes);
    }
}

/// What a page for emergencies asks for will not come either.
fn alone(site: &Site<'_>, page: &Page<'_>, notes: &mut Notes<'_>) {
    let asked = super::weight::visit(site, page, super::weight::View::PHONE);
    if let Some(name) = asked.keys().find(|name| **name != page.key.to_string()) {
        let seen = format!("`{}` asks for `{}`", page.url, shown(name, 60));
        notes.page(&ALONE, "", seen, "put it into the page: when this page shows, nothing else may answer");
    }
}

/// A broadcast that takes longer was misspelled.
const LONGEST_EVENT_HOURS: i64 = 24 * 14;

fn event(site: &Site<'_>, notes: &mut Notes<'_>) {
    let event = &site.settings().event;
    let (Some(now), Some(starts)) = (site.subject.now, event.starts) else { return };
    let hours = |from: jiff::Timestamp, to: jiff::Timestamp| (to.as_second() - from.as_second()) / 3_600;
    let days = |from, to| plural(usize::try_from(hours(from, to) / 24).unwrap_or_default(), "day", "days");
    let ends = event.ends.unwrap_or(starts);
    if hours(ends, now) >= 24 {
        let remedy = "set `starts` and `ends` of the next one, or take `[event]` out";
        notes.setting(&EVENT, "event.starts", format!("the broadcast was {} ago", days(ends, now)), remedy);
    } else if hours(now, starts) > 24 * 400 {
        let seen = format!("the broadcast is {} away", days(now, starts));
        notes.setting(&EVENT, "event.starts", seen, "see whether the year is right");
    }
    if hours(starts, ends) > LONGEST_EVENT_HOURS {
        let seen = format!("the broadcast takes {}", days(starts, ends));
        notes.setting(&EVENT, "event.ends", seen, "see whether the day of its end is right");
    }
}

fn robots(site: &Site<'_>, notes: &mut Notes<'_>) {
    let Some(key) = UrlPath::parse("/robots.txt").ok().and_then(|url| site.at(&url)) else { return };
    let Some(artifact) = site.subject.artifacts.get(key) else { return };
    let Ok(text) = std::str::from_utf8(&artifact.bytes) else { return };
    let mut everyone = false;
    for (at, line) in text.lines().enumerate() {
        let line = line.split('#').next().unwrap_or_default().trim().to_ascii_lowercase();
        let (name, value) = line.split_once(':').unwrap_or_default();
        match (name.trim(), value.trim()) {
            ("user-agent", agent) => everyone = agent == "*",
            ("disallow", "/") if everyone => {
                let file = site.subject.sources.get(key).unwrap_or(key).to_string();
                let seen = "`robots.txt` keeps every search engine out of the whole site";
                notes.spot(&ROBOTS, (file, Some(at + 1)), seen, "write `Disallow:` with nothing behind it");
            }
            _ => {}
        }
    }
}
