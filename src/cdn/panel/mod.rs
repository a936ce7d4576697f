//! A CDN's settings as code: what must hold so that the page survives a spike, as messages.
//!
//! In: an account and a [`Wish`]; out: a [`Panel`] of [`Knob`]s, each with the request that reads it, the value that is wanted and the
//! request that writes it, and what is left to do by hand. Pure, like the purges. It touches only what is its own: of a list
//! of rules those that carry our mark, of an object the fields that it names. Settings that are only read and written together are
//! a [`Whole`].

pub(super) mod bunny;
pub(super) mod bunny_rules;
pub(super) mod cloudflare;
pub(super) mod cloudfront;
pub(super) mod fastly;
pub(super) mod fastly_vcl;
pub(super) mod scaleway;
mod whole;
pub(super) mod xml;

pub use whole::{Seen, Step, Whole};

use super::message::{Refusal, Reply, Request};
use crate::model::Lifetime;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// What the settings are for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wish {
    /// Query parameters that say where a visitor came from and never what is shown.
    pub ignored: Vec<String>,
    /// Header fields of every answer that the store keeps and does not send.
    pub headers: BTreeMap<String, String>,
    /// How long caches may keep pages.
    pub page: Lifetime,
    /// How long caches may keep error pages.
    pub error: Lifetime,
    /// Status of the origin to the page that is shown for it, and the status that the visitor is told.
    pub errors: BTreeMap<u16, (String, u16)>,
    /// Whether the origin is a bucket: header fields that it keeps and does not send stand in its answers as `x-amz-meta-NAME`.
    pub bucket: bool,
}

/// All settings of one provider.
#[derive(Debug, Default)]
pub struct Panel {
    /// What can be read and written alone.
    pub knobs: Vec<Knob>,
    /// What can be read and written together.
    pub whole: Option<Box<dyn Whole>>,
    /// What a person has to do, or see to.
    pub manual: Vec<String>,
    /// What the token for settings must be allowed to do, and nothing more.
    pub rights: &'static str,
}

impl Panel {
    /// What a person has to see to where no setting is managed.
    pub fn by_hand(wish: &Wish) -> Self {
        let steps = [
            "cache pages as the origin's `cache-control` says",
            "leave queries out of the cache key, at least the tracking parameters",
            "send http to https at the edge",
            "serve the last copy while the origin is down",
            "let one place ask the origin (shield, tiered cache)",
        ];
        let mut manual: Vec<String> = steps.map(str::to_owned).into();
        manual.extend(unsent(wish));
        Self { manual, ..Self::default() }
    }
}

/// Header fields that a person has to add.
fn unsent(wish: &Wish) -> impl Iterator<Item = String> {
    wish.headers.keys().map(|name| format!("add the header field `{name}`, which the store cannot send"))
}

/// One setting.
#[derive(Clone, Debug, PartialEq)]
pub struct Knob {
    /// Its name, as the vendor says it.
    pub name: String,
    /// What for.
    pub why: &'static str,
    /// Reads it.
    pub read: Request,
    /// Where it stands in the answer.
    pub place: Place,
    /// What it should be.
    pub want: Value,
    /// Writes it; the body is made from what was read.
    pub write: Request,
}

/// Where a setting stands, and how it is put back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A value in the answer (RFC 6901), written alone under a key.
    Value(&'static str, &'static str),
    /// Rules of a list, those whose `ref` begins with our mark; written with all the others as they are.
    Rules(&'static str),
}

/// The mark of our own rules.
pub const MARK: &str = "landing-";

impl Knob {
    /// What stands there now, of that which is wanted.
    ///
    /// # Errors
    /// When the answer is a no.
    pub fn seen(&self, reply: &Reply) -> Result<Value, Refusal> {
        let answer = self.answer(reply)?;
        Ok(match self.place {
            Place::Value(pointer, _) => answer.pointer(pointer).cloned().unwrap_or_default(),
            Place::Rules(pointer) => {
                let ours = rules(&answer, pointer).into_iter().filter(is_ours);
                // What the vendor adds to a rule (a version, a date) is none of our business.
                let wanted = self.want.as_array().cloned().unwrap_or_default();
                ours.map(|rule| match wanted.iter().find(|want| want["ref"] == rule["ref"]) {
                    Some(want) => shared(&rule, want),
                    None => rule,
                })
                .collect()
            }
        })
    }

    /// The request that makes it so.
    ///
    /// # Errors
    /// When the answer from before was a no.
    pub fn write(&self, reply: &Reply) -> Result<Request, Refusal> {
        let answer = self.answer(reply)?;
        let body = match self.place {
            Place::Value(_, key) => Value::Object(Map::from_iter([(key.to_owned(), self.want.clone())])),
            Place::Rules(pointer) => {
                let others = rules(&answer, pointer).into_iter().filter(|rule| !is_ours(rule)).map(settable);
                let all: Vec<Value> = others.chain(self.want.as_array().cloned().unwrap_or_default()).collect();
                serde_json::json!({ "rules": all })
            }
        };
        Ok(Request { body: body.to_string(), ..self.write.clone() }.with("content-type", "application/json"))
    }

    fn answer(&self, reply: &Reply) -> Result<Value, Refusal> {
        match (reply.status, &self.place) {
            (200..300, _) => whole::parsed(reply),
            // There is no list as long as there is no rule.
            (404, Place::Rules(_)) => Ok(Value::Null),
            _ => Err(reply.refusal(reply.json()["errors"][0]["message"].as_str().unwrap_or(&reply.body))),
        }
    }
}

fn rules(answer: &Value, pointer: &str) -> Vec<Value> {
    answer.pointer(pointer).and_then(Value::as_array).cloned().unwrap_or_default()
}

fn is_ours(rule: &Value) -> bool {
    rule["ref"].as_str().is_some_and(|name| name.starts_with(MARK))
}

/// Somebody else's rule without what only the vendor may write.
fn settable(mut rule: Value) -> Value {
    if let Some(fields) = rule.as_object_mut() {
        fields.retain(|name, _| !matches!(name.as_str(), "version" | "last_updated"));
    }
    rule
}

/// Of what was seen, that which is wanted: objects by their wanted keys, lists of the same length one by one, all else whole.
fn shared(seen: &Value, want: &Value) -> Value {
    match (seen, want) {
        (Value::Object(seen), Value::Object(want)) => {
            let of = |(key, want): (&String, &Value)| seen.get(key).map(|seen| (key.clone(), shared(seen, want)));
            Value::Object(want.iter().filter_map(of).collect())
        }
        (Value::Array(seen), Value::Array(want)) if seen.len() == want.len() => {
            seen.iter().zip(want).map(|(seen, want)| shared(seen, want)).collect()
        }
        _ => seen.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cdn::Auth;
    use serde_json::json;

    fn knob() -> Knob {
        let at = |method| Request::new(method, "https://api.example/rules", Auth::Bearer);
        let want = json!([{ "ref": "landing-cache", "action": "set", "parameters": { "cache": true } }]);
        Knob {
            name: "rules".to_owned(),
            why: "",
            read: at("GET"),
            place: Place::Rules("/result/rules"),
            want,
            write: at("PUT"),
        }
    }

    fn reply(status: u16, body: &Value) -> Reply {
        Reply { status, body: body.to_string(), ..Reply::default() }
    }

    #[test]
    fn somebody_elses_rules_stay_as_they_are_and_in_their_order() {
        let theirs = json!({ "ref": "a", "id": "1", "version": "3", "action": "skip" });
        let ours = json!({ "ref": "landing-old", "action": "redirect" });
        let body = knob().write(&reply(200, &json!({ "result": { "rules": [theirs, ours] } }))).unwrap().body;
        let written: Value = serde_json::from_str(&body).unwrap();
        assert_eq!(written["rules"][0], json!({ "ref": "a", "id": "1", "action": "skip" }));
        assert_eq!(
            (written["rules"].as_array().unwrap().len(), &written["rules"][1]["ref"]),
            (2, &json!("landing-cache"))
        );
    }

    #[test]
    fn what_the_vendor_adds_is_no_difference_and_what_somebody_changed_is() {
        let stored = |cache: bool| {
            let rule = json!({ "ref": "landing-cache", "id": "9", "version": "1", "action": "set", "parameters": { "cache": cache, "more": 1 } });
            reply(200, &json!({ "result": { "rules": [rule] } }))
        };
        assert_eq!(knob().seen(&stored(true)).unwrap(), knob().want);
        assert_ne!(knob().seen(&stored(false)).unwrap(), knob().want);
        assert_eq!(knob().seen(&reply(404, &Value::Null)).unwrap(), json!([]));
        assert!(knob().seen(&reply(403, &Value::Null)).is_err());
    }
}
