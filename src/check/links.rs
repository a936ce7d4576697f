//! Every link leads somewhere, every file that a page asks for is there, other hosts are asked only where that was allowed.

use super::page::shown;
use super::site::Target;
use super::weight::{candidates, of_sheet};
use super::{Family, Notes, Page, Rule, Site};
use crate::html::{Address, Id, host};
use crate::model::UrlPath;
use std::collections::BTreeSet;

pub(super) struct Links;

const DEAD: Rule = Rule::fail("dead-link", "every link leads to a page or a file that is there");
const ANCHOR: Rule = Rule::fail("dead-anchor", "every link into a page leads to a place that is there");
const MISSING: Rule = Rule::fail("missing-file", "every file that a page asks for is published");
pub(super) const EXTERNAL: Rule = Rule::fail("external-link", "links to other hosts are answered (with `--external`)");
const THIRD: Rule = Rule::fail("third-party", "other hosts are asked only when `third_parties` names them");
const MIXED: Rule = Rule::fail("mixed-content", "nothing is asked for over plain HTTP");
const PLAIN: Rule = Rule::warn("plain-http-link", "links to other hosts are encrypted");
const MAIL: Rule = Rule::fail("mail-link", "a link that writes a mail holds an address");
const BLANK: Rule = Rule::warn("empty-link", "a link leads away from where it stands");
const WINDOW: Rule = Rule::warn("opener", "a page in a new window has no hold on this one");

impl Family for Links {
    fn name(&self) -> &'static str {
        "links"
    }

    fn title(&self) -> &'static str {
        "links lead somewhere, files are there, no other host is asked"
    }

    fn rules(&self) -> &'static [Rule] {
        &[DEAD, ANCHOR, MISSING, EXTERNAL, THIRD, MIXED, PLAIN, MAIL, BLANK, WINDOW]
    }

    fn page(&self, site: &Site<'_>, page: &Page<'_>, notes: &mut Notes<'_>) {
        for id in page.elements.iter().copied() {
            if let Some(href) = page.tree.get(id, "href").filter(|_| matches!(page.tree.name(id), "a" | "area")) {
                link(site, page, id, href, notes);
            }
            for url in resources(page, id) {
                resource(site, page, id, &url, notes);
            }
        }
    }

    fn site(&self, site: &Site<'_>, notes: &mut Notes<'_>) {
        sheets(site, notes);
    }
}

/// What the style sheets of the site ask for.
fn sheets(site: &Site<'_>, notes: &mut Notes<'_>) {
    let sheets = site.subject.artifacts.iter().filter(|(_, artifact)| artifact.media.essence() == "text/css");
    for (key, artifact) in sheets {
        let Ok(css) = std::str::from_utf8(&artifact.bytes) else { continue };
        let css = uncommented(css);
        for url in of_sheet(&css) {
            if let Target::Nowhere(path) = site.resolved(UrlPath::of(key).as_str(), url) {
                let seen = format!("the style sheet asks for `{}`, which is not published", shown(&path, 60));
                notes.spot(&MISSING, (key.to_string(), None), seen, "publish the file, or mend its name");
            }
        }
    }
}

/// A style sheet without its comments (CSS Syntax 3, section 4.3.2).
fn uncommented(css: &str) -> String {
    let mut parts = css.split("/*");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |out, part| out + part.split_once("*/").map_or("", |(_, rest)| rest))
}

/// The addresses of other hosts that links name.
pub(super) fn external(site: &Site<'_>) -> BTreeSet<String> {
    let hrefs = site
        .pages
        .iter()
        .flat_map(|page| page.named(&["a", "area"]).filter_map(|id| page.tree.get(id, "href")).map(str::trim));
    let remote = |href: &&str| matches!(Address::parse(href, &site.settings().site.url), Address::Remote(_));
    hrefs.filter(remote).map(|href| without_fragment(href).to_owned()).collect()
}

fn without_fragment(url: &str) -> &str {
    url.split_once('#').map_or(url, |(url, _)| url)
}

fn link(site: &Site<'_>, page: &Page<'_>, id: Id, href: &str, notes: &mut Notes<'_>) {
    let words = shown(&page.tree.text(id), 30);
    match site.target(page, href) {
        Target::Nowhere(path) => {
            let seen = format!("the link `{words}` leads to `{}`, which is not published", shown(&path, 60));
            notes.element(&DEAD, id, seen, "mend the link, or add the page or a redirect");
        }
        Target::File(key, fragment) => {
            let aim = percent_encoding::percent_decode_str(fragment).decode_utf8_lossy();
            let there = |page: &Page<'_>| {
                page.ids.contains_key(&*aim) || page.named(&["a"]).any(|id| page.tree.get(id, "name") == Some(&aim))
            };
            let known = matches!(&*aim, "" | "top") || aim.starts_with(":~:") || site.page(key).is_none_or(there);
            if !known {
                let seen = format!(
                    "the link `{words}` leads to `#{}`, and no element of `{key}` has that `id`",
                    shown(&aim, 40)
                );
                notes.element(&ANCHOR, id, seen, nearest_id(site, key, &aim));
            }
            if href.trim() == "#" || href.trim().is_empty() {
                notes.element(
                    &BLANK,
                    id,
                    format!("the link `{words}` leads nowhere"),
                    "say where it leads, or use a `<button>`",
                );
            }
        }
        Target::Redirect => {}
        Target::Elsewhere => elsewhere(site, page, id, href.trim(), notes),
    }
}

fn nearest_id(site: &Site<'_>, key: &crate::model::Key, aim: &str) -> String {
    let ids = site.page(key).map(|page| page.ids.keys().map(String::as_str).collect::<Vec<_>>()).unwrap_or_default();
    match crate::text::nearest(aim, ids) {
        Some(near) => format!("did you mean `#{near}`?"),
        None if site.subject.foreign => format!("give the element `id=\"{}\"`", shown(aim, 30)),
        None => format!("give the heading that `id`: `## … {{#{}}}`", shown(aim, 30)),
    }
}

fn elsewhere(site: &Site<'_>, page: &Page<'_>, id: Id, href: &str, notes: &mut Notes<'_>) {
    let lower = href.to_ascii_lowercase();
    if let Some(address) = lower.strip_prefix("mailto:") {
        let address = address.split('?').next().unwrap_or_default();
        if !address.is_empty() && !address.split(',').all(|one| is_mail(one.trim())) {
            let seen = format!("`mailto:{}` is no address", shown(address, 40));
            notes.element(&MAIL, id, seen, "write `mailto:name@example.fr`");
        }
    }
    if lower.starts_with("http:") {
        let seen = format!("`{}` is plain HTTP", shown(href, 60));
        notes.element(&PLAIN, id, seen, "write `https:`; browsers warn of the other one");
    }
    let rel = page.word(id, "rel").unwrap_or_default();
    if rel.split_ascii_whitespace().any(|word| word == "opener") {
        notes.element(&WINDOW, id, "`rel=\"opener\"` lets the other page steer this one", "take `opener` out");
    }
    match site.subject.answers.get(without_fragment(href)) {
        Some(Ok(status @ (400..=599))) if !matches!(status, 401 | 403 | 405 | 429 | 503 | 999) => {
            let seen = format!("`{}` answers {status}", shown(href, 60));
            notes.element(&EXTERNAL, id, seen, "mend the link");
        }
        Some(Err(why)) => {
            let seen = format!("`{}` does not answer: {}", shown(href, 60), shown(why, 80));
            notes.element(&EXTERNAL, id, seen, "mend the link, or try again when the other host is up");
        }
        _ => {}
    }
}

/// Something, an `@`, something with a dot.
pub(super) fn is_mail(address: &str) -> bool {
    let decoded = percent_encoding::percent_decode_str(address).decode_utf8_lossy();
    let plain = |part: &str| !part.is_empty() && !part.contains(|c: char| c.is_whitespace() || "<>,;\"()".contains(c));
    decoded.split_once('@').is_some_and(|(name, host)| {
        plain(name)
            && plain(host)
            && !host.contains('@')
            && host.contains('.')
            && !host.starts_with('.')
            && !host.ends_with('.')
    })
}

/// What a browser asks for because of an element.
fn resources(page: &Page<'_>, id: Id) -> Vec<String> {
    let get = |name: &str| page.tree.get(id, name).map(str::to_owned);
    let set = |name: &str| page.tree.get(id, name).map(candidates).unwrap_or_default().into_iter().map(|(url, _)| url);
    let urls: Vec<String> = match page.tree.name(id) {
        "img" | "source" => get("src").into_iter().chain(set("srcset")).collect(),
        "script" | "iframe" | "embed" | "audio" | "track" | "input" => get("src").into_iter().collect(),
        "video" => get("src").into_iter().chain(get("poster")).collect(),
        "object" => get("data").into_iter().collect(),
        "image" | "use" | "feImage" => get("href").or_else(|| get("xlink:href")).into_iter().collect(),
        "link" if is_asking(page, id) => get("href").into_iter().chain(set("imagesrcset")).collect(),
        "style" => of_sheet(&page.tree.text(id)).into_iter().map(str::to_owned).collect(),
        _ => Vec::new(),
    };
    urls.into_iter().filter(|url| !url.trim().is_empty() && !url.starts_with('#')).collect()
}

/// Whether a `<link>` makes a browser ask for something: `canonical` and `alternate` do not.
fn is_asking(page: &Page<'_>, id: Id) -> bool {
    let rel = page.word(id, "rel").unwrap_or_default();
    let asking = [
        "stylesheet",
        "icon",
        "apple-touch-icon",
        "mask-icon",
        "manifest",
        "preload",
        "modulepreload",
        "prefetch",
        "preconnect",
        "dns-prefetch",
    ];
    rel.split_ascii_whitespace().any(|word| asking.contains(&word))
}

fn resource(site: &Site<'_>, page: &Page<'_>, id: Id, url: &str, notes: &mut Notes<'_>) {
    if let Target::Nowhere(path) = site.target(page, url) {
        let seen = format!("`<{}>` asks for `{}`, which is not published", page.tree.name(id), shown(&path, 60));
        return notes.element(&MISSING, id, seen, "publish the file, or mend its name");
    }
    let Address::Remote(origin) = Address::parse(url, &site.settings().site.url) else { return };
    let own = host(&origin);
    if origin.starts_with("http:") {
        let seen = format!("`<{}>` asks for `{}`, which is plain HTTP", page.tree.name(id), shown(url, 60));
        notes.element(&MIXED, id, seen, "write `https:`; browsers block the other one");
    }
    if !site.settings().check.third_parties.iter().any(|allowed| allowed.eq_ignore_ascii_case(own)) {
        let seen = format!("`<{}>` asks the host `{own}` for something", page.tree.name(id));
        notes.element(
            &THIRD,
            id,
            seen,
            format!("put the file into `assets/`, or add `{own}` to `third_parties` in `[check]`"),
        );
    }
}
