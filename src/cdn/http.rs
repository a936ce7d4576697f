//! Any other cache that takes purges over HTTP: the addresses stand in the configuration, with `{url}` and its like in them.
//!
//! It takes what it has an address for. A tag or URL is put in percent-encoded, so that it cannot change the address around
//! it; `{path}` alone stays as it is, for caches that are purged at the page's own path.

use super::account::{component, split};
use super::{
    Account, Auth, Call, Cdn, Evidence, Facts, Form, Jurisdiction, Kind, Next, Query, Rate, Refusal, Reply, Request,
    Selector, Setting, Takes,
};
use crate::model::TagField;

/// The provider `http`.
pub(super) struct Http;

static FACTS: Facts = Facts {
    id: "http",
    evidence: Evidence::Facts,
    jurisdiction: Jurisdiction::Yours,
    takes: &[
        Takes::new(Selector::Url, 1, Rate::UNKNOWN),
        Takes::new(Selector::Tag, 1, Rate::UNKNOWN),
        Takes::new(Selector::Everything, 1, Rate::UNKNOWN),
    ],
    form: Form::Absolute,
    tags: Some(TagField::PLAIN),
    mixes: false,
    body: 16 * 1024,
    query: Query::Exact,
    success: "a status from 200 to 299, or 404 for what was not kept",
    propagation: "not known",
    settles: 10,
    rights: "whatever lets it purge, and nothing more",
    settings: &[
        Setting::needed("purge_url", Kind::Address, "what is asked for a URL: `https://HOST/purge?u={url}`"),
        Setting::optional("purge_tag", Kind::Address, "what is asked for a tag: `https://HOST/purge?t={tag}`"),
        Setting::optional("purge_all", Kind::Address, "what is asked for everything"),
        Setting::optional(
            "method",
            Kind::Choice(&["PURGE", "POST", "DELETE", "GET"]),
            "`PURGE` unless it says another",
        ),
        Setting::optional("token", Kind::Secret, "where the bearer token comes from"),
        Setting::optional("acl", Kind::Flag, "it takes purges from listed addresses only"),
    ],
    price: None,
    source: "the documentation of that cache",
};

impl Cdn for Http {
    fn facts(&self) -> &'static Facts {
        &FACTS
    }

    fn takes(&self, account: &Account) -> Vec<Takes> {
        let there = |selector| match selector {
            Selector::Tag => !account.get("purge_tag").is_empty(),
            Selector::Everything => !account.get("purge_all").is_empty(),
            _ => true,
        };
        FACTS.takes.iter().filter(|it| there(it.selector)).copied().collect()
    }

    fn check(&self, account: &Account) -> Result<(), String> {
        let names = |key: &str, any: &[&str]| any.iter().any(|name| account.get(key).contains(name));
        if !names("purge_url", &["{url}", "{path}"]) {
            return Err("`purge_url` names neither `{url}` nor `{path}`: every purge would be the same".to_owned());
        }
        if !account.get("purge_tag").is_empty() && !names("purge_tag", &["{tag}"]) {
            return Err("`purge_tag` does not name `{tag}`: every purge would be the same".to_owned());
        }
        account.guarded()
    }

    fn requests(&self, account: &Account, call: &Call, _now: jiff::Timestamp) -> Vec<Request> {
        let method = match account.get("method") {
            "POST" => "POST",
            "DELETE" => "DELETE",
            "GET" => "GET",
            _ => "PURGE",
        };
        let text = call.first();
        let (host, path) = split(text);
        let url = match call.selector() {
            Selector::Tag => account.get("purge_tag").replace("{tag}", &component(text)),
            Selector::Everything => account.get("purge_all").to_owned(),
            _ => {
                let named = account.get("purge_url").replace("{url}", &component(text));
                named.replace("{host}", &component(host)).replace("{path}", path)
            }
        };
        let auth = if account.has("token") { Auth::Bearer } else { Auth::None };
        vec![Request::new(method, url, auth)]
    }

    fn read(&self, _account: &Account, _request: &Request, reply: &Reply) -> Result<Next, Refusal> {
        if reply.status == 404 { Ok(Next::Done) } else { reply.by_status() }
    }
}
