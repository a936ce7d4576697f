//! The owner's door of the edge: who may enter, what a purge reaches, what a drill does.

use crate::edge_world::{Page, TOKEN, World};
use serde_json::json;
use std::time::Duration;

const WINDOWS: &str = "max-age=1000, stale-while-revalidate=60, stale-if-error=600";

#[tokio::test]
async fn the_door_opens_to_the_token_only() {
    let world = World::new().await;
    let target = "/.well-known/landing-edge/status";
    for wrong in ["", "Bearer", "Bearer ", "Bearer x", &format!("Basic {TOKEN}"), &format!("Bearer {TOKEN}x")] {
        assert_eq!(world.get_with(target, &[("authorization", wrong)]).await.status, 404, "{wrong}");
    }
    assert_eq!(world.ask("POST", "/.well-known/landing-edge/purge", &[]).await.status, 404);
    assert_eq!(world.get("/%2ewell-known/landing-edge/status").await.status, 404);
    world.origin_was_asked(0).await;
    let closed = World::with(|options| options.token = String::new()).await;
    assert_eq!(closed.get_with(target, &[("authorization", "Bearer ")]).await.status, 404);
}

#[tokio::test]
async fn the_status_says_who_and_what() {
    let world = World::with(|options| options.store = Some("dir:.landing/local".to_owned())).await;
    world.backend.page("/", Page::cached("hello", "max-age=60"));
    world.get("/").await;
    world.get("/").await;
    let status = world.admin("status", None).await;
    assert_eq!(
        (&status["edge"], &status["store"], &status["profile"]),
        (&json!("landing"), &json!("dir:.landing/local"), &json!("landing"))
    );
    assert_eq!((&status["requests"], &status["hits"], &status["origin_requests"]), (&json!(2), &json!(1), &json!(1)));
    assert_eq!((&status["stored"], &status["origin"]), (&json!(1), &json!(world.backend.url())));
    assert!(status["bytes"].as_u64().unwrap() > 5 && status["set_cookie_removed"] == 0);
}

async fn warm(pages: &[&str]) -> World {
    let world = World::new().await;
    for path in pages {
        let headers = [("cache-control", WINDOWS), ("vary", "accept-encoding"), ("cache-tag", "all, page")];
        world.backend.page(path, Page::new("old", &headers));
        world.get(path).await;
        world.get_with(path, &[("accept-encoding", "br")]).await;
        world.get_with(path, &[("accept-encoding", "gzip")]).await;
        world.get(&format!("{path}?query=1")).await;
        world.backend.page(path, Page::new("new", &headers));
    }
    world
}

#[tokio::test]
async fn a_purged_url_is_gone_in_all_its_variants_and_its_neighbors_stay() {
    let world = warm(&["/a", "/b"]).await;
    let before = world.backend.count();
    assert_eq!(world.purge(json!({"urls": ["/a"]})).await, 4);
    for accept in ["identity", "br", "gzip"] {
        assert_eq!(world.get_with("/a", &[("accept-encoding", accept)]).await.body, "new", "{accept}");
        assert_eq!(world.get_with("/b", &[("accept-encoding", accept)]).await.body, "old", "{accept}");
    }
    assert!(world.ask("HEAD", "/a", &[]).await.is_hit());
    assert_eq!(world.get("/a?query=1").await.body, "new");
    assert_eq!(world.backend.count(), before + 4);
}

#[tokio::test]
async fn prefixes_tags_and_everything_reach_what_they_name() {
    for (what, purged) in [
        (json!({"prefixes": ["/blog/"]}), 8),
        (json!({"tags": ["page"]}), 12),
        (json!({"tags": ["other"]}), 0),
        (json!({"everything": true}), 12),
        (json!({}), 0),
    ] {
        let world = warm(&["/blog/1", "/blog/2", "/"]).await;
        assert_eq!(world.purge(what.clone()).await, purged, "{what}");
        assert_eq!(world.get("/blog/1").await.body, if purged > 0 { "new" } else { "old" }, "{what}");
    }
}

#[tokio::test]
async fn a_purge_that_is_not_understood_is_refused() {
    let world = World::new().await;
    for wrong in ["{\"urls\": [\"index.html\"]}", "{\"prefixes\": [\"\"]}", "{\"url\": [\"/\"]}", "{", ""] {
        let said = world.tell("purge", wrong).await;
        assert_eq!(said.status, 400, "{wrong}: {}", said.body);
    }
    assert_eq!(world.tell("fault", "{\"mode\": \"explode\"}").await.status, 400);
    assert_eq!(world.tell("purge", &" ".repeat(5 << 20)).await.status, 413);
}

#[tokio::test]
async fn a_soft_purge_serves_the_old_page_while_it_fetches_the_new_one() {
    let world = warm(&["/a"]).await;
    let before = world.backend.count();
    assert_eq!(world.purge(json!({"urls": ["/a"], "soft": true})).await, 4);
    assert_eq!(world.get("/a").await.body, "old");
    world.origin_was_asked(before + 1).await;
    assert_eq!(world.get("/a").await.body, "new");
}

#[tokio::test]
async fn what_was_on_its_way_during_a_purge_is_not_kept() {
    for what in [json!({"urls": ["/a"]}), json!({"tags": ["page"]}), json!({"everything": true})] {
        for soft in [false, true] {
            let world = World::new().await;
            let headers = [("cache-control", WINDOWS), ("cache-tag", "page")];
            world.backend.page("/a", Page::new("old", &headers).slow(400));
            let (said, ()) = tokio::join!(world.get("/a"), async {
                world.backend.is_asked().await;
                world.backend.page("/a", Page::new("new", &headers));
                let mut what = what.clone();
                what["soft"] = json!(soft);
                world.purge(what).await;
                assert_eq!(
                    world.get("/a").await.body,
                    "new",
                    "a request after the purge does not join one from before"
                );
            });
            assert_eq!(said.body, "old", "it was asked for before the purge");
            assert_eq!(world.get("/a").await.body, "new", "{what}");
        }
    }
}

#[tokio::test]
async fn a_drill_makes_the_origin_fail_and_ends() {
    let world = World::new().await;
    world.backend.page("/", Page::cached("hello", WINDOWS));
    world.get("/").await;
    for mode in ["refuse", "503", "hang"] {
        assert_eq!(world.admin("fault", Some(json!({"mode": mode}))).await["mode"], mode);
        world.pass(1_100);
        let said = world.get("/").await;
        assert_eq!((said.status, said.body.as_str()), (200, "hello"), "{mode}");
        assert!(said.took < Duration::from_secs(1));
        assert_eq!(world.admin("status", None).await["fault"], mode);
        world.admin("fault", Some(json!({"mode": "none"}))).await;
        world.purge(json!({"everything": true})).await;
        assert!(!world.get("/").await.is_hit());
    }
    assert_eq!(world.backend.count(), 4);
    assert_eq!(
        world.ask("POST", "/.well-known/landing-edge/fault", &[("authorization", "Bearer x")]).await.status,
        404
    );
}
