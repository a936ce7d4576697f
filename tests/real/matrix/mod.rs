//! Deliberate faults in real servers in front of the campaign, one at a time: the check that is about it speaks, no other one
//! fails that is not a consequence, and the sound servers are green.
//!
//! `LANDING_TABLE` set (`make bench-verify`) prints what each check said of each fault.

mod drills;
mod edge;
mod faults;
mod servers;
mod traffic_server;
mod witness;

use crate::campaign::Deployed;
use crate::server::Server;
use faults::{CACHE, FRONT, Fault, VARNISH};
use servers::{cache, front, varnish};
use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

/// `check` to its worst verdict, without what passes or does not apply.
type Seen = BTreeMap<String, String>;

/// Starts what stands before the campaign, the public one last.
type Start = fn(&Path, &Deployed, &Fault) -> Vec<Server>;

fn seen(deployed: &Deployed, start: Start, fault: &Fault) -> Seen {
    worst(&report_of(deployed, start, fault, &[]))
}

/// What `verify` reports of a server with that fault, with further words on the command line.
fn report_of(deployed: &Deployed, start: Start, fault: &Fault, words: &[&str]) -> serde_json::Value {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let servers = start(folder.path(), deployed, fault);
    let public = servers.last().expect("something is public");
    let further = format!(
        "\n[env.public]\nurl = \"http://127.0.0.1:{}\"\nstore = \"dir:.landing/local\"\n{}",
        public.port,
        fault
            .settings
            .replace("PUBLIC", &public.port.to_string())
            .replace("ORIGIN", deployed.origin().rsplit(':').next().expect("an origin has a port"))
    );
    deployed.verify_with(&[&["public"], words].concat(), &further, &[])
}

fn worst(report: &serde_json::Value) -> Seen {
    let mut worst = Seen::new();
    for finding in report["findings"].as_array().expect("a report has findings") {
        let text = |name: &str| finding[name].as_str().unwrap_or_default().to_owned();
        let rank = |verdict: &str| ["warn", "unknown", "fail"].iter().position(|it| *it == verdict);
        let (check, verdict) = (text("check"), text("verdict"));
        if rank(&verdict) > worst.get(&check).and_then(|it| rank(it)) {
            worst.insert(check, verdict);
        }
    }
    worst
}

/// One kind of server: its name, how it is started, the checks that warn though it is sound, its faults.
type Setup = (&'static str, Start, &'static [&'static str], &'static [Fault]);

const SETUPS: [Setup; 5] = [
    ("nginx before the edge", front, &[], FRONT),
    // nginx sends no `Age`.
    ("nginx as the cache", cache, &["age"], CACHE),
    // It knows neither a list in `If-None-Match` nor `*`, and no list of ranges.
    ("Varnish", varnish, &["not-modified", "range"], VARNISH),
    ("Traffic Server", traffic_server::start, &[], traffic_server::FAULTS),
    ("our own edge", edge::start, &[], edge::FAULTS),
];

/// So many run at once: most of each is waiting for seconds to pass.
const AT_ONCE: usize = 3;

/// What is wrong with what was found.
fn complaints(known: &[&str], fault: &Fault, found: &Seen) -> Vec<String> {
    if fault.name.is_empty() {
        let sound = found.iter().all(|(check, verdict)| known.contains(&check.as_str()) && verdict == "warn");
        return if sound { Vec::new() } else { vec![format!("it is sound, and found: {found:?}")] };
    }
    let mut wrong = Vec::new();
    if found.get(fault.check).map(String::as_str) != Some(fault.verdict) {
        wrong.push(format!("{}: `{}` should {}, found {found:?}", fault.name, fault.check, fault.verdict));
    }
    let also = |check: &str| check == fault.check || fault.also.contains(&check);
    let others = found.iter().filter(|(check, verdict)| *verdict == "fail" && !also(check));
    let others: Vec<&String> = others.map(|(check, _)| check).collect();
    if !others.is_empty() {
        wrong.push(format!("{}: these fail as well: {others:?}", fault.name));
    }
    wrong
}

#[test]
fn the_check_that_is_about_a_fault_speaks_and_sound_servers_are_green() {
    let deployed = Deployed::start();
    let runs: Vec<(&Setup, Fault)> = SETUPS
        .iter()
        .flat_map(|it| [Fault::default()].into_iter().chain(it.3.iter().copied()).map(move |fault| (it, fault)))
        .collect();
    let next = AtomicUsize::new(0);
    let work = || {
        let turns = std::iter::from_fn(|| runs.get(next.fetch_add(1, Ordering::SeqCst)));
        turns.map(|run| (run, seen(&deployed, run.0.1, &run.1))).collect::<Vec<_>>()
    };
    let found: Vec<_> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..AT_ONCE).map(|_| scope.spawn(work)).collect();
        workers.into_iter().flat_map(|it| it.join().expect("a run ends")).collect()
    });
    let (mut wrong, mut table) = (Vec::new(), Vec::new());
    for (((name, _, known, _), fault), found) in &found {
        let title = if fault.name.is_empty() { "sound" } else { fault.name };
        table.push(format!("{name}: {title}\n  {}: {} | {found:?}\n", fault.check, fault.verdict));
        wrong.extend(complaints(known, fault, found).into_iter().map(|it| format!("{name}, {it}")));
    }
    table.sort();
    if std::env::var_os("LANDING_TABLE").is_some() {
        std::io::stdout().write_all(table.concat().as_bytes()).expect("the table is read");
    }
    assert_eq!(found.len(), runs.len(), "every run was made");
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), runs.len(), wrong.join("\n"));
}
