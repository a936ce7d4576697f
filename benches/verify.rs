//! How long `verify` takes for a hundred and for a thousand URLs, beside a plain client that asks the same questions.
//!
//! `cargo bench --bench verify` (nginx and openssl: `tests/tools/install`). Both ask our edge on this machine, sixteen at once, and read every
//! answer to its end; the plain client, of the same library, looks at none. Once as visitors do, over HTTP/2 and TLS, which an nginx ends that
//! passes everything on; and once at the edge itself over HTTP/1.1, where there is no network to wait for and our own work weighs most. Checks
//! that must wait (`age`) or ask elsewhere are left out. Five rounds, each with either first in turn; printed are the median ratios of time
//! and the most memory that a run held on top. Fails when verify takes more than 1.3 of the plain client's time for a thousand over HTTP/2.
#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a bench is a program of its own, its result is what it prints"
)]

use bytes::Bytes;
use futures::StreamExt as _;
use landing::assets::{Effort, Siblings, compress};
use landing::model::{
    Artifact, Ask, Bundle, CheckSettings, Class, Event, Headers, Key, Lifetime, Lifetimes, Media, Observation, Policy,
    Release, Route, UrlPath, Verdict,
};
use landing::serve::{EdgeOptions, edge};
use landing::shell::probe::{ProbeOptions, examine};
use landing::verify::{self, Check, Subject};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The most that `verify` may take of a plain client's time.
const LIMIT: f64 = 1.3;
const ROUNDS: usize = 5;
/// Names the certificate of the server that ends TLS, in the second process.
const TRUSTED: &str = "LANDING_BENCH_CERTIFICATE";

fn main() {
    let folder = tempfile::tempdir().unwrap();
    let certificate = folder.path().join("cert.pem");
    // The roots are read when a process makes its first client: so the bench is started again, with its own.
    if std::env::var_os(TRUSTED).is_none() {
        certify(folder.path());
        let itself = std::env::current_exe().unwrap();
        let mut again = Command::new(itself);
        again.args(std::env::args_os().skip(1)).env("SSL_CERT_FILE", &certificate).env(TRUSTED, certificate);
        std::process::exit(again.status().unwrap().code().unwrap_or(1));
    }
    let mut kept = true;
    let mut held = Vec::new();
    for pages in [100, 1_000] {
        let (direct, memory) = measure(pages, None);
        let (network, _) = measure(pages, Some(folder.path()));
        println!("{pages} pages: median ratio {network:.2} over HTTP/2 and TLS, {direct:.2} at the edge itself");
        // A run over a hundred is over before what it does once is made up for.
        kept = pages < 1_000 || network <= LIMIT;
        held.push(memory);
    }
    let [few, many] = held[..] else { unreachable!("two sizes") };
    println!("memory on top: {few:.0} MiB for 100 URLs, {many:.0} MiB for 1,000");
    if !kept {
        println!("MISSED: at most {LIMIT} is asked");
        std::process::exit(1);
    }
}

/// A certificate for this machine, which trusts itself.
fn certify(folder: &Path) {
    let mut openssl = Command::new("openssl");
    openssl.args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30"]);
    openssl.args(["-subj", "/CN=landing bench", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", "key.pem"]);
    openssl.args(["-addext", "basicConstraints=critical,CA:FALSE"]);
    let made = openssl.args(["-out", "cert.pem"]).current_dir(folder).stderr(Stdio::null()).status().unwrap();
    assert!(made.success(), "openssl makes a certificate");
}

/// An nginx that ends HTTP/2 and TLS before an edge, stopped when dropped.
struct Front {
    child: Child,
    base: String,
}

impl Front {
    fn before(edge: SocketAddr, folder: &Path) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let certificate = std::env::var(TRUSTED).unwrap();
        let key = Path::new(&certificate).with_file_name("key.pem");
        let (at, key) = (folder.display(), key.display());
        let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map(|part| format!("{part}_temp_path {at}/{part};\n"))
            .concat();
        let conf = format!(
            "daemon off; master_process off; pid {at}/pid;\nevents {{ }}\nhttp {{ access_log off;\n{temporary}\
             upstream edge {{ server {edge}; keepalive 32; keepalive_requests 1000000; }}\n\
             server {{ listen 127.0.0.1:{port} ssl http2; ssl_certificate {certificate}; ssl_certificate_key {key};\n\
             keepalive_requests 1000000; location / {{ proxy_pass http://edge; proxy_http_version 1.1;\n\
             proxy_set_header Connection \"\"; proxy_set_header Host $http_host; proxy_pass_header Date; }} }} }}\n",
        );
        std::fs::write(folder.join("nginx.conf"), conf).unwrap();
        let mut nginx = Command::new("nginx");
        nginx.arg("-q").arg("-p").arg(folder).arg("-c").arg(folder.join("nginx.conf"));
        let child = nginx.arg("-e").arg(folder.join("error.log")).spawn().unwrap();
        let deadline = Instant::now() + Duration::from_secs(10);
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(Instant::now() < deadline, "nginx does not listen");
            std::thread::sleep(Duration::from_millis(20));
        }
        Self { child, base: format!("https://127.0.0.1:{port}") }
    }
}

impl Drop for Front {
    fn drop(&mut self) {
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

/// The median ratio, and MiB that `verify` held on top; over HTTP/2 where there is a folder for the server that ends it.
fn measure(pages: usize, folder: Option<&Path>) -> (f64, f64) {
    let site = Arc::new(Site::new(pages));
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let listen = SocketAddr::from(([127, 0, 0, 1], 0));
    let origin = format!("http://{}", serve(site.clone()));
    let edge = runtime.block_on(edge(EdgeOptions::new(listen, origin, ""))).unwrap();
    let front = folder.map(|folder| Front::before(edge.address(), folder));
    let base = front.as_ref().map_or_else(|| format!("http://{}", edge.address()), |front| front.base.clone());
    let (event, check) = (Event::default(), CheckSettings::default());
    let urls = site.release.urls();
    let now = jiff::Timestamp::now();
    let release = &site.release;
    let subject = Subject {
        release,
        base: &base,
        event: &event,
        now,
        check: &check,
        origin: None,
        focus: Some(&urls),
        foreign: None,
        canary: None,
        switches: &[],
    };
    let case = verify::Case::from(&subject);
    let at_once = |ask: &Ask| ask.wait_ms == 0 && ask.is_here();
    let quick = |check: &&&dyn Check| check.asks(&case).iter().all(at_once) && check.looks(&case).is_empty();
    let checks: Vec<&dyn Check> = verify::ALL.iter().filter(quick).copied().collect();
    let options = ProbeOptions::new(&base);
    let (asks, bytes) = runtime.block_on(async {
        let (seen, report) = examine(&subject, &checks, &options, &|_| {}).await;
        let failed = report.findings.iter().filter(|it| it.verdict == Verdict::Fail);
        let failed: Vec<String> = failed.take(3).map(|it| format!("{}: {}", it.check, it.seen)).collect();
        assert!(failed.is_empty(), "{failed:#?}");
        let length = |(_, it): (&Ask, &Observation)| if let Observation::Answered(it) = it { it.body.len() } else { 0 };
        (seen.iter().map(|(ask, _)| ask.clone()).collect::<Vec<_>>(), seen.iter().map(length).sum::<usize>())
    });
    println!(
        "{pages} pages, {} URLs at {base}: {} questions of {} checks, {bytes} bytes of answers",
        urls.len(),
        asks.len(),
        checks.len()
    );
    let (mut ratios, mut memory) = (Vec::new(), 0.0_f64);
    for round in 0..ROUNDS {
        let ours = || {
            let before = resident("VmRSS");
            std::fs::write("/proc/self/clear_refs", "5").unwrap();
            let began = Instant::now();
            let (seen, _) = runtime.block_on(examine(&subject, &checks, &options, &|_| {}));
            let took = began.elapsed().as_secs_f64();
            assert_eq!(seen.len(), asks.len());
            (took, resident("VmHWM") - before)
        };
        let plain = || runtime.block_on(plain(&base, &asks));
        let (first, second) = if round % 2 == 0 { (Some(ours()), plain()) } else { (None, plain()) };
        let ((took, top), peer) = (first.unwrap_or_else(ours), second);
        memory = memory.max(top);
        println!("  round {}: verify {took:.3} s   plain {peer:.3} s   ratio {:.2}", round + 1, took / peer);
        ratios.push(took / peer);
    }
    runtime.block_on(edge.stop());
    ratios.sort_by(f64::total_cmp);
    (ratios[ROUNDS / 2], memory)
}

/// Asks everything, round by round as `verify` does, and reads every answer to its end. Seconds.
async fn plain(base: &str, asks: &[Ask]) -> f64 {
    let began = Instant::now();
    let client = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let rounds: BTreeSet<u8> = asks.iter().map(|ask| ask.round).collect();
    for round in rounds {
        let one = |ask: &Ask| {
            let url = if ask.target.starts_with('/') { format!("{base}{}", ask.target) } else { ask.target.clone() };
            let mut request = client.request(ask.method.parse().unwrap(), url);
            for (name, value) in &ask.headers {
                request = request.header(*name, value);
            }
            async {
                if let Ok(answer) = request.send().await {
                    _ = answer.bytes().await;
                }
            }
        };
        let due: Vec<_> = asks.iter().filter(|ask| ask.round == round).map(one).collect();
        futures::stream::iter(due).buffer_unordered(16).collect::<Vec<_>>().await;
    }
    began.elapsed().as_secs_f64()
}

/// MiB, by the kernel's account.
fn resident(what: &str) -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with(what)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<f64>().unwrap() / 1_024.0
}

/// Pages of a campaign, each with words of its own.
struct Site {
    release: Release,
    bodies: BTreeMap<Key, (Bytes, Siblings)>,
}

impl Site {
    fn new(pages: usize) -> Self {
        let mut artifacts = BTreeMap::new();
        let mut add = |name: String, class: Class| {
            let line = |line: i32| format!("<p>{name} says in line {line} what no other page does.</p>\n");
            let text = (0..200).map(line).collect::<Vec<_>>().concat();
            let body = format!("<!doctype html><html lang=en><title>{name}</title><h1>{name}</h1>{text}");
            let artifact = Artifact::new(Bytes::from(body), Media::html(), class, BTreeSet::new());
            artifacts.insert(Key::parse(&name).unwrap(), artifact);
        };
        add("index.html".to_owned(), Class::Document);
        add("404.html".to_owned(), Class::Error);
        (0..pages).for_each(|page| add(format!("page-{page}.html"), Class::Document));
        let of = |browser, cdn| Lifetime {
            browser,
            cdn,
            stale_while_revalidate: 86_400,
            stale_if_error: 604_800,
            immutable: false,
        };
        let policy = Policy {
            lifetimes: Lifetimes {
                document: of(60, 86_400),
                asset: of(60, 86_400),
                error: of(30, 60),
                redirect: of(300, 86_400),
            },
            everywhere: Headers::new().with("x-content-type-options", "nosniff"),
            redirects: BTreeMap::new(),
            errors: BTreeMap::from([(404, Key::parse("404.html").unwrap())]),
        };
        let coded = |it: &Artifact| compress(&it.bytes, &it.media, Effort::Quick, &());
        let bodies = artifacts.iter().map(|(key, it)| (key.clone(), (it.bytes.clone().into(), coded(it)))).collect();
        let release = Release::seal(&Bundle { artifacts, modes: BTreeMap::new(), policy }).unwrap();
        Self { release, bodies }
    }

    /// `accepts`: the value of `Accept-Encoding`.
    fn answer(&self, target: &str, accepts: &str) -> Vec<u8> {
        let route = UrlPath::from_target(target).map(|url| self.release.route(&url));
        let missing = Key::parse("404.html").unwrap();
        let (status, key) = match &route {
            Ok(Route::Object(key)) => ("200 OK", *key),
            Ok(Route::Redirect(to)) => {
                let mut head = format!("HTTP/1.1 {} Moved\r\nLocation: {}\r\nContent-Length: 0\r\n", to.status, to.to);
                let fields = self.release.redirect_headers.iter();
                fields.for_each(|(name, value)| head += &format!("{name}: {value}\r\n"));
                return (head + "\r\n").into_bytes();
            }
            _ => ("404 Not Found", &missing),
        };
        let (plain, Siblings { br, gz }) = &self.bodies[key];
        let takes = |coding: &str| accepts.split(',').any(|it| it.trim() == coding);
        let mut coded = [("br", br), ("gzip", gz)].into_iter().filter(|(coding, _)| takes(coding));
        let coded = coded.find_map(|(coding, body)| Some((coding, body.as_ref()?)));
        let entry = &self.release.entries[key];
        let mut head = format!("HTTP/1.1 {status}\r\nVary: Accept-Encoding\r\n");
        entry.headers.iter().for_each(|(name, value)| head += &format!("{name}: {value}\r\n"));
        let (coding, body) = coded.unwrap_or(("", plain));
        let tag = entry.sha256.hex16();
        if coding.is_empty() {
            head += &format!("ETag: \"{tag}\"\r\n");
        } else {
            head += &format!("ETag: \"{tag}-{coding}\"\r\nContent-Encoding: {coding}\r\n");
        }
        head += &format!("Content-Length: {}\r\n\r\n", body.len());
        [head.as_bytes(), body].concat()
    }
}

/// The origin, a thread for each connection.
fn serve(site: Arc<Site>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let site = site.clone();
            std::thread::spawn(move || conversation(&site, stream.unwrap()));
        }
    });
    address
}

fn conversation(site: &Site, mut stream: TcpStream) {
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines().map_while(Result::ok);
    while let Some(first) = lines.next() {
        let head: Vec<String> = lines.by_ref().take_while(|line| !line.is_empty()).collect();
        let field = |line: &String| line.to_ascii_lowercase().strip_prefix("accept-encoding:").map(str::to_owned);
        let accepts = head.iter().find_map(field).unwrap_or_default();
        let (method, target) = first.split_once(' ').unwrap();
        let mut answer = site.answer(target.split(' ').next().unwrap(), &accepts);
        if method == "HEAD" {
            let end = answer.windows(4).position(|it| it == b"\r\n\r\n").unwrap() + 4;
            answer.truncate(end);
        }
        if stream.write_all(&answer).is_err() {
            return;
        }
    }
}
