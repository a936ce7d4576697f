//! bunny.net: one URL in a request, a prefix, a tag, the whole zone.
//!
//! Two traps: a URL that ends in `/` is a prefix unless `exactPath` says otherwise, so every URL says it; and `purgeCache`
//! without a tag is the whole zone, so a tag is never left out.

use super::account::component;
use super::{
    Account, Auth, Call, Cdn, Evidence, Facts, Form, Jurisdiction, Kind, Module, Names, Next, Panel, Query, Rate,
    Refusal, Reply, Request, Rights, Selector, Setting, Switch, Takes, Wish, panel, switches, terraform,
};
use crate::model::TagField;
use serde_json::json;

/// The provider `bunny`.
pub(super) struct Bunny;

const WIDE: Rate = Rate::items(20, 1, 2);

static FACTS: Facts = Facts {
    id: "bunny",
    evidence: Evidence::Facts,
    jurisdiction: Jurisdiction::Eu("SI"),
    takes: &[
        Takes::new(Selector::Url, 1, Rate::items(120, 5, 1)),
        Takes::new(Selector::Prefix, 1, WIDE),
        Takes::new(Selector::Tag, 1, WIDE),
        Takes::new(Selector::Everything, 1, WIDE),
    ],
    form: Form::Absolute,
    // 1,024 bytes; how several are separated is not documented, so it is one.
    tags: Some(TagField { name: "cdn-tag", most: 1, longest: 1_024, ..TagField::PLAIN }),
    mixes: false,
    body: 1_024,
    query: Query::Exact,
    success: "the call answers when it is done",
    propagation: "seconds",
    settles: 10,
    rights: "there is only a key for the whole account: keep it out of places that need less",
    settings: &[
        Setting::needed("token", Kind::Secret, "where the account's access key comes from"),
        Setting::optional("pull_zone", Kind::Id, "the pull zone's number, to purge by tag and everything"),
    ],
    price: None,
    source: "docs.bunny.net/cdn/purge-cache and /api-reference/core/purge",
};

impl Cdn for Bunny {
    fn facts(&self) -> &'static Facts {
        &FACTS
    }

    fn switches(&self) -> &'static [Switch] {
        switches::APPLIED
    }

    fn takes(&self, account: &Account) -> Vec<Takes> {
        let zoned = |selector| matches!(selector, Selector::Tag | Selector::Everything);
        let has_zone = !account.get("pull_zone").is_empty();
        FACTS.takes.iter().filter(|it| has_zone || !zoned(it.selector)).copied().collect()
    }

    fn panel(&self, account: &Account, wish: &Wish) -> Panel {
        panel::bunny::panel(account, wish)
    }

    fn terraform(&self, account: &Account, wish: &Wish, names: &Names) -> Option<Module> {
        Some(terraform::bunny::module(account, wish, names))
    }

    fn rights(&self, _account: &Account) -> Rights {
        Rights::TooMany("the vendor has only keys for the whole account")
    }

    fn requests(&self, account: &Account, call: &Call, _now: jiff::Timestamp) -> Vec<Request> {
        let (api, auth) = (account.api("https://api.bunny.net"), Auth::Header("accesskey", ""));
        let zone = || format!("{api}/pullzone/{}/purgeCache", account.get("pull_zone"));
        let purge = |url: &str, exact: bool| {
            let url = component(url);
            Request::new("POST", format!("{api}/purge?url={url}&async=false&exactPath={exact}"), auth.clone())
        };
        vec![match call.selector() {
            Selector::Prefix => purge(&format!("{}*", call.first()), false),
            Selector::Tag => Request::json("POST", zone(), auth, &json!({ "CacheTag": call.first() })),
            Selector::Everything => Request::new("POST", zone(), auth),
            Selector::Url | Selector::Host => purge(call.first(), true),
        }]
    }

    fn read(&self, _account: &Account, _request: &Request, reply: &Reply) -> Result<Next, Refusal> {
        reply.by_status()
    }
}
