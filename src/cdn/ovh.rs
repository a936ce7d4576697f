//! OVHcloud's CDN of a web hosting: a regular expression in a request, followed until the operation is done.
//!
//! A purge without a pattern would be the whole domain: there is always one, anchored at both ends, every letter literal.

use super::account::{component, literal};
use super::{
    Account, Auth, Call, Cdn, Evidence, Facts, Form, Jurisdiction, Kind, Next, Query, Rate, Refusal, Reply, Request,
    Rights, Selector, Setting, Takes,
};
use serde_json::{Value, json};
use std::time::Duration;

/// The provider `ovh`.
pub(super) struct Ovh;

/// Not documented.
const RATE: Rate = Rate::requests(20, 1, 1);

static FACTS: Facts = Facts {
    id: "ovh",
    evidence: Evidence::Facts,
    jurisdiction: Jurisdiction::Eu("FR"),
    takes: &[
        Takes::new(Selector::Url, 1, RATE),
        Takes::new(Selector::Prefix, 1, RATE),
        Takes::new(Selector::Everything, 1, RATE),
    ],
    form: Form::Path,
    tags: None,
    mixes: false,
    body: 16 * 1024,
    query: Query::Exact,
    success: "the operation is polled until it is `done`",
    propagation: "not documented",
    settles: 10,
    rights: "POST /hosting/web/SERVICE/cdn/domain/DOMAIN/purge and GET /hosting/web/SERVICE/cdn/operation/*",
    settings: &[
        Setting::needed("service", Kind::Id, "the web hosting's name"),
        Setting::needed("domain", Kind::Id, "the domain behind the CDN"),
        Setting::needed("application_key", Kind::Secret, "where the application key comes from"),
        Setting::needed("application_secret", Kind::Secret, "where the application secret comes from"),
        Setting::needed("consumer_key", Kind::Secret, "where the consumer key comes from"),
    ],
    price: None,
    source: "api.ovh.com schema of /hosting/web (cdn.domain.purge, cdn.operation)",
};

impl Cdn for Ovh {
    fn facts(&self) -> &'static Facts {
        &FACTS
    }

    /// Every key may read its own rules.
    fn rights(&self, account: &Account) -> Rights {
        Rights::Ask(Box::new(Request::new("GET", format!("{}/auth/currentCredential", account.api(API)), Auth::Ovh)))
    }

    fn excess(&self, account: &Account, reply: &Reply) -> Option<String> {
        let answer = reply.json();
        let needed = |rule: &Value| {
            let (service, domain) = (account.get("service"), account.get("domain"));
            match (rule["method"].as_str(), rule["path"].as_str()) {
                (Some("POST"), Some(path)) => path == format!("/hosting/web/{service}/cdn/domain/{domain}/purge"),
                (Some("GET"), Some(path)) => {
                    path.starts_with(&format!("/hosting/web/{service}/cdn/operation/"))
                        || path == "/auth/currentCredential"
                }
                _ => false,
            }
        };
        let more = answer["rules"].as_array()?.iter().find(|rule| !needed(rule))?;
        let word = |name: &str| more[name].as_str().unwrap_or("?").to_owned();
        Some(format!("its rules allow `{} {}`", word("method"), word("path")))
    }

    fn requests(&self, account: &Account, call: &Call, _now: jiff::Timestamp) -> Vec<Request> {
        let pattern = match call.selector() {
            Selector::Prefix => format!("^{}", literal(call.first())),
            Selector::Everything => "^/".to_owned(),
            _ => format!("^{}$", literal(call.first())),
        };
        let (service, domain) = (component(account.get("service")), component(account.get("domain")));
        let url = format!("{}/hosting/web/{service}/cdn/domain/{domain}/purge", account.api(API));
        vec![Request::json("POST", url, Auth::Ovh, &json!({ "pattern": pattern }))]
    }

    fn read(&self, account: &Account, request: &Request, reply: &Reply) -> Result<Next, Refusal> {
        let answer = reply.json();
        let next = reply.by_status().map_err(|no| answer["message"].as_str().map_or(no, |why| reply.refusal(why)))?;
        match (next, answer["status"].as_str(), answer["id"].as_u64()) {
            (Next::Done, Some("done"), _) => Ok(Next::Done),
            (Next::Done, Some(no @ ("error" | "cancelled")), _) => {
                Err(reply.refusal(&format!("the operation is `{no}`")))
            }
            (Next::Done, Some(_), Some(id)) => {
                let service = component(account.get("service"));
                let url = format!("{}/hosting/web/{service}/cdn/operation/{id}", account.api(API));
                let wait = Duration::from_secs(if request.method == "GET" { 3 } else { 1 });
                Ok(Next::Poll(Box::new(Request::new("GET", url, Auth::Ovh).later(wait))))
            }
            (Next::Done, ..) => Err(reply.refusal("the answer is not an operation")),
            (next, ..) => Ok(next),
        }
    }
}

const API: &str = "https://eu.api.ovh.com/1.0";
