//! Apache Traffic Server: `PURGE` for a URL with all its alternates; with the plugin `remap_purge` everything of a rule.
//!
//! Its own list (`ip_allow.yaml`) allows `PURGE` from the machine itself only; whoever opens it lists addresses there.

use super::account::split;
use super::{
    Account, Auth, Call, Cdn, Evidence, Facts, Form, Jurisdiction, Kind, Next, Query, Rate, Refusal, Reply, Request,
    Selector, Setting, Takes,
};

/// The provider `trafficserver`.
pub(super) struct TrafficServer;

const RATE: Rate = Rate::items(1_000, 500, 1);

static FACTS: Facts = Facts {
    id: "trafficserver",
    evidence: Evidence::Server,
    jurisdiction: Jurisdiction::Yours,
    takes: &[Takes::new(Selector::Url, 1, RATE), Takes::new(Selector::Everything, 1, RATE)],
    form: Form::Absolute,
    tags: None,
    mixes: false,
    body: 1_024,
    query: Query::Exact,
    success: "200 purged, 404 was not kept",
    propagation: "at once, node by node",
    settles: 0,
    rights: "none: your address in ip_allow.yaml, or the secret of remap_purge",
    settings: &[
        Setting::needed("nodes", Kind::Addresses, "the address of every node, `[\"http://10.0.0.1:8080\"]`"),
        Setting::optional("acl", Kind::Flag, "ip_allow.yaml lists who may purge"),
        Setting::optional("token", Kind::Secret, "where the secret of remap_purge comes from, to purge everything"),
    ],
    price: None,
    source: "docs.trafficserver.apache.org: \"Removing an Object From the Cache\", remap_purge",
};

impl Cdn for TrafficServer {
    fn facts(&self) -> &'static Facts {
        &FACTS
    }

    fn takes(&self, account: &Account) -> Vec<Takes> {
        FACTS.takes.iter().filter(|it| account.has("token") || it.selector == Selector::Url).copied().collect()
    }

    fn check(&self, account: &Account) -> Result<(), String> {
        account.guarded()
    }

    fn requests(&self, account: &Account, call: &Call, _now: jiff::Timestamp) -> Vec<Request> {
        let to = |node: &str| {
            if call.is_everything() {
                // A new generation for the whole rule.
                let (host, _) = split(&account.url);
                return Request::new("PURGE", format!("{node}/"), Auth::Header("ats-purger", "")).with("host", host);
            }
            let (host, path) = split(call.first());
            Request::new("PURGE", format!("{node}{path}"), Auth::None).with("host", host)
        };
        account.nodes().into_iter().map(to).collect()
    }

    fn read(&self, _account: &Account, _request: &Request, reply: &Reply) -> Result<Next, Refusal> {
        match reply.status {
            404 => Ok(Next::Done),
            403 | 405 => Err(reply.refusal("it takes no purge from here: see ip_allow.yaml")),
            _ => reply.by_status(),
        }
    }
}
