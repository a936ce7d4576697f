//! The page comes up fast: the first round trip, bytes and requests of a visit against `[budgets]`.

use super::page::shown;
use super::weight::{Asked, Kind, View, visit};
use super::{Family, Notes, Page, Rule, Site};
use crate::model::VisitBudgets;
use crate::text::thousands;
use std::collections::BTreeMap;

pub(super) struct Budgets;

const FLIGHT: Rule = Rule::fail("first-flight", "the entry page and its header fields fit the first round trip");
const PHONE: Rule = Rule::fail("weight-phone", "a visit with a phone stays within its bytes");
const DESKTOP: Rule = Rule::fail("weight-desktop", "a visit with a desktop stays within its bytes");
const KIND: Rule = Rule::fail("weight-kind", "each kind of file stays within its bytes");
const EARLY: Rule = Rule::fail("requests-early", "little is asked for before anyone scrolls");
const ALL: Rule = Rule::fail("requests", "a visit asks for few files");

impl Family for Budgets {
    fn name(&self) -> &'static str {
        "budgets"
    }

    fn title(&self) -> &'static str {
        "bytes and requests stay within `[budgets]`"
    }

    fn rules(&self) -> &'static [Rule] {
        &[FLIGHT, PHONE, DESKTOP, KIND, EARLY, ALL]
    }

    fn page(&self, site: &Site<'_>, page: &Page<'_>, notes: &mut Notes<'_>) {
        let budgets = &site.settings().budgets.visit;
        let phone = visit(site, page, View::PHONE);
        let desktop = visit(site, page, View::DESKTOP);
        total(&PHONE, "phone", &phone, budgets.phone, notes);
        total(&DESKTOP, "desktop", &desktop, budgets.desktop, notes);
        kinds(&phone, budgets, notes);
        requests(&phone, budgets, notes);
    }

    fn site(&self, site: &Site<'_>, notes: &mut Notes<'_>) {
        let (Some(flight), Some(entry)) = (site.subject.flight, site.entry()) else { return };
        let budgets = &site.settings().budgets;
        let over = [("document", flight.document, budgets.document), ("header block", flight.headers, budgets.headers)];
        for (what, bytes, budget) in over.into_iter().filter(|(_, bytes, budget)| bytes > budget) {
            let seen = format!("the {what} of `/` takes {} bytes of {}", thousands(bytes), thousands(budget));
            let remedy = "`landing build` shows what they go to: shorten the text, simplify graphics inside the page";
            notes.spot(&FLIGHT, (entry.file(), None), seen, remedy);
        }
    }
}

type Visit = BTreeMap<String, Asked>;

fn bytes<'v>(asked: impl Iterator<Item = (&'v String, &'v Asked)>) -> u64 {
    asked.map(|(_, asked)| asked.bytes).sum()
}

/// The largest files, for whoever must make them smaller.
fn largest<'v>(asked: impl Iterator<Item = (&'v String, &'v Asked)>) -> String {
    let mut all: Vec<(&String, &Asked)> = asked.collect();
    all.sort_by_key(|(name, asked)| (std::cmp::Reverse(asked.bytes), *name));
    let named = all.iter().take(3).map(|(name, asked)| format!("`{}` {}", shown(name, 50), thousands(asked.bytes)));
    named.collect::<Vec<_>>().join(", ")
}

fn total(rule: &Rule, screen: &str, visit: &Visit, budget: u64, notes: &mut Notes<'_>) {
    let seen = bytes(visit.iter());
    if seen > budget {
        let told = format!(
            "a visit with a {screen} takes {} bytes of {}; most: {}",
            thousands(seen),
            thousands(budget),
            largest(visit.iter())
        );
        notes.page(rule, "", told, format!("show fewer or smaller pictures, or raise `{screen}` in `[budgets]`"));
    }
}

fn kinds(visit: &Visit, budgets: &VisitBudgets, notes: &mut Notes<'_>) {
    for (kind, name, budget) in [
        (Kind::Html, "html", budgets.html),
        (Kind::Css, "css", budgets.css),
        (Kind::Js, "js", budgets.js),
        (Kind::Image, "image", budgets.image),
        (Kind::Font, "font", budgets.font),
    ] {
        let of_kind = || visit.iter().filter(move |(_, asked)| asked.kind == kind);
        let seen = bytes(of_kind());
        if seen > budget {
            let told = format!(
                "`{name}` takes {} bytes of {}; most: {}",
                thousands(seen),
                thousands(budget),
                largest(of_kind())
            );
            notes.page(&KIND, "", told, format!("make it smaller, or raise `{name}` in `[budgets]`"));
        }
    }
}

fn requests(visit: &Visit, budgets: &VisitBudgets, notes: &mut Notes<'_>) {
    let early: Vec<&String> = visit.iter().filter(|(_, asked)| asked.early).map(|(name, _)| name).collect();
    if early.len() as u64 > budgets.requests_early {
        let names: Vec<String> = early.iter().take(4).map(|name| format!("`{}`", shown(name, 50))).collect();
        let told = format!(
            "{} requests before anyone scrolls, of {}: {} …",
            early.len(),
            budgets.requests_early,
            names.join(", ")
        );
        let remedy =
            "put style sheets and scripts into the page, load pictures below the first screen with `loading=\"lazy\"`";
        notes.page(&EARLY, "", told, remedy);
    }
    if visit.len() as u64 > budgets.requests {
        let told = format!("{} requests in all, of {}", visit.len(), budgets.requests);
        notes.page(&ALL, "", told, "show fewer files, or raise `requests` in `[budgets]`");
    }
}
