//! The origin over a store, alone and behind the edge: what a release says is what is served.

use crate::edge_world::TOKEN;
use crate::verify_edge::{Edge as Site, key};
use bytes::Bytes;
use http::HeaderMap;
use landing::model::{Class, Digest, Head, Headers, Key, Owed, Release, State, Tag};
use landing::serve::{EdgeOptions, Front, Origin, OriginOptions, front, origin};
use landing::store::{Condition, Object, Store, StoreError};
use std::collections::BTreeMap;
use std::io::Read as _;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

fn memory() -> Store {
    Store::over(Arc::new(object_store::memory::InMemory::new()), "memory:")
}

/// Writes an object whatever stands there.
async fn put(store: &Store, key: &Key, bytes: impl Into<Bytes>, headers: &Headers) -> Tag {
    let object = Object { bytes: bytes.into(), headers: headers.clone() };
    match store.get(key).await {
        Ok(there) => store.put(key, &object, Condition::Matches(&there.tag)).await.unwrap(),
        Err(StoreError::NotFound) => store.put(key, &object, Condition::Absent).await.unwrap(),
        Err(err) => panic!("{key}: {err}"),
    }
}

/// Everything of a release, and the head that names it.
async fn publish(store: &Store, release: &Release, files: &BTreeMap<Key, Bytes>) {
    for (key, entry) in &release.entries {
        put(store, key, files[key].clone(), &entry.headers).await;
    }
    point_head(store, release).await;
}

async fn point_head(store: &Store, release: &Release) {
    put(store, &Head::manifest_key(&release.id()), release.to_json(), &Headers::new()).await;
    let head = Head {
        format: Head::FORMAT,
        seq: 1,
        nonce: release.id().hex(),
        state: State::Live,
        release: release.id(),
        previous: None,
        mode: landing::model::Mode::Normal,
        freeze: None,
        sweep: None,
        log: Vec::new(),
        owed: Owed::default(),
        verified: false,
        copies: std::collections::BTreeMap::new(),
        documents: BTreeMap::new(),
        conditions: None,
        by: "test".to_owned(),
        at: "2026-11-20T12:00:00Z".to_owned(),
    };
    put(store, &Head::key(), head.to_json(), &Headers::new()).await;
}

/// The site with another body for a page.
fn edited(site: &Site, page: &str, body: &str) -> Site {
    let (mut release, mut files) = (site.release.clone(), site.files.clone());
    let entry = release.entries.get_mut(&key(page)).unwrap();
    (entry.sha256, entry.size) = (Digest::of(body.as_bytes()), body.len() as u64);
    files.insert(key(page), Bytes::from(body.to_owned()));
    Site { release, files }
}

struct Said {
    status: u16,
    headers: HeaderMap,
    body: Bytes,
}

impl Said {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |it| it.to_str().unwrap())
    }
}

async fn ask(address: SocketAddr, method: &str, target: &str, headers: &[(&str, &str)]) -> Said {
    let client = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let request = client.request(method.parse().unwrap(), format!("http://{address}{target}"));
    let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    let answer = request.send().await.unwrap();
    let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
    Said { status, headers, body: answer.bytes().await.unwrap() }
}

async fn get(address: SocketAddr, target: &str) -> Said {
    ask(address, "GET", target, &[]).await
}

async fn started(store: &Store) -> Origin {
    // The client that asks needs a provider of cryptography, as every client here; a second installation changes nothing.
    let _ = rustls::crypto::ring::default_provider().install_default();
    origin(OriginOptions::new(store.clone())).await.unwrap()
}

async fn serving(site: &Site) -> (Store, Origin) {
    let store = memory();
    publish(&store, &site.release, &site.files).await;
    let origin = started(&store).await;
    (store, origin)
}

fn asset(site: &Site, extension: &str) -> Key {
    let (key, _) = site.release.assets().find(|(key, _)| key.extension() == extension).unwrap();
    key.clone()
}

#[tokio::test]
async fn every_url_leads_where_the_release_says() {
    let site = Site::site();
    let (_store, origin) = serving(&site).await;
    let at = origin.address();
    for (target, file) in
        [("/", "index.html"), ("/index.html", "index.html"), ("/legal", "legal.html"), ("/legal.html", "legal.html")]
    {
        let said = get(at, target).await;
        assert_eq!((said.status, &said.body), (200, &site.files[&key(file)]), "{target}");
        let expected = &site.release.entries[&key(file)].headers;
        for (name, value) in expected.iter() {
            assert_eq!(said.header(name), value, "{target}");
        }
    }
    for (target, status, location) in [
        ("/legal/", 308, "/legal"),
        ("/Legal?utm_source=tv", 308, "/legal?utm_source=tv"),
        ("/app?a=1", 302, "https://apps.example.net/example?a=1"),
    ] {
        let said = get(at, target).await;
        assert_eq!((said.status, said.header("location")), (status, location), "{target}");
        assert_eq!(said.header("cache-control"), "public, max-age=300");
    }
    let picture = asset(&site, "jpg");
    let said = get(at, &format!("/{picture}")).await;
    assert_eq!((said.status, said.body.len(), said.header("vary")), (200, 2_000, ""));
}

#[tokio::test]
async fn what_is_not_public_is_not_found() {
    let site = Site::site();
    let (_store, origin) = serving(&site).await;
    let page = &site.files[&key("404.html")];
    for target in [
        "/.landing/head",
        "/%2elanding/head",
        "/.LANDING/head",
        "//.landing/head",
        &format!("/.landing/releases/{}", site.release.id()),
        "/nothing",
        "/assets/none.0123456789abcdef.js",
    ] {
        let said = get(origin.address(), target).await;
        assert_eq!((said.status, &said.body), (404, page), "{target}");
        assert_eq!(said.header("cache-control"), "public, max-age=30", "never immutable");
        assert!(!said.headers.contains_key("etag"));
    }
    assert_eq!(get(origin.address(), "/%2e%2e/x%00").await.status, 400);
    for method in ["POST", "PUT", "DELETE", "PURGE"] {
        let said = ask(origin.address(), method, "/", &[]).await;
        assert_eq!((said.status, said.header("allow")), (405, "GET, HEAD"), "{method}");
    }
}

#[tokio::test]
async fn every_coding_has_its_own_tag_and_comes_back_to_the_same_bytes() {
    let site = Site::site();
    let (_store, origin) = serving(&site).await;
    let at = origin.address();
    let plain = &site.files[&key("index.html")];
    let hex16 = Digest::of(plain).hex16();
    let mut tags = Vec::new();
    for (accept, coding, tag) in [
        ("identity", "", format!("\"{hex16}\"")),
        ("gzip", "gzip", format!("\"{hex16}-gzip\"")),
        ("gzip, deflate, br, zstd", "br", format!("\"{hex16}-br\"")),
    ] {
        let said = ask(at, "GET", "/", &[("accept-encoding", accept)]).await;
        assert_eq!((said.header("content-encoding"), said.header("etag")), (coding, tag.as_str()));
        assert_eq!(said.header("vary"), "Accept-Encoding");
        assert_eq!(said.header("content-length"), said.body.len().to_string());
        assert!(!said.headers.contains_key("last-modified"));
        let mut back = Vec::new();
        match coding {
            "br" => _ = brotli::Decompressor::new(&said.body[..], 4_096).read_to_end(&mut back).unwrap(),
            "gzip" => _ = flate2::read::GzDecoder::new(&said.body[..]).read_to_end(&mut back).unwrap(),
            _ => back.extend(&said.body),
        }
        assert_eq!(&back, plain);
        let known = ask(at, "GET", "/", &[("accept-encoding", accept), ("if-none-match", &tag)]).await;
        assert_eq!((known.status, known.body.len(), known.header("etag")), (304, 0, tag.as_str()));
        assert_eq!(
            (known.header("vary"), known.header("cache-control")),
            ("Accept-Encoding", said.header("cache-control"))
        );
        let head = ask(at, "HEAD", "/", &[("accept-encoding", accept)]).await;
        assert_eq!((head.header("content-length"), head.body.len()), (said.header("content-length"), 0));
        let part = ask(at, "GET", "/", &[("accept-encoding", accept), ("range", "bytes=1-3")]).await;
        assert_eq!((part.status, &part.body), (206, &said.body.slice(1..4)));
        tags.push(tag);
    }
    assert_eq!(ask(at, "GET", "/", &[("if-none-match", tags[1].as_str())]).await.status, 200, "another coding's tag");
}

#[tokio::test]
async fn a_deploy_is_seen_at_once_and_a_page_comes_whole_from_its_object() {
    let site = Site::site();
    let (store, origin) = serving(&site).await;
    let at = origin.address();
    get(at, "/").await;
    assert_eq!(get(at, "/new").await.status, 404);
    // The head already names the next release, its pages are not written yet.
    let mut next = edited(&site, "index.html", "<h1>two</h1>");
    let entry = next.release.entries[&key("legal.html")].clone();
    next.release.entries.insert(key("new.html"), entry);
    point_head(&store, &next.release).await;
    assert_eq!(get(at, "/").await.body, site.files[&key("index.html")], "the old page, whole");
    assert_eq!(get(at, "/new").await.status, 404, "announced, not there");
    let headers = Headers::new().with("content-type", "text/html; charset=utf-8").with("x-of-the-object", "1");
    put(&store, &key("index.html"), "<h1>two</h1>", &headers).await;
    let said = get(at, "/").await;
    assert_eq!((&said.body[..], said.header("x-of-the-object")), (&b"<h1>two</h1>"[..], "1"));
    assert_eq!(said.header("cache-control"), "", "nothing is mixed in from the manifest");
    put(&store, &key("new.html"), "<h1>new</h1>", &headers).await;
    assert_eq!(get(at, "/new").await.status, 200);
}

#[tokio::test]
async fn assets_of_older_releases_are_served_and_damaged_ones_are_not() {
    let site = Site::site();
    let (store, origin) = serving(&site).await;
    let at = origin.address();
    let (css, picture) = (asset(&site, "css"), asset(&site, "jpg"));
    let mut next = site.release.clone();
    next.entries.retain(|_, entry| entry.class != Class::Asset);
    point_head(&store, &next).await;
    let said = get(at, &format!("/{css}")).await;
    assert_eq!((said.status, said.header("cache-control")), (200, "public, max-age=31536000, immutable"));
    put(&store, &picture, "not the picture", &site.release.entries[&picture].headers).await;
    let said = get(at, &format!("/{picture}")).await;
    assert_eq!((said.status, said.header("cache-control")), (500, "no-store"));
}

#[tokio::test]
async fn a_store_that_cannot_be_read_shows_the_error_page_and_caches_do_not_keep_it() {
    let mut site = Site::site();
    site.release.errors.insert(503, key("404.html"));
    let (store, origin) = serving(&site).await;
    let at = origin.address();
    assert_eq!(get(at, "/").await.status, 200);
    put(&store, &Head::key(), "{ not a head", &Headers::new()).await;
    let said = get(at, "/").await;
    assert_eq!((said.status, &said.body), (503, &site.files[&key("404.html")]));
    assert_eq!((said.header("cache-control"), said.header("retry-after")), ("no-store", "5"));
    assert_eq!(said.header("cdn-cache-control"), "");
    let empty = started(&memory()).await;
    assert_eq!(get(empty.address(), "/").await.status, 503);
}

async fn fronted(store: &Store) -> Front {
    let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    front(store.clone(), EdgeOptions::new(listen, "", TOKEN)).await.unwrap()
}

async fn purge(at: SocketAddr, urls: &[&str]) {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let body = serde_json::json!({"urls": urls, "prefixes": [], "tags": [], "everything": false, "soft": false});
    let request = client.post(format!("http://{at}/.well-known/landing-edge/purge")).bearer_auth(TOKEN);
    assert_eq!(request.body(body.to_string()).send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn behind_the_edge_a_purge_shows_the_new_page_and_leaves_the_others_warm() {
    let site = Site::site();
    let store = memory();
    publish(&store, &site.release, &site.files).await;
    let front = fronted(&store).await;
    let at = front.address();
    for target in ["/", "/index.html", "/legal", "/robots.txt", "/nothing"] {
        get(at, target).await;
        assert!(get(at, target).await.header("cache-status").contains("; hit"), "{target}");
    }
    let next = edited(&site, "index.html", "<h1>two</h1>");
    publish(&store, &next.release, &next.files).await;
    assert_eq!(get(at, "/").await.body, site.files[&key("index.html")], "nobody has said so yet");
    purge(at, &["/", "/index.html"]).await;
    let before = front.edge.counters().origin_requests;
    for target in ["/", "/index.html"] {
        for accept in ["identity", "gzip", "br"] {
            let said = ask(at, "GET", target, &[("accept-encoding", accept)]).await;
            assert_eq!(
                said.header("etag").trim_matches('"').split('-').next().unwrap(),
                Digest::of(b"<h1>two</h1>").hex16().as_str()
            );
        }
    }
    assert!(get(at, "/legal").await.header("cache-status").contains("; hit"));
    assert_eq!(front.edge.counters().origin_requests, before + 6);
    front.stop().await;
}

#[tokio::test]
async fn behind_the_edge_a_dead_store_goes_unnoticed() {
    let site = Site::site();
    let store = memory();
    publish(&store, &site.release, &site.files).await;
    let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let options = EdgeOptions::new(listen, "", TOKEN);
    let clock = options.clock.clone();
    let front = front(store.clone(), options).await.unwrap();
    get(front.address(), "/").await;
    put(&store, &Head::key(), "{ not a head", &Headers::new()).await;
    // The document's lifetime at the CDN is a day, with a day and a week of stale windows after it.
    for days in [1, 1, 2] {
        clock.advance(std::time::Duration::from_secs(days * 86_400 + 60));
        let said = get(front.address(), "/").await;
        assert_eq!((said.status, &said.body), (200, &site.files[&key("index.html")]));
    }
}
