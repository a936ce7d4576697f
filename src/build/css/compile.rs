//! A style sheet read, written down for the browsers of the settings, made small (lightningcss) and taken apart.
//!
//! In: the text and where it was written. Out: a [`Sheet`], its `url(…)` looked up and still to be put in, or everything that is wrong
//! with it. Done once for all pages.

use super::import::{self, File};
use super::piece::pieces;
use super::{Link, Sheet, Written, mark, mend};
use crate::build::survey::Target;
use crate::diag::{Code, Diagnostic, Place};
use lightningcss::dependencies::{Dependency, DependencyOptions};
use lightningcss::stylesheet::{MinifyOptions, ParserOptions, PrinterOptions, StyleSheet, ToCssResult};
use lightningcss::targets::{Browsers, Features, Targets};
use std::sync::{Arc, RwLock};

/// What a URL leads to, and the directive of the policy that governs it.
pub(in crate::build) type LookedUp = Result<(Target, &'static str), Diagnostic>;

/// How a sheet gets at what it names.
pub(in crate::build) struct Access<'r> {
    /// The sheet that an `@import` names.
    pub(in crate::build) load: &'r dyn Fn(&Written, &str) -> Result<Written, Diagnostic>,
    pub(in crate::build) look_up: &'r dyn Fn(&Written, &str) -> LookedUp,
}

/// Compiles a style sheet.
pub(super) fn compile(
    written: &Written,
    browsers: Browsers,
    number: usize,
    access: &Access<'_>,
) -> Result<Sheet, Vec<Diagnostic>> {
    let (files, warnings) = import::files(written, access.load)?;
    let printed = lowered(&files, browsers).map_err(|err| vec![err])?;
    let mut links = Vec::new();
    let mut found = Vec::new();
    for dependency in printed.dependencies.unwrap_or_default() {
        let Dependency::Url(url) = dependency else { continue };
        let (number, plain) = mark::read(&url.url);
        let Some(File { written, .. }) = files.get(number) else { continue };
        match (access.look_up)(written, plain) {
            Ok((target, directive)) => {
                links.push(Link { stand_in: format!("url(\"{}\")", url.placeholder), directive, target });
            }
            Err(err) => found.push(err.at(place(written, plain))),
        }
    }
    // Inside strings and comments only, where the backslash changes nothing: `</style` would end the element (HTML, section 13.1.2.6).
    let code = printed.code.replace("</", "<\\/");
    if found.is_empty() { Ok(Sheet { number, pieces: pieces(&code), links, warnings }) } else { Err(found) }
}

/// One flat text, small, in the syntax of the browsers.
fn lowered(files: &[File], browsers: Browsers) -> Result<ToCssResult, Diagnostic> {
    // Nesting is always written out: what is flat can be taken apart.
    let targets = Targets { include: Features::Nesting, ..Targets::from(browsers) };
    let wrong = |what: String| Diagnostic::new(Code::Css, what).at(files[0].written.whole.clone());
    let mut sheet = import::assemble(files)?;
    mend::before(&mut sheet.rules);
    sheet.minify(MinifyOptions { targets, ..Default::default() }).map_err(|err| wrong(err.kind.to_string()))?;
    mend::after(&mut sheet.rules);
    let dependencies = Some(DependencyOptions { remove_imports: false });
    let options = PrinterOptions { minify: true, targets, analyze_dependencies: dependencies, ..Default::default() };
    sheet.to_css(options).map_err(|err| wrong(err.kind.to_string()))
}

/// A sheet as it was read.
pub(super) struct Parsed<'i> {
    pub(super) sheet: StyleSheet<'i>,
    pub(super) warnings: Vec<Diagnostic>,
}

/// Strictly first; when that fails once more leniently, which reports everything there is.
pub(super) fn parse(written: &Written) -> Result<Parsed<'_>, Vec<Diagnostic>> {
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

/// Where in its file something is written.
pub(super) fn place(written: &Written, needle: &str) -> Place {
    let found = written.first_line.and_then(|first| {
        let found = crate::build::author::find(&written.file, &written.text, needle)?;
        Some(Place { line: found.line + first, ..found })
    });
    found.unwrap_or_else(|| written.whole.clone())
}

#[cfg(test)]
mod tests {
    use super::super::used::{Reach, count, every_word, print};
    use super::*;

    const OLD: Browsers = Browsers { chrome: Some(103 << 16), safari: Some(15 << 16 | 4 << 8), ..browsers() };

    const fn browsers() -> Browsers {
        Browsers {
            android: None,
            chrome: None,
            edge: None,
            firefox: None,
            ie: None,
            ios_saf: None,
            opera: None,
            safari: None,
            samsung: None,
        }
    }

    fn written(file: &str, text: &str) -> Written {
        let (file, text, whole) = (file.to_owned(), text.to_owned(), Place::file(file));
        Written { inside: file.clone(), file, text, first_line: Some(0), whole }
    }

    /// Other sheets by name.
    const OTHERS: [(&str, &str); 6] = [
        ("b.css", "b { background: url(b.png) }"),
        ("sub/c.css", "@import 'd.css'; c { color: red }"),
        ("sub/d.css", "d { background: url('d.png') }"),
        ("x.css", "@import 'y.css';"),
        ("y.css", "@import 'x.css';"),
        ("wrong.css", "a { color: red }\nb { url(no }"),
    ];

    fn of(text: &str, browsers: Browsers) -> Result<String, Vec<Diagnostic>> {
        let folder =
            |written: &Written| written.file.rsplit_once('/').map_or(String::new(), |(folder, _)| format!("{folder}/"));
        let load = |from: &Written, url: &str| {
            let name = folder(from) + url;
            let missing = || Diagnostic::new(Code::MissingAsset, "there is no such file");
            OTHERS.iter().find(|(other, _)| *other == name).map(|(file, text)| written(file, text)).ok_or_else(missing)
        };
        let look_up = |from: &Written, url: &str| {
            if url.starts_with("no") {
                return Err(Diagnostic::new(Code::MissingAsset, "there is no such file"));
            }
            Ok((Target::Here { written: folder(from) + url }, "img-src"))
        };
        let access = Access { load: &load, look_up: &look_up };
        let sheet = compile(&written("a.css", text), browsers, 0, &access)?;
        let all = vec![Reach::Above; count(&sheet.pieces)];
        let mut texts = print(&[(&sheet.pieces, &all)], Reach::Below, &every_word(&sheet.pieces));
        let mut text = texts.remove(0);
        for link in &sheet.links {
            let Target::Here { written } = &link.target else { unreachable!("made above") };
            text = text.replace(&link.stand_in, &format!("url({written})"));
        }
        Ok(text)
    }

    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(of(text, OLD).unwrap(), expected);
    }

    #[test]
    fn urls_are_looked_up_and_the_rest_made_small() {
        check(
            "/* x */ a { color : #ff0000; background: url( 'b.png' ) }\n@font-face { font-family: F; src: url(f.woff2) }",
            "a{color:red;background:url(b.png)}@font-face{font-family:F;src:url(f.woff2)}",
        );
    }

    #[test]
    fn newer_syntax_is_written_down_for_the_browsers_of_the_settings() {
        check(
            "a { & b { inset: 0 } @media (width >= 40em) { color: red } }",
            "a b{inset:0}@media (min-width:40em){a{color:red}}",
        );
        check("a { color: oklch(60% .2 30) }", "a{color:#de3e2d;color:lab(51.6908% 61.9679 48.0969)}");
        let new = Browsers { chrome: Some(140 << 16), ..Browsers::default() };
        assert_eq!(
            of("a { color: oklch(60% .2 30); & b { inset: 0 } }", new).unwrap(),
            "a{color:oklch(60% .2 30)}a b{inset:0}"
        );
    }

    #[test]
    fn everything_wrong_is_named_with_its_line() {
        let found = of("a { color: red }\nb { color: blue }\n@import 'b.css';", OLD).unwrap_err();
        let all: Vec<String> = found.iter().map(ToString::to_string).collect();
        assert!(all[0].contains("a.css:3:"), "{all:?}");
        let found = of("b { background: url(no.png) }", OLD).unwrap_err();
        assert_eq!(found[0].to_string(), "error[missing-asset]: there is no such file\n  --> a.css:1:21");
        let found = of("a{}\n@import 'z.css';", OLD).or_else(|_| of("@layer x;\n@import 'z.css';", OLD)).unwrap_err();
        assert_eq!(found[0].to_string(), "error[missing-asset]: there is no such file\n  --> a.css:2:10");
        let found = of("@import 'wrong.css';", OLD).unwrap_err();
        assert!(found[0].to_string().contains("wrong.css:2:"), "{}", found[0]);
    }

    #[test]
    fn the_end_of_the_element_cannot_stand_in_the_sheet() {
        check("a::before { content: '</style>' }", "a:before{content:\"<\\/style>\"}");
    }

    #[test]
    fn an_imported_sheet_stands_where_it_is_asked_for_within_its_conditions() {
        check(
            "@layer l; @import 'b.css' layer(l); @import 'sub/c.css' supports(display:grid) print; e { background: url(e.png) }",
            "@layer l{b{background:url(b.png)}}@supports (display:grid){@media print{d{background:url(sub/d.png)}\
             c{color:red}}}e{background:url(e.png)}",
        );
    }

    #[test]
    fn sheets_that_import_each_other_are_told_of_once() {
        let found = of("@import 'x.css'; @import 'y.css';", OLD).unwrap_err();
        let all: Vec<String> = found.iter().map(ToString::to_string).collect();
        assert_eq!(
            all,
            [
                "error[css]: `x.css`, `y.css` import each other in a circle\n  --> y.css\n  hint: take one of the `@import` away"
            ]
        );
    }

    /// Bugs of lightningcss that others met, by number: what was declared last must win, and what was declared must be there.
    #[test]
    fn known_bugs_of_the_compiler_do_not_reach_a_page() {
        for (number, text, expected) in [
            (
                805,
                "a { height: auto; height: calc(100vh - var(--h, 0rem)) }",
                "a{height:auto;height:calc(100vh - var(--h,0rem))}",
            ),
            (1201, "a { translate: var(--x) var(--y) }", "a{translate:var(--x) var(--y)}"),
            (
                1086,
                "a { backdrop-filter: blur(2px); -webkit-backdrop-filter: blur(2px) }",
                "a{-webkit-backdrop-filter:blur(2px);backdrop-filter:blur(2px)}",
            ),
            (
                1086,
                "a { -webkit-backdrop-filter: blur(2px); backdrop-filter: blur(2px) }",
                "a{-webkit-backdrop-filter:blur(2px);backdrop-filter:blur(2px)}",
            ),
            (
                1086,
                "a { backdrop-filter: var(--b); -webkit-backdrop-filter: var(--b) }",
                "a{-webkit-backdrop-filter:var(--b);backdrop-filter:var(--b)}",
            ),
            (
                1207,
                "a { font: 12px serif; font-variant-numeric: oldstyle-nums }",
                "a{font:12px serif;font-variant-numeric:oldstyle-nums}",
            ),
            (
                572,
                "a { animation: f both; animation-timeline: scroll(root) }",
                "a{animation:both f;animation-timeline:scroll(root)}",
            ),
            (1225, "a { position: static; position: var(--p, static) }", "a{position:static;position:var(--p,static)}"),
            (1141, "a { transform: var(--b, ) }", "a{transform:var(--b, )}"),
            (547, "a { width: 50%; width: var(--w) }", "a{width:50%;width:var(--w)}"),
        ] {
            assert_eq!(of(text, OLD).unwrap(), expected, "#{number}");
        }
    }
}
