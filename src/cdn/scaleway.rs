//! Scaleway Edge Services: paths of a pipeline, or all; followed until the purge request is done.
//!
//! It knows neither prefixes nor tags.

use super::{
    Account, Auth, Call, Cdn, Evidence, Facts, Form, Jurisdiction, Kind, Module, Names, Next, Panel, Query, Rate,
    Refusal, Reply, Request, Rights, Selector, Setting, Switch, Takes, Wish, panel, switches, terraform,
};
use serde_json::json;
use std::time::Duration;

/// The provider `scaleway`.
pub(super) struct Scaleway;

static FACTS: Facts = Facts {
    id: "scaleway",
    evidence: Evidence::Schema,
    jurisdiction: Jurisdiction::Eu("FR"),
    // The vendor names no limit; a request of 100 paths is small.
    takes: &[Takes::new(Selector::Url, 100, Rate::UNKNOWN), Takes::new(Selector::Everything, 1, Rate::UNKNOWN)],
    form: Form::Path,
    tags: None,
    mixes: false,
    body: 64 * 1024,
    query: Query::Exact,
    success: "the purge request is polled until it is `done`",
    propagation: "seconds",
    settles: 10,
    rights: "an IAM key with EdgeServicesFullAccess on this project alone: there is no narrower set",
    settings: &[
        Setting::needed("pipeline", Kind::Id, "the pipeline's id"),
        Setting::needed("token", Kind::Secret, "where the IAM secret key comes from"),
    ],
    price: None,
    source: "scaleway-sdk-go, api/edge_services/v1beta1 (CreatePurgeRequest, GetPurgeRequest)",
};

const AUTH: Auth = Auth::Header("x-auth-token", "");

impl Cdn for Scaleway {
    fn facts(&self) -> &'static Facts {
        &FACTS
    }

    fn switches(&self) -> &'static [Switch] {
        switches::APPLIED
    }

    fn panel(&self, account: &Account, wish: &Wish) -> Panel {
        panel::scaleway::panel(account, wish)
    }

    fn terraform(&self, account: &Account, wish: &Wish, names: &Names) -> Option<Module> {
        Some(terraform::scaleway::module(account, wish, names))
    }

    fn rights(&self, _account: &Account) -> Rights {
        Rights::TooMany("whoever may purge may change the pipeline, too (EdgeServicesFullAccess)")
    }

    fn requests(&self, account: &Account, call: &Call, _now: jiff::Timestamp) -> Vec<Request> {
        let pipeline = account.get("pipeline");
        let body = match call.selector() {
            Selector::Everything => json!({ "pipeline_id": pipeline, "all": true }),
            _ => json!({ "pipeline_id": pipeline, "assets": call.texts() }),
        };
        vec![Request::json("POST", address(account, ""), AUTH, &body)]
    }

    fn read(&self, account: &Account, request: &Request, reply: &Reply) -> Result<Next, Refusal> {
        let next = reply.by_status()?;
        let answer = reply.json();
        match (next, answer["status"].as_str(), answer["id"].as_str()) {
            (Next::Done, Some("done"), _) => Ok(Next::Done),
            (Next::Done, Some("error"), _) => Err(reply.refusal("the purge ended with an error")),
            (Next::Done, Some(_), Some(id)) if id.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-') => {
                let poll = Request::new("GET", address(account, &format!("/{id}")), AUTH);
                Ok(Next::Poll(Box::new(poll.later(Duration::from_secs(if request.method == "GET" { 3 } else { 1 })))))
            }
            (Next::Done, ..) => Err(reply.refusal("the answer is not a purge request")),
            (next, ..) => Ok(next),
        }
    }
}

fn address(account: &Account, rest: &str) -> String {
    format!("{}/edge-services/v1beta1/purge-requests{rest}", account.api("https://api.scaleway.com"))
}
