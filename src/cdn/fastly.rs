//! Fastly: one URL in a request, surrogate keys in batches, everything; `soft` marks as stale.
//!
//! With a shield, an edge that was purged first may fetch the old page from a shield that was purged second: the vendor's
//! advice is to purge twice, 2 s apart, 30 s for everything.

use super::{
    Account, Auth, Call, Cdn, Evidence, Facts, Form, Jurisdiction, Kind, Module, NOBODYS, Names, Next, Panel, Query,
    Rate, Refusal, Reply, Request, Rights, Selector, Setting, Switch, Takes, Wish, panel, switches, terraform,
};
use crate::model::TagField;
use serde_json::json;
use std::time::Duration;

/// The provider `fastly`.
pub(super) struct Fastly;

/// 100,000 an hour for a customer, of which a burst takes a tenth.
const RATE: Rate = Rate::items(10_000, 1_666, 60);

static FACTS: Facts = Facts {
    id: "fastly",
    evidence: Evidence::Schema,
    jurisdiction: Jurisdiction::Elsewhere("US"),
    takes: &[
        Takes::new(Selector::Url, 1, RATE),
        Takes::new(Selector::Tag, 256, RATE),
        Takes::new(Selector::Everything, 1, RATE),
    ],
    form: Form::Absolute,
    // "Surrogate-Key": keys of 1,024 bytes, 16,384 in all; what is beyond is ignored.
    tags: Some(TagField {
        name: "surrogate-key",
        separator: " ",
        most: 1_000,
        longest: 1_024,
        bytes: 16_384,
        ..TagField::PLAIN
    }),
    mixes: false,
    body: 64 * 1024,
    query: Query::Exact,
    success: "`status: ok` with an id; for keys, an id for each",
    propagation: "about 150 ms; a second purge where a shield refills",
    settles: 2,
    rights: "`purge_select` on this service; `purge_all` only for purging everything",
    settings: &[
        Setting::needed("service", Kind::Id, "the service's id"),
        Setting::needed("token", Kind::Secret, "where the API token comes from"),
        Setting::optional("soft", Kind::Flag, "mark as stale instead of removing"),
        Setting::optional("shield", Kind::Flag, "the service has a shield: purge twice"),
    ],
    price: None,
    source: "fastly.com/documentation/reference/api/purging",
};

impl Cdn for Fastly {
    fn facts(&self) -> &'static Facts {
        &FACTS
    }

    fn switches(&self) -> &'static [Switch] {
        switches::APPLIED
    }

    fn panel(&self, account: &Account, wish: &Wish) -> Panel {
        panel::fastly::panel(account, wish)
    }

    fn terraform(&self, account: &Account, wish: &Wish, names: &Names) -> Option<Module> {
        Some(terraform::fastly::module(account, wish, names))
    }

    /// `GET /tokens/self` names the scope and the services: no scope is `global`, no services are all of them
    /// (fastly.com/documentation/reference/api/auth-tokens/user).
    fn rights(&self, account: &Account) -> Rights {
        let url = format!("{}/tokens/self", account.api("https://api.fastly.com"));
        Rights::Ask(Box::new(Request::new("GET", url, Auth::Header("fastly-key", ""))))
    }

    fn excess(&self, account: &Account, reply: &Reply) -> Option<String> {
        if reply.status != 200 {
            return None;
        }
        let answer = reply.json();
        let scope = answer["scope"].as_str().filter(|it| !it.trim().is_empty()).unwrap_or("global");
        let more: Vec<&str> = scope.split_whitespace().filter(|it| !it.starts_with("purge_")).collect();
        if !more.is_empty() {
            return Some(format!("its scope is `{}`", more.join(" ")));
        }
        let services = answer["services"].as_array().map(Vec::as_slice).unwrap_or_default();
        let ours = !services.is_empty() && services.iter().all(|it| it == account.get("service"));
        (!ours).then(|| "it may purge other services".to_owned())
    }

    /// Unless the service says otherwise, the method `PURGE` on a page needs no token.
    fn strangers(&self, account: &Account) -> Vec<Request> {
        account.bases().iter().map(|base| Request::new("PURGE", format!("{base}{NOBODYS}"), Auth::None)).collect()
    }

    fn requests(&self, account: &Account, call: &Call, _now: jiff::Timestamp) -> Vec<Request> {
        let (api, service) = (account.api("https://api.fastly.com"), account.get("service"));
        let auth = Auth::Header("fastly-key", "");
        let post = |path: String| Request::new("POST", format!("{api}{path}"), auth.clone());
        let request = match call.selector() {
            Selector::Tag => {
                let body = json!({ "surrogate_keys": call.texts() });
                Request::json("POST", format!("{api}/service/{service}/purge"), auth.clone(), &body)
            }
            Selector::Everything => post(format!("/service/{service}/purge_all")),
            // The address without its scheme.
            _ => post(format!("/purge/{}", call.first().split_once("://").map_or(call.first(), |(_, rest)| rest))),
        };
        // Everything cannot be purged softly.
        let soft = account.flag("soft") && !call.is_everything();
        let request = if soft { request.with("fastly-soft-purge", "1") } else { request };
        let request = request.with("accept", "application/json");
        if !account.flag("shield") {
            return vec![request];
        }
        let again = request.clone().later(Duration::from_secs(if call.is_everything() { 30 } else { 2 }));
        vec![request, again]
    }

    fn read(&self, _account: &Account, request: &Request, reply: &Reply) -> Result<Next, Refusal> {
        let next = reply.by_status()?;
        if next != Next::Done {
            return Ok(next);
        }
        let answer = reply.json();
        let asked: serde_json::Value = serde_json::from_str(&request.body).unwrap_or_default();
        let Some(keys) = asked["surrogate_keys"].as_array() else {
            return if answer["status"] == "ok" { Ok(Next::Done) } else { Err(reply.refusal("`status` is not `ok`")) };
        };
        let missing: Vec<&str> =
            keys.iter().filter_map(|key| key.as_str()).filter(|key| !answer[*key].is_string()).collect();
        match missing.first() {
            Some(key) => Err(reply.refusal(&format!(
                "{} of {} keys, `{key}` among them, were not purged",
                missing.len(),
                keys.len()
            ))),
            None => Ok(next),
        }
    }
}
