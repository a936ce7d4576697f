//! `site/landing.toml`, read strictly: every mistake at once, each with its place and the nearest name.
//!
//! In: the text. Out: [`Settings`] with every default filled in. Every key stands, commented, in [`DEFAULT`]; a test keeps
//! the two alike. Secrets never stand here, only where to find them.

mod brand;
mod browsers;
mod cdn;
mod environment;
mod judging;
mod labels;
mod languages;
mod place;
mod preview;
mod quality;
mod security;
mod serving;

pub use serving::LIFETIMES;

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::model::{BuildSettings, Environment, Event, Form, Settings, Site, Stores};
use crate::reader::{Document, Section};
use jiff::tz::Offset;
use judging::{budgets, check};

/// Every setting with its default and a sentence about it.
pub const DEFAULT: &str = include_str!("default.toml");

/// The file, relative to the project.
pub const FILE: &str = Settings::FILE;

/// The top-level tables, in the order of [`DEFAULT`].
const SECTIONS: &[&str] = &[
    "site",
    "brand",
    "fonts",
    "form",
    "languages",
    "stores",
    "event",
    "build",
    "budgets",
    "cache",
    "headers",
    "redirects",
    "security",
    "check",
    "env",
];

/// Reads the configuration.
pub fn parse(text: &str) -> Result<Settings, Diagnostics> {
    let document = Document::parse(FILE, text)?;
    let root = document.root();
    root.only(SECTIONS);
    let site = site(&root.section("site"));
    let settings = Settings {
        languages: languages::all(&root, &site),
        brand: brand::brand(&root.section("brand"), &site.name),
        site,
        fonts: brand::fonts(&root),
        form: form(&root.section("form")),
        stores: stores(&root.section("stores")),
        event: event(&root.section("event")),
        build: build(&root.section("build")),
        budgets: budgets(&root.section("budgets")),
        lifetimes: serving::lifetimes(&root.section("cache")),
        headers: serving::headers(&root.section("headers")),
        redirects: serving::redirects(&root),
        security: security::security(&root.section("security")),
        check: check(&root.section("check"), offset(&root.section("event"))),
        environments: environment::all(&root.section("env")),
    };
    document.finish(settings)
}

/// Why a text cannot be the public address of a site. It stands in every page: what is in it is public.
fn unfit(raw: &str) -> Option<&'static str> {
    let parsed = url::Url::parse(raw).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    let Some(url) = parsed.filter(|_| raw.starts_with("http")) else {
        return Some("`url` is not an `https://` address");
    };
    if !url.username().is_empty() || url.password().is_some() {
        return Some("`url` holds a user name, which every visitor would read");
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Some("`url` holds a query or a fragment, which the address of a site has not");
    }
    raw.contains(|c: char| c.is_whitespace() || c.is_control()).then_some("`url` holds a space")
}

fn site(section: &Section<'_>) -> Site {
    section.only(&["name", "lang", "url", "theme", "email", "extra"]);
    let url = section.string("url").unwrap_or_else(|| "https://www.example.com".to_owned());
    if let Some(why) = unfit(&url) {
        let remedy = "write the public address and nothing more, such as `https://www.example.com`";
        section.complain("url", Code::BadValue, why, remedy);
    }
    Site {
        name: section.required("name", "the name of the site").unwrap_or_default(),
        lang: section.string("lang").unwrap_or_else(|| "en".to_owned()),
        url: url.trim_end_matches('/').to_owned(),
        theme: section.string("theme").unwrap_or_else(|| "default".to_owned()),
        email: section.string("email"),
        extra: section.strings("extra"),
    }
}

fn form(section: &Section<'_>) -> Form {
    section.only(&["action", "fallback", "email", "label", "button", "honeypot", "consent"]);
    Form {
        action: service(section, "action"),
        fallback: service(section, "fallback"),
        email: section.string("email"),
        label: section.string("label"),
        button: section.string("button"),
        honeypot: section.string("honeypot").unwrap_or_else(|| "website".to_owned()),
        consent: section.string("consent"),
    }
}

fn stores(section: &Section<'_>) -> Stores {
    section.only(&["apple_app", "apple_provider", "campaign", "source", "medium"]);
    let number = |key: &str| {
        let number = section.string(key)?;
        if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit()) {
            let hint = format!("write the digits alone: `{key} = \"1234567890\"`");
            section.complain(key, Code::BadValue, &format!("`{key}` is not a number"), &hint);
        }
        Some(number)
    };
    Stores {
        apple_app: number("apple_app"),
        apple_provider: number("apple_provider"),
        campaign: section.string("campaign"),
        source: section.string("source"),
        medium: section.string("medium"),
    }
}

/// The address of a service that forms are posted to.
fn service(section: &Section<'_>, key: &str) -> Option<String> {
    let address = section.string(key)?;
    if !address.starts_with("https://") && !address.starts_with('/') {
        let wrong = format!("`{key}` is not an `https://` address");
        let remedy = "the form must work when this site's own server does not: name a service of its own";
        section.complain(key, Code::BadValue, &wrong, remedy);
    }
    Some(address)
}

fn event(section: &Section<'_>) -> Event {
    section.only(&["starts", "ends", "visitors"]);
    let (starts, ends) = (section.timestamp("starts"), section.timestamp("ends"));
    if let (Some(starts), Some(ends)) = (starts, ends)
        && ends < starts
    {
        section.complain("ends", Code::BadValue, "the event ends before it starts", "swap `starts` and `ends`");
    }
    Event { starts, ends, visitors: section.number("visitors") }
}

/// How far the event's clocks are from UTC, as its times are written; UTC without an event.
fn offset(section: &Section<'_>) -> Offset {
    section.offset("starts").or_else(|| section.offset("ends")).unwrap_or(Offset::UTC)
}

fn build(section: &Section<'_>) -> BuildSettings {
    section.only(&["out", "avif", "quality", "max_pixels", "browsers"]);
    let out = section.string("out").unwrap_or_else(|| "dist".to_owned());
    if crate::model::Key::parse(&out).is_err() {
        section.complain(
            "out",
            Code::BadValue,
            "`out` is not a folder inside the project",
            "write a relative path without `..`",
        );
    }
    BuildSettings {
        out,
        avif: section.boolean("avif").unwrap_or(true),
        quality: quality::of(section),
        max_pixels: section.number("max_pixels").unwrap_or(50_000_000),
        browsers: browsers::of(section),
    }
}

/// The environment of that name: one that the file names, or a preview by the pattern that it names.
pub fn environment(settings: &Settings, name: &str) -> Result<Environment, Diagnostic> {
    let pattern = settings.environments.get(Environment::PREVIEW);
    if let (Some(_), Environment::PREVIEW) = (pattern, name) {
        return Err(preview::nameless());
    }
    if let Some(environment) = settings.environments.get(name) {
        return Ok(environment.clone());
    }
    let label = name.strip_prefix(Environment::PREVIEW).and_then(|rest| rest.strip_prefix('-'));
    if let Some((pattern, label)) = pattern.zip(label) {
        return preview::of(pattern, label);
    }
    let known = settings.environments.keys().map(String::as_str);
    let unknown = Diagnostic::unknown(Code::UnknownEnv, "environment", name, known);
    Err(if name.starts_with("preview-") {
        unknown.hint("add `[env.preview]` with `{name}` in its `url` and `store`: it is the pattern of all previews")
    } else {
        unknown
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn complains(text: &str, expected: &str) {
        let err = parse(text).unwrap_err();
        assert_eq!(err.to_string(), expected);
    }

    #[test]
    fn the_default_file_is_what_an_empty_one_means() {
        let empty = parse("[site]\nname = \"Example\"\n").unwrap();
        assert_eq!(parse(DEFAULT).unwrap(), empty);
    }

    #[test]
    fn every_mistake_is_named_with_its_place_and_the_nearest_name() {
        complains(
            "[site]\nname = 1\nlnag = \"fr\"\n[biuld]\n",
            "error[unknown-key]: unknown key `biuld`\n  --> site/landing.toml:4:2\n  hint: did you mean `build`?\n\
             error[unknown-key]: unknown key `lnag` in `[site]`\n  --> site/landing.toml:3:1\n  hint: did you mean `lang`?\n\
             error[bad-value]: `name` is the number 1, not a text\n  --> site/landing.toml:2:8\n  hint: write `name = \"…\"`",
        );
    }

    #[test]
    fn a_missing_name_is_said() {
        complains(
            "",
            "error[missing-key]: `name` is missing in `[site]`\n  --> site/landing.toml\n  hint: it says the name of the site",
        );
    }

    #[test]
    fn broken_toml_has_a_place() {
        let err = parse("[site\n").unwrap_err().to_string();
        assert!(err.starts_with("error[bad-toml]: ") && err.contains("site/landing.toml:1:"), "{err}");
    }

    #[test]
    fn lifetimes_are_written_as_people_say_them() {
        let settings = parse("[site]\nname=\"x\"\n[cache.document]\nbrowser = \"2m\"\ncdn = 30\n").unwrap();
        assert_eq!((settings.lifetimes.document.browser, settings.lifetimes.document.cdn), (120, 30));
    }

    #[test]
    fn a_field_that_only_the_server_knows_is_refused() {
        let err = parse("[site]\nname=\"x\"\n[headers]\nSet-Cookie = \"a=b\"\n").unwrap_err().to_string();
        assert!(err.contains("`Set-Cookie` cannot be set here") && err.contains(":4:"), "{err}");
    }

    #[test]
    fn a_header_is_taken_out_by_an_empty_value() {
        let settings = parse("[site]\nname=\"x\"\n[headers]\nReferrer-Policy = \"\"\nX-A = \"b\"\n").unwrap();
        assert_eq!((settings.headers.get("referrer-policy"), settings.headers.get("x-a")), (None, Some("b")));
    }
}
