//! Templates (tera 2): loaded all at once, rendered page by page, their errors turned into diagnostics with file, line and column.
//!
//! Undefined values are errors wherever they would be shown; in `{% if … %}`, where tera takes them for false, at least the first name
//! must be one that exists.

use super::markdown;
use super::page::Page;
use super::theme::Theme;
use crate::diag::{Code, Diagnostic, Place};
use crate::model::Settings;
use std::collections::BTreeSet;
use tera::{Context, Error, ErrorKind, Kwargs, ReportError, State, Tera};

/// What every template can name.
const NAMES: [&str; 12] =
    ["block", "brand", "card", "data", "form", "mode", "page", "pages", "row", "site", "stores", "t"];

/// The templates of a theme, ready to render.
pub(super) struct Templates<'a> {
    theme: &'a Theme,
    tera: Tera,
    know_modes: bool,
}

impl<'a> Templates<'a> {
    /// Parses and links all templates, reporting everything that is wrong with them.
    pub(super) fn load(theme: &'a Theme) -> Result<Self, Vec<Diagnostic>> {
        let mut found = Vec::new();
        let mut texts = Vec::new();
        for (name, bytes) in theme.templates() {
            match super::utf8(&theme.path(&format!("templates/{name}")), bytes) {
                Ok(text) => texts.push((name, text)),
                Err(err) => found.push(err),
            }
        }
        // One by one first: a batch reports the first file with a syntax error alone.
        for pair in &texts {
            if let Err(err) = empty().add_raw_templates([*pair])
                && let ErrorKind::SyntaxError(report) = err.kind()
            {
                found.push(at_report(theme, report, &sentence(report.message())));
            }
        }
        if !found.is_empty() {
            return Err(found);
        }
        let mut tera = empty();
        tera.add_raw_templates(texts.iter().copied()).map_err(|err| linking(theme, &err))?;
        let found = unknown_names(theme, &tera, &texts);
        // By its letters, wherever they stand: to find it once too often only costs time.
        let know_modes = texts.iter().any(|(_, text)| text.contains("mode") || text.contains("__tera_context"));
        if found.is_empty() { Ok(Self { theme, tera, know_modes }) } else { Err(found) }
    }

    /// Whether anything in them depends on the mode that is shown.
    pub(super) fn know_modes(&self) -> bool {
        self.know_modes
    }

    /// Renders a page.
    pub(super) fn render(&self, page: &Page<'_>, context: &Context) -> Result<String, Diagnostic> {
        let name = format!("{}.html", page.template);
        if !self.tera.get_template_names().any(|it| it == name) {
            let known = self.tera.get_template_names().filter_map(|it| it.strip_suffix(".html"));
            let known = known.filter(|it| !it.contains('/'));
            let known: BTreeSet<&str> = known.collect();
            return Err(Diagnostic::unknown(Code::Template, "template", &page.template, known)
                .at(super::author::find(page.source.as_str(), page.text, &page.template)
                    .unwrap_or_else(|| Place::line(page.source.as_str(), page.text, 1))));
        }
        self.tera.render(&name, context).map_err(|err| self.rendering(page, &err))
    }

    /// Renders a part of a page, which the theme has promised to show.
    pub(super) fn part(&self, page: &Page<'_>, name: &str, context: &Context) -> Result<String, Diagnostic> {
        if !self.tera.contains_template(name) {
            let file = self.theme.path(&format!("templates/{name}"));
            let message = format!("the theme `{}` declares a block that it has no template for", self.theme.name);
            return Err(Diagnostic::new(Code::Template, message).at(Place::file(&file)).hint(format!("add `{file}`")));
        }
        self.tera.render(name, context).map_err(|err| self.rendering(page, &err))
    }

    fn rendering(&self, page: &Page<'_>, err: &Error) -> Diagnostic {
        let ErrorKind::RenderingError(report) = err.kind() else {
            return Diagnostic::new(Code::Template, sentence(&err.to_string())).at(Place::file(page.source.as_str()));
        };
        let missing = report.message().contains("not defined") || report.message().contains("undefined");
        let text = self.theme.get(&format!("templates/{}", report.filename()));
        let text = text.and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or_default();
        let range = chain(text, report.span().range.clone());
        let asked = text.get(range.clone()).unwrap_or_default().trim();
        if !missing || asked.is_empty() {
            return at_report(self.theme, report, &sentence(report.message()));
        }
        if asked == "form.action" {
            return nowhere_to_send(page);
        }
        let place = Place::span(self.theme.path(&format!("templates/{}", report.filename())), text, range);
        let owner = match asked.split('.').next() {
            Some("page" | "block") => format!("`{}`", page.source),
            Some("t") => "the theme".to_owned(),
            Some("row") => format!("the row `{}`", page.origin()),
            Some("data") => "`site/data/`".to_owned(),
            _ => format!("`{}`", Settings::FILE),
        };
        let message = format!("the template asks for `{asked}`, which {owner} does not have");
        let hint = match asked.split_once('.') {
            Some(("block", _)) => {
                format!("declare it as required in `theme.toml`, or ask for it only `{{% if {asked} %}}`")
            }
            Some(("page", rest)) => format!(
                "add `{rest} = \"…\"` to the front matter of `{}`, or ask for it only `{{% if {asked} %}}`",
                page.source
            ),
            Some((section @ ("site" | "brand" | "form"), key)) => {
                format!(
                    "add `{key} = \"…\"` to `[{section}]` in `{}`, or ask for it only `{{% if {asked} %}}`",
                    Settings::FILE
                )
            }
            Some(("row", key)) => format!("add the field `{key}` to the row, or ask for it only `{{% if {asked} %}}`"),
            Some(("data", _)) => {
                format!("the files of `site/data/` are `data.NAME`; or ask for it only `{{% if {asked} %}}`")
            }
            Some(("t", key)) => format!("add `{key} = \"…\"` to the theme's `strings/{}.toml`", page.spot.language.tag),
            _ => format!("templates can name {}", NAMES.map(|name| format!("`{name}`")).join(", ")),
        };
        Diagnostic::new(Code::Template, message).at(place).hint(hint)
    }
}

/// A page shows a form, and the author has not said where it is sent: that is said of the page, not of the theme.
fn nowhere_to_send(page: &Page<'_>) -> Diagnostic {
    let block = ["[mail]", "[[mail]]", ":::mail"].into_iter().find_map(|it| Some((page.text.find(it)?, it.len())));
    let place = block.map_or_else(
        || Place::file(page.source.as_str()),
        |(at, length)| Place::span(page.source.as_str(), page.text, at..at + length),
    );
    Diagnostic::new(Code::Template, "the page shows a form for an e-mail address, and nothing says where that is sent")
        .at(place)
        .hint(format!("add `action = \"https://…\"` to `[form]` in `{}`, or take the form out", Settings::FILE))
}

fn empty() -> Tera {
    let mut tera = Tera::default();
    tera.autoescape_on(vec![".html", ".svg"]);
    tera.register_filter("markdown", |text: &str, _: Kwargs, _: &State<'_>| markdown::inline(text));
    tera.register_filter("plain", |text: &str, _: Kwargs, _: &State<'_>| markdown::plain(text));
    tera.register_filter("paragraphs", |text: &str, _: Kwargs, _: &State<'_>| markdown::render(text).html);
    tera.register_filter("qr", |text: &str, kwargs: Kwargs, _: &State<'_>| -> tera::TeraResult<String> {
        super::qr::svg(text, kwargs.must_get::<&str>("label")?).map_err(Error::message)
    });
    tera
}

/// Names that no template can know, which tera would take for false in a condition.
fn unknown_names(theme: &Theme, tera: &Tera, texts: &[(&str, &str)]) -> Vec<Diagnostic> {
    let set: BTreeSet<&str> = texts.iter().flat_map(|(_, text)| assigned(text)).collect();
    let mut found = Vec::new();
    for (name, text) in texts {
        let asked: BTreeSet<&str> = tera.get_template_variables(name).into_iter().flatten().collect();
        for unknown in asked.into_iter().filter(|it| !NAMES.contains(it) && !set.contains(it)) {
            // The names of parents and includes are listed as well; they are reported where they stand.
            if let Some(at) = word(text, unknown) {
                let place = Place::span(theme.path(&format!("templates/{name}")), text, at..at + unknown.len());
                found.push(Diagnostic::unknown(Code::Template, "name", unknown, NAMES).at(place));
            }
        }
    }
    found
}

/// What a template defines for itself: `{% set NAME = … %}`.
fn assigned(text: &str) -> impl Iterator<Item = &str> {
    let tags = text.split("{%").skip(1).map(|tag| tag.trim_start_matches('-').trim_start());
    let set = |tag: &'_ str| -> Option<usize> {
        ["set_global ", "set "].iter().find(|it| tag.starts_with(**it)).map(|it| it.len())
    };
    tags.filter_map(move |tag| {
        let name = tag[set(tag)?..].trim_start();
        Some(&name[..name.find(|c: char| !is_name(c)).unwrap_or(name.len())])
    })
}

fn is_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Where a name stands inside of a tag, not as the end of a longer one and not as a field.
fn word(text: &str, name: &str) -> Option<usize> {
    let alone = |at: &usize| {
        let before = &text[..*at];
        let inside = before.rfind("{{").max(before.rfind("{%")) > before.rfind("}}").max(before.rfind("%}"));
        inside
            && !before.ends_with(|c: char| is_name(c) || c == '.')
            && !text[at + name.len()..].starts_with(|c: char| is_name(c))
    };
    text.match_indices(name).map(|(at, _)| at).find(alone)
}

/// The whole of a name whose last part is meant: `page.hero.title` when `title` is.
fn chain(text: &str, span: std::ops::Range<usize>) -> std::ops::Range<usize> {
    let before = text.get(..span.start).unwrap_or_default();
    let start = before
        .rfind(|c: char| !is_name(c) && c != '.')
        .map_or(0, |at| at + before[at..].chars().next().map_or(0, char::len_utf8));
    start..span.end
}

/// Errors of the templates taken together: unknown filters, missing parents, circles.
fn linking(theme: &Theme, err: &Error) -> Vec<Diagnostic> {
    let file = |name: &str| Place::file(theme.path(&format!("templates/{name}")));
    let find = |name: &str, needle: &str| {
        let text = theme.get(&format!("templates/{name}")).and_then(|bytes| std::str::from_utf8(bytes).ok());
        Place::find(theme.path(&format!("templates/{name}")), text.unwrap_or_default(), needle)
    };
    match err.kind() {
        ErrorKind::MissingParent { current, parent } => {
            let names = theme.templates().map(|(name, _)| name);
            vec![Diagnostic::unknown(Code::Template, "template", parent, names).at(find(current, parent))]
        }
        ErrorKind::CircularExtend { tpl, inheritance_chain: chain }
        | ErrorKind::CircularInclude { tpl, include_chain: chain } => {
            let message = format!("the templates go in a circle: {}", chain.join(" -> "));
            vec![Diagnostic::new(Code::Template, message).at(file(tpl)).hint("take one of the calls out")]
        }
        ErrorKind::SyntaxError(report) | ErrorKind::RenderingError(report) => {
            vec![at_report(theme, report, &sentence(report.message()))]
        }
        other => from_text(theme, &other.to_string()),
    }
}

/// Errors that tera gives as text alone: `error: WHAT` and ` --> FILE:LINE:COLUMN`, paragraph by paragraph.
fn from_text(theme: &Theme, text: &str) -> Vec<Diagnostic> {
    let paragraphs = text.split("\n\n").filter(|paragraph| !paragraph.trim().is_empty());
    let one = |paragraph: &str| {
        let mut lines = paragraph.lines();
        let what = lines.next().unwrap_or_default();
        let mut diagnostic = Diagnostic::new(Code::Template, sentence(what.strip_prefix("error: ").unwrap_or(what)));
        if let Some(place) = lines.next().and_then(|line| position(theme, line)) {
            diagnostic = diagnostic.at(place);
        }
        diagnostic
    };
    paragraphs.map(one).collect()
}

fn position(theme: &Theme, line: &str) -> Option<Place> {
    let mut parts = line.trim().strip_prefix("--> ")?.rsplitn(3, ':');
    let (column, row, name): (usize, usize, &str) =
        (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?, parts.next()?);
    let text = std::str::from_utf8(theme.get(&format!("templates/{name}"))?).ok()?;
    let place = Place::line(theme.path(&format!("templates/{name}")), text, row);
    Some(Place { column, width: 1, ..place })
}

fn at_report(theme: &Theme, report: &ReportError, message: &str) -> Diagnostic {
    let inside = format!("templates/{}", report.filename());
    let text = theme.get(&inside).and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or_default();
    Diagnostic::new(Code::Template, message).at(Place::span(theme.path(&inside), text, report.span().range.clone()))
}

/// In the wording of this program: lower case, no full stop, one line.
fn sentence(message: &str) -> String {
    let message = message.trim().trim_end_matches('.').replace('\n', ", ");
    let mut chars = message.chars();
    chars.next().map_or(String::new(), |first| first.to_lowercase().chain(chars).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_told_from_text_and_fields() {
        let text = "pgae {{ page.pgae }} {% if pgae.x %}{% set_global q = 1 %}{%- set r %}";
        assert_eq!(word(text, "pgae"), text.find("pgae.x"));
        assert_eq!(word(text, "x"), None);
        assert_eq!(assigned(text).collect::<Vec<_>>(), ["q", "r"]);
        assert_eq!(&text[chain(text, 13..17)], "page.pgae");
    }
}
