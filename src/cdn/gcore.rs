//! Gcore CDN: URLs, patterns, everything.
//!
//! Two traps: an empty list of paths is everything, which [`Call`] cannot express; and a purge by URL removes one variant of
//! several, so it is used only where `ignore_vary` says that there is one. Else URLs are told as patterns without a star.

use super::{
    Account, Auth, Call, Cdn, Evidence, Facts, Form, Jurisdiction, Kind, Next, Query, Rate, Refusal, Reply, Request,
    Selector, Setting, Takes,
};
use serde_json::json;

/// The provider `gcore`.
pub(super) struct Gcore;

const MINUTELY: Rate = Rate::requests(1, 1, 60);

static FACTS: Facts = Facts {
    id: "gcore",
    evidence: Evidence::Facts,
    jurisdiction: Jurisdiction::Eu("LU"),
    takes: &[
        Takes::new(Selector::Url, 100, Rate::requests(2, 2, 60)),
        Takes::new(Selector::Prefix, 10, MINUTELY),
        Takes::new(Selector::Everything, 1, MINUTELY),
    ],
    form: Form::Path,
    tags: None,
    mixes: false,
    body: 64 * 1024,
    query: Query::Exact,
    success: "status 201; the history is in the console only",
    propagation: "not documented",
    settles: 10,
    rights: "an API token of a user with the role that may purge, nothing else",
    settings: &[
        Setting::needed("resource", Kind::Id, "the CDN resource's number"),
        Setting::needed("token", Kind::Secret, "where the API token comes from"),
        Setting::optional("ignore_vary", Kind::Flag, "the resource ignores `Vary`: one variant of each URL"),
    ],
    price: None,
    source: "gcore-go, cdn/cdnresource.go (Purge); gcore.com/docs/api-reference/cdn/tools/purge-cache",
};

impl Cdn for Gcore {
    fn facts(&self) -> &'static Facts {
        &FACTS
    }

    fn takes(&self, account: &Account) -> Vec<Takes> {
        let of = |takes: &Takes| match takes.selector {
            Selector::Url if !account.flag("ignore_vary") => Takes::new(Selector::Url, 10, MINUTELY),
            _ => *takes,
        };
        FACTS.takes.iter().map(of).collect()
    }

    fn requests(&self, account: &Account, call: &Call, _now: jiff::Timestamp) -> Vec<Request> {
        let body = match call.selector() {
            Selector::Url if account.flag("ignore_vary") => json!({ "urls": call.texts() }),
            Selector::Prefix => {
                let patterns: Vec<String> = call.texts().iter().map(|path| format!("{path}*")).collect();
                json!({ "paths": patterns })
            }
            Selector::Everything => json!({ "paths": [] }),
            _ => json!({ "paths": call.texts() }),
        };
        let url = format!("{}/cdn/resources/{}/purge", account.api("https://api.gcore.com"), account.get("resource"));
        vec![Request::json("POST", url, Auth::Header("authorization", "APIKey "), &body)]
    }

    fn read(&self, _account: &Account, _request: &Request, reply: &Reply) -> Result<Next, Refusal> {
        reply.by_status()
    }
}
