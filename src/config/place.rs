//! Where a store is and how one gets there: `store`, `control`, `endpoint`, `region`, `credentials` and their like.
//!
//! For `[env.NAME]`, and for whatever else names a store. A secret is refused here, never repeated.

use crate::diag::Code;
use crate::model::{Access, Addressing, Credentials, Environment, StoreUrl, Vendor};
use crate::reader::Section;

/// The keys that are read here.
pub(super) const KEYS: &[&str] =
    &["store", "control", "endpoint", "region", "account", "addressing", "credentials", "timeout", "objects"];

const REMEDY: &str = "write `s3://BUCKET/PREFIX`, `gs://…`, `az://…`, `dir:PATH` or `memory:`";

/// A store as it is written.
pub(super) fn store(key: &str, raw: &str, section: &Section<'_>) -> StoreUrl {
    match raw.split_once(':') {
        Some(("dir", path)) if !path.is_empty() => return StoreUrl::Dir(path.to_owned()),
        Some(("memory", "")) => return StoreUrl::Memory,
        Some((scheme, rest)) => {
            let vendor = Vendor::ALL.iter().find(|vendor| vendor.scheme() == scheme);
            match (vendor, rest.strip_prefix("//").and_then(bucket_and_prefix)) {
                (Some(&vendor), Some((bucket, prefix))) => return StoreUrl::Cloud { vendor, bucket, prefix },
                (Some(_), None) => {
                    let hint = format!("write `{scheme}://BUCKET/PREFIX`, without `..`, `?`, `#` or a user");
                    section.complain(key, Code::BadValue, &format!("`{raw}` is not a bucket and a prefix"), &hint);
                }
                (None, _) => section.complain(key, Code::BadValue, &format!("`{raw}` is not a store"), REMEDY),
            }
        }
        None => section.complain(key, Code::BadValue, &format!("`{raw}` is not a store"), REMEDY),
    }
    StoreUrl::Memory
}

/// The names of buckets and containers are of these characters with all three vendors; a `@` would be a secret.
fn bucket_and_prefix(rest: &str) -> Option<(String, String)> {
    let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
    let prefix = prefix.trim_end_matches('/');
    let named = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
    let plain = bucket.replace(Environment::BLANK, "name");
    let clean = prefix.is_empty() || (crate::model::Key::parse(prefix).is_ok() && !prefix.contains(['?', '#']));
    let good = !bucket.is_empty() && plain.bytes().all(named) && !bucket.starts_with('.') && clean;
    good.then(|| (bucket.to_owned(), prefix.to_owned()))
}

/// How one gets to `store`.
pub(super) fn access(section: &Section<'_>, store_url: &StoreUrl) -> Access {
    let access = Access {
        control: section.string("control").map(|raw| store("control", &raw, section)),
        endpoint: endpoint(section),
        region: section.string("region"),
        account: section.string("account"),
        addressing: addressing(section),
        credentials: section.value("credentials").and_then(|_| credentials(section)),
        timeout: section.number("timeout"),
        labels: super::labels::labels(section, store_url),
    };
    let alone = ["endpoint", "region", "account", "addressing", "credentials"];
    if store_url.vendor().is_none() && access.control.as_ref().and_then(StoreUrl::vendor).is_none() {
        for key in alone.into_iter().filter(|key| section.value(key).is_some()) {
            let wrong = format!("`{key}` means nothing to the store `{store_url}`");
            section.complain(key, Code::BadValue, &wrong, "take it out, or name an `s3://`, `gs://` or `az://` store");
        }
    }
    if access.timeout.is_some_and(|seconds| !(1..=300).contains(&seconds)) {
        section.complain("timeout", Code::BadValue, "`timeout` is not from 1 to 300", "write seconds: `timeout = 30`");
    }
    access
}

fn endpoint(section: &Section<'_>) -> Option<String> {
    let raw = section.string("endpoint")?;
    let parsed = url::Url::parse(&raw);
    let good = parsed.is_ok_and(|url| {
        let plain = url.username().is_empty() && url.password().is_none() && url.query().is_none();
        matches!(url.scheme(), "http" | "https") && url.has_host() && plain
    });
    if !good {
        let remedy = "write `https://HOST`; credentials stand in `credentials`, never here";
        section.complain("endpoint", Code::BadValue, "`endpoint` is not the address of a service", remedy);
    }
    Some(raw.trim_end_matches('/').to_owned())
}

fn addressing(section: &Section<'_>) -> Option<Addressing> {
    match section.string("addressing")?.as_str() {
        "path" => Some(Addressing::Path),
        "virtual" => Some(Addressing::Virtual),
        other => {
            let wrong = format!("`{other}` is not a style of addresses");
            section.complain("addressing", Code::BadValue, &wrong, "write `\"path\"` or `\"virtual\"`");
            None
        }
    }
}

/// `{ env_prefix = "SCW" }`, `{ file = "…" }` or `{ command = ["…"] }`, and nothing that is itself a secret.
fn credentials(section: &Section<'_>) -> Option<Credentials> {
    let wrong = "`credentials` does not say where they come from";
    let remedy = "write `credentials = { env_prefix = \"NAME\" }`, `{ file = \"…\" }` or `{ command = [\"…\"] }`: a secret never stands in the configuration";
    if !section.value("credentials")?.get_ref().is_table() {
        section.complain("credentials", Code::BadValue, wrong, remedy);
        return None;
    }
    let source = section.section("credentials");
    source.only(&["env_prefix", "file", "command"]);
    let found = (source.string("env_prefix").map(Credentials::EnvPrefix))
        .or_else(|| source.string("file").map(Credentials::File))
        .or_else(|| source.string_list("command").filter(|it| !it.is_empty()).map(Credentials::Command));
    if found.is_none() {
        section.complain("credentials", Code::BadValue, wrong, remedy);
    }
    found
}

#[cfg(test)]
mod tests {
    use crate::model::{Access, Addressing, Credentials, StoreUrl, Vendor};

    fn environment(lines: &str) -> Result<crate::model::Environment, String> {
        let text = format!("[site]\nname=\"x\"\n[env.p]\nurl=\"https://a.example\"\n{lines}");
        let settings = crate::config::parse(&text).map_err(|err| err.to_string())?;
        Ok(settings.environments["p"].clone())
    }

    #[test]
    fn a_bucket_is_named_with_all_that_leads_to_it() {
        let read = environment(
            "store=\"s3://campagne/www/\"\ncontrol=\"s3://private\"\nendpoint=\"https://s3.fr-par.scw.cloud/\"\nregion=\"fr-par\"\n\
             addressing=\"virtual\"\ncredentials={ env_prefix=\"SCW\" }\ntimeout=10\n",
        )
        .unwrap();
        let bucket = |bucket: &str, prefix: &str| StoreUrl::Cloud {
            vendor: Vendor::S3,
            bucket: bucket.to_owned(),
            prefix: prefix.to_owned(),
        };
        assert_eq!(read.store, bucket("campagne", "www"));
        let access = Access {
            control: Some(bucket("private", "")),
            endpoint: Some("https://s3.fr-par.scw.cloud".to_owned()),
            region: Some("fr-par".to_owned()),
            account: None,
            addressing: Some(Addressing::Virtual),
            credentials: Some(Credentials::EnvPrefix("SCW".to_owned())),
            timeout: Some(10),
            labels: crate::model::Labels::default(),
        };
        assert_eq!(read.access, access);
    }

    #[track_caller]
    fn refused(lines: &str, why: &str) {
        let err = environment(lines).unwrap_err();
        assert!(err.contains(why) && !err.contains("s3cr3t"), "{err}");
    }

    #[test]
    fn what_is_no_store_is_refused_with_its_place() {
        refused("store=\"ftp://x\"\n", "`ftp://x` is not a store");
        refused("store=\"s3://\"\n", "`s3://` is not a bucket and a prefix");
        refused("store=\"s3://b/../c\"\n", "is not a bucket and a prefix");
        refused("store=\"dir:x\"\nregion=\"y\"\n", "`region` means nothing to the store `dir:x`");
        refused("store=\"s3://b\"\ntimeout=0\n", "`timeout` is not from 1 to 300");
    }

    #[test]
    fn a_secret_in_the_way_to_a_store_is_refused_and_not_repeated() {
        refused("store=\"s3://b\"\ncredentials=\"s3cr3t\"\n", "never stands in the configuration");
        refused("store=\"s3://b\"\ncredentials={ secret=\"s3cr3t\" }\n", "unknown key `secret`");
        refused("store=\"s3://b\"\nendpoint=\"https://me:s3cr3t@host\"\n", "`endpoint` is not the address");
    }
}
