//! The page says which language it speaks, so that it is read out, hyphenated and found in it.

use super::page::shown;
use super::site::Target;
use super::{Family, Notes, Page, Rule, Site};
use crate::html::Id;

pub(super) struct Language;

const LANG: Rule = Rule::fail("lang", "every page says its language");
const VALID: Rule = Rule::fail("lang-valid", "every language is a tag of BCP 47");
const PLAUSIBLE: Rule = Rule::warn("lang-plausible", "the text is in the language that the page says");
const ALTERNATE: Rule = Rule::fail("hreflang", "pages that are translations of each other name each other");
const DIRECTION: Rule = Rule::fail("direction", "a language that runs from right to left is shown so");

impl Family for Language {
    fn name(&self) -> &'static str {
        "language"
    }

    fn title(&self) -> &'static str {
        "pages say their language, translations name each other"
    }

    fn rules(&self) -> &'static [Rule] {
        &[LANG, VALID, PLAUSIBLE, ALTERNATE, DIRECTION]
    }

    fn page(&self, site: &Site<'_>, page: &Page<'_>, notes: &mut Notes<'_>) {
        let html = page.first("html");
        let lang = html.and_then(|html| page.tree.get(html, "lang")).unwrap_or_default().trim();
        match html {
            Some(html) if lang.is_empty() => {
                notes.element(
                    &LANG,
                    html,
                    "`<html>` has no `lang`",
                    "write `<html lang=\"{{ site.lang }}\">` in the theme",
                );
            }
            _ => {
                plausible(page, lang, notes);
                direction(page, lang, notes);
            }
        }
        for id in page.elements.iter().copied() {
            if let Some(lang) = page.tree.get(id, "lang").filter(|lang| !lang.trim().is_empty()) {
                valid(page, id, lang.trim(), notes);
            }
        }
        alternates(site, page, lang, notes);
    }
}

/// The two-letter codes of ISO 639-1; three letters are taken as they are.
const CODES: &str = " aa ab ae af ak am an ar as av ay az ba be bg bh bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv dz ee el en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik io is it iu ja jv ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na nb nd ne ng nl nn no nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg sh si sk sl sm sn so sq sr ss st su sv sw ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu ";

/// Whether a text is a well-formed tag of BCP 47 (RFC 5646, section 2.1) whose language is known.
pub(super) fn is_tag(tag: &str) -> bool {
    let mut parts = tag.split('-');
    let first = parts.next().unwrap_or_default().to_ascii_lowercase();
    let known = match first.len() {
        2 => CODES.contains(&format!(" {first} ")),
        3 => first.bytes().all(|byte| byte.is_ascii_lowercase()),
        1 => matches!(first.as_str(), "x" | "i"),
        _ => false,
    };
    known && parts.all(|part| (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

fn valid(page: &Page<'_>, id: Id, lang: &str, notes: &mut Notes<'_>) {
    if !is_tag(lang) {
        let seen = format!("`lang=\"{}\"` on `<{}>` is no language", shown(lang, 20), page.tree.name(id));
        notes.element(
            &VALID,
            id,
            seen,
            "write a tag such as `fr`, `en-GB`, `pt-BR`: two letters, a hyphen, the country",
        );
    }
}

fn direction(page: &Page<'_>, lang: &str, notes: &mut Notes<'_>) {
    let language = lang.split('-').next().unwrap_or_default().to_ascii_lowercase();
    let leftwards = matches!(language.as_str(), "ar" | "he" | "fa" | "ur" | "yi" | "ps" | "sd" | "ug" | "dv");
    let Some(html) = page.first("html") else { return };
    let dir = page.word(html, "dir").unwrap_or_default();
    if leftwards && dir != "rtl" {
        notes.element(
            &DIRECTION,
            html,
            format!("`{language}` runs from right to left"),
            "write `dir=\"rtl\"` on `<html>`",
        );
    } else if !leftwards && dir == "rtl" {
        notes.element(&DIRECTION, html, format!("`{language}` runs from left to right"), "take `dir=\"rtl\"` away");
    }
}

/// Little words that stand in every text of a language and seldom in another's.
const COMMON: &[(&str, &[&str])] = &[
    (
        "fr",
        &[
            "le", "la", "les", "des", "une", "est", "vous", "nous", "pour", "dans", "avec", "et", "pas", "que", "sur",
            "votre",
        ],
    ),
    (
        "en",
        &[
            "the", "and", "you", "your", "with", "for", "that", "this", "are", "not", "from", "have", "of", "to", "is",
            "it",
        ],
    ),
    (
        "de",
        &[
            "der", "die", "das", "und", "nicht", "mit", "für", "ist", "sie", "wir", "ein", "eine", "auf", "den", "von",
            "zu",
        ],
    ),
    (
        "es",
        &["el", "los", "las", "una", "con", "para", "que", "por", "está", "su", "del", "y", "se", "no", "más", "como"],
    ),
    (
        "it",
        &["il", "gli", "della", "che", "per", "con", "non", "una", "sono", "è", "di", "del", "più", "come", "nel", "e"],
    ),
    (
        "nl",
        &[
            "het", "een", "van", "niet", "met", "voor", "zijn", "wij", "ons", "deze", "op", "te", "ook", "naar", "bij",
            "aan",
        ],
    ),
    (
        "pt",
        &["os", "uma", "com", "para", "não", "que", "por", "você", "são", "mais", "do", "da", "em", "e", "seu", "dos"],
    ),
];

fn plausible(page: &Page<'_>, lang: &str, notes: &mut Notes<'_>) {
    let own = lang.split('-').next().unwrap_or_default().to_ascii_lowercase();
    if !COMMON.iter().any(|(language, _)| *language == own) {
        return;
    }
    let Some(main) = page.first("main").or_else(|| page.first("body")) else { return };
    let text = page.tree.text(main).to_lowercase();
    let words: Vec<&str> = text.split(|c: char| !c.is_alphabetic()).filter(|word| !word.is_empty()).collect();
    let count = |list: &[&str]| words.iter().filter(|word| list.contains(word)).count();
    let counts: Vec<(&str, usize)> = COMMON.iter().map(|(language, list)| (*language, count(list))).collect();
    let of = |language: &str| counts.iter().find(|(it, _)| *it == language).map_or(0, |(_, count)| *count);
    let Some((best, most)) = counts.iter().copied().max_by_key(|(_, count)| *count) else { return };
    // A few dozen words must speak, and speak clearly, before anyone is told that he chose the wrong language.
    if words.len() >= 60 && best != own && most >= 12 && most > 3 * of(&own) {
        let seen = format!("the page says `{}`, its text reads like `{best}`", shown(lang, 20));
        let remedy = "say the right language, in `lang` of `[site]` or by the folder that the page stands in";
        notes.page(&PLAUSIBLE, "title", seen, remedy);
    }
}

/// Every `hreflang` of a page, with its address.
fn named<'p>(page: &'p Page<'_>) -> impl Iterator<Item = (Id, String, &'p str)> {
    let links = page.named(&["link"]).filter(|id| page.word(*id, "rel").as_deref() == Some("alternate"));
    links.filter_map(|id| Some((id, page.word(id, "hreflang")?, page.tree.get(id, "href")?)))
}

fn alternates(site: &Site<'_>, page: &Page<'_>, lang: &str, notes: &mut Notes<'_>) {
    let all: Vec<_> = named(page).collect();
    for (id, tag, href) in &all {
        if tag != "x-default" && !is_tag(tag) {
            let seen = format!("`hreflang=\"{}\"` is no language", shown(tag, 20));
            notes.element(&ALTERNATE, *id, seen, "write a tag such as `fr` or `en-GB`");
        }
        let other = match site.target(page, href) {
            Target::File(key, _) => site.page(key),
            Target::Nowhere(path) => {
                let seen = format!("the translation `{tag}` is `{}`, which is not published", shown(&path, 60));
                notes.element(&ALTERNATE, *id, seen, "add the page, or take the link away");
                continue;
            }
            Target::Redirect | Target::Elsewhere => None,
        };
        let Some(other) = other.filter(|other| other.key != page.key) else { continue };
        let back = named(other).any(|(_, _, href)| site.file(other, href) == Some(page.key));
        if !back {
            let seen = format!("`{}` names `{}` as its translation, which does not name it", page.url, other.url);
            notes.element(&ALTERNATE, *id, seen, "let both name each other; search engines drop what is not mutual");
        }
    }
    let own =
        |(_, tag, href): &(Id, String, &str)| tag.eq_ignore_ascii_case(lang) && site.file(page, href) == Some(page.key);
    if let Some((id, ..)) = all.first().filter(|_| !all.iter().any(own)) {
        let seen = format!("`{}` does not name itself among its translations", page.url);
        notes.element(&ALTERNATE, *id, seen, format!("add `hreflang=\"{lang}\"` with its own address"));
    }
}
