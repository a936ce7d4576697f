//! What each host is told, as text: `tests/cases/hosts/NAME.txt`. `LANDING_UPDATE=1` writes the files anew.

use landing::hosts;
use landing::model::{Artifact, Bundle, Class, Digest, Key, Media, Policy, Release};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

const SETTINGS: &str = r#"
[site]
name = "x"
[headers]
x-price = "5 $"
x-list = "\"a,b\""
[[redirects]]
from = "/app"
to = "https://apps.example.net/x?from=tv"
status = 302
[[redirects]]
from = "/mentions-legales"
to = "/legal"
status = 301
[[redirects]]
from = "/tout/*"
to = "/"
status = 301
"#;

const FILES: &[(&str, Class)] = &[
    ("404.html", Class::Error),
    ("503.html", Class::Error),
    ("de/index.html", Class::Document),
    ("index.html", Class::Document),
    ("mentions-legales.html", Class::Document),
    ("robots.txt", Class::Document),
    ("été.html", Class::Document),
];

#[test]
fn each_host_is_told_what_stands_in_its_case() {
    let (policy, release) = sample();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/hosts");
    for host in hosts::ALL {
        let emitted = host.emit(&policy, &release);
        let mut told = format!("# {}: {}\n", host.name(), host.about());
        for file in &emitted.value {
            told.push_str(&format!("\n=== {}\n{}", file.path, file.text));
        }
        for warning in &emitted.warnings {
            told.push_str(&format!("\n{warning}\n"));
        }
        let path = folder.join(format!("{}.txt", host.name()));
        if std::env::var_os("LANDING_UPDATE").is_some() {
            fs::create_dir_all(&folder).unwrap();
            fs::write(&path, &told).unwrap();
        }
        let case = fs::read_to_string(&path).unwrap_or_default();
        assert!(told == case, "{} is not what the host is told:\n{told}", path.display());
    }
}

fn sample() -> (Policy, Release) {
    let settings = landing::config::parse(SETTINGS).unwrap();
    let policy = Policy {
        lifetimes: settings.lifetimes,
        everywhere: settings.headers,
        redirects: settings.redirects,
        errors: [(404, key("404.html")), (503, key("503.html"))].into(),
    };
    let mut artifacts: BTreeMap<Key, Artifact> =
        FILES.iter().map(|(path, class)| (key(path), artifact(path, *class, path))).collect();
    for (name, body) in [("style", "p {}"), ("print", "b {}")] {
        let path = format!("assets/{name}.{}.css", Digest::of(body.as_bytes()).hex16());
        artifacts.insert(key(&path), artifact(&path, Class::Asset, body));
    }
    let bundle = Bundle { artifacts, modes: BTreeMap::new(), policy };
    (bundle.policy.clone(), Release::seal(&bundle).unwrap())
}

fn artifact(path: &str, class: Class, body: &str) -> Artifact {
    let media = Media::of_extension(&key(path).extension());
    Artifact::new(body.to_owned().into(), media, class, BTreeSet::new())
}

fn key(path: &str) -> Key {
    Key::parse(path).unwrap()
}
