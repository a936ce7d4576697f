//! The HTML is right by the standard: what the parser stumbled over, and the part of the content model and of the attributes that can be
//! told from the tree (HTML Living Standard, sections 3.2.5, 4 and 16.2).

mod elements;
mod nesting;
mod parser;
mod values;

use super::page::shown;
use super::{Family, Notes, Page, Rule, Site};
use crate::html::Id;
use crate::text::nearest;
use elements::{attributes_of, is_known, obsolete};

pub(super) struct Markup;

const PARSE: Rule = Rule::fail("html-parse", "browsers need not guess what was meant");
const ELEMENT: Rule = Rule::fail("html-element", "every element is one of HTML's");
const OBSOLETE: Rule = Rule::fail("html-obsolete", "no element or attribute is obsolete");
const ATTRIBUTE: Rule = Rule::fail("html-attribute", "every attribute is one that its element has");
const REQUIRED: Rule = Rule::fail("html-required", "no element lacks an attribute that it needs");
const VALUE: Rule = Rule::fail("html-value", "attributes have values that HTML knows");
const NESTING: Rule = Rule::fail("html-nesting", "elements stand where they may");
const DUPLICATE: Rule = Rule::fail("duplicate-id", "no two elements of a page share an `id`");
const FOR: Rule = Rule::fail("label-for", "what a label names is a field of the page");
const DOCTYPE: Rule = Rule::fail("doctype", "the page begins with `<!doctype html>`");

impl Family for Markup {
    fn name(&self) -> &'static str {
        "markup"
    }

    fn title(&self) -> &'static str {
        "the HTML is right by the standard"
    }

    fn rules(&self) -> &'static [Rule] {
        &[PARSE, ELEMENT, OBSOLETE, ATTRIBUTE, REQUIRED, VALUE, NESTING, DUPLICATE, FOR, DOCTYPE]
    }

    fn page(&self, _: &Site<'_>, page: &Page<'_>, notes: &mut Notes<'_>) {
        parser::look(page, notes);
        for id in page.elements.iter().copied().filter(|id| page.tree.is_html(*id)) {
            element(page, id, notes);
            nesting::look(page, id, notes);
            values::look(page, id, notes);
        }
        duplicates(page, notes);
        labels(page, notes);
    }
}

fn element(page: &Page<'_>, id: Id, notes: &mut Notes<'_>) {
    let name = page.tree.name(id);
    if let Some(instead) = obsolete(name) {
        return notes.element(&OBSOLETE, id, format!("`<{name}>` is obsolete"), instead);
    }
    // A hyphen makes it the author's own element (HTML, section 4.13.2).
    if name.contains('-') {
        return;
    }
    if !is_known(name) {
        let near = nearest(name, elements::names());
        let remedy = near.map_or_else(
            || "write `&lt;` when the sign itself is meant".to_owned(),
            |near| format!("did you mean `<{near}>`?"),
        );
        return notes.element(&ELEMENT, id, format!("`<{}>` does not exist", shown(name, 30)), remedy);
    }
    for (attribute, _) in page.tree.attributes(id) {
        self::attribute(id, name, attribute, notes);
    }
    for needed in elements::required(name) {
        if !needed.iter().any(|attribute| page.tree.get(id, attribute).is_some()) {
            let names: Vec<String> = needed.iter().map(|attribute| format!("`{attribute}`")).collect();
            let seen = format!("{} has no {}", page.tag(id), names.join(" and no "));
            notes.element(&REQUIRED, id, seen, format!("add {}", names[0]));
        }
    }
}

fn attribute(id: Id, element: &str, attribute: &str, notes: &mut Notes<'_>) {
    let general = attribute.starts_with("data-") && attribute.len() > 5
        || attribute.starts_with("aria-")
        || attribute.starts_with("on");
    if general || attributes_of(element).any(|it| it == attribute) {
        return;
    }
    if let Some(instead) = elements::obsolete_attribute(element, attribute) {
        let seen = format!("`{attribute}` on `<{element}>` is obsolete");
        return notes.element(&OBSOLETE, id, seen, instead);
    }
    let remedy = match nearest(attribute, attributes_of(element)) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("take it away, or write `data-{attribute}`"),
    };
    notes.element(&ATTRIBUTE, id, format!("`<{element}>` has no attribute `{}`", shown(attribute, 30)), remedy);
}

fn duplicates(page: &Page<'_>, notes: &mut Notes<'_>) {
    for (name, ids) in &page.ids {
        if let [_, second, ..] = ids[..] {
            let seen = format!("`id=\"{}\"` stands on {} elements", shown(name, 40), ids.len());
            notes.element(
                &DUPLICATE,
                second,
                seen,
                "give each a name of its own: links and labels find only the first",
            );
        }
    }
}

fn labels(page: &Page<'_>, notes: &mut Notes<'_>) {
    for id in page.named(&["label", "output"]) {
        let Some(names) = page.tree.get(id, "for") else { continue };
        for name in names.split_ascii_whitespace() {
            let target = page.ids.get(name).and_then(|ids| ids.first());
            let fields = ["button", "input", "meter", "output", "progress", "select", "textarea"];
            let is_field = target.is_some_and(|target| {
                fields.contains(&page.tree.name(*target)) || page.tree.name(*target).contains('-')
            });
            if !is_field {
                let what = if target.is_some() { "which is no field" } else { "which is not on the page" };
                let seen = format!("a label is `for=\"{}\"`, {what}", shown(name, 30));
                notes.element(&FOR, id, seen, "name the `id` of the field");
            }
        }
    }
}
