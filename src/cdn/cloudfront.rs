//! Amazon CloudFront: paths, `/x*`, and `#tag` where the distribution has a tag header; signed, followed to completion.
//!
//! The first 1,000 paths of a month are free; a path with a star, and a tag, count as one.

use super::panel::xml::escaped;
use super::{
    Account, Auth, Call, Cdn, Evidence, Facts, Form, Item, Jurisdiction, Kind, Module, Names, Next, Panel, Price,
    Query, Rate, Refusal, Reply, Request, Rights, Selector, Setting, Switch, Takes, Wish, panel, switches, terraform,
};
use crate::model::Digest;
use crate::model::TagField;
use std::time::Duration;

/// The provider `cloudfront`.
pub(super) struct CloudFront;

/// The API allows few calls at once; issue trackers report "Rate exceeded" after six or seven.
const RATE: Rate = Rate::requests(5, 1, 1);

/// A call that fills what may be in progress waits for the one before it, which is reported done within 25 s (95 of 100). The sender
/// follows each to its end before the next; this is how long the plan takes that to be.
const PACED: Rate = Rate::requests(1, 1, 25);

static FACTS: Facts = Facts {
    id: "cloudfront",
    evidence: Evidence::Schema,
    jurisdiction: Jurisdiction::Elsewhere("US"),
    // At most 3,000 paths may be in progress, 15 of them with a star; paths and tags are one list.
    takes: &[
        Takes::new(Selector::Url, 2_900, PACED),
        Takes::new(Selector::Prefix, 15, PACED),
        Takes::new(Selector::Tag, 50, RATE),
        Takes::new(Selector::Everything, 1, RATE),
    ],
    form: Form::Path,
    // "What you need to know when invalidating tags": visible ASCII without commas.
    tags: Some(TagField { most: 50, longest: 256, bytes: 50 * 258, ..TagField::PLAIN }),
    mixes: true,
    body: 512 * 1024,
    query: Query::Exact,
    success: "the invalidation is polled until it is `Completed`",
    propagation: "in effect within 5 s, reported within 25 s (95 of 100)",
    settles: 5,
    rights: "cloudfront:CreateInvalidation and cloudfront:GetInvalidation on this distribution",
    settings: &[
        Setting::needed("distribution", Kind::Id, "the distribution's id"),
        Setting::needed("access_key", Kind::Secret, "where the access key id comes from"),
        Setting::needed("secret_key", Kind::Secret, "where the secret access key comes from"),
        Setting::optional("session_token", Kind::Secret, "where the session token comes from"),
        Setting::optional("tags", Kind::Flag, "the distribution's `CacheTagConfig` names our `cache-tag`"),
        Setting::optional("shield_region", Kind::Id, "the AWS region whose shield asks the origin"),
        Setting::optional("settings_access_key", Kind::Secret, "where the access key id for settings comes from"),
        Setting::optional("settings_secret_key", Kind::Secret, "where the secret access key for settings comes from"),
        Setting::optional("settings_session_token", Kind::Secret, "where the session token for settings comes from"),
    ],
    price: Some(Price { unit: "path", free: 1_000, micro_dollars: 5_000 }),
    source: "botocore, cloudfront/2020-05-31; CloudFront Developer Guide, \"Invalidate files\"",
};

const API: &str = "https://cloudfront.amazonaws.com";
const VERSION: &str = "2020-05-31";
const AUTH: Auth = Auth::SigV4 { service: "cloudfront", region: "us-east-1" };

impl Cdn for CloudFront {
    fn facts(&self) -> &'static Facts {
        &FACTS
    }

    fn switches(&self) -> &'static [Switch] {
        switches::APPLIED
    }

    fn panel(&self, account: &Account, wish: &Wish) -> Panel {
        panel::cloudfront::panel(account, wish)
    }

    fn terraform(&self, account: &Account, wish: &Wish, names: &Names) -> Option<Module> {
        Some(terraform::cloudfront::module(account, wish, names))
    }

    /// No API tells what a key may do. One that may invalidate and nothing more is refused the distribution's settings.
    fn rights(&self, account: &Account) -> Rights {
        let api = account.api(API);
        let url = format!("{api}/{VERSION}/distribution/{}/config", account.get("distribution"));
        Rights::Ask(Box::new(Request::new("GET", url, AUTH)))
    }

    fn excess(&self, _account: &Account, reply: &Reply) -> Option<String> {
        (reply.status == 200).then(|| "it may read the distribution's settings".to_owned())
    }

    fn takes(&self, account: &Account) -> Vec<Takes> {
        FACTS.takes.iter().filter(|it| it.selector != Selector::Tag || account.flag("tags")).copied().collect()
    }

    fn requests(&self, account: &Account, call: &Call, now: jiff::Timestamp) -> Vec<Request> {
        let path = |item: &Item| match item {
            Item::Url(path) | Item::Host(path) => path.clone(),
            Item::Prefix(path) => format!("{path}*"),
            Item::Tag(tag) => format!("#{tag}"),
            Item::Everything => "/*".to_owned(),
        };
        let paths: Vec<String> = call.items().iter().map(path).collect();
        let items = paths.iter().fold(String::new(), |items, path| items + "<Path>" + &escaped(path) + "</Path>");
        // The same reference is the same invalidation: a request that is sent again is not paid twice.
        let reference = Digest::of(format!("{now} {}", paths.join("\n")).as_bytes()).hex16().to_string();
        let body = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<InvalidationBatch xmlns=\"http://cloudfront.amazonaws.com/doc/{VERSION}/\">\
             <Paths><Quantity>{}</Quantity><Items>{items}</Items></Paths>\
             <CallerReference>landing-{reference}</CallerReference></InvalidationBatch>",
            paths.len()
        );
        let request = Request::new("POST", address(account, ""), AUTH).with("content-type", "application/xml");
        vec![Request { body, ..request }]
    }

    fn read(&self, account: &Account, request: &Request, reply: &Reply) -> Result<Next, Refusal> {
        let code = reply.xml("Code").unwrap_or_default();
        if matches!(code, "TooManyInvalidationsInProgress" | "Throttling" | "ThrottlingException") {
            return Ok(Next::Again(Some(Duration::from_secs(reply.retry_after.unwrap_or(20)))));
        }
        if reply.status >= 400 && !code.is_empty() && reply.status < 500 {
            return Err(reply.refusal(&format!("{code}: {}", reply.xml("Message").unwrap_or_default())));
        }
        let next = reply.by_status()?;
        if next != Next::Done {
            return Ok(next);
        }
        match (reply.xml("Status"), reply.xml("Id")) {
            (Some(status), _) if status.eq_ignore_ascii_case("completed") => Ok(Next::Done),
            (Some(_), Some(id)) if is_id(id) => {
                let poll = Request::new("GET", address(account, &format!("/{id}")), AUTH);
                Ok(Next::Poll(Box::new(poll.later(Duration::from_secs(if request.method == "GET" { 5 } else { 2 })))))
            }
            _ => Err(reply.refusal("the answer is not an invalidation")),
        }
    }
}

fn address(account: &Account, rest: &str) -> String {
    let api = account.api(API);
    format!("{api}/{VERSION}/distribution/{}/invalidation{rest}", account.get("distribution"))
}

fn is_id(id: &str) -> bool {
    !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric())
}
