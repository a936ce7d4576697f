//! Cloudflare by its own plugin, version 5 (registry: cloudflare/cloudflare, `cloudflare_zone_setting`, `cloudflare_ruleset`,
//! `cloudflare_argo_tiered_caching`): its rules are those of the API.
//!
//! A rule set of the plugin owns its whole phase: rules of others must move into the file.

use super::super::panel::{Panel, Place, cloudflare};
use super::hcl::{Item, resource, set};
use super::{Module, Names};
use crate::cdn::{Account, Wish};
use serde_json::json;

/// The file.
pub(in crate::cdn) fn module(account: &Account, wish: &Wish, names: &Names) -> Module {
    let Panel { knobs, mut manual, .. } = cloudflare::panel(account, wish);
    manual.push("a rule set owns its phase: import the one that is there (zones/ZONE/RULESET), and put rules of others beside ours".to_owned());
    let zone = || set("zone_id", account.get("zone"));
    let mut items = Vec::new();
    for knob in knobs {
        let name = format!("{}_{}", names.resource, knob.name);
        let why = Item::Comment(knob.why.to_owned());
        items.push(match (&knob.place, knob.name.as_str()) {
            (Place::Rules(_), phase) => {
                if knob.want == json!([]) {
                    continue;
                }
                let inside = vec![
                    why,
                    zone(),
                    set("name", format!("landing {phase}")),
                    set("kind", "zone"),
                    set("phase", phase),
                    set("rules", knob.want.clone()),
                ];
                resource("cloudflare_ruleset", &name, inside)
            }
            (_, "tiered_caching") => {
                resource("cloudflare_argo_tiered_caching", &name, vec![why, zone(), set("value", knob.want.clone())])
            }
            (_, setting) => {
                let inside = vec![why, zone(), set("setting_id", setting), set("value", knob.want.clone())];
                resource("cloudflare_zone_setting", &name, inside)
            }
        });
    }
    let plugin = ("cloudflare", "cloudflare/cloudflare", Some("~> 5.0"));
    Module { plugin, variables: Vec::new(), items, manual }
}
