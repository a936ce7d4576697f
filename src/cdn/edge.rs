//! `landing edge`, our stand-in for a CDN: one call takes everything.
//!
//! `POST /.well-known/landing-edge/purge` with a JSON object; URLs are paths, percent-encoded as they go over the wire.

use super::{
    Account, Auth, Call, Cdn, Evidence, Facts, Form, Jurisdiction, Kind, Next, Panel, Query, Rate, Refusal, Reply,
    Request, Selector, Setting, Takes, Wish,
};
use crate::model::TagField;
use serde_json::json;

/// The provider `edge`.
pub(super) struct Edge;

const RATE: Rate = Rate::requests(1_000, 1_000, 1);

static FACTS: Facts = Facts {
    id: "edge",
    evidence: Evidence::Server,
    jurisdiction: Jurisdiction::Yours,
    // Far below the body that the edge accepts (1 MB) even with long paths.
    takes: &[
        Takes::new(Selector::Url, 1_000, RATE),
        Takes::new(Selector::Prefix, 1_000, RATE),
        Takes::new(Selector::Tag, 1_000, RATE),
        Takes::new(Selector::Everything, 1, RATE),
    ],
    form: Form::Path,
    tags: Some(TagField::PLAIN),
    mixes: true,
    body: 900 * 1024,
    query: Query::Covered,
    success: "the number of entries that were removed",
    propagation: "at once",
    settles: 0,
    rights: "the token in `.landing/edge-token`",
    settings: &[Setting::optional("token", Kind::Secret, "where the token comes from")],
    price: None,
    source: "docs/edge.md",
};

impl Cdn for Edge {
    fn facts(&self) -> &'static Facts {
        &FACTS
    }

    /// It is set up as a page on air needs it (docs/edge.md).
    fn panel(&self, _account: &Account, _wish: &Wish) -> Panel {
        Panel::default()
    }

    fn requests(&self, account: &Account, call: &Call, _now: jiff::Timestamp) -> Vec<Request> {
        let url = format!("{}/.well-known/landing-edge/purge", account.api(&account.url));
        let body = json!({
            "urls": call.of_kind(Selector::Url),
            "prefixes": call.of_kind(Selector::Prefix),
            "tags": call.of_kind(Selector::Tag),
            "everything": call.is_everything(),
            "soft": false,
        });
        vec![Request::json("POST", url, Auth::Bearer, &body)]
    }

    fn read(&self, _account: &Account, _request: &Request, reply: &Reply) -> Result<Next, Refusal> {
        let next = reply.by_status()?;
        if next == Next::Done && !reply.json()["purged"].is_u64() {
            return Err(reply.refusal("the answer is not that of a `landing edge`"));
        }
        Ok(next)
    }
}
