//! The end of a deploy: pay the purge, prove the edge, warm it, and say in the head that it is done.
//!
//! In: a [`Task`] whose documents stand; out: the settled head. A purge that is refused stays owed, in the head, and the next
//! command pays it. A CDN's "yes" is not believed: where the edge still serves something else it is purged again, and what is
//! stale after that is owed as well.

use super::publish::Task;
use super::{Proof, Run, Stop};
use crate::deploy::{Settlement, settle};
use crate::diag::{Code, Diagnostic};
use crate::model::{Copied, Head, Owed, Purge, Release, Tag, UrlPath};
use crate::shell::Event;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::Ordering;

/// How often what is stale is purged again: an edge that fetched during the write may put the old page back once, one that
/// does it three times is not listening.
const SECOND_PURGES: usize = 2;

impl Run<'_> {
    pub(super) async fn settle(&mut self, task: Task, copies: BTreeMap<String, Copied>) -> Result<(Head, Tag), Stop> {
        self.tally.complaint = None;
        let owed = &task.head.owed;
        let purge = Purge { urls: owed.urls.clone(), tags: owed.tags.clone(), ..Purge::default() };
        let documents = task.survey.keeps.clone();
        let mut settlement = Settlement { documents, copies, ..Settlement::default() };
        match self.purge(&purge).await {
            Ok(()) => {
                self.pause(&self.goes_on(&task))?;
                let proof = self.prove(&task.release, &owed.urls).await?;
                settlement.verified = proof.verified && proof.stale.is_empty();
                settlement.owed = Owed { urls: proof.stale, tags: BTreeSet::new() };
                if !settlement.verified && self.tally.complaint.is_none() {
                    let mut complaint = self.not_verified(&settlement.owed);
                    if !settlement.owed.is_empty() {
                        let seen = crate::shell::purge::evidence(self.site.url, &settlement.owed.urls).await;
                        complaint.message.push_str(&format!(": {seen}"));
                    }
                    self.tally.complaint = Some(complaint);
                }
            }
            Err(refused) => {
                settlement.owed = owed.clone();
                self.tally.complaint = Some(refused);
            }
        }
        let head = settle(&task.head, settlement, self.stamp());
        let settled = self.swap(Some(&task.tag), head).await?;
        self.mirrors.doubted = false;
        Ok(settled)
    }

    /// Looks again at a release that is live and was not proven; the head is swapped only when it now is.
    pub(super) async fn reprove(&mut self, head: Head, tag: Tag, release: &Release) -> Result<(Head, Tag), Diagnostic> {
        let proof = self.unless_stopped(self.site.prover.prove(release, &BTreeSet::new())).await?;
        self.tally.offload = proof.offload.or(self.tally.offload);
        if !proof.verified {
            self.tally.complaint = Some(self.not_verified(&Owed { urls: proof.stale, ..Owed::default() }));
            return Ok((head, tag));
        }
        let proven = settle(&head, Settlement { verified: true, ..Settlement::default() }, self.stamp());
        match self.swap(Some(&tag), proven).await {
            Ok(proven) => Ok(proven),
            Err(Stop::Moved(theirs)) if theirs.0.release == head.release => Ok(*theirs),
            Err(Stop::Moved(theirs)) => Err(super::lost(&theirs.0, None)),
            Err(Stop::Failed(why)) => Err(why),
        }
    }

    /// Purges at every CDN in front of the environment.
    async fn purge(&mut self, purge: &Purge) -> Result<(), Diagnostic> {
        if purge.is_empty() {
            return Ok(());
        }
        self.phase("purge", self.site.purgers.len());
        for purger in self.site.purgers {
            for text in self.site.notes(purger, &purger.plan(purge)) {
                (self.site.sink)(Event::Note { text });
            }
            self.tally.purge_calls += self.site.sender.purge(purger, purge, jiff::Timestamp::now()).await?;
            self.step("purge", &purger.cdn.id(), 0);
        }
        // Without a CDN there is nothing that could have been purged.
        if !self.site.purgers.is_empty() {
            self.tally.purged.extend(purge.urls.iter().cloned());
        }
        Ok(())
    }

    /// Looks at the edge, and purges again what is stale there.
    async fn prove(&mut self, release: &Release, urls: &BTreeSet<UrlPath>) -> Result<Proof, Diagnostic> {
        self.phase("verify", 0);
        let mut proof = self.unless_stopped(self.site.prover.prove(release, urls)).await?;
        for _ in 0..SECOND_PURGES {
            // Without a CDN a second look at once sees what the first one saw.
            if proof.stale.is_empty() || self.site.purgers.is_empty() {
                break;
            }
            let purge = Purge { urls: proof.stale.clone(), ..Purge::default() };
            if let Err(refused) = self.purge(&purge).await {
                self.tally.complaint = Some(refused);
                break;
            }
            proof = self.unless_stopped(self.site.prover.prove(release, urls)).await?;
        }
        self.phase("warm", urls.len());
        self.unless_stopped(self.site.prover.warm(release, urls)).await?;
        self.tally.offload = proof.offload.or(self.tally.offload);
        Ok(proof)
    }

    /// Looking changes nothing, so it can be broken off anywhere; a dead host may take a minute.
    async fn unless_stopped<T>(&self, looking: impl Future<Output = T>) -> Result<T, Diagnostic> {
        let stopped = async {
            while !self.site.cancel.load(Ordering::SeqCst) {
                tokio::time::sleep(GLANCE).await;
            }
        };
        tokio::select! {
            seen = looking => Ok(seen),
            () = stopped => {
                let again = if self.site.purgers.is_empty() { "looks again" } else { "purges again and looks" };
                Err(Diagnostic::new(Code::Interrupted, "stopped by a signal while the edge was looked at")
                    .hint(format!("the pages are public; the next command {again}")))
            }
        }
    }

    /// The release is live, and this is what is known of what visitors get.
    fn not_verified(&self, stale: &Owed) -> Diagnostic {
        let (name, cached) = (self.site.name, !self.site.purgers.is_empty());
        let served = if cached { "the edge" } else { self.site.url };
        let urls: Vec<&str> = stale.urls.iter().take(3).map(UrlPath::as_str).collect();
        let message = if urls.is_empty() {
            format!("deployed, but {served} was not proven to serve it")
        } else {
            let more = if stale.urls.len() > urls.len() { ", …" } else { "" };
            format!("deployed, but {served} still serves something else at {}{more}", urls.join(", "))
        };
        let next = if cached {
            format!("run `landing verify {name}`; the next deploy purges again what is stale")
        } else {
            format!(
                "`{name}` names no CDN, so nothing can be purged: see what stands between the store and this address, and run `landing verify \
                 {name}`"
            )
        };
        Diagnostic::new(Code::NotVerified, message).hint(next)
    }
}

/// How often it is looked whether somebody wants to stop.
const GLANCE: std::time::Duration = std::time::Duration::from_millis(100);
