//! A page as its author wrote it: TOML front matter between `+++` lines, Markdown below.
//!
//! In: a file below `site/`. Out: its [`Page`], or one for each row of the table that it names; or everything that is wrong with its front
//! matter. What the keys mean is the theme's business; only those of [`Page`] are read here.

use super::data::Data;
use super::each::{self, Each};
use super::front::Front;
use crate::diag::{Code, Diagnostic, Place};
use crate::model::{Class, Key, Language, UrlPath, urls_of};
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::ops::Range;

/// Where pages live.
pub(super) const FOLDER: &str = "site";

/// Keys that the build fills in; an author's own would be lost without a word.
const FILLED_IN: [&str; 14] = [
    "alternates",
    "blocks",
    "bottom",
    "content",
    "dir",
    "home",
    "kinds",
    "lang",
    "locale",
    "parts",
    "structured",
    "top",
    "url",
    "variant",
];

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
    /// The row that the page was made from.
    pub(super) row: Option<(Map<String, Value>, Place)>,
    /// Where it goes.
    pub(super) spot: Spot<'a>,
    /// The shortest public URL.
    pub(super) url: UrlPath,
    pub(super) title: String,
    pub(super) template: String,
    /// The page that this one is a variant of, as it was written.
    pub(super) canonical: Option<String>,
    /// Whether only a preview shows it.
    pub(super) draft: bool,
    /// Whether menus and footers list it, when the author says so.
    pub(super) menu: Option<bool>,
    /// When it was last changed, when the author says so.
    pub(super) date: Option<String>,
    /// Whether the page has a form of its own in other modes.
    pub(super) modes: bool,
}

impl<'a> Page<'a> {
    /// Reads a file: one page, or one for each row. What is wrong with a row stands beside the pages of the others.
    pub(super) fn read(
        source: &'a Key,
        text: &'a str,
        languages: &'a [Language],
        data: &Data<'_>,
    ) -> Result<(Vec<Self>, Vec<Diagnostic>), Vec<Diagnostic>> {
        let front = Front::read(source, text)?;
        let own = Spot::of(source, languages).map_err(|err| vec![err])?;
        let page = Self::of(&front, own);
        let each = if front.has("each") { Each::of(&front, data, page.draft) } else { None };
        let found = front.finish();
        if !found.is_empty() {
            return Err(found);
        }
        let Some(each) = each else { return Ok((vec![page], Vec::new())) };
        let rows = each.table.rows.iter().map(|row| page.with(row, &each, &front));
        let (pages, mut found) = super::split(rows.collect());
        // A field that no row has is the same mistake in every row.
        found.dedup();
        Ok((pages, found))
    }

    fn of(front: &Front<'a>, spot: Spot<'a>) -> Self {
        front.refuse(&FILLED_IN);
        let title = front.string("title");
        let untitled = match &title {
            None if !front.has("title") => Some("`title` is missing"),
            Some(title) if title.trim().is_empty() => Some("`title` is empty"),
            _ => None,
        };
        if let Some(message) = untitled {
            match front.nearest("title") {
                Some((other, at)) => front.complain(message, &format!("write `title` for `{other}`"), Some(at)),
                None => front.complain(message, "add `title = \"…\"` between the `+++` lines", front.span("title")),
            }
        }
        misspelled(front);
        front.string("description");
        let mut map = front.map();
        map.remove("each");
        Self {
            source: front.source,
            text: front.text,
            body: front.body.clone(),
            front_at: front.at.clone(),
            front: map,
            row: None,
            url: spot.url(),
            spot,
            title: title.unwrap_or_default(),
            template: front.string("template").unwrap_or_else(|| "text".to_owned()),
            canonical: front.string("canonical"),
            draft: front.flag("draft").unwrap_or(false),
            menu: front.flag("menu"),
            date: front.date("date"),
            modes: front.flag("modes").unwrap_or(true),
        }
    }

    /// The page of one row.
    fn with(&self, row: &super::data::Row, each: &Each<'_>, front: &Front<'_>) -> Result<Self, Vec<Diagnostic>> {
        let (path, wrong) = (each.path(front, row), each.check(front, row));
        let (path, wrong) = match path {
            Ok(path) => (path, wrong),
            Err(more) => (String::new(), more.into_iter().chain(wrong).collect()),
        };
        if !wrong.is_empty() {
            return Err(wrong);
        }
        let map = each::fill_map(self.front.clone(), &row.fields);
        let text = |key: &str, given: &str| map.get(key).and_then(Value::as_str).unwrap_or(given).to_owned();
        let spot = self
            .spot
            .beside(path)
            .map_err(|why| vec![Diagnostic::new(Code::BadPath, why.to_string()).at(each.table.place(row))])?;
        Ok(Self {
            title: text("title", &self.title),
            template: text("template", &self.template),
            canonical: self.canonical.as_ref().map(|given| text("canonical", given)),
            url: spot.url(),
            spot,
            row: Some((row.fields.clone(), each.table.place(row))),
            front: map,
            ..self.clone()
        })
    }

    /// The front matter as it was written.
    pub(super) fn front_matter(&self) -> &'a str {
        &self.text[self.front_at.clone()]
    }

    /// The Markdown as it was written.
    pub(super) fn markdown(&self) -> &'a str {
        &self.text[self.body.clone()]
    }

    /// A text of the page with the fields of its row in it.
    pub(super) fn filled<'t>(&self, text: &'t str) -> Cow<'t, str> {
        self.row.as_ref().map_or(Cow::Borrowed(text), |(fields, _)| each::fill(text, fields))
    }

    /// What it was made from: the row, or the file.
    pub(super) fn place(&self) -> Place {
        self.row.as_ref().map_or_else(|| Place::file(self.source.as_str()), |(_, place)| place.clone())
    }

    /// The same in a few letters: `site/data/partners.csv:12`.
    pub(super) fn origin(&self) -> String {
        let place = self.place();
        if place.line == 0 { place.file } else { format!("{}:{}", place.file, place.line) }
    }

    /// Whether menus and footers list it: neither the first page, nor an error page, nor a variant of another, unless it says so itself.
    pub(super) fn is_listed(&self) -> bool {
        let ordinary = !self.spot.is_entry() && self.row.is_none() && self.canonical.is_none();
        self.spot.class == Class::Document && !self.spot.holding && self.menu.unwrap_or(ordinary)
    }

    /// Whether it must hold everything itself: when it shows, nothing else answers.
    pub(super) fn is_self_contained(&self) -> bool {
        self.spot.class == Class::Error || self.spot.holding
    }

    /// The status of the error that the page stands for: `404.md` for what is not there, `error.md` for every failure. Those of the
    /// other languages stand for none: a host knows one page for each status, only some look for a nearer `404.html`.
    pub(super) fn status(&self) -> Option<u16> {
        match self.spot.key.as_str() {
            "404.html" => Some(404),
            "error.html" => Some(503),
            _ => None,
        }
    }
}

/// Where a page goes, in which language, and what part it plays there.
#[derive(Clone, Debug)]
pub(super) struct Spot<'a> {
    /// `en/index.html`.
    pub(super) key: Key,
    /// Document, or error page.
    pub(super) class: Class,
    pub(super) language: &'a Language,
    /// Whether that is the language of `[site]`.
    pub(super) is_first_language: bool,
    /// `index`: the same in every language, which is how a page finds its translations.
    pub(super) inside: String,
    /// A holding page: it is shown in mode `closed` only, in place of the campaign beside it and below.
    pub(super) holding: bool,
}

impl<'a> Spot<'a> {
    /// That of a file below `site/`. The first language stands there itself, every other one in the folder of its name.
    pub(super) fn of(source: &Key, languages: &'a [Language]) -> Result<Self, Diagnostic> {
        let path = source.without_extension().strip_prefix("site/").unwrap_or_default();
        // In an address these begin a query, a fragment and an encoded byte (RFC 3986, sections 2.1, 3.4, 3.5).
        if let Some(odd) = path.chars().find(|c| "?#%".contains(*c)) {
            let message = format!("the address of a page holds no `{odd}`, and this one is named after its file");
            let hint = format!("rename it to `{}.md`", source.without_extension().replace(['?', '#', '%'], "-"));
            return Err(Diagnostic::new(Code::BadPath, message).at(Place::file(source.as_str())).hint(hint));
        }
        let (first, others) = languages.split_first().expect("a site has a language");
        let folder = path.split_once('/');
        let other = folder.and_then(|(tag, rest)| Some((others.iter().find(|it| it.tag == tag)?, rest)));
        let (language, inside) = other.unwrap_or((first, path));
        let holding = source.name() == "closed.md";
        let inside = match inside.strip_suffix("closed").filter(|_| holding) {
            Some(folder) => format!("{folder}index"),
            None => inside.to_owned(),
        };
        Self::at(language, other.is_none(), inside)
            .map(|spot| Self { holding, ..spot })
            .map_err(|why| Diagnostic::new(Code::BadPath, why.to_string()).at(Place::file(source.as_str())))
    }

    fn at(language: &'a Language, is_first_language: bool, inside: String) -> Result<Self, crate::model::BadKey> {
        let class = if matches!(inside.as_str(), "404" | "error") { Class::Error } else { Class::Document };
        let key = if is_first_language { format!("{inside}.html") } else { format!("{}/{inside}.html", language.tag) };
        Ok(Self { key: Key::parse(&key)?, class, language, is_first_language, inside, holding: false })
    }

    /// Another path in the same language.
    fn beside(&self, inside: String) -> Result<Self, crate::model::BadKey> {
        Self::at(self.language, self.is_first_language, inside)
    }

    fn url(&self) -> UrlPath {
        urls_of(&self.key).into_iter().next().expect("every document has a URL")
    }

    /// Whether it is the first page of its language.
    pub(super) fn is_entry(&self) -> bool {
        self.inside == "index"
    }
}

/// Of these a misspelled one would be lost without a word: other keys are the theme's.
const TOLD: [&str; 3] = ["draft", "description", "canonical"];

fn misspelled(front: &Front<'_>) {
    for key in TOLD {
        if let Some((other, at)) = front.nearest(key) {
            front.complain(
                &format!("`{other}` means nothing"),
                &format!("write `{key}`, or give it another name"),
                Some(at),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn french() -> Vec<Language> {
        ["fr", "en"].map(Language::bare).into()
    }

    fn parse<'a>(source: &'a Key, text: &'a str, languages: &'a [Language]) -> Result<Page<'a>, Vec<Diagnostic>> {
        Page::read(source, text, languages, &Data::default()).map(|(mut pages, _)| pages.remove(0))
    }

    #[track_caller]
    fn complains(text: &str, expected: &str) {
        let source = Key::parse("site/a.md").unwrap();
        let found = parse(&source, text, &french()).unwrap_err();
        assert_eq!(found.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"), expected);
    }

    #[test]
    fn front_matter_and_markdown_part_at_the_second_fence() {
        let (source, languages) = (Key::parse("site/de/a.md").unwrap(), french());
        let page = parse(
            &source,
            "\u{feff}+++\r\ntitle = \"é\"\nn = 0x10\n[a]\nb = [1.5, 2026-01-02]\n+++\r\n# x\n",
            &languages,
        )
        .unwrap();
        assert_eq!(page.markdown(), "# x\n");
        assert_eq!(Value::Object(page.front).to_string(), r#"{"a":{"b":[1.5,"2026-01-02"]},"n":16,"title":"é"}"#);
        assert_eq!((page.spot.key.as_str(), page.url.as_str(), page.template.as_str()), ("de/a.html", "/de/a", "text"));
    }

    #[test]
    fn the_folder_of_a_language_is_told_from_any_other() {
        let languages = french();
        for (source, key, tag, inside, class) in [
            ("site/index.md", "index.html", "fr", "index", Class::Document),
            ("site/en/index.md", "en/index.html", "en", "index", Class::Document),
            ("site/en/404.md", "en/404.html", "en", "404", Class::Error),
            ("site/fr/a.md", "fr/a.html", "fr", "fr/a", Class::Document),
            ("site/blog/404.md", "blog/404.html", "fr", "blog/404", Class::Document),
            ("site/en.md", "en.html", "fr", "en", Class::Document),
        ] {
            let spot = Spot::of(&Key::parse(source).unwrap(), &languages).unwrap();
            let seen = (spot.key.as_str(), spot.language.tag.as_str(), spot.inside.as_str(), spot.class);
            assert_eq!(seen, (key, tag, inside, class));
        }
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
            let languages = french();
            let page = parse(&source, "+++\ntitle=\"t\"\n+++\n", &languages).unwrap();
            assert_eq!((page.spot.key.as_str(), page.status()), (key, status));
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
             error[front-matter]: `title` is missing\n  --> site/a.md:1\n  hint: add `title = \"…\"` between the `+++` lines\n\
             error[front-matter]: `template` is not a text\n  --> site/a.md:3:12\n  hint: write `template = \"…\"`",
        );
    }

    #[test]
    fn a_misspelled_draft_is_not_published() {
        let source = Key::parse("site/a.md").unwrap();
        for key in ["draftt", "Draft", "drfat"] {
            let found = parse(&source, &format!("+++\ntitle = \"x\"\n{key} = true\n+++\n"), &french()).unwrap_err();
            assert_eq!(found[0].message, format!("`{key}` means nothing"));
            assert_eq!(found[0].hint.as_deref(), Some("write `draft`, or give it another name"));
        }
        assert!(parse(&source, "+++\ntitle = \"x\"\nlead = \"y\"\ndrafting = true\n+++\n", &french()).is_ok());
    }

    #[test]
    fn a_misspelled_title_is_shown_where_it_stands() {
        let source = Key::parse("site/a.md").unwrap();
        let found = parse(&source, "+++\nlead = \"y\"\ntitel = \"x\"\n+++\n", &french()).unwrap_err();
        let wanted = "error[front-matter]: `title` is missing\n  --> site/a.md:3:1\n  hint: write `title` for `titel`";
        assert_eq!(found[0].to_string(), wanted);
    }

    #[test]
    fn a_mistake_in_the_toml_is_shown_at_its_line_of_the_file() {
        let source = Key::parse("site/a.md").unwrap();
        let found = parse(&source, "+++\ntitle = \"x\"\nlead = \"y\n+++\n", &french()).unwrap_err();
        assert!(found[0].to_string().contains("site/a.md:3:"), "{}", found[0]);
    }
}
