//! Which elements may stand in which (HTML Living Standard, section 3.2.5 and each element's "content model").

use super::NESTING;
use crate::check::page::shown;
use crate::check::{Notes, Page};
use crate::html::Id;

/// Elements that make a block: they may not stand where only words may.
const BLOCKS: &[&str] = &[
    "address",
    "article",
    "aside",
    "blockquote",
    "details",
    "dialog",
    "div",
    "dl",
    "fieldset",
    "figure",
    "footer",
    "form",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hgroup",
    "hr",
    "main",
    "menu",
    "nav",
    "ol",
    "p",
    "pre",
    "search",
    "section",
    "table",
    "ul",
];

/// Elements that hold words only.
const PHRASING: &[&str] = &[
    "abbr", "b", "bdi", "bdo", "button", "cite", "code", "data", "dfn", "em", "h1", "h2", "h3", "h4", "h5", "h6", "i",
    "kbd", "label", "legend", "mark", "meter", "output", "p", "pre", "progress", "q", "s", "samp", "small", "span",
    "strong", "sub", "summary", "sup", "time", "u", "var",
];

/// Parent, what may stand right below it.
const CHILDREN: &[(&str, &[&str])] = &[
    ("html", &["head", "body"]),
    ("head", &["base", "link", "meta", "noscript", "script", "style", "template", "title"]),
    ("picture", &["source", "img", "script", "template"]),
    ("table", &["caption", "colgroup", "thead", "tbody", "tfoot", "tr", "script", "template"]),
    ("thead", &["tr", "script", "template"]),
    ("tbody", &["tr", "script", "template"]),
    ("tfoot", &["tr", "script", "template"]),
    ("tr", &["td", "th", "script", "template"]),
    ("colgroup", &["col", "template"]),
    ("datalist", &["option", "script", "template"]),
    ("optgroup", &["option", "script", "template", "legend"]),
];

/// Child, where it must stand right below.
const PARENTS: &[(&str, &[&str])] = &[
    ("summary", &["details"]),
    ("figcaption", &["figure"]),
    ("legend", &["fieldset", "optgroup"]),
    ("source", &["picture", "audio", "video"]),
    ("track", &["audio", "video"]),
    ("option", &["select", "optgroup", "datalist", "div"]),
    ("optgroup", &["select", "div"]),
    ("rt", &["ruby", "rtc"]),
];

pub(super) fn look(page: &Page<'_>, id: Id, notes: &mut Notes<'_>) {
    let tree = &page.tree;
    let name = tree.name(id);
    let parent = tree.parent(id).filter(|parent| tree.is_html(*parent));
    let above = parent.map_or("", |parent| tree.name(parent));
    let mut complain = |seen: String, remedy: &str| notes.element(&NESTING, id, seen, remedy);
    if let Some((_, allowed)) = CHILDREN.iter().find(|(parent, _)| *parent == above)
        && !allowed.contains(&name)
    {
        return complain(format!("`<{name}>` stands in `<{above}>`"), "put it outside");
    }
    if let Some((_, wanted)) = PARENTS.iter().find(|(child, _)| *child == name)
        && parent.is_some()
        && !wanted.contains(&above)
        && !above.contains('-')
    {
        let wanted: Vec<String> = wanted.iter().take(3).map(|it| format!("`<{it}>`")).collect();
        return complain(
            format!("`<{name}>` stands in `<{above}>`"),
            &format!("put it right into {}", wanted.join(" or ")),
        );
    }
    if BLOCKS.contains(&name)
        && let Some(holder) = words_only(page, id)
    {
        let seen = format!("`<{name}>` stands in `<{holder}>`, which holds words only");
        return complain(seen, &format!("make it a `<span>`, or `<{holder}>` a `<div>`"));
    }
    let inside = |names: &[&str]| page.around(id).map(|around| tree.name(around)).find(|around| names.contains(around));
    if matches!(name, "form" | "label" | "dfn" | "meter" | "progress")
        && let Some(outer) = inside(&[name])
    {
        return complain(format!("`<{name}>` stands in another `<{outer}>`"), "put them side by side");
    }
    if matches!(name, "header" | "footer" | "main" | "address")
        && let Some(outer) = inside(&["header", "footer", "address"]).filter(|_| name != "main" && !sectioned(page, id))
    {
        return complain(
            format!("`<{name}>` stands in `<{outer}>`"),
            "put them side by side, or an `<article>` between them",
        );
    }
    if name == "main"
        && let Some(outer) = inside(&["article", "aside", "footer", "header", "nav", "section"])
    {
        return complain(format!("`<main>` stands in `<{outer}>`"), "put it right into `<body>`");
    }
    if name == "details" && !tree.children(id).iter().any(|child| tree.name(*child) == "summary") {
        return complain(format!("{} has no `<summary>`", page.tag(id)), "begin it with `<summary>`");
    }
    if name == "picture" && !tree.children(id).iter().any(|child| tree.name(*child) == "img") {
        return complain("`<picture>` has no `<img>`".to_owned(), "end it with `<img>`");
    }
    if matches!(name, "ul" | "ol" | "table" | "tr" | "select")
        && tree.text(id).trim().is_empty()
        && tree.children(id).is_empty()
    {
        complain(format!("{} is empty", shown(&page.tag(id), 60)), "fill it, or take it away");
    }
}

/// The nearest element around a block that holds words only, when nothing between them holds blocks.
fn words_only<'p>(page: &'p Page<'_>, id: Id) -> Option<&'p str> {
    for around in page.around(id) {
        match page.tree.name(around) {
            // They hold what their parent holds (transparent content).
            "a" | "ins" | "del" | "map" | "object" | "video" | "audio" | "canvas" | "noscript" | "slot" => {}
            // A heading may stand in these (HTML, sections 4.10.16 and 4.11.2).
            "legend" | "summary" if page.tree.name(id).starts_with('h') && page.tree.name(id) != "hr" => return None,
            name if PHRASING.contains(&name) && page.tree.is_html(around) => return Some(page.tree.name(around)),
            _ => return None,
        }
    }
    None
}

/// Whether a section stands between an element and the head or foot around it.
fn sectioned(page: &Page<'_>, id: Id) -> bool {
    let between =
        page.around(id).take_while(|around| !matches!(page.tree.name(*around), "header" | "footer" | "address"));
    between
        .into_iter()
        .any(|around| matches!(page.tree.name(around), "article" | "aside" | "nav" | "section" | "blockquote"))
}
