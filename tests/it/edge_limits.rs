//! Clients who are slow, many or large, spoken to over bare sockets.

use crate::edge_world::{Page, World};
use landing::serve::EdgeOptions;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

fn impatient(options: &mut EdgeOptions) {
    options.limits.header_within = Duration::from_millis(200);
    options.limits.unread_for = Duration::from_millis(200);
}

async fn connect(world: &World) -> TcpStream {
    TcpStream::connect(world.edge.address()).await.unwrap()
}

/// Says something and reads what comes back until the other side is done.
async fn say(world: &World, text: &str) -> String {
    let mut stream = connect(world).await;
    stream.write_all(text.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    // The other side may hang up on what it does not like; what it said before counts.
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
async fn a_header_that_never_ends_is_cut_off() {
    let world = World::with(impatient).await;
    let began = Instant::now();
    say(&world, "GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ").await;
    assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
    world.origin_was_asked(0).await;
}

#[tokio::test]
async fn a_client_that_does_not_read_is_left() {
    let world = World::with(|options| {
        impatient(options);
        options.limits.connections = 1;
    })
    .await;
    world.backend.page("/", Page::cached(&"x".repeat(12 << 20), "max-age=60"));
    let mut stream = connect(&world).await;
    stream.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    // The only seat is taken by somebody who never reads; the next visitor gets it nevertheless.
    let said = tokio::time::timeout(Duration::from_secs(5), world.ask("HEAD", "/", &[])).await;
    assert_eq!(said.unwrap().status, 200);
    drop(stream);
}

#[tokio::test]
async fn large_headers_are_refused() {
    let world = World::new().await;
    let long = say(&world, &format!("GET / HTTP/1.1\r\nHost: x\r\nX-Long: {}\r\n\r\n", "x".repeat(64 << 10))).await;
    assert!(long.starts_with("HTTP/1.1 431 "), "{long}");
    let fields: String = (0..200).map(|idx| format!("X-{idx}: y\r\n")).collect::<Vec<_>>().concat();
    let many = say(&world, &format!("GET / HTTP/1.1\r\nHost: x\r\n{fields}\r\n")).await;
    assert!(many.starts_with("HTTP/1.1 431 "), "{many}");
    let target =
        say(&world, &format!("GET /{} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "x".repeat(9_000))).await;
    assert!(target.starts_with("HTTP/1.1 414 "), "{target}");
    world.origin_was_asked(0).await;
}

#[tokio::test]
async fn odd_requests_are_answered_by_the_edge_or_are_as_if_they_were_plain() {
    let world = World::new().await;
    world.backend.page("/", Page::cached("hello", "max-age=60"));
    let close = "Connection: close\r\n\r\n";
    for (request, status) in [
        (format!("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n{close}"), 400),
        (format!("GET /../../etc/passwd HTTP/1.1\r\nHost: a\r\n{close}"), 400),
        (format!("GET /%00 HTTP/1.1\r\nHost: a\r\n{close}"), 400),
        (format!("OPTIONS * HTTP/1.1\r\nHost: a\r\n{close}"), 400),
        (format!("CONNECT a:443 HTTP/1.1\r\nHost: a\r\n{close}"), 405),
        (format!("GET http://evil.example/ HTTP/1.1\r\nHost: evil.example\r\n{close}"), 200),
        (format!("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n{close}12345"), 200),
        ("GET / HTTP/1.0\r\n\r\n".to_owned(), 200),
        (
            format!("GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n{close}0\r\n\r\n"),
            200,
        ),
    ] {
        let answer = say(&world, &request).await;
        let found = answer.split(' ').nth(1).unwrap_or_default();
        assert_eq!(found, status.to_string(), "{request}\n{answer}");
    }
    world.origin_was_asked(1).await;
    let asked = &world.backend.asked()[0];
    assert!(!asked.headers.contains_key("content-length") && !asked.headers.contains_key("transfer-encoding"));
}
