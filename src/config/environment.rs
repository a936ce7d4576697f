//! `[env.NAME]`: where a release goes and what stands in front of it.

use super::{cdn, place};
use crate::diag::Code;
use crate::model::{Access, Environment, Retention, StoreUrl, Widen};
use crate::reader::Section;
use std::collections::BTreeMap;

/// All environments; `local` is always there.
pub(super) fn all(section: &Section<'_>) -> BTreeMap<String, Environment> {
    let mut all: BTreeMap<String, Environment> =
        section.keys().into_iter().map(|name| (name.clone(), one(&name, &section.section(&name)))).collect();
    all.entry("local".to_owned()).or_insert_with(local);
    all
}

/// The environment that needs no account: a folder as store, the embedded edge in front.
fn local() -> Environment {
    Environment {
        name: "local".to_owned(),
        url: "http://127.0.0.1:8788".to_owned(),
        store: StoreUrl::Dir(".landing/local".to_owned()),
        access: Access::default(),
        cdn: vec![cdn::edge()],
        widen: Widen::default(),
        protect: false,
        retention: Retention::default(),
    }
}

fn one(name: &str, section: &Section<'_>) -> Environment {
    section.only(&[&["url", "cdn", "purge", "protect", "retention"], place::KEYS].concat());
    let default = local();
    let is_local = name == "local";
    let url = match section.string("url") {
        Some(url) => url,
        None if is_local => default.url,
        None => section.required("url", "the public address").unwrap_or_default(),
    };
    let parsed = url::Url::parse(&url);
    if !url.is_empty() && !parsed.is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.path() == "/") {
        section.complain(
            "url",
            Code::BadValue,
            "`url` is not an `http://` or `https://` address without a path",
            "write `https://www.example.com`",
        );
    }
    let store = match section.string("store") {
        Some(raw) => place::store("store", &raw, section),
        None if is_local => default.store,
        None => {
            section.required("store", "where the objects live");
            StoreUrl::Memory
        }
    };
    let accounts = if section.value("cdn").is_none() && is_local {
        default.cdn
    } else {
        section.list("cdn").iter().map(cdn::account).collect()
    };
    let url = url.trim_end_matches('/').to_owned();
    let (access, protect) = (place::access(section, &store), section.boolean("protect").unwrap_or(false));
    let (widen, retention) = (cdn::widen(section), retention(section));
    Environment { name: name.to_owned(), url, store, access, cdn: accounts, widen, protect, retention }
}

/// `retention = { releases = 10, days = 30 }`
fn retention(section: &Section<'_>) -> Retention {
    let kept = section.section("retention");
    kept.only(&["releases", "days"]);
    let default = Retention::default();
    let number = |key: &str| kept.number(key).and_then(|number: u64| u32::try_from(number).ok());
    let releases = number("releases").and_then(|releases| usize::try_from(releases).ok());
    Retention { releases: releases.unwrap_or(default.releases), days: number("days").unwrap_or(default.days) }
}

#[cfg(test)]
mod tests {
    use crate::model::StoreUrl;

    const SITE: &str = "[site]\nname=\"x\"\n";

    #[test]
    fn local_is_always_there_and_needs_nothing() {
        let settings = crate::config::parse(SITE).unwrap();
        let local = &settings.environments["local"];
        assert_eq!(local.url, "http://127.0.0.1:8788");
        assert_eq!(local.store, StoreUrl::Dir(".landing/local".to_owned()));
        assert_eq!(local.cdn[0].provider, "edge");
    }

    #[test]
    fn an_environment_needs_its_address_and_store() {
        let err = crate::config::parse(&format!("{SITE}[env.p]\n")).unwrap_err().to_string();
        assert!(
            err.contains("`url` is missing in `[env.p]`") && err.contains("`store` is missing in `[env.p]`"),
            "{err}"
        );
    }
}
