//! Our messages beside those of the vendors' own clients (Azure, Cloudflare, Fastly, Gcore, Scaleway), and against the discovery document of
//! Google's Compute API.

use landing::cdn::{self, Account, Call, Next, Reply, Request, Rights};
use landing::model::{Purge, UrlPath, Widen};
use serde_json::{Value, json};
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

/// What a script with the vendors' own packages says to a question.
pub(crate) fn asked(script: &str, question: &Value) -> Value {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let python = root.join("tests/.tools/venv/bin/python");
    assert!(python.exists(), "the vendors' packages are not installed: run `make tools`");
    let mut child = Command::new(python)
        .arg(root.join("tests/real").join(script))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python starts");
    child.stdin.take().expect("it was piped").write_all(question.to_string().as_bytes()).expect("it reads");
    let output = child.wait_with_output().expect("it ends");
    serde_json::from_slice(&output.stdout).expect("it answers in JSON")
}

/// Everything that can be purged by.
fn purges() -> Vec<Purge> {
    let path = |path: &str| UrlPath::parse(path).expect("a path");
    let urls = Purge { urls: ["/", "/a&b<c>", "/caf\u{e9}", "/a*"].map(path).into(), ..Purge::default() };
    let tags = Purge { tags: ["error".to_owned(), "redirect".to_owned()].into(), ..Purge::default() };
    let prefixes = Purge { prefixes: [path("/news/")].into(), ..Purge::default() };
    vec![urls, tags, prefixes, Purge { everything: true, ..Purge::default() }]
}

fn calls(id: &str, account: &Account) -> Vec<(Call, Vec<Request>)> {
    let cdn = cdn::find(id).expect("it is in the list");
    let plans = purges().into_iter().map(|purge| cdn::plan(cdn, account, &purge, Widen::Never));
    let with = |call: Call| (call.clone(), cdn.requests(account, &call, jiff::Timestamp::UNIX_EPOCH));
    plans.flat_map(|plan| plan.calls).map(with).collect()
}

fn requests(id: &str, account: &Account) -> Vec<Request> {
    calls(id, account).into_iter().flat_map(|(_, requests)| requests).collect()
}

fn google() -> Vec<Request> {
    let account = Account::at("https://www.example.fr").with("project", &["campagne-1"]).with("url_map", &["www"]);
    let mut all = requests("google", &account);
    let running =
        Reply { status: 200, body: r#"{"name":"operation-1","status":"RUNNING"}"#.to_owned(), ..Reply::default() };
    let cdn = cdn::find("google").expect("it is in the list");
    let Ok(Next::Poll(poll)) = cdn.read(&account, &all[0], &running) else { panic!("it is followed") };
    all.push(*poll);
    let Rights::Ask(rights) = cdn.rights(&account) else { panic!("everybody is told") };
    all.push(*rights);
    all
}

fn shown(request: &Request) -> Value {
    json!({ "method": request.method, "url": request.url, "body": request.body })
}

#[test]
fn google_and_azure_are_asked_as_their_own_descriptions_say() {
    let account = ["subscription", "resource_group", "profile", "endpoint"]
        .iter()
        .fold(Account::at("https://www.example.fr"), |account, key| account.with(key, &["s-1"]))
        .with("hosts", &["example.fr"]);
    let azure = requests("azure", &account);
    let paths: Vec<Value> = azure.iter().map(|it| serde_json::from_str::<Value>(&it.body).expect("JSON")).collect();
    assert_eq!(
        paths.iter().map(|it| it["contentPaths"].clone()).collect::<Vec<_>>(),
        [json!(["/", "/a&b%3Cc%3E", "/a%2A", "/caf%C3%A9"]), json!(["/news/*"]), json!(["/*"])]
    );
    let google = google();
    // The same with mistakes, all of which must be seen.
    let broken = [
        ("path", google[0].body.replace("\"path\"", "\"paths\""), google[0].url.clone()),
        ("type", google[0].body.replace("\"/\"", "1"), google[0].url.clone()),
        ("parameter", google[0].body.clone(), google[0].url.replace("requestId", "request_id")),
        ("map", google[0].body.clone(), google[0].url.replace("/www/", "/W_W/")),
        ("method", google[0].body.clone(), google[0].url.replace("invalidateCache", "invalidate")),
    ]
    .map(|(_, body, url)| json!({ "method": "POST", "url": url, "body": body }));
    let document = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/.tools/venv/compute.v1.json");
    let version = azure[0].url.split_once("api-version=").expect("a version").1;
    let question = json!({
        "document": document,
        "google": google.iter().map(shown).chain(broken.clone()).collect::<Vec<_>>(),
        "azure": {
            "version": version, "subscription": "s-1", "group": "s-1", "profile": "s-1", "endpoint": "s-1",
            "paths": paths[0]["contentPaths"], "domains": ["www.example.fr", "example.fr"],
        },
    });
    let said = asked("vendors.py", &question);
    let complaints = said["google"].as_array().expect("one for each");
    for (request, complaint) in google.iter().zip(complaints) {
        assert_eq!(complaint, &json!([]), "{} {} {}", request.method, request.url, request.body);
    }
    for (request, complaint) in broken.iter().zip(&complaints[google.len()..]) {
        assert_ne!(complaint, &json!([]), "not seen: {request}");
    }
    let theirs = json!({ "method": azure[0].method, "url": azure[0].url, "body": paths[0] });
    assert_eq!(theirs, said["azure"]);
}

#[test]
fn cloudflare_fastly_gcore_and_scaleway_are_asked_as_by_their_own_clients() {
    let site = || Account::at("https://www.example.fr");
    let accounts = [
        ("cloudflare", "z1", site().with("zone", &["z1"]).with("plan", &["enterprise"])),
        ("fastly", "S1", site().with("service", &["S1"])),
        ("gcore", "7", site().with("resource", &["7"]).with("ignore_vary", &["true"])),
        ("scaleway", "p-1", site().with("pipeline", &["p-1"])),
    ];
    let (mut ours, mut questions) = (Vec::new(), Vec::new());
    for (id, place, account) in &accounts {
        let mut selectors = Vec::new();
        for (call, requests) in calls(id, account) {
            let [request] = requests.as_slice() else { panic!("{id}: one request for one call: {requests:?}") };
            let body: Value = serde_json::from_str(&request.body).unwrap_or_default();
            ours.push(json!({ "method": request.method, "url": request.url, "body": body }));
            let (selector, texts) = (call.selector().name(), call.texts());
            questions.push(json!({ "provider": id, "where": place, "selector": selector, "texts": texts }));
            selectors.push(selector);
        }
        let cdn = cdn::find(id).expect("it is in the list");
        for takes in cdn.takes(account).iter().map(|it| it.selector.name()).filter(|name| *name != "host") {
            assert!(selectors.contains(&takes), "{id} is not asked by {takes}");
        }
    }
    let theirs = asked("clients.py", &json!(questions));
    for ((ours, theirs), question) in ours.iter().zip(theirs.as_array().expect("a list")).zip(&questions) {
        assert_eq!(ours, theirs, "{question}");
    }
    assert_eq!(ours.len(), theirs.as_array().map_or(0, Vec::len));
}
