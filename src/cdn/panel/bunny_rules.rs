//! bunny.net's rules and names: redirects and header fields as edge rules, https for every name that has a certificate.
//!
//! Ours are the rules whose description begins with `landing: `; those of others are neither written nor taken away. The numbers are those of
//! the API (reference, "Add/Update Edge Rule"): action 1 redirects, 5 sets a response field; trigger 0 is the address.

use super::super::{Account, Auth};
use super::whole::{Seen, Step, Whole, good, id, parsed};
use super::{Refusal, Reply, Request, Wish, shared};
use serde_json::{Value, json};

/// How the description of a rule of ours begins.
pub(in crate::cdn) const OURS: &str = "landing: ";

/// What is to hold in a pull zone.
#[derive(Debug)]
pub(super) struct Rules {
    zone: String,
    hosts: Vec<String>,
    wanted: Vec<Value>,
}

/// Where another name leads: to the same path with its query ("Dynamic Variables", `{{path}}`).
pub(in crate::cdn) fn target(account: &Account) -> String {
    format!("{}{{{{path}}}}", account.url)
}

impl Rules {
    /// For a pull zone at this address.
    pub(super) fn of(zone: &str, account: &Account, wish: &Wish) -> Self {
        let redirects = account.list("redirect");
        let redirect = |host: &String| {
            let says = format!("{OURS}{host} leads here");
            rule(&says, 1, &target(account), "302", &format!("*://{host}/*"))
        };
        let field = |(name, value): (&String, &String)| rule(&format!("{OURS}the field {name}"), 5, name, value, "*");
        let wanted = redirects.iter().map(redirect).chain(wish.headers.iter().map(field)).collect();
        Self {
            zone: zone.to_owned(),
            hosts: account.hosts().into_iter().chain(redirects.iter().cloned()).collect(),
            wanted,
        }
    }

    /// Every setting, with the request that makes it so.
    fn all(&self, reply: &Reply) -> Result<Vec<(Seen, Request)>, Refusal> {
        let zone = parsed(reply)?;
        let list = |name: &str| zone[name].as_array().cloned().unwrap_or_default();
        let (names, there) = (list("Hostnames"), list("EdgeRules"));
        let mut all = Vec::new();
        let certified = |it: &&Value| it["HasCertificate"] == true;
        for name in names.iter().filter(certified).filter(|it| self.hosts.iter().any(|host| it["Value"] == **host)) {
            let host = name["Value"].as_str().unwrap_or_default();
            let why = "http goes to https at the edge, not at the origin";
            let seen = Seen::new(format!("Hostnames {host} ForceSSL"), why, name["ForceSSL"].clone(), json!(true));
            all.push((seen, self.post("setForceSSL", &json!({ "Hostname": host, "ForceSSL": true }))));
        }
        for want in &self.wanted {
            let found = there.iter().find(|it| it["Description"] == want["Description"]);
            let seen = found.map_or(Value::Null, |it| shared(it, want));
            let mut body = want.clone();
            if let Some(found) = found {
                body["Guid"] = json!(id(reply, &found["Guid"])?);
            }
            let says = want["Description"].as_str().unwrap_or_default();
            let why = "other names lead here, and fields that the store cannot send";
            let seen = Seen::new(format!("EdgeRules {}", says.trim_start_matches(OURS)), why, seen, want.clone());
            all.push((seen, self.post("edgerules/addOrUpdate", &body)));
        }
        for old in there.iter().filter(|it| self.is_old(it)) {
            let says = old["Description"].as_str().unwrap_or_default().trim_start_matches(OURS).to_owned();
            let why = "no longer part of the configuration";
            let seen =
                Seen::new(format!("EdgeRules {says}"), why, json!({ "Description": old["Description"] }), Value::Null);
            let url = format!("{}/edgerules/{}", self.zone, id(reply, &old["Guid"])?);
            all.push((seen, Request::new("DELETE", url, AUTH)));
        }
        Ok(all)
    }

    fn is_old(&self, rule: &Value) -> bool {
        let ours = rule["Description"].as_str().is_some_and(|says| says.starts_with(OURS));
        ours && self.wanted.iter().all(|want| want["Description"] != rule["Description"])
    }

    fn post(&self, path: &str, body: &Value) -> Request {
        Request::json("POST", format!("{}/{path}", self.zone), AUTH, body)
    }
}

const AUTH: Auth = Auth::Header("accesskey", "");

fn rule(says: &str, action: u8, first: &str, second: &str, pattern: &str) -> Value {
    json!({
        "Description": says, "Enabled": true, "ActionType": action, "ActionParameter1": first, "ActionParameter2": second,
        "TriggerMatchingType": 0, "Triggers": [{ "Type": 0, "PatternMatches": [pattern], "PatternMatchingType": 0 }],
    })
}

impl Whole for Rules {
    fn read(&self, said: &[Reply]) -> Result<Step, Refusal> {
        match said.first() {
            None => Ok(Step::Ask(Box::new(Request::new("GET", self.zone.clone(), AUTH)))),
            Some(reply) => Ok(Step::Seen(self.all(reply)?.into_iter().map(|(seen, _)| seen).collect())),
        }
    }

    fn write(&self, read: &[Reply], said: &[Reply]) -> Result<Option<Request>, Refusal> {
        if let Some(last) = said.last() {
            good(last, |reply| reply.json()["Message"].as_str().map(str::to_owned))?;
        }
        let Some(reply) = read.first() else { return Ok(None) };
        let differs = self.all(reply)?.into_iter().filter(|(seen, _)| !seen.is_kept());
        Ok(differs.map(|(_, request)| request).nth(said.len()))
    }
}
