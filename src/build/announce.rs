//! What the site tells machines that ask by name: `sitemap.xml`, `robots.txt`, `/.well-known/security.txt`.
//!
//! In: the pages and the settings. Out: files to publish. No clock: `lastmod` is what a page says of itself (`date`), so that editing
//! the prose of one page changes nothing here. A file of the author's own in `site/` takes the place of ours.

use super::editions::Editions;
use super::page::Page;
use crate::model::{Key, Security, Settings, UrlPath};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// What one sitemap may hold (sitemaps.org, "Using Sitemap index files").
const MOST_URLS: usize = 50_000;
const MOST_BYTES: usize = 50_000_000;

/// All of them.
pub(super) fn files(pages: &[Page<'_>], editions: &Editions<'_, '_>, settings: &Settings) -> Vec<(Key, String)> {
    let key = |path: &str| Key::parse(path).expect("a constant path");
    let mut files: Vec<(Key, String)> =
        sitemaps(pages, editions, &settings.site.url).into_iter().map(|(path, text)| (key(&path), text)).collect();
    files.push((key("robots.txt"), robots(&settings.site.url)));
    files.extend(settings.security.as_ref().map(|it| (key(SECURITY), security(it, settings))));
    files
}

const SECURITY: &str = ".well-known/security.txt";

/// Nothing is kept from robots: a page that must not be found must not be published.
fn robots(site: &str) -> String {
    format!("User-agent: *\nAllow: /\n\nSitemap: {site}/sitemap.xml\n")
}

fn security(it: &Security, settings: &Settings) -> String {
    let mut out = format!("Contact: {}\nExpires: {}\n", it.contact, it.expires);
    for (name, address) in &it.links {
        let (first, rest) = name.split_at(1);
        writeln!(out, "{}{rest}: {address}", first.to_uppercase()).expect("writing to memory cannot fail");
    }
    let languages: Vec<&str> = settings.languages.iter().map(|language| language.tag.as_str()).collect();
    let url = &settings.site.url;
    out + &format!("Preferred-Languages: {}\nCanonical: {url}/{SECURITY}\n", languages.join(", "))
}

/// One file, or an index and as many as it takes.
fn sitemaps(pages: &[Page<'_>], editions: &Editions<'_, '_>, site: &str) -> Vec<(String, String)> {
    const HEAD: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
    const XMLNS: &str = "xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\"";
    let mut sheets: Vec<(usize, String)> = vec![(0, String::new())];
    // Pages that say the same share their links to each other.
    let mut links: BTreeMap<&str, String> = BTreeMap::new();
    for page in pages.iter().filter(|page| editions.is_indexed(page)) {
        let alternates = links.entry(&page.spot.inside).or_insert_with(|| alternates(page, editions, site));
        let entry = entry(page, alternates, site);
        let (count, text) = sheets.last().expect("it begins with one");
        if *count == MOST_URLS || text.len() + entry.len() > MOST_BYTES - 1_000 {
            sheets.push((0, String::new()));
        }
        let (count, text) = sheets.last_mut().expect("it begins with one");
        *count += 1;
        text.push_str(&entry);
    }
    let sheet =
        |urls: &str| format!("{HEAD}<urlset {XMLNS} xmlns:xhtml=\"http://www.w3.org/1999/xhtml\">\n{urls}</urlset>\n");
    if let [(_, one)] = &sheets[..] {
        return vec![("sitemap.xml".to_owned(), sheet(one))];
    }
    let name = |idx: usize| format!("sitemap-{}.xml", idx + 1);
    let listed = |idx: usize| format!("<sitemap><loc>{}/{}</loc></sitemap>\n", escaped(site), name(idx));
    let index = (0..sheets.len()).map(listed).collect::<String>();
    let index = format!("{HEAD}<sitemapindex {XMLNS}>\n{index}</sitemapindex>\n");
    let sheets = sheets.iter().enumerate().map(|(idx, (_, urls))| (name(idx), sheet(urls)));
    [("sitemap.xml".to_owned(), index)].into_iter().chain(sheets).collect()
}

fn entry(page: &Page<'_>, alternates: &str, site: &str) -> String {
    let date = page.date.as_ref().map_or_else(String::new, |date| format!("<lastmod>{}</lastmod>", escaped(date)));
    format!("<url><loc>{}</loc>{date}{alternates}</url>\n", address(site, &page.url))
}

/// The links of a page, and of all that say the same, to each other.
fn alternates(page: &Page<'_>, editions: &Editions<'_, '_>, site: &str) -> String {
    let mut out = String::new();
    let twins: Vec<&&Page<'_>> = editions.twins(page).iter().filter(|twin| editions.is_indexed(twin)).collect();
    if twins.len() > 1 {
        let first = twins.iter().filter(|twin| twin.spot.is_first_language).map(|twin| ("x-default", twin));
        let all = twins.iter().map(|twin| (twin.spot.language.tag.as_str(), twin)).chain(first);
        for (lang, twin) in all {
            let link =
                format!("<xhtml:link rel=\"alternate\" hreflang=\"{lang}\" href=\"{}\"/>", address(site, &twin.url));
            out.push_str(&link);
        }
    }
    out
}

fn address(site: &str, url: &UrlPath) -> String {
    escaped(&format!("{site}{}", url.encoded()))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&apos;")
}
