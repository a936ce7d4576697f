//! The notice that the law asks for is there and complete (France: LCEN, articles 1-1 and 6; GDPR, article 13).
//!
//! What it says cannot be judged, only whether something of each kind stands there; so what is missing is a warning that names it.

use super::page::shown;
use super::site::Target;
use super::{Family, Notes, Page, Rule, Site};

pub(super) struct Legal;

const NOTICE: Rule = Rule::warn("legal-notice", "every page links to the legal notice");
const ITEMS: Rule = Rule::warn("legal-items", "the legal notice names everyone whom the law wants named");
const PRIVACY: Rule = Rule::warn("privacy", "a site with a form says what becomes of the data");

impl Family for Legal {
    fn name(&self) -> &'static str {
        "legal"
    }

    fn title(&self) -> &'static str {
        "the legal notice is there and complete"
    }

    fn rules(&self) -> &'static [Rule] {
        &[NOTICE, ITEMS, PRIVACY]
    }

    fn page(&self, site: &Site<'_>, page: &Page<'_>, notes: &mut Notes<'_>) {
        if page.is_error() || is_notice(page) || site.settings().site.lang.is_empty() {
            return;
        }
        let linked = page.named(&["a"]).any(|id| {
            let href = page.tree.get(id, "href").unwrap_or_default();
            let words = page.tree.text(id).to_lowercase();
            let target = match site.target(page, href) {
                Target::File(key, _) => site.page(key),
                _ => None,
            };
            target.is_some_and(is_notice) || WORDS.iter().any(|word| words.contains(word))
        });
        if !linked {
            let remedy = "add `site/mentions-legales.md` and a link to it in the footer (LCEN, article 1-1)";
            notes.page(&NOTICE, "title", "the page has no link to a legal notice", remedy);
        }
    }

    fn site(&self, site: &Site<'_>, notes: &mut Notes<'_>) {
        for page in site.pages.iter().filter(|page| is_notice(page)) {
            items(site, page, notes);
        }
        let form = site.pages.iter().find(|page| {
            !page.is_error() && page.named(&["input"]).any(|id| page.word(id, "type").as_deref() == Some("email"))
        });
        let told = site.pages.iter().any(|page| {
            let text = page.tree.text(0).to_lowercase();
            [
                "données personnelles",
                "vos données",
                "confidentialité",
                "personal data",
                "your data",
                "privacy",
                "datenschutz",
            ]
            .iter()
            .any(|word| text.contains(word))
        });
        if let Some(page) = form.filter(|_| !told) {
            let remedy = "say on the legal page what the address is for, on what ground, how long it is kept, whom to ask (GDPR, article 13)";
            notes.spot(
                &PRIVACY,
                (page.file(), None),
                "the site takes addresses and says nowhere what becomes of them",
                remedy,
            );
        }
    }
}

const WORDS: &[&str] = &[
    "mentions légales",
    "mentions legales",
    "legal notice",
    "legal information",
    "imprint",
    "impressum",
    "aviso legal",
    "note legali",
];

/// Whether a page is a legal notice, by its title or its address.
fn is_notice(page: &Page<'_>) -> bool {
    let title = page.first("title").map(|id| page.tree.text(id).to_lowercase()).unwrap_or_default();
    let slug = page.url.rsplit('/').next().unwrap_or_default().replace('-', " ");
    WORDS.iter().any(|word| title.contains(word) || slug.contains(word))
        || matches!(slug.as_str(), "legal" | "mentions")
}

/// What a notice of a company must name, and words that show that it does, in the languages that a French site is likely to speak.
const OWED: &[(&str, &[&str])] = &[
    (
        "the form and capital of the company",
        &[
            "capital",
            "sas",
            "sarl",
            "eurl",
            "sasu",
            "association",
            "auto-entrepreneur",
            "micro-entreprise",
            "entrepreneur individuel",
            "gmbh",
            "ltd",
            "llc",
        ],
    ),
    (
        "its registration number",
        &["rcs", "siren", "siret", "registre du commerce", "registration", "registered", "handelsregister", "rna"],
    ),
    ("its VAT number", &["tva", "vat", "ust-id", "btw", "iva"]),
    ("the publication director", &["publication", "publisher", "editor", "verantwortlich"]),
    ("the host with its address", &["héberg", "hosting", "hosted", "host:", "hoster"]),
];

fn items(site: &Site<'_>, page: &Page<'_>, notes: &mut Notes<'_>) {
    let main = page.first("main").or_else(|| page.first("body")).unwrap_or(0);
    let text = page.tree.text(main);
    let lower = text.to_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| has_word(&lower, word));
    let mut missing: Vec<&str> = OWED.iter().filter(|(_, words)| !has(words)).map(|(what, _)| *what).collect();
    let owner = site.settings().brand.owner.as_deref().unwrap_or_default().to_lowercase();
    if !owner.is_empty() && !lower.contains(&owner) {
        missing.insert(0, "the name of the owner (`owner` in `[brand]`)");
    }
    if !has_postcode(&text) {
        missing.push("a postal address");
    }
    if !lower.contains('@')
        && !page.named(&["a"]).any(|id| page.word(id, "href").is_some_and(|href| href.starts_with("mailto:")))
    {
        missing.push("a mail address");
    }
    if !has_phone(page, &text) {
        missing.push("a telephone number");
    }
    if !missing.is_empty() {
        let seen = format!("`{}` does not name {}", shown(&page.url, 40), missing.join(", "));
        notes.spot(
            &ITEMS,
            (page.file(), None),
            seen,
            "add it (LCEN, articles 1-1 and 6; up to one year and 75,000 EUR)",
        );
    }
}

/// Short words stand alone: `iva` is not found in `privacy`.
fn has_word(text: &str, word: &str) -> bool {
    let letter = |c: char| c.is_alphanumeric();
    text.match_indices(word).any(|(at, _)| {
        let starts = !text[..at].chars().next_back().is_some_and(letter);
        let ends = word.len() > 5 || !text[at + word.len()..].chars().next().is_some_and(letter);
        starts && ends
    })
}

/// A postal code beside a town: four or five digits and a word.
fn has_postcode(text: &str) -> bool {
    let words: Vec<&str> =
        text.split(|c: char| c.is_whitespace() || c == ',').filter(|word| !word.is_empty()).collect();
    words.windows(2).any(|pair| {
        let code = pair[0].trim_start_matches("F-").trim_start_matches("B-").trim_start_matches("D-");
        (4..=5).contains(&code.len())
            && code.bytes().all(|byte| byte.is_ascii_digit())
            && pair[1].starts_with(char::is_uppercase)
    })
}

fn has_phone(page: &Page<'_>, text: &str) -> bool {
    let linked = page.named(&["a"]).any(|id| page.word(id, "href").is_some_and(|href| href.starts_with("tel:")));
    // A run of ten digits that begins with a zero or stands behind a plus, with what people put between them.
    let between = |c: char| matches!(c, ' ' | '.' | '-' | '\u{a0}' | '\u{202f}' | '(' | ')' | '/');
    let runs = text.split(|c: char| !(c.is_ascii_digit() || c == '+' || between(c)));
    linked
        || runs.map(|run| run.trim_start_matches(between)).any(|run| {
            let digits = run.chars().filter(char::is_ascii_digit).count();
            (run.starts_with('0') || run.starts_with('+')) && (10..=15).contains(&digits)
        })
}
