//! The edge drill: crowds, stale windows, dead origins, variants, what must never be shared.

use crate::edge_world::{Failing, Page, World};
use std::time::Duration;

/// Fresh for ten seconds, then 60 to refresh behind the visitor, then until 600 if the origin fails.
const WINDOWS: &str = "max-age=10, stale-while-revalidate=60, stale-if-error=600";
const INSTANT: Duration = Duration::from_millis(50);
const SECOND: Duration = Duration::from_secs(1);

#[tokio::test]
async fn forty_cold_requests_are_one_question_to_the_origin() {
    let world = World::new().await;
    world.backend.page("/", Page::cached("hello", "max-age=60").slow(200));
    let crowd = world.crowd(40, "/").await;
    assert!(crowd.iter().all(|said| said.status == 200 && said.body == "hello"));
    world.origin_was_asked(1).await;
    let collapsed = crowd.iter().filter(|said| said.header("cache-status").contains("collapsed")).count();
    assert_eq!(collapsed, 39);
    assert!(world.get("/").await.is_hit());
    assert_eq!(world.edge.counters().origin_requests, 1);
}

#[tokio::test]
async fn an_expired_page_is_served_at_once_and_refreshed_by_one_question() {
    let world = World::new().await;
    world.backend.page("/", Page::cached("one", WINDOWS));
    world.get("/").await;
    world.backend.page("/", Page::cached("two", WINDOWS).slow(800));
    world.pass(20);
    let crowd = world.crowd(20, "/").await;
    assert!(crowd.iter().all(|said| said.body == "one" && said.is_hit() && said.took < SECOND / 2), "{crowd:#?}");
    assert!(crowd.iter().any(|said| said.took < INSTANT), "the machine may be busy, not the edge");
    assert!(crowd[0].header("cache-status").contains("ttl=-10"), "{}", crowd[0].header("cache-status"));
    world.origin_was_asked(2).await;
    let mut said = world.get("/").await;
    while said.body == "one" {
        tokio::time::sleep(Duration::from_millis(20)).await;
        said = world.get("/").await;
    }
    assert_eq!((said.body.as_str(), said.header("age")), ("two", "0"));
    world.origin_was_asked(2).await;
}

#[tokio::test]
async fn a_page_stays_up_while_the_origin_is_failing() {
    for failing in [Failing::Unavailable, Failing::Reset, Failing::Hang] {
        // Within the first window and within the second.
        for passed in [30, 300] {
            let world = World::new().await;
            world.backend.page("/", Page::cached("good", WINDOWS));
            world.get("/").await;
            world.backend.fail(failing);
            world.pass(passed);
            for said in world.crowd(10, "/").await {
                assert_eq!((said.status, said.body.as_str()), (200, "good"), "{failing:?} {passed}");
                assert!(said.took < SECOND, "{failing:?} {passed}: {:?}", said.took);
            }
            let again = world.get("/").await;
            assert!(again.took < SECOND / 2 && again.status == 200, "the origin is left alone: {:?}", again.took);
            assert!(world.backend.count() <= 2, "{failing:?}: one question for all of them");
        }
    }
}

#[tokio::test]
async fn a_page_stays_up_while_the_origin_is_gone_and_comes_back_with_it() {
    let world = World::new().await;
    world.backend.page("/", Page::cached("good", WINDOWS));
    world.get("/").await;
    world.backend.down().await;
    world.pass(300);
    for said in world.crowd(10, "/").await {
        assert!(said.status == 200 && said.took < SECOND, "{said:?}");
    }
    let status = world.get("/").await.header("cache-status").to_owned();
    assert!(status.contains("stale-if-error"), "{status}");
    world.backend.up().await;
    world.backend.page("/", Page::cached("better", WINDOWS));
    world.pass(20);
    assert_eq!(world.get("/").await.body, "better");
}

#[tokio::test]
async fn nothing_stale_is_served_after_the_windows_or_against_the_origins_will() {
    for (control, passed) in [
        (WINDOWS, 700),
        ("max-age=10, stale-if-error=600, must-revalidate", 30),
        ("max-age=10, stale-while-revalidate=600, s-maxage=10", 30),
        ("max-age=10, stale-if-error=600, no-cache", 30),
    ] {
        let world = World::new().await;
        world.backend.page("/", Page::new("old", &[("cache-control", control), ("etag", "\"a\"")]));
        world.get("/").await;
        world.backend.fail(Failing::Unavailable);
        world.pass(passed);
        let said = world.get("/").await;
        assert_eq!(said.status, 503, "{control}: {}", said.header("cache-status"));
    }
}

#[tokio::test]
async fn a_dead_origin_is_not_stormed() {
    let world = World::new().await;
    world.backend.page("/", Page::cached("good", WINDOWS));
    world.get("/").await;
    world.backend.fail(Failing::Unavailable);
    world.pass(300);
    for _ in 0..50 {
        assert_eq!(world.get("/").await.status, 200);
    }
    assert_eq!(world.backend.count(), 2);
    world.backend.down().await;
    for idx in 0..20 {
        assert_eq!(world.get(&format!("/cold-{idx}")).await.status, 503);
    }
    assert!(world.edge.counters().origin_requests <= 2 + 4, "{:?}", world.edge.counters());
}

#[tokio::test]
async fn a_failing_leader_answers_for_the_crowd() {
    let world = World::new().await;
    world.backend.page("/", Page::cached("sorry", "no-store").status(503).slow(100));
    let crowd = world.crowd(20, "/").await;
    assert!(crowd.iter().all(|said| said.status == 503));
    assert!(crowd.iter().filter(|said| said.header("retry-after") == "5").count() >= 19);
    world.origin_was_asked(1).await;
}

#[tokio::test]
async fn an_uncacheable_page_does_not_queue_the_crowd_up() {
    let world = World::new().await;
    world.backend.page("/", Page::cached("mine", "private").slow(100));
    let crowd = world.crowd(20, "/").await;
    assert!(crowd.iter().all(|said| said.body == "mine"));
    world.origin_was_asked(20).await;
    assert!(world.backend.most_at_once() >= 19, "one after the other: {}", world.backend.most_at_once());
    world.backend.forget();
    world.crowd(20, "/").await;
    assert_eq!(world.backend.most_at_once(), 20, "known by now: nobody waits for anybody");
}

#[tokio::test]
async fn a_page_that_became_private_or_is_gone_is_not_served_from_the_store_any_more() {
    for next in [Page::cached("mine", "private"), Page::cached("gone", "no-store").status(404)] {
        let world = World::new().await;
        world.backend.page("/", Page::cached("for all", WINDOWS));
        world.get("/").await;
        world.backend.page("/", next.clone());
        world.pass(20);
        assert_eq!(world.get("/").await.body, "for all", "asked for behind the visitor");
        world.origin_was_asked(2).await;
        assert_eq!(world.get("/").await.body, next.body);
    }
}

#[tokio::test]
async fn a_crowd_that_asks_for_different_things_waits_its_turn() {
    let world = World::with(|options| options.origin_at_once = 3).await;
    for idx in 0..12 {
        world.backend.page(&format!("/{idx}"), Page::cached("hello", "max-age=60").slow(20));
    }
    let targets: Vec<String> = (0..12).map(|idx| format!("/{idx}")).collect();
    let crowd = futures::future::join_all(targets.iter().map(|target| world.get(target))).await;
    assert!(crowd.iter().all(|said| said.body == "hello"));
    assert_eq!(world.backend.most_at_once(), 3);
}

#[tokio::test]
async fn tracking_parameters_and_cookies_still_hit() {
    let world = World::new().await;
    world.backend.page("/", Page::cached("hello", "max-age=60"));
    world.get("/?utm_source=tv&utm_medium=spot").await;
    for name in landing::model::TRACKING {
        let said = world.get_with(&format!("/?{name}=x7"), &[("cookie", "_ga=GA1.1; session=1")]).await;
        assert!(said.is_hit(), "{name}");
    }
    let reload = world.get_with("/", &[("cache-control", "no-cache"), ("pragma", "no-cache")]).await;
    assert!(reload.is_hit(), "a crowd that presses reload");
    world.origin_was_asked(1).await;
    let asked = &world.backend.asked()[0];
    assert_eq!(asked.target, "/");
    assert!(!asked.headers.contains_key("cookie"));
    assert!(!world.get("/?page=2").await.is_hit());
}

#[tokio::test]
async fn an_answer_that_says_so_stands_for_every_query_until_it_is_purged() {
    let world = World::new().await;
    let page = |words: &str| Page::new(words, &[("cache-control", "max-age=60"), ("no-vary-search", "params")]);
    world.backend.page("/", page("old"));
    world.get("/?x=1").await;
    for query in ["", "?x=1", "?x=2&utm_source=tv", "?"] {
        assert!(world.get(&format!("/{query}")).await.is_hit(), "{query}");
    }
    world.origin_was_asked(1).await;
    world.backend.page("/", page("new"));
    world.purge(serde_json::json!({"urls": ["/"]})).await;
    assert_eq!(world.get("/?x=3").await.body, "new");
    assert_eq!(world.get("/").await.body, "new");
    world.origin_was_asked(2).await;
    // An address that says nothing of the kind has as many answers as queries.
    world.backend.page("/to", Page::cached("hello", "max-age=60"));
    for query in ["", "?a", "?b"] {
        assert!(!world.get(&format!("/to{query}")).await.is_hit(), "{query}");
    }
    world.origin_was_asked(5).await;
}

#[tokio::test]
async fn a_head_and_a_range_are_served_from_the_stored_page() {
    let world = World::new().await;
    let page = Page::new("0123456789", &[("cache-control", "max-age=60"), ("etag", "\"a\"")]);
    world.backend.page("/", page);
    let cold = world.ask("HEAD", "/", &[]).await;
    assert_eq!((cold.status, cold.body.as_str(), cold.header("content-length")), (200, "", "10"));
    let head = world.ask("HEAD", "/", &[]).await;
    assert!(head.is_hit() && head.header("content-length") == "10");
    let part = world.get_with("/", &[("range", "bytes=2-4")]).await;
    assert_eq!((part.status, part.body.as_str(), part.header("content-range")), (206, "234", "bytes 2-4/10"));
    assert!(part.is_hit());
    assert_eq!(world.get_with("/", &[("range", "bytes=99-")]).await.status, 416);
    let other = world.get_with("/", &[("range", "bytes=0-0"), ("if-range", "\"b\"")]).await;
    assert_eq!((other.status, other.body.len()), (200, 10));
    let known = world.get_with("/", &[("if-none-match", "W/\"a\"")]).await;
    assert_eq!((known.status, known.body.as_str(), known.header("etag")), (304, "", "\"a\""));
    world.origin_was_asked(1).await;
    assert_eq!(world.backend.asked()[0].method, "GET");
    let cold_part = world.get_with("/?other", &[("range", "bytes=0-1")]).await;
    assert_eq!((cold_part.status, cold_part.body.as_str()), (206, "01"));
}

#[tokio::test]
async fn a_cookie_is_never_given_to_another_visitor() {
    for world in [World::new().await, World::rfc().await] {
        let headers = [("cache-control", "max-age=60"), ("set-cookie", "sid=1; Path=/"), ("set-cookie", "b=2")];
        world.backend.page("/", Page::new("hello", &headers).slow(50));
        for said in world.crowd(10, "/").await {
            assert!(!said.headers.contains_key("set-cookie"));
            assert!(said.header("cache-status").contains("set-cookie removed: b sid"), "{said:?}");
        }
        assert!(!world.get("/").await.headers.contains_key("set-cookie"));
        assert_eq!(world.edge.counters().set_cookie_removed, 1);
        world.backend.page("/me", Page::new("hello", &[("cache-control", "no-store"), ("set-cookie", "sid=1")]));
        assert_eq!(world.get("/me").await.header("set-cookie"), "sid=1", "what is not stored is not touched");
    }
}

#[tokio::test]
async fn every_answer_carries_age_and_a_cache_status_that_parses() {
    let world = World::new().await;
    world.backend.page("/", Page::new("hello", &[("cache-control", "max-age=60"), ("cache-status", "inner; hit")]));
    let mut answers = vec![world.get("/").await];
    world.pass(7);
    let hit = world.get("/").await;
    assert_eq!(hit.header("age"), "7");
    assert!(hit.header("cache-status").starts_with("inner; hit, landing-edge; hit; ttl=53; key=\"/\""), "{hit:?}");
    answers.extend([hit, world.get("/missing").await, world.ask("POST", "/", &[]).await]);
    answers.push(world.get_with("/", &[("range", "bytes=0-0")]).await);
    world.backend.down().await;
    answers.push(world.get("/cold").await);
    for said in answers {
        let status = said.header("cache-status");
        let list = sfv::Parser::new(status).parse::<sfv::List>().unwrap();
        let Some(sfv::ListEntry::Item(ours)) = list.last() else { panic!("{status}") };
        assert_eq!(ours.bare_item.as_token().map(sfv::TokenRef::as_str), Some("landing-edge"), "{status}");
        let known = ["hit", "fwd", "fwd-status", "ttl", "stored", "collapsed", "key", "detail"];
        assert!(ours.params.keys().all(|key| known.contains(&key.as_str())), "{status}");
        assert!(!(ours.params.contains_key("hit") && ours.params.contains_key("fwd")), "{status}");
        assert!(said.header("age").parse::<u64>().is_ok(), "{said:?}");
        assert_eq!(said.headers.get_all("age").iter().count(), 1);
    }
}

#[tokio::test]
async fn the_field_for_cdns_decides_and_browsers_get_theirs() {
    let world = World::new().await;
    let headers = [("cache-control", "max-age=0"), ("cdn-cache-control", "max-age=600, stale-if-error=60")];
    world.backend.page("/", Page::new("hello", &headers));
    world.get("/").await;
    world.pass(300);
    let said = world.get("/").await;
    assert!(said.is_hit());
    assert_eq!((said.header("cache-control"), said.header("age")), ("max-age=0", "300"));
}

#[tokio::test]
async fn nobody_chooses_the_key_or_the_content_by_a_header() {
    let world = World::with(|options| options.site = "www.example.fr".to_owned()).await;
    world.backend.page("/", Page::cached("hello", "max-age=60"));
    let hostile = [("host", "evil.example"), ("x-forwarded-host", "evil.example"), ("x-original-url", "/admin")];
    let said = world.get_with("/", &hostile).await;
    assert!(said.header("cache-status").contains("key=\"www.example.fr/\""), "{said:?}");
    assert!(world.get("/").await.is_hit(), "another host is the same page");
    let asked = world.backend.asked();
    let text = format!("{:?}", asked[0].headers);
    assert!(!text.contains("evil") && !text.contains("/admin"), "{text}");
    assert_eq!(asked.len(), 1);
}

#[tokio::test]
async fn codings_are_variants_and_many_spellings_are_few() {
    let world = World::new().await;
    let headers = [("cache-control", "max-age=60"), ("vary", "Accept-Encoding"), ("content-encoding", "br")];
    world.backend.page("/", Page::new("brotli", &headers));
    for accept in ["br", "gzip, deflate, br, zstd", "br;q=1.0, gzip;q=0.8", "*"] {
        assert_eq!(world.get_with("/", &[("accept-encoding", accept)]).await.body, "brotli");
    }
    world.origin_was_asked(1).await;
    world.backend.page("/", Page::new("plain", &headers[..2]));
    assert_eq!(world.get("/").await.body, "plain");
    assert_eq!(world.get_with("/", &[("accept-encoding", "br;q=0")]).await.body, "plain");
    world.origin_was_asked(2).await;
    assert_eq!(world.get_with("/", &[("accept-encoding", "br")]).await.body, "brotli");
}

#[tokio::test]
async fn a_renewed_page_keeps_its_body_and_takes_the_new_fields() {
    let world = World::new().await;
    let page = |policy: &str| {
        Page::new("hello", &[("cache-control", "max-age=10"), ("etag", "\"a\""), ("content-security-policy", policy)])
    };
    world.backend.page("/", page("one"));
    world.get("/").await;
    world.backend.page("/", page("two"));
    world.pass(20);
    let said = world.get("/").await;
    assert_eq!((said.body.as_str(), said.header("content-security-policy")), ("hello", "two"));
    assert!(said.header("cache-status").contains("fwd=stale; fwd-status=304"), "{said:?}");
    assert!(world.get("/").await.is_hit());
    assert_eq!(world.backend.asked()[1].headers["if-none-match"], "\"a\"");
}

#[tokio::test]
async fn only_reading_reaches_the_origin() {
    let world = World::new().await;
    world.backend.page("/", Page::cached("hello", "max-age=60"));
    world.get("/").await;
    for method in ["POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PURGE", "BAN"] {
        let said = world.ask(method, "/", &[]).await;
        assert_eq!((said.status, said.header("allow")), (405, "GET, HEAD"), "{method}");
    }
    world.origin_was_asked(1).await;
    assert!(world.get("/").await.is_hit());
}

#[tokio::test]
async fn large_bodies_pass_through_and_parts_of_them_stay_parts() {
    let world = World::with(|options| options.max_object_bytes = 10).await;
    world.backend.page("/", Page::cached("01234567890123456789", "max-age=60"));
    for _ in 0..2 {
        let said = world.get("/").await;
        assert_eq!(said.body.len(), 20);
        assert!(said.header("cache-status").contains("too-large"), "{said:?}");
    }
    world.get_with("/", &[("range", "bytes=0-1")]).await;
    assert_eq!(world.backend.asked()[2].headers["range"], "bytes=0-1");
    assert_eq!(world.edge.counters().stored, 0);
}

#[tokio::test]
async fn the_error_page_stands_in_for_a_dead_origin() {
    let path = landing::model::UrlPath::parse("/error.html").unwrap();
    let world = World::with(|options| options.fallback = Some(path)).await;
    world.backend.page("/error.html", Page::new("leave us your address", &[("content-type", "text/html")]));
    // The origin has no such page at the start; a purge makes the edge look again.
    world.purge(serde_json::json!({"urls": ["/error.html"]})).await;
    for _ in 0..200 {
        if world.admin("status", None).await["fallback"] == true {
            break;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    world.backend.down().await;
    let said = world.get("/").await;
    assert_eq!((said.status, said.body.as_str()), (503, "leave us your address"));
    assert_eq!((said.header("retry-after"), said.header("cache-control")), ("5", "no-store"));
    let head = world.ask("HEAD", "/", &[]).await;
    assert_eq!((head.status, head.body.as_str()), (503, ""));
    assert!(world.edge.counters().fallback_requests >= 1);
}

#[tokio::test]
async fn a_taken_port_is_a_complaint_with_a_remedy() {
    let world = World::new().await;
    let options = landing::serve::EdgeOptions::new(world.edge.address(), "http://127.0.0.1:9", "t");
    let Err(complaint) = landing::serve::edge(options).await else { panic!("two listeners on one port") };
    assert_eq!(complaint.code.name(), "port-in-use");
    assert!(complaint.hint.is_some());
}

#[tokio::test]
async fn a_stopped_edge_leaves_its_port() {
    let world = World::new().await;
    let address = world.edge.address();
    world.edge.stop().await;
    drop(std::net::TcpListener::bind(address).unwrap());
}
