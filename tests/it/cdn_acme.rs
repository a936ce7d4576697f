//! Acme, a CDN that does not exist: the walk of CONTRIBUTING.md, compiled.

use landing::cdn::{
    Account, Auth, Call, Cdn, Evidence, Facts, Form, Jurisdiction, Kind, Next, Query, Rate, Refusal, Reply, Request,
    Selector, Setting, Takes,
};
use serde_json::json;

/// The provider `acme`.
pub(super) struct Acme;

static FACTS: Facts = Facts {
    id: "acme",
    evidence: Evidence::Facts,
    jurisdiction: Jurisdiction::Eu("FR"),
    takes: &[
        Takes::new(Selector::Url, 50, Rate::requests(10, 1, 1)),
        Takes::new(Selector::Everything, 1, Rate::requests(1, 1, 60)),
    ],
    form: Form::Absolute,
    tags: None,
    mixes: false,
    body: 64 * 1024,
    query: Query::Exact,
    success: "status 202 and a ticket",
    propagation: "5 s",
    settles: 5,
    rights: "the role `purger` on one site",
    settings: &[
        Setting::needed("site", Kind::Id, "the site's number"),
        Setting::needed("token", Kind::Secret, "where the API token comes from"),
    ],
    price: None,
    source: "docs.acme.example/api/purge",
};

impl Cdn for Acme {
    fn facts(&self) -> &'static Facts {
        &FACTS
    }

    fn requests(&self, account: &Account, call: &Call, _now: jiff::Timestamp) -> Vec<Request> {
        let body = match call.selector() {
            Selector::Everything => json!({ "all": true }),
            _ => json!({ "urls": call.texts() }),
        };
        let url = format!("{}/sites/{}/purge", account.api("https://api.acme.example"), account.get("site"));
        vec![Request::json("POST", url, Auth::Bearer, &body)]
    }

    fn read(&self, _account: &Account, _request: &Request, reply: &Reply) -> Result<Next, Refusal> {
        let next = reply.by_status()?;
        if next == Next::Done && !reply.json()["ticket"].is_string() {
            return Err(reply.refusal("no ticket in the answer"));
        }
        Ok(next)
    }
}
