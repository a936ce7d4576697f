//! KeyCDN: URLs in the zone's form (host and path), tags, the whole zone.
//!
//! `GET zones/purge/ID.json` empties the zone: it is asked for everything alone.

use super::account::split;
use super::{
    Account, Auth, Call, Cdn, Evidence, Facts, Form, Jurisdiction, Kind, Next, Query, Rate, Refusal, Reply, Request,
    Rights, Selector, Setting, Takes,
};
use crate::model::TagField;
use serde_json::json;

/// The provider `keycdn`.
pub(super) struct KeyCdn;

/// What its support named once: 20 calls a minute, 128 characters of tags.
const RATE: Rate = Rate::requests(20, 20, 60);

static FACTS: Facts = Facts {
    id: "keycdn",
    evidence: Evidence::Facts,
    jurisdiction: Jurisdiction::Elsewhere("CH"),
    takes: &[
        Takes::new(Selector::Url, 500, RATE),
        Takes::new(Selector::Tag, 8, RATE),
        Takes::new(Selector::Everything, 1, RATE),
    ],
    form: Form::Absolute,
    // Several are separated by spaces there, by commas everywhere else where this field is read: one is read alike ("Purge CDN Cache").
    tags: Some(TagField { most: 1, ..TagField::PLAIN }),
    mixes: false,
    body: 63 * 1024,
    query: Query::Exact,
    success: "`status: success` in the answer",
    propagation: "not documented",
    settles: 10,
    rights: "there is only a key for the whole account",
    settings: &[
        Setting::needed("zone", Kind::Id, "the zone's number"),
        Setting::needed("token", Kind::Secret, "where the API key comes from"),
        Setting::optional("zone_host", Kind::Id, "the zone's host, `NAME-ID.kxcdn.com`, where purges want it"),
    ],
    price: None,
    source: "keycdn.com/api: zones, \"Purge URL\", \"Purge Tag\"",
};

impl Cdn for KeyCdn {
    fn facts(&self) -> &'static Facts {
        &FACTS
    }

    fn rights(&self, _account: &Account) -> Rights {
        Rights::TooMany("the vendor has only keys for the whole account")
    }

    fn requests(&self, account: &Account, call: &Call, _now: jiff::Timestamp) -> Vec<Request> {
        let address = |action: &str| {
            format!("{}/zones/{action}/{}.json", account.api("https://api.keycdn.com"), account.get("zone"))
        };
        let named = |url: &str| {
            let (host, path) = split(url);
            let zone = account.get("zone_host");
            format!("{}{path}", if zone.is_empty() { host } else { zone })
        };
        vec![match call.selector() {
            Selector::Tag => {
                Request::json("DELETE", address("purgetag"), Auth::Basic, &json!({ "tags": call.texts() }))
            }
            Selector::Everything => Request::new("GET", address("purge"), Auth::Basic),
            _ => {
                let urls: Vec<String> = call.texts().into_iter().map(named).collect();
                Request::json("DELETE", address("purgeurl"), Auth::Basic, &json!({ "urls": urls }))
            }
        }]
    }

    fn read(&self, _account: &Account, _request: &Request, reply: &Reply) -> Result<Next, Refusal> {
        let next = reply.by_status()?;
        let answer = reply.json();
        if next == Next::Done && answer["status"] != "success" {
            let why = answer["error_message"].as_str().or(answer["description"].as_str());
            return Err(reply.refusal(why.unwrap_or("`status` is not `success`")));
        }
        Ok(next)
    }
}
