//! Drills before real caches: with the settings of a campaign each passes, and without one of them the drill that is about it fails.

use super::faults::Fault;
use super::{Start, cache, report_of, varnish, worst};
use crate::campaign::Deployed;
use crate::names::resolver;
use crate::server::Server;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

/// What nginx needs so that neither a crowd nor a failing origin is felt, at the canary. A fault leaves one of them out.
const LOCK: &str = "proxy_cache_lock on;";
const STALE: &str = "proxy_cache_use_stale updating error timeout http_500 http_502 http_503 http_504;";
const BACKGROUND: &str = "proxy_cache_background_update on;";

const DRILLS: [&str; 4] = ["collapsing", "stale-while-revalidate", "stale-if-error", "purge-scope"];

/// Varnish takes no purge from anybody; whoever changes that is told to be the CDN.
const PURGE: &str = "(req.method == \"PURGE\") { return (synth(405)); }";

/// nginx with these lines at the canary, in front of the origin.
fn nginx(folder: &Path, deployed: &Deployed, fault: &Fault) -> Vec<Server> {
    let canary = format!(
        "location /.well-known/landing-canary/ {{ proxy_pass {}; proxy_cache edge; proxy_cache_key $host$uri; {} }}",
        deployed.origin(),
        fault.location
    );
    cache(folder, deployed, &Fault { server: Box::leak(canary.into_boxed_str()), location: "", ..*fault })
}

/// What each drill found, and the words of those that did not pass.
fn held(deployed: &Deployed, start: Start, lines: &'static str) -> (Vec<(&'static str, String)>, Vec<String>) {
    let canary = "canary = \"/.well-known/landing-canary\"\n";
    let purges = "canary = \"/.well-known/landing-canary\"\n\n[[env.public.cdn]]\nprovider = \"varnish\"\nnodes = [\"http://127.0.0.1:PUBLIC\"]\nacl = true\n";
    let settings = if lines.starts_with(PURGE) { purges } else { canary };
    let fault = Fault { location: lines, settings, ..Fault::default() };
    let report = report_of(deployed, start, &fault, &["--drill"]);
    let seen = worst(&report);
    let of = |drill: &&'static str| seen.get(*drill).map(|verdict| (*drill, verdict.clone()));
    let verdicts: Vec<_> = DRILLS.iter().filter_map(of).collect();
    let words = report["findings"].as_array().into_iter().flatten();
    let words = words.filter(|it| verdicts.iter().any(|(drill, _)| it["check"] == *drill));
    let words = words.map(|it| it["seen"].to_string()).collect();
    (verdicts, words)
}

/// A name, how it is started, the lines that it is started with, what the drills find.
type Trial = (&'static str, Start, &'static [&'static str], &'static [(&'static str, &'static str)]);

const TRIALS: [Trial; 12] = [
    ("nginx, sound", nginx, &[LOCK, STALE, BACKGROUND], &[]),
    ("nginx without a lock", nginx, &[STALE, BACKGROUND], &[("collapsing", "fail")]),
    // One of them renews and waits.
    (
        "nginx without background updates",
        nginx,
        &[LOCK, STALE],
        &[("stale-while-revalidate", "warn"), ("stale-if-error", "fail")],
    ),
    // It knows the directive of RFC 5861 by itself.
    (
        "nginx as it comes",
        nginx,
        &[],
        &[("collapsing", "fail"), ("stale-while-revalidate", "warn"), ("stale-if-error", "fail")],
    ),
    ("Varnish, sound", varnish, &[], &[]),
    (
        "Varnish that purges what it is told",
        varnish,
        &[PURGE, " => ", "(req.method == \"PURGE\") { return (purge); }"],
        &[],
    ),
    ("Varnish that purges for nobody", varnish, &[PURGE, " => ", PURGE], &[("purge-scope", "unknown")]),
    (
        "Varnish that says yes and keeps what it has",
        varnish,
        &[PURGE, " => ", "(req.method == \"PURGE\") { return (synth(200, \"Purged\")); }"],
        &[("purge-scope", "fail")],
    ),
    (
        "Varnish that forgets everything",
        varnish,
        &[PURGE, " => ", "(req.method == \"PURGE\") { ban(\"req.url ~ .\"); return (synth(200)); }"],
        // What was kept for the other drill is gone as well.
        &[("stale-if-error", "fail"), ("purge-scope", "warn")],
    ),
    (
        "Varnish without grace",
        varnish,
        &["  set beresp.grace = 7d;\n => set beresp.grace = 0s; set beresp.keep = 0s;\n"],
        &[("stale-while-revalidate", "fail"), ("stale-if-error", "fail")],
    ),
    (
        "Varnish that lets nobody wait",
        varnish,
        &["  return (hash);\n => set req.hash_ignore_busy = true; return (hash);\n"],
        &[("collapsing", "fail")],
    ),
    (
        "Varnish that keeps the failure",
        varnish,
        &["  if (bereq.is_bgfetch && beresp.status >= 500) { return (abandon); }\n => \n"],
        &[("stale-if-error", "fail")],
    ),
];

/// What is wrong with what was found. Drills are about seconds: where a busy machine made a sound cache late, one more is held.
fn complaint(deployed: &Deployed, (name, start, lines, expected): Trial) -> Option<String> {
    let lines: &'static str = Box::leak(lines.concat().into_boxed_str());
    let expected: Vec<(&str, String)> = expected.iter().map(|(drill, it)| (*drill, (*it).to_owned())).collect();
    let mut trials = (0..2).map(|_| held(deployed, start, lines));
    let wrong: Vec<_> = trials.by_ref().take_while(|(found, _)| *found != expected).collect();
    (wrong.len() == 2).then(|| format!("{name}: expected {expected:?}, found {wrong:#?}"))
}

#[test]
fn each_drill_fails_without_the_setting_that_it_is_about_and_passes_with_all_of_them() {
    let deployed = Deployed::start();
    let next = AtomicUsize::new(0);
    let work = || {
        let turns = std::iter::from_fn(|| TRIALS.get(next.fetch_add(1, Ordering::SeqCst)));
        turns.filter_map(|trial| complaint(&deployed, *trial)).collect::<Vec<_>>()
    };
    let wrong: Vec<String> = std::thread::scope(|scope| {
        let workers = [scope.spawn(work), scope.spawn(work)];
        workers.into_iter().flat_map(|it| it.join().expect("a trial ends")).collect()
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// An edge that stands for three points of presence, at 127.0.0.1 to 127.0.0.3.
fn three_points(origin: &str, shield: bool) -> Server {
    Server::start(|port| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_landing"));
        command.args(["edge", "--origin", origin, "--listen", &format!("127.0.0.1:{port}"), "--token", TOKEN]);
        command.args(["--points", "3"]).args(shield.then_some("--shield")).stdout(Stdio::null());
        command
    })
}

/// What opens the admin API of the edge.
const TOKEN: &str = "a-token-for-tests";

/// Tells the admin API something; the port is the edge's.
fn tell(port: u16, name: &str, body: &str) {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("the edge listens");
    let head = format!(
        "POST /.well-known/landing-edge/{name} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer {TOKEN}\r\nContent-Length: {}",
        body.len()
    );
    stream.write_all(format!("{head}\r\n\r\n{body}").as_bytes()).expect("the edge reads");
    let mut said = String::new();
    stream.read_to_string(&mut said).expect("the edge answers");
    assert!(said.starts_with("HTTP/1.1 200"), "{name} {body}: {said}");
}

/// What a check found through a resolver that gives the first addresses of the loopback interface for the host: verdicts with their words.
fn points_seen(deployed: &Deployed, port: u16, addresses: u8, check: &str) -> Vec<(String, String)> {
    let records: Vec<String> =
        (1..=addresses).map(|last| format!("--host-record=www.landing.test,127.0.0.{last}")).collect();
    let resolver = resolver(&records.iter().map(String::as_str).collect::<Vec<_>>());
    let further = format!(
        "\n[check]\nresolvers = [\"127.0.0.1:{}\"]\n\n[env.public]\nurl = \"http://www.landing.test:{port}\"\nstore = \"dir:.landing/local\"\n\
         canary = \"/.well-known/landing-canary\"\n",
        resolver.port
    );
    let words: &[&str] = if check == "shield" { &["public", "--drill"] } else { &["public"] };
    let report = deployed.verify_with(words, &further, &[]);
    let findings = report["findings"].as_array().expect("a report has findings");
    let text = |finding: &serde_json::Value, name: &str| finding[name].as_str().unwrap_or_default().to_owned();
    findings.iter().filter(|it| it["check"] == check).map(|it| (text(it, "verdict"), text(it, "seen"))).collect()
}

/// Those that do not pass.
fn wrong(found: &[(String, String)]) -> Vec<&(String, String)> {
    found.iter().filter(|(verdict, _)| verdict != "pass").collect()
}

#[test]
fn each_point_of_presence_is_seen_what_it_asks_what_it_keeps_and_what_it_does_not_forget() {
    let deployed = Deployed::start();
    let (bare, shielded) = (three_points(deployed.origin(), false), three_points(deployed.origin(), true));
    for (edge, expected) in [(&bare, "warn"), (&shielded, "pass")] {
        let found = points_seen(&deployed, edge.port, 3, "shield");
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found[0].0, expected, "{found:?}");
    }
    let found = points_seen(&deployed, shielded.port, 3, "points-of-presence");
    assert!(found.len() == 4 && wrong(&found).is_empty(), "a list, and three that keep the page: {found:#?}");

    // A fourth that keeps nothing, and says so.
    let folder = tempfile::tempdir().expect("a temporary folder");
    let _fourth = crate::server::nginx(folder.path(), "", |port| {
        format!(
            "server {{ listen 127.0.0.1:{port}; listen 127.0.0.4:{}; location / {{ proxy_pass {}; proxy_set_header Host $http_host;\n\
             add_header X-Cache-Status MISS always; }} }}",
            bare.port,
            deployed.origin()
        )
    });
    let found = points_seen(&deployed, bare.port, 4, "points-of-presence");
    let [(verdict, seen)] = wrong(&found)[..] else { panic!("{found:#?}") };
    assert!(verdict == "warn" && seen.starts_with("127.0.0.4: 0 of 3"), "{found:#?}");

    // A new page, and a purge that the third does not hear.
    tell(shielded.port, "fault", "{\"mode\": \"none\", \"deaf\": \"pop-3\"}");
    deployed.publish("site/index.md", "\n\nNouveau.\n");
    tell(shielded.port, "purge", "{\"everything\": true}");
    let found = points_seen(&deployed, shielded.port, 3, "addresses");
    let [(verdict, seen)] = wrong(&found)[..] else { panic!("{found:#?}") };
    assert!(verdict == "fail" && seen.contains("at 127.0.0.3"), "{found:#?}");
}
