//! `landing verify` before servers that mean no good: each is named by one finding, costs bounded time, traffic and memory, and breaks
//! nothing. The requests that a server saw and the bytes that it got rid of are counted at the server.

use crate::hostile::{Hostile, Script, Then};
use crate::project::{Project, Said, command, said};
use crate::verify_edge::code;
use serde_json::Value;
use std::fs::File;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

/// A project whose release is compared with what the servers say.
static DEPLOYED: LazyLock<Project> = LazyLock::new(|| {
    let project = Project::new();
    project.done(&["deploy", "--no-serve"]);
    project
});

/// What a run came to.
struct Seen {
    said: Said,
    /// The most memory that the process held, in bytes.
    memory: u64,
    took: Duration,
}

impl Seen {
    fn report(&self) -> &Value {
        self.said.result()
    }

    /// What a check said is wrong, and where.
    fn wrong(&self, check: &str) -> Vec<String> {
        let findings = self.report()["findings"].as_array().unwrap().iter();
        let wrong =
            findings.filter(|it| it["check"] == check && ["fail", "unknown", "warn"].contains(&text(&it["verdict"])));
        wrong.map(|it| format!("{} {}", text(&it["url"]), text(&it["seen"]))).collect()
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// `landing verify public --json`, with so many seconds for the whole run.
fn verify(url: &str, seconds: u64) -> Seen {
    let folder = tempfile::tempdir().unwrap();
    let store = DEPLOYED.path(".landing/local").canonicalize().unwrap();
    let settings = DEPLOYED.read("site/landing.toml");
    let public = format!("{settings}\n[env.public]\nurl = \"{url}\"\nstore = \"dir:{}\"\n", store.display());
    std::fs::create_dir(folder.path().join("site")).unwrap();
    std::fs::write(folder.path().join("site/landing.toml"), public).unwrap();
    run(folder.path(), &["verify", "public", "--json", "--timeout", &seconds.to_string()])
}

fn run(folder: &std::path::Path, args: &[&str]) -> Seen {
    let mut command = command(folder, args);
    let [out, err] = ["out", "err"].map(|name| folder.join(name));
    let began = Instant::now();
    let mut child = command.stdout(File::create(&out).unwrap()).stderr(File::create(&err).unwrap()).spawn().unwrap();
    let mut memory = 0;
    let status = loop {
        memory = peak(child.id()).unwrap_or(memory);
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        std::thread::sleep(Duration::from_millis(10));
    };
    let (stdout, stderr) = (std::fs::read(out).unwrap(), std::fs::read(err).unwrap());
    assert!(status.code().is_some(), "it crashed: {}", String::from_utf8_lossy(&stderr));
    let said = said(&std::process::Output { status, stdout, stderr });
    Seen { said, memory, took: began.elapsed() }
}

/// The high-water mark of a process, where the system tells it.
fn peak(process: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    Some(line.split_whitespace().nth(1)?.parse::<u64>().ok()? * 1_024)
}

/// What no run may exceed, whatever is sent: 256 MB of different bodies, and sixteen on their way.
const MEMORY: u64 = 450_000_000;

/// Answers like a page of the release would be answered, up to the point where the attack begins.
const PAGE: &str = "HTTP/1.1 200 OK\r\ncontent-type: text/html; charset=utf-8\r\ncache-status: edge; hit\r\n";

fn script(first: impl AsRef<[u8]>, then: Then) -> Script {
    Script { first: first.as_ref().to_vec(), then }
}

/// A page with these further fields and this body.
fn page(fields: &str, body: &[u8]) -> Script {
    let mut first = format!("{PAGE}{fields}connection: close\r\n\r\n").into_bytes();
    first.extend(body);
    script(first, Then::Close)
}

#[track_caller]
fn names(seen: &Seen, exit: i32, check: &str, part: &str) {
    assert_eq!(seen.said.exit, exit, "{:#}", seen.report());
    let wrong = seen.wrong(check);
    assert!(
        wrong.iter().any(|it| it.contains(part)),
        "`{check}` does not say `{part}`: {:#?}",
        &wrong[..wrong.len().min(5)]
    );
    assert!(seen.memory < MEMORY, "{} bytes of memory", seen.memory);
    for finding in seen.report()["findings"].as_array().unwrap() {
        for text in [text(&finding["seen"]), text(&finding["url"]), text(&finding["remedy"])] {
            assert!(!text.chars().any(char::is_control) && text.len() < 5_000, "{text:?}");
        }
    }
}

/// No request had an answer: `reachable` says why, once, and the others say nothing wrong.
#[track_caller]
fn is_no_answer(script: Script, seconds: u64, part: &str) {
    let hostile = Hostile::start(script);
    let seen = verify(&hostile.url, seconds);
    names(&seen, 5, "reachable", part);
    assert_eq!(seen.wrong("reachable").len(), 1, "{:#?}", seen.wrong("reachable"));
    let failed = seen.report()["findings"].as_array().unwrap().iter().filter(|it| it["verdict"] == "fail");
    let failed: Vec<&str> = failed.map(|it| text(&it["check"])).collect();
    assert_eq!(failed, ["reachable"]);
    assert!(hostile.requests() < 24, "a dead host is asked {} times", hostile.requests());
}

#[test]
fn a_host_that_is_not_there_is_said_to_be_so_with_the_innermost_cause() {
    let seen = verify(&format!("http://127.0.0.1:{}", crate::project::free_port()), 10);
    names(&seen, 5, "reachable", "Connection refused");
    let said = seen.wrong("reachable");
    assert_eq!(said.len(), 1);
    assert!(!said[0].contains("error sending request") && !said[0].contains("client error"), "{said:?}");
}

#[test]
fn a_host_that_accepts_and_says_nothing_costs_one_wait() {
    let hostile = Hostile::start(script("", Then::Silence));
    let seen = verify(&hostile.url, 3);
    names(&seen, 5, "reachable", "the time for the whole run was up: 3.0 s");
    assert!(hostile.requests() <= 4, "{} requests", hostile.requests());
    assert!(seen.took < Duration::from_secs(20), "{:?}", seen.took);
}

#[test]
fn a_connection_that_ends_or_is_reset_at_once_is_no_answer() {
    is_no_answer(script("", Then::Close), 10, "connection closed before message completed");
    is_no_answer(script("", Then::Reset), 10, "reset");
}

#[test]
fn what_is_no_http_is_no_answer() {
    // HTTP/0.9 knew no header.
    is_no_answer(script("<html><h1>Hello</h1></html>\r\n", Then::Close), 10, "invalid HTTP version");
    is_no_answer(script("SSH-2.0-OpenSSH_9.2\r\n", Then::Close), 10, "invalid HTTP version");
    is_no_answer(script("HTTP/1.1 2\0\0 OK\r\ncontent-length: 0\r\n\r\n", Then::Close), 10, "invalid HTTP status");
    is_no_answer(
        script("HTTP/1.1 200 OK\r\nx: a\0b\r\ncontent-length: 0\r\n\r\n", Then::Close),
        10,
        "invalid HTTP header",
    );
    is_no_answer(
        script("HTTP/1.1 200 OK\r\nx\0: a\r\ncontent-length: 0\r\n\r\n", Then::Close),
        10,
        "invalid HTTP header",
    );
}

#[test]
fn lengths_that_contradict_each_other_are_no_answer() {
    is_no_answer(page("content-length: 5\r\ncontent-length: 6\r\n", b"hello!"), 10, "content-length");
    is_no_answer(page("content-length: -1\r\n", b"hello!"), 10, "content-length");
    is_no_answer(page("transfer-encoding: chunked\r\n", b"fffffffffffffffff\r\nhello"), 10, "chunk size");
}

#[test]
fn endless_headers_are_cut_off() {
    let lines = Hostile::start(script(
        "HTTP/1.1 200 OK\r\n",
        Then::Repeat(b"x-a: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n".repeat(1_000)),
    ));
    let one = Hostile::start(script("HTTP/1.1 200 OK\r\nx: ", Then::Repeat(vec![b'a'; 65_536])));
    for hostile in [lines, one] {
        let seen = verify(&hostile.url, 20);
        names(&seen, 5, "reachable", "too large");
        assert!(hostile.bytes() < 100_000_000, "{} bytes were taken", hostile.bytes());
    }
}

#[test]
fn headers_and_bodies_that_drip_are_left_when_the_time_is_up() {
    let tenth = Duration::from_millis(100);
    let header = Then::Drip(b"x-a: a\r\n".to_vec(), tenth);
    is_no_answer(script("HTTP/1.1 200 OK\r\n", header), 3, "the time for the whole run was up");
    let body = Then::Drip(b"a".to_vec(), tenth);
    is_no_answer(script(format!("{PAGE}content-length: 100000\r\n\r\n"), body), 3, "the time for the whole run was up");
    let interim = Then::Drip(b"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n".to_vec(), tenth);
    is_no_answer(script("", interim), 3, "the time for the whole run was up");
}

#[test]
fn a_flood_of_interim_answers_ends_with_the_time() {
    let flood = Then::Repeat(b"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n".repeat(100));
    let hostile = Hostile::start(script("", flood));
    let seen = verify(&hostile.url, 3);
    names(&seen, 5, "reachable", "the time for the whole run was up");
    assert!(hostile.requests() <= 4, "{} requests", hostile.requests());
}

#[test]
fn a_body_of_ten_gigabytes_is_read_to_a_limit() {
    let hostile =
        Hostile::start(script(format!("{PAGE}content-length: 10000000000\r\n\r\n"), Then::Repeat(vec![b'x'; 65_536])));
    let seen = verify(&hostile.url, 60);
    names(&seen, 5, "bytes", "more than 8388609 bytes instead of");
    assert!(seen.wrong("reachable").iter().any(|it| it.contains("more was sent than a run reads: 1.0 GB")));
    // A gigabyte of bodies cut at eight megabytes, and what lay unread in the sockets of each.
    assert!(hostile.bytes() < 2_000_000_000, "{} bytes were taken", hostile.bytes());
}

#[test]
fn compression_bombs_are_undone_to_the_size_that_was_released() {
    let zeros = vec![0; 4_000_000];
    // Members of gzip may follow each other: more than a gigabyte in a few megabytes.
    let gzip = code("gzip", &zeros).repeat(300);
    for (coding, body) in [("gzip", gzip), ("br", code("br", &zeros.repeat(4)))] {
        let hostile =
            Hostile::start(page(&format!("content-encoding: {coding}\r\ncontent-length: {}\r\n", body.len()), &body));
        let seen = verify(&hostile.url, 60);
        names(&seen, 5, "bytes-per-coding", "bytes released");
    }
}

#[test]
fn a_redirect_is_told_and_never_followed() {
    let elsewhere = Hostile::start(page("content-length: 1\r\n", b"x"));
    for to in ["/", "//example.invalid/", &format!("{}/next", elsewhere.url), "file:///etc/passwd"] {
        let answer = format!("HTTP/1.1 302 Found\r\nlocation: {to}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
        let hostile = Hostile::start(script(answer, Then::Close));
        let seen = verify(&hostile.url, 60);
        names(&seen, 5, "bytes", "302");
        assert!(seen.wrong("bytes").iter().any(|it| it.contains("location: ")), "{:#?}", seen.wrong("bytes"));
    }
    assert_eq!(elsewhere.requests(), 0, "somebody followed");
}

#[test]
fn a_page_of_another_length_than_it_says_is_not_the_page() {
    // What follows the announced end belongs to nobody.
    let short = Hostile::start(page("content-length: 5\r\n", &b"hello".repeat(1_000)));
    names(&verify(&short.url, 60), 5, "bytes", "5 bytes with SHA-256");
    is_no_answer(page("content-length: 50000\r\n", b"half"), 20, "end of file before message length reached");
}

#[test]
fn fields_that_are_no_text_or_contradict_each_other_are_shown_and_judged() {
    let mut odd = format!("{PAGE}etag: \"").into_bytes();
    odd.extend(b"\xff\xfe\x80\"\r\ncache-control: \xc3\x28\r\ncache-control: no-store\r\ncache-control: public, max-age=60\r\n");
    odd.extend(b"age: 5\r\nage: -7, zebra\r\nvary: *\r\nset-cookie: a=\xff\r\ncontent-length: 2\r\nconnection: close\r\n\r\nhi");
    let hostile = Hostile::start(script(odd, Then::Close));
    let seen = verify(&hostile.url, 60);
    names(&seen, 5, "headers", "\u{fffd}");
    names(&seen, 5, "set-cookie", "set-cookie");
    names(&seen, 5, "vary", "*");
}

#[test]
fn what_is_no_tls_is_no_answer() {
    for (garbage, part) in [
        (&b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n"[..], ""),
        (b"\x15\x03\x03\x00\x02\x02\x28", "HandshakeFailure"),
        (b"\x16\x03\x03\xff\xff\xff\xff\xff\xff\xff\xff", ""),
    ] {
        let hostile = Hostile::start(script(garbage, Then::Close));
        let seen = verify(&hostile.url.replace("http:", "https:"), 10);
        names(&seen, 5, "reachable", "no request was answered");
        assert!(seen.wrong("reachable")[0].contains(part), "{:?}", seen.wrong("reachable"));
        assert!(!seen.wrong("tls").is_empty(), "the handshake is told, too");
    }
}

#[test]
fn a_page_of_anybody_s_is_looked_at_as_carefully() {
    let folder = tempfile::tempdir().unwrap();
    let hostile =
        Hostile::start(script("HTTP/1.1 200 OK\r\n", Then::Repeat(b"x-a: aaaaaaaaaaaaaaaaaaaa\r\n".repeat(1_000))));
    let seen = run(folder.path(), &["verify", &format!("{}/promo", hostile.url), "--json", "--timeout", "10"]);
    names(&seen, 5, "reachable", "too large");
}
