//! What stands in the head: what search engines, previews and tabs show.

use super::page::shown;
use super::site::Target;
use super::{Family, Notes, Page, Rule, Site};
use crate::html::{Address, Id};
use std::collections::BTreeMap;

pub(super) struct Document;

const TITLE: Rule = Rule::fail("title", "every page has a title");
const TITLE_LENGTH: Rule = Rule::warn("title-length", "a title is as long as search engines show it");
const TITLE_TWICE: Rule = Rule::warn("title-twice", "no two pages share a title");
const DESCRIPTION: Rule = Rule::warn("description", "every page says in a sentence or two what it is about");
const DESCRIPTION_TWICE: Rule = Rule::warn("description-twice", "no two pages share a description");
const NOINDEX: Rule = Rule::fail("noindex", "search engines may find the page");
const CANONICAL: Rule = Rule::fail("canonical", "the page's own address is that of the site");
const CARD: Rule = Rule::warn("preview-card", "a shared link shows a title, a text and a picture");
const CHARSET: Rule = Rule::fail("charset", "the page says first that it is UTF-8");
const ICON: Rule = Rule::warn("icon", "the page has an icon, so that no browser asks for one");

impl Family for Document {
    fn name(&self) -> &'static str {
        "document"
    }

    fn title(&self) -> &'static str {
        "titles, descriptions and addresses are right"
    }

    fn rules(&self) -> &'static [Rule] {
        &[TITLE, TITLE_LENGTH, TITLE_TWICE, DESCRIPTION, DESCRIPTION_TWICE, NOINDEX, CANONICAL, CARD, CHARSET, ICON]
    }

    fn page(&self, site: &Site<'_>, page: &Page<'_>, notes: &mut Notes<'_>) {
        title(page, notes);
        charset(page, notes);
        if page.is_error() {
            return;
        }
        description(page, notes);
        robots(page, notes);
        canonical(site, page, notes);
        card(site, page, notes);
        icon(site, page, notes);
    }

    fn site(&self, site: &Site<'_>, notes: &mut Notes<'_>) {
        unread(site, notes);
        twice(site, &TITLE_TWICE, "title", title_of, notes);
        twice(
            site,
            &DESCRIPTION_TWICE,
            "description",
            |page| meta(page, "name", "description").map(|(_, text)| text),
            notes,
        );
    }
}

/// The first `<meta>` whose `attribute` is `name`, and its content.
pub(super) fn meta(page: &Page<'_>, attribute: &str, name: &str) -> Option<(Id, String)> {
    let found = page.named(&["meta"]).find(|id| page.word(*id, attribute).as_deref() == Some(name))?;
    Some((found, page.tree.get(found, "content").unwrap_or_default().trim().to_owned()))
}

fn title_of(page: &Page<'_>) -> Option<String> {
    let title = page.first("title")?;
    Some(page.tree.text(title).split_whitespace().collect::<Vec<_>>().join(" "))
}

/// Search engines cut titles near 60 characters and descriptions near 160.
const LONGEST_TITLE: usize = 70;
const LONGEST_DESCRIPTION: usize = 170;
const SHORTEST_DESCRIPTION: usize = 40;

fn title(page: &Page<'_>, notes: &mut Notes<'_>) {
    let title = title_of(page).unwrap_or_default();
    let length = title.chars().count();
    if title.is_empty() {
        notes.page(&TITLE, "title", "the page has no title", "write `title = \"…\"` in its front matter");
    } else if length > LONGEST_TITLE && !page.is_error() {
        let seen = format!("the title takes {length} characters: `{}`", shown(&title, 60));
        notes.page(&TITLE_LENGTH, "title", seen, format!("say it in {LONGEST_TITLE} or fewer, what matters first"));
    }
}

fn description(page: &Page<'_>, notes: &mut Notes<'_>) {
    let text = meta(page, "name", "description").map(|(_, text)| text).unwrap_or_default();
    let length = text.chars().count();
    let remedy = format!(
        "write `description = \"…\"` in its front matter, {SHORTEST_DESCRIPTION} to {LONGEST_DESCRIPTION} characters"
    );
    match length {
        0 => notes.page(&DESCRIPTION, "title", "the page has no description", remedy),
        SHORTEST_DESCRIPTION..=LONGEST_DESCRIPTION => {}
        _ => notes.page(&DESCRIPTION, "description", format!("the description takes {length} characters"), remedy),
    }
}

/// Whether the page asks not to be found.
pub(super) fn is_unlisted(page: &Page<'_>) -> Option<Id> {
    let (id, content) = meta(page, "name", "robots").or_else(|| meta(page, "name", "googlebot"))?;
    let content = content.to_ascii_lowercase();
    content.split(',').any(|word| matches!(word.trim(), "noindex" | "none")).then_some(id)
}

fn robots(page: &Page<'_>, notes: &mut Notes<'_>) {
    if let Some(id) = is_unlisted(page).filter(|_| page.key.as_str() == "index.html") {
        let remedy = "take `noindex` away before the broadcast: people will search for the name they heard";
        notes.element(&NOINDEX, id, "the entry page asks search engines to leave it out", remedy);
    }
}

fn canonical(site: &Site<'_>, page: &Page<'_>, notes: &mut Notes<'_>) {
    let links: Vec<Id> =
        page.named(&["link"]).filter(|id| page.word(*id, "rel").as_deref() == Some("canonical")).collect();
    for id in &links {
        let href = page.tree.get(*id, "href").unwrap_or_default();
        let remedy = "write the page's own address, in full";
        match Address::parse(href, &site.settings().site.url) {
            Address::Remote(origin) => {
                let seen =
                    format!("the canonical address is at `{origin}`, the site at `{}`", site.settings().site.url);
                notes.element(&CANONICAL, *id, seen, remedy);
            }
            _ if !href.starts_with("http") => {
                notes.element(
                    &CANONICAL,
                    *id,
                    format!("the canonical address is not whole: `{}`", shown(href, 60)),
                    remedy,
                );
            }
            _ => {
                if let Target::Nowhere(path) = site.target(page, href) {
                    let seen = format!("the canonical address leads to `{}`, which is not published", shown(&path, 60));
                    notes.element(&CANONICAL, *id, seen, remedy);
                }
            }
        }
    }
    if links.len() > 1 {
        notes.element(&CANONICAL, links[1], format!("{} canonical addresses", links.len()), "keep one");
    }
}

fn card(site: &Site<'_>, page: &Page<'_>, notes: &mut Notes<'_>) {
    if is_unlisted(page).is_some() {
        return;
    }
    let has = |name: &str| meta(page, "property", name).is_some_and(|(_, content)| !content.is_empty());
    let missing: Vec<&str> = ["og:title", "og:description", "og:image"].into_iter().filter(|name| !has(name)).collect();
    if page.key.as_str() == "index.html" && !missing.is_empty() {
        let seen = format!(
            "a shared link to `/` has no {}",
            missing.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
        );
        notes.page(&CARD, "title", seen, "give the page a description and a preview picture (1,200 by 630 pixels)");
    }
    if let Some((id, content)) = meta(page, "property", "og:image").filter(|(_, content)| !content.is_empty()) {
        if !content.starts_with("https://") {
            notes.element(
                &CARD,
                id,
                format!("`og:image` is not a whole address: `{}`", shown(&content, 60)),
                "write `https://` and the host, too",
            );
        } else if let Target::Nowhere(path) = site.target(page, &content) {
            notes.element(
                &CARD,
                id,
                format!("`og:image` leads to `{}`, which is not published", shown(&path, 60)),
                "name a file below `assets/`",
            );
        }
    }
}

/// Pages that no rule has looked at, because they cannot be read as what the web is written in.
fn unread(site: &Site<'_>, notes: &mut Notes<'_>) {
    let pages = site.subject.artifacts.iter().filter(|(_, artifact)| artifact.media.essence() == "text/html");
    for (key, _) in pages.filter(|(key, _)| site.page(key).is_none()) {
        let seen = "the page is not in UTF-8, and no other rule has looked at it";
        notes.spot(&CHARSET, (key.to_string(), None), seen, "save it as UTF-8");
    }
}

fn charset(page: &Page<'_>, notes: &mut Notes<'_>) {
    // It says so before anything else does (HTML, section 13.2.3.2).
    if page.text.starts_with('\u{feff}') {
        return;
    }
    let said = page.named(&["meta"]).find(|id| page.tree.get(*id, "charset").is_some());
    let utf8 = said.is_some_and(|id| page.word(id, "charset").as_deref() == Some("utf-8"));
    // Browsers look at the first 1,024 bytes (HTML, section 4.2.5.4).
    let early =
        page.text.get(..page.text.len().min(1_024)).unwrap_or(page.text).to_ascii_lowercase().contains("charset");
    if !utf8 || !early {
        let remedy = "put `<meta charset=\"utf-8\">` first into `<head>`";
        notes.page(&CHARSET, "", "the page does not say in its first 1,024 bytes that it is UTF-8", remedy);
    }
}

fn icon(site: &Site<'_>, page: &Page<'_>, notes: &mut Notes<'_>) {
    let is_icon =
        |id: &Id| page.word(*id, "rel").is_some_and(|rel| rel.split_ascii_whitespace().any(|word| word == "icon"));
    let published = site.subject.artifacts.keys().any(|key| key.as_str() == "favicon.ico");
    if !published && !page.named(&["link"]).any(|id| is_icon(&id)) {
        let remedy = "add `<link rel=\"icon\" href=\"…\">`, or publish a `favicon.ico`";
        notes.page(&ICON, "", "there is no icon: every browser asks for `/favicon.ico`, and gets a 404", remedy);
    }
}

fn twice(site: &Site<'_>, rule: &Rule, key: &str, text: impl Fn(&Page<'_>) -> Option<String>, notes: &mut Notes<'_>) {
    let mut seen: BTreeMap<String, Vec<&Page<'_>>> = BTreeMap::new();
    for page in site.pages.iter().filter(|page| !page.is_error() && is_unlisted(page).is_none()) {
        if let Some(text) = text(page).filter(|text| !text.is_empty()) {
            seen.entry(text).or_default().push(page);
        }
    }
    for (text, pages) in seen.into_iter().filter(|(_, pages)| pages.len() > 1) {
        let others = pages.len() - 1;
        let told = format!("`{}` has the {key} of `{}`: `{}`", pages[1].url, pages[0].url, shown(&text, 50));
        let told = if others > 1 {
            format!("{told} (and {} more)", crate::text::plural(others - 1, "page", "pages"))
        } else {
            told
        };
        let spot = (pages[1].file(), site.locator.front(pages[1], key));
        notes.spot(rule, spot, told, format!("give each page a {key} of its own"));
    }
}
