//! bunny.net by its own plugin (registry: BunnyWay/bunnynet, `bunnynet_pullzone`, `bunnynet_pullzone_hostname`,
//! `bunnynet_pullzone_edgerule`), its names as well.

use super::super::panel::bunny_rules::{OURS, target};
use super::hcl::{Item, block, import, refer, resource, set};
use super::{Module, Names};
use crate::cdn::{Account, Wish};
use serde_json::{Value, json};

const ZONE: &str = "bunnynet_pullzone";

/// The file.
pub(in crate::cdn) fn module(account: &Account, wish: &Wish, names: &Names) -> Module {
    let name = &names.resource;
    let zone = vec![
        refer("name", names.variable("name")),
        Item::Comment("purges by exact path work: one parameter that nobody uses counts".to_owned()),
        set("cache_vary", json!(["querystring"])),
        set("cache_vary_querystring", json!(["landing"])),
        set("sort_querystring", true),
        Item::Comment("nobody waits for the origin, and the last copy shows when it is down".to_owned()),
        set("cache_stale", json!(["offline", "updating"])),
        set("cache_errors", false),
        set("strip_cookies", true),
        set("originshield_enabled", true),
        block("origin", vec![set("type", "OriginUrl"), refer("url", names.variable("origin"))]),
        block("routing", vec![set("tier", "Standard")]),
    ];
    let mut items = Vec::new();
    let id = account.get("pull_zone");
    items.extend((!id.is_empty()).then(|| import(&format!("{ZONE}.{name}"), id)));
    items.push(resource(ZONE, name, zone));
    let redirects = account.list("redirect");
    for (at, host) in account.hosts().iter().chain(redirects).enumerate() {
        let inside =
            vec![refer("pullzone", format!("{ZONE}.{name}.id")), set("name", host.as_str()), set("force_ssl", true)];
        items.push(resource("bunnynet_pullzone_hostname", &format!("{name}_{at}"), inside));
    }
    for (at, host) in redirects.iter().enumerate() {
        let parameters = [target(account), "302".to_owned()];
        items.push(rule(
            names,
            &format!("redirect_{at}"),
            &format!("{host} leads here"),
            "Redirect",
            parameters,
            &format!("*://{host}/*"),
        ));
    }
    for (at, (field, value)) in wish.headers.iter().enumerate() {
        let parameters = [field.clone(), value.clone()];
        items.push(rule(
            names,
            &format!("header_{at}"),
            &format!("the field {field}"),
            "SetResponseHeader",
            parameters,
            "*",
        ));
    }
    let variables = vec![("name", "Name of the pull zone"), ("origin", "Address of the origin, https://…")];
    let manual = vec!["DNS records of every name; a free certificate is made once they lead to the zone".to_owned()];
    Module { plugin: ("bunnynet", "BunnyWay/bunnynet", None), variables, items, manual }
}

fn rule(names: &Names, name: &str, says: &str, action: &str, parameters: [String; 2], pattern: &str) -> Item {
    let [first, second] = parameters;
    let actions = json!([{ "type": action, "parameter1": first, "parameter2": second, "parameter3": Value::Null }]);
    let trigger = json!([{ "type": "Url", "match_type": "MatchAny", "patterns": [pattern], "parameter1": Value::Null, "parameter2": Value::Null }]);
    let inside = vec![
        set("enabled", true),
        refer("pullzone", format!("{ZONE}.{}.id", names.resource)),
        set("description", format!("{OURS}{says}")),
        set("actions", actions),
        set("match_type", "MatchAny"),
        set("triggers", trigger),
    ];
    resource("bunnynet_pullzone_edgerule", &format!("{}_{name}", names.resource), inside)
}
