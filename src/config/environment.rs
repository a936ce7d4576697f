//! `[env.NAME]`: where a release goes and what stands in front of it.

use super::{cdn, place};
use crate::diag::Code;
use crate::model::{Access, CANARY, CdnAccount, Environment, Mirror, Retention, Routing, StoreUrl, UrlPath, Widen};
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
        origin: None,
        canary: None,
        routing: None,
        witness: None,
        cdn: vec![cdn::edge()],
        mirrors: Vec::new(),
        noindex: false,
        widen: Widen::default(),
        protect: false,
        retention: Retention::default(),
    }
}

fn one(name: &str, section: &Section<'_>) -> Environment {
    section.only(
        &[
            &[
                "url",
                "origin",
                "canary",
                "cdn",
                "mirrors",
                "noindex",
                "purge",
                "protect",
                "retention",
                "routing",
                "witness",
            ],
            place::KEYS,
        ]
        .concat(),
    );
    let default = local();
    let is_local = name == "local";
    let url = match section.string("url") {
        Some(url) => url,
        None if is_local => default.url,
        None => section.required("url", "the public address").unwrap_or_default(),
    };
    if !url.is_empty() && !is_address(&url) {
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
    let mirrors = mirrors(section, &store);
    blanks(name, section);
    for mirror in section.list("mirrors") {
        blanks(name, &mirror);
    }
    let noindex = section.boolean("noindex").unwrap_or(name == Environment::PREVIEW);
    Environment {
        name: name.to_owned(),
        url,
        store,
        access,
        origin: origin(section),
        canary: canary(section),
        routing: routing(section, &accounts),
        witness: super::witness::witness(section),
        cdn: accounts,
        mirrors,
        noindex,
        widen,
        protect,
        retention,
    }
}

/// Whether it is a scheme and a host, perhaps a port, and nothing else: no path, no query, nobody's password.
fn is_address(raw: &str) -> bool {
    url::Url::parse(&raw.replace(Environment::BLANK, "name")).is_ok_and(|url| {
        let alone = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
        matches!(url.scheme(), "http" | "https") && alone && url.username().is_empty() && url.password().is_none()
    })
}

/// Where the CDN fetches from.
fn origin(section: &Section<'_>) -> Option<String> {
    let raw = section.string("origin")?;
    if !is_address(&raw) {
        section.complain(
            "origin",
            Code::BadValue,
            "`origin` is not an `http://` or `https://` address without a path",
            "write the address that the CDN fetches from, `https://origin.example.com`",
        );
    }
    Some(raw.trim_end_matches('/').to_owned())
}

/// `routing = "plain"`
fn routing(section: &Section<'_>, accounts: &[CdnAccount]) -> Option<Routing> {
    let raw = section.string("routing")?;
    let Some((_, routing)) = Routing::ALL.iter().find(|(name, _)| *name == raw) else {
        let names: Vec<&str> = Routing::ALL.iter().map(|(name, _)| *name).collect();
        let remedy = format!("write one of: {}", names.join(", "));
        section.complain("routing", Code::BadValue, &format!("nothing routes addresses `{raw}`"), &remedy);
        return None;
    };
    if *routing != Routing::Clean && accounts.iter().any(|account| account.provider == "edge") {
        let wrong = format!("`{raw}` is a bucket, and the edge of this machine asks landing's own origin");
        section.complain("routing", Code::BadValue, &wrong, "leave `routing` out, or name another CDN");
    }
    Some(*routing)
}

/// Where the origin answers drills.
fn canary(section: &Section<'_>) -> Option<String> {
    let raw = section.string("canary")?;
    let path = UrlPath::parse(&raw).ok().filter(|path| path.as_str().len() > 1 && !path.as_str().ends_with('/'));
    if path.is_none() {
        let write = format!("write `canary = \"{CANARY}\"`, where landing's own origin answers drills");
        section.complain("canary", Code::BadValue, "`canary` is not the path of a folder", &write);
    }
    path.map(|path| path.encoded())
}

/// A pattern has its blank wherever previews must not meet, and nothing else has one.
fn blanks(name: &str, section: &Section<'_>) {
    for key in ["url", "origin", "store", "control"] {
        let Some(raw) = section.string(key) else { continue };
        let (has, blank) = (raw.contains(Environment::BLANK), Environment::BLANK);
        if name != Environment::PREVIEW && has {
            let wrong = format!("`{blank}` stands in `{key}`, and this is no pattern");
            section.complain(key, Code::BadValue, &wrong, "only `[env.preview]` is one");
        }
        if name == Environment::PREVIEW && !has && matches!(key, "store" | "control") {
            let wrong = format!("`{blank}` is missing in `{key}`: previews would write over each other");
            section.complain(key, Code::BadValue, &wrong, &format!("write `{key} = \"s3://BUCKET/{blank}\"`"));
        }
    }
}

/// Each is a place of its own: a copy over the original would be none.
fn mirrors(section: &Section<'_>, primary: &StoreUrl) -> Vec<Mirror> {
    let keys: Vec<&str> = place::KEYS.iter().copied().filter(|key| *key != "control").collect();
    let mut mirrors: Vec<Mirror> = Vec::new();
    for one in section.list("mirrors") {
        one.only(&keys);
        let Some(raw) = one.required("store", "where the copy lives") else { continue };
        let store = place::store("store", &raw, &one);
        let mirror = Mirror { access: place::access(&one, &store), store };
        let of_primary = section.string("endpoint") == mirror.access.endpoint && mirror.store == *primary;
        if of_primary || mirrors.iter().any(|other| other.name() == mirror.name()) {
            let wrong = format!("`{raw}` is named twice");
            one.complain("store", Code::BadValue, &wrong, "name another bucket, prefix or service for each copy");
        }
        if mirror.store == StoreUrl::Memory {
            one.complain(
                "store",
                Code::BadValue,
                "`memory:` is no mirror: it is gone with the process",
                "name a store that stays",
            );
        }
        mirrors.push(mirror);
    }
    mirrors
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
    use crate::model::{Routing, StoreUrl};

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

    #[test]
    fn a_bare_bucket_is_said_and_not_of_our_own_edge() {
        let read = |lines: &str| {
            let env = format!("[env.p]\nurl = \"https://a.example\"\nstore = \"dir:x\"\n{lines}");
            let settings = crate::config::parse(&format!("{SITE}{env}")).map_err(|err| err.to_string())?;
            Ok::<_, String>(settings.environments["p"].routing)
        };
        assert_eq!(read(""), Ok(None));
        for (name, routing) in Routing::ALL {
            assert_eq!(read(&format!("routing = \"{name}\"\n")), Ok(Some(*routing)));
        }
        assert!(read("routing = \"nice\"\n").unwrap_err().contains("nothing routes addresses `nice`"));
        let edge = read("routing = \"plain\"\n[[env.p.cdn]]\nprovider = \"edge\"\n").unwrap_err();
        assert!(edge.contains("`plain` is a bucket"), "{edge}");
    }

    #[test]
    fn an_address_is_a_host_and_nothing_more() {
        let read = |key: &str, value: &str| {
            let url = if key == "url" { "" } else { "url = \"https://a.example\"\n" };
            let env = format!("[env.p]\n{url}{key} = \"{value}\"\nstore = \"dir:x\"\n");
            crate::config::parse(&format!("{SITE}{env}")).map(|settings| settings.environments["p"].clone())
        };
        assert_eq!(read("origin", "http://10.0.0.1:8080/").unwrap().origin.as_deref(), Some("http://10.0.0.1:8080"));
        for wrong in
            ["a.example", "ftp://a.example", "https://a.example/x", "https://a.example?x", "https://u:p@a.example"]
        {
            for key in ["url", "origin"] {
                let err = read(key, wrong).unwrap_err().to_string();
                assert!(err.contains(&format!("`{key}` is not an `http://` or `https://` address")), "{wrong}: {err}");
            }
        }
    }
}
