//! One contract for every kind of store, and what a folder promises beyond it: killed writers, hostile files, full disks.

use crate::child::{self, Child};
use crate::contract::{self, increment, key, object};
use landing::model::{Headers, StoreUrl, Tag};
use landing::store::{Condition, Counts, Object, Phase, Store, StoreError, Verb};
use std::path::Path;
use std::sync::{Arc, Mutex};

fn folder(root: &Path) -> Store {
    Store::open(root, &StoreUrl::Dir("store".to_owned())).unwrap()
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(4).enable_all().build().unwrap()
}

/// Runs something over every kind of store that needs no server.
fn everywhere<F: Future<Output = ()>>(check: impl Fn(Store) -> F) {
    let root = tempfile::tempdir().unwrap();
    let memory = Store::open(root.path(), &StoreUrl::Memory).unwrap();
    for store in [memory, folder(root.path())] {
        runtime().block_on(check(store));
    }
}

#[test]
fn a_folder_and_memory_keep_the_contract() {
    for (sentence, clause) in contract::ALL.iter().chain(contract::MARKS).chain(contract::RACES) {
        everywhere(|store| {
            println!("{sentence}: {}", store.name());
            clause(store)
        });
    }
}

#[test]
fn another_field_is_another_object() {
    everywhere(|store| async move {
        let first = store.put(&key("a"), &object("1"), Condition::Absent).await.unwrap();
        let other = Object { headers: Headers::new().with("content-type", "text/html"), ..object("1") };
        let second = store.put(&key("a"), &other, Condition::Matches(&first)).await.unwrap();
        assert_ne!(first, second);
        assert_eq!(store.get(&key("a")).await.unwrap().headers, other.headers);
    });
}

/// A child: counts until it is killed, and says every number that it wrote.
pub(crate) fn count(root: &Path) {
    use std::io::Write as _;
    let store = folder(root);
    runtime().block_on(async {
        loop {
            let mine = increment(&store).await;
            let mut out = std::io::stdout().lock();
            writeln!(out, "wrote:{mine}").unwrap();
        }
    });
}

#[test]
fn no_increment_is_lost_when_writers_are_killed() {
    let root = tempfile::tempdir().unwrap();
    let order = ["count", root.path().to_str().unwrap()];
    let mut written = std::collections::BTreeSet::new();
    let mut note =
        |line: Option<String>| assert!(written.insert(line.unwrap().parse::<u64>().unwrap()), "written twice");
    let mut children: Vec<Child> = (0..3).map(|_| Child::start(child::command(&order))).collect();
    for round in 0..30 {
        let one = round % children.len();
        for child in &mut children {
            note(child.line("wrote:"));
        }
        // Killed wherever it is, perhaps with the lock in its hand; what it said until then is read to the end.
        children[one].kill();
        while let Some(line) = children[one].line("wrote:") {
            note(Some(line));
        }
        children[one] = Child::start(child::command(&order));
    }
    for child in &mut children {
        child.kill();
        while let Some(line) = child.line("wrote:") {
            note(Some(line));
        }
    }
    let end: u64 = runtime().block_on(async { increment(&folder(root.path())).await }) - 1;
    let said = written.len() as u64;
    // A writer can be killed between its write and its words: at most one number per kill is missing.
    assert!(end >= said && end <= said + 33, "{said} said, {end} counted");
    assert_eq!(runtime().block_on(folder(root.path()).list("")).unwrap(), [key("counter")], "nothing is left behind");
}

#[test]
fn requests_are_counted_and_shown() {
    everywhere(|store| async move {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&seen);
        let store = store.observed(Arc::new(move |request| {
            log.lock().unwrap().push((request.verb, request.key.to_owned(), request.phase));
        }));
        store.put(&key("a"), &object("1"), Condition::Absent).await.unwrap();
        let _ = store.clone().get(&key("b")).await;
        assert_eq!(store.counts(), Counts { requests: 2, writes: 1 });
        let at = |verb, key: &str, phase| (verb, key.to_owned(), phase);
        assert_eq!(
            *seen.lock().unwrap(),
            [
                at(Verb::Put, "a", Phase::Before),
                at(Verb::Put, "a", Phase::After),
                at(Verb::Get, "b", Phase::Before),
                at(Verb::Get, "b", Phase::After),
            ]
        );
    });
}

fn refusal<T: std::fmt::Debug>(result: Result<T, StoreError>) -> String {
    match result.unwrap_err() {
        StoreError::Refused(why) => why,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_foreign_file_in_a_folder_is_an_object_without_fields() {
    let root = tempfile::tempdir().unwrap();
    let store = folder(root.path());
    std::fs::write(root.path().join("store/index.html"), "<p>theirs").unwrap();
    let got = runtime().block_on(store.get(&key("index.html"))).unwrap();
    assert_eq!((&got.bytes[..], got.headers.is_empty()), (&b"<p>theirs"[..], true));
}

#[test]
fn hostile_things_in_a_folder_are_refused_in_words() {
    let root = tempfile::tempdir().unwrap();
    let store = folder(root.path());
    let at = |name: &str| root.path().join("store").join(name);
    std::fs::write(at("damaged"), "landing-object: 1\nno end").unwrap();
    std::os::unix::fs::symlink("/etc/passwd", at("link")).unwrap();
    std::os::unix::net::UnixListener::bind(at("socket")).unwrap();
    std::fs::create_dir(at("sub")).unwrap();
    std::fs::write(at("file"), "x").unwrap();
    std::fs::write(at("back\\slash"), "x").unwrap();
    runtime().block_on(async {
        assert!(refusal(store.get(&key("damaged")).await).contains("damaged: its header fields do not end"));
        assert!(refusal(store.get(&key("link")).await).contains("a link or a device"));
        assert!(refusal(store.get(&key("socket")).await).contains("a link or a device"));
        assert_eq!(store.get(&key("sub")).await.unwrap_err(), StoreError::NotFound);
        assert_eq!(store.get(&key("file/below")).await.unwrap_err(), StoreError::NotFound);
        refusal(store.put(&key("file/below"), &object("1"), Condition::Absent).await);
        assert!(
            refusal(store.put(&key("sub"), &object("1"), Condition::Absent).await).contains("a folder stands there")
        );
        assert!(refusal(store.put(&key("new#7"), &object("1"), Condition::Absent).await).contains("`#` and digits"));
        assert_eq!(store.put(&key("link"), &object("1"), Condition::Absent).await, Err(StoreError::Conflict));
        let tags = store.tags("").await.unwrap();
        assert_eq!(tags[&key("link")], Tag(String::new()));
        assert_ne!(tags[&key("damaged")], Tag(String::new()));
    });
}

/// A child: writes one large object and says how that went.
pub(crate) fn fill(root: &Path) {
    let large = Object { bytes: vec![b'x'; 100_000].into(), headers: Headers::new() };
    let store = Store::open(root, &StoreUrl::Dir("store".to_owned()));
    let result = store.map_err(|err| err.to_string()).and_then(|store| {
        runtime().block_on(store.put(&key("large"), &large, Condition::Absent)).map_err(|err| format!("{err:?}"))
    });
    println!("filled:{result:?}");
}

#[test]
fn a_full_disk_is_a_refusal_and_leaves_what_was() {
    let root = tempfile::tempdir().unwrap();
    let store = folder(root.path());
    runtime().block_on(store.put(&key("small"), &object("1"), Condition::Absent)).unwrap();
    // The same system call fails as on a full disk, and no right to mount one is needed.
    let limit = "trap '' XFSZ; ulimit -f 16";
    let mut child = Child::start(child::command_after(limit, &["fill", root.path().to_str().unwrap()]));
    let said = child.line("filled:").unwrap();
    assert!(said.contains("Refused") && said.contains("File too large"), "{said}");
    assert_eq!(runtime().block_on(store.list("")).unwrap(), [key("small")]);
}

#[test]
fn a_folder_without_permission_is_a_refusal() {
    use std::os::unix::fs::PermissionsExt as _;
    use std::os::unix::process::CommandExt as _;
    let root = tempfile::Builder::new().permissions(std::fs::Permissions::from_mode(0o755)).tempdir().unwrap();
    let inside = root.path().join("store");
    std::fs::create_dir(&inside).unwrap();
    std::fs::set_permissions(&inside, std::fs::Permissions::from_mode(0o555)).unwrap();
    // Permissions do not bind root, and the folder of the binary may be closed to everybody else: a copy, run as nobody.
    let copy = root.path().join("copy");
    std::fs::copy(std::env::current_exe().unwrap(), &copy).unwrap();
    let mut command = child::command_of(&copy, &["fill", root.path().to_str().unwrap()]);
    if std::fs::metadata("/proc/self").is_ok_and(|me| std::os::unix::fs::MetadataExt::uid(&me) == 0) {
        command.uid(65_534);
    }
    let said = Child::start(command).line("filled:").unwrap();
    assert!(said.contains("Refused") && said.contains("Permission denied"), "{said}");
}

#[test]
fn a_store_that_cannot_be_opened_says_why() {
    let root = tempfile::tempdir().unwrap();
    std::fs::write(root.path().join("store"), "a file").unwrap();
    let err = Store::open(root.path(), &StoreUrl::Dir("store".to_owned())).unwrap_err();
    assert!(err.to_string().contains("`store` cannot be used as a store"), "{err}");
}
