//! Whole conversations with purge APIs, in a time that does not pass: rates, `Retry-After`, polling, grants, a 200 that lies.

use crate::world::{World, block_on, head, url};
use landing::cdn::{self, Account};
use landing::diag::{Code, Diagnostic};
use landing::model::{Deed, Purge, UrlPath, Widen};
use landing::shell::Token;
use landing::shell::deploy::Proof;
use landing::shell::purge::What;
use landing::shell::sender::{Clock, Patience, Purger, Sender};
use std::collections::BTreeSet;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// A clock that goes on only when somebody sleeps.
#[derive(Default)]
struct Virtual(Mutex<Duration>);

#[async_trait::async_trait]
impl Clock for Virtual {
    fn now(&self) -> jiff::Timestamp {
        "2026-11-27T20:00:00Z".parse::<jiff::Timestamp>().unwrap() + *self.0.lock().unwrap()
    }

    fn elapsed(&self) -> Duration {
        *self.0.lock().unwrap()
    }

    async fn sleep(&self, time: Duration) {
        *self.0.lock().unwrap() += time;
    }
}

/// What an API says to the n-th request: status, further header lines, body.
pub(crate) type Script = dyn Fn(usize, &str) -> (u16, String, String) + Send + Sync;

/// One conversation: the far side, what it heard and when.
pub(crate) struct Talk {
    pub(crate) address: String,
    clock: Arc<Virtual>,
    heard: Arc<Mutex<Vec<(Duration, String)>>>,
}

impl Talk {
    pub(crate) fn with(script: &'static Script) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let (clock, heard) = (Arc::new(Virtual::default()), Arc::new(Mutex::new(Vec::new())));
        let (time, log) = (Arc::clone(&clock), Arc::clone(&heard));
        // Ends with the process: it waits for connections that nobody makes.
        std::thread::spawn(move || {
            for (count, stream) in listener.incoming().enumerate() {
                let Ok(mut stream) = stream else { continue };
                let request = read(&mut stream);
                let (status, headers, body) = script(count, &request);
                log.lock().unwrap().push((time.elapsed(), request));
                let length = body.len();
                let reply = format!(
                    "HTTP/1.1 {status} X\r\nconnection: close\r\n{headers}content-length: {length}\r\n\r\n{body}"
                );
                let _ = stream.write_all(reply.as_bytes());
            }
        });
        Self { address, clock, heard }
    }

    fn purger(&self, id: &str, account: Account, secrets: &[&str]) -> Purger {
        let named = |name: &&str| ((*name).to_owned(), Token::new(&format!("s3cr3t-{name}")).unwrap());
        let account = Account { secrets: secrets.iter().map(|&name| name.to_owned()).collect(), ..account };
        let account = Account { api: account.api.or(Some(self.address.clone())), ..account };
        let secrets = secrets.iter().map(named).collect();
        Purger { cdn: cdn::find(id).unwrap(), account, secrets, widen: Widen::Never }
    }

    fn purge(&self, id: &str, account: Account, secrets: &[&str], purge: &Purge) -> Result<u64, Diagnostic> {
        let purger = self.purger(id, account, secrets);
        let clock = Arc::clone(&self.clock);
        let sender = Sender::new(Patience::default()).unwrap().timed(clock);
        block_on(sender.purge(&purger, purge, jiff::Timestamp::UNIX_EPOCH))
    }

    fn heard(&self) -> Vec<(u64, String)> {
        self.heard.lock().unwrap().iter().map(|(at, request)| (at.as_secs(), request.clone())).collect()
    }
}

fn read(stream: &mut std::net::TcpStream) -> String {
    let (mut request, mut part) = (Vec::new(), [0; 4_096]);
    loop {
        let read = stream.read(&mut part).unwrap_or(0);
        request.extend_from_slice(&part[..read]);
        let text = String::from_utf8_lossy(&request).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            if read == 0 {
                return text;
            }
            continue;
        };
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse::<usize>().ok());
        if body.len() >= length.unwrap_or(0) || read == 0 {
            return text;
        }
    }
}

fn urls(count: usize) -> Purge {
    let urls = (0..count).map(|n| UrlPath::parse(&format!("/n/{n}")).unwrap()).collect();
    Purge { urls, ..Purge::default() }
}

fn site() -> Account {
    Account::at("https://www.example.fr")
}

const OK: &str = r#"{"success":true,"errors":[]}"#;

#[test]
fn cloudflare_is_told_all_urls_once_at_its_own_rate() {
    let talk = Talk::with(&|_, _| (200, String::new(), OK.to_owned()));
    let calls = talk.purge("cloudflare", site().with("zone", &["z"]), &["token"], &urls(2_000)).unwrap();
    let heard = talk.heard();
    assert_eq!((calls, heard.len()), (20, 20));
    // 800 at once and 800 in every second: 2,000 URLs end after a second and a half.
    assert!((1..=2).contains(&heard[19].0), "{}", heard[19].0);
    assert_eq!(heard[7].0, 0);
    let mut told = BTreeSet::new();
    for (_, request) in &heard {
        assert!(request.starts_with("POST /zones/z/purge_cache HTTP/1.1\r\n"), "{request}");
        assert!(request.contains("authorization: Bearer s3cr3t-token\r\n"));
        let body: serde_json::Value = serde_json::from_str(request.split_once("\r\n\r\n").unwrap().1).unwrap();
        let files = body["files"].as_array().unwrap();
        assert!(files.len() <= 100);
        told.extend(files.iter().map(|file| file.as_str().unwrap().to_owned()));
    }
    assert_eq!(told.len(), 2_000);
}

#[test]
fn cloudflare_is_asked_again_when_it_says_so_and_not_before() {
    let talk = Talk::with(&|count, _| match count {
        0 => (429, "retry-after: 7\r\n".to_owned(), r#"{"success":false}"#.to_owned()),
        _ => (200, String::new(), OK.to_owned()),
    });
    assert_eq!(talk.purge("cloudflare", site().with("zone", &["z"]), &["token"], &urls(1)), Ok(1));
    let heard = talk.heard();
    // Seven seconds, and up to half of it more.
    assert!(heard[0].0 == 0 && (7..=10).contains(&heard[1].0), "{} {}", heard[0].0, heard[1].0);
    assert_eq!(heard[0].1, heard[1].1);
}

#[test]
fn a_refusal_says_what_the_api_said_without_the_token() {
    const WORDS: &str = r#"{"success":false,"errors":[{"message":"Authentication error for s3cr3t-token"}]}"#;
    let talk = Talk::with(&|_, _| (403, String::new(), WORDS.to_owned()));
    let err = talk.purge("cloudflare", site().with("zone", &["z"]), &["token"], &urls(1)).unwrap_err();
    assert_eq!(err.code, Code::PurgeRefused);
    assert!(
        err.message.contains("status 403: Authentication error for …") && !err.to_string().contains("s3cr3t"),
        "{err}"
    );
}

#[test]
fn fastly_is_purged_twice_where_a_shield_refills() {
    let talk = Talk::with(&|_, _| (200, String::new(), r#"{"status":"ok","id":"1"}"#.to_owned()));
    let account = site().with("service", &["S"]).with("shield", &["true"]);
    assert_eq!(talk.purge("fastly", account, &["token"], &urls(1)), Ok(2));
    let heard = talk.heard();
    assert!(heard[0].1.starts_with("POST /purge/www.example.fr/n/0 HTTP/1.1\r\n"), "{}", heard[0].1);
    assert!(heard[0].1.contains("fastly-key: s3cr3t-token\r\n"));
    assert_eq!((heard[0].0, heard[1].0), (0, 2));
}

#[test]
fn fastly_that_forgot_a_key_is_not_believed() {
    let talk = Talk::with(&|_, _| (200, String::new(), r#"{"error":"1-2"}"#.to_owned()));
    let purge = Purge { tags: ["error", "redirect"].map(str::to_owned).into(), ..Purge::default() };
    let err = talk.purge("fastly", site().with("service", &["S"]), &["token"], &purge).unwrap_err();
    assert!(err.message.contains("1 of 2 keys, `redirect` among them, were not purged"), "{err}");
}

#[test]
fn bunny_gets_its_burst_and_then_five_in_a_second() {
    let talk = Talk::with(&|_, _| (200, String::new(), String::new()));
    assert_eq!(talk.purge("bunny", site(), &["token"], &urls(140)), Ok(140));
    let heard = talk.heard();
    assert_eq!((heard[119].0, heard[139].0), (0, 4));
    assert!(
        heard
            .iter()
            .all(|(_, request)| request.contains("exactPath=true") && request.contains("accesskey: s3cr3t-token"))
    );
}

#[test]
fn a_plan_that_takes_longer_than_anybody_waits_is_refused_before_the_first_call() {
    let talk = Talk::with(&|_, _| (200, String::new(), String::new()));
    let err = talk.purge("bunny", site(), &["token"], &urls(30_000)).unwrap_err();
    assert!(err.message.contains("by its own rates this purge takes"), "{err}");
    assert!(talk.heard().is_empty());
}

#[test]
fn cloudfront_is_followed_until_it_is_completed_and_no_longer_than_it_takes() {
    let talk = Talk::with(&|count, _| {
        let status = if count < 3 { "InProgress" } else { "Completed" };
        let body = format!("<Invalidation><Id>I1</Id><Status>{status}</Status></Invalidation>");
        (if count == 0 { 201 } else { 200 }, String::new(), body)
    });
    let account = site().with("distribution", &["E1"]);
    assert_eq!(talk.purge("cloudfront", account, &["access_key", "secret_key"], &urls(1)), Ok(1));
    let heard = talk.heard();
    let lines: Vec<&str> = heard.iter().map(|(_, request)| request.lines().next().unwrap()).collect();
    let follow = "GET /2020-05-31/distribution/E1/invalidation/I1 HTTP/1.1";
    assert_eq!(lines, ["POST /2020-05-31/distribution/E1/invalidation HTTP/1.1", follow, follow, follow]);
    assert_eq!(heard.iter().map(|(at, _)| *at).collect::<Vec<_>>(), [0, 2, 7, 12]);
    assert!(
        heard[3]
            .1
            .contains("authorization: AWS4-HMAC-SHA256 Credential=s3cr3t-access_key/20261127/us-east-1/cloudfront/")
    );
    assert!(heard.iter().all(|(_, request)| !request.contains("s3cr3t-secret_key")));
}

#[test]
fn cloudfront_pays_once_for_a_request_that_is_sent_again() {
    let talk = Talk::with(&|count, _| {
        let done = "<Invalidation><Id>I1</Id><Status>Completed</Status></Invalidation>";
        if count == 0 { (503, String::new(), String::new()) } else { (201, String::new(), done.to_owned()) }
    });
    let account = site().with("distribution", &["E1"]);
    assert_eq!(talk.purge("cloudfront", account, &["access_key", "secret_key"], &urls(1)), Ok(1));
    let references: Vec<String> = talk.heard().iter().map(|(_, request)| reference(request)).collect();
    assert!(references.len() == 2 && references[0].starts_with("landing-"), "{references:?}");
    assert_eq!(references[0], references[1]);
}

/// A distribution that keeps to its own limits: 15 paths with a star and 3,000 without in progress (Developer Guide, "Quotas on
/// invalidations"), each invalidation done when it was asked for twice.
fn strict_cloudfront() -> &'static Script {
    let running: Mutex<Vec<(usize, usize, usize)>> = Mutex::default();
    Box::leak(Box::new(move |_, request: &str| {
        let mut running = running.lock().unwrap();
        if request.starts_with("GET ") {
            let (_, rest) = request.split_once("/invalidation/I").expect("an id");
            let id: usize = rest.split_once(' ').unwrap().0.parse().unwrap();
            let one = &mut running[id];
            one.2 += 1;
            let status = if one.2 < 2 { "InProgress" } else { "Completed" };
            return (
                200,
                String::new(),
                format!("<Invalidation><Id>I{id}</Id><Status>{status}</Status></Invalidation>"),
            );
        }
        let (all, stars) = (request.matches("<Path>").count(), request.matches("*</Path>").count());
        let busy = running.iter().filter(|it| it.2 < 2);
        let (stars_now, files_now) = busy.fold((stars, all - stars), |sum, it| (sum.0 + it.0, sum.1 + it.1));
        if stars_now > 15 || files_now > 3_000 {
            let code = "<Error><Code>TooManyInvalidationsInProgress</Code></Error>";
            return (400, String::new(), code.to_owned());
        }
        running.push((stars, all - stars, 0));
        let id = running.len() - 1;
        (201, String::new(), format!("<Invalidation><Id>I{id}</Id><Status>InProgress</Status></Invalidation>"))
    }))
}

#[test]
fn cloudfront_has_never_more_in_progress_than_it_takes() {
    let prefixes = |count| {
        let urls = (0..count).map(|n| UrlPath::parse(&format!("/news/{n}/")).unwrap());
        Purge { prefixes: urls.collect(), ..Purge::default() }
    };
    let mixed = Purge { urls: urls(100).urls, ..prefixes(16) };
    for (purge, calls, paths) in [(prefixes(40), 3, 40), (urls(10_000), 4, 10_000), (mixed, 2, 116)] {
        let talk = Talk::with(strict_cloudfront());
        let account = site().with("distribution", &["E1"]);
        assert_eq!(talk.purge("cloudfront", account, &["access_key", "secret_key"], &purge), Ok(calls));
        let heard = talk.heard();
        let posts: Vec<&(u64, String)> = heard.iter().filter(|(_, it)| it.starts_with("POST ")).collect();
        // As many as there are calls: none was refused and sent again.
        assert_eq!(posts.len() as u64, calls);
        assert_eq!(posts.iter().map(|(_, it)| it.matches("<Path>").count()).sum::<usize>(), paths);
        assert!(posts.windows(2).all(|two| two[1].0 >= two[0].0 + 25), "each waits for the one before it");
    }
    // Where that would last longer than anybody waits, the folder that holds them all goes instead, if it may, and that is said.
    let cloudfront = cdn::find("cloudfront").unwrap();
    let plan = |widen| cdn::plan(cloudfront, &site(), &prefixes(61), widen);
    let (narrow, wide) = (plan(Widen::Never), plan(Widen::Prefix));
    assert_eq!((narrow.calls.len(), narrow.time.as_secs()), (5, 100));
    assert!(narrow.notes[0].contains("take 2 min") && narrow.notes[0].contains("allows nothing wider"), "{narrow:?}");
    assert_eq!(wide.calls.iter().map(|it| it.texts()).collect::<Vec<_>>(), [["/news/"]]);
    assert!(wide.notes[0].contains("all that begins with `/news/` is purged instead"), "{wide:?}");
}

#[test]
fn cloudfront_waits_for_what_somebody_else_has_in_progress() {
    let talk = Talk::with(&|count, _| {
        let busy = "<Error><Code>TooManyInvalidationsInProgress</Code></Error>";
        let done = "<Invalidation><Id>I1</Id><Status>Completed</Status></Invalidation>";
        if count < 2 { (400, String::new(), busy.to_owned()) } else { (201, String::new(), done.to_owned()) }
    });
    let account = site().with("distribution", &["E1"]);
    assert_eq!(talk.purge("cloudfront", account, &["access_key", "secret_key"], &urls(1)), Ok(1));
    assert!(talk.heard()[2].0 >= 40, "{}", talk.heard()[2].0);
}

/// What CloudFront knows a request by.
fn reference(request: &str) -> String {
    let (_, rest) = request.split_once("<CallerReference>").expect("every request has one");
    rest.split_once("</CallerReference>").expect("it ends").0.to_owned()
}

#[test]
fn an_operation_that_never_ends_is_given_up_and_owed() {
    let talk = Talk::with(&|_, _| (200, String::new(), r#"{"id":"a-1","status":"pending"}"#.to_owned()));
    let err = talk.purge("scaleway", site().with("pipeline", &["p"]), &["token"], &urls(1)).unwrap_err();
    assert!(err.message.contains("accepted, but not finished within 10 min"), "{err}");
    assert!((590..=600).contains(&talk.heard().last().unwrap().0));
}

#[test]
fn azure_is_asked_with_a_granted_token_that_is_asked_for_once() {
    let talk = Talk::with(&|_, request| {
        if request.contains("/oauth2/v2.0/token") {
            return (200, String::new(), r#"{"access_token":"granted","expires_in":3600}"#.to_owned());
        }
        (200, String::new(), String::new())
    });
    let mut account = site().with("login", &[&talk.address]);
    for key in ["subscription", "resource_group", "profile", "endpoint", "tenant", "client"] {
        account = account.with(key, &["x"]);
    }
    assert_eq!(talk.purge("azure", account, &["client_secret"], &urls(150)), Ok(2));
    let heard = talk.heard();
    assert_eq!(heard.len(), 3);
    assert!(heard[0].1.contains("client_secret=s3cr3t-client_secret"));
    assert!(
        heard[1..].iter().all(|(_, it)| it.contains("authorization: Bearer granted\r\n") && !it.contains("s3cr3t"))
    );
}

#[test]
fn a_grant_that_is_refused_does_not_repeat_the_secret() {
    let talk = Talk::with(&|_, _| (401, String::new(), r#"{"error":"s3cr3t-client_secret is wrong"}"#.to_owned()));
    let mut account = site().with("login", &[&talk.address]);
    for key in ["subscription", "resource_group", "profile", "endpoint", "tenant", "client"] {
        account = account.with(key, &["x"]);
    }
    let err = talk.purge("azure", account, &["client_secret"], &urls(1)).unwrap_err();
    assert!(err.message.contains("no token was granted: status 401") && !err.to_string().contains("s3cr3t"), "{err}");
}

#[test]
fn a_yes_that_purged_nothing_is_found_out_and_said_after_the_third_time() {
    let world = World::new();
    block_on(world.machine().deploy("index.html=a\n404.html=gone")).unwrap();
    world.api.take();
    let machine = world.machine();
    let stale = || Proof { verified: false, stale: [url("/")].into(), offload: None };
    machine.prover.proofs.lock().unwrap().extend([stale(), stale(), stale()]);
    let what = What::These(Purge { urls: [url("/")].into(), ..Purge::default() });
    let outcome = block_on(machine.purge(what)).unwrap();
    assert_eq!((outcome.purge_calls, outcome.verified), (3, false));
    let complaint = outcome.complaint.unwrap();
    assert_eq!(complaint.code, Code::NotVerified);
    assert!(
        complaint.message.starts_with("purged 3 times, but the edge still serves something else: `/`"),
        "{complaint}"
    );
}

#[test]
fn what_the_live_release_changed_is_purged_again_by_one_word() {
    let world = World::new();
    block_on(world.machine().deploy("index.html=a\nabout.html=us\n404.html=gone")).unwrap();
    let second = block_on(world.machine().deploy("index.html=b\nabout.html=us\n404.html=gone")).unwrap();
    let again = block_on(world.machine().purge(What::Changed)).unwrap();
    assert_eq!(again.purged, second.purged);
    assert_eq!(again.purge_calls, 1);
}

#[test]
fn during_a_freeze_nothing_wide_is_purged_without_a_reason() {
    let world = World::new();
    block_on(world.machine().deploy("index.html=a")).unwrap();
    let until = jiff::Timestamp::now() + Duration::from_hours(1);
    let freeze = landing::model::Freeze { until, reason: "on air".to_owned(), by: "ada".to_owned() };
    block_on(world.machine().freeze(Some(&freeze))).unwrap();
    let everything = || What::These(Purge { everything: true, ..Purge::default() });
    assert_eq!(block_on(world.machine().purge(everything())).unwrap_err().code, Code::Frozen);
    let one = What::These(Purge { urls: [url("/")].into(), ..Purge::default() });
    assert_eq!(block_on(world.machine().purge(one)).unwrap().purge_calls, 1);
    let mut machine = world.machine();
    machine.reason = Some("the old logo is a lawsuit".to_owned());
    assert_eq!(block_on(machine.purge(everything())).unwrap().purge_calls, 1);
    let records = || block_on(head(&world.machine().store)).unwrap().log;
    let noted: Vec<_> = records().into_iter().filter(|it| it.did == Deed::Purge).map(|it| it.reason).collect();
    assert_eq!(noted, [Some("the old logo is a lawsuit".to_owned())], "the one with a reason, and no other");
    assert_eq!(block_on(world.machine().freeze(None)).unwrap().verified, records().last().unwrap().verified);
}

#[test]
fn a_token_that_may_do_more_than_purge_is_warned_of() {
    let told = |id: &str, account: Account, status: u16, body: &'static str| {
        let talk = Talk::with(Box::leak(Box::new(move |_, _: &str| (status, String::new(), body.to_owned()))));
        let sender = Sender::new(Patience::default()).unwrap();
        let purger = talk.purger(id, account, &["token"]);
        block_on(landing::shell::panel::rights(&sender, &purger)).map(|it| (it.verdict.name(), it.seen))
    };
    let fastly = || site().with("service", &["S"]);
    let (verdict, seen) =
        told("fastly", fastly(), 200, r#"{"scope":"global:read purge_select","services":["S"]}"#).unwrap();
    assert!(verdict == "warn" && seen.contains("its scope is `global:read`"), "{seen}");
    assert_eq!(told("fastly", fastly(), 200, r#"{"scope":"purge_select","services":["S"]}"#).unwrap().0, "pass");
    // A token that is none has not been looked at.
    assert_eq!(told("fastly", fastly(), 401, "{}").unwrap().0, "unknown");
    let cloudflare = || site().with("zone", &["z"]);
    assert_eq!(told("cloudflare", cloudflare(), 200, OK).unwrap().0, "warn");
    assert_eq!(told("cloudflare", cloudflare(), 403, "{}").unwrap().0, "pass");
    assert_eq!(told("bunny", site(), 200, "").unwrap().0, "warn");
    assert_eq!(told("varnish", site().with("nodes", &["http://127.0.0.1:1"]), 200, ""), None);
}

/// Caches of one's own compare a token of one's own, which can do nothing else.
#[test]
fn every_vendor_is_asked_what_the_token_may_do() {
    for id in [
        "cloudflare",
        "fastly",
        "cloudfront",
        "bunny",
        "akamai",
        "google",
        "azure",
        "gcore",
        "keycdn",
        "scaleway",
        "ovh",
    ] {
        assert_ne!(cdn::find(id).unwrap().rights(&site()), cdn::Rights::Untold, "{id}");
    }
}

#[test]
fn a_purge_that_anybody_may_send_is_found_before_somebody_does() {
    for (status, verdict) in [(200, "fail"), (401, "pass")] {
        let talk = Talk::with(Box::leak(Box::new(move |_, _: &str| (status, String::new(), String::new()))));
        let account = Account::at(&talk.address).with("service", &["S"]);
        let sender = Sender::new(Patience::default()).unwrap();
        let purger = talk.purger("fastly", account, &["token"]);
        let found = block_on(landing::shell::panel::strangers(&sender, &purger));
        assert_eq!(found.iter().map(|it| it.verdict.name()).collect::<Vec<_>>(), [verdict]);
        let heard = talk.heard();
        assert!(
            heard[0].1.starts_with("PURGE /landing-nobody-asks-for-this HTTP/1.1\r\n")
                && !heard[0].1.contains("s3cr3t")
        );
    }
}
