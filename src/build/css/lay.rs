//! The style sheets of a finished page, put into it: only the rules that it uses.

use super::matching::Page;
use super::piece::{Words, words_of};
use super::scripts::Scripts;
use super::used::{Reach, every_word, print, reach};
use super::{Laid, Sheets};
use crate::build::survey::Draft;
use crate::html::{Space, Tree};

/// Everything that the text of a page's sheets depends on: pages of one shape have one text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Shape {
    sheets: Vec<(usize, Vec<Reach>)>,
    words: Words,
}

/// Fills the page's `<style>` elements. Its tree must be as it will be written, but for the policy.
pub(in crate::build) fn lay(draft: &mut Draft, sheets: &Sheets) {
    let laid = std::mem::take(&mut draft.sheets);
    if laid.is_empty() {
        return;
    }
    let shape = shape(draft, &laid);
    let texts = sheets.printed(shape, |shape| {
        let parts: Vec<_> = laid
            .iter()
            .zip(&shape.sheets)
            .map(|(laid, (_, reach))| (laid.sheet.pieces.as_slice(), reach.as_slice()))
            .collect();
        print(&parts, Reach::Below, &shape.words)
    });
    for (laid, text) in laid.iter().zip(texts.iter()) {
        let text = linked(draft, laid, text);
        if shows_white_space(&text) {
            draft.space = Space::Keep;
        }
        if text.is_empty() { draft.tree.detach(laid.at) } else { draft.tree.set_text(laid.at, &text) }
    }
}

fn shape(draft: &Draft, laid: &[Laid]) -> Shape {
    let tree = &draft.tree;
    if matches!(draft.scripts, Scripts::Unread) || !tree.is_standard() {
        let all = |laid: &Laid| (laid.sheet.number, vec![Reach::Above; super::used::count(&laid.sheet.pieces)]);
        let words = laid.iter().flat_map(|laid| every_word(&laid.sheet.pieces)).collect();
        return Shape { sheets: laid.iter().map(all).collect(), words };
    }
    let page = Page::new(tree, &draft.scripts);
    let sheets = laid.iter().map(|laid| (laid.sheet.number, reach(&laid.sheet.pieces, &page))).collect();
    let mut words = words_in(tree);
    if draft.scripts.any() {
        let named = laid.iter().flat_map(|laid| every_word(&laid.sheet.pieces));
        words.extend(named.filter(|word| draft.scripts.say(word)));
    }
    Shape { sheets, words }
}

/// What the page itself says in the language of style sheets: attributes of graphics, sheets inside them.
fn words_in(tree: &Tree) -> Words {
    let mut words = Words::new();
    for id in tree.elements(Tree::ROOT).into_iter().filter(|id| !tree.is_html(*id)) {
        for (name, value) in tree.attributes(id) {
            if name == "font-family" || value.contains("var(") {
                words.extend(words_of(value));
            }
        }
        if tree.name(id) == "style" {
            words.extend(words_of(&tree.text(id)));
        }
    }
    words
}

/// The text with what its `url(…)` lead to.
fn linked(draft: &mut Draft, laid: &Laid, text: &str) -> String {
    let mut out = text.to_owned();
    for link in laid.sheet.links.iter().filter(|link| text.contains(&link.stand_in)) {
        let url = draft.take(&link.target, link.directive);
        out = out.replace(&link.stand_in, &quoted(&url));
    }
    out
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
fn shows_white_space(code: &str) -> bool {
    ["pre-wrap", "pre-line", "break-spaces", "white-space:pre", "white-space-collapse"]
        .iter()
        .any(|it| code.contains(it))
}
