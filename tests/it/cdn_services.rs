//! Settings that are read and written together, against APIs that keep what they are told: Fastly's versions, CloudFront's tags,
//! Scaleway's stages. The second plan is empty, other people's settings stay, and half a change is never in force.

use crate::cdn_talks::Talk;
use crate::project::Project;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

/// A project whose environment `p` has this CDN in front of a bucket.
fn project(cdn: &str) -> Project {
    let project = Project::new();
    project.write("token", "s3cr3t-purge");
    project.write("settings", "s3cr3t-settings");
    let config = project.read("site/landing.toml");
    let environment = format!(
        "\n[env.p]\nurl = \"https://www.example.fr\"\nstore = \"s3://campagne/www\"\ncredentials = {{ file = \"keys\" }}\n[[env.p.cdn]]\n{cdn}"
    );
    project.write("site/landing.toml", &(config + &environment));
    project
}

fn names(done: &Value) -> Vec<&str> {
    done["changes"].as_array().unwrap().iter().map(|change| change["setting"].as_str().unwrap()).collect()
}

/// One request, taken apart.
struct Heard<'a> {
    head: &'a str,
    method: &'a str,
    path: &'a str,
    body: &'a str,
}

impl<'a> Heard<'a> {
    fn of(request: &'a str) -> Self {
        let (head, body) = request.split_once("\r\n\r\n").unwrap();
        let mut words = head.split(' ');
        Self { head, body, method: words.next().unwrap(), path: words.next().unwrap() }
    }

    fn field(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }

    fn form(&self) -> Value {
        let fields = url::form_urlencoded::parse(self.body.as_bytes());
        Value::Object(fields.map(|(name, value)| (name.into_owned(), json!(value))).collect())
    }
}

/// A Fastly service: its versions, the first being number 1, and which of them is active.
struct Service {
    versions: Vec<Value>,
    active: usize,
    /// What `validate` says is wrong.
    wrong: Option<&'static str>,
}

impl Service {
    fn new() -> Self {
        let theirs =
            json!({ "name": "theirs", "type": "recv", "content": "# theirs", "priority": "10", "dynamic": "0" });
        let settings = json!({ "general.default_ttl": 3600, "general.stale_if_error": false, "general.stale_if_error_ttl": 43200 });
        let version = json!({ "number": 1, "locked": true, "settings": settings, "snippets": [theirs], "request_settings": [], "backends": [{ "name": "origin" }] });
        Self { versions: vec![version], active: 1, wrong: None }
    }

    fn active(&self) -> &Value {
        &self.versions[self.active - 1]
    }

    fn answer(&mut self, request: &str) -> (u16, String, String) {
        let heard = Heard::of(request);
        let told = |status: u16, body: &Value| (status, String::new(), body.to_string());
        if heard.field("fastly-key") != Some("s3cr3t-settings") {
            return told(403, &json!({ "msg": "You are not authorized to perform this action", "detail": "" }));
        }
        let path = heard.path.strip_prefix("/service/S1").unwrap();
        if path == "/details" {
            return told(
                200,
                &json!({ "id": "S1", "type": "vcl", "active_version": self.active(), "versions": self.versions }),
            );
        }
        let mut parts = path.trim_start_matches("/version/").splitn(2, '/');
        let number: usize = parts.next().unwrap().parse().unwrap();
        let (what, at) = (parts.next().unwrap_or(""), number - 1);
        if what == "clone" {
            let mut copy = self.versions[at].clone();
            (copy["number"], copy["locked"]) = (json!(self.versions.len() + 1), json!(false));
            self.versions.push(copy.clone());
            return told(200, &copy);
        }
        if what == "validate" {
            return match self.wrong {
                Some(why) => told(200, &json!({ "status": "error", "msg": why })),
                None => told(200, &json!({ "status": "ok", "msg": null })),
            };
        }
        if what == "activate" {
            self.active = number;
            self.versions[at]["locked"] = json!(true);
            return told(200, &json!({ "number": number, "active": true }));
        }
        let version = &mut self.versions[at];
        if version["locked"] == true {
            return told(422, &json!({ "msg": "Version locked" }));
        }
        let form = heard.form();
        let (list, name) = what.split_once('/').unwrap_or((what, ""));
        match list {
            "" => version["comment"] = form["comment"].clone(),
            "settings" => {
                version["settings"]["general.stale_if_error"] = json!(form["general.stale_if_error"] == "true");
                let ttl = form["general.stale_if_error_ttl"].as_str().unwrap().parse::<u64>().unwrap();
                version["settings"]["general.stale_if_error_ttl"] = json!(ttl);
            }
            _ => {
                let list = version[if list == "snippet" { "snippets" } else { list }].as_array_mut().unwrap();
                match heard.method {
                    "POST" => list.push(form),
                    "DELETE" => list.retain(|it| it["name"] != name),
                    _ => {
                        let found = list.iter_mut().find(|it| it["name"] == name).unwrap();
                        form.as_object().unwrap().iter().for_each(|(key, value)| found[key] = value.clone());
                    }
                }
            }
        }
        told(200, &json!({ "status": "ok" }))
    }
}

fn fastly(service: &Arc<Mutex<Service>>) -> (Talk, Project) {
    let service = Arc::clone(service);
    let talk = Talk::with(Box::leak(Box::new(move |_, request: &str| service.lock().unwrap().answer(request))));
    let cdn = format!(
        "provider = \"fastly\"\napi = \"{}\"\nservice = \"S1\"\nredirect = [\"example.fr\"]\ntoken = {{ file = \"token\" }}\nsettings_token = {{ file = \"settings\" }}\n",
        talk.address
    );
    let project = project(&cdn);
    (talk, project)
}

fn snippet<'a>(version: &'a Value, name: &str) -> &'a str {
    version["snippets"].as_array().unwrap().iter().find(|it| it["name"] == name).unwrap()["content"].as_str().unwrap()
}

#[test]
fn fastly_gets_one_new_version_and_then_none() {
    let service = Arc::new(Mutex::new(Service::new()));
    let (_talk, project) = fastly(&service);
    let first = project.done(&["cdn", "plan", "p"]);
    assert!(names(&first).contains(&"general.stale_if_error") && names(&first).contains(&"snippet landing-recv"));
    assert_eq!(service.lock().unwrap().versions.len(), 1, "a plan changes nothing");
    let applied = project.done(&["cdn", "apply", "p"]);
    assert_eq!(names(&applied), names(&first));
    assert_eq!(names(&project.done(&["cdn", "plan", "p"])), Vec::<&str>::new());
    project.done(&["cdn", "apply", "p"]);
    let mut kept = service.lock().unwrap();
    assert_eq!((kept.versions.len(), kept.active), (2, 2), "one version, and none when nothing differs");
    let active = kept.active();
    assert_eq!((&active["backends"][0]["name"], snippet(active, "theirs")), (&json!("origin"), "# theirs"));
    assert!(
        snippet(active, "landing-recv").contains("querystring.filter")
            && snippet(active, "landing-recv").contains("\"example.fr\"")
    );
    assert!(
        snippet(active, "landing-deliver").contains("set resp.http.strict-transport-security = \"max-age=31536000\";")
    );
    // Somebody at the console, and a snippet of ours from another day.
    let version = &mut kept.versions[1];
    version["settings"]["general.stale_if_error"] = json!(false);
    version["snippets"].as_array_mut().unwrap().push(json!({ "name": "landing-old", "type": "miss", "content": "#" }));
    drop(kept);
    assert_eq!(names(&project.done(&["cdn", "plan", "p"])), ["general.stale_if_error", "snippet landing-old"]);
    project.done(&["cdn", "apply", "p"]);
    let kept = service.lock().unwrap();
    assert!(!kept.active()["snippets"].to_string().contains("landing-old"));
}

#[test]
fn what_fastly_refuses_stays_a_draft() {
    let service = Arc::new(Mutex::new(Service { wrong: Some("Syntax error at line 3"), ..Service::new() }));
    let (_talk, project) = fastly(&service);
    let said = project.run(&["cdn", "apply", "p"]);
    let message = said.result()["message"].as_str().unwrap().to_owned();
    assert_eq!((said.exit, service.lock().unwrap().active), (4, 1), "{message}");
    assert!(message.contains("refuses version 2, which stays a draft: Syntax error at line 3"), "{message}");
}

#[test]
fn a_token_that_may_not_is_told_what_it_needs() {
    let service = Arc::new(Mutex::new(Service::new()));
    let (_talk, project) = fastly(&service);
    project.write("settings", "s3cr3t-purge");
    let said = project.run(&["cdn", "plan", "p"]);
    let error = said.result();
    assert_eq!((said.exit, &error["code"]), (4, &json!("cdn-settings")), "{error}");
    assert!(error["message"].as_str().unwrap().contains("status 403: You are not authorized"), "{error}");
    assert!(error["hint"].as_str().unwrap().contains("the token may not: it needs scope `global`"), "{error}");
    assert!(!error.to_string().contains("s3cr3t"));
}

/// CloudFront: documents by path, each with the number of its change as tag.
#[derive(Default)]
struct CloudFront {
    documents: BTreeMap<String, (u64, String)>,
    /// Somebody else changes the distribution between our reading and our writing.
    race: bool,
}

const DISTRIBUTION: &str = "<?xml version=\"1.0\"?>\n<DistributionConfig xmlns=\"http://cloudfront.amazonaws.com/doc/2020-05-31/\">\
    <CallerReference>1</CallerReference><Aliases><Quantity>1</Quantity><Items><CNAME>www.example.fr</CNAME></Items></Aliases>\
    <DefaultRootObject></DefaultRootObject><Origins><Quantity>2</Quantity><Items>\
    <Origin><Id>other</Id><DomainName>api.example.fr</DomainName></Origin>\
    <Origin><Id>bucket</Id><DomainName>campagne.s3.amazonaws.com</DomainName><OriginAccessControlId>OAC</OriginAccessControlId></Origin></Items></Origins>\
    <DefaultCacheBehavior><TargetOriginId>bucket</TargetOriginId><ViewerProtocolPolicy>allow-all</ViewerProtocolPolicy>\
    <Compress>false</Compress><ForwardedValues><QueryString>true</QueryString></ForwardedValues><MinTTL>0</MinTTL></DefaultCacheBehavior>\
    <CacheBehaviors><Quantity>1</Quantity><Items><CacheBehavior><PathPattern>/api/*</PathPattern></CacheBehavior></Items></CacheBehaviors>\
    <CustomErrorResponses><Quantity>1</Quantity><Items><CustomErrorResponse><ErrorCode>416</ErrorCode></CustomErrorResponse></Items></CustomErrorResponses>\
    <Comment>Tom &amp; Jerry</Comment><Enabled>true</Enabled><ViewerCertificate><ACMCertificateArn>arn</ACMCertificateArn>\
    <MinimumProtocolVersion>TLSv1</MinimumProtocolVersion></ViewerCertificate><HttpVersion>http2</HttpVersion><FutureMember>kept</FutureMember></DistributionConfig>";

const AT: &str = "/2020-05-31/distribution/E1/config";

impl CloudFront {
    fn answer(&mut self, request: &str) -> (u16, String, String) {
        let heard = Heard::of(request);
        let refused = |status: u16, code: &str| {
            (
                status,
                String::new(),
                format!("<ErrorResponse><Error><Code>{code}</Code><Message>no</Message></Error></ErrorResponse>"),
            )
        };
        if !heard.field("authorization").is_some_and(|it| it.contains("Credential=s3cr3t-settings/")) {
            return refused(403, "AccessDenied");
        }
        let path = heard.path.split('?').next().unwrap().trim_start_matches("/2020-05-31/");
        let kind = path.split('/').next().unwrap().to_owned();
        if heard.method == "GET" && !path.contains('/') {
            let element = if kind == "cache-policy" { "CachePolicy" } else { "ResponseHeadersPolicy" };
            let ours = self.documents.iter().filter(|(at, _)| at.contains(&format!("/{kind}/")));
            let items: Vec<String> = ours.map(|(at, (_, document))| {
                let id = at.split('/').nth(3).unwrap();
                let inside = document.split_once('\n').unwrap().1.replace(&format!(" xmlns=\"{NAMESPACE}\""), "");
                format!("<{element}Summary><Type>custom</Type><{element}><Id>{id}</Id>{inside}</{element}></{element}Summary>")
            }).collect();
            return (
                200,
                String::new(),
                format!(
                    "<{element}List><MaxItems>100</MaxItems><Quantity>1</Quantity><Items>{}</Items></{element}List>",
                    items.concat()
                ),
            );
        }
        let at = match (heard.method, path.ends_with("/config")) {
            ("POST", _) => format!("/2020-05-31/{kind}/new-{kind}/config"),
            (_, true) => heard.path.to_owned(),
            _ => format!("{}/config", heard.path),
        };
        if heard.method == "GET" {
            let (tag, document) = &self.documents[&at];
            return (200, format!("etag: E{tag}\r\n"), document.clone());
        }
        if at == AT && self.race {
            self.documents.get_mut(&at).unwrap().0 += 1;
        }
        let tag = self.documents.get(&at).map_or(0, |(tag, _)| *tag);
        if heard.method == "PUT" && heard.field("if-match") != Some(&format!("E{tag}")) {
            return refused(412, "PreconditionFailed");
        }
        self.documents.insert(at.clone(), (tag + 1, heard.body.to_owned()));
        let id = at.split('/').nth(3).unwrap();
        (200, String::new(), format!("<Answer><Id>{id}</Id></Answer>"))
    }
}

const NAMESPACE: &str = "http://cloudfront.amazonaws.com/doc/2020-05-31/";

fn cloudfront(kept: &Arc<Mutex<CloudFront>>) -> (Talk, Project) {
    kept.lock().unwrap().documents.insert(AT.to_owned(), (1, DISTRIBUTION.to_owned()));
    let kept = Arc::clone(kept);
    let talk = Talk::with(Box::leak(Box::new(move |_, request: &str| kept.lock().unwrap().answer(request))));
    let secret = |name: &str, file: &str| format!("{name} = {{ file = \"{file}\" }}\n");
    let secrets = [
        ("access_key", "token"),
        ("secret_key", "token"),
        ("settings_access_key", "settings"),
        ("settings_secret_key", "settings"),
    ];
    let secrets: String = secrets.map(|(name, file)| secret(name, file)).concat();
    let cdn = format!(
        "provider = \"cloudfront\"\napi = \"{}\"\ndistribution = \"E1\"\ntags = true\nshield_region = \"eu-west-3\"\n{secrets}",
        talk.address
    );
    let project = project(&cdn);
    (talk, project)
}

#[test]
fn cloudfront_is_written_on_condition_and_keeps_what_is_not_ours() {
    let kept = Arc::new(Mutex::new(CloudFront::default()));
    let (_talk, project) = cloudfront(&kept);
    let first = project.done(&["cdn", "plan", "p"]);
    assert!(names(&first).contains(&"DefaultCacheBehavior.ViewerProtocolPolicy"), "{first}");
    assert!(names(&first).contains(&"cache-policy landing-E1") && names(&first).contains(&"CustomErrorResponses 404"));
    assert_eq!(kept.lock().unwrap().documents.len(), 1, "a plan changes nothing");
    assert_eq!(names(&project.done(&["cdn", "apply", "p"])), names(&first));
    assert_eq!(names(&project.done(&["cdn", "plan", "p"])), Vec::<&str>::new());
    let config = kept.lock().unwrap().documents[AT].1.clone();
    for theirs in [
        "<FutureMember>kept</FutureMember>",
        "Tom &amp; Jerry",
        "<ErrorCode>416</ErrorCode>",
        "/api/*",
        "OAC",
        "<DomainName>api.example.fr</DomainName></Origin>",
    ] {
        assert!(config.contains(theirs), "{theirs} is gone: {config}");
    }
    for ours in [
        "<CachePolicyId>new-cache-policy</CachePolicyId>",
        "<OriginShieldRegion>eu-west-3</OriginShieldRegion>",
        "<MinimumProtocolVersion>TLSv1.2_2021</MinimumProtocolVersion>",
        "<CacheTagConfig><HeaderName>x-amz-meta-cache-tag</HeaderName></CacheTagConfig>",
    ] {
        assert!(config.contains(ours), "{ours} is missing: {config}");
    }
    assert!(!config.contains("ForwardedValues") && !config.contains("<MinTTL>"), "a cache policy takes their place");
    // Another lifetime in the configuration, and somebody at the console.
    let longer = project.read("site/landing.toml") + "\n[cache.document]\ncdn = 172800\n";
    project.write("site/landing.toml", &longer);
    let tampered = config.replace("<Compress>true</Compress>", "<Compress>false</Compress>");
    kept.lock().unwrap().documents.insert(AT.to_owned(), (9, tampered));
    assert_eq!(
        names(&project.done(&["cdn", "plan", "p"])),
        ["cache-policy landing-E1", "DefaultCacheBehavior.Compress"]
    );
    project.done(&["cdn", "apply", "p"]);
    assert_eq!(names(&project.done(&["cdn", "plan", "p"])), Vec::<&str>::new());
}

#[test]
fn a_distribution_that_somebody_else_changes_meanwhile_is_left_to_them() {
    let kept = Arc::new(Mutex::new(CloudFront { race: true, ..CloudFront::default() }));
    let (_talk, project) = cloudfront(&kept);
    let said = project.run(&["cdn", "apply", "p"]);
    let message = said.result()["message"].as_str().unwrap().to_owned();
    assert_eq!(said.exit, 4, "{message}");
    assert!(message.contains("somebody else changed it at the same time: plan again"), "{message}");
    assert_eq!(kept.lock().unwrap().documents[AT].1, DISTRIBUTION);
}

#[test]
fn what_is_not_understood_is_not_written_back() {
    for (document, why) in [
        (DISTRIBUTION[..DISTRIBUTION.len() / 2].to_owned(), "the answer is not understood"),
        (DISTRIBUTION.replace("<Enabled>", "<Enabled kind=\"new\">"), "`Enabled` has attributes"),
        ("<Distribution></Distribution>".to_owned(), "not the configuration of a distribution"),
    ] {
        let kept = Arc::new(Mutex::new(CloudFront::default()));
        let (_talk, project) = cloudfront(&kept);
        kept.lock().unwrap().documents.insert(AT.to_owned(), (1, document.clone()));
        let said = project.run(&["cdn", "apply", "p"]);
        let message = said.result()["message"].as_str().unwrap().to_owned();
        assert!(said.exit == 4 && message.contains(why), "{message}");
        assert_eq!(kept.lock().unwrap().documents[AT].1, document);
    }
}

fn scaleway(stages: &Arc<Mutex<Value>>) -> (Talk, Project) {
    let stages = Arc::clone(stages);
    let talk = Talk::with(Box::leak(Box::new(move |_, request: &str| {
        let heard = Heard::of(request);
        if heard.field("x-auth-token") != Some("s3cr3t-settings") {
            return (
                403,
                String::new(),
                json!({ "message": "insufficient permissions", "type": "permissions_denied" }).to_string(),
            );
        }
        let mut stages = stages.lock().unwrap();
        if heard.method == "GET" {
            assert_eq!(heard.path, "/edge-services/v1beta1/pipelines/P1/cache-stages");
            return (200, String::new(), json!({ "stages": *stages, "total_count": 1 }).to_string());
        }
        let id = heard.path.strip_prefix("/edge-services/v1beta1/cache-stages/").unwrap();
        let stage = stages.as_array_mut().unwrap().iter_mut().find(|it| it["id"] == id).unwrap();
        let told: Value = serde_json::from_str(heard.body).unwrap();
        told.as_object().unwrap().iter().for_each(|(name, value)| stage[name] = value.clone());
        (200, String::new(), stage.to_string())
    })));
    let cdn = format!(
        "provider = \"scaleway\"\napi = \"{}\"\npipeline = \"P1\"\ntoken = {{ file = \"token\" }}\nsettings_token = {{ file = \"settings\" }}\n",
        talk.address
    );
    let project = project(&cdn);
    (talk, project)
}

#[test]
fn scaleways_stage_gets_what_differs_and_keeps_where_it_leads() {
    let stage = json!({ "id": "c-1", "fallback_ttl": "3600s", "include_cookies": false, "backend_stage_id": "b-1" });
    let stages = Arc::new(Mutex::new(json!([stage])));
    let (_talk, project) = scaleway(&stages);
    let applied = project.done(&["cdn", "apply", "p"]);
    assert_eq!(names(&applied), ["cache-stage c-1 include_cookies", "cache-stage c-1 fallback_ttl"]);
    assert_eq!(names(&project.done(&["cdn", "plan", "p"])), Vec::<&str>::new());
    let want = json!([{ "id": "c-1", "fallback_ttl": "60s", "include_cookies": true, "backend_stage_id": "b-1" }]);
    assert_eq!(*stages.lock().unwrap(), want);
    // Somebody at the console.
    stages.lock().unwrap()[0]["include_cookies"] = json!(false);
    assert_eq!(names(&project.done(&["cdn", "plan", "p"])), ["cache-stage c-1 include_cookies"]);
    *stages.lock().unwrap() = json!([]);
    let said = project.run(&["cdn", "plan", "p"]);
    assert!(
        said.exit == 4 && said.result()["message"].as_str().unwrap().contains("no cache stage"),
        "{}",
        said.result()
    );
}
