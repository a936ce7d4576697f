//! Values that HTML does not know (HTML Living Standard, section 2.3 and each attribute).

use super::VALUE;
use crate::check::page::shown;
use crate::check::{Notes, Page};
use crate::html::Id;
use crate::text::nearest;

/// Element, attribute, what it may say; `*` stands for every element.
const WORDS: &[(&str, &str, &[&str])] = &[
    ("*", "dir", &["ltr", "rtl", "auto"]),
    ("*", "hidden", &["", "hidden", "until-found"]),
    ("*", "translate", &["", "yes", "no"]),
    ("*", "inputmode", &["none", "text", "tel", "url", "email", "numeric", "decimal", "search"]),
    ("*", "enterkeyhint", &["enter", "done", "go", "next", "previous", "search", "send"]),
    ("*", "crossorigin", &["", "anonymous", "use-credentials"]),
    ("*", "fetchpriority", &["high", "low", "auto"]),
    ("*", "loading", &["lazy", "eager"]),
    ("*", "decoding", &["sync", "async", "auto"]),
    ("*", "preload", &["", "none", "metadata", "auto"]),
    ("*", "popover", &["", "auto", "manual", "hint"]),
    ("form", "method", &["get", "post", "dialog"]),
    ("form", "enctype", &["application/x-www-form-urlencoded", "multipart/form-data", "text/plain"]),
    ("button", "type", &["submit", "reset", "button"]),
    (
        "input",
        "type",
        &[
            "hidden",
            "text",
            "search",
            "tel",
            "url",
            "email",
            "password",
            "date",
            "month",
            "week",
            "time",
            "datetime-local",
            "number",
            "range",
            "color",
            "checkbox",
            "radio",
            "file",
            "submit",
            "image",
            "reset",
            "button",
        ],
    ),
    ("ol", "type", &["1", "a", "A", "i", "I"]),
    ("track", "kind", &["subtitles", "captions", "descriptions", "chapters", "metadata"]),
    ("textarea", "wrap", &["soft", "hard"]),
];

/// Attributes that are there or not.
const FLAGS: &[&str] = &[
    "allowfullscreen",
    "async",
    "autofocus",
    "autoplay",
    "checked",
    "controls",
    "default",
    "defer",
    "disabled",
    "formnovalidate",
    "inert",
    "ismap",
    "itemscope",
    "loop",
    "multiple",
    "muted",
    "nomodule",
    "novalidate",
    "open",
    "playsinline",
    "readonly",
    "required",
    "reversed",
    "selected",
];

/// Whole numbers.
const NUMBERS: &[(&str, &[&str])] = &[
    ("width", &["img", "iframe", "video", "canvas", "embed", "object", "source", "input"]),
    ("height", &["img", "iframe", "video", "canvas", "embed", "object", "source", "input"]),
    ("colspan", &["td", "th"]),
    ("rowspan", &["td", "th"]),
    ("tabindex", &[]),
    ("maxlength", &["input", "textarea"]),
    ("minlength", &["input", "textarea"]),
    ("rows", &["textarea"]),
    ("cols", &["textarea"]),
    ("start", &["ol"]),
];

pub(super) fn look(page: &Page<'_>, id: Id, notes: &mut Notes<'_>) {
    let element = page.tree.name(id);
    for (name, value) in page.tree.attributes(id) {
        let lower = value.trim().to_ascii_lowercase();
        let words = WORDS.iter().find(|(of, attribute, _)| (*of == element || *of == "*") && attribute == name);
        if let Some((_, _, words)) =
            words.filter(|(_, _, words)| !words.iter().any(|word| word.eq_ignore_ascii_case(value.trim())))
        {
            let remedy = match nearest(&lower, words.iter().copied().filter(|word| !word.is_empty())) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!(
                    "write one of {}",
                    words
                        .iter()
                        .filter(|word| !word.is_empty())
                        .map(|word| format!("`{word}`"))
                        .collect::<Vec<_>>()
                        .join(", ")
                ),
            };
            wrong(page, id, name, value, &remedy, notes);
        } else if FLAGS.contains(&name.as_str()) && !lower.is_empty() && lower != *name {
            wrong(page, id, name, value, &format!("write `{name}` alone; to turn it off, take it away"), notes);
        } else if NUMBERS.iter().any(|(number, of)| number == name && (of.is_empty() || of.contains(&element)))
            && value.trim().parse::<i32>().is_err()
        {
            wrong(page, id, name, value, "write a whole number without a unit", notes);
        } else if name == "id" && (value.is_empty() || value.contains(char::is_whitespace)) {
            wrong(page, id, name, value, "write a name without spaces", notes);
        } else if matches!(name.as_str(), "href" | "src" | "action")
            && value.trim().contains(' ')
            && !lower.starts_with("data:")
            && !lower.starts_with("mailto:")
        {
            wrong(page, id, name, value, "write `%20` for a space, or rename the file", notes);
        }
    }
}

fn wrong(page: &Page<'_>, id: Id, name: &str, value: &str, remedy: &str, notes: &mut Notes<'_>) {
    let seen = format!("`{name}=\"{}\"` on `<{}>`", shown(value, 40), page.tree.name(id));
    notes.element(&VALUE, id, seen, remedy);
}
