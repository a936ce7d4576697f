//! The form turns a visit into an address, without JavaScript and without this site's own server.

use super::page::shown;
use super::{Family, Notes, Page, Rule, Site};
use crate::html::{Address, Id, host};

pub(super) struct Forms;

const ACTION: Rule = Rule::fail("form-action", "a form is sent somewhere without JavaScript");
const ELSEWHERE: Rule = Rule::warn("form-elsewhere", "a form does not need this site's own server");
const METHOD: Rule = Rule::fail("form-method", "what a visitor types does not stand in an address");
const BUTTON: Rule = Rule::fail("form-button", "a form has a button to send it");
const NAME: Rule = Rule::fail("form-field-name", "every field of a form is sent");
const TYPE: Rule = Rule::warn("form-email", "an address is asked for with the right keyboard");
const CONSENT: Rule = Rule::warn("form-consent", "a form says what becomes of the address");

impl Family for Forms {
    fn name(&self) -> &'static str {
        "forms"
    }

    fn title(&self) -> &'static str {
        "forms work without JavaScript and without our own server"
    }

    fn rules(&self) -> &'static [Rule] {
        &[ACTION, ELSEWHERE, METHOD, BUTTON, NAME, TYPE, CONSENT]
    }

    fn page(&self, site: &Site<'_>, page: &Page<'_>, notes: &mut Notes<'_>) {
        for form in page.named(&["form"]) {
            let fields = fields(page, form);
            let asks = fields.iter().any(|id| is_filled_in(page, *id));
            if !asks
                || page.word(form, "role").as_deref() == Some("search")
                || page.word(form, "method").as_deref() == Some("dialog")
            {
                continue;
            }
            sent(site, page, form, notes);
            button(page, form, notes);
            for id in fields {
                field(page, id, notes);
            }
            consent(page, form, notes);
        }
    }
}

/// The controls of a form: those inside of it and those that name it.
fn fields(page: &Page<'_>, form: Id) -> Vec<Id> {
    let own = page.tree.get(form, "id").filter(|own| !own.is_empty());
    let of_form = |id: &Id| match page.tree.get(*id, "form") {
        Some(name) => own == Some(name),
        None => page.around(*id).any(|around| around == form),
    };
    page.named(&["input", "select", "textarea", "button"]).filter(of_form).collect()
}

fn is_filled_in(page: &Page<'_>, id: Id) -> bool {
    let kind = page.word(id, "type").unwrap_or_default();
    match page.tree.name(id) {
        "button" => false,
        "input" => !matches!(kind.as_str(), "hidden" | "submit" | "reset" | "button" | "image"),
        _ => true,
    }
}

fn sent(site: &Site<'_>, page: &Page<'_>, form: Id, notes: &mut Notes<'_>) {
    let action = page.tree.get(form, "action").unwrap_or_default();
    let remedy = "set `action` in `[form]` to a service that takes plain forms";
    match Address::parse(action, &site.settings().site.url) {
        Address::Here | Address::Script | Address::Data => {
            let seen = format!("{} is sent nowhere", page.tag(form));
            return notes.element(&ACTION, form, seen, remedy);
        }
        Address::Local { .. } => {
            let seen = format!("the form is sent to `{}`, to this site's own server", shown(action, 60));
            notes.element(&ELSEWHERE, form, seen, "name a service of its own: it must work when this site does not");
        }
        Address::Remote(origin) if origin.starts_with("http:") => {
            let seen = format!("the form is sent to `{}` over plain HTTP", host(&origin));
            return notes.element(&ACTION, form, seen, "write `https:`");
        }
        Address::Remote(_) | Address::Other(_) => {}
    }
    if page.word(form, "method").as_deref() != Some("post") {
        let remedy = "add `method=\"post\"`: addresses are kept in histories and logs";
        notes.element(&METHOD, form, format!("{} puts what is typed into the address", page.tag(form)), remedy);
    }
}

fn button(page: &Page<'_>, form: Id, notes: &mut Notes<'_>) {
    let sends = |id: &Id| match page.tree.name(*id) {
        "button" => !matches!(page.word(*id, "type").as_deref(), Some("button" | "reset")),
        "input" => matches!(page.word(*id, "type").as_deref(), Some("submit" | "image")),
        _ => false,
    };
    if !fields(page, form).iter().any(sends) {
        notes.element(
            &BUTTON,
            form,
            format!("{} has no button", page.tag(form)),
            "add `<button>`: not every keyboard has Enter",
        );
    }
}

fn field(page: &Page<'_>, id: Id, notes: &mut Notes<'_>) {
    if !is_filled_in(page, id) || page.tree.get(id, "disabled").is_some() {
        return;
    }
    let name = page.word(id, "name").unwrap_or_default();
    if name.is_empty() {
        notes.element(
            &NAME,
            id,
            format!("{} has no `name`: browsers do not send it", page.tag(id)),
            "give it a `name`",
        );
    }
    let kind = page.word(id, "type").unwrap_or_default();
    let of_mail = matches!(name.as_str(), "email" | "e-mail" | "mail" | "courriel");
    if of_mail && page.tree.name(id) == "input" && kind != "email" {
        let seen = format!("{} asks for a mail address", page.tag(id));
        notes.element(
            &TYPE,
            id,
            seen,
            "write `type=\"email\"`: phones show the keyboard with `@`, browsers find slips",
        );
    }
}

fn consent(page: &Page<'_>, form: Id, notes: &mut Notes<'_>) {
    let mail = fields(page, form).into_iter().any(|id| page.word(id, "type").as_deref() == Some("email"));
    let told = page.tree.elements(form).into_iter().any(|id| {
        let words = page.tree.name(id) == "small" || page.tree.name(id) == "p" && page.tree.get(id, "hidden").is_none();
        words && page.tree.text(id).trim().chars().count() > 20
    });
    let asked = fields(page, form).into_iter().any(|id| page.word(id, "type").as_deref() == Some("checkbox"));
    if mail && !told && !asked {
        let remedy = "set `consent` in `[form]`: what the address is for, how long it is kept (GDPR, article 13)";
        notes.element(&CONSENT, form, format!("{} does not say what becomes of the address", page.tag(form)), remedy);
    }
}
