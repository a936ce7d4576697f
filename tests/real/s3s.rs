//! Stores against a second real S3 server, the crate `s3s-fs`: signatures checked, and what moto does not look at, the digest of
//! every body. The contract, a deploy from end to end, the doctor, and bodies that are damaged on the way.
//!
//! It answers a read with a condition that does not hold with the whole object, lists no marks, and looks at the condition of a write
//! before it reads the body, with nothing in between to keep others out (s3s-fs 0.14.1, `put_object`): no races here, as over moto.

use crate::project::Project;
use crate::server::Server;
use crate::stores::{connect, key, project_in, wait};
use landing::store::{Condition, Store, StoreError};
use serde_json::json;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

const ID: &str = "AKIDLANDINGDEPLOYER0";
const SECRET: &str = "bGFuZGluZyBpcyBub3QgYSBzZWNyZXQgcGxhY2U/";

/// The server over a folder of its own, in which a bucket is a folder.
struct Plain {
    server: Server,
    folder: tempfile::TempDir,
}

impl Plain {
    fn start() -> Self {
        let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/.tools/s3s/bin/s3s-fs");
        assert!(program.exists(), "s3s-fs is not installed: run `make tools`");
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::create_dir(folder.path().join("campagne")).expect("a bucket");
        let server = Server::start(|port| {
            let mut command = Command::new(&program);
            command.args(["--host", "127.0.0.1", "--port", &port.to_string()]);
            command.args(["--access-key", ID, "--secret-key", SECRET]).arg(folder.path());
            command.stdout(Stdio::null()).stderr(Stdio::null());
            command
        });
        Self { server, folder }
    }

    fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.server.port)
    }
}

fn opened(root: &Path, endpoint: &str, prefix: &str) -> Store {
    connect(root, endpoint, (ID, SECRET), ("campagne", prefix))
}

fn project_at(endpoint: &str, secret: &str) -> Project {
    project_in(endpoint, (ID, secret), "campagne")
}

#[test]
fn it_keeps_the_contract_as_well() {
    let (plain, root) = (Plain::start(), tempfile::tempdir().expect("a folder"));
    for (number, (sentence, clause)) in crate::contract::ALL.iter().enumerate() {
        let store = opened(root.path(), &plain.endpoint(), &format!("{number}-{sentence}"));
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(4).enable_all().build();
        runtime.expect("a runtime").block_on(clause(store));
    }
}

#[test]
fn a_site_goes_there_is_changed_and_comes_back() {
    let plain = Plain::start();
    let project = project_at(&plain.endpoint(), SECRET);
    let first = project.done(&["deploy"]);
    assert_eq!(first["verified"], true, "{first}");
    let again = project.done(&["deploy"]);
    assert_eq!((&again["store_requests"], &again["store_writes"]), (&json!(1), &json!(0)));
    project.replace("site/index.md", "caf\u{e9}", "th\u{e9}");
    let changed = project.done(&["deploy"]);
    assert_eq!((&changed["documents"], &changed["verified"]), (&json!(["index.html"]), &json!(true)));
    // Its listings have no marks: each of the other pages is read.
    let pages = first["documents"].as_array().map_or(0, Vec::len) as u64;
    assert!(changed["store_requests"].as_u64().is_some_and(|asked| asked <= 10 + pages), "{changed}");
    let back = project.done(&["rollback", "local"]);
    assert_eq!((&back["release"], &back["verified"]), (&first["release"], &json!(true)));
    assert_eq!(project.done(&["verify"])["verdict"], "pass");
    let said = project.done(&["doctor"]);
    assert_eq!((&said["verdict"], &said["conditional_writes"]), (&json!("pass"), &json!(true)), "{said:#}");
    let listing = said["findings"].as_array().and_then(|all| all.iter().find(|it| it["check"] == "listing"));
    assert!(listing.is_some_and(|it| it["verdict"] == "warn"), "{said:#}");
}

#[test]
fn it_refuses_a_wrong_secret() {
    let plain = Plain::start();
    let wrong = "wJalrXUtnFEMI/wrong/bPxRfiCYEXAMPLEKEY";
    let said = project_at(&plain.endpoint(), wrong).run(&["deploy"]);
    assert_eq!((said.exit, &said.result()["code"]), (4, &json!("store-refused")), "{}", said.result());
    let told = said.result().to_string();
    assert!(told.contains("SignatureDoesNotMatch") && !told.contains(wrong), "{told}");
}

/// A line on which one word arrives as another one of the same length, while it is `bad`.
pub(crate) struct BadLine {
    pub(crate) endpoint: String,
    pub(crate) port: u16,
    bad: Arc<AtomicBool>,
    damaged: Arc<AtomicUsize>,
}

impl BadLine {
    pub(crate) fn before(to: u16, (word, other): (&'static str, &'static str)) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("it is bound").port();
        let endpoint = format!("http://127.0.0.1:{port}");
        let (bad, damaged) = (Arc::new(AtomicBool::new(true)), Arc::new(AtomicUsize::new(0)));
        let (mood, count) = (Arc::clone(&bad), Arc::clone(&damaged));
        // It ends with the test's process; nothing listens to it before.
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let (mood, count) = (Arc::clone(&mood), Arc::clone(&count));
                std::thread::spawn(move || carry(client, to, (word, other), &mood, &count));
            }
        });
        Self { endpoint, port, bad, damaged }
    }
}

fn carry(mut client: TcpStream, to: u16, (word, other): (&str, &str), bad: &AtomicBool, damaged: &AtomicUsize) {
    let Ok(mut server) = TcpStream::connect(("127.0.0.1", to)) else { return };
    let (Ok(mut answers), Ok(mut back)) = (server.try_clone(), client.try_clone()) else { return };
    std::thread::spawn(move || {
        let _ = std::io::copy(&mut answers, &mut back);
        let _ = back.shutdown(std::net::Shutdown::Both);
    });
    let mut part = vec![0; 64 * 1024];
    while let Ok(read @ 1..) = client.read(&mut part) {
        let part = &mut part[..read];
        let found = part.windows(word.len()).position(|it| it == word.as_bytes());
        if let Some(at) = found.filter(|_| bad.load(Ordering::SeqCst)) {
            part[at..at + word.len()].copy_from_slice(other.as_bytes());
            damaged.fetch_add(1, Ordering::SeqCst);
        }
        if server.write_all(part).is_err() {
            break;
        }
    }
    let _ = server.shutdown(std::net::Shutdown::Both);
}

#[test]
fn a_body_that_is_damaged_on_the_way_is_refused() {
    let (plain, root) = (Plain::start(), tempfile::tempdir().expect("a folder"));
    let line = BadLine::before(plain.server.port, ("hundred", "hungred"));
    let store = opened(root.path(), &line.endpoint, "www");
    let object = crate::contract::object("one hundred");
    let put = |name: &str| wait(store.put(&key(name), &object, Condition::Absent));
    let refused = put("a").expect_err("another body arrived than was sent");
    // It says 500 where Amazon says 400, `XAmzContentSHA256Mismatch`, and keeps nothing of it.
    assert!(matches!(&refused, StoreError::Unanswered(why) if why.starts_with("500 ")), "{refused:?}");
    assert!(!plain.folder.path().join("campagne/www/a").exists());
    assert_eq!(line.damaged.load(Ordering::SeqCst), 1);
    line.bad.store(false, Ordering::SeqCst);
    put("b").expect("the line is good again");
}

#[test]
fn a_deploy_over_a_bad_line_changes_nothing_public_and_the_next_one_brings_it_whole() {
    let plain = Plain::start();
    let line = BadLine::before(plain.server.port, ("</html>", "</htmI>"));
    let project = project_at(&line.endpoint, SECRET);
    let said = project.run(&["deploy"]);
    assert_eq!((said.exit, &said.result()["code"]), (4, &json!("store-unreachable")), "{}", said.result());
    assert!(line.damaged.load(Ordering::SeqCst) > 0);
    let public = |name: &str| plain.folder.path().join("campagne/www").join(name).exists();
    assert!(!public("index.html") && !public(".landing/head"));
    line.bad.store(false, Ordering::SeqCst);
    let done = project.done(&["deploy"]);
    assert_eq!(done["verified"], true, "{done}");
    project.replace("site/index.md", "caf\u{e9}", "th\u{e9}");
    project.done(&["deploy"]);
    // Every copy of a page that a rollback needs is whole.
    assert_eq!(project.done(&["rollback", "local"])["verified"], true);
}
