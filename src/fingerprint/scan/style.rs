//! Names in CSS: `url()`, `src()`, `@import`, `image-set()`, and the comment that names a source map.
//!
//! In: a style sheet, or the declarations of a `style` attribute. Out: spots. Read by the tokenizer of the `cssparser` crate (CSS
//! Syntax 3), token by token: what it calls a name is one, wherever it stands; what it cannot read it skips as browsers do.

use super::{Finder, How};
use cssparser::{ParseError, Parser, ParserInput, Token};

/// Blocks in blocks beyond this are no style sheet that anybody wrote; each costs a piece of the stack.
const DEEPEST: usize = 256;

/// What a string means here.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Strings {
    /// Text.
    Text,
    /// The name of a file: in `image-set(…)`, `url(…)`, `src(…)`.
    Names,
}

pub(super) fn scan(finder: &mut Finder<'_>, text: &str) {
    let mut input = ParserInput::new(text);
    let mut parser = Parser::new(&mut input);
    block(finder, &mut parser, Strings::Text, 0);
}

fn block(finder: &mut Finder<'_>, parser: &mut Parser<'_, '_>, strings: Strings, depth: usize) {
    // Whether the next token is what a rule imports.
    let mut imports = false;
    let mut rule = "";
    loop {
        let start = parser.position();
        let Ok(token) = parser.next_including_whitespace_and_comments() else { return };
        let token = token.clone();
        let written = parser.slice_from(start);
        let at = start.byte_index();
        match &token {
            Token::WhiteSpace(_) => continue,
            Token::Comment(comment) => {
                source_map(finder, comment, at + 2);
                continue;
            }
            Token::UnquotedUrl(_) if rule != "namespace" => url(finder, written, at),
            Token::QuotedString(_) if imports || strings == Strings::Names => {
                // An unclosed string ends with the text.
                let end = written.len() - usize::from(written.len() > 1 && written.ends_with(&written[..1]));
                finder.name(&written[1..end], at + 1, How::Fetch, undo);
            }
            Token::AtKeyword(name) => {
                rule = match name.to_ascii_lowercase().as_str() {
                    "import" => "import",
                    "namespace" => "namespace",
                    _ => "",
                };
                imports = rule == "import";
                continue;
            }
            Token::Semicolon => rule = "",
            _ => {}
        }
        let strings = match &token {
            Token::Function(name) => inside(name, strings, rule),
            Token::ParenthesisBlock | Token::SquareBracketBlock => strings,
            Token::CurlyBracketBlock => Strings::Text,
            _ => {
                imports = false;
                continue;
            }
        };
        imports = false;
        if depth == DEEPEST {
            finder.note(at, "blocks in blocks", "more than 256 of them are not read");
            continue;
        }
        let _: Result<(), ParseError<'_, ()>> = parser.parse_nested_block(|parser| {
            block(finder, parser, strings, depth + 1);
            Ok(())
        });
    }
}

fn inside(function: &str, outside: Strings, rule: &str) -> Strings {
    match function.to_ascii_lowercase().as_str() {
        "url" | "src" if rule != "namespace" => Strings::Names,
        "image-set" | "-webkit-image-set" | "image" => Strings::Names,
        // `type("image/avif")` in an image set, `format("woff2")` beside a font, `layer()` and `supports()` of an import.
        "type" | "format" | "tech" | "supports" | "layer" => Strings::Text,
        _ => outside,
    }
}

/// `url( a.png )`, as one token.
fn url(finder: &mut Finder<'_>, written: &str, at: usize) {
    let Some(open) = written.find('(') else { return };
    let end = written.len() - usize::from(written.ends_with(')'));
    finder.name(&written[open + 1..end], at + open + 1, How::Fetch, undo);
}

/// `# sourceMappingURL=a.css.map` (ECMA-426, section 11.1.2.2).
fn source_map(finder: &mut Finder<'_>, comment: &str, at: usize) {
    let body = comment.trim_start_matches(['#', '@']);
    let Some(rest) = body.trim_start().strip_prefix("sourceMappingURL=") else { return };
    let name = rest.split_ascii_whitespace().next().unwrap_or_default();
    let start = comment.len() - rest.len() + rest.find(name).unwrap_or_default();
    finder.plain(name, at + start, How::Mention);
}

/// Escapes of CSS undone (CSS Syntax 3, section 4.3.7).
fn undo(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len());
    let mut rest = raw.chars().peekable();
    while let Some(c) = rest.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        let mut code = String::new();
        while code.len() < 6 {
            let Some(digit) = rest.next_if(char::is_ascii_hexdigit) else { break };
            code.push(digit);
        }
        if code.is_empty() {
            // An escaped line end is nothing, an escaped character itself.
            out.extend(rest.next().filter(|c| *c != '\n'));
            continue;
        }
        rest.next_if(|c| matches!(c, ' ' | '\t' | '\n'));
        out.extend(u32::from_str_radix(&code, 16).ok().and_then(char::from_u32));
    }
    out
}

#[cfg(test)]
mod tests {
    use crate::fingerprint::address::Home;
    use crate::fingerprint::folder::Kind;
    use crate::fingerprint::scan::scan;

    #[track_caller]
    fn check(css: &str, names: &[&str]) {
        let found = scan(css, Kind::Style, false, &Home::default());
        let paths: Vec<&str> = found.spots.iter().map(|spot| spot.path.as_str()).collect();
        assert_eq!(paths, names, "{css}");
        for spot in found.spots.iter().filter(|spot| !css.contains('\\') || spot.path == css[spot.range.clone()]) {
            assert_eq!(css[spot.range.clone()], spot.path, "{css}");
        }
    }

    #[test]
    fn every_form_of_a_name_is_found() {
        check("a{background:url(a.png)}", &["a.png"]);
        check("a{background:URL( 'a b.png' ) , url(\n\tb.png?x#y\n)}", &["a b.png", "b.png"]);
        check(
            "@import 'a.css' layer(x);@import url(b.css) screen;@IMPORT/**/url(\"c.css\");",
            &["a.css", "b.css", "c.css"],
        );
        check("a{b:image-set('a.avif' type('image/avif'),url(b.png) 2x)}", &["a.avif", "b.png"]);
        check("@media x{@supports (a:b){c{d:src('e.woff2') format('woff2')}}}", &["e.woff2"]);
        check("a{--x:url(a.png);content:'b.png'}", &["a.png"]);
        check("/*# sourceMappingURL=a.css.map */", &["a.css.map"]);
        check("a{b:url(#id) url(data:x) url(//cdn/x) url() url('')}", &[]);
        check("@namespace url(a.b);@namespace svg 'c.d';/* url(a.png) */", &[]);
    }

    #[test]
    fn escapes_are_undone() {
        check("a{b:url(a\\20 b\\.png)}", &["a b.png"]);
        check("a{b:url('a\\\nb.png')}", &["ab.png"]);
        check("a{b:\\75 rl(a.png)}", &["a.png"]);
    }

    #[test]
    fn a_broken_sheet_ends_no_program() {
        check("a{b:url(a.png", &["a.png"]);
        check("a{b:url('a.png", &["a.png"]);
        check("}}} a{b:url(a.png)}", &["a.png"]);
        let deep = format!("{}url(a.png)", "(".repeat(100_000));
        let found = scan(&deep, Kind::Style, false, &Home::default());
        assert_eq!((found.spots.len(), found.notes.len()), (0, 1));
    }
}
