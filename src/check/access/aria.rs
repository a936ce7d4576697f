//! ARIA that is there is right: no ARIA is better than bad ARIA (WAI-ARIA 1.2; ARIA in HTML).

use super::name::name;
use crate::check::page::shown;
use crate::check::{Family, Notes, Page, Rule, Site};
use crate::html::Id;
use crate::text::nearest;

pub(in crate::check) struct Aria;

const ROLE: Rule = Rule::fail("aria-role", "every role is one of ARIA's");
const ATTRIBUTE: Rule = Rule::fail("aria-attribute", "every `aria-` attribute is one of ARIA's");
const VALUE: Rule = Rule::fail("aria-value", "`aria-` attributes have values that ARIA knows");
const REFERENCE: Rule = Rule::fail("aria-reference", "`aria-` attributes that name elements name some that are there");
const REQUIRED: Rule = Rule::fail("aria-required", "a role has the attributes that it needs");
const PARENT: Rule = Rule::fail("aria-parent", "a role stands in the role that it is a part of");
const NAMED: Rule = Rule::fail("aria-name", "what has a role to be pressed or opened has a name");
const BODY: Rule = Rule::fail("aria-hidden-body", "the page as a whole is not hidden");
const NAMELESS: Rule = Rule::warn("aria-label-ignored", "a label stands where it is read out");

impl Family for Aria {
    fn name(&self) -> &'static str {
        "aria"
    }

    fn title(&self) -> &'static str {
        "roles and `aria-` attributes are right"
    }

    fn rules(&self) -> &'static [Rule] {
        &[ROLE, ATTRIBUTE, VALUE, REFERENCE, REQUIRED, PARENT, NAMED, BODY, NAMELESS]
    }

    fn page(&self, _: &Site<'_>, page: &Page<'_>, notes: &mut Notes<'_>) {
        for id in page.elements.iter().copied() {
            if page.tree.get(id, "role").is_some() {
                role(page, id, notes);
            }
            for (attribute, value) in page.tree.attributes(id) {
                if attribute.starts_with("aria-") {
                    attribute_of(page, id, attribute, value, notes);
                }
            }
        }
        if let Some(body) = page.first("body").filter(|body| page.word(*body, "aria-hidden").as_deref() == Some("true"))
        {
            notes.element(&BODY, body, "`<body>` is hidden from screen readers", "take `aria-hidden` away");
        }
    }
}

/// The roles of WAI-ARIA 1.2, section 5.4, without the abstract ones; those of graphics and documents that are in use.
const ROLES: &[&str] = &[
    "alert",
    "alertdialog",
    "application",
    "article",
    "banner",
    "blockquote",
    "button",
    "caption",
    "cell",
    "checkbox",
    "code",
    "columnheader",
    "combobox",
    "complementary",
    "contentinfo",
    "definition",
    "deletion",
    "dialog",
    "directory",
    "document",
    "emphasis",
    "feed",
    "figure",
    "form",
    "generic",
    "grid",
    "gridcell",
    "group",
    "heading",
    "img",
    "insertion",
    "link",
    "list",
    "listbox",
    "listitem",
    "log",
    "main",
    "marquee",
    "math",
    "menu",
    "menubar",
    "menuitem",
    "menuitemcheckbox",
    "menuitemradio",
    "meter",
    "navigation",
    "none",
    "note",
    "option",
    "paragraph",
    "presentation",
    "progressbar",
    "radio",
    "radiogroup",
    "region",
    "row",
    "rowgroup",
    "rowheader",
    "scrollbar",
    "search",
    "searchbox",
    "separator",
    "slider",
    "spinbutton",
    "status",
    "strong",
    "subscript",
    "superscript",
    "suggestion",
    "switch",
    "tab",
    "table",
    "tablist",
    "tabpanel",
    "term",
    "textbox",
    "time",
    "timer",
    "toolbar",
    "tooltip",
    "tree",
    "treegrid",
    "treeitem",
    "graphics-document",
    "graphics-object",
    "graphics-symbol",
];

/// What a value may be (WAI-ARIA 1.2, section 6.6).
#[derive(Clone, Copy)]
enum Kind {
    /// `true` or `false`.
    Flag,
    /// One of some words.
    Word(&'static [&'static str]),
    /// Some of some words.
    Words(&'static [&'static str]),
    Number,
    Text,
    /// The `id` of an element, or of several.
    Ids,
}

const ATTRIBUTES: &[(&str, Kind)] = &[
    ("aria-activedescendant", Kind::Ids),
    ("aria-atomic", Kind::Flag),
    ("aria-autocomplete", Kind::Word(&["inline", "list", "both", "none"])),
    ("aria-braillelabel", Kind::Text),
    ("aria-brailleroledescription", Kind::Text),
    ("aria-busy", Kind::Flag),
    ("aria-checked", Kind::Word(&["true", "false", "mixed"])),
    ("aria-colcount", Kind::Number),
    ("aria-colindex", Kind::Number),
    ("aria-colindextext", Kind::Text),
    ("aria-colspan", Kind::Number),
    ("aria-controls", Kind::Ids),
    ("aria-current", Kind::Word(&["page", "step", "location", "date", "time", "true", "false"])),
    ("aria-describedby", Kind::Ids),
    ("aria-description", Kind::Text),
    ("aria-details", Kind::Ids),
    ("aria-disabled", Kind::Flag),
    ("aria-dropeffect", Kind::Words(&["copy", "execute", "link", "move", "none", "popup"])),
    ("aria-errormessage", Kind::Ids),
    ("aria-expanded", Kind::Word(&["true", "false", "undefined"])),
    ("aria-flowto", Kind::Ids),
    ("aria-grabbed", Kind::Word(&["true", "false", "undefined"])),
    ("aria-haspopup", Kind::Word(&["true", "false", "menu", "listbox", "tree", "grid", "dialog"])),
    ("aria-hidden", Kind::Word(&["true", "false", "undefined"])),
    ("aria-invalid", Kind::Word(&["true", "false", "grammar", "spelling"])),
    ("aria-keyshortcuts", Kind::Text),
    ("aria-label", Kind::Text),
    ("aria-labelledby", Kind::Ids),
    ("aria-level", Kind::Number),
    ("aria-live", Kind::Word(&["assertive", "off", "polite"])),
    ("aria-modal", Kind::Flag),
    ("aria-multiline", Kind::Flag),
    ("aria-multiselectable", Kind::Flag),
    ("aria-orientation", Kind::Word(&["horizontal", "vertical", "undefined"])),
    ("aria-owns", Kind::Ids),
    ("aria-placeholder", Kind::Text),
    ("aria-posinset", Kind::Number),
    ("aria-pressed", Kind::Word(&["true", "false", "mixed", "undefined"])),
    ("aria-readonly", Kind::Flag),
    ("aria-relevant", Kind::Words(&["additions", "all", "removals", "text"])),
    ("aria-required", Kind::Flag),
    ("aria-roledescription", Kind::Text),
    ("aria-rowcount", Kind::Number),
    ("aria-rowindex", Kind::Number),
    ("aria-rowindextext", Kind::Text),
    ("aria-rowspan", Kind::Number),
    ("aria-selected", Kind::Word(&["true", "false", "undefined"])),
    ("aria-setsize", Kind::Number),
    ("aria-sort", Kind::Word(&["ascending", "descending", "none", "other"])),
    ("aria-valuemax", Kind::Number),
    ("aria-valuemin", Kind::Number),
    ("aria-valuenow", Kind::Number),
    ("aria-valuetext", Kind::Text),
];

/// What a role cannot do without, unless HTML itself says it (WAI-ARIA 1.2, "Required States and Properties").
const NEEDS: &[(&str, &[&str])] = &[
    ("checkbox", &["aria-checked"]),
    ("combobox", &["aria-expanded"]),
    ("heading", &["aria-level"]),
    ("menuitemcheckbox", &["aria-checked"]),
    ("menuitemradio", &["aria-checked"]),
    ("meter", &["aria-valuenow"]),
    ("radio", &["aria-checked"]),
    ("scrollbar", &["aria-controls", "aria-valuenow"]),
    ("slider", &["aria-valuenow"]),
    ("switch", &["aria-checked"]),
];

/// What a role stands in (WAI-ARIA 1.2, "Required Context Role"), with the elements that have it by themselves.
const CONTEXT: &[(&str, &[&str])] = &[
    ("listitem", &["list", "directory", "ul", "ol", "menu"]),
    ("menuitem", &["menu", "menubar", "group"]),
    ("menuitemcheckbox", &["menu", "menubar", "group"]),
    ("menuitemradio", &["menu", "menubar", "group"]),
    ("option", &["listbox", "group", "select", "datalist"]),
    ("row", &["table", "grid", "treegrid", "rowgroup", "tbody", "thead", "tfoot"]),
    ("cell", &["row", "tr"]),
    ("gridcell", &["row", "tr"]),
    ("columnheader", &["row", "tr"]),
    ("rowheader", &["row", "tr"]),
    ("tab", &["tablist"]),
    ("treeitem", &["tree", "group"]),
];

fn role(page: &Page<'_>, id: Id, notes: &mut Notes<'_>) {
    let written = page.word(id, "role").unwrap_or_default();
    let known = |role: &&str| ROLES.contains(role) || role.starts_with("doc-");
    let Some(role) = written.split_ascii_whitespace().find(known) else {
        let remedy = nearest(&written, ROLES.iter().copied()).map_or_else(
            || "take it away: most elements of HTML have the right role".to_owned(),
            |near| format!("did you mean `{near}`?"),
        );
        return notes.element(&ROLE, id, format!("the role `{}` does not exist", shown(&written, 30)), remedy);
    };
    let native = matches!(page.tree.name(id), "input" | "option" | "progress" | "meter" | "select");
    let of_role = NEEDS.iter().find(|(it, _)| *it == role).map_or(&[][..], |(_, needs)| needs);
    for need in of_role.iter().filter(|need| !native && page.tree.get(id, need).is_none()) {
        let heading = role == "heading" && page.tree.name(id).starts_with('h') && page.tree.name(id).len() == 2;
        if !heading {
            notes.element(
                &REQUIRED,
                id,
                format!("the role `{role}` needs `{need}`"),
                format!("add `{need}`, or use the element of HTML that has this role"),
            );
        }
    }
    if let Some((_, wanted)) = CONTEXT.iter().find(|(it, _)| *it == role) {
        let owned = page.tree.get(id, "id").is_some_and(|own| {
            page.elements.iter().any(|it| {
                page.tree.get(*it, "aria-owns").is_some_and(|owns| owns.split_ascii_whitespace().any(|it| it == own))
            })
        });
        let inside = page.around(id).any(|around| {
            let role = page.word(around, "role").unwrap_or_else(|| page.tree.name(around).to_owned());
            wanted.contains(&role.as_str())
        });
        if !inside && !owned {
            notes.element(
                &PARENT,
                id,
                format!("the role `{role}` stands alone"),
                format!("put it into an element with the role `{}`", wanted[0]),
            );
        }
    }
    let pressed = [
        "button",
        "link",
        "checkbox",
        "combobox",
        "dialog",
        "alertdialog",
        "listbox",
        "menuitem",
        "meter",
        "progressbar",
        "radio",
        "searchbox",
        "slider",
        "spinbutton",
        "switch",
        "tab",
        "textbox",
        "treeitem",
    ];
    if pressed.contains(&role) && name(page, id).is_empty() {
        notes.element(
            &NAMED,
            id,
            format!("{} has no name", page.tag(id)),
            "put words into it, or name it with `aria-label`",
        );
    }
}

fn attribute_of(page: &Page<'_>, id: Id, attribute: &str, value: &str, notes: &mut Notes<'_>) {
    let Some((_, kind)) = ATTRIBUTES.iter().find(|(name, _)| *name == attribute) else {
        let remedy = nearest(attribute, ATTRIBUTES.iter().map(|(name, _)| *name))
            .map_or_else(|| "take it away".to_owned(), |near| format!("did you mean `{near}`?"));
        return notes.element(&ATTRIBUTE, id, format!("`{}` does not exist", shown(attribute, 40)), remedy);
    };
    let word = value.trim();
    let wrong = match kind {
        Kind::Flag => (!matches!(word, "true" | "false")).then(|| "write `true` or `false`".to_owned()),
        Kind::Word(words) => (!words.contains(&word)).then(|| format!("write one of {}", listed(words))),
        Kind::Words(words) => {
            let known = word.split_ascii_whitespace().all(|it| words.contains(&it));
            (!known).then(|| format!("write some of {}", listed(words)))
        }
        Kind::Number => word.parse::<f64>().is_err().then(|| "write a number".to_owned()),
        Kind::Text => None,
        Kind::Ids => {
            if let Some(missing) = word.split_ascii_whitespace().find(|name| !page.ids.contains_key(*name)) {
                let seen = format!("`{attribute}` names `{}`, which is not on the page", shown(missing, 30));
                notes.element(&REFERENCE, id, seen, "name the `id` of an element, without `#`");
            }
            word.is_empty().then(|| "name the `id` of an element, or take it away".to_owned())
        }
    };
    if let Some(remedy) = wrong {
        notes.element(&VALUE, id, format!("`{attribute}=\"{}\"` means nothing", shown(value, 30)), remedy);
    }
    // ARIA in HTML, section 4: these may not be named.
    let nameless = matches!(page.tree.name(id), "div" | "span" | "p" | "b" | "i" | "em" | "strong" | "small" | "code")
        && page.tree.get(id, "role").is_none();
    if matches!(attribute, "aria-label" | "aria-labelledby") && nameless {
        let seen = format!("`{attribute}` on `<{}>`, which has no role: nobody reads it", page.tree.name(id));
        notes.element(&NAMELESS, id, seen, "write the words into it, or give it a role");
    }
}

fn listed(words: &[&str]) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}
