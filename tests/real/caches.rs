//! Real caches in front of a counting origin: a change is purged under load by the provider's own dialect, and every visitor
//! sees the new page within the bound, what did not change never leaves the cache, and nobody gets an error.
//!
//! The configurations are those of `docs/cdn.md`, read from there.

mod nginx;

use crate::http::request;
use crate::server::{self, Server, free_port, program};
use landing::cdn::{self, Account};
use landing::model::{Purge, UrlPath, Widen};
use landing::serve::EdgeOptions;
use landing::shell::Token;
use landing::shell::sender::{Patience, Purger, Sender};
use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// The name under which the site is asked for, as `http::request` does.
const SITE: &str = "http://www.example.com";
const TOKEN: &str = "t0ken-of-the-test";
/// From the end of the purge to the last old page.
const BOUND: Duration = Duration::from_secs(1);

/// An origin that counts: path to body, path to number of requests.
struct Origin {
    port: u16,
    bodies: Arc<Mutex<BTreeMap<String, String>>>,
    counts: Arc<Mutex<BTreeMap<String, u64>>>,
}

impl Origin {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("it is bound").port();
        let (bodies, counts) =
            (Arc::<Mutex<BTreeMap<String, String>>>::default(), Arc::<Mutex<BTreeMap<String, u64>>>::default());
        let (pages, log) = (Arc::clone(&bodies), Arc::clone(&counts));
        // Ends with the process.
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (pages, log) = (Arc::clone(&pages), Arc::clone(&log));
                std::thread::spawn(move || answer(stream, &pages, &log));
            }
        });
        Self { port, bodies, counts }
    }

    fn set(&self, path: &str, body: &str) {
        self.bodies.lock().expect("nobody panics").insert(path.to_owned(), body.to_owned());
    }

    fn count(&self, path: &str) -> u64 {
        self.counts.lock().expect("nobody panics").get(path).copied().unwrap_or_default()
    }
}

fn answer(
    mut stream: std::net::TcpStream,
    pages: &Mutex<BTreeMap<String, String>>,
    log: &Mutex<BTreeMap<String, u64>>,
) {
    let mut reader = BufReader::new(stream.try_clone().expect("a handle"));
    loop {
        let mut lines = Vec::new();
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line).unwrap_or(0) == 0 {
                return;
            }
            if line.trim().is_empty() {
                break;
            }
            lines.push(line);
        }
        let Some(path) = lines.first().and_then(|line| line.split(' ').nth(1)) else { return };
        let path = path.split('?').next().unwrap_or_default().to_owned();
        *log.lock().expect("nobody panics").entry(path.clone()).or_default() += 1;
        let page = pages.lock().expect("nobody panics").get(&path).cloned();
        let (status, body, tag) =
            page.map_or((404, pages.lock().expect("nobody panics")["404"].clone(), "error"), |it| (200, it, "page"));
        let head = format!(
            "HTTP/1.1 {status} X\r\ncontent-type: text/html\r\ncache-control: public, max-age=0, s-maxage=3600\r\ncdn-cache-control: max-age=3600\r\n\
             cache-tag: {tag}\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        if stream.write_all(format!("{head}{body}").as_bytes()).is_err() {
            return;
        }
    }
}

/// One answer: when it was asked for, status, body.
type Seen = (Instant, u16, String);

/// 200 requests in a second for a page, half of them for each path.
fn load(port: u16, until: Instant) -> Vec<std::thread::JoinHandle<Vec<Seen>>> {
    let visitor = move |path: &'static str| {
        std::thread::spawn(move || {
            let mut seen = Vec::new();
            while Instant::now() < until {
                let asked = Instant::now();
                let got = request(port, "GET", path, &[("Accept-Encoding", "identity")]);
                seen.push((asked, got.status, String::from_utf8_lossy(&got.body).into_owned()));
                std::thread::sleep(Duration::from_millis(10).saturating_sub(asked.elapsed()));
            }
            seen
        })
    };
    vec![visitor("/"), visitor("/other")]
}

fn purger(id: &str, account: Account, secret: bool) -> Purger {
    let token = secret.then(|| Token::new(TOKEN)).flatten();
    let secrets: BTreeMap<String, Token> = token.map(|token| ("token".to_owned(), token)).into_iter().collect();
    let account = Account { secrets: secrets.keys().cloned().collect(), ..account };
    Purger { cdn: cdn::find(id).expect("it is in the list"), account, secrets, widen: Widen::Never }
}

fn send(purger: &Purger, purge: &Purge) -> Result<u64, landing::diag::Diagnostic> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let sender = Sender::new(Patience { attempts: 1, ..Patience::default() }).expect("TLS can be set up");
    runtime.block_on(sender.purge(purger, purge, jiff::Timestamp::now()))
}

fn urls(paths: &[&str]) -> Purge {
    Purge { urls: paths.iter().map(|path| UrlPath::parse(path).expect("a path")).collect(), ..Purge::default() }
}

/// A site in a cache that has seen every page once.
fn site() -> Origin {
    let origin = Origin::start();
    for (path, body) in [("/", "old"), ("/other", "same"), ("/news/1", "one"), ("404", "gone")] {
        origin.set(path, body);
    }
    origin
}

fn get(port: u16, path: &str) -> (u16, String) {
    let got = request(port, "GET", path, &[("Accept-Encoding", "identity")]);
    (got.status, String::from_utf8_lossy(&got.body).into_owned())
}

/// The whole scenario: a change, purged by `purge`, under load.
fn a_change_under_load(origin: &Origin, port: u16, purge: impl FnOnce()) {
    for path in ["/", "/other", "/news/1", "/nobody"] {
        get(port, path);
        get(port, path);
        assert_eq!(origin.count(path), 1, "{path} is in the cache");
    }
    let visitors = load(port, Instant::now() + Duration::from_secs(3));
    std::thread::sleep(Duration::from_millis(700));
    origin.set("/", "new");
    purge();
    let purged = Instant::now();
    let seen: Vec<Seen> = visitors.into_iter().flat_map(|it| it.join().expect("a visitor")).collect();
    // A sixth of what a quiet machine manages: how many come is no claim of the cache.
    assert!(seen.len() > 100, "only {} answers", seen.len());
    assert!(seen.iter().any(|(asked, ..)| *asked > purged + BOUND), "somebody came after the bound");
    let late: Vec<&Seen> = seen.iter().filter(|(asked, _, body)| *asked > purged + BOUND && body == "old").collect();
    assert!(late.is_empty(), "{} old pages after the bound", late.len());
    assert!(seen.iter().any(|(_, _, body)| body == "new") && seen.iter().any(|(_, _, body)| body == "old"));
    assert!(seen.iter().all(|(_, status, _)| *status == 200), "somebody got an error");
    for path in ["/other", "/news/1", "/nobody"] {
        assert_eq!(origin.count(path), 1, "{path} never left the cache");
    }
    assert_eq!(origin.count("/"), 2, "the new page was fetched once");
}

/// The last code block of a kind in docs/cdn.md.
fn documented(kind: &str) -> String {
    let page = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/cdn.md")).expect("a page");
    let (_, rest) = page.rsplit_once(&format!("```{kind}\n")).expect("the page shows it");
    rest.split_once("```").expect("the block ends").0.replace("THE-TOKEN", TOKEN)
}

fn varnish(folder: &Path, origin: &Origin) -> Server {
    let backend =
        format!("import std; import xkey;\nbackend origin {{ .host = \"127.0.0.1\"; .port = \"{}\"; }}\n", origin.port);
    let vcl = documented("vcl").replace("import std; import xkey;\n", &backend);
    std::fs::write(folder.join("site.vcl"), vcl).expect("the folder can be written");
    Server::start(|port| {
        let mut command = Command::new(program("varnishd"));
        command.args(["-F", "-s", "malloc,32m", "-j", "none", "-p", "thread_pool_min=10"]);
        command.arg("-n").arg(folder.join("v")).arg("-f").arg(folder.join("site.vcl"));
        command.arg("-a").arg(format!("127.0.0.1:{port}")).stdout(Stdio::null()).stderr(Stdio::null());
        command
    })
}

#[test]
fn varnish_shows_a_change_to_everybody_and_keeps_the_rest() {
    let (origin, folder) = (site(), tempfile::tempdir().expect("a folder"));
    let server = varnish(folder.path(), &origin);
    let node = format!("http://127.0.0.1:{}", server.port);
    let account = || Account::at(SITE).with("nodes", &[&node]).with("tags_copied", &["true"]);
    let purger = purger("varnish", account(), true);
    a_change_under_load(&origin, server.port, || assert_eq!(send(&purger, &urls(&["/"])), Ok(1)));
    // By tag: the page that says that there is none, under an address that nobody can list.
    origin.set("404", "lost");
    let tag = Purge { tags: ["error".to_owned()].into(), ..Purge::default() };
    assert_eq!(send(&purger, &tag), Ok(1));
    assert_eq!(get(server.port, "/nobody"), (404, "lost".to_owned()));
    // By prefix.
    let prefix = Purge { prefixes: [UrlPath::parse("/news/").expect("a path")].into(), ..Purge::default() };
    origin.set("/news/1", "two");
    assert_eq!(send(&purger, &prefix), Ok(1));
    assert_eq!(get(server.port, "/news/1"), (200, "two".to_owned()));
    assert_eq!(origin.count("/other"), 1);
    // Nobody else purges.
    let stranger = Purger { secrets: [("token".to_owned(), Token::new("guessed").expect("a token"))].into(), ..purger };
    let err = send(&stranger, &urls(&["/"])).expect_err("the token is wrong");
    assert!(err.message.contains("it takes no purge from here"), "{err}");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let sender = Sender::new(Patience::default()).expect("TLS can be set up");
    let found = runtime.block_on(landing::shell::panel::strangers(&sender, &stranger));
    assert_eq!(found.iter().map(|it| it.verdict.name()).collect::<Vec<_>>(), ["pass"]);
}

/// Ends with the test.
struct Edge {
    runtime: tokio::runtime::Runtime,
    running: Option<landing::serve::Edge>,
    port: u16,
}

impl Edge {
    fn start(origin: &Origin) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        let runtime = runtime.expect("a runtime");
        let listen = SocketAddr::from(([127, 0, 0, 1], 0));
        let options = EdgeOptions::new(listen, format!("http://127.0.0.1:{}", origin.port), TOKEN);
        let edge = runtime.block_on(landing::serve::edge(options)).expect("it listens");
        Self { port: edge.address().port(), runtime, running: Some(edge) }
    }
}

impl Drop for Edge {
    fn drop(&mut self) {
        self.running.take().into_iter().for_each(|edge| self.runtime.block_on(edge.stop()));
    }
}

#[test]
fn our_own_edge_shows_a_change_to_everybody_and_keeps_the_rest() {
    let origin = site();
    let edge = Edge::start(&origin);
    let account = Account { api: Some(format!("http://127.0.0.1:{}", edge.port)), ..Account::at(SITE) };
    let purger = purger("edge", account, true);
    a_change_under_load(&origin, edge.port, || assert_eq!(send(&purger, &urls(&["/"])), Ok(1)));
    // By tag, under an address that nobody can list.
    origin.set("404", "lost");
    let tag = Purge { tags: ["error".to_owned()].into(), ..Purge::default() };
    assert_eq!(send(&purger, &tag), Ok(1));
    assert_eq!(get(edge.port, "/nobody"), (404, "lost".to_owned()));
    assert_eq!(origin.count("/other"), 1);
    // Nobody else purges.
    let stranger = Purger { secrets: [("token".to_owned(), Token::new("guessed").expect("a token"))].into(), ..purger };
    send(&stranger, &urls(&["/"])).expect_err("the token is wrong");
    get(edge.port, "/");
    assert_eq!(origin.count("/"), 2);
}

fn traffic_server(folder: &Path, origin: &Origin) -> Server {
    let rule = documented("remap").replace("http://origin/", &format!("http://127.0.0.1:{}/", origin.port));
    server::traffic_server(folder, &rule.replace("STATE", &format!("{}/run/generation", folder.display())), "")
}

#[test]
fn traffic_server_shows_a_change_to_everybody_and_keeps_the_rest() {
    let (origin, folder) = (site(), tempfile::tempdir().expect("a folder"));
    let server = traffic_server(folder.path(), &origin);
    // It listens before its cache is there.
    let deadline = Instant::now() + Duration::from_secs(20);
    while Instant::now() < deadline
        && (get(server.port, "/ready"), get(server.port, "/ready"), origin.count("/ready")).2 != 1
    {
        origin.counts.lock().expect("nobody panics").remove("/ready");
        std::thread::sleep(Duration::from_millis(200));
    }
    let node = format!("http://127.0.0.1:{}", server.port);
    let account = Account::at(SITE).with("nodes", &[&node]).with("acl", &["true"]);
    let purger = purger("trafficserver", account, false);
    a_change_under_load(&origin, server.port, || assert_eq!(send(&purger, &urls(&["/"])), Ok(1)));
    // What was not kept is as good as purged.
    assert_eq!(send(&purger, &urls(&["/never-asked-for"])), Ok(1));
    // Everything, by remap_purge: under load, and nobody gets an error.
    let everything = Purge { everything: true, ..Purge::default() };
    let visitors = load(server.port, Instant::now() + Duration::from_secs(2));
    std::thread::sleep(Duration::from_millis(500));
    origin.set("/other", "renewed");
    let purger = self::purger("trafficserver", Account::at(SITE).with("nodes", &[&node]).with("acl", &["true"]), true);
    assert_eq!(send(&purger, &everything), Ok(1));
    let gone = Instant::now();
    let seen: Vec<Seen> = visitors.into_iter().flat_map(|it| it.join().expect("a visitor")).collect();
    assert!(seen.iter().all(|(asked, _, body)| *asked < gone + BOUND || body != "same"), "an old page after the bound");
    assert!(seen.iter().all(|(_, status, _)| *status == 200), "somebody got an error");
    assert_eq!(get(server.port, "/other"), (200, "renewed".to_owned()));
    assert_eq!((origin.count("/"), origin.count("/other")), (3, 2), "each page was fetched once more");
    // Whoever guesses purges nothing.
    let stranger = Purger { secrets: [("token".to_owned(), Token::new("guessed").expect("a token"))].into(), ..purger };
    let _ = send(&stranger, &everything);
    get(server.port, "/other");
    assert_eq!(origin.count("/other"), 2, "a guess is enough");
}

/// A port on which nobody listens.
#[test]
fn a_node_that_is_down_is_said_and_the_purge_stays_owed() {
    let node = format!("http://127.0.0.1:{}", free_port());
    let purger = purger("varnish", Account::at(SITE).with("nodes", &[&node]), true);
    let err = send(&purger, &urls(&["/"])).expect_err("nobody listens");
    assert!(
        err.message.to_lowercase().contains("refused") && err.hint.as_ref().is_some_and(|it| it.contains("owed")),
        "{err}"
    );
}
