//! The page can be used as each person uses it: zoomed, by keyboard, without sound and haste (WCAG 1.4.2, 1.4.4, 2.1.1, 2.2.1, 2.4.3).

use super::name::is_hidden;
use crate::check::page::shown;
use crate::check::{Family, Notes, Page, Rule, Site};
use crate::html::Id;
use std::collections::BTreeMap;

pub(in crate::check) struct Operation;

const ZOOM: Rule = Rule::fail("zoom", "the page can be zoomed");
const VIEWPORT: Rule = Rule::fail("viewport", "the page fits the width of a phone");
const REFRESH: Rule = Rule::fail("refresh", "the page does not reload or move by itself");
const TABINDEX: Rule = Rule::warn("tabindex", "the order of the keyboard is that of the page");
const AUTOPLAY: Rule = Rule::fail("autoplay", "nothing makes a sound by itself");
const CAPTIONS: Rule = Rule::warn("captions", "a video with sound has captions");
const MOVING: Rule = Rule::fail("moving-text", "no text blinks or runs");
const NESTED: Rule = Rule::fail("nested-controls", "no control stands inside another one");
const ACCESSKEY: Rule = Rule::warn("accesskey", "no two elements share a key");
const HIDDEN_FOCUS: Rule =
    Rule::fail("hidden-focus", "the keyboard reaches nothing that screen readers are not told of");
const AUTOCOMPLETE: Rule = Rule::fail("autocomplete", "`autocomplete` says something that browsers know");
const AUTOCOMPLETE_MISSING: Rule =
    Rule::warn("autocomplete-missing", "fields about the visitor can be filled in by the browser");
const SERVER_MAP: Rule = Rule::fail("server-map", "no picture is a map that only a mouse can use");

impl Family for Operation {
    fn name(&self) -> &'static str {
        "operation"
    }

    fn title(&self) -> &'static str {
        "the page can be zoomed, tabbed through and filled in"
    }

    fn rules(&self) -> &'static [Rule] {
        &[
            ZOOM,
            VIEWPORT,
            REFRESH,
            TABINDEX,
            AUTOPLAY,
            CAPTIONS,
            MOVING,
            NESTED,
            ACCESSKEY,
            HIDDEN_FOCUS,
            AUTOCOMPLETE,
            AUTOCOMPLETE_MISSING,
            SERVER_MAP,
        ]
    }

    fn page(&self, _: &Site<'_>, page: &Page<'_>, notes: &mut Notes<'_>) {
        viewport(page, notes);
        accesskeys(page, notes);
        for id in page.elements.iter().copied() {
            tabindex(page, id, notes);
            if is_control(page, id) {
                nested(page, id, notes);
                hidden_focus(page, id, notes);
            }
            match page.tree.name(id) {
                "meta" => refresh(page, id, notes),
                "audio" | "video" => sound(page, id, notes),
                "blink" | "marquee" => {
                    let seen = format!("`<{}>` moves its text", page.tree.name(id));
                    notes.element(&MOVING, id, seen, "let the text stand still");
                }
                "input" | "select" | "textarea" => autocomplete(page, id, notes),
                "img" if page.tree.get(id, "ismap").is_some() => {
                    let seen = format!("{} sends where a mouse was clicked", page.tag(id));
                    notes.element(&SERVER_MAP, id, seen, "use links");
                }
                _ => {}
            }
        }
    }
}

fn viewport(page: &Page<'_>, notes: &mut Notes<'_>) {
    let is_viewport = |id: &Id| page.word(*id, "name").as_deref() == Some("viewport");
    let Some(id) = page.named(&["meta"]).find(is_viewport) else {
        let remedy = "add `<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">` to the theme";
        return notes.page(&VIEWPORT, "", "there is no viewport: a phone shows the page in the size of stamps", remedy);
    };
    let content = page.word(id, "content").unwrap_or_default();
    let values = content.split([',', ';']).filter_map(|pair| pair.split_once('='));
    for (key, value) in values.map(|(key, value)| (key.trim(), value.trim())) {
        let blocked = match key {
            "user-scalable" => matches!(value, "no" | "0"),
            "maximum-scale" => value.parse::<f32>().is_ok_and(|scale| scale < 5.0),
            _ => false,
        };
        if blocked {
            notes.element(&ZOOM, id, format!("`{key}={value}` keeps people from zooming"), format!("take `{key}` out"));
        }
    }
    if !content.contains("device-width") && !content.contains("initial-scale") {
        let seen = format!("the viewport is `{}`", shown(&content, 60));
        notes.element(&VIEWPORT, id, seen, "write `width=device-width,initial-scale=1`");
    }
}

fn refresh(page: &Page<'_>, id: Id, notes: &mut Notes<'_>) {
    if page.word(id, "http-equiv").as_deref() != Some("refresh") {
        return;
    }
    let content = page.word(id, "content").unwrap_or_default();
    let moves = content.contains("url=") && content.trim_start().starts_with('0');
    // A page that only leads on at once is a redirect; everything later takes the page away from a reader.
    if !moves {
        let seen = format!("the page reloads or moves by itself: `{}`", shown(&content, 60));
        notes.element(&REFRESH, id, seen, "take it out; a new release reaches everyone who reloads");
    }
}

fn tabindex(page: &Page<'_>, id: Id, notes: &mut Notes<'_>) {
    let index = page.tree.get(id, "tabindex").and_then(|value| value.trim().parse::<i32>().ok());
    if let Some(index) = index.filter(|index| *index > 0) {
        let seen = format!("`tabindex={index}` on `<{}>`", page.tree.name(id));
        notes.element(&TABINDEX, id, seen, "use 0, and put elements in the order in which they are used");
    }
}

fn sound(page: &Page<'_>, id: Id, notes: &mut Notes<'_>) {
    let has = |name: &str| page.tree.get(id, name).is_some();
    let video = page.tree.name(id) == "video";
    if has("autoplay") && !has("muted") {
        notes.element(
            &AUTOPLAY,
            id,
            format!("{} plays by itself", page.tag(id)),
            "take `autoplay` out, or add `muted`",
        );
    }
    let captioned = page.tree.children(id).iter().any(|child| {
        page.tree.name(*child) == "track"
            && matches!(page.word(*child, "kind").as_deref(), Some("captions" | "subtitles") | None)
    });
    if video && !has("muted") && !captioned {
        let remedy = "add `<track kind=\"captions\" src=\"….vtt\" srclang=\"…\">`, or `muted` when it has no sound";
        notes.element(&CAPTIONS, id, format!("{} has no captions", page.tag(id)), remedy);
    }
}

/// Elements that are pressed, followed or filled in (HTML, section 3.2.5.2.7).
pub(in crate::check) fn is_control(page: &Page<'_>, id: Id) -> bool {
    match page.tree.name(id) {
        "a" | "area" => page.tree.get(id, "href").is_some(),
        "button" | "select" | "textarea" | "iframe" | "summary" | "embed" => true,
        "input" => page.word(id, "type").as_deref() != Some("hidden"),
        "audio" | "video" => page.tree.get(id, "controls").is_some(),
        _ => false,
    }
}

fn nested(page: &Page<'_>, id: Id, notes: &mut Notes<'_>) {
    let outer = page.around(id).find(|around| {
        matches!(page.tree.name(*around), "button" | "select" | "textarea" | "summary")
            || (page.tree.name(*around) == "a" && page.tree.get(*around, "href").is_some())
    });
    if let Some(outer) = outer {
        let seen = format!("`<{}>` inside `<{}>`", page.tree.name(id), page.tree.name(outer));
        notes.element(&NESTED, id, seen, "put them side by side: nobody can tell which of the two is meant");
    }
}

fn hidden_focus(page: &Page<'_>, id: Id, notes: &mut Notes<'_>) {
    let silenced =
        std::iter::once(id).chain(page.around(id)).any(|it| page.word(it, "aria-hidden").as_deref() == Some("true"));
    let unreachable = page.word(id, "tabindex").is_some_and(|index| index.starts_with('-'))
        || page.tree.get(id, "disabled").is_some()
        || std::iter::once(id)
            .chain(page.around(id))
            .any(|it| page.tree.get(it, "hidden").is_some() || page.tree.get(it, "inert").is_some());
    if silenced && !unreachable {
        let seen = format!("{} is hidden from screen readers and can still be reached", page.tag(id));
        notes.element(&HIDDEN_FOCUS, id, seen, "take `aria-hidden` away, or add `tabindex=\"-1\"`");
    }
}

fn accesskeys(page: &Page<'_>, notes: &mut Notes<'_>) {
    let mut seen: BTreeMap<String, Id> = BTreeMap::new();
    for id in page.elements.iter().copied() {
        let Some(key) = page.word(id, "accesskey").filter(|key| !key.is_empty()) else { continue };
        if seen.insert(key.clone(), id).is_some() {
            notes.element(
                &ACCESSKEY,
                id,
                format!("the key `{key}` is given twice"),
                "give each element a key of its own, or none",
            );
        }
    }
}

/// The field names that browsers know (HTML, section 4.10.18.7.1).
const FIELDS: &[&str] = &[
    "on",
    "off",
    "name",
    "honorific-prefix",
    "given-name",
    "additional-name",
    "family-name",
    "honorific-suffix",
    "nickname",
    "organization-title",
    "username",
    "new-password",
    "current-password",
    "one-time-code",
    "organization",
    "street-address",
    "address-line1",
    "address-line2",
    "address-line3",
    "address-level4",
    "address-level3",
    "address-level2",
    "address-level1",
    "country",
    "country-name",
    "postal-code",
    "cc-name",
    "cc-given-name",
    "cc-additional-name",
    "cc-family-name",
    "cc-number",
    "cc-exp",
    "cc-exp-month",
    "cc-exp-year",
    "cc-csc",
    "cc-type",
    "transaction-currency",
    "transaction-amount",
    "language",
    "bday",
    "bday-day",
    "bday-month",
    "bday-year",
    "sex",
    "url",
    "photo",
    "tel",
    "tel-country-code",
    "tel-national",
    "tel-area-code",
    "tel-local",
    "tel-extension",
    "email",
    "impp",
    "webauthn",
];

fn autocomplete(page: &Page<'_>, id: Id, notes: &mut Notes<'_>) {
    if is_hidden(page, id) {
        return;
    }
    if let Some(value) = page.word(id, "autocomplete") {
        let known = value.split_ascii_whitespace().all(|token| {
            FIELDS.contains(&token)
                || token.starts_with("section-")
                || matches!(token, "shipping" | "billing" | "home" | "work" | "mobile" | "fax" | "pager")
        });
        if !known {
            let near = crate::text::nearest(&value, FIELDS.iter().copied());
            let remedy = near.map_or_else(
                || "use a name of the HTML standard, such as `email`".to_owned(),
                |near| format!("did you mean `{near}`?"),
            );
            notes.element(
                &AUTOCOMPLETE,
                id,
                format!("`autocomplete=\"{}\"` means nothing to browsers", shown(&value, 40)),
                remedy,
            );
        }
        return;
    }
    let wanted = match page.word(id, "type").as_deref() {
        Some("email") => Some("email"),
        Some("tel") => Some("tel"),
        _ => None,
    };
    if let Some(wanted) = wanted {
        let seen = format!("{} cannot be filled in by the browser", page.tag(id));
        notes.element(&AUTOCOMPLETE_MISSING, id, seen, format!("add `autocomplete=\"{wanted}\"`"));
    }
}
