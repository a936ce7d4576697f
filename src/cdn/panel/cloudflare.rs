//! Cloudflare's settings: a cache rule, redirects, header fields, and the switches of the zone.
//!
//! Rules are written as a whole list, as the API wants it, with everybody else's rules as they were.

use super::super::{Account, Auth};
use super::{Knob, MARK, Panel, Place, Wish};
use crate::cdn::message::Request;
use serde_json::{Map, Value, json};

/// Switches of the zone: name, value, what for.
const SWITCHES: &[(&str, &str, &str)] = &[
    ("always_use_https", "on", "http goes to https at the edge, not at the origin"),
    ("always_online", "on", "the last copy shows when the origin is down"),
    ("development_mode", "off", "while it is on, nothing is cached"),
    ("brotli", "on", "pages are small enough for the first round trip"),
    ("http3", "on", "one round trip less on a phone"),
];

/// All of them.
pub(in crate::cdn) fn panel(account: &Account, wish: &Wish) -> Panel {
    let zone = format!("{}/zones/{}", account.api("https://api.cloudflare.com/client/v4"), account.get("zone"));
    let mut knobs: Vec<Knob> = SWITCHES.iter().map(|(name, want, why)| switch(&zone, name, json!(want), why)).collect();
    knobs.push(switch(&zone, "browser_cache_ttl", json!(0), "browsers keep a page as long as the origin says"));
    knobs.push(tiered(&zone));
    knobs.push(rules(
        &zone,
        "http_request_cache_settings",
        json!([cache_rule(account, wish)]),
        "pages are cached, whatever brought the visitor here",
    ));
    knobs.push(rules(&zone, "http_request_dynamic_redirect", redirects(account), "other names lead to this page"));
    knobs.push(rules(
        &zone,
        "http_response_headers_transform",
        headers(account, wish),
        "fields that the store cannot send",
    ));
    let manual = MANUAL.iter().map(|&it| it.to_owned()).collect();
    Panel { knobs, manual, rights: RIGHTS, ..Panel::default() }
}

const RIGHTS: &str = "Zone Settings, Cache Rules, Dynamic Redirect and Transform Rules, all Edit, on this zone";

const MANUAL: &[&str] = &[
    "error pages: upload the fallback page (`error.html` of the output) under Rules, Custom Errors, 500 class errors",
    "the DNS records of every name must be proxied (orange cloud)",
];

fn switch(zone: &str, name: &str, want: Value, why: &'static str) -> Knob {
    let at = |method| Request::new(method, format!("{zone}/settings/{name}"), Auth::Bearer);
    let place = Place::Value("/result/value", "value");
    Knob { name: name.to_owned(), why, read: at("GET"), place, want, write: at("PATCH") }
}

fn tiered(zone: &str) -> Knob {
    let at = |method| Request::new(method, format!("{zone}/argo/tiered_caching"), Auth::Bearer);
    let (place, why) = (Place::Value("/result/value", "value"), "one upper tier asks the origin, not every city");
    Knob { name: "tiered_caching".to_owned(), why, read: at("GET"), place, want: json!("on"), write: at("PATCH") }
}

fn rules(zone: &str, phase: &str, want: Value, why: &'static str) -> Knob {
    let at = |method| Request::new(method, format!("{zone}/rulesets/phases/{phase}/entrypoint"), Auth::Bearer);
    Knob { name: phase.to_owned(), why, read: at("GET"), place: Place::Rules("/result/rules"), want, write: at("PUT") }
}

fn rule(name: &str, says: &str, expression: &str, action: &str, parameters: &Value) -> Value {
    json!({
        "ref": format!("{MARK}{name}"), "description": format!("landing: {says}"), "enabled": true,
        "expression": expression, "action": action, "action_parameters": parameters,
    })
}

/// `http.host in {"www.example.fr"}`: names come from the configuration, where they cannot hold a quote.
fn of_the_site(account: &Account) -> String {
    let names: Vec<String> = account.hosts().iter().map(|host| format!("\"{host}\"")).collect();
    format!("(http.host in {{{}}})", names.join(" "))
}

fn cache_rule(account: &Account, wish: &Wish) -> Value {
    let parameters = json!({
        "cache": true,
        "edge_ttl": { "mode": "respect_origin" },
        "browser_ttl": { "mode": "respect_origin" },
        "respect_strong_etags": true,
        "cache_key": { "custom_key": { "query_string": { "exclude": { "list": wish.ignored } } } },
    });
    rule("cache", "pages are cached as the origin says", &of_the_site(account), "set_cache_settings", &parameters)
}

/// Temporary, with the query, to the same path; taken out of the configuration, it is taken away.
fn redirects(account: &Account) -> Value {
    let to = |(at, host): (usize, &String)| {
        let target = format!("concat(\"{}\", http.request.uri.path)", account.url);
        let parameters = json!({ "from_value": {
            "status_code": 302, "preserve_query_string": true, "target_url": { "expression": target },
        } });
        rule(
            &format!("redirect-{at}"),
            &format!("{host} leads here"),
            &format!("(http.host eq \"{host}\")"),
            "redirect",
            &parameters,
        )
    };
    account.list("redirect").iter().enumerate().map(to).collect()
}

fn headers(account: &Account, wish: &Wish) -> Value {
    if wish.headers.is_empty() {
        return json!([]);
    }
    let field = |(name, value): (&String, &String)| (name.clone(), json!({ "operation": "set", "value": value }));
    let fields: Map<String, Value> = wish.headers.iter().map(field).collect();
    json!([rule(
        "headers",
        "fields that the store cannot send",
        &of_the_site(account),
        "rewrite",
        &json!({ "headers": fields })
    )])
}
