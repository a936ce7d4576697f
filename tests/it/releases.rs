//! Releases that are live, were live and come back: rollback, modes, freeze and the log, over a folder.

use crate::world::{World, agrees, block_on, documents, head, purged, site, url};
use landing::diag::{Code, Exit};
use landing::model::{Deed, Freeze, Head, Key, Mode, Routing};
use landing::shell::deploy::{To, log};
use landing::store::{Condition, Object};

const SITE: &str = "index.html=<p>hello {a.css}\nabout.html=us\n404.html=gone\nassets/a.css=red\n\
    mode degraded index.html=<p>hello, write to us {a.css}\nmode closed index.html=tomorrow\nmode closed about.html=tomorrow";

fn freeze(until: &str) -> Freeze {
    Freeze { until: until.parse().unwrap(), reason: "on air at 21:00".to_owned(), by: "ada@one".to_owned() }
}

#[test]
fn a_rollback_brings_the_release_before_back_without_what_was_built() {
    let world = World::with(SITE);
    let first = block_on(head(&world.machine().store)).unwrap().release;
    let changed = SITE.replace("<p>hello {", "<p>hullo {").replace("red", "pink");
    let second = block_on(world.machine().deploy(&changed)).unwrap();
    world.api.take();

    let outcome = block_on(world.machine_of("another").switch(&To::Before)).unwrap();
    assert_eq!((outcome.release, outcome.previous, outcome.verified), (first, Some(second.release), true));
    assert_eq!((documents(&outcome), purged(&outcome)), (vec!["index.html"], vec!["/", "/index.html"]));
    assert_eq!(world.api.take().len(), 1);
    world.shows("index.html", "<p>hello ");
    block_on(agrees(&world.machine().store));
    // The one that was rolled back is the one before, now; and a release can be named.
    let id = second.release.to_string();
    for to in [To::Before, To::Release(id[..8].to_owned()), To::Release(id)] {
        let outcome = block_on(world.machine().switch(&to)).unwrap();
        assert_eq!(outcome.release, second.release, "{to:?}");
    }
    block_on(agrees(&world.machine().store));
}

#[test]
fn a_mode_writes_only_the_documents_that_differ_and_purges_once() {
    let world = World::with(SITE);
    for (mode, written, says) in [
        (Mode::Degraded, vec!["index.html"], "write to us"),
        (Mode::Closed, vec!["about.html", "index.html"], "tomorrow"),
        (Mode::Normal, vec!["about.html", "index.html"], "<p>hello "),
    ] {
        let outcome = block_on(world.machine_of(mode.name()).switch(&To::Mode(mode))).unwrap();
        assert_eq!((documents(&outcome), outcome.mode, outcome.purge_calls), (written, mode, 1));
        assert!(outcome.verified && outcome.purged.contains(&url("/")));
        world.shows("index.html", says);
        block_on(agrees(&world.machine().store));
        let again = block_on(world.machine_of(mode.name()).switch(&To::Mode(mode))).unwrap();
        assert_eq!((again.store_requests <= 2, again.store_writes, again.purge_calls), (true, 0, 0));
    }
}

#[test]
fn a_deploy_keeps_the_mode_and_what_it_stands_in_for_can_be_shown_later() {
    let world = World::with(SITE);
    block_on(world.machine().switch(&To::Mode(Mode::Degraded))).unwrap();
    let changed =
        SITE.replace("<p>hello {", "<p>hullo {").replace("hello, write", "hullo, write").replace("=us", "=we");
    let outcome = block_on(world.machine_of("another").deploy(&changed)).unwrap();
    assert_eq!((documents(&outcome), outcome.mode), (vec!["about.html", "index.html"], Mode::Degraded));
    world.shows("index.html", "hullo, write to us");
    let quiet = block_on(world.machine_of("another").deploy(&changed)).unwrap();
    assert_eq!((quiet.store_requests, quiet.store_writes), (1, 0));
    // A machine that never built it shows the rest.
    block_on(world.machine_of("third").switch(&To::Mode(Mode::Normal))).unwrap();
    world.shows("index.html", "<p>hullo ");
    block_on(agrees(&world.machine().store));
}

#[test]
fn what_would_open_a_closed_page_by_accident_is_refused() {
    let open = "index.html=hello\n404.html=gone";
    let world = World::with(open);
    let err = block_on(world.machine().switch(&To::Mode(Mode::Closed))).unwrap_err();
    assert_eq!((err.code, err.code.exit()), (Code::NoMode, Exit::Rail));
    block_on(world.machine().deploy(SITE)).unwrap();
    block_on(world.machine().switch(&To::Mode(Mode::Closed))).unwrap();
    for err in [
        block_on(world.machine().deploy(open)).unwrap_err(),
        block_on(world.machine().switch(&To::Before)).unwrap_err(),
    ] {
        assert!(err.code == Code::NoMode && err.message.contains("mode `closed`"), "{err}");
    }
    world.shows("index.html", "tomorrow");
    // `degraded` may look like `normal`.
    block_on(world.machine().switch(&To::Mode(Mode::Normal))).unwrap();
    block_on(world.machine().switch(&To::Before)).unwrap();
    let outcome = block_on(world.machine().switch(&To::Mode(Mode::Degraded))).unwrap();
    assert_eq!((outcome.documents.len(), outcome.purge_calls, outcome.mode), (0, 0, Mode::Degraded));
}

#[test]
fn a_rollback_to_what_is_not_whole_changes_nothing() {
    let world = World::with(SITE);
    let changed = SITE.replace("<p>hello {", "<p>hullo {").replace("red", "pink");
    block_on(world.machine().deploy(&changed)).unwrap();
    let first = site(SITE).1;
    let (asset, _) = first.assets().next().unwrap();
    let blob = Head::blob_key(&first.entries[&Key::parse("index.html").unwrap()].sha256);
    let before = block_on(head(&world.machine().store)).unwrap();
    for (gone, says) in [(asset.clone(), "files of it are gone"), (blob, "is not there")] {
        let kept = std::fs::read(world.file(gone.as_str())).unwrap();
        std::fs::remove_file(world.file(gone.as_str())).unwrap();
        let err = block_on(world.machine().switch(&To::Before)).unwrap_err();
        assert!(err.code == Code::BadControl && err.message.contains(says) && err.hint.is_some(), "{err}");
        std::fs::write(world.file(gone.as_str()), kept).unwrap();
        assert_eq!(block_on(agrees(&world.machine().store)), before);
    }
    let err = block_on(world.machine().switch(&To::Release("0000".to_owned()))).unwrap_err();
    assert_eq!((err.code, err.code.exit()), (Code::UnknownRelease, Exit::Usage));
    block_on(world.machine().switch(&To::Before)).unwrap();
}

#[test]
fn a_rollback_needs_the_files_that_both_releases_share_and_names_the_repair() {
    let world = World::with(SITE);
    let changed = SITE.replace("<p>hello {", "<p>hullo {");
    block_on(world.machine().deploy(&changed)).unwrap();
    let (asset, _) = site(SITE).1.assets().map(|(key, entry)| (key.clone(), entry.clone())).next().unwrap();
    let kept = std::fs::read(world.file(asset.as_str())).unwrap();
    std::fs::remove_file(world.file(asset.as_str())).unwrap();
    let before = block_on(head(&world.machine().store)).unwrap();
    for to in [To::Before, To::Mode(Mode::Degraded)] {
        let err = block_on(world.machine().switch(&to)).unwrap_err();
        assert!(err.code == Code::BadControl && err.message.contains(asset.as_str()), "{to:?}: {err}");
        assert!(err.hint.as_deref().is_some_and(|hint| hint.starts_with("`landing deploy --repair` puts")), "{err:?}");
    }
    assert_eq!(block_on(head(&world.machine().store)).unwrap(), before);
    // The holding page shows none of it.
    block_on(world.machine().switch(&To::Mode(Mode::Closed))).unwrap();
    world.shows("index.html", "tomorrow");
    std::fs::write(world.file(asset.as_str()), kept).unwrap();
    block_on(world.machine().switch(&To::Mode(Mode::Normal))).unwrap();
    block_on(world.machine().switch(&To::Before)).unwrap();
    world.shows("index.html", "<p>hello ");
}

#[test]
fn there_is_nothing_to_roll_back_to_or_to_show_before_there_are_releases() {
    let world = World::new();
    for to in [To::Before, To::Mode(Mode::Degraded)] {
        assert_eq!(block_on(world.machine().switch(&to)).unwrap_err().code, Code::NothingDeployed);
    }
    assert_eq!(block_on(world.machine().freeze(None)).unwrap_err().code, Code::NothingDeployed);
    block_on(world.machine().deploy(SITE)).unwrap();
    assert_eq!(block_on(world.machine().switch(&To::Before)).unwrap_err().code, Code::UnknownRelease);
}

#[test]
fn a_rollback_and_a_mode_are_within_their_requests() {
    let pages = |text: &str| {
        let page = |n: usize| format!("f{n}/index.html={text} {n}\nmode degraded f{n}/index.html={text} degraded {n}");
        (0..12).map(page).collect::<Vec<_>>().join("\n")
    };
    let lines = |text: &str| format!("404.html=gone\nassets/a.css={text}\n{}\nindex.html={{a.css}}", pages(text));
    let world = World::with(&lines("a"));
    block_on(world.machine().deploy(&lines("b"))).unwrap();
    for to in [To::Before, To::Mode(Mode::Degraded), To::Mode(Mode::Normal), To::Before] {
        let outcome = block_on(world.machine().switch(&to)).unwrap();
        let count = outcome.documents.len() as u64;
        assert!(count >= 12 && outcome.store_requests <= 3 * count + 8, "{to:?}: {count}, {}", outcome.store_requests);
        assert_eq!(outcome.purge_calls, 1);
        // A machine that has neither manifest in memory.
        let other = block_on(world.machine_of(&format!("{to:?}")).switch(&To::Before)).unwrap();
        assert!(other.store_requests <= 3 * 13 + 8 + 2, "{}", other.store_requests);
        block_on(world.machine().switch(&To::Before)).unwrap();
    }
    block_on(agrees(&world.machine().store));
}

#[test]
fn a_frozen_environment_takes_no_deploy_but_a_rollback_and_a_mode() {
    let world = World::with(SITE);
    let changed = SITE.replace("<p>hello {", "<p>hullo {");
    block_on(world.machine().deploy(&changed)).unwrap();
    let frozen = block_on(world.machine().freeze(Some(&freeze("2999-01-01T00:00:00Z")))).unwrap();
    assert!(frozen.verified && frozen.is_settled(), "what is live stays as it is");
    for lines in [SITE, &changed] {
        let err = block_on(world.machine().deploy(lines)).unwrap_err();
        assert_eq!((err.code, err.code.exit()), (Code::Frozen, Exit::Frozen));
        assert!(err.message.contains("on air at 21:00") && err.message.contains("ada@one"), "{err}");
    }
    block_on(world.machine().switch(&To::Before)).unwrap();
    block_on(world.machine().switch(&To::Mode(Mode::Degraded))).unwrap();
    assert!(block_on(agrees(&world.machine().store)).freeze.is_some(), "it outlives both");

    let mut breaking = world.machine();
    breaking.options.break_freeze = true;
    breaking.reason = Some("the number is wrong".to_owned());
    block_on(breaking.deploy(&changed)).unwrap();
    let head = block_on(agrees(&breaking.store));
    let broken = head.log.iter().rev().find(|record| record.did == Deed::Deploy).unwrap();
    assert_eq!(broken.reason.as_deref(), Some("the number is wrong"));
    assert_eq!(block_on(world.machine().deploy(SITE)).unwrap_err().code, Code::Frozen, "it is broken once");

    block_on(world.machine().freeze(None)).unwrap();
    block_on(world.machine().deploy(SITE)).unwrap();
    block_on(world.machine().freeze(Some(&freeze("2001-01-01T00:00:00Z")))).unwrap();
    block_on(world.machine().deploy(&changed)).unwrap();
    let did: Vec<Deed> = block_on(agrees(&world.machine().store)).log.iter().map(|record| record.did).collect();
    assert_eq!(did.iter().filter(|did| matches!(did, Deed::Freeze | Deed::Thaw)).count(), 3, "{did:?}");
}

#[test]
fn a_freeze_that_comes_while_a_deploy_builds_stops_it() {
    let world = World::with(SITE);
    let machine = world.machine();
    block_on(async {
        let basis = landing::shell::deploy::begin(&machine.store, &machine.state).await.unwrap();
        world.machine_of("two").freeze(Some(&freeze("2999-01-01T00:00:00Z"))).await.unwrap();
        let err = machine.deploy_over(basis, &SITE.replace("<p>hello {", "<p>hullo {")).await.unwrap_err();
        assert_eq!(err.code, Code::Frozen);
    });
    world.shows("index.html", "<p>hello ");
    block_on(agrees(&machine.store));
}

#[test]
fn the_log_has_every_change_of_the_head_however_many_there_were() {
    let world = World::with(SITE);
    let machine = world.machine();
    for round in 0..24 {
        let mode = if round % 2 == 0 { Mode::Degraded } else { Mode::Normal };
        block_on(machine.switch(&To::Mode(mode))).unwrap();
        let head = block_on(agrees(&machine.store));
        let log = block_on(log(&machine.store, &head)).unwrap();
        let seqs: Vec<u64> = log.iter().map(|record| record.seq).collect();
        assert_eq!(seqs, (1..=head.seq).collect::<Vec<_>>());
    }
    let head = block_on(agrees(&machine.store));
    assert!(head.seq == 50 && head.log.len() < 48, "older records were handed over: {}", head.log.len());
    let records = block_on(log(&machine.store, &head)).unwrap();
    let first = &records[0];
    assert_eq!((first.did, first.by.as_str(), first.documents), (Deed::Deploy, "ada@one", 3));
    assert!(!first.verified && records[1].verified);
}

#[test]
fn a_head_of_the_first_format_is_read_and_goes_on() {
    let world = World::with(SITE);
    let machine = world.machine();
    block_on(async {
        let stored = machine.store.get(&Head::key()).await.unwrap();
        let mut old: serde_json::Value = serde_json::from_slice(&stored.bytes).unwrap();
        old["format"] = 1.into();
        for key in ["mode", "log"] {
            old.as_object_mut().unwrap().remove(key).unwrap();
        }
        let object = Object { bytes: serde_json::to_vec(&old).unwrap().into(), headers: stored.headers };
        machine.store.put(&Head::key(), &object, Condition::Matches(&stored.tag)).await.unwrap();
    });
    let again = block_on(world.machine_of("two").deploy(SITE)).unwrap();
    assert_eq!((again.store_requests, again.store_writes), (1, 0));
    block_on(world.machine_of("two").switch(&To::Mode(Mode::Degraded))).unwrap();
    let head = block_on(agrees(&machine.store));
    assert_eq!((head.format, head.mode, head.log.len()), (Head::FORMAT, Mode::Degraded, 2));
    assert_eq!(block_on(log(&machine.store, &head)).unwrap().len(), 2);
}

#[test]
fn a_mode_over_a_bare_bucket_purges_what_the_bucket_answers() {
    let world = World::with(SITE);
    let mut machine = world.machine();
    machine.options.routing = Routing::Plain;
    let outcome = block_on(machine.switch(&To::Mode(Mode::Closed))).unwrap();
    // Our origin answers `/about` as well.
    assert_eq!(purged(&outcome), ["/", "/about.html", "/index.html"]);
}
