//! bunny.net's settings: fields of the pull zone, each written alone; names and rules are in `bunny_rules`.
//!
//! Queries stay in the key, and only `landing` among them counts: `exactPath`, which every purge uses, does not work in a zone
//! that ignores queries (API reference, "Purge URL").

use super::super::{Account, Auth};
use super::bunny_rules::Rules;
use super::{Knob, Panel, Place, Wish};
use crate::cdn::message::Request;
use serde_json::{Value, json};

/// All of them.
pub(in crate::cdn) fn panel(account: &Account, wish: &Wish) -> Panel {
    let zone = format!("{}/pullzone/{}", account.api("https://api.bunny.net"), account.get("pull_zone"));
    let fields: Vec<(&'static str, &'static str, Value, &'static str)> = vec![
        ("/IgnoreQueryStrings", "IgnoreQueryStrings", json!(false), "purges by exact path work"),
        (
            "/EnableQueryStringOrdering",
            "EnableQueryStringOrdering",
            json!(true),
            "one copy whatever the order of parameters",
        ),
        (
            "/QueryStringVaryParameters",
            "QueryStringVaryParameters",
            json!(["landing"]),
            "tracking parameters make no copies",
        ),
        ("/UseStaleWhileUpdating", "UseStaleWhileUpdating", json!(true), "nobody waits for the origin"),
        ("/UseStaleWhileOffline", "UseStaleWhileOffline", json!(true), "the last copy shows when the origin is down"),
        ("/EnableOriginShield", "EnableOriginShield", json!(true), "one place asks the origin, not every city"),
        ("/DisableCookies", "DisableCookies", json!(true), "no cookie on a page that everybody shares"),
        ("/CacheErrorResponses", "CacheErrorResponses", json!(false), "an error of a second does not stay"),
    ];
    let knob = |(pointer, name, want, why)| {
        let at = |method| Request::new(method, zone.clone(), Auth::Header("accesskey", ""));
        Knob {
            name: String::from(name),
            why,
            read: at("GET"),
            place: Place::Value(pointer, name),
            want,
            write: at("POST"),
        }
    };
    let knobs = if account.get("pull_zone").is_empty() { Vec::new() } else { fields.into_iter().map(knob).collect() };
    let mut manual =
        vec!["add every name to the pull zone, those that only lead here too, with a certificate".to_owned()];
    let rights = "the account's key: there is no narrower one";
    if knobs.is_empty() {
        manual.insert(0, "say `pull_zone`: without it its settings can be neither read nor written".to_owned());
        manual.extend(super::unsent(wish));
        return Panel { manual, rights, ..Panel::default() };
    }
    Panel { knobs, whole: Some(Box::new(Rules::of(&zone, account, wish))), manual, rights }
}
