//! What goes wrong with a store, one diagnostic for each: exit code, cause, remedy, nothing lost, and no secret in any of it.

use crate::project::{Project, Said, command, said};
use crate::strict_s3::{Bucket, Temper};
use serde_json::json;
use std::path::Path;
use std::process::Command;

const ID: &str = "AKIDEXAMPLE";
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
const SESSION: &str = "AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQW";
const PURGE: &str = "ed9e-t0ken-0f-the-edge";

/// A project whose environment `local` is in that bucket.
fn project(bucket: &Bucket) -> Project {
    let project = Project::new();
    let store = format!(
        "store = \"s3://campagne/www\"\nendpoint = \"{}\"\nregion = \"us-east-1\"\ncredentials = {{ env_prefix = \"TEST\" }}\ntimeout = 5\n",
        bucket.endpoint
    );
    project.write("site/landing.toml", &(project.read("site/landing.toml") + &store));
    project
}

fn with_secrets(mut command: Command) -> Command {
    command.env("TEST_ACCESS_KEY_ID", ID).env("TEST_SECRET_ACCESS_KEY", SECRET).env("TEST_SESSION_TOKEN", SESSION);
    command.env("TEST_PURGE", PURGE).env("RUST_BACKTRACE", "full").env("RUST_LOG", "trace");
    command
}

#[track_caller]
fn refused(said: &Said, exit: i32, code: &str, message: &str, hint: &str) {
    let result = said.result();
    assert_eq!((said.exit, &result["code"]), (exit, &json!(code)), "{result:#}");
    let told = |key: &str, part: &str| result[key].as_str().is_some_and(|text| text.contains(part));
    assert!(told("message", message) && told("hint", hint), "{result:#}");
    let errors = said.events.iter().filter(|event| event["event"] == "error").count();
    assert_eq!(errors, 1, "one diagnostic: {:#?}", said.events);
}

#[test]
fn every_refusal_of_a_bucket_is_named_with_its_remedy() {
    let bucket = Bucket::start(Temper::Expired);
    let project = project(&bucket);
    for (temper, message, hint) in [
        (Temper::Expired, "ExpiredToken", "have expired: fetch new ones"),
        (Temper::AnHourAhead, "RequestTimeTooSkewed", "the clock of this machine is wrong"),
        (Temper::Elsewhere, "expecting 'eu-west-3'", "another region: set `region`"),
        (Temper::NoBucket, "NoSuchBucket", "the bucket does not exist"),
        (Temper::ReadOnly, "AccessDenied", "`landing doctor ENV` prints the policy"),
        (Temper::Full, "QuotaExceeded", "the store is full, or has a quota"),
    ] {
        *bucket.temper.lock().unwrap() = temper;
        let output = with_secrets(project.command(&["deploy", "--json"])).output().unwrap();
        refused(&said(&output), 4, "store-refused", message, hint);
        let doctor = said(&with_secrets(project.command(&["doctor", "--json"])).output().unwrap());
        assert_eq!((doctor.exit, &doctor.result()["verdict"]), (4, &json!("fail")), "{temper:?}");
        let first = &doctor.result()["findings"][0];
        assert!(first["remedy"].as_str().unwrap().contains(hint), "{temper:?}: {first}");
    }
    // A refusal is final: it is not asked again, and the same command works when what was wrong is mended.
    let nobody = project.run(&["plan"]);
    refused(&nobody, 2, "missing-key", "`TEST_ACCESS_KEY_ID`", "set them");
}

#[test]
fn no_command_that_fails_repeats_a_secret_anywhere() {
    let bucket = Bucket::start(Temper::Gossip);
    let project = project(&bucket);
    let mirror = format!(
        "[[env.local.cdn]]\nprovider = \"edge\"\napi = \"{0}\"\ntoken = {{ env = \"TEST_PURGE\" }}\n\
         [[env.local.mirrors]]\nstore = \"s3://copie\"\nendpoint = \"{0}\"\ncredentials = {{ env_prefix = \"TEST\" }}\n\
         [env.folder]\nurl = \"{0}\"\nstore = \"dir:folder\"\n[[env.folder.cdn]]\nprovider = \"edge\"\napi = \"{0}\"\ntoken = {{ env = \"TEST_PURGE\" }}\n\
         [[env.folder.mirrors]]\nstore = \"s3://copie\"\nendpoint = \"{0}\"\ncredentials = {{ command = [\"./print-keys\"] }}\n",
        bucket.endpoint
    );
    project.write("site/landing.toml", &(project.read("site/landing.toml") + &mirror));
    let script = format!(
        "#!/bin/sh\necho '{{\"Version\":1,\"AccessKeyId\":\"{ID}\",\"SecretAccessKey\":\"{SECRET}\",\"SessionToken\":\"{SESSION}\"}}'\n"
    );
    project.write("print-keys", &script);
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(project.path("print-keys"), mode).unwrap();
    let commands: &[&[&str]] = &[
        &["deploy"],
        &["deploy", "--repair"],
        &["deploy", "--adopt"],
        &["plan"],
        &["verify"],
        &["doctor"],
        &["releases"],
        &["log"],
        &["rollback", "local"],
        &["mode", "local", "degraded"],
        &["freeze", "local", "--until", "1h", "--reason", "x"],
        &["thaw", "local"],
        &["purge", "local", "--pending"],
        &["purge", "local", "--everything"],
        &["gc", "local", "--delete"],
        &["deploy", "folder"],
        &["verify", "folder"],
        &["doctor", "folder"],
        &["purge", "folder", "--everything"],
    ];
    let mut failed = 0;
    for temper in [Temper::Gossip, Temper::Expired] {
        *bucket.temper.lock().unwrap() = temper;
        for command in commands {
            for json in [&["--json"][..], &[]] {
                let output = with_secrets(project.command(&[command, json].concat())).output().unwrap();
                failed += usize::from(!output.status.success());
                assert_ne!(output.status.code(), Some(101), "{command:?} panicked");
                for said in [&output.stdout, &output.stderr] {
                    clean(&String::from_utf8_lossy(said), &format!("{command:?} {json:?}, {temper:?}"));
                }
            }
        }
    }
    assert!(failed > 60, "only {failed} commands failed");
    for entry in walkdir::WalkDir::new(project.path("")).into_iter().map(Result::unwrap) {
        if entry.file_type().is_file() && entry.file_name() != "print-keys" {
            clean(&String::from_utf8_lossy(&std::fs::read(entry.path()).unwrap()), &entry.path().display().to_string());
        }
    }
}

#[track_caller]
fn clean(text: &str, place: &str) {
    for secret in [SECRET, SESSION, PURGE] {
        // A part is as bad as the whole.
        for part in [&secret[..12], &secret[secret.len() - 12..]] {
            assert!(!text.contains(part), "{place} repeats a secret: {text}");
        }
    }
}

#[test]
fn a_public_address_that_answers_control_objects_fails_the_doctor() {
    use std::io::{Read as _, Write as _};
    for (status, verdict) in [(200, "fail"), (404, "pass")] {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let project = Project::new();
        let open = format!("[env.open]\nurl = \"http://{}\"\nstore = \"dir:open\"\n", listener.local_addr().unwrap());
        project.write("site/landing.toml", &(project.read("site/landing.toml") + &open));
        let server = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = [0; 4096];
            let read = stream.read(&mut request).unwrap();
            write!(stream, "HTTP/1.1 {status} X\r\nconnection: close\r\ncontent-length: 2\r\n\r\nno").unwrap();
            String::from_utf8_lossy(&request[..read]).into_owned()
        });
        let said = project.run(&["doctor", "open"]);
        let asked = server.join().unwrap();
        assert!(asked.starts_with("GET /.landing/probe "), "{asked}");
        let findings = said.result()["findings"].as_array().unwrap();
        let found = findings.iter().find(|it| it["check"] == "control-objects").unwrap();
        assert_eq!((&found["verdict"], said.exit == 4), (&json!(verdict), verdict == "fail"), "{:#}", said.result());
    }
}

/// What a panic shows is what `Debug` shows.
#[test]
fn a_panic_with_a_store_in_its_hands_shows_no_secret() {
    let root = tempfile::tempdir().unwrap();
    std::fs::write(
        root.path().join("keys"),
        format!("[default]\naws_access_key_id={ID}\naws_secret_access_key={SECRET}\naws_session_token={SESSION}\n"),
    )
    .unwrap();
    let access = landing::model::Access {
        credentials: Some(landing::model::Credentials::File("keys".to_owned())),
        ..landing::model::Access::default()
    };
    let url = landing::model::StoreUrl::Cloud {
        vendor: landing::model::Vendor::S3,
        bucket: "b".to_owned(),
        prefix: String::new(),
    };
    let store = landing::store::Store::connect(root.path(), &url, &access).unwrap();
    let token = landing::shell::Token::new(PURGE).unwrap();
    clean(&format!("{store:?} {access:?} {token:?}"), "Debug");
}

#[test]
fn a_folder_that_may_not_be_written_is_a_refusal_and_what_is_live_stays() {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
    use std::os::unix::process::CommandExt as _;
    let project = Project::new();
    let live = project.done(&["deploy"]);
    let page = project.read(".landing/local/index.html");
    project.replace("site/index.md", "caf\u{e9}", "th\u{e9}");
    let mut run = project.command(&["deploy", "--json"]);
    let root = std::fs::metadata("/proc/self").unwrap().uid() == 0;
    // Permissions do not bind root: everything but the store is given to nobody, who deploys with a copy of the program.
    if root {
        let binary = project.path("landing-copy");
        std::fs::copy(env!("CARGO_BIN_EXE_landing"), &binary).unwrap();
        for entry in walkdir::WalkDir::new(project.path("")).into_iter().map(Result::unwrap) {
            if !entry.path().starts_with(project.path(".landing/local")) {
                chown(entry.path(), Some(65_534), Some(65_534)).unwrap();
            }
        }
        std::fs::set_permissions(project.path(""), std::fs::Permissions::from_mode(0o755)).unwrap();
        run = Command::new(binary);
        run.args(["deploy", "--json"]).current_dir(project.path("")).env("HOME", project.path("")).uid(65_534);
    } else {
        for folder in walkdir::WalkDir::new(project.path(".landing/local")).into_iter().map(Result::unwrap) {
            if folder.file_type().is_dir() {
                std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o555)).unwrap();
            }
        }
    }
    refused(&said(&run.output().unwrap()), 4, "store-refused", "Permission denied", "this user may write to it");
    assert_eq!(project.read(".landing/local/index.html"), page);
    assert!(project.read(".landing/local/.landing/head").contains(live["release"].as_str().unwrap()));
}

#[test]
fn a_full_disk_is_a_refusal_and_the_next_deploy_goes_on() {
    let project = Project::new();
    project.write("made/index.html", "<!doctype html><title>x</title><link rel=stylesheet href=/big.css><p>caf\u{e9}");
    project.write("made/big.css", &"a{color:red}\n".repeat(10_000));
    project.done(&["fingerprint", "made", "-o", "public"]);
    // The same system call fails as on a full disk, and no right to mount one is needed.
    let mut full = Command::new("sh");
    full.args([
        "-c",
        "trap '' XFSZ; ulimit -f 32; exec \"$0\" deploy --from public --json",
        env!("CARGO_BIN_EXE_landing"),
    ]);
    full.current_dir(project.path("")).stdin(std::process::Stdio::null());
    let said = said(&full.output().unwrap());
    refused(&said, 4, "store-refused", "File too large", "make room");
    assert!(!project.path(".landing/local/index.html").exists(), "nothing public has changed");
    assert_eq!(project.done(&["deploy", "--from", "public"])["verified"], true);
}

#[test]
fn a_manifest_that_was_tampered_with_and_a_head_that_is_not_json_are_named_and_nothing_is_lost() {
    let project = Project::new();
    let live = project.done(&["deploy"]);
    let page = project.read(".landing/local/index.html");
    let manifest = format!(".landing/local/.landing/releases/{}", live["release"].as_str().unwrap());
    let (whole, head) = (project.read(&manifest), project.read(".landing/local/.landing/head"));
    let forget = || std::fs::remove_dir_all(project.path(".landing/state")).unwrap();

    project.write(&manifest, &whole.replace("index.html", "owned.html"));
    project.replace("site/index.md", "caf\u{e9}", "th\u{e9}");
    for command in [&["deploy"][..], &["plan"], &["rollback", "local", live["release"].as_str().unwrap()], &["verify"]]
    {
        forget();
        refused(&project.run(command), 4, "bad-control", "is not what its name says", "`landing deploy --adopt`");
    }
    assert_eq!(project.read(".landing/local/index.html"), page);
    project.write(&manifest, &whole);

    for broken in ["{\"format\":", "<html>login</html>", ""] {
        let (fields, body) = head.split_once("{\n").unwrap();
        assert!(body.contains("\"seq\""), "{head}");
        project.write(".landing/local/.landing/head", &format!("{fields}{broken}"));
        for command in [
            &["deploy"][..],
            &["releases"],
            &["mode", "local", "degraded"],
            &["freeze", "local", "--until", "1h", "--reason", "x"],
        ] {
            refused(&project.run(command), 4, "bad-control", "the head in the store cannot be read", "`.landing/head`");
        }
        assert_eq!(project.read(".landing/local/index.html"), page);
    }
    project.write(".landing/local/.landing/head", &head);
    assert_eq!(project.done(&["deploy"])["documents"], json!(["index.html"]));
    // A copy of the project on another machine sees the same.
    let other = project.clone_of("other");
    let store = format!("store = \"dir:{}\"\n", project.path(".landing/local").display());
    let config = std::fs::read_to_string(other.join("site/landing.toml")).unwrap() + &store;
    std::fs::write(other.join("site/landing.toml"), config).unwrap();
    assert_eq!(releases(&other)["release"], project.done(&["releases"])["release"]);
}

fn releases(folder: &Path) -> serde_json::Value {
    said(&command(folder, &["releases", "--json"]).output().unwrap()).result().clone()
}
