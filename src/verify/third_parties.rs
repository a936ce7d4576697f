//! The served pages load nothing from other hosts: each is a name to look up, a connection, and a server that must
//! survive the same minute (HTTP Archive, Web Almanac, "Third Parties").
//!
//! Reads the pages as they are served, so that what an edge injects is seen. It runs no script: what one would load
//! later is not listed, and links that visitors may follow are none of its business.

use crate::html::{self, Address};
use crate::model::{Answer, Ask, Finding};
use crate::verify::desk::clerk::Clerk;
use crate::verify::desk::decode::coding;
use crate::verify::desk::evidence::{exchange, shown};
use crate::verify::{Check, Observations, Subject};
use std::collections::BTreeSet;

pub(super) struct ThirdParties;

/// A page that names more is listed up to here.
const MOST: usize = 12;
/// A longer page is not parsed.
const LONGEST: usize = 1_024 * 1_024;

/// Relations of a `link` that make a browser ask or connect (HTML, section 4.6.7).
const ASKS: &[&str] = &[
    "stylesheet",
    "preload",
    "modulepreload",
    "prefetch",
    "prerender",
    "preconnect",
    "dns-prefetch",
    "icon",
    "apple-touch-icon",
    "manifest",
];

impl Check for ThirdParties {
    fn name(&self) -> &'static str {
        "third-parties"
    }

    fn title(&self) -> &'static str {
        "the served pages load nothing from other hosts"
    }

    fn asks(&self, subject: &Subject<'_>) -> Vec<Ask> {
        subject.pages().iter().map(crate::verify::desk::targets::Target::plain).collect()
    }

    fn judge(&self, subject: &Subject<'_>, seen: &Observations) -> Vec<Finding> {
        let clerk = Clerk::new(self.name(), subject);
        let pages = subject.pages();
        let found = clerk.each_plain(pages.into_iter(), seen, |ask, answer, _| told(&clerk, subject, ask, answer));
        if found.is_empty() { vec![clerk.skipped("the release has no page")] } else { found }
    }
}

fn told(clerk: &Clerk<'_>, subject: &Subject<'_>, ask: &Ask, answer: &Answer) -> Finding {
    let evidence = exchange(ask, answer, &["content-encoding"]);
    if answer.cut || answer.body.len() > LONGEST || coding(answer).is_some() {
        return clerk.unknown(&ask.target, format!("{evidence}; the page is too long or coded: it was not parsed"));
    }
    let hosts = hosts(&String::from_utf8_lossy(&answer.body), subject.base);
    if hosts.is_empty() {
        return clerk.pass(&ask.target, format!("{evidence}, no other host"));
    }
    let known = |host: &String| subject.check.third_parties.iter().any(|it| it.eq_ignore_ascii_case(host));
    if hosts.iter().all(known) {
        return clerk.pass(&ask.target, format!("{evidence}, none but what `third_parties` in `[check]` names"));
    }
    let hosts: BTreeSet<String> = hosts.into_iter().filter(|host| !known(host)).collect();
    let named: Vec<String> = hosts.iter().take(MOST).map(|host| shown(host)).collect();
    let more = if hosts.len() > MOST { format!(" and {} more", hosts.len() - MOST) } else { String::new() };
    let remedy = "put the file into the site's own assets, or drop it; when the edge injects it, switch that off; what is meant belongs into `third_parties` in `[check]`";
    clerk.warn(&ask.target, format!("{evidence}; loads from {}{more}", named.join(", ")), remedy)
}

/// The other hosts that a browser asks when it shows the page.
fn hosts(page: &str, own: &str) -> BTreeSet<String> {
    let tree = html::document(page);
    let mut named = BTreeSet::new();
    let inert = inert(&tree);
    for id in tree.elements(html::Tree::ROOT).into_iter().filter(|id| !inert.contains(id)) {
        let name = tree.name(id);
        for (attribute, value) in tree.attributes(id) {
            match (name, attribute.as_str()) {
                ("link", "href") if asks(tree.get(id, "rel").unwrap_or_default()) => note(&mut named, value, own),
                ("a" | "area", _) => {}
                (_, "src" | "poster" | "background")
                | ("object", "data")
                | ("image" | "use", "href" | "xlink:href") => {
                    note(&mut named, value, own);
                }
                (_, "srcset" | "imagesrcset") => value
                    .split_ascii_whitespace()
                    .flat_map(|word| word.split(",http"))
                    .for_each(|word| note(&mut named, word, own)),
                (_, "style") => styled(&mut named, value, own),
                _ => {}
            }
        }
        if name == "style" {
            let words = tree.children(id).iter().filter_map(|child| tree.words(*child));
            words.for_each(|css| styled(&mut named, css, own));
        }
    }
    named
}

/// What stands in a `<template>` is no part of the page until a script puts it there (HTML, section 4.12.3), but for a shadow tree.
fn inert(tree: &html::Tree) -> BTreeSet<html::Id> {
    let held = |id: &html::Id| tree.name(*id) == "template" && tree.get(*id, "shadowrootmode").is_none();
    let templates = tree.elements(html::Tree::ROOT).into_iter().filter(held);
    templates.flat_map(|id| tree.elements(id).into_iter().filter(move |inside| *inside != id)).collect()
}

fn asks(rel: &str) -> bool {
    rel.split_ascii_whitespace().any(|word| ASKS.iter().any(|it| word.eq_ignore_ascii_case(it)))
}

fn note(hosts: &mut BTreeSet<String>, raw: &str, own: &str) {
    if let Address::Remote(origin) = Address::parse(raw, own) {
        hosts.insert(html::host(&origin).to_owned());
    }
}

/// `url(…)` and `@import "…"` of a style sheet.
fn styled(hosts: &mut BTreeSet<String>, css: &str, own: &str) {
    let quoted = |text: &str| {
        let text = text.trim_start().trim_start_matches(['"', '\'']);
        text[..text.find(['"', '\'', ')', ';', ' ']).unwrap_or(text.len())].to_owned()
    };
    for opening in ["url(", "@import"] {
        css.split(opening).skip(1).for_each(|rest| note(hosts, &quoted(rest), own));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_browser_asks_by_itself_is_found_and_what_a_visitor_may_follow_is_not() {
        let page = "<link rel=canonical href=https://own.example/><link rel='x PRECONNECT' href=//a.example>\
            <script src=https://b.example/t.js></script><img src=/own.png srcset='https://c.example/1 1x, https://d.example/2 2x'>\
            <style>@import 'https://e.example/x.css';h1{background:url( https://f.example/y )}</style>\
            <p style=\"background:url('https://g.example/z')\"><a href=https://h.example/>away</a><img src=data:,>\
            <template><img src=https://i.example/o.png></template>\
            <div><template shadowrootmode=open><img src=https://s.example/o.png></template></div>";
        let found = hosts(page, "https://own.example");
        let found: Vec<&str> = found.iter().map(String::as_str).collect();
        assert_eq!(found, ["a", "b", "c", "d", "e", "f", "g", "s"].map(|name| format!("{name}.example")));
    }
}
