//! Two deploys at once: one wins, the other says who did, nothing is mixed.
//!
//! First the schedules, all of them, over a store in memory in which every request is one step: two deploys, a deploy that
//! stalls while others deploy and roll back, a deploy that dies anywhere. Then the real thing, with processes and files.

use crate::child::{self, Child};
use crate::model_store::{Gates, ModelStore, Shared, Stone};
use crate::world::{Machine, PurgeApi, agrees, block_on, key, site};
use landing::diag::{Code, Diagnostic, Exit};
use landing::model::{Digest, Mode, Release, StoreUrl};
use landing::shell::deploy::{self, Outcome, To};
use landing::shell::sender::{Patience, Sender};
use landing::store::Store;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

type Results = Vec<Result<Outcome, Diagnostic>>;
type Actor = Pin<Box<dyn Future<Output = Results>>>;

/// A page with a style sheet of its own; `+` adds another mode of it.
fn page(version: &str) -> String {
    if let Some(version) = version.strip_suffix('+') {
        return format!("{}\nmode degraded index.html=page {version} {{a.css}} degraded", page(version));
    }
    format!("index.html=page {version} {{a.css}}\nassets/a.css=style {version}")
}

/// What is to be tried: `start` is live (and was before: what `back` goes back to stands before the comma), actor N deploys
/// `orders[N]`, or rolls `back`, or shows `degraded`, one after the other, and forgets everything in between.
struct Scenario {
    start: &'static str,
    orders: &'static [&'static [&'static str]],
    gates: Gates,
    /// Who may die at any point.
    mortal: Option<usize>,
}

/// What does not change from one schedule to the next.
struct Stage {
    sender: Sender,
    runtime: tokio::runtime::Runtime,
    objects: BTreeMap<String, Stone>,
}

impl Stage {
    fn new(scenario: &Scenario) -> Self {
        let sender = Sender::new(Patience::default()).unwrap();
        let shared = Arc::new(Mutex::new(Shared::default()));
        for version in scenario.start.split(',') {
            block_on(machine(&shared, 97, &sender).deploy(&page(version))).unwrap();
        }
        let objects = shared.lock().unwrap().objects.clone();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        Self { sender, runtime, objects }
    }
}

/// One run of a scenario.
struct Schedule<'a> {
    stage: &'a Stage,
    shared: Arc<Mutex<Shared>>,
    actors: BTreeMap<usize, Actor>,
    results: BTreeMap<usize, Results>,
}

impl<'a> Schedule<'a> {
    fn new(scenario: &Scenario, stage: &'a Stage) -> Self {
        let objects = stage.objects.clone();
        let shared = Arc::new(Mutex::new(Shared { objects, gates: scenario.gates, ..Shared::default() }));
        let mut schedule = Self { stage, shared, actors: BTreeMap::new(), results: BTreeMap::new() };
        for (actor, versions) in scenario.orders.iter().enumerate() {
            let machine = machine(&schedule.shared, actor, &stage.sender);
            let shared = Arc::clone(&schedule.shared);
            let starts: Vec<&str> = scenario.start.split(',').collect();
            let winners = [scenario.orders.concat(), starts].concat();
            let work: Actor = Box::pin(async move {
                let mut results = Vec::new();
                for (number, version) in versions.iter().enumerate() {
                    let result = match *version {
                        "back" => machine.switch(&To::Before).await,
                        "degraded" => machine.switch(&To::Mode(Mode::Degraded)).await,
                        version => machine.deploy(&page(version)).await,
                    };
                    // The next command knows nothing of this one: what became of it is all that tells two runs apart.
                    let said = result.as_ref().map_or_else(|err| winner(err, &[&winners[..]]), |_| "itself".to_owned());
                    machine_history(&shared, actor, &format!("{number} {said}"));
                    results.push(result);
                }
                results
            });
            schedule.actors.insert(actor, work);
            schedule.poll(actor);
        }
        schedule
    }

    /// Lets an actor go to its next request, or to its end.
    fn poll(&mut self, actor: usize) {
        let _context = self.stage.runtime.enter();
        let Some(work) = self.actors.get_mut(&actor) else { return };
        if let Poll::Ready(results) = work.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            self.results.insert(actor, results);
            self.actors.remove(&actor);
        }
    }

    /// One request of one actor.
    fn step(&mut self, actor: usize) {
        self.shared.lock().unwrap().grant(actor);
        self.poll(actor);
        self.every_public_page_is_whole();
    }

    /// No page that anyone can fetch refers to what is not there.
    fn every_public_page_is_whole(&self) {
        let shared = self.shared.lock().unwrap();
        let text = String::from_utf8(shared.objects["index.html"].bytes.to_vec()).unwrap();
        let asset = text.split_whitespace().find_map(|word| word.strip_prefix("/assets/")).unwrap();
        assert!(shared.objects.contains_key(&format!("assets/{asset}")), "{text}");
    }

    fn store(&self) -> Store {
        self.shared.lock().unwrap().gates = Gates::Open;
        store(&self.shared, 99)
    }
}

fn machine_history(shared: &Arc<Mutex<Shared>>, actor: usize, text: &str) {
    shared.lock().unwrap().histories.insert(actor, text.to_owned());
}

fn store(shared: &Arc<Mutex<Shared>>, actor: usize) -> Store {
    Store::over(Arc::new(ModelStore { shared: Arc::clone(shared), actor }), "model:")
}

fn machine(shared: &Arc<Mutex<Shared>>, actor: usize, sender: &Sender) -> Machine {
    // Nothing is remembered there: every request goes to the store.
    let mut machine = Machine::with(store(shared, actor), "/dev/null/nowhere", Vec::new(), sender.clone());
    machine.by = format!("actor{actor}@model");
    machine.options.parallel = 1;
    machine
}

/// What may be decided at a point of a schedule: whose turn it is, or that an actor dies here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Choice {
    Go(usize),
    Die(usize),
}

/// Tries every schedule that is not like one tried before; gives how many there were.
fn explore(scenario: &Scenario, end: impl Fn(&mut Schedule<'_>, &[Choice])) -> usize {
    let stage = Stage::new(scenario);
    let mut seen: BTreeSet<Digest> = BTreeSet::new();
    let mut open: Vec<Vec<Choice>> = vec![Vec::new()];
    let mut tried = 0;
    while let Some(prefix) = open.pop() {
        let mut schedule = Schedule::new(scenario, &stage);
        let mut path: Vec<Choice> = Vec::new();
        let finished = loop {
            let choices = choices(&schedule, scenario.mortal);
            let choice = match prefix.get(path.len()) {
                Some(choice) => *choice,
                None if choices.is_empty() => break true,
                None if !seen.insert(schedule.shared.lock().unwrap().fingerprint()) => break false,
                None => {
                    open.extend(choices[1..].iter().map(|other| [&path[..], &[*other]].concat()));
                    choices[0]
                }
            };
            path.push(choice);
            match choice {
                Choice::Go(actor) => schedule.step(actor),
                Choice::Die(actor) => {
                    schedule.actors.remove(&actor);
                    machine_history(&schedule.shared, actor, "died");
                }
            }
        };
        tried += 1;
        if finished {
            end(&mut schedule, &path);
        }
    }
    tried
}

fn choices(schedule: &Schedule<'_>, mortal: Option<usize>) -> Vec<Choice> {
    let go = schedule.actors.keys().map(|actor| Choice::Go(*actor));
    // Dying after a read is like dying before it.
    let wrote = |actor: &usize| schedule.shared.lock().unwrap().wrote.contains(actor);
    let die = mortal.filter(|actor| schedule.actors.contains_key(actor)).filter(wrote).map(Choice::Die);
    go.chain(die).collect()
}

fn id(version: &str) -> Digest {
    site(&page(version)).1.id()
}

/// The release that a lost race names as the winner; the actor's name is there too.
fn winner(err: &Diagnostic, orders: &[&[&str]]) -> String {
    assert_eq!((err.code, err.code.exit()), (Code::LostRace, Exit::Outdated), "{err}");
    assert!(err.message.contains("@model"), "{err}");
    let named = |version: &&&str| err.message.contains(&format!("release {} by", id(version)));
    (*orders.iter().copied().flatten().find(named).unwrap_or_else(|| panic!("{err}"))).to_owned()
}

#[test]
fn of_two_deploys_in_any_order_of_their_requests_the_winner_is_live_and_the_loser_names_it() {
    let orders: &[&[&str]] = &[&["one"], &["two"]];
    let tried = explore(&Scenario { start: "start", orders, gates: Gates::All, mortal: None }, |schedule, path| {
        let head = block_on(agrees(&schedule.store()));
        let result = |actor: usize| &schedule.results[&actor][0];
        assert!(result(0).is_ok() || result(1).is_ok(), "{path:?}");
        for (actor, other) in [(0, "two"), (1, "one")] {
            if let Err(err) = result(actor) {
                assert_eq!(winner(err, &[&[other]]), other);
                assert_eq!(head.release, id(other), "{path:?}");
            }
        }
        assert!(head.release == id("one") || head.release == id("two"));
    });
    println!("{tried} schedules");
    assert!(tried > 500, "only {tried} schedules");
}

#[test]
fn a_deploy_that_stalls_or_dies_anywhere_beside_others_does_not_come_back_to_life_and_the_next_one_goes_on() {
    // The second actor goes back to the very bytes that the first one found: the condition of its late write holds again.
    let orders: &[&[&str]] = &[&["one"], &["two", "start"]];
    let tried =
        explore(&Scenario { start: "start", orders, gates: Gates::Shared, mortal: Some(0) }, |schedule, path| {
            let store = schedule.store();
            if !path.contains(&Choice::Die(0)) {
                somebody_won(schedule, path);
            }
            let next = machine(&schedule.shared, 98, &schedule.stage.sender);
            let outcome = block_on(next.deploy(&page("next"))).unwrap_or_else(|err| panic!("{err} after {path:?}"));
            assert_eq!(outcome.release, id("next"));
            assert_eq!(block_on(agrees(&store)).release, id("next"), "{path:?}");
        });
    println!("{tried} schedules");
    assert!(tried > 500, "only {tried} schedules");
}

/// Head and documents agree, and what is live is what somebody who was told so made live last.
fn somebody_won(schedule: &mut Schedule<'_>, path: &[Choice]) -> landing::model::Head {
    let head = block_on(agrees(&schedule.store()));
    let mut won = schedule.results.values().flatten().filter_map(|it| it.as_ref().ok());
    assert!(won.any(|it| (it.release, it.mode) == (head.release, head.mode)), "{path:?}");
    for err in schedule.results.values().flatten().filter_map(|it| it.as_ref().err()) {
        assert_eq!(err.code, Code::LostRace, "{err}");
    }
    head
}

#[test]
fn a_rollback_beside_a_deploy_leaves_one_of_them() {
    let orders: &[&[&str]] = &[&["one"], &["back"]];
    let scenario = Scenario { start: "older,start", orders, gates: Gates::Shared, mortal: None };
    let tried = explore(&scenario, |schedule, path| {
        let head = somebody_won(schedule, path);
        assert!(["one", "older", "start"].iter().any(|version| head.release == id(version)), "{path:?}");
    });
    println!("{tried} schedules");
    assert!(tried > 50, "only {tried} schedules");
}

#[test]
fn a_mode_beside_a_deploy_is_shown_or_refused_and_never_forgotten() {
    let orders: &[&[&str]] = &[&["one+"], &["degraded"]];
    let scenario = Scenario { start: "start+", orders, gates: Gates::Shared, mortal: None };
    let tried = explore(&scenario, |schedule, path| {
        let head = somebody_won(schedule, path);
        let shown = schedule.results[&1][0].is_ok();
        // A deploy that finished the switch and went on keeps the mode, too.
        assert!(head.mode == Mode::Degraded || !shown, "{path:?}");
    });
    println!("{tried} schedules");
    assert!(tried > 50, "only {tried} schedules");
}

#[test]
fn a_deploy_that_stalls_while_another_is_deployed_and_rolled_back_does_not_come_back_to_life() {
    // The rollback restores the very bytes that the stalled one found.
    let orders: &[&[&str]] = &[&["one"], &["two", "back"]];
    let scenario = Scenario { start: "start", orders, gates: Gates::Shared, mortal: None };
    let tried = explore(&scenario, |schedule, path| {
        somebody_won(schedule, path);
    });
    println!("{tried} schedules");
    assert!(tried > 500, "only {tried} schedules");
}

#[test]
fn a_switch_of_modes_that_dies_anywhere_beside_a_deploy_is_finished_by_the_next() {
    let orders: &[&[&str]] = &[&["degraded"], &["one+"]];
    let scenario = Scenario { start: "start+", orders, gates: Gates::Shared, mortal: Some(0) };
    let tried = explore(&scenario, |schedule, path| {
        let store = schedule.store();
        let next = machine(&schedule.shared, 98, &schedule.stage.sender);
        block_on(next.deploy(&page("next+"))).unwrap_or_else(|err| panic!("{err} after {path:?}"));
        assert_eq!(block_on(agrees(&store)).release, id("next+"), "{path:?}");
    });
    println!("{tried} schedules");
    assert!(tried > 50, "only {tried} schedules");
}

const BEFORE: &str = "index.html=before {a.css}\n404.html=gone\nassets/a.css=before";

fn contestant(name: &str) -> String {
    format!("index.html={name} {{a.css}}\nabout.html=about {name}\n404.html=gone {name}\nassets/a.css={name}")
}

fn folder(root: &Path) -> Store {
    Store::open(root, &StoreUrl::Dir("store".to_owned())).unwrap()
}

/// A child: reads the head, waits for the signal, deploys, says how that went.
pub(crate) fn contend(root: &Path, name: &str) {
    let mut machine = Machine::new(folder(root), root.join(name), Vec::new());
    machine.by = format!("{name}@race");
    block_on(async {
        let basis = deploy::begin(&machine.store, &machine.state).await.unwrap();
        println!("ready:");
        std::io::stdin().read_line(&mut String::new()).unwrap();
        match machine.deploy_over(basis, &contestant(name)).await {
            Ok(outcome) => println!("ended:0 {}", outcome.release),
            Err(err) => println!("ended:{} {}", err.code.exit().code(), err.message),
        }
    });
}

#[test]
fn of_two_processes_that_deploy_at_once_one_wins_and_the_other_exits_7_naming_it() {
    for _ in 0..10 {
        let root = tempfile::tempdir().unwrap();
        block_on(Machine::new(folder(root.path()), root.path().join("before"), Vec::new()).deploy(BEFORE)).unwrap();
        let names = ["ada", "bob"];
        let mut children =
            names.map(|name| Child::start(child::command(&["contend", root.path().to_str().unwrap(), name])));
        for child in &mut children {
            child.line("ready:").unwrap();
        }
        for child in &mut children {
            child.say("go");
        }
        let ends = children.each_mut().map(|child| child.line("ended:").unwrap());
        let winner = ends.iter().position(|end| end.starts_with("0 ")).unwrap_or_else(|| panic!("{ends:?}"));
        let (won, lost) = (&ends[winner], &ends[1 - winner]);
        let release = won.strip_prefix("0 ").unwrap();
        assert!(lost.starts_with("7 ") && lost.contains(release) && lost.contains(names[winner]), "{ends:?}");
        assert_eq!(block_on(agrees(&folder(root.path()))).release.to_string(), release);
    }
}

#[test]
fn many_deployers_at_any_time_leave_one_whole_release() {
    for (round, deployers) in [4; 12].into_iter().chain([16; 2]).enumerate() {
        let root = tempfile::tempdir().unwrap();
        let api = PurgeApi::start();
        let barrier = std::sync::Barrier::new(deployers);
        // Sixteen that wait for one lock and one disk would measure the disk.
        let memory = Store::open(root.path(), &StoreUrl::Memory).unwrap();
        let store = || if deployers > 4 { memory.apart() } else { folder(root.path()) };
        let results: Vec<Results> = std::thread::scope(|scope| {
            let contend = |number: usize| {
                let name = format!("m{number}");
                let machine = Machine::new(store(), root.path().join(&name), vec![api.purger()]);
                barrier.wait();
                (0..2).map(|time| block_on(machine.deploy(&contestant(&format!("{round} {name} {time}"))))).collect()
            };
            let threads: Vec<_> = (0..deployers).map(|number| scope.spawn(move || contend(number))).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        let head = block_on(agrees(&store()));
        let all: Vec<_> = results.into_iter().flatten().collect();
        assert!(
            all.iter().any(|result| result.as_ref().is_ok_and(|outcome| outcome.release == head.release)),
            "{all:?}"
        );
        for err in all.iter().filter_map(|result| result.as_ref().err()) {
            assert_eq!(err.code, Code::LostRace, "{err}");
        }
    }
}

#[test]
fn a_swap_whose_answer_is_lost_is_known_by_its_nonce() {
    use crate::faults::{Fault, Faults};
    for fault in [Fault::LostAnswer, Fault::LostRequest] {
        for nth in 1..=2 {
            let faults = Faults::new(move |put, location, count| {
                (put && location == ".landing/head" && count == nth).then_some(fault)
            });
            let machine = Machine::new(Store::over(Arc::new(faults), "faulty:"), "/dev/null/nowhere", Vec::new());
            let outcome = block_on(machine.deploy(BEFORE)).unwrap();
            assert_eq!(block_on(agrees(&machine.store)).release, outcome.release);
        }
    }
}

#[test]
fn a_document_whose_answer_is_lost_is_made_sure_of() {
    use crate::faults::{Fault, Faults};
    for fault in [Fault::LostAnswer, Fault::LostRequest] {
        let faults =
            Faults::new(move |put, location, count| (put && location == "index.html" && count == 1).then_some(fault));
        let machine = Machine::new(Store::over(Arc::new(faults), "faulty:"), "/dev/null/nowhere", Vec::new());
        block_on(machine.deploy(BEFORE)).unwrap();
        block_on(agrees(&machine.store));
    }
}

#[test]
fn an_upload_that_fails_stops_the_deploy_before_anything_is_public() {
    use crate::faults::{Fault, Faults};
    for place in ["assets/", ".landing/blobs/", ".landing/releases/"] {
        for fault in [Fault::Refused, Fault::LostRequest] {
            let faults = Faults::new(move |put, location, _| (put && location.starts_with(place)).then_some(fault));
            let machine = Machine::new(Store::over(Arc::new(faults), "faulty:"), "/dev/null/nowhere", Vec::new());
            let err = block_on(machine.deploy(BEFORE)).unwrap_err();
            assert_eq!(err.code.exit(), Exit::FarSide, "{err}");
            assert!(err.message.contains(place) && err.hint.is_some(), "{err}");
            let public = block_on(machine.store.tags("")).unwrap();
            assert!(public.is_empty() && block_on(crate::world::head(&machine.store)).is_none());
        }
    }
}

#[test]
fn a_document_that_cannot_be_written_leaves_a_debt_that_the_next_command_pays() {
    use crate::faults::{Fault, Faults};
    let faults =
        Faults::new(|put, location, count| (put && location == "index.html" && count == 1).then_some(Fault::Refused));
    let machine = Machine::new(Store::over(Arc::new(faults), "faulty:"), "/dev/null/nowhere", Vec::new());
    let err = block_on(machine.deploy(BEFORE)).unwrap_err();
    assert_eq!(err.code, Code::StoreRefused);
    assert!(err.hint.as_ref().unwrap().contains("is committed: the next command"), "{err}");
    block_on(machine.finish()).unwrap();
    let head = block_on(agrees(&machine.store));
    assert_eq!(head.release, site(BEFORE).1.id());
    let release: Release = site(BEFORE).1;
    assert!(release.entries.contains_key(&key("index.html")));
}
