//! An edge that stands for several points of presence, with and without a shield: what reaches the origin, what a purge reaches, and that
//! nothing looks younger or fresher for having passed two caches.

use crate::edge_world::{Failing, Page, Said, TOKEN, World};
use landing::cache::Profile;
use landing::model::UrlPath;
use landing::serve::EdgeOptions;
use serde_json::json;
use std::time::Duration;

const WINDOWS: &str = "max-age=10, stale-while-revalidate=60, stale-if-error=600";
/// As a plain cache knows the site: by what the request calls it.
const SITE: [(&str, &str); 1] = [("host", "www.example.fr")];
const SECOND: Duration = Duration::from_secs(1);

/// The names of the caches that say something, the nearest last.
fn caches(said: &Said) -> Vec<String> {
    let list = sfv::Parser::new(said.header("cache-status")).parse::<sfv::List>().unwrap();
    let name = |entry: &sfv::ListEntry| match entry {
        sfv::ListEntry::Item(item) => item.bare_item.as_token().unwrap().to_string(),
        sfv::ListEntry::InnerList(_) => panic!("{said:?}"),
    };
    list.iter().map(name).collect()
}

#[tokio::test]
async fn a_crowd_at_three_points_is_three_questions_and_behind_a_shield_it_is_one() {
    for (shield, questions) in [(false, 3), (true, 1)] {
        let world = World::of_points(3, shield).await;
        world.backend.page("/", Page::cached("hello", "max-age=60").slow(200));
        let crowd = world.crowds(15, "/").await;
        assert!(crowd.iter().all(|said| said.status == 200 && said.body == "hello"));
        world.origin_was_asked(questions).await;
        for point in 1..=3 {
            let said = world.get_at(point, "/").await;
            assert!(said.is_hit());
            assert_eq!(said.header("landing-place"), format!("pop-{point}"));
            let nearest = format!("landing-edge-pop-{point}");
            let expected = if shield { vec!["landing-edge-shield".to_owned(), nearest] } else { vec![nearest] };
            assert_eq!(caches(&said), expected);
        }
        world.origin_was_asked(questions).await;
        let status = world.admin("status", None).await;
        let counted = |at: &serde_json::Value| -> Vec<u64> {
            ["requests", "origin_requests", "shield_requests", "stored"].map(|it| at[it].as_u64().unwrap()).to_vec()
        };
        let questions = questions as u64;
        let (each, stored) = if shield { (vec![16, 0, 1, 1], 4) } else { (vec![16, 1, 0, 1], 3) };
        assert_eq!(counted(&status), [48, questions, if shield { 3 } else { 0 }, stored], "{status:#}");
        for (point, address) in status["points"].as_array().unwrap().iter().zip(world.edge.addresses()) {
            assert_eq!(counted(point), each, "{status:#}");
            assert_eq!(point["address"], address.to_string());
        }
        assert_eq!(status["shield"].is_null(), !shield);
        assert!(!shield || counted(&status["shield"]) == [3, 1, 0, 1], "{status:#}");
    }
}

#[tokio::test]
async fn an_edge_of_one_point_says_what_it_always_said() {
    let world = World::new().await;
    world.backend.page("/", Page::cached("hello", "max-age=60"));
    let said = world.get("/").await;
    assert_eq!((caches(&said), said.header("landing-place")), (vec!["landing-edge".to_owned()], ""));
}

#[tokio::test]
async fn a_purge_reaches_every_point_and_the_shield_before_them() {
    for shield in [false, true] {
        for what in [json!({"urls": ["/"]}), json!({"tags": ["page"]}), json!({"everything": true})] {
            let world = World::of_points(3, shield).await;
            let headers = [("cache-control", "max-age=1000"), ("cache-tag", "all, page")];
            world.backend.page("/", Page::new("old", &headers));
            let crowd = world.crowds(1, "/").await;
            assert!(crowd.iter().all(|said| said.header("cache-tag").is_empty()), "tags are not for visitors");
            world.backend.page("/", Page::new("new", &headers));
            assert_eq!(world.purge(what.clone()).await, if shield { 4 } else { 3 }, "{what}");
            assert!(world.crowds(1, "/").await.iter().all(|said| said.body == "new"), "{what}");
            world.origin_was_asked(if shield { 2 } else { 6 }).await;
        }
    }
}

#[tokio::test]
async fn what_is_between_the_shield_and_a_point_during_a_purge_is_kept_by_neither() {
    for soft in [false, true] {
        let world = World::of_points(3, true).await;
        let headers = [("cache-control", WINDOWS), ("cache-tag", "page")];
        world.backend.page("/a", Page::new("old", &headers).slow(400));
        let (said, ()) = tokio::join!(world.get_at(2, "/a"), async {
            world.backend.is_asked().await;
            world.backend.page("/a", Page::new("new", &headers));
            world.purge(json!({"tags": ["page"], "soft": soft})).await;
            for point in 1..=3 {
                assert_eq!(world.get_at(point, "/a").await.body, "new", "it joins no question from before the purge");
            }
        });
        assert_eq!(said.body, "old", "it was asked for before the purge");
        assert!(world.crowds(2, "/a").await.iter().all(|said| said.body == "new"));
    }
}

#[tokio::test]
async fn what_was_declared_stale_at_the_shield_does_not_look_fresh_in_front_of_it() {
    let world = World::of_points(3, true).await;
    let control = "max-age=1000, stale-while-revalidate=60, stale-if-error=600";
    for (target, etag) in [("/plain", None), ("/tagged", Some(("etag", "\"a\"")))] {
        let headers: Vec<_> = [("cache-control", control)].into_iter().chain(etag).collect();
        world.backend.page(target, Page::new("old", &headers));
        // The third point has nothing: it gets what is stale from the shield.
        world.get_at(1, target).await;
        world.get_at(2, target).await;
        world.purge(json!({"urls": [target], "soft": true})).await;
        world.backend.page(target, Page::cached("new", control));
        for point in [3, 1, 2] {
            let mut said = world.get_at(point, target).await;
            for _ in 0..100 {
                if said.body == "new" {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
                said = world.get_at(point, target).await;
            }
            assert_eq!(said.body, "new", "{target} at {point}: {said:?}");
        }
    }
}

#[tokio::test]
async fn an_answer_does_not_grow_younger_on_its_way_through_two_caches() {
    let world = World::of_points(3, true).await;
    world.backend.page("/", Page::new("one", &[("cache-control", "max-age=60"), ("etag", "\"a\"")]));
    world.get_at(1, "/").await;
    world.pass(30);
    let said = world.get_at(2, "/").await;
    assert_eq!((said.header("age"), world.backend.count()), ("30", 1), "{said:?}");
    world.pass(31);
    // Both are stale: one question of the shield, "has it changed?", and an answer without a body to each of the points.
    let said = world.get_at(2, "/").await;
    assert_eq!((said.header("age"), said.body.as_str()), ("0", "one"));
    assert!(said.header("cache-status").matches("fwd=stale; fwd-status=304").count() == 2, "{said:?}");
    world.pass(20);
    let said = world.get_at(1, "/").await;
    assert_eq!((said.header("age"), said.body.as_str()), ("20", "one"));
    assert!(said.header("cache-status").contains("landing-edge-shield; hit"), "{said:?}");
    world.origin_was_asked(2).await;
}

#[tokio::test]
async fn a_dead_origin_is_felt_at_no_point_while_the_shield_may_serve_what_is_stale() {
    for failing in [Failing::Unavailable, Failing::Hang] {
        let world = World::of_points(3, true).await;
        world.backend.page("/", Page::cached("good", WINDOWS));
        world.get_at(1, "/").await;
        world.backend.fail(failing);
        world.pass(300);
        // The second and third points have never had it.
        for said in world.crowds(5, "/").await {
            assert_eq!((said.status, said.body.as_str()), (200, "good"), "{failing:?}");
            // What the shield waited counts as age as well (RFC 9111, section 4.2.3).
            assert!(said.took < SECOND && ["300", "301"].contains(&said.header("age")), "{failing:?}: {said:?}");
        }
        assert!(world.backend.count() <= 2, "{failing:?}: one question for all of them");
        world.backend.fail(Failing::Not);
        world.backend.page("/", Page::cached("better", WINDOWS));
        world.pass(20);
        for point in [2, 1, 3] {
            // The question that hangs is still under way; nobody asks another one.
            let expected = if failing == Failing::Hang { "good" } else { "better" };
            assert_eq!(world.get_at(point, "/").await.body, expected, "{failing:?} at {point}");
        }
    }
}

#[tokio::test]
async fn the_fallback_page_is_fetched_once_and_shows_at_every_point() {
    let page = |options: &mut EdgeOptions| {
        (options.points, options.shield) = (3, true);
        options.fallback = UrlPath::parse("/error.html").ok();
    };
    let world = World::with(page).await;
    world.backend.page("/error.html", Page::cached("sorry", "max-age=60"));
    while world.admin("status", None).await["fallback"] != true {
        world.purge(json!({"urls": ["/error.html"]})).await;
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    world.backend.down().await;
    for said in world.crowds(5, "/").await {
        assert_eq!((said.status, said.body.as_str()), (503, "sorry"), "{said:?}");
    }
}

#[tokio::test]
async fn an_origin_that_hangs_does_not_make_a_point_give_up_its_shield() {
    let world = World::with(|options| {
        (options.points, options.shield) = (3, true);
        options.patience.answer = Duration::from_millis(200);
    })
    .await;
    world.backend.page("/", Page::cached("hello", "max-age=1000"));
    world.get_at(1, "/").await;
    world.backend.fail(Failing::Hang);
    for number in 0..4 {
        assert_eq!(world.get_at(2, &format!("/{number}")).await.status, 503);
    }
    let said = world.get_at(2, "/").await;
    assert_eq!((said.status, said.body.as_str()), (200, "hello"), "{said:?}");
}

#[tokio::test]
async fn a_point_that_hears_no_purge_keeps_what_it_has_until_it_hears_again() {
    let world = World::of_points(3, false).await;
    world.backend.page("/", Page::cached("old", "max-age=1000"));
    world.crowds(1, "/").await;
    world.backend.page("/", Page::cached("new", "max-age=1000"));
    for (deaf, kept) in [(json!("pop-2"), "old"), (json!(null), "new")] {
        world.admin("fault", Some(json!({"mode": "none", "deaf": deaf}))).await;
        assert_eq!(world.admin("status", None).await["deaf"], deaf);
        world.purge(json!({"urls": ["/"]})).await;
        let bodies: Vec<String> = world.crowds(1, "/").await.into_iter().map(|said| said.body).collect();
        assert_eq!(bodies, ["new", kept, "new"]);
    }
    for nobody in ["pop-0", "pop-4", "x"] {
        assert_eq!(world.tell("fault", &json!({"mode": "none", "deaf": nobody}).to_string()).await.status, 400);
    }
}

#[tokio::test]
async fn a_plain_shield_passes_on_what_is_not_for_a_cache() {
    let world = World::with(|options| {
        (options.points, options.shield, options.profile) = (2, true, Profile::Rfc);
    })
    .await;
    world.backend.page("/", Page::cached("old", "max-age=1000"));
    world.get_at(1, "/").await;
    world.get_at(2, "/").await;
    assert_eq!(world.ask("HEAD", "/other", &SITE).await.status, 404);
    world.backend.page("/", Page::cached("new", "max-age=1000"));
    assert_eq!(world.ask("POST", "/", &SITE).await.status, 200);
    let asked = world.backend.asked();
    assert_eq!(asked.iter().map(|it| it.method.as_str()).collect::<Vec<_>>(), ["GET", "HEAD", "POST"]);
    assert_eq!(asked[2].headers["via"], "1.1 landing-edge, 1.1 landing-edge");
    // RFC 9111, section 4.4: what passes by is dropped on its way, and nowhere else.
    assert_eq!((world.get_at(1, "/").await.body, world.get_at(2, "/").await.body), ("new".into(), "old".into()));
}

#[tokio::test]
async fn an_edge_of_several_points_ends_at_all_of_them_and_in_the_middle_of_a_question() {
    let world = World::of_points(3, true).await;
    world.backend.page("/", Page::cached("hello", "max-age=60").slow(5_000));
    let addresses = world.edge.addresses();
    let World { backend, edge, .. } = world;
    let asking = tokio::spawn(reqwest::get(format!("http://{}/", addresses[1])));
    backend.is_asked().await;
    let began = std::time::Instant::now();
    edge.stop().await;
    assert!(began.elapsed() < 2 * SECOND, "{:?}", began.elapsed());
    let said = asking.await.unwrap();
    assert!(said.is_err() || said.is_ok_and(|it| it.status() == 503), "nobody waits for ever");
    for address in addresses {
        assert!(tokio::net::TcpStream::connect(address).await.is_err(), "{address}");
    }
    let bad = landing::serve::edge(EdgeOptions {
        points: 2,
        ..EdgeOptions::new("[::1]:0".parse().unwrap(), backend.url(), TOKEN)
    });
    assert_eq!(bad.await.err().unwrap().code, landing::diag::Code::BadValue);
}
