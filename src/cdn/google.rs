//! Google Cloud CDN: one rule in a request, a host with a path or up to ten tags; followed until the operation is done.
//!
//! A path is purged with all its queries. The request id makes a request that is sent again the same one.

use super::account::split;
use super::{
    Account, Auth, Call, Cdn, Evidence, Facts, Form, Grant, Jurisdiction, Kind, Next, Query, Rate, Refusal, Reply,
    Request, Rights, Selector, Setting, Takes,
};
use crate::model::Digest;
use crate::model::TagField;
use serde_json::{Value, json};
use std::time::Duration;

/// The provider `google`.
pub(super) struct Google;

const RATE: Rate = Rate::requests(100, 500, 60);
const AUTH: Auth = Auth::OAuth(Grant::ServiceAccount { scope: "https://www.googleapis.com/auth/compute" });

static FACTS: Facts = Facts {
    id: "google",
    evidence: Evidence::Schema,
    jurisdiction: Jurisdiction::Elsewhere("US"),
    takes: &[
        Takes::new(Selector::Url, 1, RATE),
        Takes::new(Selector::Prefix, 1, RATE),
        Takes::new(Selector::Tag, 10, RATE),
        Takes::new(Selector::Host, 1, RATE),
        Takes::new(Selector::Everything, 1, RATE),
    ],
    form: Form::Absolute,
    // Limits of the field were not found in the documentation.
    tags: Some(TagField::PLAIN),
    mixes: false,
    body: 16 * 1024,
    query: Query::Covered,
    success: "the operation is polled until it is `DONE`, without an error in it",
    propagation: "about 10 s",
    settles: 10,
    rights: "compute.urlMaps.invalidateCache and compute.globalOperations.get",
    settings: &[
        Setting::needed("project", Kind::Id, "the project"),
        Setting::needed("url_map", Kind::Id, "the URL map of the load balancer"),
        Setting::optional("key", Kind::Secret, "where the service account's JSON key comes from"),
        Setting::optional("token", Kind::Secret, "where an access token comes from, instead of `key`"),
    ],
    price: None,
    source: "compute.v1 discovery document, urlMaps.invalidateCache and CacheInvalidationRule",
};

impl Cdn for Google {
    fn facts(&self) -> &'static Facts {
        &FACTS
    }

    fn check(&self, account: &Account) -> Result<(), String> {
        if account.has("key") || account.has("token") { Ok(()) } else { Err("set `key` or `token`".to_owned()) }
    }

    /// Which of these the caller has is told to everybody (`urlMaps.testIamPermissions`); purging needs none of them.
    fn rights(&self, account: &Account) -> Rights {
        let path = format!("global/urlMaps/{}/testIamPermissions", account.get("url_map"));
        let more = ["delete", "get", "update"].map(|it| format!("compute.urlMaps.{it}"));
        Rights::Ask(Box::new(Request::json("POST", address(account, &path), AUTH, &json!({ "permissions": more }))))
    }

    fn excess(&self, _account: &Account, reply: &Reply) -> Option<String> {
        let answer = reply.json();
        let more: Vec<&str> = answer["permissions"].as_array()?.iter().filter_map(Value::as_str).collect();
        (!more.is_empty()).then(|| format!("it has {}", more.join(", ")))
    }

    fn requests(&self, account: &Account, call: &Call, now: jiff::Timestamp) -> Vec<Request> {
        let at = |text: &str, star: &str| {
            let (host, path) = split(text);
            // The host of the rule has no port.
            let host = host.split(':').next().unwrap_or_default();
            json!({ "host": host, "path": format!("{path}{star}") })
        };
        let rule = match call.selector() {
            Selector::Url => at(call.first(), ""),
            Selector::Prefix => at(call.first(), "*"),
            Selector::Host => json!({ "host": call.first(), "path": "/*" }),
            Selector::Tag => json!({ "cacheTags": call.texts() }),
            Selector::Everything => json!({ "path": "/*" }),
        };
        let path = format!("global/urlMaps/{}/invalidateCache?requestId={}", account.get("url_map"), id(&rule, now));
        vec![Request::json("POST", address(account, &path), AUTH, &rule)]
    }

    fn read(&self, account: &Account, request: &Request, reply: &Reply) -> Result<Next, Refusal> {
        let answer = reply.json();
        let next =
            reply.by_status().map_err(|no| answer["error"]["message"].as_str().map_or(no, |why| reply.refusal(why)))?;
        if next != Next::Done {
            return Ok(next);
        }
        if let Some(error) = answer["error"]["errors"].get(0) {
            return Err(reply.refusal(error["message"].as_str().unwrap_or("the operation failed")));
        }
        match (answer["status"].as_str(), answer["name"].as_str()) {
            (Some("DONE"), _) => Ok(Next::Done),
            (Some(_), Some(name)) if name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') => {
                let poll = Request::new("GET", address(account, &format!("global/operations/{name}")), AUTH);
                Ok(Next::Poll(Box::new(poll.later(Duration::from_secs(if request.method == "GET" { 3 } else { 1 })))))
            }
            _ => Err(reply.refusal("the answer is not an operation")),
        }
    }
}

fn address(account: &Account, path: &str) -> String {
    format!("{}/projects/{}/{path}", account.api("https://compute.googleapis.com/compute/v1"), account.get("project"))
}

/// A UUID of rule and time (RFC 9562, section 5.8: version 8, made as we like).
fn id(rule: &Value, now: jiff::Timestamp) -> String {
    let hex = Digest::of(format!("{now} {rule}").as_bytes()).to_string();
    format!("{}-{}-8{}-8{}-{}", &hex[..8], &hex[8..12], &hex[13..16], &hex[17..20], &hex[20..32])
}
