//! A visit of a page: every file that a browser asks for, when, and how large it is.

use super::choice::{best, candidates, chosen};
use super::media::matches;
use crate::check::{Page, Site};
use crate::html::Id;
use crate::model::Key;
use std::collections::BTreeMap;

/// A screen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::check) struct View {
    /// CSS pixels.
    pub(in crate::check) width: f64,
    /// CSS pixels.
    pub(in crate::check) height: f64,
    /// Device pixels for each.
    pub(in crate::check) density: f64,
}

impl View {
    /// The phone that Lighthouse measures with, a Moto G Power.
    pub(in crate::check) const PHONE: Self = Self { width: 412.0, height: 823.0, density: 2.625 };
    /// The desktop that Lighthouse measures with.
    pub(in crate::check) const DESKTOP: Self = Self { width: 1_350.0, height: 940.0, density: 1.0 };
}

/// What kind of file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::check) enum Kind {
    Html,
    Css,
    Js,
    Image,
    Font,
    Other,
}

/// One file of a visit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::check) struct Asked {
    pub(in crate::check) kind: Kind,
    /// Bytes as sent; 0 for another host's.
    pub(in crate::check) bytes: u64,
    /// Asked for before anyone scrolls.
    pub(in crate::check) early: bool,
}

/// Every file of a visit by its address, the page itself included.
pub(in crate::check) fn visit(site: &Site<'_>, page: &Page<'_>, view: View) -> BTreeMap<String, Asked> {
    let mut visit = Visit { site, page, view, asked: BTreeMap::new() };
    let own = Asked { kind: Kind::Html, bytes: site.wire(page.key), early: true };
    visit.asked.insert(page.key.to_string(), own);
    for id in page.elements.iter().copied() {
        visit.element(id);
    }
    visit.asked
}

struct Visit<'v, 'a> {
    site: &'v Site<'a>,
    page: &'v Page<'a>,
    view: View,
    asked: BTreeMap<String, Asked>,
}

impl Visit<'_, '_> {
    fn element(&mut self, id: Id) {
        let tree = &self.page.tree;
        let get = |name: &str| tree.get(id, name);
        let lazy = self.page.word(id, "loading").as_deref() == Some("lazy");
        match tree.name(id) {
            "img" => {
                if let Some(url) = chosen(self.page, id, self.view) {
                    self.ask(&url, Kind::Image, !lazy);
                }
            }
            "link" => self.link(id),
            "script" => self.ask_given(get("src"), Kind::Js, true),
            "style" if get("media").is_none_or(|media| matches(media, self.view)) => self.sheet(&tree.text(id), "", 0),
            "iframe" | "embed" => self.ask_given(get("src"), Kind::Other, !lazy),
            "object" => self.ask_given(get("data"), Kind::Other, true),
            "input" => self.ask_given(get("src"), Kind::Image, true),
            "video" => self.ask_given(get("poster"), Kind::Image, true),
            "image" => self.ask_given(get("href").or_else(|| get("xlink:href")), Kind::Image, true),
            _ => {}
        }
    }

    fn link(&mut self, id: Id) {
        let get = |name: &str| self.page.tree.get(id, name);
        let rel = self.page.word(id, "rel").unwrap_or_default();
        let media = get("media").is_none_or(|media| matches(media, self.view));
        let has = |word: &str| rel.split_ascii_whitespace().any(|it| it == word);
        if has("stylesheet") && media && !has("alternate") {
            if let Some(href) = get("href") {
                self.style_file(href, 0);
            }
        } else if has("modulepreload") {
            self.ask_given(get("href"), Kind::Js, true);
        } else if has("preload") && media {
            let kind = match self.page.word(id, "as").as_deref() {
                Some("image") => Kind::Image,
                Some("font") => Kind::Font,
                Some("style") => Kind::Css,
                Some("script") => Kind::Js,
                _ => Kind::Other,
            };
            let srcset = get("imagesrcset").filter(|srcset| !srcset.trim().is_empty());
            let url = match srcset {
                Some(srcset) => best(&candidates(srcset), get("imagesizes").unwrap_or("100vw"), self.view),
                None => get("href").map(str::to_owned),
            };
            self.ask_given(url.as_deref(), kind, true);
        } else if has("icon") {
            self.ask_given(get("href"), Kind::Image, true);
        }
    }

    fn ask_given(&mut self, url: Option<&str>, kind: Kind, early: bool) {
        if let Some(url) = url {
            self.ask(url, kind, early);
        }
    }

    fn ask(&mut self, url: &str, kind: Kind, early: bool) {
        if url.trim().is_empty() || url.trim_start().starts_with("data:") || url.starts_with('#') {
            return;
        }
        let key = self.site.file(self.page, url);
        let name = key.map_or_else(|| url.split('#').next().unwrap_or(url).to_owned(), Key::to_string);
        let bytes = key.map_or(0, |key| self.site.wire(key));
        let asked = self.asked.entry(name).or_insert(Asked { kind, bytes, early });
        asked.early |= early;
    }

    fn style_file(&mut self, href: &str, depth: usize) {
        self.ask(href, Kind::Css, true);
        let Some(key) = self.site.file(self.page, href) else { return };
        let Some(artifact) = self.site.subject.artifacts.get(key) else { return };
        if let Ok(text) = std::str::from_utf8(&artifact.bytes) {
            let folder = key.as_str().rsplit_once('/').map_or(String::new(), |(folder, _)| format!("/{folder}"));
            self.sheet(text, &folder, depth);
        }
    }

    /// The files that a style sheet names, whether or not their rules apply.
    fn sheet(&mut self, css: &str, folder: &str, depth: usize) {
        const DEEPEST: usize = 5;
        for url in of_sheet(css) {
            let rooted = url.starts_with('/') || url.contains(':') || folder.is_empty();
            let url = if rooted { url.to_owned() } else { format!("{folder}/{url}") };
            let path = url.split(['?', '#']).next().unwrap_or_default().to_ascii_lowercase();
            match path.rsplit_once('.').map(|(_, extension)| extension) {
                Some("css") if depth < DEEPEST => self.style_file(&url, depth + 1),
                Some("woff2") => self.ask(&url, Kind::Font, true),
                // Every browser of today takes the WOFF2 that stands beside them.
                Some("woff" | "ttf" | "otf" | "eot") => {}
                _ => self.ask(&url, Kind::Image, true),
            }
        }
    }
}

/// What `url(…)` and `@import "…"` name.
pub(in crate::check) fn of_sheet(css: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for part in css.split("url(").skip(1) {
        let part = part.trim_start();
        let end = match part.chars().next() {
            Some(quote @ ('"' | '\'')) => part[1..].find(quote).map(|end| (1, end + 1)),
            _ => part.find(')').map(|end| (0, end)),
        };
        if let Some((start, end)) = end {
            found.push(part[start..end].trim());
        }
    }
    for part in css.split("@import").skip(1) {
        let part = part.trim_start();
        if let Some(quote @ ('"' | '\'')) = part.chars().next()
            && let Some(end) = part[1..].find(quote)
        {
            found.push(&part[1..=end]);
        }
    }
    found.retain(|url| !url.is_empty() && !url.starts_with("data:") && !url.starts_with('#'));
    found
}
