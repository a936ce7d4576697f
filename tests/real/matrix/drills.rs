//! Drills before real caches: with the settings of a campaign each passes, and without one of them the drill that is about it fails.

use super::faults::Fault;
use super::{Start, cache, seen_by, varnish};
use crate::campaign::Deployed;
use crate::names::resolver;
use crate::server::Server;
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

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

fn verdicts(deployed: &Deployed, start: Start, lines: &'static str) -> Vec<(&'static str, String)> {
    let canary = "canary = \"/.well-known/landing-canary\"\n";
    let purges = "canary = \"/.well-known/landing-canary\"\n\n[[env.public.cdn]]\nprovider = \"varnish\"\nnodes = [\"http://127.0.0.1:PUBLIC\"]\nacl = true\n";
    let settings = if lines.starts_with(PURGE) { purges } else { canary };
    let fault = Fault { location: lines, settings, ..Fault::default() };
    let seen = seen_by(deployed, start, &fault, &["--drill"]);
    let of = |drill: &&'static str| seen.get(*drill).map(|verdict| (*drill, verdict.clone()));
    DRILLS.iter().filter_map(of).collect()
}

#[test]
fn each_drill_fails_without_the_setting_that_it_is_about_and_passes_with_all_of_them() {
    let deployed = Deployed::start();
    let lines = |some: &[&str]| -> &'static str { Box::leak(some.concat().into_boxed_str()) };
    let mut wrong = Vec::new();
    for (name, start, lines, expected) in [
        ("nginx, sound", nginx as Start, lines(&[LOCK, STALE, BACKGROUND]), &[][..]),
        ("nginx without a lock", nginx, lines(&[STALE, BACKGROUND]), &[("collapsing", "fail")]),
        // One of them renews and waits.
        (
            "nginx without background updates",
            nginx,
            lines(&[LOCK, STALE]),
            &[("stale-while-revalidate", "warn"), ("stale-if-error", "fail")],
        ),
        // It knows the directive of RFC 5861 by itself.
        (
            "nginx as it comes",
            nginx,
            "",
            &[("collapsing", "fail"), ("stale-while-revalidate", "warn"), ("stale-if-error", "fail")],
        ),
        ("Varnish, sound", varnish, "", &[]),
        (
            "Varnish that purges what it is told",
            varnish,
            lines(&[PURGE, " => ", "(req.method == \"PURGE\") { return (purge); }"]),
            &[],
        ),
        ("Varnish that purges for nobody", varnish, lines(&[PURGE, " => ", PURGE]), &[("purge-scope", "unknown")]),
        (
            "Varnish that says yes and keeps what it has",
            varnish,
            lines(&[PURGE, " => ", "(req.method == \"PURGE\") { return (synth(200, \"Purged\")); }"]),
            &[("purge-scope", "fail")],
        ),
        (
            "Varnish that forgets everything",
            varnish,
            lines(&[PURGE, " => ", "(req.method == \"PURGE\") { ban(\"req.url ~ .\"); return (synth(200)); }"]),
            // What was kept for the other drill is gone as well.
            &[("stale-if-error", "fail"), ("purge-scope", "warn")],
        ),
        (
            "Varnish without grace",
            varnish,
            "  set beresp.grace = 7d;\n => set beresp.grace = 0s; set beresp.keep = 0s;\n",
            &[("stale-while-revalidate", "fail"), ("stale-if-error", "fail")],
        ),
        (
            "Varnish that lets nobody wait",
            varnish,
            "  return (hash);\n => set req.hash_ignore_busy = true; return (hash);\n",
            &[("collapsing", "fail")],
        ),
        (
            "Varnish that keeps the failure",
            varnish,
            "  if (bereq.is_bgfetch && beresp.status >= 500) { return (abandon); }\n => \n",
            &[("stale-if-error", "fail")],
        ),
    ] {
        let found = verdicts(&deployed, start, lines);
        let expected: Vec<(&str, String)> = expected.iter().map(|(drill, it)| (*drill, (*it).to_owned())).collect();
        if found != expected {
            wrong.push(format!("{name}: expected {expected:?}, found {found:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A second point of presence: an edge in front of `origin` at another address of this machine, on the same port. Ended with the test.
struct Second(std::process::Child);

impl Second {
    fn start(origin: &str, port: u16) -> Self {
        let mut edge = edge(origin, &format!("127.0.0.2:{port}"));
        let second = Self(edge.spawn().expect("landing starts"));
        let deadline = Instant::now() + Duration::from_secs(20);
        while TcpStream::connect(("127.0.0.2", port)).is_err() {
            assert!(Instant::now() < deadline, "the second edge does not listen");
            std::thread::sleep(Duration::from_millis(20));
        }
        second
    }
}

impl Drop for Second {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn edge(origin: &str, listen: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_landing"));
    command.args(["edge", "--origin", origin, "--listen", listen]).stdout(Stdio::null());
    command
}

#[test]
fn two_points_of_presence_with_a_shield_are_one_question_and_without_one_they_are_two() {
    let deployed = Deployed::start();
    let resolver = resolver(&["--host-record=www.landing.test,127.0.0.1", "--host-record=www.landing.test,127.0.0.2"]);
    for (behind, expected) in [(deployed.url(), "pass"), (deployed.origin(), "warn")] {
        let first = Server::start(|port| edge(behind, &format!("127.0.0.1:{port}")));
        let _second = Second::start(behind, first.port);
        let further = format!(
            "resolvers = [\"127.0.0.1:{}\"]\n\n[env.public]\nurl = \"http://www.landing.test:{}\"\nstore = \"dir:.landing/local\"\n\
             canary = \"/.well-known/landing-canary\"\n",
            resolver.port, first.port
        );
        let report = deployed.verify_with(&["public", "--drill"], &format!("\n[check]\n{further}"), &[]);
        let findings = report["findings"].as_array().expect("a report has findings");
        let shield: Vec<&str> =
            findings.iter().filter(|it| it["check"] == "shield").filter_map(|it| it["verdict"].as_str()).collect();
        assert_eq!(shield, [expected], "{behind}: {report:#}");
    }
}
