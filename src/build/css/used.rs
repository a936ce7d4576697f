//! What of its style sheets a page needs.
//!
//! In: sheets in pieces and the page they style. Out: which selectors may match ([`reach`]), and from that the text of each sheet
//! ([`print`]): rules that can match, the declarations of custom properties that something asks for, `@keyframes`, `@font-face` and the
//! like that something names. The order of rules and of cascade layers never changes.

use super::matching::Page;
use super::piece::{Declaration, Piece, Rule, Words};

/// How far a selector reaches into a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Reach {
    /// It can match nothing.
    Nothing,
    /// It matches nothing that is seen at first.
    Below,
    /// It may match what is seen at first.
    Above,
}

/// The reach of every selector of a sheet, in its order: all that the text depends on, besides the words from elsewhere.
pub(super) fn reach(pieces: &[Piece], page: &Page<'_>) -> Vec<Reach> {
    let mut out = Vec::new();
    each_rule(pieces, &mut |rule| {
        out.extend(rule.selectors.iter().map(|selector| match &selector.read {
            None => Reach::Above,
            Some(read) => match page.first(&read.complex) {
                None => Reach::Nothing,
                Some(at) if at < page.fold() => Reach::Above,
                Some(_) => Reach::Below,
            },
        }));
    });
    out
}

fn each_rule<'p>(pieces: &'p [Piece], visit: &mut impl FnMut(&'p Rule)) {
    for piece in pieces {
        match piece {
            Piece::Rule(rule) => visit(rule),
            Piece::Group { inside, .. } => each_rule(inside, visit),
            Piece::Named { .. } | Piece::Kept { .. } => {}
        }
    }
}

/// How many selectors there are.
pub(super) fn count(pieces: &[Piece]) -> usize {
    let mut count = 0;
    each_rule(pieces, &mut |rule| count += rule.selectors.len());
    count
}

/// Every word that a sheet says and every name that it gives.
pub(super) fn every_word(pieces: &[Piece]) -> Words {
    let mut out = Words::new();
    for piece in pieces {
        match piece {
            Piece::Rule(rule) => {
                for declaration in &rule.body {
                    out.extend(declaration.custom.clone());
                    out.extend(declaration.words.iter().cloned());
                }
            }
            Piece::Group { words, inside, .. } => {
                out.extend(words.iter().cloned());
                out.extend(every_word(inside));
            }
            Piece::Named { names, words, .. } => out.extend(names.iter().chain(words).cloned()),
            Piece::Kept { words, .. } => out.extend(words.iter().cloned()),
        }
    }
    out
}

/// The sheets of one page without what it does not need. `words` are what else refers to something: scripts, attributes of graphics.
pub(super) fn print(sheets: &[(&[Piece], &[Reach])], least: Reach, words: &Words) -> Vec<String> {
    let rules: Vec<Vec<Kept<'_>>> =
        sheets.iter().map(|(pieces, reach)| keep(pieces, &mut reach.iter(), least)).collect();
    let words = closure(&rules, words);
    let layered = rules.iter().any(|kept| has_layer(kept, &words));
    rules.iter().map(|kept| Writer { words: &words, layered }.all(kept)).collect()
}

/// A piece with the selectors of it that stay.
enum Kept<'p> {
    Rule { selectors: Vec<&'p str>, body: &'p [Declaration] },
    Group { prelude: &'p str, layer: Option<&'p str>, words: &'p Words, inside: Vec<Kept<'p>> },
    Piece(&'p Piece),
}

fn keep<'p>(pieces: &'p [Piece], reach: &mut std::slice::Iter<'_, Reach>, least: Reach) -> Vec<Kept<'p>> {
    let mut out = Vec::new();
    for piece in pieces {
        match piece {
            Piece::Rule(rule) => out.extend(keep_rule(rule, reach, least)),
            Piece::Group { prelude, layer, words, inside } => {
                let inside = keep(inside, reach, least);
                out.push(Kept::Group { prelude, layer: layer.as_deref(), words, inside });
            }
            Piece::Named { .. } | Piece::Kept { .. } => out.push(Kept::Piece(piece)),
        }
    }
    out
}

fn keep_rule<'p>(rule: &'p Rule, reach: &mut std::slice::Iter<'_, Reach>, least: Reach) -> Option<Kept<'p>> {
    let reach: Vec<Reach> = reach.take(rule.selectors.len()).copied().collect();
    if reach.iter().all(|reach| *reach < least) {
        return None;
    }
    let stays = |(selector, reach): (&'p super::piece::Selector, Reach)| {
        let plain = selector.read.as_ref().is_some_and(|read| read.plain);
        (reach > Reach::Nothing || !plain).then_some(selector.text.as_str())
    };
    Some(Kept::Rule { selectors: rule.selectors.iter().zip(reach).filter_map(stays).collect(), body: &rule.body })
}

/// Every word that something needed says, until nothing new is said.
fn closure(sheets: &[Vec<Kept<'_>>], first: &Words) -> Words {
    let mut said = first.clone();
    loop {
        let before = said.len();
        for kept in sheets {
            listen(kept, &mut said);
        }
        if said.len() == before {
            return said;
        }
    }
}

fn listen(kept: &[Kept<'_>], said: &mut Words) {
    for kept in kept {
        match kept {
            Kept::Rule { body, .. } => {
                for declaration in *body {
                    if declaration.custom.as_ref().is_none_or(|name| said.contains(name)) {
                        said.extend(declaration.words.iter().cloned());
                    }
                }
            }
            Kept::Group { words, inside, .. } => {
                said.extend(words.iter().cloned());
                listen(inside, said);
            }
            Kept::Piece(Piece::Named { names, words, .. }) if names.is_subset(said) => {
                said.extend(words.iter().cloned());
            }
            Kept::Piece(Piece::Kept { words, layers: false, .. }) => said.extend(words.iter().cloned()),
            Kept::Piece(_) => {}
        }
    }
}

/// Whether any layer holds a rule; without one their order says nothing.
fn has_layer(kept: &[Kept<'_>], words: &Words) -> bool {
    kept.iter().any(|kept| match kept {
        Kept::Group { prelude, inside, .. } if prelude.starts_with("@layer") => {
            !Writer { words, layered: false }.all(inside).is_empty()
        }
        Kept::Group { inside, .. } => has_layer(inside, words),
        _ => false,
    })
}

struct Writer<'w> {
    words: &'w Words,
    layered: bool,
}

impl Writer<'_> {
    fn all(&self, kept: &[Kept<'_>]) -> String {
        kept.iter().map(|kept| self.one(kept)).collect()
    }

    fn one(&self, kept: &Kept<'_>) -> String {
        match kept {
            Kept::Rule { selectors, body } => {
                let asked = |it: &&Declaration| it.custom.as_ref().is_none_or(|name| self.words.contains(name));
                let body: Vec<&str> = body.iter().filter(asked).map(|it| it.text.as_str()).collect();
                if body.is_empty() { String::new() } else { format!("{}{{{}}}", selectors.join(","), body.join(";")) }
            }
            Kept::Group { prelude, layer, inside, .. } => match (self.all(inside), layer) {
                // Where a layer is named first decides what it is stronger than (CSS Cascade 5, section 6.4.3).
                (inside, Some(_)) if inside.is_empty() && self.layered => format!("{prelude};"),
                (inside, _) if inside.is_empty() => inside,
                (inside, _) => format!("{prelude}{{{inside}}}"),
            },
            Kept::Piece(Piece::Named { names, text, .. }) if names.is_subset(self.words) => text.clone(),
            Kept::Piece(Piece::Kept { text, layers, .. }) if self.layered || !layers => text.clone(),
            Kept::Piece(_) => String::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::piece::pieces;
    use super::super::scripts::Scripts;
    use super::*;
    use crate::html::document;

    #[track_caller]
    fn check(body: &str, css: &str, expected: &str) {
        let tree = document(&format!("<!doctype html><html lang=fr><title>t</title><body>{body}"));
        let page = Page::new(&tree, &Scripts::None);
        let pieces = pieces(css);
        let reach = reach(&pieces, &page);
        assert_eq!(print(&[(&pieces, &reach)], Reach::Below, &Words::new())[0], expected, "{body}");
    }

    #[test]
    fn a_rule_stays_when_it_can_match() {
        let css = "p{a:b}.x{a:b}#y{a:b}p .x{a:b}p>.x{a:b}p+p{a:b}p~i{a:b}[lang|=fr]{a:b}q{a:b}.z,.x{a:b}";
        check("<p class=x>", css, "p{a:b}.x{a:b}[lang|=fr]{a:b}.x{a:b}");
        check("<p><b class=x></b></p><p><i>", css, "p{a:b}.x{a:b}p .x{a:b}p>.x{a:b}p+p{a:b}[lang|=fr]{a:b}.x{a:b}");
    }

    #[test]
    fn what_a_visitor_can_bring_about_stays() {
        let css =
            "[open]{a:b}details[open] p{a:b}:target{a:b}a:hover{a:b}a:not(:hover){a:b}a:not([href]){a:b}a::before{a:b}";
        check("<details><p>x</details><a href=/>", css, &css.replace("a:not([href]){a:b}", ""));
    }

    #[test]
    fn the_lists_inside_pseudo_classes_are_looked_into() {
        check(
            "<p class=x>",
            ":is(q,.y){a:b}:where(q,.x){a:b}p:has(q){a:b}body:has(.x){a:b}p:not(.x){a:b}p:not(.y){a:b}",
            ":where(q,.x){a:b}body:has(.x){a:b}p:not(.y){a:b}",
        );
    }

    #[test]
    fn places_among_siblings_are_counted() {
        let css = "li:first-child{a:b}li:nth-child(3){a:b}li:nth-child(2n+4){a:b}li:nth-last-child(2){a:b}li:only-child{a:b}\
                   i:nth-of-type(2){a:b}i:last-of-type{a:b}ul:empty{a:b}";
        check("<ul><li>1<li>2<i></i></ul>", css, "li:first-child{a:b}li:nth-last-child(2){a:b}i:last-of-type{a:b}");
        check("<ul></ul>", css, "ul:empty{a:b}");
    }

    #[test]
    fn languages_and_spelling_of_names_are_those_of_the_page() {
        check(
            "<p lang=de-CH><svg><linearGradient/></svg>",
            ":lang(de){a:b}:lang(ar){a:b}P{a:b}linearGradient{a:b}lineargradient{a:b}[LANG]{a:b}",
            ":lang(de){a:b}P{a:b}linearGradient{a:b}[LANG]{a:b}",
        );
    }

    #[test]
    fn what_nobody_names_goes_with_what_named_it() {
        let css = ":root{--a:var(--b);--b:1px;--c:var(--d);--d:2px}p{margin:var(--a)}q{padding:var(--c)}\
                   @keyframes on{to{margin:var(--e)}}@keyframes off{to{a:b}}:root{--e:on}i{animation:off 1s}\
                   @font-face{font-family:My Face;src:url(a)}@font-face{font-family:Other;src:url(b)}p{font:1em \"My Face\"}";
        check(
            "<p>",
            css,
            ":root{--a:var(--b);--b:1px}p{margin:var(--a)}@font-face{font-family:My Face;src:url(a)}p{font:1em \"My Face\"}",
        );
    }

    #[test]
    fn the_order_of_layers_stays_and_empty_groups_go() {
        let css = "@layer a,b;@layer c{q{a:b}}@media print{q{a:b}@layer d{q{a:b}}}@layer b{p{a:b}}";
        check("<p>", css, "@layer a,b;@layer c;@media print{@layer d;}@layer b{p{a:b}}");
        check("<i>", css, "");
    }

    #[test]
    fn a_list_that_a_browser_may_not_read_stays_whole() {
        check("<p>", "p,q::-moz-x,q:open{a:b}p,q:hover{a:b}q::-moz-x{a:b}", "p,q::-moz-x,q:open{a:b}p{a:b}");
    }

    #[test]
    fn a_page_and_a_selector_made_to_be_slow_are_not() {
        let deep = "<b>".repeat(20_000);
        check(&deep, "b b b b b b b b q{a:b}.x b b b b b b b b{a:b}", "");
        check(
            &deep,
            "i b b b b b b b b b{a:b}i{a:b}",
            "i b b b b b b b b b{a:b}".replace("i b b b b b b b b b{a:b}", "").as_str(),
        );
        check(&format!("<i></i>{deep}"), "i b b b b b b b b b{a:b}", "i b b b b b b b b b{a:b}");
    }
}
