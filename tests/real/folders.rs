//! Folders that Vite, Astro, Eleventy, Hugo and a person made, before and after `landing fingerprint`: in Chromium nobody sees a difference,
//! nothing is missing, and a second run changes nothing.
//!
//! `tests/tools/folders/build` builds them. `LANDING_PICTURES=DIR` keeps the pictures of both.

use crate::server::{node, program};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The folder, and the pages that are looked at.
const FOLDERS: &[(&str, &[&str])] = &[
    ("vite", &["/"]),
    ("pwa", &["/"]),
    ("astro", &["/", "/about/"]),
    ("eleventy", &["/", "/second/"]),
    ("hugo", &["/", "/posts/first/", "/posts/"]),
    ("hand", &["/", "/fr/index.html", "/old/"]),
];

/// How a page looked after it.
#[derive(Deserialize)]
struct Seen {
    name: String,
    page: String,
    same: bool,
    failed: Vec<String>,
    console: Vec<String>,
    stuck: bool,
}

fn built(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/.tools/folders/built").join(name);
    assert!(folder.is_dir(), "`{}` is missing: run `make tools`", folder.display());
    folder
}

/// Runs `landing fingerprint`, and gives its last line.
#[track_caller]
fn fingerprint(from: &Path, out: &Path) -> Value {
    let mut command = Command::new(env!("CARGO_BIN_EXE_landing"));
    let said = command.arg("fingerprint").arg(from).arg("-o").arg(out).arg("--json").output().expect("the binary runs");
    let text = String::from_utf8(said.stdout).expect("JSON is UTF-8");
    let last: Value = serde_json::from_str(text.lines().last().expect("a result")).expect("JSON");
    assert!(said.status.success(), "{last:#}");
    last
}

/// Every file of a folder with its bytes.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let walk = walkdir::WalkDir::new(folder).into_iter().map(|entry| entry.expect("a readable folder"));
    let inside = |path: &Path| path.strip_prefix(folder).expect("inside").display().to_string();
    walk.filter(|entry| entry.file_type().is_file())
        .map(|entry| (inside(entry.path()), std::fs::read(entry.path()).expect("a readable file")))
        .collect()
}

#[test]
fn real_folders_look_the_same_and_a_second_run_changes_nothing() {
    let out = tempfile::tempdir().expect("a folder of our own");
    let mut pairs = Vec::new();
    for (name, pages) in FOLDERS {
        let (before, after, again) = (built(name), out.path().join(name), out.path().join(format!("{name}-again")));
        let first = fingerprint(&before, &after);
        assert_eq!(first["unresolved"], json!([]), "{name}");
        assert!(first["renamed"].as_object().is_some_and(|renamed| renamed.len() > 3), "{name}: {first:#}");
        let second = fingerprint(&after, &again);
        assert_eq!(second["renamed"], json!({}), "{name}");
        let (once, twice) = (files(&after), files(&again));
        let changed: Vec<_> =
            once.iter().filter(|(path, bytes)| twice.get(*path) != Some(bytes)).map(|(path, _)| path).collect();
        assert!(changed.is_empty() && once.len() == twice.len(), "{name}: {changed:?}");
        pairs.push(json!({ "name": name, "before": before, "after": after, "pages": pages }));
    }
    let pictures = std::env::var_os("LANDING_PICTURES").map(PathBuf::from);
    let asked = json!({ "chromium": program("chromium"), "pairs": pairs, "pictures": pictures });
    let seen: Vec<Seen> =
        serde_json::from_value(node("browser/folders.mjs", &asked)).expect("the script answers in this shape");
    assert_eq!(seen.len(), FOLDERS.iter().map(|(_, pages)| pages.len()).sum::<usize>());
    let faults: Vec<String> = seen.iter().flat_map(faults).collect();
    assert!(faults.is_empty(), "{faults:#?}");
}

/// What a visitor would notice, in words.
fn faults(seen: &Seen) -> Vec<String> {
    let page = format!("{}{}", seen.name, seen.page);
    let mut faults: Vec<String> = seen.failed.iter().map(|url| format!("{page}: {url} is missing")).collect();
    faults.extend(seen.console.iter().map(|line| format!("{page}: console: {line}")));
    if seen.stuck {
        faults.push(format!("{page}: its script never ended"));
    }
    if !seen.same {
        faults.push(format!("{page}: looks different"));
    }
    faults
}
