//! What nobody needs is deleted, and nothing else: not what a kept release names, not beside a deploy, not while frozen.

use crate::world::{Machine, agrees, block_on, site};
use landing::diag::{Code, Exit};
use landing::model::{Deed, Digest, Freeze, Head, Mode, Retention, StoreUrl};
use landing::shell::deploy::{Mirror, Rules, To, begin};
use landing::store::{Condition, Object, Store, Verb};
use std::path::Path;
use std::sync::{Arc, Mutex};

fn version(text: &str) -> String {
    format!(
        "index.html=<p>{text} {{a.css}}\n404.html=gone\nassets/a.css=style {text}\nmode degraded index.html={text} degraded"
    )
}

fn id(text: &str) -> Digest {
    site(&version(text)).1.id()
}

fn rules(delete: bool) -> Rules {
    let retention = Retention { releases: 1, days: 0 };
    Rules { retention, grace: jiff::SignedDuration::ZERO, max_deletes: 256, delete }
}

fn machine(root: &Path, name: &str) -> Machine {
    Machine::new(Store::open(root, &StoreUrl::Dir("store".to_owned())).unwrap(), root.join(name), Vec::new())
}

/// A store in which three releases were live, the last one is.
fn world() -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    for text in ["one", "two", "three"] {
        block_on(machine(root.path(), "first").deploy(&version(text))).unwrap();
    }
    // What is written within one second is of one age, and gc looks at whole seconds.
    std::thread::sleep(std::time::Duration::from_millis(1_100));
    root
}

fn holds(root: &Path) -> Vec<String> {
    let files = walkdir::WalkDir::new(root.join("store")).sort_by_file_name().into_iter().map(Result::unwrap);
    let names = files.filter(|it| it.file_type().is_file()).map(|it| it.path().display().to_string());
    names.filter(|name| !name.contains('#')).collect()
}

#[test]
fn a_trial_deletes_nothing_and_names_everything() {
    let root = world();
    let before = holds(root.path());
    let swept = block_on(machine(root.path(), "other").gc(rules(false))).unwrap();
    assert_eq!(holds(root.path()), before);
    // The manifest of the first, its page in two modes, its style sheet.
    let keys: Vec<&str> = swept.garbage.iter().map(|held| held.key.as_str()).collect();
    assert_eq!((keys.len(), swept.deleted, keys[0]), (4, false, Head::manifest_key(&id("one")).as_str()));
    assert_eq!(swept.kept, [id("two"), id("three")].into());
    let young = Rules { grace: jiff::SignedDuration::from_hours(1), ..rules(true) };
    assert!(block_on(machine(root.path(), "other").gc(young)).unwrap().garbage.is_empty());
    let kept = Rules { retention: Retention { releases: 3, days: 0 }, ..rules(true) };
    assert!(block_on(machine(root.path(), "other").gc(kept)).unwrap().garbage.is_empty());
    assert_eq!(holds(root.path()), before);
}

#[test]
fn what_is_kept_can_still_be_gone_back_to_and_what_is_gone_can_be_deployed_again() {
    let root = world();
    std::fs::write(root.path().join("store/assets/theirs.css"), "not ours").unwrap();
    std::fs::write(root.path().join("store/theirs.html"), "not ours").unwrap();
    let before = holds(root.path()).len();
    assert!(block_on(machine(root.path(), "other").gc(rules(true))).unwrap().deleted);
    assert_eq!(holds(root.path()).len(), before - 4);
    let head = block_on(agrees(&machine(root.path(), "other").store));
    assert_eq!((head.sweep, head.verified, head.release), (None, true, id("three")));
    assert_eq!(head.log.iter().rev().map(|it| it.did).take(2).collect::<Vec<_>>(), [Deed::Swept, Deed::Sweep]);
    block_on(machine(root.path(), "other").switch(&To::Mode(Mode::Degraded))).unwrap();
    block_on(machine(root.path(), "other").switch(&To::Mode(Mode::Normal))).unwrap();
    block_on(machine(root.path(), "other").switch(&To::Before)).unwrap();
    assert_eq!(block_on(agrees(&machine(root.path(), "other").store)).release, id("two"));
    let gone = block_on(machine(root.path(), "other").switch(&To::Release(id("one").to_string()))).unwrap_err();
    assert_eq!(gone.code, Code::BadControl);
    block_on(machine(root.path(), "other").deploy(&version("one"))).unwrap();
    assert_eq!(block_on(agrees(&machine(root.path(), "other").store)).release, id("one"));
}

#[test]
fn too_much_and_a_freeze_stop_it_before_anything_is_deleted() {
    let root = world();
    let before = holds(root.path());
    let machine = machine(root.path(), "other");
    let err = block_on(machine.gc(Rules { max_deletes: 3, ..rules(true) })).unwrap_err();
    assert_eq!((err.code, err.code.exit()), (Code::TooManyDeletes, Exit::Rail));
    let until = "2999-01-01T00:00:00Z".parse().unwrap();
    let freeze = Freeze { until, reason: "on air".to_owned(), by: "ada@one".to_owned() };
    block_on(machine.freeze(Some(&freeze))).unwrap();
    for delete in [false, true] {
        assert_eq!(block_on(machine.gc(rules(delete))).unwrap_err().code, Code::Frozen);
    }
    assert_eq!(holds(root.path()), before);
}

#[test]
fn a_deploy_that_was_under_way_does_not_commit_over_a_sweep() {
    let root = world();
    let slow = machine(root.path(), "slow");
    let err = block_on(async {
        let basis = begin(&slow.store, &slow.state).await.unwrap();
        machine(root.path(), "other").gc(rules(true)).await.unwrap();
        // Its style sheet was there when it began.
        slow.deploy_over(basis, &version("one")).await.unwrap_err()
    });
    assert!(err.code == Code::LostRace && err.message.contains("swept"), "{err}");
    assert_eq!(block_on(agrees(&slow.store)).release, id("three"));
}

#[test]
fn while_it_deletes_a_deploy_and_a_way_back_to_what_goes_are_refused_and_whoever_moves_the_head_stops_it() {
    let root = world();
    let said = Arc::new(Mutex::new(Vec::new()));
    let mut sweeping = machine(root.path(), "other");
    let (log, path) = (Arc::clone(&said), root.path().to_owned());
    sweeping.store = sweeping.store.observed(Arc::new(move |request| {
        let mut said = log.lock().unwrap();
        if request.verb == Verb::Delete && said.is_empty() {
            let beside = |name: &str| machine(&path, name);
            let work = std::thread::scope(|scope| {
                let deploy = scope.spawn(|| block_on(beside("a").deploy(&version("one"))));
                let back = scope.spawn(|| block_on(beside("b").switch(&To::Release(id("one").to_string()))));
                [deploy.join().unwrap(), back.join().unwrap()]
            });
            said.extend(work.map(|result| result.unwrap_err().code));
        }
    }));
    block_on(sweeping.gc(rules(true))).unwrap();
    assert_eq!(*said.lock().unwrap(), [Code::Sweeping, Code::Sweeping]);
    block_on(agrees(&sweeping.store));

    let root = world();
    let mut sweeping = machine(root.path(), "other");
    let (once, path) = (Mutex::new(false), root.path().to_owned());
    sweeping.store = sweeping.store.observed(Arc::new(move |request| {
        let mut once = once.lock().unwrap();
        if request.verb == Verb::Delete && !*once {
            *once = true;
            let work = || block_on(machine(&path, "b").switch(&To::Mode(Mode::Degraded)));
            std::thread::scope(|scope| scope.spawn(work).join().unwrap()).unwrap();
        }
    }));
    let err = block_on(sweeping.gc(rules(true))).unwrap_err();
    assert_eq!((err.code, err.code.exit()), (Code::LostRace, Exit::Outdated));
    let head = block_on(agrees(&sweeping.store));
    assert_eq!((head.mode, head.sweep), (Mode::Degraded, None));
}

#[test]
fn a_sweep_that_died_keeps_nobody_away_for_ever() {
    let root = world();
    let machine = machine(root.path(), "other");
    block_on(async {
        let stored = machine.store.get(&Head::key()).await.unwrap();
        for (hours, refused) in [(0, true), (2, false)] {
            let mut head = Head::from_json(&stored.bytes).unwrap();
            let at = jiff::Timestamp::now() - jiff::SignedDuration::from_hours(hours);
            head.sweep = Some(landing::model::Sweep { by: "bob@two".to_owned(), at, drops: [id("one")].into() });
            let now = machine.store.get(&Head::key()).await.unwrap();
            let object = landing::store::Object { bytes: head.to_json().into(), headers: stored.headers.clone() };
            machine.store.put(&Head::key(), &object, landing::store::Condition::Matches(&now.tag)).await.unwrap();
            let result = machine.deploy(&version("four")).await;
            assert_eq!(result.is_err(), refused, "{result:?}");
        }
    });
    assert_eq!(block_on(agrees(&machine.store)).release, id("four"));
}

#[test]
fn a_mirror_that_holds_what_is_live_is_swept_by_the_same_rules_and_no_other_one() {
    let root = tempfile::tempdir().unwrap();
    let copy = || Store::open(root.path(), &StoreUrl::Dir("copy".to_owned())).unwrap();
    let mirrored = |name: &str| {
        let mut machine = machine(root.path(), name);
        machine.mirrors.push(Mirror { name: "copy".to_owned(), store: Ok(copy()) });
        machine
    };
    for text in ["one", "two", "three"] {
        block_on(mirrored("first").deploy(&version(text))).unwrap();
    }
    block_on(copy().put(&crate::world::key("assets/theirs.css"), &Object::default(), Condition::Absent)).unwrap();
    std::thread::sleep(std::time::Duration::from_millis(1_100));
    let all = block_on(copy().list("")).unwrap();
    let trial = block_on(mirrored("other").gc(rules(false))).unwrap();
    let (old, _) = site(&version("one")).1.assets().map(|(key, entry)| (key.clone(), entry.clone())).next().unwrap();
    assert_eq!(trial.mirrors["copy"].iter().map(|held| &held.key).collect::<Vec<_>>(), [&old]);
    let few = Rules { max_deletes: 4, ..rules(true) };
    assert_eq!(block_on(mirrored("other").gc(few)).unwrap_err().code, Code::TooManyDeletes);
    assert_eq!(block_on(copy().list("")).unwrap(), all);
    assert!(block_on(mirrored("other").gc(rules(true))).unwrap().deleted);
    let left = block_on(copy().list("")).unwrap();
    assert_eq!(left, all.iter().filter(|key| **key != old).cloned().collect::<Vec<_>>());
    let back = block_on(mirrored("other").switch(&To::Before)).unwrap();
    assert!(back.copies[0].whole && back.complaint.is_none(), "{back:?}");

    // Behind: what its pages refer to is not known.
    block_on(machine(root.path(), "alone").deploy(&version("four"))).unwrap();
    std::thread::sleep(std::time::Duration::from_millis(1_100));
    let before = block_on(copy().list("")).unwrap();
    let trial = mirrored("other");
    assert!(block_on(trial.gc(rules(false))).unwrap().mirrors.is_empty());
    let said = format!("{:?}", trial.events.lock().unwrap());
    assert!(said.contains("it does not hold what is live"), "{said}");
    assert_eq!(block_on(copy().list("")).unwrap(), before);
}
