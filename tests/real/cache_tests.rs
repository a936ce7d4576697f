//! The edge's profile `rfc` against the test suite for HTTP caches of cache-tests.fyi (npm `http-cache-tests` 0.4.5).
//!
//! Every required test passes but those named here, each with its reason. A cache that never caches passes 22.

use crate::server::{Server, node, program};
use landing::cache::Profile;
use landing::serve::{EdgeOptions, edge};
use serde_json::Value;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::{Command, Stdio};

/// Required tests that no cache can pass, or that ask for what the RFCs forbid or we refuse.
const NOT_PASSED: &[(&str, &[&str])] = &[
    (
        "the origin ends the connection without an answer, and the test wants the counter that such an answer would carry",
        &[
            "stale-close-must-revalidate",
            "stale-close-no-cache",
            "stale-close-proxy-revalidate",
            "stale-close-s-maxage=2",
        ],
    ),
    (
        "RFC 9111, section 5.1: of a list the first age counts, an unreadable one counts for nothing",
        &[
            "age-parse-dup-0",
            "age-parse-dup-0-twoline",
            "age-parse-dup-old",
            "age-parse-float",
            "age-parse-negative",
            "age-parse-nonnumeric",
            "age-parse-prefix-twoline",
        ],
    ),
    (
        "RFC 9111, section 4.3.4: a 304 with another strong entity tag renews nothing",
        &["304-etag-update-response-ETag"],
    ),
    (
        "a cookie is never given to another visitor",
        &["304-etag-update-response-Set-Cookie", "headers-store-Set-Cookie"],
    ),
];

#[test]
fn every_required_cache_test_passes_but_those_that_cannot() {
    let origin = Server::start(server);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let mut options = EdgeOptions::new(listen, format!("http://127.0.0.1:{}", origin.port), "");
    options.profile = Profile::Rfc;
    let edge = runtime.block_on(edge(options)).expect("a free port can be listened on");
    let proxy = format!("http://{}", edge.address());
    let answer = node("real/cache_tests.mjs", &serde_json::json!({ "proxy": proxy }));
    runtime.block_on(edge.stop());

    let tests = answer.as_object().expect("one entry per test");
    let count = |kind: &str| {
        let of_kind = tests.values().filter(|test| test["kind"] == kind);
        let (passed, failed): (Vec<_>, Vec<_>) = of_kind.partition(|test| test["result"] == true);
        (passed.len(), passed.len() + failed.len())
    };
    let scores = ["required", "optimal", "check"].map(|kind| format!("{kind} {:?}", count(kind)));
    let expected: Vec<&str> = NOT_PASSED.iter().flat_map(|(_, ids)| ids.iter().copied()).collect();
    let failed: Vec<String> = tests
        .iter()
        .filter(|(id, test)| test["kind"] == "required" && test["result"] != true && !expected.contains(&id.as_str()))
        .map(|(id, test)| format!("{id}: {}", words(&test["result"])))
        .collect();
    assert!(failed.is_empty(), "{}\n{}", scores.join(", "), failed.join("\n"));
    let passed: Vec<&&str> = expected.iter().filter(|id| tests[**id]["result"] == true).collect();
    assert!(passed.is_empty(), "these pass now, take them off the list: {passed:?}");
    // What no rule asks for: parts are not stored, nor answers to a POST, and languages are compared as they are written.
    let (optimal, _) = count("optimal");
    assert!(optimal >= 75, "{}", scores.join(", "));
}

fn words(result: &Value) -> String {
    result.as_array().map_or_else(String::new, |it| it.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(": "))
}

fn server(port: u16) -> Command {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let package = root.join("node_modules/http-cache-tests");
    assert!(package.exists(), "the npm packages are not installed: run `make tools`");
    let mut command = Command::new(program("node"));
    command
        .arg("--require")
        .arg(root.join("real/cache_tests_loopback.cjs"))
        .arg("server/server.mjs")
        .current_dir(package)
        .env("npm_config_protocol", "http")
        .env("npm_config_port", port.to_string())
        .env("npm_config_pidfile", "/dev/null")
        .stdout(Stdio::null());
    command
}
