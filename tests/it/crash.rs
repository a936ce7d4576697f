//! The process is killed after every single store or purge request of a deploy, a rollback or a switch of modes, one after the
//! other.
//!
//! At each such point every URL is fetched from the origin and through an edge that was warm before, `landing edge local` in a
//! process of its own: what comes back belongs
//! to one release, body, header fields and files, and is whole. Then the next command, on another machine, finishes the work,
//! and the edge serves nothing but the new release: no purge that was owed was forgotten.

use crate::child::{self, Child};
use crate::project::{self, Running};
use crate::world::{Machine, agrees, site, url};
use landing::cdn;
use landing::diag::Diagnostic;
use landing::model::{Digest, Mode, Release, Reply, StoreUrl, UrlPath};
use landing::shell::Token;
use landing::shell::deploy::{Mirror, Outcome, To};
use landing::shell::sender::Purger;
use landing::store::{Phase, Store};
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

const TOKEN: &str = "t0ken";

const SITE: &str = "index.html=<p>hello {a.css} {b.css}\nabout.html=us {a.css}\n404.html=gone {b.css}\nassets/a.css=red\n\
                    assets/b.css=blue\nredirect /app=/about";

fn store(root: &Path) -> Store {
    Store::open(root, &StoreUrl::Dir("store".to_owned())).unwrap()
}

fn purger(edge: &str) -> Purger {
    let account = cdn::Account::at(edge);
    Purger::new(cdn::find("edge").unwrap(), account, Token::new(TOKEN))
}

/// A child: carries out `order.txt` with `site.txt`, and stops for ever after the answer to its request number `fatal`.
pub(crate) fn deploy_until(root: &Path, edge: &str, fatal: usize) {
    let done = Arc::new(AtomicUsize::new(0));
    let count = {
        let done = Arc::clone(&done);
        move |what: &str| {
            if done.fetch_add(1, Ordering::SeqCst) + 1 == fatal {
                println!("reached:{what}");
                loop {
                    std::thread::park();
                }
            }
        }
    };
    let counted = count.clone();
    let store = store(root).observed(Arc::new(move |request| {
        if request.phase == Phase::After {
            counted(&format!("{:?} {}", request.verb, request.key));
        }
    }));
    let mut machine = Machine::new(store, root.join("state"), vec![purger(edge)]);
    machine.mirrors = mirrors(root);
    for mirror in &mut machine.mirrors {
        let counted = count.clone();
        let store = mirror.store.clone().unwrap().observed(Arc::new(move |request| {
            if request.phase == Phase::After {
                counted(&format!("mirror: {:?} {}", request.verb, request.key));
            }
        }));
        mirror.store = Ok(store);
    }
    machine.sender = machine.sender.watched(Arc::new(move |request, before| {
        if !before {
            count(&request.url);
        }
    }));
    let lines = std::fs::read_to_string(root.join("site.txt")).unwrap();
    let order = std::fs::read_to_string(root.join("order.txt")).unwrap();
    crate::world::block_on(carry_out(&machine, &order, &lines)).unwrap();
    println!("finished:{}", done.load(Ordering::SeqCst));
}

/// The mirror of a world that has one.
fn mirrors(root: &Path) -> Vec<Mirror> {
    if !root.join("copy").exists() {
        return Vec::new();
    }
    let store = Store::open(root, &StoreUrl::Dir("copy".to_owned())).unwrap();
    vec![Mirror { name: "copy".to_owned(), store: Ok(store) }]
}

/// `deploy`, `mode NAME`, or `rollback RELEASE`.
async fn carry_out(machine: &Machine, order: &str, lines: &str) -> Result<Outcome, Diagnostic> {
    match order.split_once(' ') {
        None => machine.deploy(lines).await,
        Some(("mode", name)) => machine.switch(&To::Mode(mode(name))).await,
        Some((_, release)) => machine.switch(&To::Release(release.to_owned())).await,
    }
}

fn mode(name: &str) -> Mode {
    Mode::ALL.into_iter().find(|mode| mode.name() == name).unwrap()
}

/// What one fetch brought.
#[derive(Debug)]
struct Fetched {
    status: u16,
    body: Vec<u8>,
    headers: reqwest::header::HeaderMap,
}

impl Fetched {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// Whether this is that reply: status, body, target and every header field that reaches a visitor.
    fn is(&self, reply: &Reply<'_>) -> bool {
        // What is meant for the cache stays there.
        let reaches = |name: &str| !matches!(name, "cache-tag" | "cdn-cache-control");
        self.status == reply.status
            && reply.body.is_none_or(|body| Digest::of(&self.body) == body)
            && self.header("location") == reply.location.as_deref()
            && reply.headers.iter().all(|(name, value)| !reaches(name) || self.header(name) == Some(value))
    }
}

/// One world: a store in a folder, served by `landing edge local` in a process of its own.
struct World {
    root: tempfile::TempDir,
    edge: Running,
    client: reqwest::Client,
}

impl World {
    fn new(template: &Path) -> Self {
        let root = tempfile::tempdir().unwrap();
        copy(template, root.path());
        let config = root.path().join("site/landing.toml");
        std::fs::create_dir_all(config.parent().unwrap()).unwrap();
        std::fs::write(config, "[site]\nname = \"x\"\n[env.local]\nstore = \"dir:store\"\n").unwrap();
        let listen = ["edge", "local", "--listen", "127.0.0.1:0", "--token", TOKEN, "--json"];
        let edge = Running::start(project::command(root.path(), &listen));
        let client = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        Self { root, edge, client }
    }

    fn edge(&self) -> String {
        self.edge.first["edge"].as_str().unwrap().to_owned()
    }

    fn origin(&self) -> String {
        self.edge.first["origin"].as_str().unwrap().to_owned()
    }

    fn machine(&self, name: &str) -> Machine {
        let root = self.root.path();
        let mut machine = Machine::new(store(root), root.join(name), vec![purger(&self.edge())]);
        machine.mirrors = mirrors(root);
        machine
    }

    /// Every document that stands in the mirror is of one of the releases, and the files it needs stand beside it.
    async fn mirror_is_whole(&self, releases: &[&Release], point: &str) {
        for mirror in mirrors(self.root.path()) {
            let store = mirror.store.unwrap();
            for page in store.list("").await.unwrap() {
                let body = Digest::of(&store.get(&page).await.unwrap().bytes);
                let mut of = releases.iter().filter_map(|it| it.entries.get(&page)).filter(|it| it.sha256 == body);
                let entry = of.next().unwrap_or_else(|| panic!("{page} in the mirror after {point} is of no release"));
                for file in &entry.refs {
                    assert!(store.head(file).await.is_ok(), "{file} is not in the mirror after {point}");
                }
            }
        }
    }

    async fn fetch(&self, base: &str, url: &UrlPath) -> Fetched {
        let response = self.client.get(format!("{base}{}", url.encoded())).send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Fetched { status, headers, body: response.bytes().await.unwrap().to_vec() }
    }

    /// Every URL, whatever it brings: the edge is warm then.
    async fn warm(&self, urls: &BTreeSet<UrlPath>) {
        for url in urls {
            self.fetch(&self.edge(), url).await;
        }
    }

    /// Every URL answers as one of the releases does, whole.
    async fn is_of_one_release_each(&self, urls: &BTreeSet<UrlPath>, releases: &[&Release], point: &str) {
        for base in [self.origin(), self.edge()] {
            for url in urls {
                let got = self.fetch(&base, url).await;
                let of = releases.iter().find(|release| answers(release, url).iter().any(|reply| got.is(reply)));
                match of {
                    Some(release) => self.has_all_files(&base, release, &got, point).await,
                    // Before the first release is committed there is nothing to mix.
                    None => assert!(
                        releases.len() == 1
                            && matches!(got.status, 404 | 503)
                            && got.header("cache-control").is_none_or(|it| it == "no-store"),
                        "{base}{url} after {point}: {} {} {:?}",
                        got.status,
                        String::from_utf8_lossy(&got.body),
                        got.headers
                    ),
                }
            }
        }
    }

    async fn has_all_files(&self, base: &str, release: &Release, page: &Fetched, point: &str) {
        let body = Digest::of(&page.body);
        let files = release.entries.values().filter(|entry| entry.sha256 == body).flat_map(|entry| &entry.refs);
        for file in files {
            let got = self.fetch(base, &UrlPath::of(file)).await;
            let whole = got.status == 200 && Digest::of(&got.body) == release.entries[file].sha256;
            assert!(whole, "{base}/{file} after {point}: {}", got.status);
        }
    }

    /// The edge serves this release and nothing else.
    async fn is_only(&self, urls: &BTreeSet<UrlPath>, release: &Release, point: &str) {
        for url in urls {
            let got = self.fetch(&self.edge(), url).await;
            let reply = release.reply(url).unwrap();
            assert!(got.is(&reply), "{url} after {point}: {got:?} is not {reply:?}");
            self.has_all_files(&self.edge(), release, &got, point).await;
        }
    }
}

/// What a release may answer with while it goes public: its reply, or its 404 page where its page is not there yet.
fn answers<'a>(release: &'a Release, url: &UrlPath) -> Vec<Reply<'a>> {
    release.reply(url).into_iter().chain(release.reply(&nowhere())).collect()
}

fn nowhere() -> UrlPath {
    url("/nowhere")
}

fn copy(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            std::fs::create_dir_all(&target).unwrap();
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// What is tried: these were deployed one after the other, then the order is carried out with the site.
struct Case<'a> {
    live: &'a [&'a str],
    order: String,
    site: &'a str,
    /// What is served before, and after.
    old: Option<Release>,
    new: Release,
    /// Whether there is a second store.
    mirrored: bool,
}

/// Kills a command at each of its requests. Gives how many there are.
async fn killed_everywhere(case: Case<'_>) -> usize {
    let template = tempfile::tempdir().unwrap();
    if case.mirrored {
        std::fs::create_dir(template.path().join("copy")).unwrap();
    }
    for lines in case.live {
        let mut machine = Machine::new(store(template.path()), template.path().join("state"), Vec::new());
        machine.mirrors = mirrors(template.path());
        machine.deploy(lines).await.unwrap();
    }
    std::fs::write(template.path().join("site.txt"), case.site).unwrap();
    std::fs::write(template.path().join("order.txt"), &case.order).unwrap();
    let Case { order, site: after, old, new, .. } = case;
    let (id, command) = (site(after).1.id(), order.as_str());
    let mut urls = new.urls();
    urls.extend(old.iter().flat_map(Release::urls));
    urls.extend([nowhere(), url("/About"), url("/index.html")]);
    let releases: Vec<&Release> = old.iter().chain([&new]).collect();
    for fatal in 1.. {
        let world = World::new(template.path());
        world.warm(&urls).await;
        let order = ["deploy-until", world.root.path().to_str().unwrap(), &world.edge(), &fatal.to_string()];
        let mut child = Child::start(child::command(&order));
        let point = child.line("reached:");
        child.kill();
        let Some(point) = point else {
            world.is_only(&urls, &new, "the whole deploy").await;
            return fatal - 1;
        };
        let point = format!("request {fatal}, {point}");
        world.is_of_one_release_each(&urls, &releases, &point).await;
        world.mirror_is_whole(&releases, &point).await;
        let next = carry_out(&world.machine("another"), command, after).await;
        let next = next.unwrap_or_else(|err| panic!("{err} after {point}"));
        assert_eq!(next.release, id);
        assert!(next.verified && next.owed.is_empty(), "{point}");
        let primary = store(world.root.path());
        let head = agrees(&primary).await;
        for mirror in mirrors(world.root.path()) {
            assert_eq!(head.copies.get("copy"), Some(&head.shows()), "{point}");
            crate::world::mirrors(&mirror.store.unwrap(), &primary, &head).await;
        }
        world.is_only(&urls, &new, &point).await;
        let quiet = carry_out(&world.machine("another"), command, after).await.unwrap();
        assert_eq!((quiet.store_requests, quiet.store_writes, quiet.purge_calls), (1, 0, 0), "{point}");
    }
    unreachable!("the loop ends by returning")
}

fn check(before: Option<&str>, after: &str, least: usize) {
    let (old, new) = (before.map(|lines| site(lines).1), site(after).1);
    let live: Vec<&str> = before.into_iter().collect();
    check_case(Case { live: &live, order: "deploy".to_owned(), site: after, old, new, mirrored: false }, least);
}

fn check_case(case: Case<'_>, least: usize) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let points = runtime.block_on(killed_everywhere(case));
    println!("{points} requests, killed after each");
    assert!(points >= least, "only {points} requests");
}

#[test]
fn a_first_deploy_may_be_killed_anywhere() {
    check(None, SITE, 18);
}

#[test]
fn the_edit_of_one_word_may_be_killed_anywhere() {
    check(Some(SITE), &SITE.replace("hello", "hullo"), 10);
}

#[test]
fn new_pages_and_new_files_may_be_killed_anywhere() {
    let after = format!("{}\nde/index.html=hallo {{c.css}}\nassets/c.css=green", SITE.replace("red", "pink"));
    check(Some(SITE), &after, 20);
}

#[test]
fn a_page_taken_away_and_another_404_page_may_be_killed_anywhere() {
    let after = SITE.replace("about.html=us {a.css}\n", "").replace("404.html=gone", "404.html=lost");
    check(Some(SITE), &after, 10);
}

#[test]
fn a_change_of_header_fields_alone_may_be_killed_anywhere() {
    check(Some(SITE), &format!("{SITE}\nheader referrer-policy=no-referrer"), 15);
}

/// A site of several pages, each in two modes. With the cases above the matrix has more than 200 points.
fn pages(text: &str) -> String {
    let page =
        |n: usize| format!("p{n}.html={text} {n} {{a.css}}\nmode degraded p{n}.html={text} {n} degraded {{b.css}}");
    let pages: Vec<String> = (0..9).map(page).collect();
    format!("{SITE}\n{}\nmode degraded index.html=degraded {text} {{b.css}}", pages.join("\n"))
}

#[test]
fn the_first_deploy_of_many_pages_and_modes_may_be_killed_anywhere() {
    check(None, &pages("text"), 50);
}

#[test]
fn a_rollback_may_be_killed_anywhere() {
    let (first, second) = (pages("first"), pages("second"));
    let (old, new) = (site(&second).1, site(&first).1);
    let order = format!("rollback {}", new.id());
    check_case(Case { live: &[&first, &second], order, site: &first, old: Some(old), new, mirrored: false }, 30);
}

#[test]
fn a_switch_of_modes_may_be_killed_anywhere() {
    let lines = pages("text");
    let release = site(&lines).1;
    let (old, new) = (Some(release.clone()), release.shown(Mode::Degraded));
    let order = "mode degraded".to_owned();
    check_case(Case { live: &[&lines], order, site: &lines, old, new, mirrored: false }, 30);
}

#[test]
fn a_deploy_with_a_mirror_may_be_killed_anywhere() {
    let after = SITE.replace("hello", "hullo").replace("red", "pink");
    let (old, new) = (Some(site(SITE).1), site(&after).1);
    check_case(Case { live: &[SITE], order: "deploy".to_owned(), site: &after, old, new, mirrored: true }, 20);
}

#[test]
fn a_rollback_with_a_mirror_may_be_killed_anywhere() {
    let second = SITE.replace("hello", "hullo");
    let (old, new) = (Some(site(&second).1), site(SITE).1);
    let order = format!("rollback {}", new.id());
    check_case(Case { live: &[SITE, &second], order, site: SITE, old, new, mirrored: true }, 12);
}
