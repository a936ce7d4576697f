//! The deploy killed on a real S3 server, after each thing that it says, while somebody looks at the page all the while.
//!
//! The whole matrix, after every single request, is in `tests/it/crash.rs` over a folder and in `kills.rs` over the network; here a
//! whole process is killed.

use crate::project::{Project, Running};
use crate::stores::{Moto, fetch, key, wait};
use landing::model::{Digest, Head, Mode, Release};
use landing::store::Store;
use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// No run of one of these commands says more.
const MOST: usize = 80;

/// Runs a command until it has said `fatal` lines about the store, then kills it. Whether it was still at work.
fn killed(project: &Project, args: &[&str], fatal: usize) -> bool {
    let mut command = project.command(&[args, &["--json"]].concat());
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("it starts");
    let lines = BufReader::new(child.stdout.take().expect("it was piped")).lines();
    // A build says a step for each picture, a proof one for each question; only what changes something counts.
    let told = lines.map_while(Result::ok).filter(|line| {
        ["upload", "fetch", "commit", "write", "purge"]
            .iter()
            .any(|phase| line.contains(&format!("\"phase\":\"{phase}\"")))
    });
    let reached = told.take(fatal).count() == fatal;
    let _ = child.kill();
    let ended = child.wait().expect("it ends");
    reached && ended.code().is_none()
}

/// The documents in the bucket, each of them a whole one of a release that was sealed, and with all its files.
fn whole(store: &Store, releases: &BTreeMap<Digest, Release>) {
    wait(async {
        let pages = store.tags("").await.expect("a listing");
        for page in pages.keys().filter(|page| page.extension() == "html") {
            let body = Digest::of(&store.get(page).await.expect("it was listed").bytes);
            let shown = |release: &Release| {
                Mode::ALL
                    .into_iter()
                    .find_map(|mode| release.shown(mode).entries.get(page).filter(|it| it.sha256 == body).cloned())
            };
            let of = releases.values().find_map(shown);
            let entry = of.unwrap_or_else(|| panic!("{page} is of no release"));
            for file in &entry.refs {
                assert!(store.head(file).await.is_ok(), "{page} refers to {file}, which is not there");
            }
        }
    });
}

fn releases(store: &Store) -> BTreeMap<Digest, Release> {
    wait(async {
        let mut releases = BTreeMap::new();
        for key in store.list(".landing/releases").await.expect("a listing") {
            let manifest = store.get(&key).await.expect("it was listed");
            releases.insert(Digest::of(&manifest.bytes), Release::from_json(&manifest.bytes).expect("a manifest"));
        }
        releases
    })
}

#[test]
fn a_deploy_and_a_rollback_to_a_bucket_may_be_killed_anywhere() {
    let moto = Moto::start();
    let project = moto.project("campagne", &moto.secret);
    project.write("site/closed.md", "+++\ntemplate = \"error\"\ntitle = \"Closed\"\n+++\n\nDemain.\n");
    let store = moto.open(&project.path(""), "campagne", &moto.secret);
    project.done(&["deploy"]);
    let _edge: Running = project.edge();
    let url = project.url("/");
    let (stop, looks) = (AtomicBool::new(false), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        // Whatever is killed, a visitor gets a whole page.
        scope.spawn(|| {
            while !stop.load(Ordering::SeqCst) {
                let page = fetch(&url);
                assert!(page.starts_with("<!") && page.trim_end().ends_with("</html>"), "{page}");
                looks.fetch_add(1, Ordering::SeqCst);
                std::thread::sleep(std::time::Duration::from_millis(20));
            }
        });
        let points = matrix(&project, &store);
        stop.store(true, Ordering::SeqCst);
        let looks = looks.load(Ordering::SeqCst);
        assert!(points >= 8 && looks > 100, "only {points} kill points and {looks} looks at the page");
    });
}

/// Each command is killed after every second thing that it says, and the next one finishes it. Gives how often.
fn matrix(project: &Project, store: &Store) -> usize {
    let mut points = 0;
    let mut word = "caf\u{e9}".to_owned();
    for command in [&["deploy"][..], &["rollback", "local"], &["mode", "local", "closed"], &["mode", "local", "normal"]]
    {
        for fatal in (1..MOST).step_by(2) {
            if command[0] == "deploy" || command[0] == "rollback" {
                let next = format!("mot{points}");
                project.replace("site/index.md", &word, &next);
                word = next;
            }
            if command[0] == "rollback" {
                project.done(&["deploy"]);
            }
            if command[0] == "mode" {
                project.done(&["mode", "local", "normal"]);
            }
            let was_at_work = killed(project, command, fatal);
            whole(store, &releases(store));
            let next = if command[0] == "rollback" { &["purge", "local", "--pending"][..] } else { command };
            let done = project.done(next);
            assert_eq!(done["verified"], true, "{command:?} after {fatal}: {done}");
            let head = Head::from_json(&wait(store.get(&Head::key())).expect("a head").bytes).expect("a head");
            assert!(head.is_settled(), "{command:?} after {fatal}: {head:?}");
            let shown = releases(store)[&head.release].shown(head.mode);
            for (key, entry) in shown.documents() {
                let there = wait(store.get(key)).expect("it is of the release");
                assert_eq!(Digest::of(&there.bytes), entry.sha256, "{key} after {command:?}, {fatal}");
            }
            let served = fetch(&project.url("/"));
            let entry = &shown.entries[&key("index.html")];
            assert_eq!(Digest::of(served.as_bytes()), entry.sha256, "{command:?} after {fatal}: the edge is stale");
            if !was_at_work {
                break;
            }
            points += 1;
        }
    }
    points
}
