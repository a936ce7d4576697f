//! What the origin counts beside what a cache says: sound caches agree with it, one that writes `HIT` on every answer does not.

use super::faults::Fault;
use super::servers::{cache_before, varnish};
use super::worst;
use crate::campaign::Deployed;
use crate::server::{self, Server};
use std::path::Path;

/// A cache that keeps nothing and says that it does.
const LIE: &str = "proxy_no_cache 1; proxy_cache_bypass 1; add_header X-Cache-Status HIT always;";

/// An origin that counts: an nginx that passes everything on.
fn counting(folder: &Path, deployed: &Deployed) -> Server {
    server::nginx(folder, "", |port| {
        format!(
            "server {{ listen 127.0.0.1:{port}; access_log {}/access.log;\nlocation = /count {{ stub_status; access_log off; }}\n\
             location / {{ proxy_pass {}; proxy_set_header Host $http_host; proxy_pass_header Date; }} }}\n",
            folder.display(),
            deployed.origin()
        )
    })
}

/// What `origin-witness` says, and what was counted.
fn told(deployed: &Deployed, public: &Server, settings: &str, words: &[&str]) -> (String, u64) {
    let further = format!(
        "\n[env.public]\nurl = \"http://127.0.0.1:{}\"\nstore = \"dir:.landing/local\"\n{settings}",
        public.port
    );
    let report = deployed.verify_with(&[&["public"], words].concat(), &further, &[]);
    let findings = report["findings"].as_array().expect("a report has findings");
    assert!(findings.iter().any(|it| it["check"] == "origin-witness"), "{report:#}");
    let verdict = worst(&report).remove("origin-witness").unwrap_or_else(|| "pass".to_owned());
    (verdict, report["witness"]["counted"].as_u64().expect("the origin counted"))
}

#[test]
fn the_origins_count_confirms_sound_caches_and_exposes_one_that_calls_misses_hits() {
    let deployed = Deployed::start();
    let (origin_folder, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let origin = counting(origin_folder.path(), &deployed);
    let url = format!("http://127.0.0.1:{}", origin.port);
    let (count, log) = (format!("{url}/count"), origin_folder.path().join("access.log"));
    let log = log.to_str().expect("a temporary folder has a plain name");
    let settings = format!("witness = {{ log = \"{log}\" }}\n");

    let sound = cache_before(&url, folder.path(), &Fault::default());
    assert_eq!(told(&deployed, &sound, "", &["--witness", &count]), ("pass".to_owned(), 0));
    drop(sound);

    let lying = cache_before(&url, folder.path(), &Fault { location: LIE, ..Fault::default() });
    assert_eq!(told(&deployed, &lying, &settings, &[]), ("fail".to_owned(), 100));
    drop(lying);

    // Varnish counts what it asks itself.
    let folder = tempfile::tempdir().unwrap();
    let servers = varnish(folder.path(), &deployed, &Fault::default());
    let name = folder.path().join("v");
    let settings = format!(
        "witness = {{ command = [\"varnishstat\", \"-n\", \"{}\", \"-1\", \"-j\", \"-f\", \"MAIN.backend_req\"] }}\n",
        name.display()
    );
    assert_eq!(told(&deployed, &servers[0], &settings, &[]), ("pass".to_owned(), 0));
}
