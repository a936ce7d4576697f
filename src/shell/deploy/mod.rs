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
//! | survey | what stands where documents will be written | `survey` |
//! | upload | assets, blobs, then the manifest; a hard barrier | `upload` |
//! | commit | swap the head, with the purge that will be owed | `swap` |
//! | publish | documents, read back, then the head again | `publish` |
//! | settle | purge, prove, warm, swap the head | `settle` |

mod cabinet;
mod publish;
mod settle;
mod site;
mod survey;
mod swap;
mod upload;

pub(super) use cabinet::manifest;
pub use cabinet::{Basis, begin, inventory};
pub use site::{Options, Outcome, Proof, Prover, Site, who};

use super::Event;
use crate::deploy::{Stamp, commit, plan};
use crate::diag::{Code, Diagnostic};
use crate::model::{Bundle, Head, Inventory, Key, Plan, Release, State, Tag, UrlPath};
use publish::Task;
use std::collections::BTreeSet;
use std::sync::atomic::Ordering;

/// Brings `release` live. `basis` was read by [`begin`] before the build: who deployed meanwhile wins.
///
/// # Errors
/// Says what stands now and what the next command will do. Before the commit nothing public has changed.
pub async fn run(site: Site<'_>, basis: Basis, bundle: &Bundle, release: &Release) -> Result<Outcome, Diagnostic> {
    let mut run = Run { site, bundle: Some(bundle), tally: Tally::default() };
    let before = basis.before;
    let head = run.mended(basis.head).await?;
    let live = match head {
        Some((head, tag)) if head.release == release.id() && head.state == State::Live => {
            run.confirmed(head, tag, release).await?
        }
        head => run.deploy(head, release).await?,
    };
    Ok(run.outcome(live, before))
}

/// Finishes what an earlier command left: documents that were not written, a purge that is owed. Nothing to do when the
/// head is settled.
///
/// # Errors
/// When nothing was ever deployed, or it cannot be finished.
pub async fn finish(site: Site<'_>, basis: Basis) -> Result<Outcome, Diagnostic> {
    let mut run = Run { site, bundle: None, tally: Tally::default() };
    let before = basis.before;
    let nothing = || Diagnostic::new(Code::NothingDeployed, "nothing is deployed yet").hint("run `landing deploy`");
    let (head, _) = run.mended(basis.head).await?.ok_or_else(nothing)?;
    Ok(run.outcome(head, before))
}

/// Compares every document in the store with what the head says, and repairs what differs.
///
/// # Errors
/// As [`finish`]; and when a document is not ours to overwrite.
pub async fn mend(site: Site<'_>, basis: Basis) -> Result<Outcome, Diagnostic> {
    let mut run = Run { site, bundle: None, tally: Tally::default() };
    let before = basis.before;
    let nothing = || Diagnostic::new(Code::NothingDeployed, "nothing is deployed yet").hint("run `landing deploy`");
    let (head, tag) = basis.head.ok_or_else(nothing)?;
    let (head, _) = run.drive(Stop::Moved(Box::new((head, tag)))).await?;
    Ok(run.outcome(head, before))
}

/// One command at work.
struct Run<'a> {
    site: Site<'a>,
    /// What was built, when something was: bytes that need not be fetched.
    bundle: Option<&'a Bundle>,
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

impl Run<'_> {
    /// The head, settled: what an earlier command left is finished first.
    async fn mended(&mut self, head: Option<(Head, Tag)>) -> Result<Option<(Head, Tag)>, Diagnostic> {
        match head {
            Some((head, tag)) if !head.is_settled() => {
                (self.site.sink)(Event::RollingForward { release: head.release });
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
    async fn confirmed(&mut self, head: Head, tag: Tag, release: &Release) -> Result<Head, Diagnostic> {
        if head.verified || self.tally.complaint.is_some() {
            return Ok(head);
        }
        self.reprove(head, tag, release).await
    }

    /// The whole way, from a settled head (or none) to the next.
    async fn deploy(&mut self, head: Option<(Head, Tag)>, release: &Release) -> Result<Head, Diagnostic> {
        let inventory = self.inventory(head).await?;
        let mut plan = plan(release, &inventory);
        let survey = self.survey(release, &inventory).await?;
        // Documents that should be there and are not are made public again: their URLs may be cached as they were.
        plan.purge.urls.extend(survey.damaged.iter().flat_map(crate::model::urls_of));
        self.upload(release, &plan).await?;
        self.pause("nothing public has changed; the next deploy starts again and finds what was uploaded")?;
        let won = match self.commit(&inventory, &plan).await {
            Ok((head, tag)) => {
                let task = Task { head, tag, release: release.clone(), before: inventory.release, survey };
                self.publish(task).await
            }
            Err(Stop::Moved(theirs)) if theirs.0.release != plan.release => return Err(lost(&theirs.0)),
            Err(stop) => Err(stop),
        };
        let (head, _) = match won {
            Ok(settled) => settled,
            Err(stop) => self.drive(stop).await?,
        };
        if head.release == plan.release { Ok(head) } else { Err(superseded(&plan, &head)) }
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

    async fn commit(&self, inventory: &Inventory, plan: &Plan) -> Result<(Head, Tag), Stop> {
        self.phase("commit", 1);
        let basis = inventory.head.as_ref();
        let head = commit(basis.map(|(head, _)| head), plan, self.stamp());
        let tag = self.swap(basis.map(|(_, tag)| tag), &head).await?;
        self.step("commit", &head.release.hex16(), 0);
        Ok((head, tag))
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
        Stamp { by: self.site.by.to_owned(), at: jiff::Timestamp::now(), nonce: crate::text::hex(&nonce) }
    }

    fn phase(&self, name: &'static str, total: usize) {
        (self.site.sink)(Event::Phase { name, total });
    }

    fn step(&self, phase: &'static str, what: &dyn std::fmt::Display, bytes: u64) {
        (self.site.sink)(Event::Step { phase, what: what.to_string(), bytes });
    }

    fn outcome(self, head: Head, before: crate::store::Counts) -> Outcome {
        let counts = self.site.store.counts();
        Outcome {
            release: head.release,
            previous: head.previous,
            store_requests: counts.requests - before.requests,
            store_writes: counts.writes - before.writes,
            documents: self.tally.documents,
            purged: self.tally.purged,
            purge_calls: self.tally.purge_calls,
            verified: head.verified,
            offload: self.tally.offload,
            url: self.site.url.to_owned(),
            owed: head.owed,
            complaint: self.tally.complaint,
        }
    }
}

fn lost(theirs: &Head) -> Diagnostic {
    let Head { release, by, at, .. } = theirs;
    Diagnostic::new(Code::LostRace, format!("another deploy won: release {release} by {by} at {at}"))
        .hint("nothing of this one is public; look at theirs, then run the command again to replace it")
}

fn superseded(ours: &Plan, theirs: &Head) -> Diagnostic {
    let Head { release, by, at, .. } = theirs;
    let message = format!("release {} was superseded by release {release} by {by} at {at}", ours.release);
    Diagnostic::new(Code::LostRace, message).hint("what is served is theirs; run the command again to replace it")
}
