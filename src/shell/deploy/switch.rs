//! Rollback and modes: another release, or another side of the same one, from what is in the store already.
//!
//! In: a [`Basis`] and where to go; out: an [`Outcome`]. Nothing is built and nothing is uploaded: the bodies were kept for
//! this. They are fetched before the head is swapped, so that a copy that is gone changes nothing public. Only the documents
//! that differ are written, and one purge follows. A freeze does not forbid it: this is what an evening on air needs.

use super::{Basis, Outcome, Run, Site, nothing, shows};
use crate::deploy::plan_in;
use crate::diag::{Code, Diagnostic};
use crate::model::{Deed, Digest, Head, Inventory, Key, Mode, Plan, Release, Tag};
use futures::StreamExt as _;

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
    let before = basis.before;
    let (head, tag) = run.mended(basis.head).await?.ok_or_else(|| nothing(&site))?;
    let (id, mode, did) = match to {
        To::Before => (head.previous.ok_or_else(|| no_release_before(&head))?, head.mode, Deed::Rollback),
        To::Release(name) => (super::named(site.store, &head, name).await?, head.mode, Deed::Rollback),
        To::Mode(mode) => (head.release, *mode, Deed::Mode),
    };
    let sweep = head.sweeping(jiff::Timestamp::now()).filter(|sweep| sweep.drops.contains(&id));
    if let Some(sweep) = sweep {
        return Err(super::freeze::sweeping(sweep));
    }
    let release = run.manifest(&id).await?;
    shows(&release, mode)?;
    let (head, tag) = if (id, mode) == (head.release, head.mode) {
        run.confirmed(head, tag, &release.shown(mode)).await?
    } else {
        run.turn(head, tag, &release, mode, did).await?
    };
    let (head, _) = run.repaid(head, tag).await?;
    Ok(run.outcome(head, before))
}

fn no_release_before(head: &Head) -> Diagnostic {
    Diagnostic::new(Code::UnknownRelease, format!("there is no release before {}", head.release.hex16()))
        .hint("`landing releases ENV` lists those that there are")
}

impl Run<'_> {
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
        self.has_assets(&plan, &inventory).await?;
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

    /// That the files of a release are there which the live one does not have.
    async fn has_assets(&self, plan: &Plan, inventory: &Inventory) -> Result<(), Diagnostic> {
        let new = |key: &&Key| inventory.release.as_ref().is_none_or(|live| !live.entries.contains_key(*key));
        let wanted: Vec<&Key> = plan.uploads.iter().map(|step| &step.key).filter(new).collect();
        if wanted.is_empty() {
            return Ok(());
        }
        let store = self.site.store;
        let listed = store.tags("assets").await.map_err(|err| store.complain("assets/", &err))?;
        let listable = |key: &&&Key| key.as_str().rsplit_once('/').is_some_and(|(folder, _)| folder == "assets");
        let gone: Vec<String> = wanted
            .iter()
            .filter(listable)
            .filter(|key| !listed.contains_key(**key))
            .map(|key| format!("`{key}`"))
            .collect();
        if gone.is_empty() {
            return Ok(());
        }
        let message = format!("release {} cannot come back, files of it are gone: {}", plan.release, gone.join(", "));
        Err(Diagnostic::new(Code::BadControl, message).hint("deploy its source again: that uploads what is missing"))
    }
}
