//! The probe against real sockets: what it sends, in which order, and what it makes of servers that are dead, slow, endless
//! or broken; and the whole of `verify` against a live edge.

use crate::verify_edge::Edge;
use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use landing::model::{Ask, CheckSettings, Event, Observation, UrlPath, Verdict};
use landing::shell::probe::{ProbeOptions, examine, probe};
use landing::verify::{self, Observations, Subject};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

/// A server that sends exactly these bytes for every request, again and again when told so; ends with the runtime of its test.
async fn raw(answer: Vec<u8>, endless: bool) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let requests = Arc::new(Mutex::new(Vec::new()));
    let heard = requests.clone();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let (heard, answer) = (heard.clone(), answer.clone());
            tokio::spawn(async move {
                let mut request = vec![0; 65_536];
                let n = stream.read(&mut request).await.unwrap_or(0);
                heard.lock().unwrap().push(String::from_utf8_lossy(&request[..n]).into_owned());
                while stream.write_all(&answer).await.is_ok() && endless {}
                let _ = stream.shutdown().await;
            });
        }
    });
    (base, requests)
}

fn options(base: &str) -> ProbeOptions {
    ProbeOptions { timeout: Duration::from_secs(5), ..ProbeOptions::new(base) }
}

async fn ask(asks: impl IntoIterator<Item = Ask>, options: &ProbeOptions) -> Observations {
    probe(asks.into_iter().collect(), options, &|_| {}).await
}

/// The one observation of one question.
async fn one(answer: &[u8], change: impl FnOnce(&mut ProbeOptions)) -> Observation {
    let (base, _) = raw(answer.to_vec(), false).await;
    let mut options = options(&base);
    change(&mut options);
    ask([Ask::get("/")], &options).await.get(&Ask::get("/")).unwrap().clone()
}

#[track_caller]
fn answered(observation: Observation) -> landing::model::Answer {
    match observation {
        Observation::Answered(answer) => answer,
        Observation::Unreachable(why) => panic!("no answer: {why}"),
    }
}

#[track_caller]
fn silent(observation: Observation) -> String {
    match observation {
        Observation::Answered(answer) => panic!("answered {answer:?}"),
        Observation::Unreachable(why) => why,
    }
}

#[tokio::test]
async fn a_refused_connection_is_an_observation_with_its_cause() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let seen = ask([Ask::get("/")], &options(&base)).await;
    let why = silent(seen.get(&Ask::get("/")).unwrap().clone());
    assert!(why.to_lowercase().contains("connection refused"), "{why}");
}

#[tokio::test]
async fn an_address_that_is_none_is_an_observation_too() {
    for base in ["", "ftp://example.fr", "http://", "https:///", "http://[bad"] {
        let seen = ask([Ask::get("/")], &options(base)).await;
        silent(seen.get(&Ask::get("/")).unwrap().clone());
    }
}

#[tokio::test]
async fn a_server_that_hangs_is_left_when_the_time_is_up() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let began = Instant::now();
    let options = ProbeOptions { timeout: Duration::from_millis(150), ..ProbeOptions::new(base) };
    let seen = ask([Ask::get("/")], &options).await;
    assert_eq!(silent(seen.get(&Ask::get("/")).unwrap().clone()), "no complete answer within 150 ms");
    assert!(began.elapsed() < Duration::from_secs(3));
}

#[tokio::test]
async fn a_server_that_hangs_in_the_middle_of_a_body_is_left_too() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf").await.unwrap();
        std::future::pending::<()>().await;
    });
    let options = ProbeOptions { timeout: Duration::from_millis(150), ..ProbeOptions::new(base) };
    let seen = ask([Ask::get("/")], &options).await;
    silent(seen.get(&Ask::get("/")).unwrap().clone());
}

/// Two hundred questions, sixteen at a time: each waiting for its own time-out would be more than twelve of them.
#[tokio::test]
async fn a_host_that_answers_nothing_is_not_waited_for_again_and_again() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let heard = Arc::new(Mutex::new(0));
    let count = heard.clone();
    tokio::spawn(async move {
        let mut open = Vec::new();
        while let Ok((stream, _)) = listener.accept().await {
            *count.lock().unwrap() += 1;
            open.push(stream);
        }
    });
    let options = ProbeOptions { timeout: Duration::from_millis(400), ..ProbeOptions::new(base) };
    let seen = ask((0..200).map(|page| Ask::get(format!("/{page}"))), &options).await;
    assert_eq!(seen.len(), 200);
    for (_, observation) in seen {
        assert_eq!(silent(observation), "no complete answer within 400 ms");
    }
    let heard = *heard.lock().unwrap();
    assert!(heard < 64, "{heard} connections");
}

/// Silence now and then is no death: what follows an answer is asked.
#[tokio::test]
async fn a_host_that_answers_now_and_then_is_asked_everything() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        for turn in 0.. {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = vec![0; 4_096];
            let _ = stream.read(&mut request).await;
            if turn % 20 == 0 {
                let _ = stream.write_all(b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n").await;
            }
        }
    });
    let options = ProbeOptions { concurrency: 1, ..options(&base) };
    let seen = ask((0..100).map(|page| Ask::get(format!("/{page}"))), &options).await;
    let answers = seen.iter().filter(|(_, it)| matches!(it, Observation::Answered(_))).count();
    assert!(answers >= 4, "{answers} answers to 100 questions");
}

#[tokio::test]
async fn an_endless_body_is_cut_at_the_limit() {
    let (base, _) = raw(b"HTTP/1.1 200 OK\r\n\r\n".to_vec(), true).await;
    let options = ProbeOptions { max_body: 100_000, ..options(&base) };
    let seen = ask([Ask::get("/")], &options).await;
    let answer = answered(seen.get(&Ask::get("/")).unwrap().clone());
    assert_eq!((answer.body.len(), answer.cut), (100_000, true));
}

#[tokio::test]
async fn bodies_beyond_the_memory_for_all_are_left_out_and_said_to_be_cut() {
    let answer = one(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello", |options| options.max_total = 4).await;
    let answer = answered(answer);
    assert_eq!((answer.body.len(), answer.cut), (0, true));
}

#[tokio::test]
async fn chunks_are_joined_and_old_http_is_understood() {
    let chunked = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n";
    assert_eq!(answered(one(chunked, |_| {}).await).body, "hello world");
    let old = b"HTTP/1.0 200 OK\r\n\r\nhello until the end";
    assert_eq!(answered(one(old, |_| {}).await).body, "hello until the end");
}

#[tokio::test]
async fn an_answer_that_breaks_off_or_is_none_is_no_answer() {
    for broken in [
        &b"HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\nhalf"[..],
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nffffffffffffffffff\r\nhello",
        b"HTTP/1.1 2",
        b"",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"\x16\x03\x01\x00",
    ] {
        silent(one(broken, |_| {}).await);
    }
}

#[tokio::test]
async fn a_header_of_a_megabyte_is_refused_and_one_that_is_no_text_is_shown_as_such() {
    let mut huge = b"HTTP/1.1 200 OK\r\nx-huge: ".to_vec();
    huge.extend(std::iter::repeat_n(b'x', 1_000_000));
    huge.extend(b"\r\ncontent-length: 0\r\n\r\n");
    silent(one(&huge, |_| {}).await);
    let odd = answered(one(b"HTTP/1.1 200 OK\r\netag: \"\xff\xfe\"\r\ncontent-length: 0\r\n\r\n", |_| {}).await);
    assert_eq!(odd.header("etag").unwrap(), "\"\u{fffd}\u{fffd}\"");
}

#[tokio::test]
async fn redirects_are_not_followed_and_codings_are_not_undone() {
    let redirect = b"HTTP/1.1 302 Found\r\nlocation: /elsewhere\r\ncontent-length: 0\r\n\r\n";
    assert_eq!(answered(one(redirect, |_| {}).await).status, 302);
    let body = crate::verify_edge::code("gzip", b"hello");
    let mut coded =
        format!("HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: {}\r\n\r\n", body.len()).into_bytes();
    coded.extend(&body);
    assert_eq!(answered(one(&coded, |_| {}).await).body, body);
}

#[tokio::test]
async fn a_question_says_who_asks_and_nothing_that_was_not_asked_for() {
    let (base, heard) = raw(b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n".to_vec(), false).await;
    ask([Ask::get("/a%20b?x=1").header("cookie", "_ga=1")], &options(&base)).await;
    let request = heard.lock().unwrap()[0].to_lowercase();
    assert!(request.starts_with("get /a%20b?x=1 http/1.1\r\n"), "{request}");
    assert!(request.contains(&format!("user-agent: landing/{} (verify)\r\n", env!("CARGO_PKG_VERSION"))), "{request}");
    assert!(request.contains("cookie: _ga=1\r\n") && !request.contains("accept-encoding"), "{request}");
}

#[tokio::test]
async fn each_question_is_asked_once_round_after_round_and_late_where_it_says_so() {
    let (base, heard) = raw(b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n".to_vec(), false).await;
    let asks = [
        Ask::get("/b").round(1),
        Ask::get("/a"),
        Ask::get("/a"),
        Ask::get("/c").round(2).wait_ms(120),
        Ask::get("/d").round(2),
    ];
    let began = Instant::now();
    let seen = ask(asks.clone(), &options(&base)).await;
    assert!(began.elapsed() >= Duration::from_millis(120));
    assert_eq!(seen.len(), 4);
    let paths: Vec<String> =
        heard.lock().unwrap().iter().map(|it| it.split(' ').nth(1).unwrap_or_default().to_owned()).collect();
    assert_eq!(paths, ["/a", "/b", "/d", "/c"]);
    let at = |ask: &Ask| seen.answer(ask).unwrap().at_ms;
    assert!(at(&asks[3]) >= at(&asks[0]) + 120);
}

#[tokio::test]
async fn another_server_can_be_asked_under_the_same_name() {
    let (base, heard) = raw(b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n".to_vec(), false).await;
    let server = base.trim_start_matches("http://").parse().unwrap();
    let options = ProbeOptions { resolve: Some(server), ..options("http://www.example.invalid") };
    let seen = ask([Ask::get("/")], &options).await;
    assert_eq!(seen.answer(&Ask::get("/")).unwrap().status, 204);
    assert!(heard.lock().unwrap()[0].to_lowercase().contains("host: www.example.invalid\r\n"));
}

#[tokio::test]
async fn plain_text_where_tls_is_expected_is_no_answer() {
    let (base, _) = raw(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n".to_vec(), false).await;
    let seen = ask([Ask::get("/")], &options(&base.replace("http:", "https:"))).await;
    silent(seen.get(&Ask::get("/")).unwrap().clone());
}

/// A proxy of the environment would stand between us and the edge. The environment of this process is shared by all tests,
/// so a second process is asked.
#[tokio::test]
async fn a_proxy_of_the_environment_is_not_asked() {
    const BASE: &str = "LANDING_TEST_PROBE_BASE";
    if let Ok(base) = std::env::var(BASE) {
        let seen = ask([Ask::get("/")], &options(&base)).await;
        assert_eq!(seen.answer(&Ask::get("/")).unwrap().status, 204);
        return;
    }
    let (base, heard) = raw(b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n".to_vec(), false).await;
    let mut child = std::process::Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", "verify_probe::a_proxy_of_the_environment_is_not_asked"]).env(BASE, &base);
    child
        .env("HTTP_PROXY", "http://127.0.0.1:9")
        .env("http_proxy", "http://127.0.0.1:9")
        .env("ALL_PROXY", "http://127.0.0.1:9");
    let status = tokio::task::spawn_blocking(move || child.output()).await.unwrap().unwrap();
    assert!(status.status.success(), "{}", String::from_utf8_lossy(&status.stdout));
    assert_eq!(heard.lock().unwrap().len(), 1);
}

/// A faultless edge on a socket, which counts what it was asked.
async fn live(edge: Arc<Edge>) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let heard = Arc::new(Mutex::new(Vec::new()));
    let stored: Arc<Mutex<BTreeMap<String, Instant>>> = Arc::default();
    let log = heard.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (edge, stored, log) = (edge.clone(), stored.clone(), log.clone());
            let service = hyper::service::service_fn(move |request: hyper::Request<Incoming>| {
                let answer = serve(&edge, &stored, &log, &request);
                async move { Ok::<_, std::convert::Infallible>(answer) }
            });
            let stream = hyper_util::rt::TokioIo::new(stream);
            tokio::spawn(hyper::server::conn::http1::Builder::new().serve_connection(stream, service));
        }
    });
    (base, heard)
}

/// The key leaves out the query and cookies and holds the coding, as a CDN configured for a campaign would.
fn serve(
    edge: &Edge,
    stored: &Mutex<BTreeMap<String, Instant>>,
    log: &Mutex<Vec<String>>,
    request: &hyper::Request<Incoming>,
) -> hyper::Response<Full<Bytes>> {
    let field = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
    let mut ask = Ask::get(request.uri().path_and_query().unwrap().as_str());
    let others = ["HEAD", "POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PURGE", "BAN"];
    if let Some(method) = others.into_iter().find(|method| request.method() == *method) {
        ask = ask.method(method);
    }
    for name in ["accept-encoding", "if-none-match", "if-modified-since", "range", "if-range"] {
        if let Some(value) = field(name) {
            ask = ask.header(name, value);
        }
    }
    log.lock().unwrap().push(format!("{} {}", request.method(), ask.target));
    let coding = match field("accept-encoding") {
        Some("br;q=0, gzip") => "gzip",
        Some(coding @ ("br" | "gzip")) => coding,
        _ => "identity",
    };
    let key = format!("{} {coding}", request.uri().path());
    let mut stored = stored.lock().unwrap();
    let known = stored.contains_key(&key);
    let since = *stored.entry(key).or_insert_with(Instant::now);
    let answer = edge.answer(&ask.round(u8::from(known)));
    let mut response = hyper::Response::builder().status(answer.status);
    for (name, value) in answer.headers.iter().filter(|(name, _)| name != "age") {
        response = response.header(name, value);
    }
    response.header("age", since.elapsed().as_secs()).body(Full::new(answer.body)).unwrap()
}

/// No host is allowed, no resolver named, nothing waived.
static CHECK: CheckSettings = CheckSettings { third_parties: Vec::new(), resolvers: Vec::new(), waivers: Vec::new() };

fn subject<'a>(edge: &'a Edge, base: &'a str, event: &'a Event, focus: Option<&'a BTreeSet<UrlPath>>) -> Subject<'a> {
    let now = "2026-11-20T12:00:00Z".parse().unwrap();
    Subject {
        release: &edge.release,
        base,
        event,
        now,
        check: &CHECK,
        origin: None,
        focus,
        foreign: None,
        canary: None,
        switches: &[],
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_live_faultless_edge_is_proven_in_a_second_or_two() {
    let edge = Arc::new(Edge::site());
    let (base, heard) = live(edge.clone()).await;
    let event = Event::default();
    let began = Instant::now();
    let (seen, report) = examine(&subject(&edge, &base, &event, None), verify::ALL, &options(&base), &|_| {}).await;
    let took = began.elapsed();
    let wrong: Vec<_> = report.findings.iter().filter(|it| it.verdict > Verdict::Skipped).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!((report.offload, report.verdict()), (Some(1.0), Verdict::Pass));
    assert_eq!(heard.lock().unwrap().len(), seen.len(), "each question once");
    assert!(took < Duration::from_secs(4), "{took:?} for {} questions", seen.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_pages_are_sampled_but_all_that_changed_are_compared() {
    let edge = Arc::new(Edge::with_pages(1_000));
    let event = Event::default();
    let asked = |focus: Option<&BTreeSet<UrlPath>>| {
        verify::questions(&subject(&edge, "http://127.0.0.1:1", &event, focus), verify::ALL).len()
    };
    assert!(asked(None) < 1_500, "{} questions", asked(None));
    let focus: BTreeSet<UrlPath> = (0..1_000).map(|page| UrlPath::parse(&format!("/page-{page}")).unwrap()).collect();
    let (base, _) = live(edge.clone()).await;
    let subject = subject(&edge, &base, &event, Some(&focus));
    let (_, report) = examine(&subject, verify::PROOF, &options(&base), &|_| {}).await;
    let proven: BTreeSet<&str> = report
        .findings
        .iter()
        .filter(|it| it.check == "bytes" && it.verdict == Verdict::Pass)
        .map(|it| it.url.as_str())
        .collect();
    assert!(focus.iter().all(|url| proven.contains(format!("{base}{url}").as_str())));
    assert_eq!(report.verdict(), Verdict::Pass);
    assert!(verify::stale(&subject, &report).is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_an_edge_still_serves_of_an_older_release_is_named_for_the_next_purge() {
    let (old, new) = (Arc::new(Edge::with_pages(3)), Edge::with_pages(4));
    let (base, _) = live(old).await;
    let event = Event::default();
    let subject = subject(&new, &base, &event, None);
    let (_, report) = examine(&subject, verify::PROOF, &options(&base), &|_| {}).await;
    let stale: Vec<String> = verify::stale(&subject, &report).iter().map(ToString::to_string).collect();
    assert_eq!(stale, ["/page-3", "/page-3.html", "/page-3/"]);
}
