//! `[[env.NAME.cdn]]` and `[env.NAME.purge]`: what stands in front of an environment, and how far a purge may reach.
//!
//! Which keys a provider knows, and what they may be, its own fact sheet says (`cdn::Facts`). A secret is refused here, and
//! never repeated: only where it comes from may stand in the configuration.

use crate::cdn::{self, Account, Kind, Setting};
use crate::diag::Code;
use crate::model::{CdnAccount, Secret, Widen};
use crate::reader::Section;
use std::collections::BTreeMap;

/// The embedded edge, which needs to be told nothing.
pub(super) fn edge() -> CdnAccount {
    let (settings, secrets) = (BTreeMap::new(), BTreeMap::new());
    CdnAccount { provider: "edge".to_owned(), api: None, settings, secrets }
}

/// `[[env.NAME.cdn]]`
pub(super) fn account(section: &Section<'_>) -> CdnAccount {
    let provider = section.required("provider", "which CDN it is").unwrap_or_default();
    let mut account = CdnAccount { provider, api: address(section, "api"), ..edge() };
    let Some(cdn) = cdn::find(&account.provider) else {
        if !account.provider.is_empty() {
            let ids: Vec<&str> = cdn::ALL.iter().map(|cdn| cdn.id()).collect();
            let remedy = match crate::text::nearest(&account.provider, ids.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("it is one of: {}", ids.join(", ")),
            };
            let wrong = format!("`{}` is no CDN provider that `landing cdn list` knows", account.provider);
            section.complain("provider", Code::UnknownName, &wrong, &remedy);
        }
        return account;
    };
    let own = cdn.facts().settings;
    let keys: Vec<&str> = own.iter().map(|it| it.key).collect();
    section.only(&[&["provider", "api"], Account::SHARED, keys.as_slice()].concat());
    for setting in own.iter().chain(SHARED) {
        one(section, setting, &mut account);
    }
    account
}

/// What every provider may be told.
const SHARED: &[Setting] = &[
    Setting::optional("hosts", Kind::Hosts, "further host names of the same site"),
    Setting::optional("query", Kind::Choice(&["ignored", "kept"]), "whether the cache keeps a copy for every query"),
    Setting::optional("tags_copied", Kind::Flag, "our `cache-tag` is copied to where this CDN looks for tags"),
    Setting::optional("redirect", Kind::Hosts, "host names that lead to this site"),
    Setting::optional("settings_token", Kind::Secret, "where the token comes from that may change settings"),
];

fn one(section: &Section<'_>, setting: &Setting, account: &mut CdnAccount) {
    let key = setting.key;
    if section.value(key).is_none() {
        // The embedded edge makes its own token; elsewhere what is needed is said at once, with its place.
        if setting.required {
            section.required(key, setting.says);
        }
        return;
    }
    let values = match setting.kind {
        Kind::Secret => {
            account.secrets.extend(secret(section, key).map(|secret| (key.to_owned(), secret)));
            return;
        }
        Kind::Texts => section.string_list(key),
        Kind::Hosts => section.string_list(key).inspect(|list| list.iter().for_each(|raw| host(section, key, raw))),
        Kind::Addresses => {
            section.string_list(key).inspect(|list| list.iter().for_each(|raw| check(section, key, raw)))
        }
        Kind::Address => address(section, key).map(|raw| vec![raw]),
        Kind::Flag => section.boolean(key).map(|flag| vec![flag.to_string()]),
        Kind::Choice(choices) => section.string(key).map(|raw| vec![choice(section, key, raw, choices)]),
        Kind::Id => id(section, key).map(|raw| vec![raw]),
        Kind::Text => section.string(key).map(|raw| vec![raw]),
    };
    account.settings.extend(values.map(|values| (key.to_owned(), values)));
}

fn choice(section: &Section<'_>, key: &str, raw: String, choices: &[&str]) -> String {
    if !choices.contains(&raw.as_str()) {
        let remedy = format!("write one of: {}", choices.join(", "));
        section.complain(key, Code::BadValue, &format!("`{key}` is not `{raw}`"), &remedy);
    }
    raw
}

/// A name or number that becomes part of an address: nothing in it may lead elsewhere.
fn id(section: &Section<'_>, key: &str) -> Option<String> {
    let raw = section.string(key)?;
    let letter = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:@".contains(&byte);
    if raw.is_empty() || !raw.bytes().all(letter) || raw.contains("..") {
        let wrong = format!("`{key}` is no name or number that can stand in an address");
        section.complain(key, Code::BadValue, &wrong, "letters, digits and `-._~:@`, nothing else");
    }
    Some(raw)
}

/// A host name stands in addresses and in rules: nothing in it may end either.
fn host(section: &Section<'_>, key: &str, raw: &str) {
    let letter = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.');
    if raw.is_empty() || raw.len() > 253 || !raw.bytes().all(letter) {
        let wrong = format!("`{raw}` in `{key}` is no host name");
        section.complain(key, Code::BadValue, &wrong, "write `example.fr`, without scheme, port and path");
    }
}

fn address(section: &Section<'_>, key: &str) -> Option<String> {
    let raw = section.string(key)?;
    check(section, key, &raw);
    Some(raw)
}

fn check(section: &Section<'_>, key: &str, raw: &str) {
    // In the addresses of the provider `http` stand names in braces.
    let plain = raw.replace(['{', '}'], "");
    let good = url::Url::parse(&plain).is_ok_and(|url| {
        let anonymous = url.username().is_empty() && url.password().is_none();
        matches!(url.scheme(), "http" | "https") && url.has_host() && anonymous
    });
    if !good {
        let wrong = format!("`{key}` is not an `http://` or `https://` address");
        section.complain(key, Code::BadValue, &wrong, "write `https://HOST`; a secret stands in a key of its own");
    }
}

/// `{ env = "NAME" }`, `{ file = "…" }` or `{ command = ["…"] }`, and nothing that is itself a secret.
pub(super) fn secret(section: &Section<'_>, key: &str) -> Option<Secret> {
    let wrong = format!("`{key}` does not say where the secret comes from");
    let remedy = format!(
        "write `{key} = {{ env = \"NAME\" }}`, `{{ file = \"…\" }}` or `{{ command = [\"…\"] }}`: a secret never stands in the configuration"
    );
    if !section.value(key)?.get_ref().is_table() {
        section.complain(key, Code::BadValue, &wrong, &remedy);
        return None;
    }
    let source = section.section(key);
    source.only(&["env", "file", "command"]);
    let secret = (source.string("env").map(Secret::Env))
        .or_else(|| source.string("file").map(Secret::File))
        .or_else(|| source.string_list("command").filter(|command| !command.is_empty()).map(Secret::Command));
    if secret.is_none() {
        section.complain(key, Code::BadValue, &wrong, &remedy);
    }
    secret
}

/// `purge = { widen = "never" }`
pub(super) fn widen(section: &Section<'_>) -> Widen {
    let purge = section.section("purge");
    purge.only(&["widen"]);
    let Some(raw) = purge.string("widen") else { return Widen::default() };
    if let Some((_, widen)) = Widen::ALL.iter().find(|(name, _)| *name == raw) {
        return *widen;
    }
    let names: Vec<&str> = Widen::ALL.iter().map(|(name, _)| *name).collect();
    let remedy = format!("write one of: {}", names.join(", "));
    purge.complain("widen", Code::BadValue, &format!("a purge is not widened to `{raw}`"), &remedy);
    Widen::default()
}

#[cfg(test)]
mod tests {
    use crate::model::{Secret, Widen};

    fn environment(lines: &str) -> Result<crate::model::Environment, String> {
        let text = format!("[site]\nname=\"x\"\n[env.p]\nurl=\"https://a.example\"\nstore=\"dir:x\"\n{lines}");
        let settings = crate::config::parse(&text).map_err(|err| err.to_string())?;
        Ok(settings.environments["p"].clone())
    }

    #[test]
    fn a_secret_in_the_configuration_is_refused_and_not_repeated() {
        let err = environment("[[env.p.cdn]]\nprovider=\"edge\"\ntoken=\"s3cr3t\"\n").unwrap_err();
        assert!(err.contains("never stands in the configuration") && !err.contains("s3cr3t"), "{err}");
        let err = environment("[[env.p.cdn]]\nprovider=\"edge\"\napi=\"https://me:s3cr3t@host\"\n").unwrap_err();
        assert!(err.contains("`api` is not an") && !err.contains("s3cr3t"), "{err}");
    }

    #[test]
    fn a_secret_is_named_by_its_source() {
        let read = environment("[[env.p.cdn]]\nprovider=\"edge\"\ntoken={ env = \"T\" }\n").unwrap();
        assert_eq!(read.cdn[0].secrets["token"], Secret::Env("T".to_owned()));
    }

    #[test]
    fn a_provider_says_which_keys_it_knows_and_needs() {
        let err =
            environment("[[env.p.cdn]]\nprovider=\"cloudflare\"\ntoken={ env = \"T\" }\nzones=\"z\"\n").unwrap_err();
        assert!(err.contains("unknown key `zones`") && err.contains("`zone` is missing"), "{err}");
        let err = environment("[[env.p.cdn]]\nprovider=\"cloudflair\"\n").unwrap_err();
        assert!(err.contains("`cloudflair` is no CDN provider") && err.contains("did you mean `cloudflare`?"), "{err}");
    }

    #[test]
    fn a_name_cannot_lead_to_another_address() {
        for zone in ["../accounts", "a/b", "a?b", "", "a b"] {
            let lines = format!("[[env.p.cdn]]\nprovider=\"cloudflare\"\ntoken={{ env = \"T\" }}\nzone=\"{zone}\"\n");
            assert!(environment(&lines).unwrap_err().contains("can stand in an address"), "{zone}");
        }
    }

    #[test]
    fn widening_can_be_forbidden() {
        assert_eq!(environment("").unwrap().widen, Widen::Prefix);
        assert_eq!(environment("purge = { widen = \"never\" }\n").unwrap().widen, Widen::Never);
        assert!(environment("purge = { widen = \"much\" }\n").unwrap_err().contains("not widened to `much`"));
    }
}
