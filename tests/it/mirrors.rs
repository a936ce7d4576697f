//! Mirrors: a second store holds what is public, is never asked for nothing, and stops nothing when it fails.

use crate::faults::{Fault, Faults};
use crate::project::Project;
use crate::world::{Machine, World, agrees, block_on, documents, head, key, mirrors, purged, site};
use landing::diag::{Code, Exit};
use landing::model::{Deed, Head, Mode};
use landing::shell::deploy::{Mirror, To};
use landing::store::{Condition, Object, Phase, Store, Verb};
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

const SITE: &str =
    "index.html=<p>hello {a.css}\nabout.html=us\n404.html=gone\nassets/a.css=red\nmode closed index.html=tomorrow";

/// A machine whose mirror fails as told.
fn failing(world: &World, rule: impl Fn(bool, &str, usize) -> Option<Fault> + Send + Sync + 'static) -> Machine {
    let mut machine = world.machine();
    let store = Store::over(Arc::new(Faults::new(rule)), "faulty:").within(Duration::from_millis(300));
    machine.mirrors.push(Mirror { name: "copy".to_owned(), store: Ok(store) });
    machine
}

fn whole(world: &World) {
    let primary = world.machine().store;
    let head = block_on(agrees(&primary));
    assert_eq!(head.copies.get("copy"), Some(&head.shows()), "{head:?}");
    block_on(mirrors(&world.copy(), &primary, &head));
}

#[test]
fn a_mirror_gets_what_is_public_and_costs_nothing_when_nothing_changes() {
    let world = World::new();
    let machine = world.mirrored("one");
    let first = block_on(machine.deploy(SITE)).unwrap();
    assert!(first.copies[0].whole && first.complaint.is_none(), "{first:?}");
    whole(&world);
    for name in ["one", "another"] {
        let machine = world.mirrored(name);
        let again = block_on(machine.deploy(SITE)).unwrap();
        assert_eq!((again.store_requests, again.copies[0].requests, again.copies[0].whole), (1, 0, true));
    }
    // What stands there, the new one, and a look at it.
    let changed = block_on(world.mirrored("one").deploy(&SITE.replace("hello", "hullo"))).unwrap();
    assert_eq!((changed.store_requests, changed.copies[0].requests), (9, 3));
    assert_eq!((documents(&changed), changed.purge_calls), (vec!["index.html"], 1));
    whole(&world);
}

#[test]
fn a_rollback_and_a_mode_are_shown_by_the_mirror_as_well() {
    let world = World::new();
    block_on(world.mirrored("one").deploy(SITE)).unwrap();
    block_on(world.mirrored("one").deploy(&SITE.replace("hello", "hullo").replace("red", "pink"))).unwrap();
    let back = block_on(world.mirrored("another").switch(&To::Before)).unwrap();
    assert!(back.copies[0].whole);
    whole(&world);
    block_on(world.mirrored("one").switch(&To::Mode(Mode::Closed))).unwrap();
    whole(&world);
    let shown = block_on(world.copy().get(&key("index.html"))).unwrap();
    assert_eq!(&shown.bytes[..], b"tomorrow");
}

#[test]
fn a_mirror_that_fails_stops_nothing_and_is_paid_by_the_next_command() {
    for fault in [Fault::Refused, Fault::LostRequest, Fault::Silence] {
        let world = World::new();
        block_on(world.mirrored("one").deploy(SITE)).unwrap();
        world.api.take();
        let changed = SITE.replace("hello", "hullo");
        let machine = failing(&world, move |_, _, _| Some(fault));
        let outcome = block_on(machine.deploy(&changed)).unwrap();
        let complaint = outcome.complaint.clone().unwrap();
        assert_eq!((complaint.code, complaint.code.exit()), (Code::MirrorOwed, Exit::Partly), "{complaint}");
        assert!(complaint.message.starts_with("the mirror `copy` does not hold release "), "{complaint}");
        let copy = &outcome.copies[0];
        assert!(!copy.whole && copy.owed.is_some() && outcome.verified, "{outcome:?}");
        assert!(block_on(agrees(&machine.store)).copies.is_empty());
        // Still down: it is asked, and nothing else happens.
        let again = block_on(failing(&world, move |_, _, _| Some(fault)).deploy(&changed)).unwrap();
        assert_eq!((again.store_writes, again.purge_calls), (0, 0), "{again:?}");
        assert_eq!(again.complaint.unwrap().code, Code::MirrorOwed);
        // Back again: what it gets late may be cached from it as it was.
        world.api.take();
        let paid = block_on(world.mirrored("another").finish()).unwrap();
        assert_eq!((&paid.complaint, paid.copies[0].whole), (&None, true));
        assert_eq!((purged(&paid), world.api.take().len()), (vec!["/", "/index.html"], 1));
        whole(&world);
        let head = block_on(head(&world.machine().store)).unwrap();
        assert!(head.log.iter().any(|record| record.did == Deed::Copy));
        let quiet = block_on(world.mirrored("another").deploy(&changed)).unwrap();
        assert_eq!((quiet.store_requests, quiet.copies[0].requests), (1, 0));
    }
}

#[test]
fn a_mirror_that_cannot_even_be_opened_does_not_stop_a_rollback() {
    let world = World::with(SITE);
    block_on(world.machine().deploy(&SITE.replace("hello", "hullo"))).unwrap();
    let mut machine = world.machine();
    let why = landing::diag::Diagnostic::new(Code::MissingKey, "no credentials").hint("set them");
    machine.mirrors.push(Mirror { name: "copy".to_owned(), store: Err(why) });
    let outcome = block_on(machine.switch(&To::Before)).unwrap();
    let complaint = outcome.complaint.unwrap();
    assert_eq!((outcome.release, complaint.code), (site(SITE).1.id(), Code::MirrorOwed));
    assert!(complaint.message.ends_with("no credentials") && complaint.hint.unwrap().ends_with("set them"));
}

#[test]
fn half_of_a_copy_is_no_copy() {
    let world = World::new();
    let machine =
        failing(&world, |put, key, count| (put && key == "index.html" && count == 2).then_some(Fault::Refused));
    block_on(machine.deploy(SITE)).unwrap();
    // `about` arrives in the mirror, the entry page does not.
    let outcome = block_on(machine.deploy(&SITE.replace("hello", "hullo").replace("=us", "=we"))).unwrap();
    assert!(!outcome.copies[0].whole, "{outcome:?}");
    let copy = machine.mirrors[0].store.clone().unwrap();
    assert_eq!(&block_on(copy.get(&key("about.html"))).unwrap().bytes[..], b"we");
    // Neither the release before nor the next has that text: by their difference it would stay.
    let third = block_on(machine.deploy(&SITE.replace("hello", "hallo"))).unwrap();
    assert!(third.copies[0].whole && third.complaint.is_none(), "{third:?}");
    let head = block_on(agrees(&machine.store));
    block_on(mirrors(&copy, &machine.store, &head));
}

#[test]
fn what_somebody_else_put_into_a_mirror_is_named_and_left_alone() {
    let world = World::new();
    block_on(world.copy().put(&key("about.html"), &Object::default(), Condition::Absent)).unwrap();
    block_on(world.copy().put(&key("theirs.html"), &Object::default(), Condition::Absent)).unwrap();
    let outcome = block_on(world.mirrored("one").deploy(SITE)).unwrap();
    let owed = outcome.copies[0].owed.clone().unwrap();
    assert!(owed.contains("did not write: `about.html`"), "{owed}");
    assert!(block_on(world.copy().get(&key("about.html"))).unwrap().bytes.is_empty());
    let mut machine = world.mirrored("one");
    machine.options.adopt = true;
    assert!(block_on(machine.deploy(SITE)).unwrap().copies[0].whole);
    whole(&world);
    assert!(block_on(world.copy().head(&key("theirs.html"))).is_ok());
}

#[test]
fn a_repair_looks_at_every_file_of_every_store() {
    let world = World::new();
    block_on(world.mirrored("one").deploy(SITE)).unwrap();
    let copy = world.root.path().join("copy");
    std::fs::remove_file(copy.join("about.html")).unwrap();
    std::fs::remove_dir_all(copy.join("assets")).unwrap();
    world.api.take();
    let mended = block_on(world.mirrored("one").mend()).unwrap();
    assert_eq!((purged(&mended), mended.copies[0].whole), (vec!["/about", "/about.html"], true));
    whole(&world);
    let nothing = block_on(world.mirrored("one").mend()).unwrap();
    assert_eq!((nothing.store_writes, nothing.purge_calls, nothing.copies[0].whole), (0, 0, true));
}

#[test]
fn a_head_of_the_format_before_mirrors_is_read_and_every_mirror_is_owed_its_copy() {
    let world = World::with(SITE);
    let machine = world.mirrored("one");
    block_on(async {
        let stored = machine.store.get(&Head::key()).await.unwrap();
        let mut old: serde_json::Value = serde_json::from_slice(&stored.bytes).unwrap();
        assert!(old.get("copies").is_none());
        old["format"] = 2.into();
        let object = Object { bytes: serde_json::to_vec(&old).unwrap().into(), headers: stored.headers };
        machine.store.put(&Head::key(), &object, Condition::Matches(&stored.tag)).await.unwrap();
    });
    let outcome = block_on(machine.deploy(SITE)).unwrap();
    assert!(outcome.copies[0].whole && outcome.complaint.is_none(), "{outcome:?}");
    assert_eq!(block_on(head(&machine.store)).unwrap().format, Head::FORMAT);
    whole(&world);
}

#[test]
fn a_mirror_takes_the_primarys_place_when_its_release_is_deployed_to_it() {
    let world = World::new();
    block_on(world.mirrored("one").deploy(&SITE.replace("hello", "hullo"))).unwrap();
    block_on(world.mirrored("one").deploy(SITE)).unwrap();
    let mut machine = world.machine_of("two");
    machine.store = world.copy();
    let promoted = block_on(machine.deploy(SITE)).unwrap();
    assert!(promoted.documents.is_empty() && promoted.verified && promoted.complaint.is_none(), "{promoted:?}");
    block_on(agrees(&machine.store));
    block_on(machine.deploy(&SITE.replace("hello", "hallo"))).unwrap();
    block_on(machine.switch(&To::Before)).unwrap();
    block_on(machine.switch(&To::Mode(Mode::Closed))).unwrap();
    block_on(agrees(&machine.store));
}

#[test]
fn a_slow_mirror_is_waited_for() {
    let world = World::new();
    let outcome = block_on(failing(&world, |_, _, _| Some(Fault::Slow)).deploy(SITE)).unwrap();
    assert!(outcome.copies[0].whole && outcome.complaint.is_none(), "{outcome:?}");
}

#[test]
fn a_deploy_that_is_overtaken_at_its_mirror_leaves_there_what_the_winner_says() {
    for verb in [Verb::Get, Verb::Put] {
        let world = Arc::new(World::new());
        block_on(world.mirrored("one").deploy(SITE)).unwrap();
        let (once, theirs) = (AtomicBool::new(false), Arc::clone(&world));
        let winner = SITE.replace("hello", "hallo");
        let expected = site(&winner).1.id();
        let store = world.copy().observed(Arc::new(move |request| {
            if request.verb == verb && request.phase == Phase::Before && !once.swap(true, Ordering::SeqCst) {
                let (world, winner) = (Arc::clone(&theirs), winner.clone());
                std::thread::spawn(move || block_on(world.mirrored("other").deploy(&winner)).unwrap()).join().unwrap();
            }
        }));
        let mut machine = world.machine();
        machine.mirrors.push(Mirror { name: "copy".to_owned(), store: Ok(store) });
        let err = block_on(machine.deploy(&SITE.replace("hello", "hullo"))).unwrap_err();
        assert_eq!(err.code, Code::LostRace, "{err}");
        assert_eq!(block_on(head(&machine.store)).unwrap().release, expected);
        whole(&world);
    }
}

#[test]
fn the_commands_say_what_each_copy_has() {
    let project = Project::new();
    let config = project.read("site/landing.toml") + "[[env.local.mirrors]]\nstore = \"dir:copy\"\n";
    project.write("site/landing.toml", &config);
    let first = project.done(&["deploy"]);
    assert_eq!((&first["copies"][0]["store"], &first["copies"][0]["whole"]), (&json!("dir:copy"), &json!(true)));
    let again = project.done(&["deploy"]);
    assert_eq!((&again["store_requests"], &again["copies"][0]["requests"]), (&json!(1), &json!(0)));
    let said = project.command(&["deploy", "--no-serve"]).output().unwrap();
    assert!(String::from_utf8_lossy(&said.stdout).contains("mirror `dir:copy` holds it"), "{said:?}");

    let verdict = |command: &str, verdict: &str, exit: i32| {
        let said = project.run(&[command]);
        let result = said.result();
        let of_copies = |it: &&serde_json::Value| it["check"] == "copies";
        let found: Vec<_> = result["findings"].as_array().unwrap().iter().filter(of_copies).collect();
        assert_eq!((said.exit, found.len()), (exit, 2), "{result:#}");
        assert_eq!((&found[0]["verdict"], &found[1]["verdict"]), (&json!("pass"), &json!(verdict)), "{result:#}");
        found[1]["seen"].to_string()
    };
    verdict("verify", "pass", 0);
    verdict("doctor", "pass", 0);
    std::fs::remove_file(project.path("copy/mentions.html")).unwrap();
    project.replace("copy/index.html", "caf\u{e9}", "th\u{e9}");
    for (command, exit) in [("verify", 5), ("doctor", 4)] {
        let seen = verdict(command, "fail", exit);
        assert!(
            seen.contains("`index.html` has another body") && seen.contains("`mentions.html` is missing"),
            "{seen}"
        );
    }
    project.done(&["deploy", "--repair", "--adopt"]);
    verdict("verify", "pass", 0);
    assert_eq!(project.done(&["releases"])["copies"][0]["whole"], true);
}

#[test]
fn a_mirror_without_credentials_is_owed_and_named() {
    let project = Project::new();
    let config = project.read("site/landing.toml")
        + "[[env.local.mirrors]]\nstore = \"s3://copie/www\"\ncredentials = { env_prefix = \"LANDING_NOBODY\" }\n";
    project.write("site/landing.toml", &config);
    let said = project.run(&["deploy"]);
    assert_eq!((said.exit, &said.result()["code"]), (6, &json!("mirror-owed")), "{}", said.result());
    let message = said.result()["message"].as_str().unwrap();
    assert!(message.contains("`s3://copie/www`") && message.contains("`LANDING_NOBODY_ACCESS_KEY_ID`"), "{message}");
    // The last line says what is live all the same.
    let (last, done) = (said.result(), &said.events[said.events.len() - 2]);
    for key in ["release", "url", "owed", "copies", "documents"] {
        assert!(last[key] == done[key] && !last[key].is_null(), "{key}: {last}");
    }
    assert_eq!(
        (&done["event"], &done["verified"], &done["copies"][0]["whole"]),
        (&json!("done"), &json!(true), &json!(false))
    );
}
