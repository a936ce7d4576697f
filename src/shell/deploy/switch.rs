//! Rollback and modes: another release, or another side of the same one, from what is in the store already.
//!
//! In: a [`Basis`] and where to go; out: an [`Outcome`]. Nothing is built and nothing is uploaded: the bodies were kept for
//! this. They are fetched before the head is swapped, so that a copy that is gone changes nothing public. Only the documents
//! that differ are written, and one purge follows. A freeze does not forbid it: this is what an evening on air needs.

use super::survey::folder;
use super::{Basis, Outcome, Run, Site, nothing, shows};
use crate::deploy::plan_in;
use crate::diag::{Code, Diagnostic};
use crate::model::{Class, Deed, Digest, Head, Inventory, Key, Mode, Release, Tag};
use futures::StreamExt as _;
use std::collections::BTreeSet;

/// Where to go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum To {
    /// The release before the one that is live.
    Before,
    /// A release by the beginning of its id.
    Release(String),
    /// The same release in a mode.
    Mode(Mode),
}

/// The root and two more: with the swaps, the head and the assets that is eight requests, and three for each document.
const FOLDERS: usize = 3;

/// Brings what is in the store live.
///
/// # Errors
/// When it is not whole, when somebody else was first, and as [`super::run`].
pub async fn switch(site: Site<'_>, basis: Basis, to: &To) -> Result<Outcome, Diagnostic> {
    let mut run = Run::new(site, None);
    let done = Box::pin(run.switch(basis.head, to)).await;
    run.ended(done, basis.before).await
}

fn no_release_before(head: &Head) -> Diagnostic {
    Diagnostic::new(Code::UnknownRelease, format!("there is no release before {}", head.release.hex16()))
        .hint("`landing releases ENV` lists those that there are")
}

impl Run<'_> {
    async fn switch(&mut self, basis: Option<(Head, Tag)>, to: &To) -> Result<Head, Diagnostic> {
        let head = self.alone(basis).await?;
        let (head, tag) = self.mended(head).await?.ok_or_else(|| nothing(&self.site))?;
        let (id, mode, did) = match to {
            To::Before => (head.previous.ok_or_else(|| no_release_before(&head))?, head.mode, Deed::Rollback),
            To::Release(name) => (super::named(self.site.store, &head, name).await?, head.mode, Deed::Rollback),
            To::Mode(mode) => (head.release, *mode, Deed::Mode),
        };
        let sweep = head.sweeping(jiff::Timestamp::now()).filter(|sweep| sweep.drops.contains(&id));
        if let Some(sweep) = sweep {
            return Err(super::freeze::sweeping(sweep));
        }
        let release = self.manifest(&id).await?;
        shows(&release, mode)?;
        let (head, tag) = if (id, mode) == (head.release, head.mode) {
            self.confirmed(head, tag, &release.shown(mode)).await?
        } else {
            self.turn(head, tag, &release, mode, did).await?
        };
        Ok(self.repaid(head, tag).await?.0)
    }

    async fn turn(
        &mut self,
        head: Head,
        tag: Tag,
        release: &Release,
        mode: Mode,
        did: Deed,
    ) -> Result<(Head, Tag), Diagnostic> {
        let inventory = self.inventory(Some((head, tag))).await?;
        let mut plan = plan_in(release, mode, &inventory);
        let wanted = release.shown(mode);
        let survey = self.survey(&wanted, &inventory, FOLDERS).await?;
        plan.purge.urls.extend(survey.damaged.iter().flat_map(crate::model::urls_of));
        // A mode that is shown in an emergency is not held up by what is wrong on a page that stays as it is.
        let shown = |key: &Key| did == Deed::Rollback || survey.writes.contains_key(key);
        self.has_assets(release.id(), needed(&wanted, shown), &inventory).await?;
        let writes: Vec<(Key, Digest)> =
            survey.writes.keys().map(|key| (key.clone(), wanted.entries[key].sha256)).collect();
        self.fetch(&writes).await?;
        self.pause("nothing public has changed")?;
        self.carry_out(&inventory, &plan, did, wanted, survey).await
    }

    /// The bodies, before anything changes.
    async fn fetch(&mut self, writes: &[(Key, Digest)]) -> Result<(), Diagnostic> {
        let this = &*self;
        this.phase("fetch", writes.len());
        let bodies = writes.iter().map(|(key, sha256)| async move {
            let body = this.body(key, sha256).await?;
            this.step("fetch", key, body.len() as u64);
            Ok((*sha256, body))
        });
        let parallel = this.site.options.parallel.max(1);
        let bodies: Vec<Result<_, Diagnostic>> =
            futures::stream::iter(bodies).buffer_unordered(parallel).collect().await;
        self.fetched = bodies.into_iter().collect::<Result<_, _>>()?;
        Ok(())
    }

    /// That all files are there which the documents need, by one listing (a request for each 1,000 names): those that the live
    /// release needs as well may have been deleted by somebody.
    async fn has_assets(&self, id: Digest, needed: BTreeSet<&Key>, inventory: &Inventory) -> Result<(), Diagnostic> {
        if needed.is_empty() {
            return Ok(());
        }
        let there = self.there(&needed).await?;
        let gone: Vec<&Key> = needed.into_iter().filter(|key| !there.contains(*key)).collect();
        if gone.is_empty() { Ok(()) } else { Err(not_whole(&id, &gone, inventory)) }
    }

    /// What stands where those files should: in the one folder that holds all of them, else in all folders below the one they share.
    async fn there(&self, needed: &BTreeSet<&Key>) -> Result<BTreeSet<Key>, Diagnostic> {
        let (store, shared) = (self.site.store, shared_folder(needed));
        let listed = if needed.iter().all(|key| folder(key) == shared) {
            store.tags(shared).await.map(|tags| tags.into_keys().collect())
        } else {
            store.list(shared).await.map(|keys| keys.into_iter().collect())
        };
        listed.map_err(|err| store.complain(&format!("{shared}/"), &err))
    }
}

/// The assets that those documents of a release refer to, and what those refer to.
fn needed(release: &Release, shown: impl Fn(&Key) -> bool) -> BTreeSet<&Key> {
    let documents = release.documents().into_iter().filter(|(key, _)| shown(key));
    let mut open: Vec<&Key> = documents.flat_map(|(_, entry)| &entry.refs).collect();
    let mut needed = BTreeSet::new();
    while let Some(key) = open.pop() {
        let asset = release.entries.get(key).filter(|entry| entry.class == Class::Asset);
        if let Some(entry) = asset.filter(|_| needed.insert(key)) {
            open.extend(&entry.refs);
        }
    }
    needed
}

/// The first folder of all keys; the root when they are in several.
fn shared_folder<'k>(keys: &BTreeSet<&'k Key>) -> &'k str {
    let mut firsts = keys.iter().map(|key| key.as_str().split_once('/').map_or("", |(first, _)| first));
    let first = firsts.next().unwrap_or_default();
    if firsts.all(|it| it == first) { first } else { "" }
}

fn not_whole(id: &Digest, gone: &[&Key], inventory: &Inventory) -> Diagnostic {
    let live = |key: &&&Key| inventory.release.as_ref().is_some_and(|live| live.entries.contains_key(**key));
    let names: Vec<String> = gone.iter().map(|key| format!("`{key}`")).collect();
    let message = format!("release {id} cannot come back, files of it are gone: {}", names.join(", "));
    let hint = match gone.iter().filter(live).count() {
        0 => "deploy its source again: that uploads what is missing",
        all if all == gone.len() => "`landing deploy --repair` puts them back: the live release needs them as well",
        _ => {
            "`landing deploy --repair` puts back what the live release needs as well; deploying its source again, the rest"
        }
    };
    Diagnostic::new(Code::BadControl, message).hint(hint)
}
