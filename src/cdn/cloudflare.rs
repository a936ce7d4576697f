//! Cloudflare: by URL, prefix, tag, host or everything, one kind in a request; `soft` marks as stale instead of removing.
//!
//! A 200 means accepted. The API keeps no object for a purge, so there is nothing to poll.

use super::account::split;
use super::{
    Account, Auth, Call, Cdn, Evidence, Facts, Form, Jurisdiction, Kind, Module, Names, Next, Panel, Query, Rate,
    Refusal, Reply, Request, Rights, Selector, Setting, Switch, Takes, Wish, panel, switches, terraform,
};
use crate::model::TagField;
use serde_json::json;

/// The provider `cloudflare`.
pub(super) struct Cloudflare;

/// Of the free plan; `takes` knows the others.
const FREE: Rate = Rate::requests(25, 5, 60);

static FACTS: Facts = Facts {
    id: "cloudflare",
    evidence: Evidence::Schema,
    jurisdiction: Jurisdiction::Elsewhere("US"),
    takes: &[
        Takes::new(Selector::Url, 100, Rate::items(800, 800, 1)),
        Takes::new(Selector::Prefix, 100, FREE),
        Takes::new(Selector::Tag, 100, FREE),
        Takes::new(Selector::Host, 100, FREE),
        Takes::new(Selector::Everything, 1, FREE),
    ],
    form: Form::Absolute,
    // 16 KB of the field, 1,024 letters of a tag in a purge ("Purge cache by cache-tags", "Purge cache": limits).
    tags: Some(TagField { most: 1_000, longest: 1_024, bytes: 16 * 1024, ..TagField::PLAIN }),
    mixes: false,
    body: 128 * 1024,
    query: Query::Exact,
    success: "`success` in the answer means accepted; only a look at the edge proves more",
    propagation: "under 150 ms by the vendor's word",
    settles: 2,
    rights: "Zone: Cache Purge, on this zone alone",
    settings: &[
        Setting::needed("zone", Kind::Id, "the zone's id, from its overview page"),
        Setting::needed("token", Kind::Secret, "where the API token comes from"),
        Setting::optional("plan", Kind::Choice(&["free", "pro", "business", "enterprise"]), "what is paid for"),
        Setting::optional("soft", Kind::Flag, "mark as stale instead of removing"),
    ],
    price: None,
    source: "developers.cloudflare.com/cache/how-to/purge-cache, \"Availability and limits\"",
};

impl Cdn for Cloudflare {
    fn facts(&self) -> &'static Facts {
        &FACTS
    }

    fn switches(&self) -> &'static [Switch] {
        switches::APPLIED
    }

    fn takes(&self, account: &Account) -> Vec<Takes> {
        let (urls, rest, items) = match account.get("plan") {
            "pro" => (1_500, Rate::requests(25, 5, 1), 100),
            "business" => (1_500, Rate::requests(50, 10, 1), 100),
            "enterprise" => (3_000, Rate::requests(500, 50, 1), 500),
            _ => (800, FREE, 100),
        };
        let of = |takes: &Takes| match takes.selector {
            Selector::Url => Takes::new(Selector::Url, items, Rate::items(urls, urls, 1)),
            selector => Takes::new(selector, takes.items, rest),
        };
        FACTS.takes.iter().map(of).collect()
    }

    fn panel(&self, account: &Account, wish: &Wish) -> Panel {
        panel::cloudflare::panel(account, wish)
    }

    fn terraform(&self, account: &Account, wish: &Wish, names: &Names) -> Option<Module> {
        Some(terraform::cloudflare::module(account, wish, names))
    }

    /// The API does not tell a token its permissions. One that may purge and nothing more is refused the zone's settings.
    fn rights(&self, account: &Account) -> Rights {
        let url = address(account, "settings/development_mode");
        Rights::Ask(Box::new(Request::new("GET", url, Auth::Bearer)))
    }

    fn excess(&self, _account: &Account, reply: &Reply) -> Option<String> {
        (reply.status == 200).then(|| "it may read the zone's settings".to_owned())
    }

    fn requests(&self, account: &Account, call: &Call, _now: jiff::Timestamp) -> Vec<Request> {
        let body = match call.selector() {
            Selector::Url => json!({ "files": call.texts() }),
            // Host and path, without the scheme.
            Selector::Prefix => {
                let bare: Vec<String> =
                    call.texts().into_iter().map(split).map(|(host, path)| format!("{host}{path}")).collect();
                json!({ "prefixes": bare })
            }
            Selector::Tag => json!({ "tags": call.texts() }),
            Selector::Host => json!({ "hosts": call.texts() }),
            Selector::Everything => json!({ "purge_everything": true }),
        };
        let action = if account.flag("soft") { "invalidate_cache" } else { "purge_cache" };
        vec![Request::json("POST", address(account, action), Auth::Bearer, &body)]
    }

    fn read(&self, account: &Account, request: &Request, reply: &Reply) -> Result<Next, Refusal> {
        // Soft purge is from September 2026: where it is not there yet, the page is removed after all.
        if matches!(reply.status, 404 | 405) && request.url.ends_with("/invalidate_cache") {
            let hard = Request { url: address(account, "purge_cache"), ..request.clone() };
            return Ok(Next::Instead(Box::new(hard)));
        }
        let answer = reply.json();
        let words = || answer["errors"][0]["message"].as_str();
        let next = reply.by_status().map_err(|no| words().map_or(no, |why| reply.refusal(why)))?;
        if next == Next::Done && answer["success"] != true {
            return Err(reply.refusal(words().unwrap_or("`success` is not true")));
        }
        Ok(next)
    }
}

fn address(account: &Account, action: &str) -> String {
    format!("{}/zones/{}/{action}", account.api("https://api.cloudflare.com/client/v4"), account.get("zone"))
}
