//! What the page says is meant for visitors: nothing left over from writing, templating or pasting.

use super::page::shown;
use super::{Family, Notes, Page, Rule, Site};
use crate::html::Id;

pub(super) struct Words;

const FILLER: Rule = Rule::fail("filler-text", "no text is left that only held a place");
const TEMPLATE: Rule = Rule::fail("template-text", "no piece of a template or of Markdown is shown as it was written");
const BROKEN: Rule = Rule::fail("broken-characters", "every character is the one that was meant");
const EXAMPLE: Rule = Rule::warn("example-address", "no address of an example is left");
const EMPTY: Rule = Rule::warn("empty-page", "every page says something");

impl Family for Words {
    fn name(&self) -> &'static str {
        "words"
    }

    fn title(&self) -> &'static str {
        "nothing is left over from writing"
    }

    fn rules(&self) -> &'static [Rule] {
        &[FILLER, TEMPLATE, BROKEN, EXAMPLE, EMPTY]
    }

    fn page(&self, site: &Site<'_>, page: &Page<'_>, notes: &mut Notes<'_>) {
        for (_, text) in texts(page) {
            let lower = text.to_lowercase();
            if let Some(word) = FILLERS.iter().find(|word| lower.contains(*word)) {
                let seen = format!("`{}` is left in the text", shown(&around(text, &lower, word), 60));
                notes.words(&FILLER, text, seen, "write what is meant, or take it out");
            }
            if let Some(mark) = leftover(text) {
                let seen = format!("`{}` shows `{mark}`", shown(text, 60));
                notes.words(&TEMPLATE, text, seen, remedy_for(mark));
            }
            if let Some(broken) = BROKEN_UP.iter().find(|broken| text.contains(**broken)) {
                let seen = format!("`{broken}` in `{}`", shown(text, 60));
                notes.words(
                    &BROKEN,
                    text,
                    seen,
                    "the text was saved in one encoding and read in another: type it again, save as UTF-8",
                );
            }
        }
        let spoken: usize = texts(page).map(|(_, text)| text.trim().chars().count()).sum();
        if spoken < 10 && page.named(&["img", "svg", "video"]).next().is_none() {
            notes.page(
                &EMPTY,
                "title",
                "the page shows next to nothing",
                "write its text below the second `+++`, or take the file out",
            );
        }
        if !site.settings().site.url.ends_with(".example") {
            example(page, notes);
        }
    }
}

/// Every text that is shown, with the element around it.
fn texts<'p>(page: &'p Page<'_>) -> impl Iterator<Item = (Id, &'p str)> {
    let silent = |id: Id| {
        matches!(page.tree.name(id), "script" | "style" | "code" | "pre" | "kbd" | "samp" | "template" | "textarea")
    };
    let holders = page.elements.iter().copied().filter(move |id| page.tree.is_html(*id) && !silent(*id));
    let inside =
        move |id: Id| page.tree.children(id).iter().filter_map(move |child| Some((id, page.tree.words(*child)?)));
    holders
        .filter(|id| !page.is_inside(*id, &["code", "pre", "template"]))
        .flat_map(inside)
        .filter(|(_, text)| !text.trim().is_empty())
}

const FILLERS: &[&str] = &[
    "lorem ipsum",
    "dolor sit amet",
    "à compléter",
    "a completer",
    "texte à venir",
    "votre texte ici",
    "xxxx",
    "your text here",
    "insert text",
    "to be defined",
    "à définir",
    "blabla",
    "bla bla",
];

fn around(text: &str, lower: &str, word: &str) -> String {
    let before = lower.find(word).map_or(0, |at| lower[..at].chars().count());
    text.chars().skip(before.saturating_sub(10)).take(60).collect()
}

/// What only a broken template or a slip in Markdown leaves in the text of a page.
fn leftover(text: &str) -> Option<&'static str> {
    let marks = ["{{", "}}", "{%", "%}", "**", "](", "![", "+++"];
    let found = marks.into_iter().find(|mark| text.contains(mark))?;
    // Stars may be meant: a rating, a footnote, a password.
    let starred = found == "**" && (text.contains("***") || !text.contains(char::is_alphanumeric));
    (!starred).then_some(found)
}

fn remedy_for(mark: &str) -> &'static str {
    match mark {
        "**" => "bold is `**word**`: two stars on both sides, no space inside of them",
        "](" | "![" => {
            "a link is `[words](address)`, a picture `![text](file)`: no space between `]` and `(`, none in the address"
        }
        "+++" => "the front matter stands first in the file, between two lines of `+++`",
        _ => "a template's mark stands where no template is: take it out, or put it into the theme",
    }
}

/// UTF-8 that was read as Windows-1252, and what a decoder puts where it gave up.
const BROKEN_UP: &[&str] =
    &["Ã©", "Ã¨", "Ãª", "Ã ", "Ã§", "Ã´", "Ã®", "Ã»", "â‚¬", "â€™", "â€œ", "â€¦", "Â ", "Â«", "Â»", "\u{fffd}"];

fn example(page: &Page<'_>, notes: &mut Notes<'_>) {
    const HOSTS: &[&str] = &["example.com", "example.org", "example.net", "exemple.fr", "exemple.com"];
    for id in page.named(&["a", "form", "link"]) {
        let url = page.tree.get(id, "href").or_else(|| page.tree.get(id, "action")).unwrap_or_default();
        let of_example = |host: &str| HOSTS.iter().any(|it| host == *it || host.ends_with(&format!(".{it}")));
        let host =
            url.split_once("://").map_or_else(|| url.split_once('@').map_or("", |(_, host)| host), |(_, rest)| rest);
        let host = host.split(['/', '?', '#', ':']).next().unwrap_or_default();
        if of_example(host) {
            let seen = format!("`{}` is an address of an example", shown(url, 60));
            notes.element(&EXAMPLE, id, seen, "write your own address");
        }
    }
}
