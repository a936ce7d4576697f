//! The deployer dies after every single request to a real S3 server, and several deploy there at once.
//!
//! It dies inside this process: the answer to request number N unwinds it, so that nothing of it runs afterwards. At each such
//! point every URL of both releases is fetched from the origin and through an edge that was warm before; a second prober does so
//! all the while. More than 200 points in all. A process that is really killed stands in `crash.rs`, and over a folder in `tests/it/crash.rs`.

use crate::project::{Project, Running};
use crate::stores::{Moto, wait};
use crate::world::{Machine, PurgeApi, agrees, site, url};
use landing::cdn;
use landing::diag::Code;
use landing::model::{Digest, Head, Mode, Release, UrlPath};
use landing::shell::Token;
use landing::shell::deploy::{self, To};
use landing::shell::sender::Purger;
use landing::store::{Phase, Store, Verb};
use std::collections::BTreeSet;
use std::panic::resume_unwind;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

const TOKEN: &str = "t0ken";

/// The entry page and so many more, each of them in two modes.
fn pages(text: &str, more: usize) -> String {
    let page =
        |n: usize| format!("p{n}.html={text} {n} {{a.css}}\nmode degraded p{n}.html={text} {n}, less {{b.css}}\n");
    let pages: String = (0..more).map(page).collect();
    format!(
        "index.html=<p>{text} {{a.css}}\nmode degraded index.html={text}, less {{b.css}}\n404.html=gone {{b.css}}\n\
         assets/a.css={text} red\nassets/b.css=blue\nredirect /app=/p1\n{pages}"
    )
}

/// What is carried out.
#[derive(Clone)]
enum Order {
    Deploy(String),
    Release(Digest),
    Mode(Mode),
}

async fn carry_out(machine: &Machine, order: &Order) -> bool {
    let done = match order {
        Order::Deploy(lines) => machine.deploy(lines).await,
        Order::Release(id) => machine.switch(&To::Release(id.to_string())).await,
        Order::Mode(mode) => machine.switch(&To::Mode(*mode)).await,
    };
    let done = done.unwrap_or_else(|err| panic!("{err}"));
    done.verified && done.owed.is_empty()
}

/// A bucket with an edge in front of it.
struct Scene<'a> {
    moto: &'a Moto,
    project: Project,
    prefix: String,
    edge: Running,
    client: reqwest::Client,
}

impl<'a> Scene<'a> {
    fn new(moto: &'a Moto, prefix: &str) -> Self {
        let project = moto.project("campagne", &moto.secret);
        project.replace("site/landing.toml", "s3://campagne/www", &format!("s3://campagne/{prefix}"));
        let listen = ["edge", "local", "--listen", "127.0.0.1:0", "--token", TOKEN, "--json"];
        let edge = Running::start(project.command(&listen));
        // Each prober has a runtime of its own: no connection is shared.
        let client = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none());
        let client = client.pool_max_idle_per_host(0);
        Self { moto, project, prefix: prefix.to_owned(), edge, client: client.build().expect("a client") }
    }

    fn store(&self) -> Store {
        self.moto.open_below(&self.project.path(""), "campagne", &self.moto.secret, &self.prefix)
    }

    fn at(&self, which: &str) -> String {
        self.edge.first[which].as_str().expect("it says where it listens").to_owned()
    }

    fn machine(&self, store: Store, name: &str) -> Machine {
        let account = cdn::Account::at(self.at("edge"));
        let purger = Purger::new(cdn::find("edge").expect("ours"), account, Token::new(TOKEN));
        Machine::new(store, self.project.path(name), vec![purger])
    }

    /// Carries an order out until the answer to request `fatal`. Whether it was still at work then.
    fn killed(&self, order: &Order, fatal: usize) -> bool {
        let done = Arc::new(AtomicUsize::new(0));
        let count = move || {
            if done.fetch_add(1, Ordering::SeqCst) + 1 == fatal {
                resume_unwind(Box::new("killed"));
            }
        };
        let counted = count.clone();
        let store = self.store().observed(Arc::new(move |request| {
            if request.phase == Phase::After {
                counted();
            }
        }));
        let mut machine = self.machine(store, "one");
        machine.sender = machine.sender.watched(Arc::new(move |_, before| {
            if !before {
                count();
            }
        }));
        let order = order.clone();
        std::thread::spawn(move || wait(carry_out(&machine, &order))).join().is_err()
    }

    /// Status, target and body.
    async fn fetch(&self, base: &str, url: &UrlPath) -> (u16, Option<String>, Digest) {
        let answer = self.client.get(format!("{base}{}", url.encoded())).send().await.expect("an answer");
        let target = answer.headers().get("location").and_then(|it| it.to_str().ok()).map(str::to_owned);
        (answer.status().as_u16(), target, Digest::of(&answer.bytes().await.expect("all of it")))
    }

    /// Every URL answers as one of the releases does, and the files of that page are there. Gives how many did.
    async fn is_whole(&self, base: &str, urls: &BTreeSet<UrlPath>, releases: &[Release], point: &str) -> usize {
        // Their names hold their digests: one look at each is enough.
        let mut files = BTreeSet::new();
        for url in urls {
            let got = self.fetch(base, url).await;
            let of = releases.iter().find(|release| {
                let mut replies = release.reply(url).into_iter().chain(release.reply(&nowhere()));
                replies
                    .any(|it| (it.status, &it.location) == (got.0, &got.1) && it.body.is_none_or(|body| body == got.2))
            });
            let Some(release) = of else {
                assert!(releases.len() == 1 && matches!(got.0, 404 | 503), "{base}{url} after {point}: {got:?}");
                continue;
            };
            let entries = release.entries.values().filter(|entry| entry.sha256 == got.2);
            for file in entries.flat_map(|entry| &entry.refs).filter(|file| files.insert((*file).clone())) {
                let there = self.fetch(base, &UrlPath::of(file)).await;
                assert_eq!((there.0, there.2), (200, release.entries[file].sha256), "{base}/{file} after {point}");
            }
        }
        urls.len()
    }

    /// Kills an order at a request and lets another machine finish it. Whether it was still at work.
    async fn point(&self, order: &Order, fatal: usize, releases: &[Release], new: &Release) -> bool {
        let mut urls: BTreeSet<UrlPath> = releases.iter().flat_map(Release::urls).collect();
        urls.insert(nowhere());
        let point = format!("request {fatal}");
        self.is_whole(&self.at("edge"), &urls, releases, "nothing").await;
        let was_at_work = self.killed(order, fatal);
        for which in ["origin", "edge"] {
            self.is_whole(&self.at(which), &urls, releases, &point).await;
        }
        let another = self.machine(self.store(), "another");
        assert!(carry_out(&another, order).await, "{point} is not converged");
        agrees(&another.store).await;
        for url in &urls {
            let (status, _, body) = self.fetch(&self.at("edge"), url).await;
            let reply = new.reply(url).expect("every URL has a reply");
            assert!(status == reply.status && reply.body.is_none_or(|it| it == body), "{url} is stale after {point}");
        }
        was_at_work
    }
}

fn nowhere() -> UrlPath {
    url("/nowhere")
}

/// Goes to and fro between two things that are live, killed at each request of both ways. Gives the number of kills.
fn to_and_fro(first: &[Order], there: (&Order, &Release), back: (&Order, &Release)) -> usize {
    let moto = Moto::start();
    let scene = Scene::new(&moto, "www");
    for order in first {
        assert!(wait(carry_out(&scene.machine(scene.store(), "one"), order)));
    }
    let releases = [there.1.clone(), back.1.clone()];
    let (stop, looks) = (AtomicBool::new(false), AtomicUsize::new(0));
    let points = std::thread::scope(|scope| {
        let prober = scope.spawn(|| {
            wait(async {
                let urls: BTreeSet<UrlPath> = releases.iter().flat_map(Release::urls).collect();
                while !stop.load(Ordering::SeqCst) {
                    let seen = scene.is_whole(&scene.at("edge"), &urls, &releases, "some request").await;
                    looks.fetch_add(seen, Ordering::SeqCst);
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            });
        });
        let points = std::thread::scope(|inner| inner.spawn(|| matrix(&scene, &releases, there, back)).join());
        stop.store(true, Ordering::SeqCst);
        prober.join().expect("the prober saw whole pages only");
        points.expect("every kill was survived")
    });
    let looks = looks.load(Ordering::SeqCst);
    assert!(looks > points, "only {looks} looks at {points} kills");
    points
}

fn matrix(scene: &Scene<'_>, releases: &[Release], there: (&Order, &Release), back: (&Order, &Release)) -> usize {
    let mut points = 0;
    for fatal in 1.. {
        let at_work = [there, back].map(|(order, new)| wait(scene.point(order, fatal, releases, new)));
        points += at_work.iter().filter(|it| **it).count();
        if at_work == [false, false] {
            break;
        }
    }
    points
}

#[test]
fn a_first_deploy_to_a_bucket_dies_after_every_request() {
    let moto = Moto::start();
    let lines = pages("text", 5);
    let release = site(&lines).1;
    let mut points = 0;
    loop {
        let scene = Scene::new(&moto, &format!("www{points}"));
        let releases = std::slice::from_ref(&release);
        if !wait(scene.point(&Order::Deploy(lines.clone()), points + 1, releases, &release)) {
            break;
        }
        points += 1;
    }
    assert!(points >= 34, "only {points} kills");
}

#[test]
fn the_edit_of_one_page_in_a_bucket_dies_after_every_request() {
    let (first, second) = (pages("text", 4), pages("text", 4).replace("index.html=<p>text", "index.html=<p>word"));
    let (old, new) = (site(&first).1, site(&second).1);
    let (first, second) = (Order::Deploy(first), Order::Deploy(second));
    let points = to_and_fro(std::slice::from_ref(&first), (&second, &new), (&first, &old));
    assert!(points >= 24, "only {points} kills");
}

#[test]
fn a_rollback_in_a_bucket_dies_after_every_request() {
    let (first, second) = (pages("first", 9), pages("second", 9));
    let (old, new) = (site(&first).1, site(&second).1);
    let live = [Order::Deploy(first), Order::Deploy(second)];
    let points = to_and_fro(&live, (&Order::Release(old.id()), &old), (&Order::Release(new.id()), &new));
    assert!(points >= 72, "only {points} kills");
}

#[test]
fn a_switch_of_modes_in_a_bucket_dies_after_every_request() {
    let lines = pages("text", 9);
    let normal = site(&lines).1;
    let degraded = normal.shown(Mode::Degraded);
    let there = (&Order::Mode(Mode::Degraded), &degraded);
    let points = to_and_fro(&[Order::Deploy(lines)], there, (&Order::Mode(Mode::Normal), &normal));
    assert!(points >= 70, "only {points} kills");
}

/// One after the other: moto looks at a condition and then writes, in two steps, which no bucket does.
fn in_turn(store: Store, turn: &Arc<AtomicBool>) -> Store {
    let turn = Arc::clone(turn);
    store.observed(Arc::new(move |request| {
        if request.verb != Verb::Put || request.key != Head::key().as_str() {
            return;
        }
        match request.phase {
            Phase::Before => {
                while turn.swap(true, Ordering::SeqCst) {
                    std::thread::sleep(Duration::from_millis(1));
                }
            }
            Phase::After => turn.store(false, Ordering::SeqCst),
        }
    }))
}

/// So many deployers saw the same thing live and deploy each a site of its own, all at once.
fn race(moto: &Moto, deployers: usize) {
    let root = tempfile::tempdir().expect("a folder");
    let (api, turn) = (PurgeApi::start(), Arc::new(AtomicBool::new(false)));
    let machine = |name: PathBuf| {
        let store = moto.open_below(root.path(), "campagne", &moto.secret, &format!("race{deployers}"));
        Machine::new(in_turn(store, &turn), name, vec![api.purger()])
    };
    let first = machine(root.path().join("first"));
    assert!(wait(carry_out(&first, &Order::Deploy(pages("text", 4)))));
    let machines: Vec<Machine> = (0..deployers).map(|n| machine(root.path().join(format!("m{n}")))).collect();
    let started = std::sync::Barrier::new(deployers);
    let results: Vec<_> = std::thread::scope(|scope| {
        let deploys: Vec<_> = machines
            .iter()
            .enumerate()
            .map(|(n, machine)| {
                let started = &started;
                scope.spawn(move || {
                    wait(async {
                        let basis = deploy::begin(&machine.store, &machine.state).await.expect("it answers");
                        started.wait();
                        machine.deploy_over(basis, &pages(&format!("words {n}"), 4)).await
                    })
                })
            })
            .collect();
        deploys.into_iter().map(|it| it.join().expect("it ends")).collect()
    });
    let won: Vec<_> = results.iter().filter_map(|it| it.as_ref().ok()).collect();
    let lost: Vec<_> = results.iter().filter_map(|it| it.as_ref().err()).collect();
    assert!(won.len() == 1 && lost.iter().all(|it| it.code == Code::LostRace), "{won:?} {lost:?}");
    // Settled, its log without a gap, every document and file as the head's release has it.
    let head = wait(agrees(&first.store));
    assert_eq!(head.release, won[0].release);
}

#[test]
fn of_two_and_of_sixteen_deployers_to_a_bucket_one_wins() {
    let moto = Moto::start();
    race(&moto, 2);
    race(&moto, 16);
}
