//! `landing gc`, carried out: list, mark, and, when it was asked for, sweep.
//!
//! In: a [`Basis`] and [`Rules`]; out: a [`Swept`] that says what was or would be deleted. A trial writes nothing. Before the
//! first deletion the head is swapped: a deploy that was under way loses its own swap, a new one is refused while the sweep
//! lasts, and a rollback goes to no release that is being dropped. The head is read again before every batch; whoever moved it
//! ends the sweep. A sweep whose process died is over after an hour.

use super::{Basis, Run, Site, Stop, freeze, history, nothing};
use crate::deploy::{self, Held};
use crate::diag::{Code, Diagnostic};
use crate::model::{CONTROL, Digest, Head, Key, Release, Retention, Sweep, Tag};
use crate::shell::{Event, when_noted};
use crate::store::{Listed, Store, StoreError};
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
    /// The same in the mirrors that were looked at: files below `assets/`, since a mirror holds nothing else that grows old.
    pub mirrors: BTreeMap<String, Vec<Held>>,
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
    let done = Box::pin(run.gc(basis.head, rules)).await;
    run.give_back().await;
    done
}

impl Run<'_> {
    async fn gc(&mut self, basis: Option<(Head, Tag)>, rules: Rules) -> Result<Swept, Diagnostic> {
        let run = self;
        let head = basis.ok_or_else(|| nothing(&run.site))?;
        freeze::allows(Some(&head.0), super::Options::default())?;
        let (head, tag) = if rules.delete {
            let head = run.alone(Some(head)).await?;
            run.mended(head).await?.ok_or_else(|| nothing(&run.site))?
        } else {
            head
        };
        let (releases, garbage) = run.marked(&head, rules).await?;
        let mirrors = run.in_mirrors(&head, &releases, rules).await;
        let all = garbage.len() + mirrors.values().map(Vec::len).sum::<usize>();
        if rules.delete && all > rules.max_deletes {
            return Err(too_much(all, rules.max_deletes));
        }
        let deleted = rules.delete && all > 0;
        if deleted {
            run.sweep(head, tag, &garbage, &mirrors).await?;
        }
        Ok(Swept { kept: releases.into_keys().collect(), garbage, mirrors, deleted })
    }

    /// The releases that are kept, and what none of them needs.
    async fn marked(&self, head: &Head, rules: Rules) -> Result<(BTreeMap<Digest, Release>, Vec<Held>), Diagnostic> {
        let now = jiff::Timestamp::now();
        let records = history::log(self.site.store, head).await?;
        let manifests = held(self.site.store, &format!("{CONTROL}/releases")).await?;
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
        all.extend(held(self.site.store, &format!("{CONTROL}/blobs")).await?);
        all.extend(held(self.site.store, "assets").await?);
        let garbage = deploy::garbage(&all, &releases, now - rules.grace);
        Ok((releases, garbage))
    }

    /// What none of them needs in the mirrors that hold what is live: of one that is behind, nobody knows what its pages refer to.
    async fn in_mirrors(
        &self,
        head: &Head,
        releases: &BTreeMap<Digest, Release>,
        rules: Rules,
    ) -> BTreeMap<String, Vec<Held>> {
        let before = jiff::Timestamp::now() - rules.grace;
        let mut found = BTreeMap::new();
        for (name, store) in self.site.mirrors.iter().filter_map(|it| Some((&it.name, it.store.as_ref().ok()?))) {
            let listed = match head.copies.get(name) {
                Some(copy) if *copy == head.shows() => held(store, "assets").await.map_err(|why| why.message),
                _ => Err("it does not hold what is live".to_owned()),
            };
            match listed {
                Ok(listed) => {
                    found.insert(name.clone(), deploy::garbage(&listed, releases, before));
                }
                Err(why) => self.left_out(name, &why),
            }
        }
        found
    }

    fn left_out(&self, mirror: &str, why: &str) {
        (self.site.sink)(Event::Note { text: format!("nothing more is deleted from the mirror `{mirror}`: {why}") });
    }

    async fn sweep(
        &self,
        head: Head,
        tag: Tag,
        garbage: &[Held],
        mirrors: &BTreeMap<String, Vec<Held>>,
    ) -> Result<(), Diagnostic> {
        let drops = garbage.iter().filter_map(|held| Digest::parse(held.key.name())).collect();
        let stamp = self.stamp();
        let sweep = Sweep { by: stamp.by.clone(), at: stamp.at, drops };
        let (head, tag) = self.swap(Some(&tag), deploy::sweep(&head, Some(sweep), stamp)).await.map_err(stopped)?;
        self.phase("delete", garbage.len() + mirrors.values().map(Vec::len).sum::<usize>());
        self.delete_all(&head, self.site.store, garbage)
            .await?
            .map_err(|(key, err)| self.site.store.complain(key.as_str(), &err))?;
        for (mirror, store) in self.site.mirrors.iter().filter_map(|it| Some((it, it.store.as_ref().ok()?))) {
            let garbage = mirrors.get(&mirror.name).map(Vec::as_slice).unwrap_or_default();
            if let Err((key, err)) = self.delete_all(&head, store, garbage).await? {
                self.left_out(&mirror.name, &store.complain(key.as_str(), &err).message);
            }
        }
        self.swap(Some(&tag), deploy::sweep(&head, None, self.stamp())).await.map_err(stopped)?;
        Ok(())
    }

    /// Deletes from one store, while nobody moves the head. What the store refuses ends it there.
    async fn delete_all(
        &self,
        head: &Head,
        store: &Store,
        garbage: &[Held],
    ) -> Result<Result<(), (Key, StoreError)>, Diagnostic> {
        for batch in garbage.chunks(BATCH) {
            self.still(head).await.map_err(stopped)?;
            self.pause("what is left is found by the next `landing gc`")?;
            let deletes = batch.iter().map(|held| async move {
                store.delete(&held.key).await.map_err(|err| (held.key.clone(), err))?;
                self.step("delete", &held.key, held.size);
                Ok(())
            });
            let parallel = self.site.options.parallel.max(1);
            let results: Vec<Result<(), (Key, StoreError)>> =
                futures::stream::iter(deletes).buffer_unordered(parallel).collect().await;
            if let Err(refused) = results.into_iter().collect::<Result<(), _>>() {
                return Ok(Err(refused));
            }
        }
        Ok(Ok(()))
    }
}

async fn held(store: &Store, folder: &str) -> Result<Vec<Held>, Diagnostic> {
    let listed = store.aged(folder).await.map_err(|err| store.complain(folder, &err))?;
    Ok(listed.into_iter().map(|Listed { key, size, modified }| Held { key, size, modified }).collect())
}

fn too_much(all: usize, most: usize) -> Diagnostic {
    let message = format!("{} would be deleted, more than {most}: nothing was", plural(all, "object", "objects"));
    let hint = format!("look at the list without `--delete`, then say `--max-deletes {all}`");
    Diagnostic::new(Code::TooManyDeletes, message).hint(hint)
}

fn stopped(stop: Stop) -> Diagnostic {
    match stop {
        Stop::Failed(why) => why,
        Stop::Moved(theirs) => {
            let message = format!(
                "{} changed what is live at {}: the sweep stopped there",
                theirs.0.by,
                when_noted(&theirs.0.at)
            );
            Diagnostic::new(Code::LostRace, message).hint("run the command again: it looks at everything anew")
        }
    }
}
