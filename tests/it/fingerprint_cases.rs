//! The cases of `tests/cases/fingerprint`: a folder as text, and what becomes of it. `LANDING_UPDATE=1` writes what came out into the
//! files; read the difference before committing it.
//!
//! A case: a comment, optional lines (`base PATH`, `url ORIGIN`, `exclude GLOB`), then files: `+ PATH` and their text. After `---` stands
//! what the test writes: what was renamed, what keeps its name and why, what leads nowhere, and every text that changed. Of each
//! folder it is also asked that it be named by its bytes, and that a second run change nothing.

use bytes::Bytes;
use landing::fingerprint::{Content, File, Fingerprinted, Folder, Home, Kind, Options, fingerprint};
use landing::model::{Artifact, Bundle, Digest, Headers, Key, Lifetime, Lifetimes, Media, Policy, Release};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

const BESIDE: &[&str] = &["_headers", "_redirects", "nginx/landing.conf", "release.json", "asset-manifest.json"];

pub(crate) fn options() -> Options {
    let short = Lifetime { browser: 60, cdn: 300, stale_while_revalidate: 0, stale_if_error: 0, immutable: false };
    let long = Lifetime { browser: 31_536_000, cdn: 31_536_000, immutable: true, ..short };
    Options {
        exclude: Vec::new(),
        home: Home::default(),
        policy: Policy {
            lifetimes: Lifetimes { document: short, asset: long, error: short, redirect: short },
            everywhere: Headers::new(),
            redirects: BTreeMap::new(),
            errors: BTreeMap::new(),
        },
    }
}

pub(crate) fn folder(files: &BTreeMap<Key, Bytes>) -> Folder {
    let file = |key: &Key, bytes: &Bytes| File {
        sha256: Digest::of(bytes),
        size: bytes.len() as u64,
        text: Kind::of(key).is_text().then(|| bytes.clone()),
    };
    Folder { files: files.iter().map(|(key, bytes)| (key.clone(), file(key, bytes))).collect() }
}

/// The new folder, whole.
pub(crate) fn written(files: &BTreeMap<Key, Bytes>, made: &Fingerprinted) -> BTreeMap<Key, Bytes> {
    let bytes = |content: &Content| match content {
        Content::Of(key) => files[key].clone(),
        Content::Made(bytes) => bytes.clone(),
    };
    made.files.iter().map(|(key, content)| (key.clone(), bytes(content))).collect()
}

/// Every asset's name is that of its bytes, and everything that is referred to is there: what a deploy would refuse is found here.
#[track_caller]
pub(crate) fn sound(files: &BTreeMap<Key, Bytes>, made: &Fingerprinted, options: &Options) {
    let all = written(files, made);
    let artifact = |(key, entry): (&Key, &landing::model::Entry)| {
        let (bytes, media) = (all[key].clone(), Media::of_field(entry.headers.get("content-type").unwrap()));
        assert_eq!(Digest::of(&bytes), entry.sha256, "{key}");
        (key.clone(), Artifact::new(bytes, media, entry.class, entry.refs.clone()))
    };
    let artifacts = made.release.entries.iter().map(artifact).collect();
    let mut policy = options.policy.clone();
    policy.errors.clone_from(&made.release.errors);
    let sealed = Release::seal(&Bundle { artifacts, modes: BTreeMap::new(), policy }).unwrap();
    assert_eq!(sealed, made.release);
}

/// A second run over what the first one wrote.
#[track_caller]
pub(crate) fn settled(files: &BTreeMap<Key, Bytes>, made: &Fingerprinted, options: &Options) {
    let once = written(files, made);
    let again = fingerprint(folder(&once), options).unwrap();
    assert_eq!(again.renamed, BTreeMap::new(), "the second run renames");
    let twice = written(&once, &again);
    for (key, bytes) in &once {
        assert_eq!(twice.get(key), Some(bytes), "the second run changes `{key}`");
    }
    assert_eq!(twice.len(), once.len());
}

fn read(text: &str) -> (Options, BTreeMap<Key, Bytes>) {
    let mut options = options();
    let (head, files) = text.split_once("\n+ ").expect("a case has files");
    for line in head.lines().filter(|line| !line.starts_with('#')) {
        match line.split_once(' ') {
            Some(("base", path)) => path.clone_into(&mut options.home.path),
            Some(("url", origin)) => options.home.origin = Some(origin.to_owned()),
            Some(("exclude", pattern)) => options.exclude.push(glob::Pattern::new(pattern).unwrap()),
            _ => panic!("`{line}`"),
        }
    }
    let file = |part: &str| {
        let (path, text) = part.split_once('\n').unwrap_or((part, ""));
        (Key::parse(path).unwrap(), Bytes::from(format!("{}\n", text.trim_end())))
    };
    (options, files.split("\n+ ").map(file).collect())
}

fn told(files: &BTreeMap<Key, Bytes>, made: &Fingerprinted) -> String {
    let mut out = String::new();
    for (old, new) in &made.renamed {
        let both = if made.files.contains_key(old) { ", and as it was" } else { "" };
        writeln!(out, "{old} -> {new}{both}").unwrap();
    }
    for (key, why) in &made.kept {
        writeln!(out, "{key} stays: {}", why.text()).unwrap();
    }
    for it in &made.unresolved {
        let alike = it.alike.as_ref().map_or(String::new(), |alike| format!(" (but `{alike}` is there)"));
        writeln!(out, "unresolved {}:{} `{}`{alike}", it.file, it.line, it.reference).unwrap();
    }
    for it in &made.notes {
        writeln!(out, "note {}:{} `{}`: {}", it.file, it.line, it.what, it.why).unwrap();
    }
    for warning in &made.warnings {
        writeln!(out, "warning {}", warning.message).unwrap();
    }
    for (key, bytes) in written(files, made) {
        if files.get(&key) != Some(&bytes)
            && !files.values().any(|old| *old == bytes)
            && !BESIDE.contains(&key.as_str())
        {
            write!(out, "+ {key}\n{}", String::from_utf8_lossy(&bytes)).unwrap();
        }
    }
    out
}

#[test]
fn every_folder_becomes_what_its_case_says() {
    let folder_of_cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/fingerprint");
    let mut wrong = Vec::new();
    for entry in std::fs::read_dir(folder_of_cases).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        let (given, expected) = text.split_once("\n---\n").unwrap_or((text.trim_end(), ""));
        let (options, files) = read(given);
        let made = fingerprint(folder(&files), &options).unwrap();
        let said = told(&files, &made);
        println!("{}", path.display());
        sound(&files, &made, &options);
        settled(&files, &made, &options);
        if said != expected {
            if std::env::var_os("LANDING_UPDATE").is_some() {
                std::fs::write(&path, format!("{given}\n---\n{said}")).unwrap();
            }
            wrong.push(format!("{}\n{said}", path.display()));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}
