//! The site in each of its languages: what templates can name, and which pages say the same.
//!
//! In: all pages, the data, the strings of the theme. Out: [`Editions`], which makes the context of any page. What is not configured is not
//! defined, so that showing it is an error and not an empty attribute.

use super::brand::Tone;
use super::data::Data;
use super::page::Page;
use super::survey::Shop;
use super::{author, shelf, split, strings, structured};
use crate::diag::{Code, Diagnostic, Warned};
use crate::model::{Class, Language, Mode};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use tera::Context;

/// Words that every form has: the key of `[form]`, the theme's string, and what a theme says that has no such string.
const FORM_WORDS: [(&str, &str, &str); 2] =
    [("label", "form_label", "Your e-mail address"), ("button", "form_button", "Send")];

/// The site in each of its languages.
pub(super) struct Editions<'p, 'a> {
    /// By the tag of the language.
    by_tag: BTreeMap<&'p str, Edition>,
    /// The pages that say the same, in the order of the languages; holding pages apart.
    twins: BTreeMap<(&'p str, bool), Vec<&'p Page<'a>>>,
    /// The canonical address of each page that is a variant of another.
    canonical: BTreeMap<&'p str, String>,
    /// The address of the site.
    site: &'p str,
}

/// What the pages of one language share.
struct Edition {
    context: Context,
    /// The address of its first page; that of the site where it has none.
    home: String,
}

impl<'p, 'a> Editions<'p, 'a> {
    /// All of them, with what is said about the strings of the theme.
    pub(super) fn of(shop: &Shop<'p>, pages: &'p [Page<'a>], data: &Data<'_>) -> Result<Warned<Self>, Vec<Diagnostic>> {
        let data = data.value();
        let of = |language: &Language| -> Vec<&Page<'_>> {
            pages.iter().filter(|page| page.spot.language.tag == language.tag).collect()
        };
        let used: Vec<(&Language, Vec<&Page<'_>>)> = shop.settings.languages.iter().map(|it| (it, of(it))).collect();
        let used: Vec<_> = used.into_iter().filter(|(_, pages)| !pages.is_empty()).collect();
        let languages: Vec<&Language> = used.iter().map(|(language, _)| *language).collect();
        let spoken = strings::of(shop.shelf.theme, shop.shelf.source, &languages)?;
        let (canonical, wrong) = split(pages.iter().filter_map(|page| canonical(shop, page)).collect());
        if !wrong.is_empty() {
            return Err(wrong);
        }
        let mut all = Self {
            by_tag: BTreeMap::new(),
            twins: BTreeMap::new(),
            canonical: canonical.into_iter().collect(),
            site: &shop.settings.site.url,
        };
        for ((language, pages), strings) in used.into_iter().zip(&spoken.tables) {
            all.by_tag.insert(&language.tag, edition(language, shop, &pages, strings, &data));
            for page in pages {
                all.twins.entry((&page.spot.inside, page.spot.holding)).or_default().push(page);
            }
        }
        Ok(Warned { value: all, warnings: spoken.warnings })
    }

    /// The page in every language that has it.
    pub(super) fn twins<'s>(&'s self, page: &'s Page<'_>) -> &'s [&'s Page<'s>] {
        &self.twins[&(page.spot.inside.as_str(), page.spot.holding)]
    }

    /// Whether search engines should know the page: no error, no holding page, no variant of another.
    pub(super) fn is_indexed(&self, page: &Page<'_>) -> bool {
        let variant = self.canonical.get(page.spot.key.as_str()).is_some_and(|url| *url != page.url.encoded());
        page.spot.class == Class::Document && !page.spot.holding && !variant && !page.noindex
    }

    /// What the template of a page can name: what its language shares, `page`, `mode`, and `row` when it was made from one.
    pub(super) fn context(&self, page: &Page<'_>, mode: Mode, filled_in: Map<String, Value>) -> Context {
        let language = page.spot.language;
        let edition = &self.by_tag[language.tag.as_str()];
        let url = page.url.encoded();
        let canonical = self.canonical.get(page.spot.key.as_str()).unwrap_or(&url);
        let mut map: Map<String, Value> = page.front.clone();
        map.extend(filled_in);
        let mut set = |key: &str, value: Value| _ = map.insert(key.to_owned(), value);
        set("alternates", self.alternates(page));
        set("canonical", canonical.as_str().into());
        set("dir", language.dir.as_str().into());
        set("home", edition.home.as_str().into());
        set("lang", language.tag.as_str().into());
        if let Some(locale) = language.open_graph() {
            set("locale", locale.into());
        }
        let variant = *canonical != url;
        set("variant", variant.into());
        if let Some(data) = structured::of(page, self.site, canonical).filter(|_| !variant) {
            set("structured", data.into());
        }
        set("url", url.into());
        let mut context = edition.context.clone();
        context.insert("page", &map);
        context.insert("mode", mode.name());
        if let Some((row, _)) = &page.row {
            context.insert("row", row);
        }
        context
    }

    /// The page in every language that has it; nothing when there is no other, and on error pages, which have no address of their own.
    fn alternates(&self, page: &Page<'_>) -> Value {
        let twins = self.twins(page);
        if twins.len() < 2 || page.spot.class == Class::Error {
            return Value::Array(Vec::new());
        }
        let one = |twin: &&Page<'_>| {
            let language = twin.spot.language;
            json!({
                "lang": language.tag,
                "name": language.name,
                "dir": language.dir,
                "url": twin.url.encoded(),
                "current": language.tag == page.spot.language.tag,
                "default": twin.spot.is_first_language,
            })
        };
        twins.iter().map(one).collect()
    }
}

fn edition(language: &Language, shop: &Shop<'_>, pages: &[&Page<'_>], strings: &Value, data: &Value) -> Edition {
    let section = |value: serde_json::Result<Value>| without_nulls(value.expect("settings have a JSON form"));
    let mut context = Context::new();
    context.insert("site", &section(serde_json::to_value(&language.site)));
    let mut brand = section(serde_json::to_value(&language.brand));
    let tone =
        |(name, tone): (&String, &Tone)| (name.clone(), json!({ "light": tone.light.hex(), "dark": tone.dark.hex() }));
    brand["colors"] = shop.brand.colors.iter().map(tone).collect::<Map<_, _>>().into();
    for (key, usual) in [("logo", "logo.svg"), ("icon", "icon.svg")] {
        match drawing(brand[key].as_str(), usual, shop) {
            Some(file) => brand[key] = file.into(),
            None => _ = brand.as_object_mut().expect("settings are an object").remove(key),
        }
    }
    context.insert("brand", &brand);
    context.insert("form", &spoken(section(serde_json::to_value(&language.form)), strings));
    context.insert("stores", &section(serde_json::to_value(&shop.settings.stores)));
    let listed = pages.iter().filter(|page| page.is_listed());
    let listed: Vec<Value> = listed.map(|page| json!({ "title": page.title, "url": page.url.encoded() })).collect();
    context.insert("pages", &listed);
    context.insert("t", strings);
    context.insert("data", data);
    let home = pages.iter().find(|page| page.spot.is_entry()).map_or_else(|| "/".to_owned(), |page| page.url.encoded());
    Edition { context, home }
}

/// The words of the form that the author does not say are the theme's, in the language of the page.
fn spoken(mut form: Value, strings: &Value) -> Value {
    for (key, string, plain) in FORM_WORDS {
        if form[key].is_null() {
            form[key] = strings.get(string).cloned().unwrap_or_else(|| plain.into());
        }
    }
    form
}

/// The file below `assets/` that the brand names, or the one that has the usual name, where there is one.
fn drawing(named: Option<&str>, usual: &str, shop: &Shop<'_>) -> Option<String> {
    let usual = || shop.shelf.source.get(&format!("assets/{usual}")).map(|_| usual.to_owned());
    named.map(|name| name.trim_start_matches('/').trim_start_matches("assets/").to_owned()).or_else(usual)
}

fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(map) => map
            .into_iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(key, value)| (key, without_nulls(value)))
            .collect(),
        other => other,
    }
}

/// The page that search engines should know instead of this one, when it is a variant of another.
fn canonical<'p>(shop: &Shop<'_>, page: &'p Page<'_>) -> Option<Result<(&'p str, String), Vec<Diagnostic>>> {
    let written = page.canonical.as_ref()?;
    let place = || author::find(page.source.as_str(), page.text, written).unwrap_or_else(|| page.place());
    Some(match shop.shelf.link(page, written) {
        Ok(shelf::Linked::Page(url)) => Ok((page.spot.key.as_str(), url)),
        Ok(shelf::Linked::File(_)) => {
            let message = format!("`canonical` names `{written}`, which is no page");
            Err(vec![Diagnostic::new(Code::DeadLink, message).at(place()).hint("name a page: `canonical = \"/\"`")])
        }
        Err(err) => Err(vec![err.at(place())]),
    })
}
