//! A page as its author wrote it: TOML front matter between `+++` lines, Markdown below.
//!
//! In: a file below `site/`. Out: a [`Page`], or everything that is wrong with its front matter. What the keys mean is the
//! theme's business; only `title`, `description` and `template` are read here.

use crate::diag::{Code, Diagnostic, Place};
use crate::model::{Class, Key, UrlPath, urls_of};
use serde_json::{Map, Value};
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Where pages live.
pub(super) const FOLDER: &str = "site";

/// Keys that the build fills in; an author's own would be lost without a word.
const FILLED_IN: [&str; 7] = ["blocks", "bottom", "content", "kinds", "parts", "top", "url"];

/// One page.
#[derive(Clone, Debug)]
pub(super) struct Page<'a> {
    /// `site/index.md`.
    pub(super) source: &'a Key,
    /// The whole file.
    pub(super) text: &'a str,
    /// Where in it the Markdown stands.
    pub(super) body: Range<usize>,
    /// Where in it the front matter stands.
    pub(super) front_at: Range<usize>,
    /// The front matter.
    pub(super) front: Map<String, Value>,
    /// `index.html`.
    pub(super) key: Key,
    /// Document, or error page.
    pub(super) class: Class,
    /// The shortest public URL.
    pub(super) url: UrlPath,
    pub(super) title: String,
    pub(super) template: String,
    /// A holding page: it is shown in mode `closed` only, in place of the campaign beside it and below.
    pub(super) holding: bool,
    /// Whether the page has a form of its own in other modes.
    pub(super) modes: bool,
}

impl<'a> Page<'a> {
    /// Reads a page.
    pub(super) fn parse(source: &'a Key, text: &'a str) -> Result<Self, Vec<Diagnostic>> {
        let place = |range| Place::span(source.as_str(), text, range);
        let (front, body) = fences(source, text)?;
        let (table, errors) = DeTable::parse_recoverable(&text[front.clone()]);
        let moved = |span: Range<usize>| span.start + front.start..span.end + front.start;
        let mut found: Vec<Diagnostic> = errors
            .iter()
            .map(|err| {
                Diagnostic::new(Code::FrontMatter, err.message().replace('\n', ", "))
                    .at(place(moved(err.span().unwrap_or(0..0))))
                    .hint("a line of front matter looks like `title = \"text\"`")
            })
            .collect();
        if !found.is_empty() {
            return Err(found);
        }
        let table = table.get_ref();
        for (key, _) in table.iter().filter(|(key, _)| FILLED_IN.contains(&key.get_ref().as_ref())) {
            let message = format!("`{}` is filled in by the build", key.get_ref());
            let filled_in = Diagnostic::new(Code::FrontMatter, message).at(place(moved(key.span())));
            found.push(filled_in.hint("give this key another name"));
        }
        let mut string = |name: &str| match value(table, name) {
            Some(value) if value.get_ref().as_str().is_none() => {
                let message = format!("`{name}` is not a text");
                let wrong = Diagnostic::new(Code::FrontMatter, message).at(place(moved(value.span())));
                found.push(wrong.hint(format!("write `{name} = \"…\"`")));
                None
            }
            value => value.and_then(|value| value.get_ref().as_str()).map(str::to_owned),
        };
        let title = string("title");
        let template = string("template").unwrap_or_else(|| "text".to_owned());
        string("description");
        let untitled = match (value(table, "title"), &title) {
            (None, _) => Some(("`title` is missing", Place::line(source.as_str(), text, 1))),
            (Some(empty), Some(title)) if title.trim().is_empty() => {
                Some(("`title` is empty", place(moved(empty.span()))))
            }
            _ => None,
        };
        if let Some((message, place)) = untitled {
            let hint = "add `title = \"…\"` between the `+++` lines";
            found.push(Diagnostic::new(Code::FrontMatter, message).at(place).hint(hint));
        }
        let modes = match value(table, "modes").map(|value| (value.span(), value.get_ref())) {
            None => true,
            Some((_, DeValue::Boolean(modes))) => *modes,
            Some((span, _)) => {
                let wrong = Diagnostic::new(Code::FrontMatter, "`modes` is neither true nor false");
                found.push(
                    wrong
                        .at(place(moved(span)))
                        .hint("write `modes = false` for a page that is the same in every mode"),
                );
                true
            }
        };
        let (key, class) = output(source).map_err(|err| vec![err])?;
        let url = urls_of(&key).into_iter().next().expect("every document has a URL");
        let (title, holding) = (title.unwrap_or_default(), is_holding(source));
        let page = Self {
            source,
            text,
            body,
            front_at: front,
            front: map(table),
            key,
            class,
            url,
            title,
            template,
            holding,
            modes,
        };
        if found.is_empty() { Ok(page) } else { Err(found) }
    }

    /// The front matter as it was written.
    pub(super) fn front_matter(&self) -> &'a str {
        &self.text[self.front_at.clone()]
    }

    /// The Markdown.
    pub(super) fn markdown(&self) -> &'a str {
        &self.text[self.body.clone()]
    }

    /// Whether it must hold everything itself: when it shows, nothing else answers.
    pub(super) fn is_self_contained(&self) -> bool {
        self.class == Class::Error || self.holding
    }

    /// The status of the error that the page stands for: `404.md` for what is not there, `error.md` for every failure.
    pub(super) fn status(&self) -> Option<u16> {
        match (self.class, self.key.as_str()) {
            (Class::Error, "404.html") => Some(404),
            (Class::Error, _) => Some(503),
            _ => None,
        }
    }
}

/// The bytes between the fences, and those after the second one.
fn fences(source: &Key, text: &str) -> Result<(Range<usize>, Range<usize>), Vec<Diagnostic>> {
    let complain = |message: &str, line, hint: &str| {
        let place = Place::line(source.as_str(), text, line);
        Err(vec![Diagnostic::new(Code::FrontMatter, message).at(place).hint(hint)])
    };
    // A byte order mark is what some editors put before the text.
    let mut at = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let mut start = None;
    for line in text[at..].split_inclusive('\n') {
        let next = at + line.len();
        match start {
            None if line.trim_end() != "+++" => break,
            None => start = Some(next),
            Some(start) if line.trim_end() == "+++" => return Ok((start..at, next..text.len())),
            Some(_) => {}
        }
        at = next;
    }
    match start {
        None => complain("the page has no front matter", 1, "begin with `+++`, `title = \"…\"` and `+++`, a line each"),
        Some(_) => complain("the front matter does not end", 1, "close it with a line that holds `+++` alone"),
    }
}

fn value<'t, 'i>(table: &'t DeTable<'i>, name: &str) -> Option<&'t Spanned<DeValue<'i>>> {
    table.iter().find(|(key, _)| key.get_ref().as_ref() == name).map(|(_, value)| value)
}

/// Whether a file is the holding page of its folder.
pub(super) fn is_holding(source: &Key) -> bool {
    source.as_str().rsplit('/').next() == Some("closed.md")
}

/// Where a page goes and what part it plays.
pub(super) fn output(source: &Key) -> Result<(Key, Class), Diagnostic> {
    let inside = source.without_extension().strip_prefix("site/").unwrap_or_default();
    let inside = inside
        .strip_suffix("closed")
        .filter(|_| is_holding(source))
        .map_or_else(|| inside.to_owned(), |folder| format!("{folder}index"));
    let class = if matches!(inside.as_str(), "404" | "error") { Class::Error } else { Class::Document };
    let key = Key::parse(&format!("{inside}.html"))
        .map_err(|why| Diagnostic::new(Code::BadPath, why.to_string()).at(Place::file(source.as_str())))?;
    Ok((key, class))
}

/// As templates see it. Dates become text.
fn map(table: &DeTable<'_>) -> Map<String, Value> {
    table.iter().map(|(key, value)| (key.get_ref().to_string(), json(value.get_ref()))).collect()
}

fn json(value: &DeValue<'_>) -> Value {
    match value {
        DeValue::String(text) => Value::String(text.to_string()),
        DeValue::Boolean(flag) => Value::Bool(*flag),
        DeValue::Integer(number) => match i64::from_str_radix(number.as_str(), number.radix()) {
            Ok(number) => number.into(),
            Err(_) => Value::String(number.as_str().to_owned()),
        },
        DeValue::Float(number) => {
            let finite = number.as_str().parse().ok().and_then(serde_json::Number::from_f64);
            finite.map_or_else(|| Value::String(number.as_str().to_owned()), Value::Number)
        }
        DeValue::Datetime(date) => Value::String(date.to_string()),
        DeValue::Array(items) => items.iter().map(|item| json(item.get_ref())).collect(),
        DeValue::Table(table) => Value::Object(map(table)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn complains(text: &str, expected: &str) {
        let source = Key::parse("site/a.md").unwrap();
        let found = Page::parse(&source, text).unwrap_err();
        assert_eq!(found.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"), expected);
    }

    #[test]
    fn front_matter_and_markdown_part_at_the_second_fence() {
        let source = Key::parse("site/de/a.md").unwrap();
        let page =
            Page::parse(&source, "\u{feff}+++\r\ntitle = \"é\"\nn = 0x10\n[a]\nb = [1.5, 2026-01-02]\n+++\r\n# x\n")
                .unwrap();
        assert_eq!(page.markdown(), "# x\n");
        assert_eq!(Value::Object(page.front).to_string(), r#"{"a":{"b":[1.5,"2026-01-02"]},"n":16,"title":"é"}"#);
        assert_eq!((page.key.as_str(), page.url.as_str(), page.template.as_str()), ("de/a.html", "/de/a", "text"));
    }

    #[test]
    fn only_the_error_pages_at_the_top_stand_for_errors() {
        for (source, key, status) in [
            ("site/404.md", "404.html", Some(404)),
            ("site/error.md", "error.html", Some(503)),
            ("site/de/404.md", "de/404.html", None),
            ("site/index.md", "index.html", None),
        ] {
            let source = Key::parse(source).unwrap();
            let page = Page::parse(&source, "+++\ntitle=\"t\"\n+++\n").unwrap();
            assert_eq!((page.key.as_str(), page.status()), (key, status));
        }
    }

    #[test]
    fn broken_front_matter_says_where() {
        complains(
            "# x\n",
            "error[front-matter]: the page has no front matter\n  --> site/a.md:1\n  hint: begin with `+++`, `title = \"…\"` and `+++`, a line each",
        );
        complains(
            "+++\ntitle = \" \"\n+++\n",
            "error[front-matter]: `title` is empty\n  --> site/a.md:2:9\n  hint: add `title = \"…\"` between the `+++` lines",
        );
        complains(
            "+++\ntitle = \"x\"\n",
            "error[front-matter]: the front matter does not end\n  --> site/a.md:1\n  hint: close it with a line that holds `+++` alone",
        );
        complains(
            "+++\nurl = \"x\"\ntemplate = 1\n+++\n",
            "error[front-matter]: `url` is filled in by the build\n  --> site/a.md:2:1\n  hint: give this key another name\n\
             error[front-matter]: `template` is not a text\n  --> site/a.md:3:12\n  hint: write `template = \"…\"`\n\
             error[front-matter]: `title` is missing\n  --> site/a.md:1\n  hint: add `title = \"…\"` between the `+++` lines",
        );
    }

    #[test]
    fn a_mistake_in_the_toml_is_shown_at_its_line_of_the_file() {
        let source = Key::parse("site/a.md").unwrap();
        let found = Page::parse(&source, "+++\ntitle = \"x\"\nlead = \"y\n+++\n").unwrap_err();
        assert!(found[0].to_string().contains("site/a.md:3:"), "{}", found[0]);
    }
}
