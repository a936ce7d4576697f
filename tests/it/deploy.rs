//! The deploy protocol over a folder: what it asks, what it writes, what it purges, and what it refuses.

use crate::world::{Machine, World, agrees, block_on, documents, head, key, purged, site, url};
use landing::diag::{Code, Exit};
use landing::model::{Access, Head, Purge, StoreUrl};
use landing::shell::Event;
use landing::shell::deploy::{Proof, To};
use landing::shell::purge::What;
use landing::store::{Condition, Object, Phase, Store, Verb};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

const SITE: &str = "index.html=<p>hello {a.css}\nabout.html=us\n404.html=gone\nassets/a.css=red\nredirect /app=/about";

fn pages(count: usize, text: &str) -> String {
    (0..count).map(|n| format!("page{n}.html={text} {n}")).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_first_deploy_brings_everything_live_and_the_entry_page_last() {
    let world = World::new();
    let mut machine = world.machine();
    let order = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&order);
    machine.store = machine.store.observed(Arc::new(move |request| {
        if request.verb == Verb::Put && request.phase == Phase::Before {
            log.lock().unwrap().push(request.key.to_owned());
        }
    }));
    let outcome = block_on(machine.deploy(SITE)).unwrap();
    assert_eq!(documents(&outcome), ["404.html", "about.html", "index.html"]);
    assert_eq!((outcome.previous, outcome.verified, outcome.purge_calls), (None, true, 1));
    assert_eq!(
        purged(&outcome),
        ["/", "/404", "/404.html", "/404/", "/about", "/about.html", "/about/", "/app", "/app/", "/index.html"]
    );
    let head = block_on(agrees(&machine.store));
    assert_eq!((head.release, head.seq, head.by.as_str(), head.verified), (outcome.release, 2, "ada@one", true));
    let order = order.lock().unwrap();
    let at = |name: &str| order.iter().position(|key| key.starts_with(name)).unwrap();
    let sequence = ["assets/", ".landing/releases/", ".landing/head", "404.html", "about.html", "index.html"].map(at);
    assert!(sequence.is_sorted(), "{order:?}");
    assert_eq!(order.last().unwrap(), ".landing/head");
    let asked = world.api.take();
    assert_eq!((asked.len(), &asked[0]["tags"]), (1, &serde_json::json!(["error"])));
    assert_eq!(machine.prover.warmed.lock().unwrap().len(), 10);
}

#[test]
fn deploying_what_is_live_is_one_request_whatever_the_size() {
    let world = World::new();
    for lines in [SITE.to_owned(), format!("{SITE}\n{}", pages(200, "text"))] {
        let machine = world.machine();
        block_on(machine.deploy(&lines)).unwrap();
        world.api.take();
        for again in [world.machine(), world.machine_of("another")] {
            let outcome = block_on(again.deploy(&lines)).unwrap();
            assert_eq!((outcome.store_requests, outcome.store_writes, outcome.purge_calls), (1, 0, 0));
            assert!(outcome.documents.is_empty() && outcome.purged.is_empty() && outcome.verified);
            assert!(world.api.take().is_empty());
        }
    }
}

#[test]
fn one_word_is_one_document_and_its_urls() {
    let world = World::new();
    let first = block_on(world.machine().deploy(SITE)).unwrap();
    world.api.take();
    let outcome = block_on(world.machine().deploy(&SITE.replace("hello", "hullo"))).unwrap();
    assert_eq!((documents(&outcome), purged(&outcome)), (vec!["index.html"], vec!["/", "/index.html"]));
    assert_eq!((outcome.previous, outcome.purge_calls, outcome.store_requests), (Some(first.release), 1, 9));
    assert_eq!(
        world.api.take(),
        [serde_json::json!({"urls":["/","/index.html"],"prefixes":[],"tags":[],"everything":false,"soft":false})]
    );
    block_on(agrees(&world.machine().store));
}

#[test]
fn the_requests_of_a_deploy_are_within_their_budget() {
    let world = World::new();
    block_on(world.machine().deploy(SITE)).unwrap();
    // One page with k new assets: at most 10 + k, also when it goes back to a text that was there before.
    let assets = "assets/b.css=blue\nassets/c.css=green";
    let changed = format!("{}\n{assets}", SITE.replace("hello", "{b.css} {c.css}"));
    assert_eq!(block_on(world.machine().deploy(&changed)).unwrap().store_requests, 9 + 2);
    assert!(block_on(world.machine().deploy(SITE)).unwrap().store_requests <= 11);
    // D documents and a manifest that this machine has not seen: at most 3D + 8 + 1.
    block_on(world.machine().deploy(&pages(12, "a"))).unwrap();
    let outcome = block_on(world.machine_of("another").deploy(&pages(12, "b"))).unwrap();
    assert_eq!(outcome.documents.len(), 12);
    assert!(outcome.store_requests <= 3 * 12 + 9, "{}", outcome.store_requests);
}

#[test]
fn one_page_with_changed_variants_is_within_its_budget() {
    let world = World::new();
    let modes = |text: &str| {
        format!(
            "{SITE}\nmode degraded index.html=less {text}\nmode closed index.html=closed {text}\nmode closed about.html=shut {text}"
        )
    };
    block_on(world.machine().deploy(&modes("a"))).unwrap();
    let outcome = block_on(world.machine().deploy(&modes("b").replace("hello", "hullo"))).unwrap();
    // No new asset and v = 3 changed variants: at most 10 + v.
    assert_eq!((documents(&outcome), outcome.purge_calls), (vec!["index.html"], 1));
    assert_eq!(outcome.store_requests, 9 + 3);
}

#[test]
fn control_objects_in_a_store_of_their_own_are_nowhere_in_the_public_one() {
    let world = World::new();
    let access = Access { control: Some(StoreUrl::Dir("private".to_owned())), ..Access::default() };
    let store = Store::connect(world.root.path(), &StoreUrl::Dir("public".to_owned()), &access).unwrap();
    let machine = Machine::new(store, world.root.path().join("one"), vec![world.api.purger()]);
    block_on(machine.deploy(SITE)).unwrap();
    block_on(machine.deploy(&SITE.replace("hello", "hullo"))).unwrap();
    block_on(machine.switch(&To::Before)).unwrap();
    block_on(agrees(&machine.store));
    let there = |name: &str| world.root.path().join(name).exists();
    assert!(there("public/index.html") && there("private/.landing/head"));
    assert!(!there("public/.landing/head") && !there("public/.landing/blobs") && !there("private/index.html"));
}

#[test]
fn a_changed_header_is_deployed_and_purged() {
    let world = World::new();
    block_on(world.machine().deploy(SITE)).unwrap();
    let machine = world.machine();
    let outcome = block_on(machine.deploy(&format!("{SITE}\nheader referrer-policy=no-referrer"))).unwrap();
    assert_eq!(documents(&outcome), ["404.html", "about.html", "index.html"]);
    assert!(outcome.purged.contains(&url("/app")), "a redirect carries the field as well");
    let said = |event: &Event| matches!(event, Event::Note { text } if text.starts_with("1 asset changed in header"));
    assert!(machine.events.lock().unwrap().iter().any(said), "assets are not purged, and that is said");
    block_on(agrees(&world.machine().store));
}

#[test]
fn a_page_added_and_taken_away_is_purged_and_never_deleted() {
    let world = World::new();
    block_on(world.machine().deploy(SITE)).unwrap();
    let with = format!("{SITE}\nde/index.html=hallo");
    let added = block_on(world.machine().deploy(&with)).unwrap();
    assert_eq!((documents(&added), purged(&added)), (vec!["de/index.html"], vec!["/de", "/de/", "/de/index.html"]));
    let taken = block_on(world.machine().deploy(SITE)).unwrap();
    assert_eq!((documents(&taken), purged(&taken)), (vec![], vec!["/de", "/de/", "/de/index.html"]));
    assert!(world.file("de/index.html").exists());
    // And back, over what still lies there.
    let back = block_on(world.machine().deploy(&with.replace("hallo", "servus"))).unwrap();
    assert_eq!(documents(&back), ["de/index.html"]);
    block_on(agrees(&world.machine().store));
}

#[test]
fn a_foreign_document_stops_a_first_deploy_before_anything_is_public() {
    let world = World::new();
    let machine = world.machine();
    std::fs::write(world.file("index.html"), "theirs").unwrap();
    std::fs::write(world.file("about.html"), "theirs too").unwrap();
    std::fs::write(world.file("other.html"), "not ours to touch").unwrap();
    let err = block_on(machine.deploy(SITE)).unwrap_err();
    assert_eq!((err.code, err.code.exit()), (Code::Foreign, Exit::Rail));
    assert!(err.message.contains("2 documents") && err.message.contains("`about.html`, `index.html`"), "{err}");
    assert_eq!(std::fs::read(world.file("index.html")).unwrap(), b"theirs");
    assert!(block_on(head(&machine.store)).is_none() && !world.file("404.html").exists());

    let mut machine = world.machine();
    machine.options.adopt = true;
    assert_eq!(block_on(machine.deploy(SITE)).unwrap().documents.len(), 3);
    block_on(agrees(&machine.store));
    assert_eq!(std::fs::read(world.file("other.html")).unwrap(), b"not ours to touch");
}

#[test]
fn an_identical_foreign_document_is_adopted_without_asking() {
    let world = World::new();
    let machine = world.machine();
    std::fs::write(world.file("about.html"), "us").unwrap();
    let (_, release) = site(SITE);
    let gone = Object { bytes: "gone".into(), headers: release.entries[&key("404.html")].headers.clone() };
    block_on(machine.store.put(&key("404.html"), &gone, Condition::Absent)).unwrap();
    let outcome = block_on(machine.deploy(SITE)).unwrap();
    // The bare file gets its fields; the one that has them is left alone.
    assert_eq!(documents(&outcome), ["about.html", "index.html"]);
    block_on(agrees(&machine.store));
}

#[test]
fn a_document_edited_by_hand_is_named_and_left_alone() {
    let world = World::new();
    block_on(world.machine().deploy(SITE)).unwrap();
    std::fs::write(world.file("index.html"), "edited by hand").unwrap();
    // Whether or not the deploy changes that very page.
    for lines in [SITE.replace("hello", "hullo"), SITE.replace("=us", "=we")] {
        let err = block_on(world.machine().deploy(&lines)).unwrap_err();
        assert_eq!(err.code, Code::Foreign);
        assert!(err.message.contains("1 document ") && err.message.contains("`index.html`"), "{err}");
    }
    assert_eq!(std::fs::read(world.file("index.html")).unwrap(), b"edited by hand");
}

#[test]
fn a_document_deleted_by_hand_comes_back_with_the_next_deploy() {
    let world = World::new();
    block_on(world.machine().deploy(SITE)).unwrap();
    std::fs::remove_file(world.file("index.html")).unwrap();
    let machine = world.machine();
    let outcome = block_on(machine.deploy(&SITE.replace("=us", "=we"))).unwrap();
    assert_eq!(documents(&outcome), ["about.html", "index.html"]);
    assert_eq!(purged(&outcome), ["/", "/about", "/about.html", "/index.html"]);
    assert!(machine.events.lock().unwrap().contains(&Event::Repairing { key: key("index.html") }));
    block_on(agrees(&machine.store));
}

#[test]
fn mending_restores_what_the_head_says() {
    let world = World::new();
    block_on(world.machine().deploy(SITE)).unwrap();
    std::fs::remove_file(world.file("about.html")).unwrap();
    world.api.take();
    let machine = world.machine();
    let outcome = block_on(machine.mend()).unwrap();
    assert_eq!((documents(&outcome), purged(&outcome)), (vec!["about.html"], vec!["/about", "/about.html"]));
    block_on(agrees(&machine.store));
    let nothing = block_on(world.machine().mend()).unwrap();
    assert_eq!((nothing.store_writes, nothing.purge_calls), (0, 0));
}

#[test]
fn a_damaged_asset_is_repaired() {
    let world = World::new();
    let machine = world.machine();
    let (_, release) = site(SITE);
    let (asset, _) = release.assets().next().unwrap();
    std::fs::create_dir_all(world.file("assets")).unwrap();
    std::fs::write(world.file(asset.as_str()), "half of it").unwrap();
    block_on(machine.deploy(SITE)).unwrap();
    block_on(agrees(&machine.store));
    assert!(machine.events.lock().unwrap().contains(&Event::Repairing { key: asset.clone() }));
}

#[test]
fn a_refused_purge_is_owed_and_paid_by_the_next_command() {
    for status in [403, 503] {
        let world = World::new();
        block_on(world.machine().deploy(SITE)).unwrap();
        world.api.take();
        let text = SITE.replace("hello", &format!("hello {status}"));
        world.api.says(status);
        let outcome = block_on(world.machine().deploy(&text)).unwrap();
        let complaint = outcome.complaint.clone().unwrap();
        assert_eq!((complaint.code, complaint.code.exit()), (Code::PurgeRefused, Exit::Partly));
        assert!(complaint.message.contains(&format!("status {status}")), "{complaint}");
        assert_eq!((outcome.purge_calls, outcome.verified, outcome.owed.urls.len()), (0, false, 2));
        // Still owed by a deploy of the same, and by another one.
        let again = block_on(world.machine().deploy(&text)).unwrap();
        assert_eq!(again.complaint.unwrap().code, Code::PurgeRefused);
        let other = block_on(world.machine().deploy(&text.replace("=us", "=we"))).unwrap();
        assert_eq!(other.owed.urls, BTreeSet::from(["/", "/about", "/about.html", "/index.html"].map(url)));
        world.api.says(200);
        let paid = block_on(world.machine_of("another").finish()).unwrap();
        assert_eq!((paid.complaint, paid.verified, paid.purge_calls), (None, true, 1));
        assert_eq!(world.api.take()[0]["urls"], serde_json::json!(["/", "/about", "/about.html", "/index.html"]));
        block_on(agrees(&world.machine().store));
    }
}

#[test]
fn an_edge_that_stays_stale_is_purged_again_and_then_owed() {
    let world = World::new();
    let machine = world.machine();
    block_on(machine.deploy(SITE)).unwrap();
    world.api.take();
    let stale = Proof { verified: false, stale: BTreeSet::from([url("/")]), offload: None };
    machine.prover.proofs.lock().unwrap().push_back(stale.clone());
    let outcome = block_on(machine.deploy(&SITE.replace("hello", "hullo"))).unwrap();
    assert_eq!((outcome.verified, outcome.purge_calls, outcome.complaint), (true, 2, None));
    assert_eq!(world.api.take()[1]["urls"], serde_json::json!(["/"]));

    machine.prover.proofs.lock().unwrap().extend(std::iter::repeat_n(stale, 3));
    let outcome = block_on(machine.deploy(SITE)).unwrap();
    assert_eq!((outcome.verified, outcome.purge_calls), (false, 3));
    assert_eq!(outcome.owed.urls, BTreeSet::from([url("/")]));
    let complaint = outcome.complaint.unwrap();
    assert!(complaint.code == Code::NotVerified && complaint.message.contains("something else at /"), "{complaint}");
    let paid = block_on(world.machine().deploy(SITE)).unwrap();
    assert_eq!((purged(&paid), paid.verified), (vec!["/"], true));
}

#[test]
fn an_environment_without_a_cdn_is_told_of_no_purge() {
    let world = World::new();
    let alone = || {
        let mut machine = world.machine();
        machine.purgers.clear();
        machine
    };
    let machine = alone();
    let stale = Proof { verified: false, stale: BTreeSet::from([url("/")]), offload: None };
    machine.prover.proofs.lock().unwrap().push_back(stale);
    let outcome = block_on(machine.deploy(SITE)).unwrap();
    let complaint = outcome.complaint.unwrap();
    let told = format!("{} {}", complaint.message, complaint.hint.unwrap());
    assert!(told.contains("still serves something else at /") && told.contains("names no CDN"), "{told}");
    assert!(!told.contains("purges") && !told.contains("the edge"), "{told}");
    let machine = alone();
    let again = block_on(machine.deploy(SITE)).unwrap();
    let (_, release) = site(SITE);
    let event = Event::RollingForward { release: release.id(), interrupted: false };
    assert!(machine.events.lock().unwrap().contains(&event));
    assert_eq!((again.verified, again.purge_calls, again.complaint), (true, 0, None));
    let mut machine = alone();
    machine.cancel_at = Some("commit");
    let hint = block_on(machine.deploy(&SITE.replace("hello", "hullo"))).unwrap_err().hint.unwrap();
    assert!(hint.contains("and looks at 2 URLs"), "{hint}");
}

#[test]
fn a_release_that_was_not_proven_is_looked_at_again() {
    let world = World::new();
    let machine = world.machine();
    machine.prover.proofs.lock().unwrap().push_back(Proof::default());
    let outcome = block_on(machine.deploy(SITE)).unwrap();
    assert_eq!((outcome.verified, outcome.complaint.unwrap().code), (false, Code::NotVerified));
    let again = block_on(machine.deploy(SITE)).unwrap();
    assert_eq!((again.verified, again.store_requests, again.complaint), (true, 2, None));
    let third = block_on(machine.deploy(SITE)).unwrap();
    assert_eq!((third.verified, third.store_requests), (true, 1));
}

#[test]
fn a_signal_stops_at_a_safe_point_and_says_what_comes_next() {
    let world = World::new();
    block_on(world.machine().deploy(SITE)).unwrap();
    let text = SITE.replace("hello", "hullo");
    for (at, says) in [
        ("upload", "nothing public has changed"),
        ("commit", "is committed"),
        ("purge", "is committed"),
        ("verify", "the pages are public"),
    ] {
        let mut machine = world.machine();
        machine.cancel_at = Some(at);
        machine.prover.is_silent = true;
        let err = block_on(machine.deploy(&text)).unwrap_err();
        assert_eq!((err.code, err.code.exit()), (Code::Interrupted, Exit::Partly));
        assert!(err.hint.as_ref().unwrap().contains(says), "{at}: {err}");
    }
    let finished = block_on(world.machine_of("another").finish()).unwrap();
    assert_eq!((finished.release, purged(&finished)), (site(&text).1.id(), vec!["/", "/index.html"]));
    block_on(agrees(&world.machine().store));
}

#[test]
fn what_was_interrupted_is_finished_before_another_release() {
    let world = World::new();
    block_on(world.machine().deploy(SITE)).unwrap();
    let mut machine = world.machine();
    machine.cancel_at = Some("write");
    block_on(machine.deploy(&SITE.replace("hello", "hullo"))).unwrap_err();
    let machine = world.machine_of("another");
    let outcome = block_on(machine.deploy(&SITE.replace("=us", "=we"))).unwrap();
    assert_eq!(documents(&outcome), ["index.html", "about.html", "index.html"]);
    let (_, first) = site(&SITE.replace("hello", "hullo"));
    assert_eq!(outcome.previous, Some(first.id()));
    assert!(machine.events.lock().unwrap().contains(&Event::RollingForward { release: first.id(), interrupted: true }));
    block_on(agrees(&machine.store));
}

#[test]
fn what_stands_in_the_way_of_a_head_is_said_and_nothing_is_lost() {
    for (name, content, code) in [
        (".landing/head", "not json", Code::BadControl),
        (".landing/head", "{\"format\": 99}", Code::NewerFormat),
        (".landing/head", "landing-object: 1\nno end", Code::StoreRefused),
    ] {
        let world = World::new();
        block_on(world.machine().deploy(SITE)).unwrap();
        std::fs::write(world.file(name), content).unwrap();
        let before = std::fs::read(world.file("index.html")).unwrap();
        let err = block_on(world.machine().deploy(&SITE.replace("hello", "hullo"))).unwrap_err();
        assert_eq!(err.code, code, "{err}");
        assert!(err.hint.is_some());
        assert_eq!(std::fs::read(world.file("index.html")).unwrap(), before);
    }
}

#[test]
fn a_manifest_that_was_tampered_with_is_not_believed() {
    let world = World::new();
    let machine = world.machine();
    let outcome = block_on(machine.deploy(SITE)).unwrap();
    let manifest = world.file(Head::manifest_key(&outcome.release).as_str());
    let good = String::from_utf8(std::fs::read(&manifest).unwrap()).unwrap();
    std::fs::write(&manifest, good.replace("nosniff", "sniff")).unwrap();
    let changed = SITE.replace("hello", "hullo");
    let mut fresh = world.machine_of("another");
    let err = block_on(fresh.deploy(&changed)).unwrap_err();
    assert!(err.code == Code::BadControl && err.message.contains("is not what its name says"), "{err}");
    assert!(err.hint.as_ref().unwrap().contains("--adopt"));
    fresh.options.adopt = true;
    block_on(fresh.deploy(&changed)).unwrap();
    block_on(agrees(&fresh.store));
}

#[test]
fn a_purge_by_hand_purges_what_it_is_told() {
    let world = World::new();
    assert_eq!(
        block_on(world.machine().purge(What::These(Purge { everything: true, ..Purge::default() }))).unwrap_err().code,
        Code::NothingDeployed
    );
    block_on(world.machine().deploy(SITE)).unwrap();
    world.api.take();
    let pending = block_on(world.machine().purge(What::Pending)).unwrap();
    assert_eq!((pending.purge_calls, pending.store_requests, pending.verified), (0, 1, true));
    let one = block_on(world.machine().purge(What::These(Purge { urls: [url("/about")].into(), ..Purge::default() })))
        .unwrap();
    assert_eq!((purged(&one), one.purge_calls), (vec!["/about"], 1));
    let all = block_on(world.machine().purge(What::These(Purge { everything: true, ..Purge::default() }))).unwrap();
    assert_eq!((all.purge_calls, all.purged.len()), (1, 10));
    let asked = world.api.take();
    assert_eq!((&asked[0]["urls"], &asked[1]["everything"]), (&serde_json::json!(["/about"]), &true.into()));
    world.api.says(500);
    assert_eq!(
        block_on(world.machine().purge(What::These(Purge { everything: true, ..Purge::default() }))).unwrap_err().code,
        Code::PurgeRefused
    );
}
