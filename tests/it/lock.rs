//! A store that does not look at conditions: used with an advisory lock, and said to be so. Two deployers at once, one that died, one
//! that was too slow.

use crate::contract;
use crate::world::{Machine, agrees, block_on, head, site};
use futures::stream::BoxStream;
use landing::diag::{Code, Exit};
use landing::model::{Head, Lock, Mode};
use landing::shell::Event;
use landing::shell::deploy::To;
use landing::store::{Condition, Object, Phase, Store, Verb};
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore, PutMode,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};
use std::path::Path as FsPath;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// What it does with a condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Manner {
    /// It writes all the same.
    Ignores,
    /// It says that it does not know it.
    Refuses,
}

#[derive(Debug)]
struct Careless {
    inner: InMemory,
    manner: Manner,
}

impl std::fmt::Display for Careless {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("careless")
    }
}

#[async_trait::async_trait]
impl ObjectStore for Careless {
    async fn put_opts(&self, location: &Path, payload: PutPayload, mut opts: PutOptions) -> Result<PutResult> {
        tokio::task::yield_now().await;
        if opts.mode != PutMode::Overwrite && self.manner == Manner::Refuses {
            let said =
                "Server returned non-2xx status code: 501 Not Implemented: <Error><Code>NotImplemented</Code></Error>";
            return Err(Error::Generic { store: "careless", source: said.into() });
        }
        opts.mode = PutMode::Overwrite;
        self.inner.put_opts(location, payload, opts).await
    }

    async fn put_multipart_opts(&self, at: &Path, opts: PutMultipartOptions) -> Result<Box<dyn MultipartUpload>> {
        self.inner.put_multipart_opts(at, opts).await
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        tokio::task::yield_now().await;
        self.inner.get_opts(location, options).await
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        self.inner.delete_stream(locations)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.inner.list(prefix)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.inner.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.inner.copy_opts(from, to, options).await
    }
}

/// The store, and machines that work on it.
struct Place {
    inner: Arc<Careless>,
    root: tempfile::TempDir,
}

impl Place {
    fn new(manner: Manner) -> Self {
        Self { inner: Arc::new(Careless { inner: InMemory::new(), manner }), root: tempfile::tempdir().unwrap() }
    }

    /// As somebody's service looks: nobody vouches for it.
    fn store(&self) -> Store {
        Store::over(self.inner.clone(), "careless:").doubted()
    }

    fn machine(&self, name: &str) -> Machine {
        machine(self.store(), self.root.path(), name)
    }

    fn lock(&self) -> Lock {
        Lock::from_json(&block_on(self.store().get(&Lock::key())).unwrap().bytes).unwrap()
    }

    /// Puts a lock there that somebody else took so many minutes ago.
    fn taken(&self, minutes: i64) {
        let at = jiff::Timestamp::now() - jiff::SignedDuration::from_mins(minutes);
        block_on(taken(&self.store(), at));
    }
}

fn machine(store: Store, root: &FsPath, name: &str) -> Machine {
    let mut machine = Machine::new(store, root.join(name), Vec::new());
    machine.by = format!("{name}@host");
    machine
}

async fn taken(store: &Store, at: jiff::Timestamp) {
    let (nonce, by) = ("theirs".to_owned(), "bob@gone".to_owned());
    let lock = Lock { format: Lock::FORMAT, nonce, by, at, until: at + Lock::TERM, released: false };
    store.go_blind();
    let old = store.get(&Lock::key()).await.ok().map(|there| there.tag);
    let object = Object { bytes: lock.to_json().into(), ..Object::default() };
    store.put(&Lock::key(), &object, old.as_ref().map_or(Condition::Absent, Condition::Matches)).await.unwrap();
}

fn page(text: &str) -> String {
    format!("index.html=<p>{text} {{a.css}}\n404.html=gone\nassets/a.css=style {text}\nmode closed index.html=tomorrow")
}

fn notes(machine: &Machine) -> String {
    let events = machine.events.lock().unwrap();
    let notes =
        events.iter().filter_map(|event| if let Event::Note { text } = event { Some(text.clone()) } else { None });
    notes.collect::<Vec<_>>().join("\n")
}

#[test]
fn one_that_is_looked_at_before_each_write_keeps_the_contract_for_one_writer() {
    for manner in [Manner::Ignores, Manner::Refuses] {
        for (sentence, clause) in contract::ALL {
            println!("{sentence}: {manner:?}");
            let store = Place::new(manner).store();
            assert!(!block_on(store.honors_conditions()).unwrap());
            let store = Place::new(manner).store();
            store.go_blind();
            block_on(clause(store));
        }
    }
    let sound = Store::over(Arc::new(InMemory::new()), "memory:").doubted();
    assert!(block_on(sound.honors_conditions()).unwrap() && block_on(sound.honors_conditions()).unwrap());
    assert_eq!(sound.counts().requests, 5);
}

#[test]
fn a_deploy_there_takes_the_lock_says_so_and_gives_it_back() {
    for manner in [Manner::Ignores, Manner::Refuses] {
        let place = Place::new(manner);
        let first = place.machine("ada");
        let done = block_on(first.deploy(&page("one"))).unwrap();
        assert!(done.advisory_lock && done.verified && done.complaint.is_none(), "{done:?}");
        assert!(notes(&first).contains("does not look at conditions: this command holds an advisory lock"));
        assert_eq!(block_on(agrees(&place.store())).conditions, Some(false));
        assert!(place.lock().released && place.lock().by == "ada@host");
        // Nothing to do is one request, and no lock.
        let quiet = block_on(place.machine("ada").deploy(&page("one"))).unwrap();
        assert_eq!((quiet.store_requests, quiet.advisory_lock), (1, false));
        let closed = block_on(place.machine("bob").switch(&To::Mode(Mode::Closed))).unwrap();
        assert!(closed.advisory_lock && place.lock().released && place.lock().by == "bob@host");
        block_on(agrees(&place.store()));
    }
}

#[test]
fn a_store_that_looks_at_conditions_is_tried_out_once_and_its_head_says_so() {
    let (inner, root) = (Arc::new(InMemory::new()), tempfile::tempdir().unwrap());
    let store = || Store::over(inner.clone(), "service:").doubted();
    let known = || Store::over(Arc::new(InMemory::new()), "memory:");
    let first = block_on(machine(store(), root.path(), "ada").deploy(&page("one"))).unwrap();
    let plain = block_on(machine(known(), root.path(), "eve").deploy(&page("one"))).unwrap();
    assert_eq!((first.store_requests - plain.store_requests, first.advisory_lock), (3, false));
    assert_eq!(block_on(head(&store())).unwrap().conditions, Some(true));
    let other = machine(store(), root.path(), "bob");
    let changed = block_on(other.deploy(&page("two"))).unwrap();
    // One page and one asset: ten, those two, and the manifest that this machine has not seen.
    assert!(changed.store_requests <= 10 + 1 + 1 + 1, "{changed:?}");
    assert!(block_on(store().get(&Lock::key())).is_err(), "nobody took a lock");
}

#[test]
fn of_deployers_that_start_at_once_one_wins_and_the_others_say_who_did() {
    for racers in [2, 2, 6] {
        let place = Place::new(Manner::Ignores);
        block_on(place.machine("zero").deploy(&page("zero"))).unwrap();
        let machines: Vec<Machine> = (0..racers).map(|racer| place.machine(&format!("m{racer}"))).collect();
        let deploys = machines.iter().enumerate().map(|(number, machine)| {
            let lines = page(&format!("page {number}"));
            async move { (lines.clone(), machine.deploy(&lines).await) }
        });
        let done = block_on(futures::future::join_all(deploys));
        let won: Vec<_> = done.iter().filter(|(_, result)| result.is_ok()).collect();
        let [(lines, _)] = won.as_slice() else { panic!("{} won", won.len()) };
        for err in done.iter().filter_map(|(_, result)| result.as_ref().err()) {
            assert_eq!((err.code, err.code.exit()), (Code::Locked, Exit::Outdated), "{err}");
            assert!(err.message.contains("@host has held the lock") && err.hint.is_some(), "{err}");
        }
        let head = block_on(agrees(&place.store()));
        assert_eq!(head.release, site(lines).1.id());
        assert!(place.lock().released);
    }
}

#[test]
fn who_waited_for_a_build_while_another_deployed_has_lost() {
    let place = Place::new(Manner::Ignores);
    block_on(place.machine("ada").deploy(&page("one"))).unwrap();
    let slow = place.machine("slow");
    block_on(async {
        let basis = landing::shell::deploy::begin(&slow.store, &slow.state).await.unwrap();
        place.machine("bob").deploy(&page("two")).await.unwrap();
        let err = slow.deploy_over(basis, &page("three")).await.unwrap_err();
        assert_eq!(err.code, Code::LostRace, "{err}");
    });
    assert_eq!(block_on(agrees(&place.store())).release, site(&page("two")).1.id());
    assert!(place.lock().released, "who lost gives it back");
}

#[test]
fn the_lock_of_a_dead_command_keeps_others_out_for_its_time_and_is_taken_over_then() {
    let place = Place::new(Manner::Ignores);
    block_on(place.machine("ada").deploy(&page("one"))).unwrap();
    place.taken(1);
    let err = block_on(place.machine("ada").deploy(&page("two"))).unwrap_err();
    assert!(err.code == Code::Locked && err.message.contains("bob@gone has held the lock"), "{err}");
    assert!(err.hint.as_deref().is_some_and(|hint| hint.contains("whose command died is over at 20")), "{err:?}");
    assert_eq!(block_on(agrees(&place.store())).release, site(&page("one")).1.id());
    assert_eq!(place.lock().nonce, "theirs", "it is not touched");
    place.taken(11);
    let machine = place.machine("ada");
    block_on(machine.deploy(&page("two"))).unwrap();
    assert!(notes(&machine).contains("the lock that bob@gone took at "), "{}", notes(&machine));
    assert_eq!(block_on(agrees(&place.store())).release, site(&page("two")).1.id());
}

#[test]
fn a_command_whose_lock_was_taken_over_swaps_nothing() {
    let place = Place::new(Manner::Ignores);
    block_on(place.machine("ada").deploy(&page("one"))).unwrap();
    let (plain, once) = (place.store(), AtomicBool::new(false));
    let slow = place.store().observed(Arc::new(move |request| {
        let manifest = request.verb == Verb::Put && request.key.starts_with(".landing/releases/");
        if manifest && request.phase == Phase::After && !once.swap(true, Ordering::SeqCst) {
            let plain = plain.clone();
            std::thread::spawn(move || block_on(taken(&plain, jiff::Timestamp::now()))).join().unwrap();
        }
    }));
    let err = block_on(machine(slow, place.root.path(), "slow").deploy(&page("two"))).unwrap_err();
    assert!(err.code == Code::Locked && err.message.contains("bob@gone took over the lock"), "{err}");
    assert_eq!(block_on(agrees(&place.store())).release, site(&page("one")).1.id());
    assert_eq!(place.lock().nonce, "theirs", "it is not given back by who lost it");
    let text = String::from_utf8(block_on(place.store().get(&Head::key())).unwrap().bytes.to_vec()).unwrap();
    assert!(!text.contains("slow@host"), "{text}");
}
