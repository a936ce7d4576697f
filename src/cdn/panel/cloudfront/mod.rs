//! CloudFront's settings: a cache policy and a response-headers policy of our own, and the fields of the distribution that use them.
//!
//! A distribution is written as a whole, as it was read, but for those fields, and on condition that nobody changed it in between
//! (`If-Match`). Everything that is not understood is refused rather than written back wrong.

mod distribution;
mod policies;

use super::super::{Account, Auth};
use super::whole::{Seen, Step, Whole, good, id};
use super::xml::Element;
use super::{Panel, Refusal, Reply, Request, Wish};
use policies::Policy;
use serde_json::{Value, json};

/// All of them.
pub(in crate::cdn) fn panel(account: &Account, wish: &Wish) -> Panel {
    let api = format!("{}/2020-05-31", account.api("https://cloudfront.amazonaws.com"));
    let mut manual = Vec::new();
    if account.get("shield_region").is_empty() {
        manual.push(
            "say `shield_region`, the AWS region nearest to the origin: one place asks it, not every city".to_owned(),
        );
    }
    if !account.flag("tags") {
        manual.push("say `tags = true`: an apply then tells the distribution where our cache tags stand".to_owned());
    }
    if !account.list("redirect").is_empty() {
        manual.push(
            "lead other names here by a function at viewer request (302, with the query): it is not managed".to_owned(),
        );
    }
    manual.push("a certificate that covers every name, and every name as an alternate domain name".to_owned());
    let whole = Distribution { api, account: account.clone(), wish: wish.clone() };
    Panel { whole: Some(Box::new(whole)), manual, rights: RIGHTS, ..Panel::default() }
}

const RIGHTS: &str = "cloudfront:GetDistributionConfig and cloudfront:UpdateDistribution on this distribution; ListCachePolicies, \
                      GetCachePolicyConfig, CreateCachePolicy, UpdateCachePolicy and the same four of ResponseHeadersPolicies";

const NAMESPACE: &str = "http://cloudfront.amazonaws.com/doc/2020-05-31/";
const AUTH: Auth = Auth::SigV4 { service: "cloudfront", region: "us-east-1" };

pub(in crate::cdn) use distribution::{answers, tag_header};
pub(in crate::cdn) use policies::{Secured, lifetimes, secured};

#[derive(Debug)]
struct Distribution {
    api: String,
    account: Account,
    wish: Wish,
}

/// All that was read.
struct Survey {
    distribution: Element,
    tag: String,
    policies: Vec<Kept>,
}

/// One of our policies, and what there is of it.
struct Kept {
    policy: Policy,
    /// Its id, its settings, its tag.
    found: Option<(String, Element, String)>,
}

impl Kept {
    fn seen(&self) -> Seen {
        let want = self.policy.config.value();
        let seen = self.found.as_ref().map_or(Value::Null, |(_, config, _)| super::shared(&config.value(), &want));
        Seen::new(format!("{} {}", self.policy.kind.path(), self.policy.name()), self.policy.why, seen, want)
    }

    /// Its id, or what stands for it as long as there is none.
    fn id(&self) -> String {
        self.found.as_ref().map_or_else(|| format!("(the id of {})", self.policy.name()), |(id, ..)| id.clone())
    }
}

impl Whole for Distribution {
    fn read(&self, said: &[Reply]) -> Result<Step, Refusal> {
        Ok(match self.survey(said)? {
            Err(request) => Step::Ask(Box::new(request)),
            Ok(survey) => {
                let policies = survey.policies.iter().map(Kept::seen);
                let ids: Vec<String> = survey.policies.iter().map(Kept::id).collect();
                let fields = distribution::seen(&survey.distribution, &self.account, &self.wish, &ids);
                Step::Seen(policies.chain(fields).collect())
            }
        })
    }

    fn write(&self, read: &[Reply], said: &[Reply]) -> Result<Option<Request>, Refusal> {
        let Ok(survey) = self.survey(read)? else { return Ok(None) };
        let mut said = said.iter();
        let mut ids = Vec::new();
        for kept in &survey.policies {
            let mut known = kept.id();
            if !kept.seen().is_kept() {
                let Some(reply) = said.next() else { return Ok(Some(self.policy(kept))) };
                let written = answer(reply)?;
                known = id(reply, &json!(written.text_at(&["Id"])))?;
            }
            ids.push(known);
        }
        if distribution::seen(&survey.distribution, &self.account, &self.wish, &ids).iter().all(Seen::is_kept) {
            return Ok(None);
        }
        let Some(reply) = said.next() else {
            let mut config = survey.distribution;
            distribution::change(&mut config, &self.account, &self.wish, &ids);
            let path = format!("distribution/{}/config", self.account.get("distribution"));
            return Ok(Some(self.put("PUT", &path, &config).with("if-match", survey.tag)));
        };
        answer(reply).map(|_| None)
    }
}

impl Distribution {
    /// All that was read, or what to ask next.
    fn survey(&self, said: &[Reply]) -> Result<Result<Survey, Request>, Refusal> {
        let mut said = said.iter();
        let path = format!("distribution/{}/config", self.account.get("distribution"));
        let Some(reply) = said.next() else { return Ok(Err(self.get(&path))) };
        let (distribution, tag) = (answer(reply)?, tag(reply)?);
        if distribution.name != "DistributionConfig" {
            return Err(reply.refusal("the answer is not the configuration of a distribution"));
        }
        let mut policies = Vec::new();
        for policy in policies::all(&self.account, &self.wish) {
            let kind = policy.kind;
            let mut marker = String::new();
            let listed = loop {
                let page = if marker.is_empty() { String::new() } else { format!("&Marker={marker}") };
                let Some(reply) = said.next() else {
                    return Ok(Err(self.get(&format!("{}?MaxItems=100&Type=custom{page}", kind.path()))));
                };
                let list = answer(reply)?;
                if let Some(found) = policy.listed(&list) {
                    break Some(id(reply, &json!(found))?);
                }
                if list.text_at(&["NextMarker"]).is_empty() {
                    break None;
                }
                marker = id(reply, &json!(list.text_at(&["NextMarker"])))?;
            };
            let found = match listed {
                None => None,
                Some(id) => {
                    let Some(reply) = said.next() else {
                        return Ok(Err(self.get(&format!("{}/{id}/config", kind.path()))));
                    };
                    Some((id, answer(reply)?, self::tag(reply)?))
                }
            };
            policies.push(Kept { policy, found });
        }
        Ok(Ok(Survey { distribution, tag, policies }))
    }

    /// Makes a policy, or brings it to what it should be.
    fn policy(&self, kept: &Kept) -> Request {
        let path = kept.policy.kind.path();
        match &kept.found {
            None => self.put("POST", path, &kept.policy.config),
            Some((id, _, tag)) => {
                self.put("PUT", &format!("{path}/{id}"), &kept.policy.config).with("if-match", tag.as_str())
            }
        }
    }

    fn get(&self, path: &str) -> Request {
        Request::new("GET", format!("{}/{path}", self.api), AUTH)
    }

    fn put(&self, method: &'static str, path: &str, document: &Element) -> Request {
        let request = Request::new(method, format!("{}/{path}", self.api), AUTH);
        Request { body: document.document(NAMESPACE), ..request }.with("content-type", "application/xml")
    }
}

/// A good answer's document.
fn answer(reply: &Reply) -> Result<Element, Refusal> {
    good(reply, |reply| {
        let (code, message) = (reply.xml("Code")?, reply.xml("Message").unwrap_or_default());
        let again = matches!(code, "PreconditionFailed" | "InvalidIfMatchVersion");
        let moved = if again { "; somebody else changed it at the same time: plan again" } else { "" };
        Some(format!("{code}: {message}{moved}"))
    })?;
    Element::parse(&reply.body).map_err(|why| reply.refusal(&format!("the answer is not understood: {why}")))
}

/// Without it a write could not be made conditional.
fn tag(reply: &Reply) -> Result<String, Refusal> {
    reply.etag.clone().ok_or_else(|| reply.refusal("the answer has no ETag, so nothing could be written safely"))
}
