//! Everything that a person must find or press has a name: pictures, links, buttons, fields, frames (WCAG 1.1.1, 2.4.4, 4.1.2).

use super::name::{is_hidden, labels_of, name, name_without_title};
use crate::check::page::shown;
use crate::check::{Family, Notes, Page, Rule, Site};
use crate::html::Id;

pub(in crate::check) struct Names;

const IMAGE_ALT: Rule = Rule::fail("image-alt", "every picture has a text, or an empty one when it only decorates");
const IMAGE_ALT_NAME: Rule = Rule::warn("image-alt-file-name", "the text of a picture is not the name of its file");
const IMAGE_ALT_TWICE: Rule =
    Rule::warn("image-alt-repeated", "the text of a picture does not repeat the words beside it");
const GRAPHIC_NAME: Rule = Rule::fail("graphic-name", "a graphic with the role of a picture has a name");
const OBJECT_NAME: Rule = Rule::fail("object-name", "every `<object>` has a name");
const LINK_NAME: Rule = Rule::fail("link-name", "every link says where it leads");
const LINK_VAGUE: Rule = Rule::warn("link-vague", "a link's words say where it leads without those around it");
const BUTTON_NAME: Rule = Rule::fail("button-name", "every button says what it does");
const FIELD_LABEL: Rule = Rule::fail("field-label", "every field of a form has a label");
const FIELD_TITLE: Rule = Rule::warn("field-label-visible", "the label of a field can be seen");
const FIELD_LABELS: Rule = Rule::warn("field-labels", "a field has one label");
const FRAME_TITLE: Rule = Rule::fail("frame-title", "every frame has a title");
const SUMMARY_NAME: Rule = Rule::fail("summary-name", "every `<summary>` says what it opens");

impl Family for Names {
    fn name(&self) -> &'static str {
        "names"
    }

    fn title(&self) -> &'static str {
        "everything that is seen or pressed has a name"
    }

    fn rules(&self) -> &'static [Rule] {
        &[
            IMAGE_ALT,
            IMAGE_ALT_NAME,
            IMAGE_ALT_TWICE,
            GRAPHIC_NAME,
            OBJECT_NAME,
            LINK_NAME,
            LINK_VAGUE,
            BUTTON_NAME,
            FIELD_LABEL,
            FIELD_TITLE,
            FIELD_LABELS,
            FRAME_TITLE,
            SUMMARY_NAME,
        ]
    }

    fn page(&self, _: &Site<'_>, page: &Page<'_>, notes: &mut Notes<'_>) {
        for id in page.elements.iter().copied().filter(|id| !is_hidden(page, *id)) {
            match page.tree.name(id) {
                "img" => image(page, id, notes),
                "svg" => graphic(page, id, notes),
                "a" | "area" if page.tree.get(id, "href").is_some() => link(page, id, notes),
                "button" => button(page, id, notes),
                "input" | "select" | "textarea" => field(page, id, notes),
                "iframe" | "object" | "summary" => named(page, id, notes),
                _ if page.word(id, "role").as_deref() == Some("img") => graphic(page, id, notes),
                _ => {}
            }
        }
    }
}

fn is_decoration(page: &Page<'_>, id: Id) -> bool {
    matches!(page.word(id, "role").as_deref(), Some("presentation" | "none"))
}

fn image(page: &Page<'_>, id: Id, notes: &mut Notes<'_>) {
    let Some(alt) = page.tree.get(id, "alt") else {
        if name(page, id).is_empty() && !is_decoration(page, id) {
            let remedy = "say in `alt` what it shows, `![what it shows](file.jpg)` in Markdown; `alt=\"\"` when it only decorates";
            notes.element(&IMAGE_ALT, id, format!("{} has no text", page.tag(id)), remedy);
        }
        return;
    };
    if is_file_name(alt) {
        let seen = format!("the text of a picture is `{}`", shown(alt, 60));
        notes.element(&IMAGE_ALT_NAME, id, seen, "say what the picture shows");
    }
    let link = page.around(id).find(|around| page.tree.name(*around) == "a");
    let repeated = |link: Id| !alt.trim().is_empty() && page.tree.text(link).trim().eq_ignore_ascii_case(alt.trim());
    if let Some(link) = link.filter(|link| repeated(*link)) {
        let seen = format!("the link `{}` says the same in its picture's text", shown(&page.tree.text(link), 40));
        notes.element(&IMAGE_ALT_TWICE, id, seen, "leave the picture's text empty: the words beside it are read out");
    }
}

fn is_file_name(alt: &str) -> bool {
    let (stem, extension) = alt.trim().rsplit_once('.').unwrap_or_default();
    let known = ["jpg", "jpeg", "png", "webp", "avif", "gif", "svg", "heic"];
    !stem.is_empty() && known.contains(&extension.to_ascii_lowercase().as_str())
}

fn graphic(page: &Page<'_>, id: Id, notes: &mut Notes<'_>) {
    let is_picture = page.word(id, "role").is_some_and(|role| role == "img" || role.starts_with("graphics-"));
    if is_picture && name(page, id).is_empty() {
        let seen = format!("{} has no name", page.tag(id));
        notes.element(&GRAPHIC_NAME, id, seen, "name it with `aria-label`, or take the role away");
    }
}

/// Words that tell nothing to whoever hears the links of a page one after the other (WCAG 2.4.4, 2.4.9).
const VAGUE: &[&str] = &[
    "ici",
    "cliquez ici",
    "cliquer ici",
    "en savoir plus",
    "lire la suite",
    "plus",
    "lien",
    "here",
    "click here",
    "read more",
    "more",
    "learn more",
    "link",
    "this",
    "hier",
    "mehr",
    "klicken sie hier",
];

fn link(page: &Page<'_>, id: Id, notes: &mut Notes<'_>) {
    let name = name(page, id);
    if name.is_empty() {
        let seen = format!("{} has no words", page.tag(id));
        notes.element(&LINK_NAME, id, seen, "put words into the link, or a text into its picture");
    } else if VAGUE.contains(&name.to_lowercase().trim_end_matches(['.', '…', '!', ' ', '\u{a0}', '>', '→'])) {
        let seen = format!("a link says `{}`", shown(&name, 40));
        notes.element(&LINK_VAGUE, id, seen, "name what is behind it: `our prices`, not `here`");
    }
}

fn button(page: &Page<'_>, id: Id, notes: &mut Notes<'_>) {
    if name(page, id).is_empty() {
        let seen = format!("{} has no words", page.tag(id));
        notes.element(&BUTTON_NAME, id, seen, "say on the button what it does");
    }
}

fn field(page: &Page<'_>, id: Id, notes: &mut Notes<'_>) {
    let kind = page.word(id, "type").unwrap_or_default();
    let is_input = page.tree.name(id) == "input";
    if is_input && matches!(kind.as_str(), "submit" | "reset" | "button" | "image") {
        if name(page, id).is_empty() {
            let remedy = if kind == "image" { "say in `alt` what it does" } else { "say in `value` what it does" };
            notes.element(&BUTTON_NAME, id, format!("{} has no words", page.tag(id)), remedy);
        }
        return;
    }
    if name(page, id).is_empty() {
        let remedy = "put it into a `<label>`, or name its `id` in the label's `for`; `placeholder` is no label";
        notes.element(&FIELD_LABEL, id, format!("{} has no label", page.tag(id)), remedy);
    } else if name_without_title(page, id).is_empty() {
        let seen = format!("{} is named by `title` alone", page.tag(id));
        notes.element(&FIELD_TITLE, id, seen, "put it into a `<label>`");
    }
    if labels_of(page, id).len() > 1 {
        let seen = format!("{} has more than one `<label>`", page.tag(id));
        notes.element(
            &FIELD_LABELS,
            id,
            seen,
            "join the labels: some programs read the first one only, some the last one",
        );
    }
}

fn named(page: &Page<'_>, id: Id, notes: &mut Notes<'_>) {
    let (rule, remedy) = match page.tree.name(id) {
        "iframe" => (&FRAME_TITLE, "say in `title` what is in the frame"),
        "object" => (&OBJECT_NAME, "name it with `aria-label`"),
        _ => (&SUMMARY_NAME, "put words into it"),
    };
    if name(page, id).is_empty() && !is_decoration(page, id) {
        notes.element(rule, id, format!("{} has no name", page.tag(id)), remedy);
    }
}
