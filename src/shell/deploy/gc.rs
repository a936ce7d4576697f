//! `landing gc`, carried out: list, mark, and, when it was asked for, sweep.
//!
//! In: a [`Basis`] and [`Rules`]; out: a [`Swept`] that says what was or would be deleted. A trial writes nothing. Before the
//! first deletion the head is swapped: a deploy that was under way loses its own swap, a new one is refused while the sweep
//! lasts, and a rollback goes to no release that is being dropped. The head is read again before every batch; whoever moved it
//! ends the sweep. A sweep whose process died is over after an hour.

use super::{Basis, Run, Site, Stop, freeze, history, nothing};
use crate::deploy::{self, Held};
use crate::diag::{Code, Diagnostic};
use crate::model::{CONTROL, Digest, Head, Release, Retention, Sweep, Tag};
use crate::store::Listed;
use crate::text::plural;
use futures::StreamExt as _;
use std::collections::{BTreeMap, BTreeSet};

/// What is kept, and how much may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// Which releases are kept.
    pub retention: Retention,
    /// Nothing younger is deleted, whoever names it: another machine may be uploading.
    pub grace: jiff::SignedDuration,
    /// More than this, and nothing is deleted.
    pub max_deletes: usize,
    /// Delete; otherwise only say what would be.
    pub delete: bool,
}

/// What a sweep found and did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Swept {
    /// The releases that are kept.
    pub kept: BTreeSet<Digest>,
    /// What nobody needs.
    pub garbage: Vec<Held>,
    /// Whether it was deleted.
    pub deleted: bool,
}

/// How many deletions may be under way when somebody moves the head.
const BATCH: usize = 32;

/// Finds what nobody needs, and deletes it when the rules say so.
///
/// # Errors
/// When the environment is frozen, a kept release cannot be read, too much would go, or somebody moved the head.
pub async fn gc(site: Site<'_>, basis: Basis, rules: Rules) -> Result<Swept, Diagnostic> {
    let mut run = Run::new(site, None);
    let head = basis.head.ok_or_else(|| nothing(&site))?;
    freeze::allows(Some(&head.0), super::Options::default())?;
    let (head, tag) = if rules.delete { run.mended(Some(head)).await?.ok_or_else(|| nothing(&site))? } else { head };
    let (kept, garbage) = run.marked(&head, rules).await?;
    if rules.delete && garbage.len() > rules.max_deletes {
        let message = format!(
            "{} would be deleted, more than {}: nothing was",
            plural(garbage.len(), "object", "objects"),
            rules.max_deletes
        );
        let hint = format!("look at the list without `--delete`, then say `--max-deletes {}`", garbage.len());
        return Err(Diagnostic::new(Code::TooManyDeletes, message).hint(hint));
    }
    let deleted = rules.delete && !garbage.is_empty();
    if deleted {
        run.sweep(head, tag, &garbage).await?;
    }
    Ok(Swept { kept, garbage, deleted })
}

impl Run<'_> {
    async fn marked(&self, head: &Head, rules: Rules) -> Result<(BTreeSet<Digest>, Vec<Held>), Diagnostic> {
        let now = jiff::Timestamp::now();
        let records = history::log(self.site.store, head).await?;
        let manifests = self.held(&format!("{CONTROL}/releases")).await?;
        let kept = deploy::kept(&records, head, &manifests, rules.retention, now);
        let there: BTreeSet<Digest> = manifests.iter().filter_map(|held| Digest::parse(held.key.name())).collect();
        let mut releases: BTreeMap<Digest, Release> = BTreeMap::new();
        // One that an earlier sweep dropped is gone; one that is there and cannot be read stops this one.
        for id in kept.intersection(&there) {
            releases.insert(*id, self.manifest(id).await?);
        }
        if !releases.contains_key(&head.release) {
            self.manifest(&head.release).await?;
            return Err(Diagnostic::new(Code::BadControl, "the manifest of the live release is not in the store")
                .hint("deploy its source again: that puts it back"));
        }
        let mut all = manifests;
        all.extend(self.held(&format!("{CONTROL}/blobs")).await?);
        all.extend(self.held("assets").await?);
        let garbage = deploy::garbage(&all, &releases, now - rules.grace);
        Ok((releases.into_keys().collect(), garbage))
    }

    async fn held(&self, folder: &str) -> Result<Vec<Held>, Diagnostic> {
        let store = self.site.store;
        let listed = store.aged(folder).await.map_err(|err| store.complain(folder, &err))?;
        Ok(listed.into_iter().map(|Listed { key, size, modified }| Held { key, size, modified }).collect())
    }

    async fn sweep(&self, head: Head, tag: Tag, garbage: &[Held]) -> Result<(), Diagnostic> {
        let drops = garbage.iter().filter_map(|held| Digest::parse(held.key.name())).collect();
        let stamp = self.stamp();
        let sweep = Sweep { by: stamp.by.clone(), at: stamp.at, drops };
        let (head, tag) = self.swap(Some(&tag), deploy::sweep(&head, Some(sweep), stamp)).await.map_err(stopped)?;
        self.phase("delete", garbage.len());
        for batch in garbage.chunks(BATCH) {
            self.still(&head).await.map_err(stopped)?;
            self.pause("what is left is found by the next `landing gc`")?;
            let deletes = batch.iter().map(|held| self.delete(held));
            let parallel = self.site.options.parallel.max(1);
            let results: Vec<Result<(), Diagnostic>> =
                futures::stream::iter(deletes).buffer_unordered(parallel).collect().await;
            results.into_iter().collect::<Result<(), _>>()?;
        }
        self.swap(Some(&tag), deploy::sweep(&head, None, self.stamp())).await.map_err(stopped)?;
        Ok(())
    }

    async fn delete(&self, held: &Held) -> Result<(), Diagnostic> {
        let store = self.site.store;
        store.delete(&held.key).await.map_err(|err| store.complain(held.key.as_str(), &err))?;
        self.step("delete", &held.key, held.size);
        Ok(())
    }
}

fn stopped(stop: Stop) -> Diagnostic {
    match stop {
        Stop::Failed(why) => why,
        Stop::Moved(theirs) => {
            let message = format!("{} changed what is live at {}: the sweep stopped there", theirs.0.by, theirs.0.at);
            Diagnostic::new(Code::LostRace, message).hint("run the command again: it looks at everything anew")
        }
    }
}
