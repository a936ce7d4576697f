//! The deploy protocol, carried out: read the head, upload, commit, write, read back, purge, prove, settle.
//!
//! In: a [`Basis`] that was read before the build, and what was built; out: an [`Outcome`], or the one complaint that says
//! what stands now and what the next command will do. It can be killed at any request: before the commit nothing public has
//! changed, after it every later command, on any machine, goes on from there. It deletes nothing and overwrites only what
//! this tool wrote. What to do is decided in `crate::deploy`; here it is done.
//!
//! | step | request | where |
//! | --- | --- | --- |
//! | begin | `GET head`, conditional | [`begin`] |
//! | alone | an advisory lock, where the store does not look at conditions | `lock` |
//! | survey | what stands where documents will be written | `survey` |
//! | upload | assets, blobs, then the manifest; a hard barrier | `upload` |
//! | commit | swap the head, with the purge that will be owed | `swap` |
//! | publish | documents, read back, then the head again | `publish` |
//! | mirror | copies in other stores | `mirror` |
//! | settle | purge, prove, warm, swap the head | `settle` |

mod cabinet;
mod freeze;
mod gc;
mod history;
mod lock;
mod mirror;
mod note;
mod publish;
mod restore;
mod settle;
mod site;
mod survey;
mod swap;
mod switch;
mod upload;

pub(super) use cabinet::manifest;
pub use cabinet::{Basis, begin, inventory};
pub use freeze::freeze;
pub use gc::{Rules, Swept, gc};
pub use history::{log, named};
pub use mirror::{Copy, Mirror, copies};
pub(super) use note::note;
pub use restore::{gone, restore};
pub use site::{Options, Outcome, Proof, Prover, Site, now, who};
pub use switch::{To, switch};

use super::{Event, when_noted};
use crate::deploy::{Stamp, commit, plan};
use crate::diag::{Code, Diagnostic};
use crate::model::{Bundle, Deed, Digest, Head, Inventory, Key, Lock, Mode, Plan, Release, State, Tag, UrlPath};
use crate::store::Counts;
use bytes::Bytes;
use mirror::Mirrors;
use publish::Task;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::Ordering;

/// Brings `release` live. `basis` was read by [`begin`] before the build: who deployed meanwhile wins.
///
/// # Errors
/// Says what stands now and what the next command will do. Before the commit nothing public has changed.
pub async fn run(site: Site<'_>, basis: Basis, bundle: &Bundle, release: &Release) -> Result<Outcome, Diagnostic> {
    let mut run = Run::new(site, Some(bundle));
    let done = Box::pin(run.renew(basis.head, release)).await;
    run.ended(done, basis.before).await
}

/// Whether a deploy is allowed now: asked before a build, so that nobody waits for a no.
///
/// # Errors
/// When the environment is frozen and the freeze is not to be broken.
pub fn thawed(basis: &Basis, options: Options) -> Result<(), Diagnostic> {
    freeze::allows(basis.head.as_ref().map(|(head, _)| head), options)
}

/// Finishes what an earlier command left: documents that were not written, a purge that is owed. Nothing to do when the
/// head is settled.
///
/// # Errors
/// When nothing was ever deployed, or it cannot be finished.
pub async fn finish(site: Site<'_>, basis: Basis) -> Result<Outcome, Diagnostic> {
    let mut run = Run::new(site, None);
    let done = Box::pin(run.finish(basis.head)).await;
    run.ended(done, basis.before).await
}

/// Compares every document in the store and in its mirrors with what the head says, and repairs what differs.
///
/// # Errors
/// As [`finish`]; and when a document is not ours to overwrite.
pub async fn mend(site: Site<'_>, basis: Basis) -> Result<Outcome, Diagnostic> {
    let mut run = Run::new(site, None);
    let done = Box::pin(run.mend(basis.head)).await;
    run.ended(done, basis.before).await
}

/// One command at work.
struct Run<'a> {
    site: Site<'a>,
    /// What was built, when something was: bytes that need not be fetched.
    bundle: Option<&'a Bundle>,
    /// Bodies that were fetched before anything changes.
    fetched: BTreeMap<Digest, Bytes>,
    mirrors: Mirrors,
    /// Ours, where the store does not look at conditions.
    lock: Option<Lock>,
    /// Whether it does, when it was tried out.
    conditions: Option<bool>,
    tally: Tally,
}

/// What was done so far.
#[derive(Default)]
struct Tally {
    documents: Vec<Key>,
    purged: BTreeSet<UrlPath>,
    purge_calls: u64,
    offload: Option<f64>,
    complaint: Option<Diagnostic>,
}

/// Why a step did not end as planned.
enum Stop {
    /// Somebody else swapped the head: this is what stands there now.
    Moved(Box<(Head, Tag)>),
    /// It cannot go on.
    Failed(Diagnostic),
}

impl From<Diagnostic> for Stop {
    fn from(why: Diagnostic) -> Self {
        Self::Failed(why)
    }
}

/// How often somebody else may get in the way before a command gives up.
const ROUNDS: usize = 16;

impl<'a> Run<'a> {
    fn new(site: Site<'a>, bundle: Option<&'a Bundle>) -> Self {
        let mirrors = Mirrors::of(site.mirrors);
        let (lock, conditions) = (None, None);
        Self { site, bundle, fetched: BTreeMap::new(), mirrors, lock, conditions, tally: Tally::default() }
    }
}

impl Run<'_> {
    async fn renew(&mut self, basis: Option<(Head, Tag)>, release: &Release) -> Result<Head, Diagnostic> {
        self.thawed(basis.as_ref().map(|(head, _)| head))?;
        if let Some((head, _)) = &basis
            && head.release == release.id()
            && self.rests(head)
        {
            return Ok(head.clone());
        }
        let live = basis.as_ref().map(|(head, _)| (head.release, head.nonce.clone()));
        let head = self.alone(basis).await?;
        if let Some((theirs, _)) = &head
            && live.as_ref().map(|(_, nonce)| nonce) != Some(&theirs.nonce)
        {
            return Err(lost(theirs, live.map(|(release, _)| release)));
        }
        let (head, tag) = match self.mended(head).await? {
            Some((head, tag)) if head.release == release.id() && head.state == State::Live => {
                let shown = release.shown(head.mode);
                self.confirmed(head, tag, &shown).await?
            }
            head => self.deploy(head, release).await?,
        };
        Ok(self.repaid(head, tag).await?.0)
    }

    async fn finish(&mut self, basis: Option<(Head, Tag)>) -> Result<Head, Diagnostic> {
        let head = self.alone(basis).await?;
        let (head, tag) = self.mended(head).await?.ok_or_else(|| nothing(&self.site))?;
        Ok(self.repaid(head, tag).await?.0)
    }

    async fn mend(&mut self, basis: Option<(Head, Tag)>) -> Result<Head, Diagnostic> {
        let (head, tag) = self.alone(basis).await?.ok_or_else(|| nothing(&self.site))?;
        self.mirrors.doubted = true;
        let (head, tag) = self.drive(Stop::Moved(Box::new((head, tag)))).await?;
        Ok(self.repaid(head, tag).await?.0)
    }

    /// Nothing is left to do for what a head says.
    fn rests(&self, head: &Head) -> bool {
        head.is_settled() && head.verified && self.owing(head).is_empty()
    }

    async fn ended(mut self, done: Result<Head, Diagnostic>, before: Counts) -> Result<Outcome, Diagnostic> {
        self.give_back().await;
        Ok(self.outcome(done?, before))
    }

    /// A frozen environment takes no deploy; whoever breaks the freeze says why, and the log keeps it.
    fn thawed(&self, head: Option<&Head>) -> Result<(), Diagnostic> {
        freeze::allows(head, self.site.options)
    }

    /// The head, settled: what an earlier command left is finished first.
    async fn mended(&mut self, head: Option<(Head, Tag)>) -> Result<Option<(Head, Tag)>, Diagnostic> {
        match head {
            Some((head, tag)) if !head.is_settled() => {
                let interrupted = head.state == State::Committing;
                (self.site.sink)(Event::RollingForward { release: head.release, interrupted });
                let lost = self.site.options.adopt && self.manifest(&head.release).await.is_err();
                if lost {
                    // Its manifest is gone, so it cannot be finished; the new commit takes over what it owes.
                    return Ok(Some((head, tag)));
                }
                self.drive(Stop::Moved(Box::new((head, tag)))).await.map(Some)
            }
            settled => Ok(settled),
        }
    }

    /// The release is live already. One that was never proven is looked at again.
    async fn confirmed(&mut self, head: Head, tag: Tag, release: &Release) -> Result<(Head, Tag), Diagnostic> {
        if head.verified || self.tally.complaint.is_some() {
            return Ok((head, tag));
        }
        self.reprove(head, tag, release).await
    }

    /// The whole way, from a settled head (or none) to the next.
    async fn deploy(&mut self, head: Option<(Head, Tag)>, release: &Release) -> Result<(Head, Tag), Diagnostic> {
        let inventory = self.inventory(head).await?;
        let mut plan = plan(release, &inventory);
        shows(release, plan.mode)?;
        let wanted = release.shown(plan.mode);
        let survey = self.survey(&wanted, &inventory, usize::MAX).await?;
        // Documents that should be there and are not are made public again: their URLs may be cached as they were.
        plan.purge.urls.extend(survey.damaged.iter().flat_map(crate::model::urls_of));
        self.upload(release, &plan).await?;
        self.pause("nothing public has changed; the next deploy starts again and finds what was uploaded")?;
        self.carry_out(&inventory, &plan, Deed::Deploy, wanted, survey).await
    }

    /// Commits a plan, writes what was surveyed, settles.
    async fn carry_out(
        &mut self,
        inventory: &Inventory,
        plan: &Plan,
        did: Deed,
        wanted: Release,
        survey: survey::Survey,
    ) -> Result<(Head, Tag), Diagnostic> {
        let won = match self.commit(inventory, plan, did).await {
            Ok((head, tag)) => {
                let (before, known) = (inventory.shown(), mirror::known(inventory));
                let task = Task { head, tag, release: wanted, before, known, survey };
                self.publish(task).await
            }
            Err(Stop::Moved(theirs)) if !is_of(plan, &theirs.0) => {
                if did == Deed::Deploy {
                    self.thawed(Some(&theirs.0))?;
                }
                return Err(lost(&theirs.0, inventory.live()));
            }
            Err(stop) => Err(stop),
        };
        let (head, tag) = match won {
            Ok(settled) => settled,
            Err(stop) => self.drive(stop).await?,
        };
        // Whoever was overtaken may have written to a mirror after the winner.
        let (head, tag) = self.repaid(head, tag).await?;
        if is_of(plan, &head) { Ok((head, tag)) } else { Err(superseded(plan, &head)) }
    }

    async fn inventory(&self, head: Option<(Head, Tag)>) -> Result<Inventory, Diagnostic> {
        let Some((head, tag)) = head else { return Ok(Inventory::default()) };
        let release = match self.manifest(&head.release).await {
            Ok(release) => Some(release),
            // As if nothing were known: everything is compared, uploaded and purged.
            Err(_) if self.site.options.adopt => None,
            Err(err) => return Err(err),
        };
        Ok(Inventory { head: Some((head, tag)), release })
    }

    async fn commit(&self, inventory: &Inventory, plan: &Plan, did: Deed) -> Result<(Head, Tag), Stop> {
        self.phase("commit", 1);
        let basis = inventory.head.as_ref();
        let head = commit(basis.map(|(head, _)| head), plan, did, self.stamp());
        let swapped = self.swap(basis.map(|(_, tag)| tag), head).await?;
        self.step("commit", &plan.release.hex16(), 0);
        Ok(swapped)
    }

    /// Goes on from whatever head stands there until one is settled.
    async fn drive(&mut self, mut stop: Stop) -> Result<(Head, Tag), Diagnostic> {
        for _ in 0..ROUNDS {
            let theirs = match stop {
                Stop::Failed(why) => return Err(why),
                Stop::Moved(theirs) => *theirs,
            };
            stop = match self.task(theirs).await {
                Ok(task) if task.is_done() => return Ok((task.head, task.tag)),
                Ok(task) => match self.publish(task).await {
                    Ok(settled) => return Ok(settled),
                    Err(stop) => stop,
                },
                Err(stop) => stop,
            };
        }
        Err(Diagnostic::new(Code::LostRace, format!("somebody else changed the head {ROUNDS} times meanwhile"))
            .hint("see who deploys at the same time, and run the command again"))
    }

    /// Stops here when somebody asked for it.
    fn pause(&self, next: &str) -> Result<(), Diagnostic> {
        if !self.site.cancel.load(Ordering::SeqCst) {
            return Ok(());
        }
        Err(Diagnostic::new(Code::Interrupted, "stopped by a signal").hint(next))
    }

    fn stamp(&self) -> Stamp {
        let mut nonce = [0; 16];
        getrandom::fill(&mut nonce).expect("the system has random numbers, TLS needs them as well");
        Stamp {
            by: self.site.by.to_owned(),
            at: now(),
            nonce: crate::text::hex(&nonce),
            reason: self.site.reason.map(str::to_owned),
            conditions: self.conditions,
        }
    }

    fn phase(&self, name: &'static str, total: usize) {
        (self.site.sink)(Event::Phase { name, total });
    }

    fn step(&self, phase: &'static str, what: &dyn std::fmt::Display, bytes: u64) {
        (self.site.sink)(Event::Step { phase, what: what.to_string(), bytes });
    }

    fn outcome(self, head: Head, before: Counts) -> Outcome {
        let counts = self.site.store.counts();
        let copies = self.copies(&head);
        let owed = self.mirrors.complaint(&head);
        Outcome {
            release: head.release,
            previous: head.previous,
            mode: head.mode,
            store_requests: counts.requests - before.requests,
            store_writes: counts.writes - before.writes,
            documents: self.tally.documents,
            purged: self.tally.purged,
            purge_calls: self.tally.purge_calls,
            verified: head.verified,
            offload: self.tally.offload,
            url: self.site.url.to_owned(),
            owed: head.owed,
            advisory_lock: self.lock.is_some(),
            copies,
            complaint: self.tally.complaint.or(owed),
        }
    }
}

/// Whether a head is what a plan wanted.
fn is_of(plan: &Plan, head: &Head) -> bool {
    head.release == plan.release && head.mode == plan.mode
}

fn nothing(site: &Site<'_>) -> Diagnostic {
    Diagnostic::new(Code::NothingDeployed, format!("`{}` has no release yet", site.name))
        .hint(format!("run `landing deploy {}` first", site.name))
}

/// Refuses what would bring the campaign back while the holding page is up.
fn shows(release: &Release, mode: Mode) -> Result<(), Diagnostic> {
    if release.can_show(mode) {
        return Ok(());
    }
    let message = format!("release {} has nothing to show in mode `{}`", release.id().hex16(), mode.name());
    Err(Diagnostic::new(Code::NoMode, message)
        .hint("write `site/closed.md` and deploy, or choose another mode with `landing mode ENV normal`"))
}

fn lost(theirs: &Head, live: Option<Digest>) -> Diagnostic {
    let (Head { release, by, .. }, at) = (theirs, when_noted(&theirs.at));
    if live == Some(*release) {
        let did = theirs.log.last().map_or("command", |record| record.did.name());
        let message = format!("another command won: `{did}`, release {release} by {by} at {at}");
        return Diagnostic::new(Code::LostRace, message).hint("nothing of this one is public; run the command again");
    }
    Diagnostic::new(Code::LostRace, format!("another deploy won: release {release} by {by} at {at}"))
        .hint("nothing of this one is public; look at theirs, then run the command again to replace it")
}

fn superseded(ours: &Plan, theirs: &Head) -> Diagnostic {
    let (Head { release, by, .. }, at) = (theirs, when_noted(&theirs.at));
    let message = format!("release {} was superseded by release {release} by {by} at {at}", ours.release);
    Diagnostic::new(Code::LostRace, message).hint("what is served is theirs; run the command again to replace it")
}
