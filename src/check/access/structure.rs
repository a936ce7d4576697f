//! The page has a skeleton that can be walked without seeing it: title, headings, landmarks, lists (WCAG 1.3.1, 2.4.1, 2.4.2, 2.4.6).

use super::name::{is_hidden, name, text};
use crate::check::page::shown;
use crate::check::{Family, Notes, Page, Rule, Site};
use crate::html::Id;
use std::collections::BTreeMap;

pub(in crate::check) struct Structure;

const H1: Rule = Rule::fail("one-h1", "the page has one main heading");
const ORDER: Rule = Rule::warn("heading-order", "headings go down one level at a time");
const EMPTY: Rule = Rule::fail("heading-empty", "every heading has words");
const MAIN: Rule = Rule::fail("one-main", "the page has one `<main>`");
const OUTSIDE: Rule = Rule::warn("landmarks", "everything stands in a part of the page that has a name");
const TWICE: Rule = Rule::warn("landmark-once", "the page has one head and one foot");
const UNIQUE: Rule = Rule::warn("landmark-names", "parts of the same kind can be told apart");
const LIST: Rule = Rule::fail("list", "lists hold list items, and list items stand in lists");
const DESCRIPTIONS: Rule = Rule::fail("description-list", "a list of terms holds terms and their descriptions");

impl Family for Structure {
    fn name(&self) -> &'static str {
        "structure"
    }

    fn title(&self) -> &'static str {
        "headings, parts and lists can be walked without seeing them"
    }

    fn rules(&self) -> &'static [Rule] {
        &[H1, ORDER, EMPTY, MAIN, OUTSIDE, TWICE, UNIQUE, LIST, DESCRIPTIONS]
    }

    fn page(&self, _: &Site<'_>, page: &Page<'_>, notes: &mut Notes<'_>) {
        let body = page.first("body");
        if body.is_some_and(|body| is_hidden(page, body)) {
            return;
        }
        headings(page, notes);
        landmarks(page, notes);
        outside(page, notes);
        lists(page, notes);
    }
}

/// The level of a heading.
fn level(page: &Page<'_>, id: Id) -> Option<u8> {
    if page.word(id, "role").as_deref() == Some("heading") {
        return Some(page.word(id, "aria-level").and_then(|level| level.parse().ok()).unwrap_or(2));
    }
    match page.tree.name(id).as_bytes() {
        [b'h', digit @ b'1'..=b'6'] if page.tree.is_html(id) && page.tree.get(id, "role").is_none() => {
            Some(digit - b'0')
        }
        _ => None,
    }
}

fn headings(page: &Page<'_>, notes: &mut Notes<'_>) {
    let all = page.elements.iter().copied().filter(|id| !is_hidden(page, *id));
    let headings: Vec<(Id, u8)> = all.filter_map(|id| Some((id, level(page, id)?))).collect();
    let mains: Vec<Id> = headings.iter().filter(|(_, level)| *level == 1).map(|(id, _)| *id).collect();
    match mains[..] {
        [] => notes.page(
            &H1,
            "title",
            "the page has no main heading",
            "give it one: `# …` in Markdown, `<h1>` in the theme",
        ),
        [_] => {}
        [_, second, ..] => {
            let seen = format!("{} main headings, the second is `{}`", mains.len(), shown(&page.tree.text(second), 40));
            notes.element(&H1, second, seen, "the theme shows the title as main heading: begin with `##` in the text");
        }
    }
    let mut before = 0;
    for (id, level) in headings {
        let words = text(page, id);
        if words.is_empty() {
            notes.element(&EMPTY, id, format!("{} is empty", page.tag(id)), "write something into it, or take it away");
        }
        if before > 0 && level > before + 1 {
            let seen = format!("`{}` is a heading of level {level} below one of level {before}", shown(&words, 40));
            notes.element(
                &ORDER,
                id,
                seen,
                format!("make it level {}: `{}`", before + 1, "#".repeat(usize::from(before) + 1)),
            );
        }
        before = level;
    }
}

/// The part of the page that an element makes (HTML Accessibility API Mappings 1.0, section 3.5).
fn landmark(page: &Page<'_>, id: Id) -> Option<&'static str> {
    const ROLES: &[&str] =
        &["banner", "complementary", "contentinfo", "form", "main", "navigation", "region", "search"];
    if let Some(role) = page.word(id, "role") {
        return ROLES.iter().copied().find(|it| *it == role);
    }
    let sectioning = || {
        page.is_inside(
            id,
            &[
                "article",
                "aside",
                "main",
                "nav",
                "section",
                "blockquote",
                "details",
                "dialog",
                "fieldset",
                "figure",
                "td",
            ],
        )
    };
    match page.tree.name(id) {
        "header" if !sectioning() => Some("banner"),
        "footer" if !sectioning() => Some("contentinfo"),
        "aside" => Some("complementary"),
        "main" => Some("main"),
        "nav" => Some("navigation"),
        "search" => Some("search"),
        "section" if !name(page, id).is_empty() => Some("region"),
        "form" if !name(page, id).is_empty() => Some("form"),
        _ => None,
    }
}

fn landmarks(page: &Page<'_>, notes: &mut Notes<'_>) {
    let mut by_role: BTreeMap<&str, Vec<Id>> = BTreeMap::new();
    for id in page.elements.iter().copied().filter(|id| !is_hidden(page, *id)) {
        if let Some(role) = landmark(page, id) {
            by_role.entry(role).or_default().push(id);
        }
    }
    match by_role.get("main").map_or(&[][..], Vec::as_slice) {
        [] => notes.page(
            &MAIN,
            "template",
            "the page has no `<main>`",
            "put what the page is about into `<main>` in the theme",
        ),
        [_] => {}
        [_, second, ..] => notes.element(&MAIN, *second, "the page has more than one `<main>`", "keep one"),
    }
    for role in ["banner", "contentinfo"] {
        if let Some([_, second, ..]) = by_role.get(role).map(Vec::as_slice) {
            let seen = format!("a second `<{}>` of the whole page", page.tree.name(*second));
            notes.element(&TWICE, *second, seen, "put it into the part that it belongs to: `<article>`, `<section>`");
        }
    }
    for (role, ids) in by_role.iter().filter(|(role, _)| !matches!(**role, "main" | "banner" | "contentinfo")) {
        let mut names: BTreeMap<String, usize> = BTreeMap::new();
        for id in ids {
            let name = name(page, *id);
            let count = names.entry(name.clone()).or_default();
            *count += 1;
            if *count == 2 {
                let told =
                    if name.is_empty() { "without a name".to_owned() } else { format!("named `{}`", shown(&name, 40)) };
                let seen = format!("two parts of the kind `{role}` {told}");
                notes.element(&UNIQUE, *id, seen, "tell them apart with `aria-label`");
            }
        }
    }
}

/// Text of the page that stands in no part of it.
fn outside(page: &Page<'_>, notes: &mut Notes<'_>) {
    let Some(body) = page.first("body") else { return };
    let mut lost: Option<Id> = None;
    let mut open: Vec<Id> = vec![body];
    while let Some(id) = open.pop() {
        for child in page.tree.children(id).iter().rev().copied() {
            if let Some(words) = page.tree.words(child) {
                if !words.trim().is_empty() {
                    lost.get_or_insert(id);
                }
                continue;
            }
            let skip_link = page.tree.get(child, "href").is_some_and(|href| href.len() > 1 && href.starts_with('#'));
            let told = matches!(page.word(child, "role").as_deref(), Some("dialog" | "alert" | "status" | "log"))
                || matches!(page.tree.name(child), "dialog");
            if !is_hidden(page, child) && landmark(page, child).is_none() && !skip_link && !told {
                open.push(child);
            }
        }
    }
    if let Some(id) = lost {
        let words = shown(&page.tree.text(id), 40);
        let seen = format!("`{words}` stands outside of `<header>`, `<nav>`, `<main>` and `<footer>`");
        notes.element(&OUTSIDE, id, seen, "move it into the part that it belongs to");
    }
}

fn lists(page: &Page<'_>, notes: &mut Notes<'_>) {
    for id in page.elements.iter().copied().filter(|id| page.tree.is_html(*id)) {
        let parent = page.tree.parent(id).map_or("", |parent| page.tree.name(parent));
        let has_role = page.tree.get(id, "role").is_some();
        match page.tree.name(id) {
            "li" if !matches!(parent, "ul" | "ol" | "menu") && !has_role => {
                notes.element(&LIST, id, "`<li>` stands in no list", "put it into `<ul>` or `<ol>`");
            }
            "dt" | "dd" if !(parent == "dl" || parent == "div" && page.is_inside(id, &["dl"])) => {
                let seen = format!("`<{}>` stands in no `<dl>`", page.tree.name(id));
                notes.element(&DESCRIPTIONS, id, seen, "put it into `<dl>`");
            }
            "ul" | "ol" | "menu" if !has_role => {
                if let Some(stranger) = stranger(page, id, &["li", "script", "template"]) {
                    let seen = format!("`<{}>` holds {stranger}", page.tree.name(id));
                    notes.element(&LIST, id, seen, "put it into an `<li>`");
                }
            }
            "dl" if !has_role => {
                if let Some(stranger) = stranger(page, id, &["dt", "dd", "div", "script", "template"]) {
                    notes.element(
                        &DESCRIPTIONS,
                        id,
                        format!("`<dl>` holds {stranger}"),
                        "put it into `<dt>` or `<dd>`",
                    );
                }
            }
            _ => {}
        }
    }
}

/// What stands right below an element and may not.
fn stranger(page: &Page<'_>, id: Id, allowed: &[&str]) -> Option<String> {
    page.tree.children(id).iter().find_map(|child| match page.tree.words(*child) {
        Some(words) if words.trim().is_empty() => None,
        Some(words) => Some(format!("the text `{}`", shown(words, 30))),
        None => {
            let name = page.tree.name(*child);
            (!name.is_empty() && !allowed.contains(&name)).then(|| format!("`<{name}>`"))
        }
    })
}
