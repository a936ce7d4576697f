//! A CDN's settings as code, against APIs that keep what they are told: the second plan is empty, what somebody changed by hand
//! shows, other people's rules stay, and a write that did not take is no success.

use crate::cdn_talks::Talk;
use crate::project::Project;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

/// What the API keeps: path to value.
type Kept = Arc<Mutex<BTreeMap<String, Value>>>;

/// Cloudflare's settings and rule sets, and bunny's pull zone, as far as they are used here.
fn api(kept: &Kept, deaf: &'static str) -> Talk {
    let kept = Arc::clone(kept);
    Talk::with(Box::leak(Box::new(move |_, request: &str| answer(&kept, deaf, request))))
}

fn answer(kept: &Kept, deaf: &str, request: &str) -> (u16, String, String) {
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    let mut words = head.split(' ');
    let (method, path) = (words.next().unwrap(), words.next().unwrap());
    if !head.contains("s3cr3t-settings") {
        return (403, String::new(), json!({ "errors": [{ "message": "not this token" }] }).to_string());
    }
    let mut kept = kept.lock().unwrap();
    let body: Value = serde_json::from_str(body).unwrap_or_default();
    if let Some(path) = path.strip_prefix("/pullzone/5") {
        let theirs = json!({ "Guid": "t-1", "Description": "theirs", "ActionType": 4 });
        let name = json!({ "Value": "www.example.fr", "HasCertificate": true, "ForceSSL": false });
        let zone = kept.entry("/pullzone/5".to_owned()).or_insert(
            json!({ "IgnoreQueryStrings": true, "Name": "campagne", "EdgeRules": [theirs], "Hostnames": [name] }),
        );
        if !path.is_empty() {
            rule(zone, method, path, body);
            return (204, String::new(), String::new());
        }
        for (key, value) in body.as_object().into_iter().flatten() {
            zone[key] = value.clone();
        }
        return (200, String::new(), zone.to_string());
    }
    let is_rules = path.contains("/rulesets/");
    if method != "GET" && path != deaf {
        // The vendor gives every rule an id and a version of its own.
        let mut value = if is_rules { body["rules"].clone() } else { body["value"].clone() };
        for (at, rule) in value.as_array_mut().into_iter().flatten().enumerate() {
            rule["id"] = json!(format!("id-{at}"));
            rule["version"] = json!("1");
        }
        kept.insert(path.to_owned(), value);
    }
    match (kept.get(path), is_rules) {
        (Some(rules), true) => {
            (200, String::new(), json!({ "success": true, "result": { "rules": rules } }).to_string())
        }
        (None, true) => {
            (404, String::new(), json!({ "errors": [{ "message": "could not find entrypoint" }] }).to_string())
        }
        (value, false) => {
            let value = value.cloned().unwrap_or(json!("off"));
            (200, String::new(), json!({ "success": true, "result": { "value": value } }).to_string())
        }
    }
}

/// What bunny.net does with a rule or a name.
fn rule(zone: &mut Value, method: &str, path: &str, mut body: Value) {
    if path == "/setForceSSL" {
        let names = zone["Hostnames"].as_array_mut().unwrap();
        names
            .iter_mut()
            .filter(|it| it["Value"] == body["Hostname"])
            .for_each(|it| it["ForceSSL"] = body["ForceSSL"].clone());
        return;
    }
    let rules = zone["EdgeRules"].as_array_mut().unwrap();
    if method == "DELETE" {
        return rules.retain(|it| it["Guid"] != path.trim_start_matches("/edgerules/"));
    }
    assert_eq!(path, "/edgerules/addOrUpdate");
    body["Triggers"][0]["Parameter1"] = Value::Null;
    if body["Guid"].is_null() {
        body["Guid"] = json!(format!("g-{}", rules.len()));
    }
    rules.retain(|it| it["Guid"] != body["Guid"]);
    rules.push(body);
}

/// A project whose environment `p` has these CDNs in front of a bucket.
fn project(cdns: &str) -> Project {
    let project = Project::new();
    project.write("token", "s3cr3t-purge");
    project.write("settings", "s3cr3t-settings");
    let config = project.read("site/landing.toml");
    let environment = format!(
        "\n[env.p]\nurl = \"https://www.example.fr\"\nstore = \"s3://campagne/www\"\ncredentials = {{ file = \"keys\" }}\n{cdns}"
    );
    project.write("site/landing.toml", &(config + &environment));
    project
}

fn cloudflare(api: &str, further: &str) -> String {
    format!(
        "[[env.p.cdn]]\nprovider = \"cloudflare\"\napi = \"{api}\"\nzone = \"z\"\ntoken = {{ file = \"token\" }}\nsettings_token = {{ file = \"settings\" }}\n{further}"
    )
}

fn names(done: &Value) -> Vec<&str> {
    done["changes"].as_array().unwrap().iter().map(|change| change["setting"].as_str().unwrap()).collect()
}

#[test]
fn after_an_apply_a_plan_is_empty_and_what_somebody_changes_shows() {
    let kept = Kept::default();
    let theirs = json!([{ "ref": "theirs", "id": "7", "action": "set_cache_settings", "expression": "true" }]);
    let cache = "/zones/z/rulesets/phases/http_request_cache_settings/entrypoint";
    kept.lock().unwrap().insert(cache.to_owned(), theirs);
    let talk = api(&kept, "");
    let project = project(&cloudflare(&talk.address, "redirect = [\"example.fr\"]\n"));
    let first = project.done(&["cdn", "plan", "p"]);
    assert!(names(&first).contains(&"always_use_https") && names(&first).contains(&"http_request_dynamic_redirect"));
    assert!(!names(&first).contains(&"development_mode"), "it is off already");
    assert!(first["manual"].as_array().unwrap().len() > 1);
    let applied = project.done(&["cdn", "apply", "p"]);
    assert_eq!(names(&applied), names(&first));
    let again = project.done(&["cdn", "plan", "p"]);
    assert_eq!(names(&again), Vec::<&str>::new());
    let rules = kept.lock().unwrap()[cache].clone();
    assert_eq!((&rules[0]["ref"], &rules[1]["ref"]), (&json!("theirs"), &json!("landing-cache")));
    let excluded = &rules[1]["action_parameters"]["cache_key"]["custom_key"]["query_string"]["exclude"]["list"];
    assert!(excluded.as_array().unwrap().contains(&json!("utm_source")));
    // Somebody at the dashboard.
    kept.lock().unwrap().insert("/zones/z/settings/always_online".to_owned(), json!("off"));
    kept.lock().unwrap().get_mut(cache).unwrap()[1]["action_parameters"]["cache"] = json!(false);
    assert_eq!(names(&project.done(&["cdn", "plan", "p"])), ["always_online", "http_request_cache_settings"]);
    // One line less in the configuration, and the redirect is gone.
    let config = project.read("site/landing.toml").replace("redirect = [\"example.fr\"]\n", "");
    project.write("site/landing.toml", &config);
    project.done(&["cdn", "apply", "p"]);
    let redirects = kept.lock().unwrap()["/zones/z/rulesets/phases/http_request_dynamic_redirect/entrypoint"].clone();
    assert_eq!(redirects, json!([]));
}

#[test]
fn a_setting_that_does_not_take_is_no_success() {
    let talk = api(&Kept::default(), "/zones/z/settings/always_online");
    let project = project(&cloudflare(&talk.address, ""));
    let said = project.run(&["cdn", "apply", "p"]);
    let error = said.result();
    assert_eq!(said.exit, 4, "{error}");
    assert_eq!(error["code"], "cdn-settings");
    let message = error["message"].as_str().unwrap();
    assert!(message.contains("`always_online`") && message.contains("it still is \"off\""), "{message}");
    assert!(!error.to_string().contains("s3cr3t"));
}

#[test]
fn a_pull_zone_keeps_its_other_fields_and_an_unmanaged_provider_says_what_to_do() {
    let kept = Kept::default();
    let talk = api(&kept, "");
    let cdns = format!(
        "[[env.p.cdn]]\nprovider = \"bunny\"\napi = \"{}\"\npull_zone = \"5\"\nredirect = [\"example.fr\"]\ntoken = {{ file = \"settings\" }}\n\
         [[env.p.cdn]]\nprovider = \"gcore\"\nresource = \"1\"\nignore_vary = true\ntoken = {{ file = \"token\" }}\n",
        talk.address
    );
    let project = project(&cdns);
    let applied = project.done(&["cdn", "apply", "p"]);
    assert!(names(&applied).contains(&"IgnoreQueryStrings"));
    assert_eq!(names(&project.done(&["cdn", "plan", "p"])), Vec::<&str>::new());
    let zone = kept.lock().unwrap()["/pullzone/5"].clone();
    assert_eq!((&zone["Name"], &zone["EdgeRules"][0]["Guid"]), (&json!("campagne"), &json!("t-1")));
    assert_eq!(zone["Hostnames"][0]["ForceSSL"], true);
    let rules = zone["EdgeRules"].to_string();
    assert!(rules.contains("https://www.example.fr{{path}}") && rules.contains("strict-transport-security"), "{rules}");
    // Somebody at the dashboard, and one line less in the configuration.
    kept.lock().unwrap().get_mut("/pullzone/5").unwrap()["EdgeRules"][2]["Enabled"] = json!(false);
    assert_eq!(names(&project.done(&["cdn", "plan", "p"])).len(), 1);
    let config = project.read("site/landing.toml").replace("redirect = [\"example.fr\"]\n", "");
    project.write("site/landing.toml", &config);
    assert_eq!(names(&project.done(&["cdn", "apply", "p"])).len(), 2);
    let zone = kept.lock().unwrap()["/pullzone/5"].clone();
    assert!(!zone["EdgeRules"].to_string().contains("{{path}}") && zone["EdgeRules"].to_string().contains("theirs"));
    assert_eq!(names(&project.done(&["cdn", "plan", "p"])), Vec::<&str>::new());
    let manual = applied["manual"].as_array().unwrap();
    assert!(manual.iter().any(|it| it["provider"] == "gcore" && it["step"].as_str().unwrap().contains("queries")));
}
