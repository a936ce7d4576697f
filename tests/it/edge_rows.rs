//! The rows of the edge drill that `edge.rs` has not: crowds at a page that may not be served stale, crowds with conditions, credentials.

use crate::edge_world::{Page, World};

#[tokio::test]
async fn a_crowd_at_an_expired_page_that_may_not_be_stale_is_one_question() {
    // With `s-maxage` the window does not count (RFC 9111, section 4.2.4).
    for control in ["max-age=10", "max-age=10, s-maxage=10, stale-while-revalidate=60"] {
        let world = World::new().await;
        world.backend.page("/", Page::cached("one", control));
        world.get("/").await;
        world.backend.page("/", Page::cached("two", control).slow(200));
        world.pass(20);
        let crowd = world.crowd(40, "/").await;
        assert!(crowd.iter().all(|said| said.status == 200 && said.body == "two"), "{control}");
        world.origin_was_asked(2).await;
    }
}

#[tokio::test]
async fn a_crowd_that_has_the_page_already_is_one_question_and_gets_nothing_again() {
    let world = World::new().await;
    let page = Page::new("hello", &[("cache-control", "max-age=60"), ("etag", "\"a\"")]);
    world.backend.page("/", page.slow(200));
    let visitors = (0..40).map(|_| world.get_with("/", &[("if-none-match", "\"a\"")]));
    let crowd = futures::future::join_all(visitors).await;
    assert!(crowd.iter().all(|said| said.status == 304 && said.body.is_empty()), "{:?}", crowd[0]);
    world.origin_was_asked(1).await;
    assert!(!world.backend.asked()[0].headers.contains_key("if-none-match"), "what is stored is for everybody");
    let other = world.get_with("/", &[("if-none-match", "\"b\"")]).await;
    assert_eq!((other.status, other.body.as_str(), other.is_hit()), (200, "hello", true));
}

#[tokio::test]
async fn credentials_that_nobody_asked_for_still_hit() {
    let world = World::new().await;
    world.backend.page("/", Page::cached("hello", "public, max-age=60"));
    world.get("/").await;
    assert!(world.get_with("/", &[("authorization", "Basic YTpi")]).await.is_hit());
    world.origin_was_asked(1).await;
}
