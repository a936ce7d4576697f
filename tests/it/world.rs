//! A small world to deploy into: sites from lines of text, a purge API that remembers, a prover that says what it is told.

use landing::cdn;
use landing::diag::Diagnostic;
use landing::model::{
    Artifact, Bundle, Class, Digest, Freeze, Head, Headers, Key, Lifetime, Lifetimes, Media, Mode, Policy, Redirect,
    Release, StoreUrl, UrlPath,
};
use landing::shell::deploy::{self, Mirror, Options, Outcome, Proof, Prover, Site};
use landing::shell::sender::{Patience, Purger, Sender};
use landing::shell::{Event, Token};
use landing::store::{Store, StoreError};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU16, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

pub(crate) fn key(raw: &str) -> Key {
    Key::parse(raw).unwrap()
}

pub(crate) fn url(raw: &str) -> UrlPath {
    UrlPath::parse(raw).unwrap()
}

/// A site from lines: `KEY=BODY`, `redirect /FROM=/TO`, `header NAME=VALUE`. A key below `assets/` gets its digest; in a body
/// `{NAME}` stands for the path of the asset NAME, which the document then refers to. `mode NAME KEY=BODY` is what a mode shows instead.
pub(crate) fn site(lines: &str) -> (Bundle, Release) {
    let hour = Lifetime { browser: 0, cdn: 3_600, stale_while_revalidate: 0, stale_if_error: 60, immutable: false };
    let mut policy = Policy {
        lifetimes: Lifetimes {
            document: hour,
            asset: Lifetime { immutable: true, ..hour },
            error: hour,
            redirect: hour,
        },
        everywhere: Headers::new().with("x-content-type-options", "nosniff"),
        redirects: BTreeMap::new(),
        errors: BTreeMap::new(),
    };
    let mut artifacts = BTreeMap::new();
    let mut assets: Vec<(String, Key)> = Vec::new();
    let split: Vec<(&str, &str)> = lines.lines().filter_map(|line| line.trim().split_once('=')).collect();
    for (name, body) in split.iter().filter(|(name, _)| name.starts_with("assets/")) {
        let plain = key(name);
        let digits = Digest::of(body.as_bytes()).hex16();
        let full = key(&format!("{}.{digits}.{}", plain.without_extension(), plain.extension()));
        assets.push((format!("{{{}}}", plain.name()), full.clone()));
        artifacts.insert(full, artifact(&plain, body, Class::Asset, BTreeSet::new()));
    }
    let mut modes: BTreeMap<Mode, BTreeMap<Key, Artifact>> = BTreeMap::new();
    for (name, body) in split.iter().filter(|(name, _)| !name.starts_with("assets/")) {
        if let Some(from) = name.strip_prefix("redirect ") {
            policy.redirects.insert(url(from), Redirect { to: (*body).to_owned(), status: 301 });
        } else if let Some(header) = name.strip_prefix("header ") {
            policy.everywhere.set(header, body).unwrap();
        } else {
            let used: Vec<_> = assets.iter().filter(|(short, _)| body.contains(short)).collect();
            let body =
                used.iter().fold((*body).to_owned(), |body, (short, full)| body.replace(short, &format!("/{full}")));
            let class = if *name == "404.html" { Class::Error } else { Class::Document };
            if class == Class::Error {
                policy.errors.insert(404, key(name));
            }
            let refs = used.iter().map(|it| it.1.clone()).collect();
            if let Some((mode, name)) = name.strip_prefix("mode ").and_then(|it| it.split_once(' ')) {
                let mode = Mode::ALL.into_iter().find(|it| it.name() == mode).unwrap();
                modes.entry(mode).or_default().insert(key(name), artifact(&key(name), &body, class, refs));
            } else {
                artifacts.insert(key(name), artifact(&key(name), &body, class, refs));
            }
        }
    }
    let bundle = Bundle { artifacts, modes, policy };
    let release = Release::seal(&bundle).unwrap();
    (bundle, release)
}

fn artifact(key: &Key, body: &str, class: Class, refs: BTreeSet<Key>) -> Artifact {
    Artifact::new(body.as_bytes().to_vec().into(), Media::of_extension(&key.extension()), class, refs)
}

/// A purge API on a port of its own. It answers with the status it is told and remembers what it was asked.
pub(crate) struct PurgeApi {
    pub(crate) address: String,
    status: Arc<AtomicU16>,
    asked: Arc<Mutex<Vec<serde_json::Value>>>,
    stop: Arc<AtomicBool>,
    task: Option<std::thread::JoinHandle<()>>,
}

impl PurgeApi {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let (status, stop) = (Arc::new(AtomicU16::new(200)), Arc::new(AtomicBool::new(false)));
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (said, ended, log) = (Arc::clone(&status), Arc::clone(&stop), Arc::clone(&asked));
        let task = std::thread::spawn(move || {
            for stream in listener.incoming() {
                if ended.load(Ordering::SeqCst) {
                    return;
                }
                // A deployer that is killed may leave half a request.
                if let Some(body) = stream.ok().and_then(|stream| answer(stream, said.load(Ordering::SeqCst))) {
                    log.lock().unwrap().push(body);
                }
            }
        });
        Self { address, status, asked, stop, task: Some(task) }
    }

    /// From now on it answers with this.
    pub(crate) fn says(&self, status: u16) {
        self.status.store(status, Ordering::SeqCst);
    }

    /// Takes what it was asked and granted.
    pub(crate) fn take(&self) -> Vec<serde_json::Value> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }

    pub(crate) fn purger(&self) -> Purger {
        let account = cdn::Account::at(self.address.clone());
        Purger::new(cdn::find("edge").unwrap(), account, Token::new("t0ken"))
    }
}

impl Drop for PurgeApi {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.address.trim_start_matches("http://"));
        self.task.take().unwrap().join().unwrap();
    }
}

fn answer(mut stream: TcpStream, status: u16) -> Option<serde_json::Value> {
    stream.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
    let mut request = Vec::new();
    let mut part = [0; 4096];
    let body = loop {
        let read = stream.read(&mut part).ok().filter(|read| *read > 0)?;
        request.extend_from_slice(&part[..read]);
        let text = String::from_utf8_lossy(&request);
        if let Some((_, body)) = text.split_once("\r\n\r\n")
            && let Ok(body) = serde_json::from_str(body)
        {
            break body;
        }
    };
    let reply = format!("HTTP/1.1 {status} X\r\nconnection: close\r\ncontent-length: 12\r\n\r\n{{\"purged\":1}}");
    stream.write_all(reply.as_bytes()).ok()?;
    (status == 200).then_some(body)
}

/// Says what it is told, then that all is well.
#[derive(Default)]
pub(crate) struct Told {
    pub(crate) proofs: Mutex<VecDeque<Proof>>,
    pub(crate) warmed: Mutex<Vec<UrlPath>>,
    /// Stands for an edge that takes every question and answers none.
    pub(crate) is_silent: bool,
}

#[async_trait::async_trait]
impl Prover for Told {
    async fn prove(&self, _: &Release, _: &BTreeSet<UrlPath>) -> Proof {
        if self.is_silent {
            std::future::pending::<()>().await;
        }
        let fine = Proof { verified: true, stale: BTreeSet::new(), offload: Some(1.0) };
        self.proofs.lock().unwrap().pop_front().unwrap_or(fine)
    }

    async fn warm(&self, _: &Release, urls: &BTreeSet<UrlPath>) {
        self.warmed.lock().unwrap().extend(urls.iter().cloned());
    }
}

/// One machine that deploys.
pub(crate) struct Machine {
    pub(crate) store: Store,
    pub(crate) mirrors: Vec<Mirror>,
    pub(crate) state: PathBuf,
    pub(crate) by: String,
    pub(crate) reason: Option<String>,
    pub(crate) purgers: Vec<Purger>,
    pub(crate) sender: Sender,
    pub(crate) prover: Told,
    pub(crate) cancel: AtomicBool,
    pub(crate) options: Options,
    pub(crate) events: Mutex<Vec<Event>>,
    /// Raised by the event of this name.
    pub(crate) cancel_at: Option<&'static str>,
}

impl Machine {
    pub(crate) fn new(store: Store, state: impl Into<PathBuf>, purgers: Vec<Purger>) -> Self {
        let patience = Patience { attempts: 2, pause: Duration::from_millis(1), ..Patience::default() };
        Self::with(store, state, purgers, Sender::new(patience).unwrap())
    }

    pub(crate) fn with(store: Store, state: impl Into<PathBuf>, purgers: Vec<Purger>, sender: Sender) -> Self {
        Self {
            store,
            mirrors: Vec::new(),
            state: state.into(),
            by: "ada@one".to_owned(),
            reason: None,
            purgers,
            sender,
            prover: Told::default(),
            cancel: AtomicBool::new(false),
            options: Options::default(),
            events: Mutex::default(),
            cancel_at: None,
        }
    }

    fn site<'a>(&'a self, sink: &'a (dyn Fn(Event) + Sync)) -> Site<'a> {
        Site {
            name: "local",
            store: &self.store,
            mirrors: &self.mirrors,
            state: &self.state,
            url: "http://127.0.0.1:8788",
            purgers: &self.purgers,
            sender: &self.sender,
            prover: &self.prover,
            sink,
            cancel: &self.cancel,
            by: &self.by,
            reason: self.reason.as_deref(),
            options: self.options,
        }
    }

    fn hear(&self, event: Event) {
        if let (Event::Phase { name, .. }, Some(at)) = (&event, self.cancel_at)
            && *name == at
        {
            self.cancel.store(true, Ordering::SeqCst);
        }
        self.events.lock().unwrap().push(event);
    }

    /// Builds and deploys, as one command does.
    pub(crate) async fn deploy(&self, lines: &str) -> Result<Outcome, Diagnostic> {
        let basis = deploy::begin(&self.store, &self.state).await?;
        self.deploy_over(basis, lines).await
    }

    pub(crate) async fn deploy_over(&self, basis: deploy::Basis, lines: &str) -> Result<Outcome, Diagnostic> {
        let (bundle, release) = site(lines);
        deploy::run(self.site(&|event| self.hear(event)), basis, &bundle, &release).await
    }

    pub(crate) async fn finish(&self) -> Result<Outcome, Diagnostic> {
        let basis = deploy::begin(&self.store, &self.state).await?;
        deploy::finish(self.site(&|event| self.hear(event)), basis).await
    }

    pub(crate) async fn mend(&self) -> Result<Outcome, Diagnostic> {
        let basis = deploy::begin(&self.store, &self.state).await?;
        deploy::mend(self.site(&|event| self.hear(event)), basis).await
    }

    pub(crate) async fn switch(&self, to: &deploy::To) -> Result<Outcome, Diagnostic> {
        let basis = deploy::begin(&self.store, &self.state).await?;
        deploy::switch(self.site(&|event| self.hear(event)), basis, to).await
    }

    pub(crate) async fn gc(&self, rules: deploy::Rules) -> Result<deploy::Swept, Diagnostic> {
        let basis = deploy::begin(&self.store, &self.state).await?;
        deploy::gc(self.site(&|event| self.hear(event)), basis, rules).await
    }

    pub(crate) async fn freeze(&self, freeze: Option<&Freeze>) -> Result<Head, Diagnostic> {
        let basis = deploy::begin(&self.store, &self.state).await?;
        deploy::freeze(self.site(&|event| self.hear(event)), basis, freeze).await
    }

    pub(crate) async fn purge(&self, what: landing::shell::purge::What) -> Result<Outcome, Diagnostic> {
        let basis = deploy::begin(&self.store, &self.state).await?;
        landing::shell::purge::purge(self.site(&|event| self.hear(event)), basis, what).await
    }
}

/// The head as it stands in a store.
pub(crate) async fn head(store: &Store) -> Option<Head> {
    match store.get(&Head::key()).await {
        Ok(stored) => Some(Head::from_json(&stored.bytes).unwrap()),
        Err(StoreError::NotFound) => None,
        Err(err) => panic!("{err}"),
    }
}

/// Asserts that a store holds exactly what its head says: every document with its fields, every asset.
pub(crate) async fn agrees(store: &Store) -> Head {
    let head = head(store).await.expect("something is deployed");
    assert!(head.is_settled(), "{head:?}");
    let manifest = store.get(&Head::manifest_key(&head.release)).await.unwrap();
    let release = Release::from_json(&manifest.bytes).unwrap().shown(head.mode);
    let seqs: Vec<u64> = head.log.iter().map(|record| record.seq).collect();
    assert!(seqs.windows(2).all(|pair| pair[0] + 1 == pair[1]) && seqs.last() == Some(&head.seq), "{seqs:?}");
    for (key, entry) in &release.entries {
        let there = store.get(key).await.unwrap_or_else(|err| panic!("{key}: {err}"));
        assert_eq!((Digest::of(&there.bytes), &there.headers), (entry.sha256, &entry.headers), "{key}");
    }
    head
}

/// Asserts that a store holds every public file of what a head says is live, and no control object.
pub(crate) async fn mirrors(copy: &Store, primary: &Store, head: &Head) {
    let manifest = primary.get(&Head::manifest_key(&head.release)).await.unwrap();
    let release = Release::from_json(&manifest.bytes).unwrap().shown(head.mode);
    for (key, entry) in &release.entries {
        let there = copy.get(key).await.unwrap_or_else(|err| panic!("{key}: {err}"));
        assert_eq!((Digest::of(&there.bytes), &there.headers), (entry.sha256, &entry.headers), "{key}");
    }
    assert!(copy.list(".landing").await.unwrap().is_empty());
}

pub(crate) fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

/// Machines that deploy into one folder, and the CDN in front of it.
pub(crate) struct World {
    pub(crate) root: tempfile::TempDir,
    pub(crate) api: PurgeApi,
}

impl World {
    pub(crate) fn new() -> Self {
        Self { root: tempfile::tempdir().unwrap(), api: PurgeApi::start() }
    }

    /// A world in which this is live.
    pub(crate) fn with(lines: &str) -> Self {
        let world = Self::new();
        block_on(world.machine().deploy(lines)).unwrap();
        world.api.take();
        world
    }

    pub(crate) fn machine(&self) -> Machine {
        self.machine_of("one")
    }

    pub(crate) fn machine_of(&self, name: &str) -> Machine {
        let store = Store::open(self.root.path(), &StoreUrl::Dir("store".to_owned())).unwrap();
        Machine::new(store, self.root.path().join(name), vec![self.api.purger()])
    }

    /// A machine that copies into the folder `copy`.
    pub(crate) fn mirrored(&self, name: &str) -> Machine {
        let mut machine = self.machine_of(name);
        machine.mirrors.push(Mirror { name: "copy".to_owned(), store: Ok(self.copy()) });
        machine
    }

    /// The store of that copy.
    pub(crate) fn copy(&self) -> Store {
        Store::open(self.root.path(), &StoreUrl::Dir("copy".to_owned())).unwrap()
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.root.path().join("store").join(name)
    }

    pub(crate) fn shows(&self, name: &str, text: &str) {
        let file = String::from_utf8(std::fs::read(self.file(name)).unwrap()).unwrap();
        assert!(file.contains(text), "{name}: {file}");
    }
}

pub(crate) fn documents(outcome: &Outcome) -> Vec<&str> {
    outcome.documents.iter().map(Key::as_str).collect()
}

pub(crate) fn purged(outcome: &Outcome) -> Vec<&str> {
    outcome.purged.iter().map(UrlPath::as_str).collect()
}
