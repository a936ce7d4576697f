//! Scaleway's settings: the cache stages of a pipeline.
//!
//! The API knows a lifetime for answers that say none, and whether cookies keep an answer from being stored; nothing about queries,
//! stale copies, codings or header fields (scaleway-sdk-go, api/edge_services/v1beta1).

use super::super::{Account, Auth};
use super::whole::{Seen, Step, Whole, id, parsed};
use super::{Panel, Refusal, Reply, Request, Wish};
use serde_json::{Value, json};

/// All of them.
pub(in crate::cdn) fn panel(account: &Account, wish: &Wish) -> Panel {
    let api = format!("{}/edge-services/v1beta1", account.api("https://api.scaleway.com"));
    let stages = Stages { api, pipeline: account.get("pipeline").to_owned(), fallback: fallback(wish) };
    let browser = wish.page.browser;
    let mut manual = vec![
        format!(
            "a page is kept as long as `cache-control` says, {browser} s: raise `browser` in `[cache.document]` for the broadcast"
        ),
        "queries are part of the key: print and link addresses without parameters".to_owned(),
        "see that http leads to https, and that every name is an endpoint of the pipeline".to_owned(),
    ];
    manual.extend(super::unsent(wish));
    Panel {
        whole: Some(Box::new(stages)),
        manual,
        rights: "EdgeServicesFullAccess on this project",
        ..Panel::default()
    }
}

/// What says no lifetime of its own is an error of the bucket: no longer than an error page. A number of seconds, as the API writes it.
pub(in crate::cdn) fn fallback(wish: &Wish) -> String {
    format!("{}s", wish.error.cdn)
}

#[derive(Debug)]
struct Stages {
    api: String,
    pipeline: String,
    fallback: String,
}

const AUTH: Auth = Auth::Header("x-auth-token", "");

impl Stages {
    fn wanted(&self) -> [(&'static str, Value, &'static str); 2] {
        [
            ("include_cookies", json!(true), "a visitor with a cookie gets the same page as everybody"),
            ("fallback_ttl", json!(self.fallback), "an error of the bucket, which says no lifetime, does not stay"),
        ]
    }

    fn stages(reply: &Reply) -> Result<Vec<Value>, Refusal> {
        let stages = parsed(reply)?["stages"].as_array().cloned().unwrap_or_default();
        if stages.is_empty() {
            return Err(reply.refusal("the pipeline has no cache stage: enable its cache in the console first"));
        }
        Ok(stages)
    }
}

impl Whole for Stages {
    fn read(&self, said: &[Reply]) -> Result<Step, Refusal> {
        let Some(reply) = said.first() else {
            let url = format!("{}/pipelines/{}/cache-stages", self.api, self.pipeline);
            return Ok(Step::Ask(Box::new(Request::new("GET", url, AUTH))));
        };
        let mut seen = Vec::new();
        for stage in Self::stages(reply)? {
            let id = id(reply, &stage["id"])?;
            seen.extend(self.wanted().map(|(name, want, why)| {
                Seen::new(format!("cache-stage {id} {name}"), why, stage[name].clone(), want)
            }));
        }
        Ok(Step::Seen(seen))
    }

    fn write(&self, read: &[Reply], said: &[Reply]) -> Result<Option<Request>, Refusal> {
        said.last().map(parsed).transpose()?;
        let Some(reply) = read.first() else { return Ok(None) };
        let mut requests = Vec::new();
        for stage in Self::stages(reply)? {
            let differs = self.wanted().into_iter().filter(|(name, want, _)| stage[name] != *want);
            let body: Value =
                differs.map(|(name, want, _)| (name.to_owned(), want)).collect::<serde_json::Map<_, _>>().into();
            if body != json!({}) {
                let url = format!("{}/cache-stages/{}", self.api, id(reply, &stage["id"])?);
                requests.push(Request::json("PATCH", url, AUTH, &body));
            }
        }
        Ok(requests.into_iter().nth(said.len()))
    }
}
