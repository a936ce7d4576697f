//! The name by which a screen reader calls an element (Accessible Name and Description Computation 1.2), as far as static HTML tells it.

use crate::check::page::Page;
use crate::html::{Id, Step};

/// Whether nobody is told of an element: it or something around it is hidden from everyone, or from screen readers alone.
pub(super) fn is_hidden(page: &Page<'_>, id: Id) -> bool {
    std::iter::once(id).chain(page.around(id)).any(|it| hides(page, it))
}

fn hides(page: &Page<'_>, id: Id) -> bool {
    page.tree.get(id, "hidden").is_some()
        || page.word(id, "aria-hidden").as_deref() == Some("true")
        || matches!(page.tree.name(id), "template" | "noscript" | "script" | "style" | "head")
        || page.word(id, "type").as_deref() == Some("hidden") && page.tree.name(id) == "input"
}

/// The name; empty when it has none.
pub(super) fn name(page: &Page<'_>, id: Id) -> String {
    let steps: [fn(&Page<'_>, Id) -> String; 5] = [labelled_by, label, native, contents, title];
    steps.iter().map(|step| step(page, id)).find(|name| !name.trim().is_empty()).unwrap_or_default()
}

/// The name without what a mere tooltip gives.
pub(super) fn name_without_title(page: &Page<'_>, id: Id) -> String {
    let steps: [fn(&Page<'_>, Id) -> String; 4] = [labelled_by, label, native, contents];
    steps.iter().map(|step| step(page, id)).find(|name| !name.trim().is_empty()).unwrap_or_default()
}

fn labelled_by(page: &Page<'_>, id: Id) -> String {
    let ids = page.tree.get(id, "aria-labelledby").unwrap_or_default().split_ascii_whitespace();
    let texts = ids.filter_map(|name| page.ids.get(name)?.first()).map(|id| text(page, *id));
    texts.collect::<Vec<_>>().join(" ")
}

fn label(page: &Page<'_>, id: Id) -> String {
    page.tree.get(id, "aria-label").unwrap_or_default().to_owned()
}

fn title(page: &Page<'_>, id: Id) -> String {
    page.tree.get(id, "title").unwrap_or_default().to_owned()
}

/// What HTML itself gives: `alt`, `<label>`, `value`, `<caption>`, `<legend>`, `<figcaption>`, SVG's `<title>`.
fn native(page: &Page<'_>, id: Id) -> String {
    let attribute = |name: &str| page.tree.get(id, name).unwrap_or_default().to_owned();
    let child = |name: &str| {
        let found = page.tree.children(id).iter().find(|child| page.tree.name(**child) == name);
        found.map_or(String::new(), |child| text(page, *child))
    };
    match page.tree.name(id) {
        "img" | "area" => attribute("alt"),
        "input" => match page.word(id, "type").as_deref() {
            Some("submit") if page.tree.get(id, "value").is_none() => "Submit".to_owned(),
            Some("reset") if page.tree.get(id, "value").is_none() => "Reset".to_owned(),
            Some("submit" | "reset" | "button") => attribute("value"),
            Some("image") => attribute("alt"),
            _ => labels(page, id),
        },
        "select" | "textarea" | "meter" | "output" | "progress" => labels(page, id),
        "svg" => child("title"),
        "table" => child("caption"),
        "fieldset" => child("legend"),
        "figure" => child("figcaption"),
        _ => String::new(),
    }
}

/// The text of every `<label>` of a control.
fn labels(page: &Page<'_>, id: Id) -> String {
    labels_of(page, id).into_iter().map(|label| text(page, label)).collect::<Vec<_>>().join(" ")
}

/// Every `<label>` of a control: those around it and those that name its `id`.
pub(super) fn labels_of(page: &Page<'_>, id: Id) -> Vec<Id> {
    let own = page.tree.get(id, "id").unwrap_or_default();
    let around: Vec<Id> = page.around(id).collect();
    let is_of = |label: &Id| match page.tree.get(*label, "for") {
        Some(name) => !own.is_empty() && name == own,
        None => around.contains(label),
    };
    page.named(&["label"]).filter(is_of).collect()
}

/// Elements whose name is what stands in them (ARIA 1.2, section 5.2.8.6).
fn contents(page: &Page<'_>, id: Id) -> String {
    let role = page.word(id, "role");
    let from_contents = match role.as_deref() {
        Some(role) => matches!(
            role,
            "button"
                | "cell"
                | "checkbox"
                | "columnheader"
                | "gridcell"
                | "heading"
                | "link"
                | "menuitem"
                | "option"
                | "radio"
                | "row"
                | "rowheader"
                | "switch"
                | "tab"
                | "tooltip"
                | "treeitem"
        ),
        None => matches!(
            page.tree.name(id),
            "a" | "button"
                | "h1"
                | "h2"
                | "h3"
                | "h4"
                | "h5"
                | "h6"
                | "summary"
                | "td"
                | "th"
                | "option"
                | "label"
                | "caption"
                | "legend"
                | "dt"
                | "li"
        ),
    };
    if from_contents { text(page, id) } else { String::new() }
}

/// What is read out of an element: its text and the names of the pictures in it.
pub(super) fn text(page: &Page<'_>, id: Id) -> String {
    let mut out = String::new();
    let mut hidden = 0_usize;
    for step in page.tree.walk(id) {
        match step {
            Step::Enter(at) if hidden > 0 || (at != id && hides(page, at)) => hidden += 1,
            Step::Leave(_) if hidden > 0 => hidden -= 1,
            Step::Enter(at) => {
                if let Some(words) = page.tree.words(at) {
                    out.push_str(words);
                } else if at != id {
                    out.push(' ');
                    out.push_str(&label(page, at));
                    // A field inside of its own label is not read out as its label.
                    if matches!(page.tree.name(at), "img" | "svg") {
                        out.push_str(&native(page, at));
                    }
                }
            }
            Step::Leave(_) => {}
        }
    }
    out.split_whitespace().collect::<Vec<_>>().join(" ")
}
