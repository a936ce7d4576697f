//! Stores against a real S3 server: moto with signatures checked. The contract, a deploy from end to end, the doctor, refusals.

use crate::project::Project;
use crate::server::Server;
use landing::model::{Access, Credentials, Key, StoreUrl, Vendor};
use landing::store::Store;
use serde_json::{Value, json};
use std::path::Path;
use std::process::{Command, Stdio};

/// Server, access key, secret key. Every test has a server of its own.
pub(crate) struct Moto {
    pub(crate) server: Server,
    pub(crate) id: String,
    pub(crate) secret: String,
}

impl Moto {
    /// Four requests may come without a signature: a user, its key, its policy, a bucket.
    pub(crate) fn start() -> Self {
        Self::trusting(4)
    }

    /// The same with so many requests that need no signature, those four among them.
    pub(crate) fn trusting(requests: u32) -> Self {
        let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/.tools/venv/bin/moto_server");
        assert!(program.exists(), "moto is not installed: run `make tools`");
        let server = Server::start(|port| {
            let mut command = Command::new(&program);
            command
                .args(["-H", "127.0.0.1", "-p", &port.to_string()])
                .env("INITIAL_NO_AUTH_ACTION_COUNT", requests.to_string());
            command.stdout(Stdio::null()).stderr(Stdio::null());
            command
        });
        let all = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;
        let iam = |fields: &[(&str, &str)]| {
            let mut form = url::form_urlencoded::Serializer::new(String::new());
            form.append_pair("Version", "2010-05-08").append_pair("UserName", "deployer").extend_pairs(fields);
            send("POST", &format!("http://127.0.0.1:{}/", server.port), form.finish())
        };
        iam(&[("Action", "CreateUser")]);
        let key = iam(&[("Action", "CreateAccessKey")]);
        iam(&[("Action", "PutUserPolicy"), ("PolicyName", "all"), ("PolicyDocument", all)]);
        send("PUT", &format!("http://127.0.0.1:{}/campagne", server.port), String::new());
        let field = |name: &str| {
            let (_, rest) = key.split_once(&format!("<{name}>")).unwrap_or_else(|| panic!("no {name} in {key}"));
            rest.split_once('<').expect("XML").0.to_owned()
        };
        Self { id: field("AccessKeyId"), secret: field("SecretAccessKey"), server }
    }

    pub(crate) fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.server.port)
    }

    /// Opens a bucket with keys that stand in a file.
    pub(crate) fn open(&self, root: &Path, bucket: &str, secret: &str) -> Store {
        self.open_below(root, bucket, secret, "www")
    }

    /// The same below another prefix.
    pub(crate) fn open_below(&self, root: &Path, bucket: &str, secret: &str, prefix: &str) -> Store {
        connect(root, &self.endpoint(), (&self.id, secret), (bucket, prefix))
    }

    /// A project whose environment `local` is in the bucket.
    pub(crate) fn project(&self, bucket: &str, secret: &str) -> Project {
        project_in(&self.endpoint(), (&self.id, secret), bucket)
    }
}

/// Opens a bucket below a prefix, with keys that stand in a file.
pub(crate) fn connect(
    root: &Path,
    endpoint: &str,
    (id, secret): (&str, &str),
    (bucket, prefix): (&str, &str),
) -> Store {
    let file = format!("[default]\naws_access_key_id = {id}\naws_secret_access_key = {secret}\n");
    std::fs::write(root.join("keys"), file).expect("the folder can be written");
    let access = Access {
        endpoint: Some(endpoint.to_owned()),
        region: Some("us-east-1".to_owned()),
        credentials: Some(Credentials::File("keys".to_owned())),
        timeout: Some(10),
        ..Access::default()
    };
    let store = StoreUrl::Cloud { vendor: Vendor::S3, bucket: bucket.to_owned(), prefix: prefix.to_owned() };
    Store::connect(root, &store, &access).expect("it opens")
}

/// A project whose environment `local` is in a bucket.
pub(crate) fn project_in(endpoint: &str, (id, secret): (&str, &str), bucket: &str) -> Project {
    let project = Project::new();
    let keys = json!({ "Version": 1, "AccessKeyId": id, "SecretAccessKey": secret });
    project.write("keys.json", &keys.to_string());
    let config = project.read("site/landing.toml");
    let store = format!(
        "store = \"s3://{bucket}/www\"\nendpoint = \"{endpoint}\"\nregion = \"us-east-1\"\ncredentials = {{ file = \"keys.json\" }}\ntimeout = 5\n"
    );
    project.write("site/landing.toml", &(config + &store));
    project
}

/// A request with a signature that nobody checks yet; it says which service is meant.
fn send(method: &str, url: &str, body: String) -> String {
    let service = if method == "PUT" { "s3" } else { "iam" };
    let scope = format!("AWS4-HMAC-SHA256 Credential=nobody/20260101/us-east-1/{service}/aws4_request");
    let _ = rustls::crypto::ring::default_provider().install_default();
    wait(async {
        let client = reqwest::Client::builder().no_proxy().build().expect("a client");
        let method = reqwest::Method::from_bytes(method.as_bytes()).expect("a method");
        let request = client.request(method, url).header("authorization", scope).body(body);
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        let answer = request.send().await.expect("moto answers");
        let status = answer.status();
        let text = answer.text().await.expect("a text");
        assert!(status.is_success(), "{status}: {text}");
        text
    })
}

pub(crate) fn wait<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(work)
}

/// What an address answers.
pub(crate) fn fetch(url: &str) -> String {
    let _ = rustls::crypto::ring::default_provider().install_default();
    wait(async {
        let client = reqwest::Client::builder().no_proxy().build().expect("a client");
        client.get(url).send().await.expect("an answer").text().await.expect("a text")
    })
}

pub(crate) fn key(raw: &str) -> Key {
    Key::parse(raw).expect("a key")
}

#[test]
fn a_bucket_keeps_the_contract_that_a_folder_keeps() {
    let (moto, root) = (Moto::start(), tempfile::tempdir().expect("a folder"));
    for (number, (sentence, clause)) in crate::contract::ALL.iter().chain(crate::contract::MARKS).enumerate() {
        let store = moto.open_below(root.path(), "campagne", &moto.secret, &format!("{number}-{sentence}"));
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(4).enable_all().build();
        runtime.expect("a runtime").block_on(clause(store));
    }
}

#[test]
fn labels_stand_in_the_bucket() {
    let moto = Moto::trusting(1_000);
    let project = moto.project("campagne", &moto.secret);
    let labels =
        "objects = { documents = { metadata = { team = \"campaign\" }, tags = { \"cost center\" = \"4:2\" } } }\n";
    project.write("site/landing.toml", &(project.read("site/landing.toml") + labels));
    assert_eq!(project.done(&["deploy"])["verified"], true);
    assert_eq!(project.done(&["deploy"])["store_requests"], 1);
    let page = format!("{}/campagne/www/index.html", moto.endpoint());
    let _ = rustls::crypto::ring::default_provider().install_default();
    let asked = |url: String| {
        wait(async {
            let client = reqwest::Client::builder().no_proxy().build().expect("a client");
            let scope = "AWS4-HMAC-SHA256 Credential=nobody/20260101/us-east-1/s3/aws4_request";
            let answer = client.get(url).header("authorization", scope).send().await.expect("an answer");
            (answer.headers().clone(), answer.text().await.expect("a text"))
        })
    };
    let (_, tags) = asked(format!("{page}?tagging"));
    assert!(tags.contains("<Key>cost center</Key>") && tags.contains("<Value>4:2</Value>"), "{tags}");
    let (fields, _) = asked(page);
    let field = |name: &str| fields.get(name).and_then(|it| it.to_str().ok()).unwrap_or_default().to_owned();
    assert_eq!(
        (field("x-amz-meta-team"), field("x-amz-meta-landing-labels")),
        ("campaign".to_owned(), "team".to_owned())
    );
    // Another label makes no page another one.
    project.replace("site/landing.toml", "\"campaign\"", "\"press\"");
    let quiet = project.done(&["deploy", "--repair"]);
    assert_eq!((&quiet["store_writes"], &quiet["documents"]), (&json!(0), &json!([])), "{quiet}");
    let policy = project.done(&["doctor"])["policy"].to_string();
    assert!(policy.contains("s3:PutObjectTagging"), "{policy}");
}

#[test]
fn a_site_goes_to_a_bucket_and_is_proven() {
    let moto = Moto::start();
    let project = moto.project("campagne", &moto.secret);
    let first = project.done(&["deploy"]);
    assert_eq!((&first["verified"], &first["previous"]), (&json!(true), &Value::Null));
    let again = project.done(&["deploy"]);
    assert_eq!((&again["store_requests"], &again["store_writes"]), (&json!(1), &json!(0)));
    project.replace("site/index.md", "caf\u{e9}", "th\u{e9}");
    let changed = project.done(&["deploy"]);
    assert_eq!((&changed["documents"], &changed["verified"]), (&json!(["index.html"]), &json!(true)));
    assert!(changed["store_requests"].as_u64().is_some_and(|asked| asked <= 10), "{changed}");
    assert_eq!(project.done(&["verify"])["verdict"], "pass");
}

#[test]
fn the_doctor_says_what_a_bucket_does() {
    let moto = Moto::start();
    let project = moto.project("campagne", &moto.secret);
    for _ in 0..2 {
        let said = project.done(&["doctor"]);
        assert_eq!((&said["verdict"], &said["conditional_writes"]), (&json!("pass"), &json!(true)), "{said:#}");
        let found = said["findings"].as_array().expect("findings");
        let passed = found.iter().filter(|it| it["verdict"] == "pass").map(|it| &it["check"]).collect::<Vec<_>>();
        let expected = ["permissions", "conditional-create", "compare-and-swap", "header-fields", "listing", "clock"];
        assert_eq!(passed, expected);
        assert_eq!(said["policy"]["Statement"][0]["Resource"], "arn:aws:s3:::campagne/www/*");
    }
}

/// A deploy that cannot work: exit code, code, message and hint, and no secret anywhere.
#[track_caller]
fn refused(project: &Project, secret: &str, message: &str, hint: &str) {
    let output = project.command(&["deploy", "--json"]).output().expect("it runs");
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let said: Value = serde_json::from_str(out.lines().last().expect("a last line")).expect("JSON");
    assert_eq!((output.status.code(), &said["code"]), (Some(4), &json!("store-refused")), "{said:#}");
    let told = |key: &str, part: &str| said[key].as_str().is_some_and(|text| text.contains(part));
    assert!(told("message", message) && told("hint", hint), "{said:#}");
    assert!(!out.contains(secret) && !err.contains(secret), "the secret was printed: {out}{err}");
}

#[test]
fn a_bucket_that_is_not_there_is_named_with_the_remedy() {
    let moto = Moto::start();
    refused(&moto.project("nobody", &moto.secret), &moto.secret, "NoSuchBucket", "does not exist: create it");
}

#[test]
fn a_wrong_secret_is_named_and_never_repeated() {
    let moto = Moto::start();
    let wrong = "wJalrXUtnFEMI/wrong/bPxRfiCYEXAMPLEKEY";
    refused(&moto.project("campagne", wrong), wrong, "SignatureDoesNotMatch", "the credentials are wrong");
}

#[test]
fn an_advice_is_given_when_there_are_no_credentials() {
    let moto = Moto::start();
    let project = moto.project("campagne", &moto.secret);
    project.replace("site/landing.toml", "{ file = \"keys.json\" }", "{ env_prefix = \"LANDING_NOBODY\" }");
    let said = project.run(&["plan"]);
    assert_eq!((said.exit, &said.result()["code"]), (2, &json!("missing-key")));
    let message = said.result()["message"].as_str().expect("a message");
    assert!(message.contains("`LANDING_NOBODY_ACCESS_KEY_ID`"), "{message}");
}

#[test]
fn a_plan_names_the_fields_that_a_bucket_does_not_send() {
    let moto = Moto::start();
    let project = moto.project("campagne", &moto.secret);
    let config = project.read("site/landing.toml").replace("[env.local]", "[env.bucket]");
    project.write("site/landing.toml", &config);
    let plan = project.done(&["plan", "bucket"]);
    let warnings = plan["warnings"].to_string();
    assert!(warnings.contains("does not send") && warnings.contains("x-content-type-options"), "{warnings}");
}
