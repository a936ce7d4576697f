//! Akamai, by the Fast Purge API, version 3: URLs and cache tags in batches, everything by CP code; signed with EdgeGrid.
//!
//! `invalidate` makes the edge ask the origin before it serves a copy again, which is as right as removing it and lighter.

use super::{
    Account, Auth, Call, Cdn, Evidence, Facts, Form, Jurisdiction, Kind, Next, Query, Rate, Refusal, Reply, Request,
    Rights, Selector, Setting, Takes,
};
use crate::model::{Letters, TagField};
use serde_json::json;
use std::time::Duration;

/// The provider `akamai`.
pub(super) struct Akamai;

static FACTS: Facts = Facts {
    id: "akamai",
    evidence: Evidence::Facts,
    jurisdiction: Jurisdiction::Elsewhere("US"),
    takes: &[
        Takes::new(Selector::Url, 5_000, Rate::items(10_000, 200, 1)),
        Takes::new(Selector::Tag, 5_000, Rate::items(5_000, 500, 60)),
        Takes::new(Selector::Everything, 1, Rate::items(300, 30, 60)),
    ],
    form: Form::Absolute,
    // "Assign cache tags": 128 tags of 128 letters of a token; a whole header of 8,192 bytes.
    tags: Some(TagField {
        name: "edge-cache-tag",
        most: 128,
        longest: 128,
        bytes: 4_096,
        letters: Letters::Token,
        ..TagField::PLAIN
    }),
    mixes: false,
    // 50,000 bytes, of which the frame takes a few.
    body: 49_900,
    query: Query::Exact,
    success: "status 201 with a purge id; there is nothing to poll",
    propagation: "about 5 s (`estimatedSeconds`)",
    settles: 10,
    rights: "an API client for CCU APIs alone, on this contract and group",
    settings: &[
        Setting::needed("host", Kind::Id, "the API client's host, `akab-….purge.akamaiapis.net`"),
        Setting::needed("client_token", Kind::Secret, "where the client token comes from"),
        Setting::needed("client_secret", Kind::Secret, "where the client secret comes from"),
        Setting::needed("access_token", Kind::Secret, "where the access token comes from"),
        Setting::optional("network", Kind::Choice(&["production", "staging"]), "which network"),
        Setting::optional("action", Kind::Choice(&["invalidate", "delete"]), "what becomes of a copy"),
        Setting::optional("cp_code", Kind::Id, "the CP code, to purge everything"),
    ],
    price: None,
    source: "techdocs.akamai.com/purge-cache: API summary, rate limiting, errors",
};

impl Cdn for Akamai {
    fn facts(&self) -> &'static Facts {
        &FACTS
    }

    fn takes(&self, account: &Account) -> Vec<Takes> {
        let all = account.get("cp_code").parse::<u64>().is_ok();
        FACTS.takes.iter().filter(|it| all || it.selector != Selector::Everything).copied().collect()
    }

    /// The client's own sheet. One for CCU alone may not read it (techdocs.akamai.com/iam-api, "Get an API client").
    fn rights(&self, account: &Account) -> Rights {
        let url = format!("{}/identity-management/v3/api-clients/self", api(account));
        Rights::Ask(Box::new(Request::new("GET", url, Auth::EdgeGrid)))
    }

    fn excess(&self, _account: &Account, reply: &Reply) -> Option<String> {
        let answer = reply.json();
        let access = &answer["apiAccess"];
        if access["allAccessibleApis"] == true {
            return Some("it has all APIs of its user".to_owned());
        }
        let apis = access["apis"].as_array().map(Vec::as_slice).unwrap_or_default();
        let other = apis.iter().find(|it| it["apiName"] != "CCU APIs")?;
        Some(format!("it has the API `{}`", other["apiName"].as_str().unwrap_or("without a name")))
    }

    fn requests(&self, account: &Account, call: &Call, _now: jiff::Timestamp) -> Vec<Request> {
        let api = api(account);
        let or =
            |value: &'static str, key| Some(account.get(key)).filter(|it| !it.is_empty()).unwrap_or(value).to_owned();
        let (action, network) = (or("invalidate", "action"), or("production", "network"));
        let (kind, objects) = match call.selector() {
            Selector::Tag => ("tag", json!(call.texts())),
            Selector::Everything => ("cpcode", json!([account.get("cp_code").parse::<u64>().unwrap_or_default()])),
            _ => ("url", json!(call.texts())),
        };
        let url = format!("{api}/ccu/v3/{action}/{kind}/{network}");
        vec![Request::json("POST", url, Auth::EdgeGrid, &json!({ "objects": objects }))]
    }

    fn read(&self, _account: &Account, _request: &Request, reply: &Reply) -> Result<Next, Refusal> {
        let answer = reply.json();
        match reply.status {
            // "Wait five seconds, then retry"; what was denied costs nothing.
            429 => Ok(Next::Again(Some(Duration::from_secs(reply.retry_after.unwrap_or(5))))),
            201 if answer["purgeId"].is_string() => Ok(Next::Done),
            200..300 => Err(reply.refusal(answer["detail"].as_str().unwrap_or("no `purgeId` in the answer"))),
            _ => reply.by_status(),
        }
    }
}

fn api(account: &Account) -> String {
    account.api(&format!("https://{}", account.get("host")))
}
