//! A style sheet read, written down for the browsers of the settings, made small (lightningcss) and taken apart.
//!
//! In: the text and where it was written. Out: a [`Sheet`], its `url(…)` looked up and still to be put in, or everything that is wrong
//! with it. Done once for all pages.

use super::piece::pieces;
use super::{Link, Sheet, Written};
use crate::build::survey::Target;
use crate::diag::{Code, Diagnostic, Place};
use lightningcss::dependencies::{Dependency, DependencyOptions};
use lightningcss::stylesheet::{MinifyOptions, ParserOptions, PrinterOptions, StyleSheet};
use lightningcss::targets::{Browsers, Features, Targets};
use std::sync::{Arc, RwLock};

/// Compiles a style sheet. `look_up` says what a URL leads to, and the directive of the policy that governs it.
pub(super) fn compile(
    written: &Written,
    browsers: Browsers,
    number: usize,
    mut look_up: impl FnMut(&str) -> Result<(Target, &'static str), Diagnostic>,
) -> Result<Sheet, Vec<Diagnostic>> {
    let mut sheet = parse(written)?;
    // Nesting is always written out: what is flat can be taken apart.
    let targets = Targets { include: Features::Nesting, ..Targets::from(browsers) };
    let wrong = |what: String| vec![Diagnostic::new(Code::Css, what).at(written.whole.clone())];
    sheet.sheet.minify(MinifyOptions { targets, ..Default::default() }).map_err(|err| wrong(err.kind.to_string()))?;
    let printed = PrinterOptions {
        minify: true,
        targets,
        analyze_dependencies: Some(DependencyOptions { remove_imports: false }),
        ..Default::default()
    };
    let printed = sheet.sheet.to_css(printed).map_err(|err| wrong(err.kind.to_string()))?;
    let mut links = Vec::new();
    let mut found = Vec::new();
    for dependency in printed.dependencies.unwrap_or_default() {
        match dependency {
            Dependency::Import(import) => found.push(
                Diagnostic::new(
                    Code::Css,
                    format!("`@import` of `{}` is a second request before the page is painted", import.url),
                )
                .at(place(written, &import.url))
                .hint("write the rules into this style sheet"),
            ),
            Dependency::Url(url) => match look_up(&url.url) {
                Ok((target, directive)) => {
                    let placeholder = format!("url(\"{}\")", url.placeholder);
                    links.push(Link { placeholder, directive, target });
                }
                Err(err) => found.push(err.at(place(written, &url.url))),
            },
        }
    }
    // Inside strings and comments only, where the backslash changes nothing: `</style` would end the element (HTML, section 13.1.2.6).
    let code = printed.code.replace("</", "<\\/");
    links.dedup_by(|a, b| a.placeholder == b.placeholder);
    if found.is_empty() { Ok(Sheet { number, pieces: pieces(&code), links, warnings: sheet.warnings }) } else { Err(found) }
}

struct Parsed<'i> {
    sheet: StyleSheet<'i>,
    warnings: Vec<Diagnostic>,
}

/// Strictly first; when that fails once more leniently, which reports everything there is.
fn parse<'i>(written: &'i Written) -> Result<Parsed<'i>, Vec<Diagnostic>> {
    let read = |error_recovery| {
        let warnings = Arc::new(RwLock::new(Vec::new()));
        let options = ParserOptions { error_recovery, warnings: Some(Arc::clone(&warnings)), ..Default::default() };
        let sheet = StyleSheet::parse(&written.text, options);
        let heard: Vec<Diagnostic> = match warnings.read() {
            Ok(warnings) => warnings
                .iter()
                .map(|err| complain(written, &err.kind.to_string(), err.loc.as_ref().map(|loc| (loc.line, loc.column))))
                .collect(),
            Err(_) => Vec::new(),
        };
        (sheet, heard)
    };
    match read(false) {
        (Ok(sheet), warnings) => Ok(Parsed { sheet, warnings }),
        (Err(err), _) => {
            let first = complain(written, &err.kind.to_string(), err.loc.as_ref().map(|loc| (loc.line, loc.column)));
            let (_, all) = read(true);
            Err(if all.is_empty() { vec![first] } else { all })
        }
    }
}

fn complain(written: &Written, what: &str, at: Option<(u32, u32)>) -> Diagnostic {
    let mut chars = what.trim_end_matches('.').chars();
    let message: String = chars.next().into_iter().flat_map(char::to_lowercase).chain(chars).collect();
    let place = match (at, written.first_line) {
        (Some((line, column)), Some(first)) => {
            let row = line as usize;
            let shown = Place::line(&*written.file, &written.text, row + 1);
            Place { line: first + row + 1, column: (column as usize).max(1), width: 1, ..shown }
        }
        _ => written.whole.clone(),
    };
    Diagnostic::new(Code::Css, message).at(place)
}

fn place(written: &Written, needle: &str) -> Place {
    let found = written.first_line.and_then(|first| {
        let found = crate::build::author::find(&written.file, &written.text, needle)?;
        Some(Place { line: found.line + first, ..found })
    });
    found.unwrap_or_else(|| written.whole.clone())
}

