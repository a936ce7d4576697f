//! Gcore CDN: URLs, patterns, everything.
//!
//! Three traps: an empty list of paths is everything, which [`Call`] cannot express. A purge by URL removes one variant of several. And a pattern is
//! recursive with or without a star: `/` told as one is the whole site. So a URL goes as a URL, and only where `ignore_vary` says that there is
//! one variant of it.

use super::{
    Account, Auth, Call, Cdn, Evidence, Facts, Form, Jurisdiction, Kind, Next, Query, Rate, Refusal, Reply, Request,
    Rights, Selector, Setting, Takes,
};
use serde_json::json;

/// The provider `gcore`.
pub(super) struct Gcore;

const AUTH: Auth = Auth::Header("authorization", "APIKey ");
const MINUTELY: Rate = Rate::requests(1, 1, 60);

static FACTS: Facts = Facts {
    id: "gcore",
    evidence: Evidence::Schema,
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
    rights: "an API token with the role \"Purge and Prefetch only (API)\"",
    settings: &[
        Setting::needed("resource", Kind::Id, "the CDN resource's number"),
        Setting::needed("token", Kind::Secret, "where the API token comes from"),
        Setting::optional("ignore_vary", Kind::Flag, "the resource ignores `Vary`: one variant of each URL"),
    ],
    price: None,
    source: "the client gcore, CDNResourcePurgeParams; gcore.com/docs/api-reference/cdn/tools/purge-cache",
};

impl Cdn for Gcore {
    fn facts(&self) -> &'static Facts {
        &FACTS
    }

    fn check(&self, account: &Account) -> Result<(), String> {
        if account.flag("ignore_vary") {
            return Ok(());
        }
        Err("a purge by URL removes one variant of several, and one by pattern all that is below: have the resource ignore `Vary` \
             (Gcore compresses by itself) and say `ignore_vary = true`"
            .to_owned())
    }

    /// A token's role is told to administrators only. One that may purge and nothing more is refused the resource's settings.
    fn rights(&self, account: &Account) -> Rights {
        Rights::Ask(Box::new(Request::new("GET", address(account, ""), AUTH)))
    }

    fn excess(&self, _account: &Account, reply: &Reply) -> Option<String> {
        (reply.status == 200).then(|| "it may read the resource's settings".to_owned())
    }

    fn requests(&self, account: &Account, call: &Call, _now: jiff::Timestamp) -> Vec<Request> {
        let body = match call.selector() {
            Selector::Prefix => {
                let patterns: Vec<String> = call.texts().iter().map(|path| format!("{path}*")).collect();
                json!({ "paths": patterns })
            }
            Selector::Everything => json!({ "paths": [] }),
            _ => json!({ "urls": call.texts() }),
        };
        vec![Request::json("POST", address(account, "/purge"), AUTH, &body)]
    }

    fn read(&self, _account: &Account, _request: &Request, reply: &Reply) -> Result<Next, Refusal> {
        reply.by_status()
    }
}

fn address(account: &Account, action: &str) -> String {
    format!("{}/cdn/resources/{}{action}", account.api("https://api.gcore.com"), account.get("resource"))
}
