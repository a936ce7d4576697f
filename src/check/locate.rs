//! Where the author wrote what a page shows: from an element or some words back to file and line.
//!
//! A built page carries no positions, and its words come from Markdown, front matter, templates or the configuration. So they are searched
//! for: a tag by its name and attributes, words without the marks that Markdown puts around them. A guess that could be wrong is not made;
//! then the page's file is named without a line.

use super::notes::Spot;
use super::page::Page;
use super::site::Subject;
use crate::html::Id;
use crate::model::Settings;
use percent_encoding::percent_decode_str;

/// The author's texts.
pub(super) struct Locator<'a> {
    subject: &'a Subject<'a>,
    /// Path in the project and text.
    templates: Vec<(&'a str, &'a str)>,
    config: &'a str,
}

/// What the build adds to elements, so that it says nothing about where they come from.
const ADDED: &[&str] = &[
    "width",
    "height",
    "loading",
    "decoding",
    "srcset",
    "sizes",
    "fetchpriority",
    "integrity",
    "crossorigin",
    "imagesrcset",
    "imagesizes",
];

/// So much of a tag agrees that it is the one.
const SURE: i32 = 3;

impl<'a> Locator<'a> {
    pub(super) fn new(subject: &'a Subject<'a>) -> Self {
        let text = |bytes: &'a [u8]| std::str::from_utf8(bytes).ok();
        let templates = subject.theme.iter().filter(|(path, _)| path.ends_with(".html"));
        let templates = templates.filter_map(|(path, bytes)| Some((path.as_str(), text(bytes)?))).collect();
        let config = subject.source.get(Settings::FILE).and_then(|bytes| text(bytes)).unwrap_or_default();
        Self { subject, templates, config }
    }

    /// The text of the page's own source.
    fn own(&self, page: &Page<'a>) -> &'a str {
        let bytes = page.source.and_then(|source| self.subject.source.files.get(source));
        bytes.and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or_default()
    }

    /// Where an element was written.
    pub(super) fn element(&self, page: &Page<'a>, id: Id) -> Spot {
        if page.source.is_none() {
            return (page.file(), Some(page.tree.line(id)));
        }
        let file = page.file();
        let own = best_tag(page, id, self.own(page));
        let shared = self.templates.iter().filter_map(|(path, text)| Some((*path, best_tag(page, id, text)?)));
        let shared = shared.max_by_key(|(_, (score, _))| *score);
        if let Some((_, line)) = own.filter(|(score, _)| *score >= SURE) {
            return (file, Some(line));
        }
        if let Some((path, (_, line))) = shared.filter(|(_, (score, _))| *score >= SURE) {
            return (path.to_owned(), Some(line));
        }
        let words = needles(page, id).into_iter().find_map(|needle| self.words(page, &needle));
        words
            .or_else(|| own.map(|(_, line)| (file.clone(), Some(line))))
            .or_else(|| {
                shared.filter(|(_, (score, _))| *score >= 0).map(|(path, (_, line))| (path.to_owned(), Some(line)))
            })
            .unwrap_or((file, None))
    }

    /// Where words were written: in the page, in the configuration, in a template.
    pub(super) fn words(&self, page: &Page<'a>, words: &str) -> Option<Spot> {
        let words = bare(words);
        let needle: String = words.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(40).collect();
        if needle.chars().count() < 2 {
            return None;
        }
        let here = |text: &str| text.lines().position(|line| bare(line).contains(&needle)).map(|at| at + 1);
        if page.source.is_none() {
            return here(page.text).map(|line| (page.file(), Some(line)));
        }
        let found = here(self.own(page)).map(|line| (page.file(), Some(line)));
        found
            .or_else(|| here(self.config).map(|line| (Settings::FILE.to_owned(), Some(line))))
            .or_else(|| self.templates.iter().find_map(|(path, text)| Some(((*path).to_owned(), Some(here(text)?)))))
    }

    /// The line of a key in a page's front matter.
    pub(super) fn front(&self, page: &Page<'a>, key: &str) -> Option<usize> {
        let mut lines = self.own(page).lines().enumerate().skip(1).take_while(|(_, line)| line.trim_end() != "+++");
        lines.find(|(_, line)| is_key(line, key)).map(|(at, _)| at + 1)
    }

    /// The line of a setting, `site.lang`; of its section when it is not written.
    pub(super) fn setting(&self, path: &str) -> Option<usize> {
        let (section, key) = path.rsplit_once('.').unwrap_or(("", path));
        let mut inside = section.is_empty();
        let mut head = None;
        for (at, line) in self.config.lines().enumerate() {
            let trimmed = line.trim();
            if trimmed.starts_with('[') {
                inside = trimmed.trim_matches(['[', ']']).trim() == section;
                head = head.or_else(|| inside.then_some(at + 1));
            } else if inside && is_key(line, key) {
                return Some(at + 1);
            }
        }
        head
    }
}

fn is_key(line: &str, key: &str) -> bool {
    !key.is_empty() && line.trim_start().strip_prefix(key).is_some_and(|rest| rest.trim_start().starts_with('='))
}

/// Without the marks of Markdown, and with the space of a keyboard.
fn bare(text: &str) -> String {
    let kept = text.chars().filter(|c| !matches!(c, '*' | '_' | '`' | '\\'));
    kept.map(|c| if c.is_whitespace() { ' ' } else { c }).collect()
}

/// What could be found of an element in the author's texts, the most telling first.
fn needles(page: &Page<'_>, id: Id) -> Vec<String> {
    let attribute = |name: &str| page.tree.get(id, name).map(str::to_owned).filter(|value| !value.trim().is_empty());
    let names = ["src", "href", "poster"].into_iter().filter_map(attribute).map(|url| original(&url));
    let text = page.tree.text(id);
    [attribute("alt")].into_iter().flatten().chain(names).chain(attribute("title")).chain([text]).collect()
}

/// The name that the author gave a file: `hero.` for `/assets/hero-720.0123456789abcdef.avif`.
fn original(url: &str) -> String {
    let name = url.rsplit('/').next().unwrap_or(url);
    let parts: Vec<&str> = name.rsplitn(3, '.').collect();
    let is_digest = |part: &str| part.len() == 16 && part.bytes().all(|byte| byte.is_ascii_hexdigit());
    if let [_, digest, stem] = parts[..]
        && is_digest(digest)
    {
        let stem = stem.rsplit_once('-').filter(|(_, width)| width.bytes().all(|byte| byte.is_ascii_digit()));
        return format!("{}.", stem.map_or(parts[2], |(stem, _)| stem));
    }
    percent_decode_str(url.trim_start_matches('/')).decode_utf8_lossy().into_owned()
}

/// The tag in a text that agrees best with an element: how well, and its line.
fn best_tag(page: &Page<'_>, id: Id, text: &str) -> Option<(i32, usize)> {
    let open = format!("<{}", page.tree.name(id));
    let tags = text.match_indices(&open).filter_map(|(at, _)| {
        let rest = &text[at + open.len()..];
        let alone = rest.starts_with(|c: char| c.is_whitespace() || c == '>' || c == '/');
        alone.then_some((at, rest))
    });
    let scored = tags.map(|(at, rest)| (score(page, id, rest), at));
    let (score, at) = scored.max_by_key(|(score, at)| (*score, std::cmp::Reverse(*at)))?;
    Some((score, text[..at].matches('\n').count() + 1))
}

/// How well what follows a tag's name agrees with an element: its attributes, and the words after it.
fn score(page: &Page<'_>, id: Id, rest: &str) -> i32 {
    let (attributes, after) = rest.split_at(end_of_tag(rest));
    let given = page.tree.attributes(id).iter().filter(|(name, _)| !ADDED.contains(&name.as_str()));
    let of_attributes: i32 = given.map(|(name, value)| of_attribute(attributes, name, value)).sum();
    let text = page.tree.text(id);
    let (text, after) = (text.trim(), after.trim_start_matches('>').trim_start());
    let of_text = match text.chars().take(20).collect::<String>() {
        start if !start.is_empty() && after.starts_with(&start) => SURE,
        start if start.is_empty() || after.starts_with(['{', '<']) => 0,
        _ => -2,
    };
    of_attributes + of_text
}

fn of_attribute(tag: &str, name: &str, value: &str) -> i32 {
    let written = tag.match_indices(name).find_map(|(at, _)| {
        let starts = tag[..at].ends_with(|c: char| c.is_whitespace() || c == '"' || c == '\'' || c == '}');
        let rest = tag[at + name.len()..].trim_start();
        let alone =
            rest.is_empty() || rest.starts_with(|c: char| c == '=' || c == '>' || c == '/' || c.is_alphabetic());
        (starts && alone).then(|| rest.strip_prefix('=').map_or("", str::trim_start))
    });
    match written.map(|written| written.trim_start_matches(['"', '\''])) {
        None => -1,
        Some(written) if written.contains("{{") && written.find("{{") < written.find(['"', '\'']) => 1,
        Some(written) if value.is_empty() || written.starts_with(value) => SURE,
        Some(_) => -2,
    }
}

/// The `>` that ends a tag, not one inside of a value or of a template's expression.
fn end_of_tag(rest: &str) -> usize {
    let mut quote = None;
    for (at, c) in rest.char_indices() {
        match (quote, c) {
            (None, '>') => return at,
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), c) if open == c => quote = None,
            _ => {}
        }
    }
    rest.len()
}
