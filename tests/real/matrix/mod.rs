//! Deliberate faults in real servers in front of the campaign, one at a time: the check that is about it speaks, no other one
//! fails that is not a consequence, and the sound servers are green.
//!
//! `LANDING_TABLE` set (`make bench-verify`) prints what each check said of each fault.

mod drills;
mod faults;

use crate::campaign::Deployed;
use crate::sample::write;
use crate::server::{self, Server, program};
use faults::{CACHE, FRONT, Fault, VARNISH};
use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

/// `check` to its worst verdict, without what passes or does not apply.
type Seen = BTreeMap<String, String>;

/// Passes everything on to the embedded edge, which is the cache.
fn front(folder: &Path, deployed: &Deployed, fault: &Fault) -> Server {
    server::nginx(folder, "", |port| {
        format!(
            "{}\nserver {{ listen 127.0.0.1:{port}; {}\nlocation / {{ proxy_pass {edge}; proxy_set_header Host $http_host; proxy_pass_header Date;\n{} }} }}\n",
            fault.http.replace("EDGE", deployed.url()),
            fault.server.replace("EDGE", deployed.url()),
            fault.location.replace("EDGE", deployed.url()),
            edge = deployed.url(),
        )
    })
}

/// Is the cache itself, in front of the origin. `location` of a fault takes the place of what it repeats: `key` for `proxy_cache_key`.
fn cache(folder: &Path, deployed: &Deployed, fault: &Fault) -> Server {
    let unless = |name: &str, line: &str| if fault.location.contains(name) { String::new() } else { line.to_owned() };
    let key = unless("proxy_cache_key", "proxy_cache_key $host$uri;");
    let status = unless("X-Cache-Status", "add_header X-Cache-Status $upstream_cache_status always;");
    let valid = unless("proxy_cache_valid", "proxy_cache_valid 200 301 302 308 1d; proxy_cache_valid 404 60s;");
    server::nginx(folder, "", |port| {
        format!(
            "proxy_cache_path {}/cache keys_zone=edge:10m inactive=7d use_temp_path=off;\n{}\nserver {{ listen 127.0.0.1:{port};\n\
             if ($request_method !~ \"^(GET|HEAD)$\") {{ return 405; }}\n{}\n\
             location / {{ proxy_pass {}; proxy_set_header Host $http_host; proxy_cache edge; proxy_cache_lock on;\n\
             proxy_ignore_headers Cache-Control Expires; {key} {status} {valid}\n{} }} }}\n",
            folder.display(),
            fault.http,
            fault.server,
            deployed.origin(),
            fault.location
        )
    })
}

/// Varnish in front of the origin. A fault replaces what stands between its beginning and ` => ` in its `location`, or adds to `vcl_deliver`.
fn varnish(folder: &Path, deployed: &Deployed, fault: &Fault) -> Server {
    let port = deployed.origin().rsplit(':').next().expect("an origin has a port").to_owned();
    let mut vcl = include_str!("sound.vcl").replace("PORT", &port);
    if let Some((old, new)) = fault.location.split_once(" => ") {
        assert!(vcl.contains(old), "the sound VCL has `{old}`");
        vcl = vcl.replace(old, new);
    } else {
        vcl = vcl.replace("# more\n", fault.location);
    }
    write(folder, "site.vcl", vcl.as_bytes());
    Server::start(|port| {
        let mut command = Command::new(program("varnishd"));
        command.args([
            "-F",
            "-s",
            "malloc,32m",
            "-j",
            "none",
            "-p",
            "thread_pool_min=10",
            "-p",
            "http_gzip_support=off",
        ]);
        command.arg("-n").arg(folder.join("v")).arg("-f").arg(folder.join("site.vcl"));
        command.arg("-a").arg(format!("127.0.0.1:{port}")).stdout(Stdio::null()).stderr(Stdio::null());
        command
    })
}

type Start = fn(&Path, &Deployed, &Fault) -> Server;

fn seen(deployed: &Deployed, start: Start, fault: &Fault) -> Seen {
    seen_by(deployed, start, fault, &[])
}

/// The same with further words on the command line.
fn seen_by(deployed: &Deployed, start: Start, fault: &Fault, words: &[&str]) -> Seen {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let server = start(folder.path(), deployed, fault);
    let further = format!(
        "\n[env.public]\nurl = \"http://127.0.0.1:{}\"\nstore = \"dir:.landing/local\"\n{}",
        server.port,
        fault.settings.replace("ORIGIN", deployed.origin().rsplit(':').next().expect("an origin has a port"))
    );
    let report = deployed.verify_with(&[&["public"], words].concat(), &further, &[]);
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

#[test]
fn the_check_that_is_about_a_fault_speaks_and_sound_servers_are_green() {
    let deployed = Deployed::start();
    let mut wrong = Vec::new();
    let mut table = String::new();
    let mut faults = 0;
    for (name, start, known, list) in [
        ("nginx before the edge", front as Start, &[][..], FRONT),
        // nginx sends no `Age`.
        ("nginx as the cache", cache as Start, &["age"], CACHE),
        // It knows neither a list in `If-None-Match` nor `*`, and no list of ranges.
        ("Varnish", varnish as Start, &["not-modified", "range"], VARNISH),
    ] {
        let sound = seen(&deployed, start, &Fault::default());
        if sound.iter().any(|(check, verdict)| !known.contains(&check.as_str()) || verdict != "warn") {
            wrong.push(format!("{name} is sound, and found: {sound:?}"));
        }
        for fault in list {
            faults += 1;
            let found = seen(&deployed, start, fault);
            table.push_str(&format!("{name}: {}\n  {}: {} | {found:?}\n", fault.name, fault.check, fault.verdict));
            if found.get(fault.check).map(String::as_str) != Some(fault.verdict) {
                wrong.push(format!(
                    "{name}, {}: `{}` should {}, found {found:?}",
                    fault.name, fault.check, fault.verdict
                ));
            }
            let others = found.iter().filter(|(check, verdict)| {
                *verdict == "fail" && *check != fault.check && !fault.also.contains(&check.as_str())
            });
            let others: Vec<&String> = others.map(|(check, _)| check).collect();
            if !others.is_empty() {
                wrong.push(format!("{name}, {}: these fail as well: {others:?}", fault.name));
            }
        }
    }
    if std::env::var_os("LANDING_TABLE").is_some() {
        std::io::stdout().write_all(table.as_bytes()).expect("the table is read");
    }
    assert!(wrong.is_empty(), "{} of {faults}:\n{}", wrong.len(), wrong.join("\n"));
}
