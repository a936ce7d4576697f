//! A style sheet taken apart into the pieces that a page needs or does not.
//!
//! In: CSS as lightningcss prints it, flat (nothing nested in a style rule) and small. Out: a tree of [`Piece`]s that still hold their own
//! text, so that a page's sheet is put together by copying. What is not understood stays whole and is always needed.

use super::select::{self, Read};
use cssparser::{Parser, ParserInput, Token};
use std::collections::BTreeSet;

/// Everything that values can refer to: identifiers, custom properties, the words of strings. In lower case but for custom properties.
pub(super) type Words = BTreeSet<String>;

/// A part of a style sheet.
#[derive(Clone, Debug)]
pub(super) enum Piece {
    /// `a,b{…}`
    Rule(Rule),
    /// `@media …{…}` and whatever else holds rules.
    Group {
        prelude: String,
        /// Its name when it is a named `@layer`.
        layer: Option<String>,
        words: Words,
        inside: Vec<Piece>,
    },
    /// What is of use only to those who say its name: `@keyframes`, `@font-face`, `@property` and the like.
    Named { names: Words, text: String, words: Words },
    /// Everything else.
    Kept { text: String, layers: bool, words: Words },
}

/// A style rule.
#[derive(Clone, Debug)]
pub(super) struct Rule {
    pub(super) selectors: Vec<Selector>,
    pub(super) body: Vec<Declaration>,
}

/// One selector of a list.
#[derive(Clone, Debug)]
pub(super) struct Selector {
    pub(super) text: String,
    /// `None`: it could not be read and counts as matching.
    pub(super) read: Option<Read>,
}

/// One declaration.
#[derive(Clone, Debug)]
pub(super) struct Declaration {
    pub(super) text: String,
    /// Its name when it declares a custom property.
    pub(super) custom: Option<String>,
    pub(super) words: Words,
}

/// Takes a sheet apart.
pub(super) fn pieces(code: &str) -> Vec<Piece> {
    let mut input = ParserInput::new(code);
    rules(&mut Parser::new(&mut input))
}

fn rules(input: &mut Parser<'_, '_>) -> Vec<Piece> {
    let mut out = Vec::new();
    loop {
        input.skip_whitespace();
        let start = input.position();
        let name = match input.next() {
            Err(_) => return out,
            Ok(Token::AtKeyword(name)) => Some(name.to_ascii_lowercase()),
            Ok(_) => None,
        };
        let (end, block) = loop {
            // This steps out of a bracket that the token before it opened.
            input.skip_whitespace();
            let end = input.position();
            match input.next() {
                Err(_) => break (end, false),
                Ok(Token::Semicolon) if name.is_some() => break (end, false),
                Ok(Token::CurlyBracketBlock) => break (end, true),
                Ok(_) => {}
            }
        };
        let prelude = input.slice(start..end).trim().to_owned();
        if !block {
            out.push(statement(prelude));
            continue;
        }
        let made = input.parse_nested_block(|inside| {
            let made = match &name {
                None => rule(&prelude, inside),
                Some(name) if holds_rules(name) => group(name, &prelude, inside),
                Some(name) => whole(name, &prelude, inside),
            };
            while inside.next().is_ok() {}
            Ok::<_, cssparser::ParseError<'_, ()>>(made)
        });
        out.extend(made);
    }
}

fn holds_rules(name: &str) -> bool {
    matches!(name, "media" | "supports" | "layer" | "container" | "scope" | "starting-style" | "-moz-document")
}

fn statement(text: String) -> Piece {
    let layers = text.starts_with("@layer");
    Piece::Kept { words: words_of(&text), text: text + ";", layers }
}

fn group(name: &str, prelude: &str, input: &mut Parser<'_, '_>) -> Piece {
    let layer = (name == "layer").then(|| prelude["@layer".len()..].trim().to_owned());
    Piece::Group {
        words: words_of(prelude),
        layer: layer.filter(|layer| !layer.is_empty()),
        prelude: prelude.to_owned(),
        inside: rules(input),
    }
}

fn rule(prelude: &str, input: &mut Parser<'_, '_>) -> Piece {
    let mut list = ParserInput::new(prelude);
    let selectors = split(&mut Parser::new(&mut list), &Token::Comma);
    let selector = |text: &str| Selector { text: text.to_owned(), read: select::read(text) };
    let body = split(input, &Token::Semicolon);
    Piece::Rule(Rule {
        selectors: selectors.into_iter().map(selector).collect(),
        body: body.into_iter().map(declaration).collect(),
    })
}

fn declaration(text: &str) -> Declaration {
    let (name, value) = text.split_once(':').unwrap_or((text, ""));
    let custom = name.starts_with("--").then(|| unescaped(name));
    Declaration { text: text.to_owned(), custom, words: words_of(value) }
}

/// The name as it is compared, without its escapes.
fn unescaped(name: &str) -> String {
    let mut input = ParserInput::new(name);
    let mut parser = Parser::new(&mut input);
    parser.expect_ident().map_or_else(|_| name.to_owned(), ToString::to_string)
}

/// An at-rule with a block that is kept or left as a whole.
fn whole(name: &str, prelude: &str, input: &mut Parser<'_, '_>) -> Piece {
    let start = input.position();
    while input.next().is_ok() {}
    let body = input.slice_from(start);
    let text = format!("{prelude}{{{body}}}");
    let words = words_of(body);
    let own = prelude.split_once(char::is_whitespace).map_or("", |(_, own)| own);
    let names = match name {
        "keyframes"
        | "-webkit-keyframes"
        | "-moz-keyframes"
        | "counter-style"
        | "property"
        | "font-palette-values"
        | "position-try" => words_of(own),
        "font-face" => family(body),
        _ => Words::new(),
    };
    if names.is_empty() { Piece::Kept { text, layers: false, words } } else { Piece::Named { names, text, words } }
}

/// The words of the family that a `@font-face` is for.
fn family(body: &str) -> Words {
    let mut input = ParserInput::new(body);
    let body = split(&mut Parser::new(&mut input), &Token::Semicolon);
    let value = body.iter().find_map(|declaration| declaration.trim_start().strip_prefix("font-family:"));
    value.map(words_of).unwrap_or_default()
}

/// The text between separators that stand in no bracket.
fn split<'i>(input: &mut Parser<'i, '_>, separator: &Token<'_>) -> Vec<&'i str> {
    let mut out = Vec::new();
    let mut start = input.position();
    loop {
        input.skip_whitespace();
        let end = input.position();
        let over = match input.next() {
            Ok(token) if token == separator => false,
            Ok(_) => continue,
            Err(_) => true,
        };
        out.extend(Some(input.slice(start..end).trim()).filter(|text| !text.is_empty()));
        if over {
            return out;
        }
        start = input.position();
    }
}

/// Everything that a text could refer to.
pub(super) fn words_of(text: &str) -> Words {
    let mut words = Words::new();
    let mut input = ParserInput::new(text);
    gather(&mut Parser::new(&mut input), &mut words);
    words
}

fn gather(input: &mut Parser<'_, '_>, words: &mut Words) {
    while let Ok(token) = input.next() {
        let nested = match token {
            Token::Ident(name) => {
                words.insert(if name.starts_with("--") { name.to_string() } else { name.to_ascii_lowercase() });
                false
            }
            Token::QuotedString(string) => {
                words.extend(string.split_whitespace().map(str::to_lowercase));
                false
            }
            Token::Function(_) | Token::ParenthesisBlock | Token::SquareBracketBlock | Token::CurlyBracketBlock => true,
            _ => false,
        };
        if nested {
            let inside = |inside: &mut Parser<'_, '_>| {
                gather(inside, words);
                Ok::<_, cssparser::ParseError<'_, ()>>(())
            };
            input.parse_nested_block(inside).expect("gathering refuses nothing");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(pieces: &[Piece]) -> String {
        let one = |piece: &Piece| match piece {
            Piece::Rule(rule) => {
                let selectors: Vec<&str> = rule.selectors.iter().map(|it| it.text.as_str()).collect();
                let body: Vec<&str> = rule.body.iter().map(|it| it.text.as_str()).collect();
                format!("[{}]({})", selectors.join(" & "), body.join(" & "))
            }
            Piece::Group { prelude, inside, .. } => format!("{prelude} <{}>", shown(inside)),
            Piece::Named { names, .. } => format!("{names:?}"),
            Piece::Kept { text, .. } => text.clone(),
        };
        pieces.iter().map(one).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_sheet_comes_apart_at_its_rules() {
        let code = "@layer a,b;a,b:is(c,d)>e[f=\"g,h{\"]{--x:{a;b};color:red}@media print{i{j:k}@layer{l{m:n}}}\
                    @keyframes Fade{0%{opacity:0}to{opacity:var(--y)}}@font-face{font-family:My Face;src:url(a)}@page{margin:0}";
        assert_eq!(
            shown(&pieces(code)),
            "@layer a,b; [a & b:is(c,d)>e[f=\"g,h{\"]](--x:{a;b} & color:red) @media print <[i](j:k) @layer <[l](m:n)>> \
             {\"fade\"} {\"face\", \"my\"} @page{margin:0}"
        );
    }

    #[test]
    fn words_are_found_however_deep() {
        let words = words_of("calc(1px + var(--A,var(--b))) Fade \"Iowan Old\" url(x) [q]");
        assert_eq!(words.into_iter().collect::<Vec<_>>(), ["--A", "--b", "fade", "iowan", "old", "q"]);
    }

    #[test]
    fn what_is_cut_short_is_no_panic() {
        for code in ["", "a", "a{", "@media", "@media{", "@x y{z", "}", "a{b:c", "--x:", "@font-face{}"] {
            pieces(code);
        }
    }
}
