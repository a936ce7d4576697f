//! Mirrors: further stores that hold what is public, for the day on which the primary does not answer.
//!
//! In: a [`Task`] whose documents stand in the primary, or a settled head; out: which mirrors hold all of it now. The primary
//! alone holds the head and decides; a mirror decides nothing. One that does not answer stops nothing: the head does not name
//! it then, which is what it is owed, and the next command pays. A mirror holds assets and documents, no control objects, and
//! nothing is ever deleted there.
//!
//! While a deploy is at work the head names no mirror: whoever finds it dead compares every file. A mirror that held the
//! release before, whole, gets what differs. Assets go first, the entry page last, as everywhere.

use super::Run;
use super::publish::{ATTEMPTS, Task, waves};
use super::survey::{Found, foreign_in};
use crate::deploy::{copied, repair};
use crate::diag::{Code, Diagnostic};
use crate::model::{Copied, Deed, Digest, Entry, Head, Inventory, Key, Mode, Release, Tag, urls_of};
use crate::store::{Condition, Counts, Object, Store, StoreError};
use bytes::Bytes;
use futures::StreamExt as _;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// A store that gets a copy of what is public.
pub struct Mirror {
    /// Its name in the head.
    pub name: String,
    /// The store, or why it cannot be opened: that is owed as well, and no reason to stop a rollback.
    pub store: Result<Store, Diagnostic>,
}

/// What a mirror has, for whoever ran the command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Copy {
    /// Its name.
    pub store: String,
    /// Whether it is known to hold what is live, whole.
    pub whole: bool,
    /// What it is known to hold, when anything is.
    pub release: Option<Digest>,
    /// How much of it.
    pub mode: Option<Mode>,
    /// Requests to it.
    pub requests: u64,
    /// Why it does not hold what is live.
    pub owed: Option<String>,
}

/// For one mirror, all requests together. What was written until then is found by the next command.
const WITHIN: Duration = Duration::from_mins(5);

/// What this run knows of the mirrors.
#[derive(Default)]
pub(super) struct Mirrors {
    before: BTreeMap<String, Counts>,
    /// Those that failed in this run, and why: they are not asked again.
    down: BTreeMap<String, Diagnostic>,
    /// This run wrote to them and was overtaken, or was asked to look: what the head says of them is not believed.
    pub(super) doubted: bool,
}

impl Mirrors {
    pub(super) fn of(mirrors: &[Mirror]) -> Self {
        let before = mirrors.iter().map(|it| (it.name.clone(), it.counts())).collect();
        Self { before, ..Self::default() }
    }

    /// The complaint about what is owed.
    pub(super) fn complaint(&self, head: &Head) -> Option<Diagnostic> {
        let (name, why) = self.down.first_key_value()?;
        let more = match self.down.len() {
            1 => String::new(),
            n => format!(", and {} more", n - 1),
        };
        let release = head.release.hex16();
        let message = format!("the mirror `{name}`{more} does not hold release {release}: {}", why.message);
        let remedy = why.hint.as_deref().map(|hint| format!("; {hint}")).unwrap_or_default();
        let hint = format!("the primary does, and the next command brings the mirror up to date{remedy}");
        Some(Diagnostic::new(Code::MirrorOwed, message).hint(hint))
    }
}

impl Mirror {
    fn counts(&self) -> Counts {
        self.store.as_ref().map(Store::counts).unwrap_or_default()
    }
}

/// The mirrors that hold what an inventory says is live, whole.
pub(super) fn known(inventory: &Inventory) -> BTreeSet<String> {
    let Some((head, _)) = inventory.head.as_ref().filter(|_| inventory.release.is_some()) else {
        return BTreeSet::new();
    };
    head.copies.iter().filter(|(_, copy)| **copy == head.shows()).map(|(name, _)| name.clone()).collect()
}

/// What a mirror lacks: files to write, each with the mark of what it takes the place of.
#[derive(Default)]
struct Gap {
    assets: BTreeMap<Key, Option<Tag>>,
    documents: BTreeMap<Key, Option<Tag>>,
}

impl Run<'_> {
    /// Brings every mirror to what a task shows. Those that are whole then are named; why the others are not is kept.
    pub(super) async fn mirror(&mut self, task: &Task) -> BTreeMap<String, Copied> {
        let asked: Vec<&Mirror> =
            self.site.mirrors.iter().filter(|it| !self.mirrors.down.contains_key(&it.name)).collect();
        if asked.is_empty() {
            return BTreeMap::new();
        }
        self.phase("mirror", asked.len());
        self.mirrors.doubted = true;
        let this = &*self;
        let brought = asked.iter().map(|mirror| async move {
            let brought = tokio::time::timeout(WITHIN, this.bring(mirror, task)).await;
            (mirror.name.clone(), brought.unwrap_or_else(|_| Err(too_slow())))
        });
        let brought = futures::future::join_all(brought).await;
        self.whole(brought, task.head.shows())
    }

    fn whole(&mut self, brought: Vec<(String, Result<(), Diagnostic>)>, shows: Copied) -> BTreeMap<String, Copied> {
        let mut copies = BTreeMap::new();
        for (name, result) in brought {
            match result {
                Ok(()) => {
                    self.step("mirror", &name, 0);
                    copies.insert(name, shows);
                }
                Err(why) => {
                    self.mirrors.down.insert(name, why);
                }
            }
        }
        copies
    }

    async fn bring(&self, mirror: &Mirror, task: &Task) -> Result<(), Diagnostic> {
        let store = mirror.store.as_ref().map_err(Clone::clone)?;
        let known = task.before.as_ref().filter(|_| task.known.contains(&mirror.name));
        let gap = self.gap(store, &task.release, known, task.before.as_ref()).await?;
        let assets = gap.assets.iter().map(|(key, over)| self.supply(store, &task.release, key, over.as_ref()));
        self.each(assets).await?;
        for wave in waves(&task.release, &gap.documents) {
            let writes = wave.iter().map(|(key, over)| self.place(store, task, key, over.clone()));
            self.each(writes).await?;
        }
        Ok(())
    }

    /// Writes: what is under way is waited for, after a failure nothing more begins.
    async fn each(
        &self,
        work: impl Iterator<Item = impl Future<Output = Result<(), Diagnostic>>>,
    ) -> Result<(), Diagnostic> {
        let failed = AtomicBool::new(false);
        let work = work.map(|work| async {
            if failed.load(Ordering::SeqCst) {
                return Ok(());
            }
            work.await.inspect_err(|_| failed.store(true, Ordering::SeqCst))
        });
        let parallel = self.site.options.parallel.max(1);
        let results: Vec<Result<(), Diagnostic>> = futures::stream::iter(work).buffered(parallel).collect().await;
        results.into_iter().collect()
    }

    /// What a mirror lacks of a release: by what differs from the one that it is known to hold, else by looking at every file.
    async fn gap(
        &self,
        store: &Store,
        release: &Release,
        known: Option<&Release>,
        before: Option<&Release>,
    ) -> Result<Gap, Diagnostic> {
        let differs = |(key, entry): &(&Key, &Entry)| known.and_then(|known| known.entries.get(*key)) != Some(*entry);
        let assets = release.assets().filter(differs).map(|(key, entry)| async move {
            // New to a mirror that is known: nothing stands there.
            let found = if known.is_some() { Found::Over(None) } else { asset_in(store, key, entry).await? };
            Ok((key, found))
        });
        let assets = self.lacking(store, assets).await?;
        let documents: Vec<_> = release.documents().into_iter().filter(differs).collect();
        let documents = documents.into_iter().map(|(key, entry)| async move {
            let before = before.and_then(|before| before.entries.get(key));
            Ok((key, self.found(store, key, entry, before).await?))
        });
        Ok(Gap { assets, documents: self.lacking(store, documents).await? })
    }

    async fn lacking<'k>(
        &self,
        store: &Store,
        looks: impl Iterator<Item = impl Future<Output = Result<(&'k Key, Found), Diagnostic>>>,
    ) -> Result<BTreeMap<Key, Option<Tag>>, Diagnostic> {
        let mut looks = futures::stream::iter(looks).buffered(self.site.options.parallel.max(1));
        let mut lacking = BTreeMap::new();
        while let Some(looked) = looks.next().await {
            match looked? {
                (_, Found::Kept(_)) => {}
                (key, Found::Over(over)) => {
                    lacking.insert(key.clone(), over);
                }
                (key, Found::Foreign) => return Err(foreign_in(store, std::slice::from_ref(key))),
            }
        }
        Ok(lacking)
    }

    /// Gives a mirror an asset, from the build or from the primary.
    async fn supply(&self, store: &Store, release: &Release, key: &Key, over: Option<&Tag>) -> Result<(), Diagnostic> {
        self.pause("the next command brings the mirror up to date")?;
        let entry = &release.entries[key];
        let object = Object { bytes: self.asset(key, &entry.sha256).await?, headers: entry.headers.clone() };
        if let Some(tag) = over
            && store.put(key, &object, Condition::Matches(tag)).await.is_ok()
        {
            return Ok(());
        }
        self.create(store, key, &object).await
    }

    async fn asset(&self, key: &Key, sha256: &Digest) -> Result<Bytes, Diagnostic> {
        if let Some(bytes) = self.in_hand(key, sha256) {
            return Ok(bytes);
        }
        let primary = self.site.store;
        let there = primary.get(key).await.map_err(|err| primary.complain(key.as_str(), &err))?;
        if Digest::of(&there.bytes) == *sha256 {
            return Ok(there.bytes);
        }
        let message = format!("`{key}` in the store `{}` is damaged", primary.name());
        Err(Diagnostic::new(Code::BadControl, message).hint("deploy its source again: that repairs it"))
    }

    /// Writes a document into a mirror and reads it back.
    async fn place(&self, store: &Store, task: &Task, key: &Key, mut over: Option<Tag>) -> Result<(), Diagnostic> {
        self.pause("the next command brings the mirror up to date")?;
        let entry = &task.release.entries[key];
        let object = Object { bytes: self.body(key, &entry.sha256).await?, headers: entry.headers.clone() };
        let mut why = StoreError::Conflict;
        let began = Instant::now();
        for _ in 0..ATTEMPTS {
            let condition = over.as_ref().map_or(Condition::Absent, Condition::Matches);
            match store.put(key, &object, condition).await {
                Ok(_) if self.found_again(store, key, &object).await?.is_some() => return Ok(()),
                Ok(_) => why = StoreError::Conflict,
                Err(err @ (StoreError::Conflict | StoreError::Unanswered(_))) if began.elapsed() < store.patience() => {
                    why = err;
                }
                Err(err) => return Err(store.complain(key.as_str(), &err)),
            }
            match self.found(store, key, entry, task.before(key)).await? {
                Found::Kept(_) => return Ok(()),
                Found::Over(tag) => over = tag,
                Found::Foreign => return Err(foreign_in(store, std::slice::from_ref(key))),
            }
        }
        Err(store.complain(key.as_str(), &why))
    }

    /// Pays what mirrors are owed, from a settled head. Nothing is asked when nothing is owed. Addresses whose documents a
    /// mirror gets late may be cached from it as they were: they are purged, and owed from before the first write.
    pub(super) async fn repaid(&mut self, head: Head, tag: Tag) -> Result<(Head, Tag), Diagnostic> {
        let owing = self.owing(&head);
        if owing.is_empty() || !head.is_settled() {
            return Ok((head, tag));
        }
        let release = self.manifest(&head.release).await?.shown(head.mode);
        let gaps = self.gaps(&owing, &release).await;
        let lacking: BTreeSet<&Key> = gaps.iter().flat_map(|(_, gap)| gap.documents.keys()).collect();
        let urls: BTreeSet<_> = lacking.into_iter().flat_map(urls_of).collect();
        let whole = gaps.iter().filter(|(_, gap)| gap.documents.is_empty() && gap.assets.is_empty());
        let whole: BTreeMap<String, Copied> = whole.map(|(name, _)| (name.clone(), head.shows())).collect();
        let next = match (gaps.len(), whole.len()) {
            (0, _) => return Ok((head, tag)),
            // They were whole all the while.
            (all, unharmed) if all == unharmed => {
                self.mirrors.doubted = false;
                if whole.iter().all(|(name, copy)| head.copies.get(name) == Some(copy)) {
                    return Ok((head, tag));
                }
                copied(&head, whole, self.stamp())
            }
            _ => repair(&head, urls, Deed::Copy, self.stamp()),
        };
        let swapped = match self.swap(Some(&tag), next).await {
            Ok((head, tag)) if head.is_settled() => return Ok((head, tag)),
            Ok((head, tag)) => {
                let survey = super::survey::Survey::default();
                let task = Task { head, tag, release, before: None, known: BTreeSet::new(), survey };
                Box::pin(self.publish(task)).await
            }
            Err(stop) => Err(stop),
        };
        match swapped {
            Ok(settled) => Ok(settled),
            Err(stop) => Box::pin(self.drive(stop)).await,
        }
    }

    /// The mirrors that are not known to hold what is live; all of them, when the head is not believed.
    pub(super) fn owing(&self, head: &Head) -> BTreeSet<String> {
        let owed = |it: &&Mirror| self.mirrors.doubted || head.copies.get(&it.name) != Some(&head.shows());
        let up = |it: &&Mirror| !self.mirrors.down.contains_key(&it.name);
        self.site.mirrors.iter().filter(owed).filter(up).map(|it| it.name.clone()).collect()
    }

    /// What those mirrors lack; one that does not answer is left out, and why is kept.
    async fn gaps(&mut self, owing: &BTreeSet<String>, release: &Release) -> Vec<(String, Gap)> {
        let this = &*self;
        let looks = this.site.mirrors.iter().filter(|it| owing.contains(&it.name)).map(|mirror| async move {
            let look = async {
                let store = mirror.store.as_ref().map_err(Clone::clone)?;
                this.gap(store, release, None, None).await
            };
            let looked = tokio::time::timeout(WITHIN, look).await;
            (mirror.name.clone(), looked.unwrap_or_else(|_| Err(too_slow())))
        });
        let looked = futures::future::join_all(looks).await;
        let mut gaps = Vec::new();
        for (name, gap) in looked {
            match gap {
                Ok(gap) => gaps.push((name, gap)),
                Err(why) => {
                    self.mirrors.down.insert(name, why);
                }
            }
        }
        gaps
    }

    /// What each mirror has, by the head and by what happened in this run.
    pub(super) fn copies(&self, head: &Head) -> Vec<Copy> {
        let mut copies = copies(self.site.mirrors.iter().map(|it| it.name.clone()), head);
        for (copy, mirror) in copies.iter_mut().zip(self.site.mirrors) {
            let before = self.mirrors.before.get(&mirror.name).map_or(0, |counts| counts.requests);
            copy.requests = mirror.counts().requests - before;
            copy.owed = self.mirrors.down.get(&mirror.name).map(|why| why.message.clone());
        }
        copies
    }
}

/// What each of these mirrors is known to have by the head.
pub fn copies(names: impl Iterator<Item = String>, head: &Head) -> Vec<Copy> {
    let copy = |store: String| {
        let known = head.copies.get(&store);
        let (release, mode) = (known.map(|copy| copy.release), known.map(|copy| copy.mode));
        Copy { store, whole: known == Some(&head.shows()), release, mode, requests: 0, owed: None }
    };
    names.map(copy).collect()
}

/// Whether an asset is there, by its size and fields: its name says the rest.
async fn asset_in(store: &Store, key: &Key, entry: &Entry) -> Result<Found, Diagnostic> {
    match store.head(key).await {
        Ok(there) if there.size == entry.size && there.headers == entry.headers => Ok(Found::Kept(there.tag)),
        Ok(there) => Ok(Found::Over(Some(there.tag))),
        Err(StoreError::NotFound) => Ok(Found::Over(None)),
        Err(err) => Err(store.complain(key.as_str(), &err)),
    }
}

fn too_slow() -> Diagnostic {
    Diagnostic::new(Code::StoreUnreachable, format!("it took longer than {} s", WITHIN.as_secs()))
}
