//! A style sheet made small for the browsers we care about (lightningcss), its `url(…)` replaced by what the page serves.
//!
//! Refuses `@import`: it would be a second request before the page can be painted.

use crate::diag::{Code, Diagnostic, Place};
use lightningcss::dependencies::{Dependency, DependencyOptions};
use lightningcss::stylesheet::{MinifyOptions, ParserOptions, PrinterOptions, StyleSheet};
use lightningcss::targets::{Browsers, Targets};
use std::sync::{Arc, RwLock};

const fn version(major: u32, minor: u32) -> u32 {
    (major << 16) | (minor << 8)
}

/// What syntax is written down to: browsers of spring and summer 2022 and later. iOS 15.4 runs on every iPhone since the 6s of 2015,
/// Firefox 102 is the long-term release of that year; what is older gets a readable page all the same.
const TARGETS: Browsers = Browsers {
    android: Some(version(103, 0)),
    chrome: Some(version(103, 0)),
    edge: Some(version(103, 0)),
    firefox: Some(version(102, 0)),
    ie: None,
    ios_saf: Some(version(15, 4)),
    opera: Some(version(89, 0)),
    safari: Some(version(15, 4)),
    samsung: Some(version(18, 0)),
};

/// A style sheet ready to stand in a page.
#[derive(Clone, Debug)]
pub(super) struct Sheet {
    pub(super) code: String,
    /// What could be read and may not do what was meant.
    pub(super) warnings: Vec<Diagnostic>,
}

/// Where a style sheet was written.
pub(super) struct Written<'a> {
    /// Path in the project.
    pub(super) file: &'a str,
    pub(super) text: &'a str,
    /// The line of the file on which the text begins, from 0; `None` when that is not known.
    pub(super) first_line: Option<usize>,
    /// The place to name when the line is not known.
    pub(super) whole: Place,
}

/// Compiles a style sheet. `target` says what to write instead of a URL.
pub(super) fn compile(
    written: &Written<'_>,
    mut target: impl FnMut(&str) -> Result<String, Diagnostic>,
) -> Result<Sheet, Vec<Diagnostic>> {
    let mut sheet = parse(written)?;
    let targets = Targets::from(TARGETS);
    let wrong = |what: String| vec![Diagnostic::new(Code::Css, what).at(written.whole.clone())];
    sheet.sheet.minify(MinifyOptions { targets, ..Default::default() }).map_err(|err| wrong(err.kind.to_string()))?;
    let printed = PrinterOptions {
        minify: true,
        targets,
        analyze_dependencies: Some(DependencyOptions { remove_imports: false }),
        ..Default::default()
    };
    let printed = sheet.sheet.to_css(printed).map_err(|err| wrong(err.kind.to_string()))?;
    let mut code = printed.code.trim_end().to_owned();
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
            Dependency::Url(url) => match target(&url.url) {
                Ok(new) => code = code.replace(&format!("url(\"{}\")", url.placeholder), &quoted(&new)),
                Err(err) => found.push(err.at(place(written, &url.url))),
            },
        }
    }
    // Inside strings and comments only, where the backslash changes nothing: `</style` would end the element (HTML, section 13.1.2.6).
    let code = code.replace("</", "<\\/");
    if found.is_empty() { Ok(Sheet { code, warnings: sheet.warnings }) } else { Err(found) }
}

struct Parsed<'i> {
    sheet: StyleSheet<'i>,
    warnings: Vec<Diagnostic>,
}

/// Strictly first; when that fails once more leniently, which reports everything there is.
fn parse<'i>(written: &Written<'i>) -> Result<Parsed<'i>, Vec<Diagnostic>> {
    let read = |error_recovery| {
        let warnings = Arc::new(RwLock::new(Vec::new()));
        let options = ParserOptions { error_recovery, warnings: Some(Arc::clone(&warnings)), ..Default::default() };
        let sheet = StyleSheet::parse(written.text, options);
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

fn complain(written: &Written<'_>, what: &str, at: Option<(u32, u32)>) -> Diagnostic {
    let mut chars = what.trim_end_matches('.').chars();
    let message: String = chars.next().into_iter().flat_map(char::to_lowercase).chain(chars).collect();
    let place = match (at, written.first_line) {
        (Some((line, column)), Some(first)) => {
            let row = line as usize;
            let shown = Place::line(written.file, written.text, row + 1);
            Place { line: first + row + 1, column: (column as usize).max(1), width: 1, ..shown }
        }
        _ => written.whole.clone(),
    };
    Diagnostic::new(Code::Css, message).at(place)
}

fn place(written: &Written<'_>, needle: &str) -> Place {
    let found = written.first_line.and_then(|first| {
        let found = super::author::find(written.file, written.text, needle)?;
        Some(Place { line: found.line + first, ..found })
    });
    found.unwrap_or_else(|| written.whole.clone())
}

/// `url(…)`, with quotes only where it needs them (CSS Syntax 3, section 4.3.6).
fn quoted(url: &str) -> String {
    let plain = |c: char| !c.is_whitespace() && !c.is_control() && !"\"'()\\".contains(c);
    if url.chars().all(plain) {
        return format!("url({url})");
    }
    format!("url(\"{}\")", url.replace('\\', "\\\\").replace('"', "\\\""))
}

/// Whether the sheet lets runs of white space be seen, so that they must not be collapsed.
pub(super) fn shows_white_space(code: &str) -> bool {
    ["pre-wrap", "pre-line", "break-spaces", "white-space:pre", "white-space-collapse"]
        .iter()
        .any(|it| code.contains(it))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Result<Sheet, Vec<Diagnostic>> {
        let written = Written { file: "a.css", text, first_line: Some(0), whole: Place::file("a.css") };
        compile(&written, |url| {
            if url.starts_with("no") {
                return Err(Diagnostic::new(Code::MissingAsset, "there is no such file"));
            }
            Ok(format!("/assets/{url}"))
        })
    }

    #[test]
    fn urls_are_replaced_and_the_rest_made_small() {
        let sheet = of("/* x */ a { color : #ff0000; background: url( 'b.png' ) }\n@font-face { font-family: F; src: url(f.woff2) }").unwrap();
        assert_eq!(
            sheet.code,
            "a{color:red;background:url(/assets/b.png)}@font-face{font-family:F;src:url(/assets/f.woff2)}"
        );
    }

    #[test]
    fn newer_syntax_is_written_down_for_older_browsers() {
        let sheet = of("a { & b { inset: 0 } }").unwrap();
        assert_eq!(sheet.code, "a b{inset:0}");
    }

    #[test]
    fn everything_wrong_is_named_with_its_line() {
        let found = of("a { color: red }\nb { background: url(no.png) }\n@import 'c.css';").unwrap_err();
        let all: Vec<String> = found.iter().map(ToString::to_string).collect();
        assert!(all[0].contains("a.css:3:"), "{all:?}");
        let found = of("b { background: url(no.png) }").unwrap_err();
        assert_eq!(found[0].to_string(), "error[missing-asset]: there is no such file\n  --> a.css:1:21");
        let found = of("@import 'c.css';").unwrap_err();
        assert!(found[0].to_string().contains("second request"), "{}", found[0]);
    }

    #[test]
    fn the_end_of_the_element_cannot_stand_in_the_sheet() {
        assert_eq!(of("a::before { content: '</style>' }").unwrap().code, "a:before{content:\"<\\/style>\"}");
    }
}
