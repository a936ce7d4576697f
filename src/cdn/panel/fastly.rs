//! Fastly's settings: a version of the service, cloned from the active one, changed, checked by Fastly and then activated.
//!
//! It owns the VCL snippets and the request setting whose names begin with our mark, and two fields of the version's settings;
//! everything else goes along in the clone. A version that was refused stays a draft: nothing public has changed.

use super::super::account::component;
use super::super::{Account, Auth};
use super::fastly_vcl::{Snippet, snippets};
use super::whole::{Seen, Step, Whole, id, parsed};
use super::{MARK, Panel, Refusal, Reply, Request, Wish};
use serde_json::{Value, json};

/// All of them.
pub(in crate::cdn) fn panel(account: &Account, wish: &Wish) -> Panel {
    let base = format!("{}/service/{}", account.api("https://api.fastly.com"), account.get("service"));
    let version = Version { base, stale: wish.page.stale_if_error, snippets: snippets(account, wish) };
    let mut manual = Vec::new();
    if !account.flag("tags_copied") && !account.sends_tags {
        manual.push("say `tags_copied = true`: after an apply the service copies our `cache-tag`".to_owned());
    }
    if !account.flag("shield") {
        manual.push("give the backend a shield near the origin, and say `shield = true`".to_owned());
    }
    manual.push("a certificate and a domain of the service for every name, those that only lead here too; HTTP/3 among its products".to_owned());
    Panel { whole: Some(Box::new(version)), manual, rights: RIGHTS, ..Panel::default() }
}

const RIGHTS: &str = "scope `global` for this service alone, of a user who may activate (engineer)";

/// The request setting that is ours.
pub(in crate::cdn) const REQUEST_SETTING: &str = "landing-https";

#[derive(Debug)]
struct Version {
    base: String,
    stale: u64,
    snippets: Vec<Snippet>,
}

const AUTH: Auth = Auth::Header("fastly-key", "");

impl Whole for Version {
    fn read(&self, said: &[Reply]) -> Result<Step, Refusal> {
        match said.first() {
            None => Ok(Step::Ask(Box::new(self.request("GET", "/details", &[])))),
            Some(reply) => Ok(Step::Seen(self.seen(&active(reply)?))),
        }
    }

    fn write(&self, read: &[Reply], said: &[Reply]) -> Result<Option<Request>, Refusal> {
        let Some(details) = read.first() else { return Ok(None) };
        let active = active(details)?;
        let Some(cloned) = said.first() else {
            let from = id(details, &active["number"])?;
            return Ok(Some(self.request("PUT", &format!("/version/{from}/clone"), &[])));
        };
        let draft = id(cloned, &parsed(cloned)?["number"])?;
        if let Some(last) = said.last() {
            let answer = parsed(last)
                .map_err(|no| Refusal { message: format!("{}; version {draft} stays a draft", no.message), ..no })?;
            // The answer to `validate`.
            if answer["status"] == "error" {
                let why = answer["msg"].as_str().unwrap_or("it does not say why");
                return Err(last.refusal(&format!("Fastly refuses version {draft}, which stays a draft: {why}")));
            }
        }
        let at = format!("/version/{draft}");
        let mut steps = self.edits(&active, &at);
        steps.push(self.request("GET", &format!("{at}/validate"), &[]));
        steps.push(self.request("PUT", &format!("{at}/activate"), &[]));
        Ok(steps.into_iter().nth(said.len() - 1))
    }
}

/// The active version, whole.
fn active(reply: &Reply) -> Result<Value, Refusal> {
    let answer = parsed(reply)?;
    if answer["type"].as_str().is_some_and(|kind| kind != "vcl") {
        return Err(reply.refusal("this is a Compute service: it has no VCL, its program decides"));
    }
    if !answer["active_version"].is_object() {
        return Err(reply.refusal("the service has no active version: activate one first"));
    }
    Ok(answer["active_version"].clone())
}

fn named<'a>(version: &'a Value, list: &str, name: &str) -> Option<&'a Value> {
    version[list].as_array()?.iter().find(|it| it["name"] == name)
}

/// What counts of a snippet. White space at its end does not.
fn shown(snippet: &Value) -> Value {
    json!({ "type": snippet["type"], "content": snippet["content"].as_str().map(str::trim_end) })
}

impl Version {
    fn wanted(&self) -> [(&'static str, Value, &'static str); 2] {
        [
            ("general.stale_if_error", json!(true), "the last copy shows when the origin is down"),
            ("general.stale_if_error_ttl", json!(self.stale), "for as long as `[cache.document]` says"),
        ]
    }

    fn seen(&self, active: &Value) -> Vec<Seen> {
        let settings =
            self.wanted().map(|(name, want, why)| Seen::new(name, why, active["settings"][name].clone(), want));
        let forced = named(active, "request_settings", REQUEST_SETTING).map(|it| it["force_ssl"].clone());
        // Text or number, as the API pleases.
        let forced = forced.map_or(Value::Null, |it| json!(it == "1" || it == 1 || it == true));
        let name = format!("request_settings {REQUEST_SETTING} force_ssl");
        let https = Seen::new(name, "http goes to https at the edge, not at the origin", forced, json!(true));
        let ours = self.snippets.iter().map(|it| {
            let seen = named(active, "snippets", it.name).map_or(Value::Null, shown);
            Seen::new(format!("snippet {}", it.name), it.why, seen, json!({ "type": it.kind, "content": it.content }))
        });
        let old = self.old(active).into_iter().map(|(name, it)| {
            Seen::new(format!("snippet {name}"), "no longer part of the configuration", shown(&it), Value::Null)
        });
        settings.into_iter().chain([https]).chain(ours).chain(old).collect()
    }

    /// Snippets of ours that are no longer wanted. A name is ours as a whole: it goes into an address.
    fn old(&self, active: &Value) -> Vec<(String, Value)> {
        let all = active["snippets"].as_array().into_iter().flatten();
        let old = |it: &Value| {
            let name = it["name"].as_str()?;
            let letters = name.strip_prefix(MARK)?.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
            (letters && self.snippets.iter().all(|want| want.name != name)).then(|| (name.to_owned(), it.clone()))
        };
        all.filter_map(old).collect()
    }

    /// The requests that make a copy of the active version what it should be.
    fn edits(&self, active: &Value, at: &str) -> Vec<Request> {
        let mut edits = vec![self.request("PUT", at, &[("comment", "landing: settings that make a page survive")])];
        let seen = self.seen(active);
        let differs = |name: &str| seen.iter().any(|it| it.name.starts_with(name) && !it.is_kept());
        if differs("general.") {
            let stale = self.stale.to_string();
            let fields = [("general.stale_if_error", "true"), ("general.stale_if_error_ttl", stale.as_str())];
            edits.push(self.request("PUT", &format!("{at}/settings"), &fields));
        }
        if differs("request_settings") {
            let is_there = named(active, "request_settings", REQUEST_SETTING).is_some();
            edits.push(if is_there {
                self.request("PUT", &format!("{at}/request_settings/{REQUEST_SETTING}"), &[("force_ssl", "1")])
            } else {
                let fields = [("name", REQUEST_SETTING), ("force_ssl", "1")];
                self.request("POST", &format!("{at}/request_settings"), &fields)
            });
        }
        for Snippet { name, kind, content, .. } in
            self.snippets.iter().filter(|it| differs(&format!("snippet {}", it.name)))
        {
            let fields = [("name", *name), ("type", kind), ("content", content), ("priority", "100"), ("dynamic", "0")];
            edits.push(match named(active, "snippets", name) {
                Some(_) => self.request("PUT", &format!("{at}/snippet/{name}"), &fields[1..3]),
                None => self.request("POST", &format!("{at}/snippet"), &fields),
            });
        }
        let old = self.old(active);
        edits.extend(old.iter().map(|(name, _)| self.request("DELETE", &format!("{at}/snippet/{name}"), &[])));
        edits
    }

    /// A request with a form, as Fastly's own clients send it.
    fn request(&self, method: &'static str, path: &str, form: &[(&str, &str)]) -> Request {
        let request = Request::new(method, format!("{}{path}", self.base), AUTH).with("accept", "application/json");
        if form.is_empty() {
            return request;
        }
        let field = |(name, value): &(&str, &str)| format!("{}={}", component(name), component(value));
        let body = form.iter().map(field).collect::<Vec<_>>().join("&");
        Request { body, ..request }.with("content-type", "application/x-www-form-urlencoded")
    }
}
