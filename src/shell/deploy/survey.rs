//! What stands where documents will be written, seen before anything public changes.
//!
//! In: the release that is to come and what is believed to be live; out: which documents have to be written and over what.
//! One listing per folder shows the marks of the documents; where a mark is not the one that the head remembers, the document
//! is read. What nobody knows is foreign: the deploy stops and names it, unless it was told to adopt.

use super::{Run, Stop};
use crate::deploy::{Ruling, rule};
use crate::diag::{Code, Diagnostic};
use crate::model::{Digest, Entry, Head, Inventory, Key, Release, Tag};
use crate::shell::Event;
use crate::store::{Store, StoreError, Stored};
use futures::StreamExt as _;
use std::collections::{BTreeMap, BTreeSet};

/// What is to be written, and what is there already.
#[derive(Debug, Default)]
pub(super) struct Survey {
    /// The documents to write, each with the mark of what it takes the place of.
    pub(super) writes: BTreeMap<Key, Option<Tag>>,
    /// The documents that are as they should be.
    pub(super) keeps: BTreeMap<Key, Tag>,
    /// Those of `writes` that should have been there: somebody changed or deleted them.
    pub(super) damaged: BTreeSet<Key>,
}

impl Survey {
    fn keep(&mut self, key: &Key, tag: Tag) {
        self.keeps.insert(key.clone(), tag);
    }

    fn write(&mut self, key: &Key, over: Option<Tag>) {
        self.writes.insert(key.clone(), over);
    }
}

/// What was found at a key, ruled about.
pub(super) enum Found {
    Kept(Tag),
    Over(Option<Tag>),
    Foreign,
}

impl Run<'_> {
    /// Before a deploy: by the marks, so that the number of requests does not grow with the site.
    /// At most `folders` are listed: whoever is in a hurry trusts what the head remembers of the others.
    pub(super) async fn survey(
        &self,
        release: &Release,
        inventory: &Inventory,
        folders: usize,
    ) -> Result<Survey, Diagnostic> {
        let live = inventory.shown();
        let live = live.as_ref();
        let believed = inventory.head.as_ref().map(|(head, _)| &head.documents);
        let listed = self.listed(release, live, folders).await?;
        let mut survey = Survey::default();
        let mut unsure = Vec::new();
        for (key, entry) in release.documents() {
            let before = live.and_then(|live| live.entries.get(key));
            let changed = before != Some(entry);
            let expected = believed.and_then(|tags| tags.get(key)).filter(|_| live.is_some());
            let seen = listed.get(folder(key)).map(|tags| tags.get(key));
            match (seen, expected) {
                // Nothing of this folder changes, or there was no time to list it.
                (None, Some(tag)) if changed => survey.write(key, Some(tag.clone())),
                (None, Some(tag)) => survey.keep(key, tag.clone()),
                (Some(Some(seen)), Some(tag)) if tag.is_listed_as(seen) && !changed => survey.keep(key, tag.clone()),
                (Some(Some(seen)), Some(tag)) if tag.is_listed_as(seen) => survey.write(key, Some(tag.clone())),
                (Some(None), _) => survey.write(key, None),
                _ => unsure.push((key, entry, before)),
            }
            if !changed && survey.writes.contains_key(key) {
                survey.damaged.insert(key.clone());
            }
        }
        self.look(unsure, &mut survey).await?;
        self.say(&survey);
        Ok(survey)
    }

    /// After an interruption, or when somebody else was at work: every document by its content.
    pub(super) async fn inspect(&self, release: &Release, before: Option<&Release>) -> Result<Survey, Diagnostic> {
        let mut survey = Survey::default();
        let all = release.documents().into_iter();
        let unsure = all.map(|(key, entry)| (key, entry, before.and_then(|before| before.entries.get(key)))).collect();
        self.look(unsure, &mut survey).await?;
        Ok(survey)
    }

    /// The marks in the root and in every folder in which a document changes.
    async fn listed(
        &self,
        release: &Release,
        live: Option<&Release>,
        most: usize,
    ) -> Result<BTreeMap<String, BTreeMap<Key, Tag>>, Diagnostic> {
        let changed = release
            .documents()
            .into_iter()
            .filter(|(key, entry)| live.and_then(|live| live.entries.get(*key)) != Some(*entry));
        let folders: BTreeSet<String> = changed.map(|(key, _)| folder(key).to_owned()).chain([String::new()]).collect();
        let store = self.site.store;
        let listings = folders.into_iter().take(most).map(|folder| async move {
            let tags = store.tags(&folder).await.map_err(|err| store.complain(&format!("{folder}/"), &err))?;
            Ok((folder, tags))
        });
        let listings: Vec<Result<_, Diagnostic>> =
            futures::stream::iter(listings).buffer_unordered(self.site.options.parallel.max(1)).collect().await;
        listings.into_iter().collect()
    }

    /// Reads documents and rules about each. All that are foreign are named at once.
    async fn look(&self, unsure: Vec<(&Key, &Entry, Option<&Entry>)>, survey: &mut Survey) -> Result<(), Diagnostic> {
        let looks = unsure.into_iter().map(|(key, entry, before)| async move {
            let found = self.found(self.site.store, key, entry, before).await;
            (key, before == Some(entry), found)
        });
        let found: Vec<_> = futures::stream::iter(looks).buffered(self.site.options.parallel.max(1)).collect().await;
        let mut foreign = Vec::new();
        for (key, unchanged, found) in found {
            match found? {
                Found::Kept(tag) => survey.keep(key, tag),
                Found::Over(tag) => {
                    survey.write(key, tag);
                    if unchanged {
                        survey.damaged.insert(key.clone());
                    }
                }
                Found::Foreign => foreign.push(key.clone()),
            }
        }
        if foreign.is_empty() { Ok(()) } else { Err(foreign_in(self.site.store, &foreign)) }
    }

    pub(super) async fn found(
        &self,
        store: &Store,
        key: &Key,
        entry: &Entry,
        before: Option<&Entry>,
    ) -> Result<Found, Diagnostic> {
        match store.get(key).await {
            Err(StoreError::NotFound) => Ok(Found::Over(None)),
            Err(err) => Err(store.complain(key.as_str(), &err)),
            Ok(there) => Ok(match self.ruling(entry, before, &there).await? {
                Ruling::Keep => Found::Kept(there.tag),
                Ruling::Write => Found::Over(Some(there.tag)),
                Ruling::Strange => Found::Foreign,
            }),
        }
    }

    /// The ruling, with the store's answer to the last question: was this body ever ours?
    pub(super) async fn ruling(
        &self,
        entry: &Entry,
        before: Option<&Entry>,
        there: &Stored,
    ) -> Result<Ruling, Diagnostic> {
        let body = Digest::of(&there.bytes);
        match rule(entry, before, Some((body, &there.headers))) {
            Ruling::Strange if self.site.options.adopt => Ok(Ruling::Write),
            Ruling::Strange => {
                let (store, blob) = (self.site.store, Head::blob_key(&body));
                match store.head(&blob).await {
                    Ok(_) => Ok(Ruling::Write),
                    Err(StoreError::NotFound) => Ok(Ruling::Strange),
                    Err(err) => Err(store.complain(blob.as_str(), &err)),
                }
            }
            ruling => Ok(ruling),
        }
    }

    fn say(&self, survey: &Survey) {
        for key in &survey.damaged {
            (self.site.sink)(Event::Repairing { key: key.clone() });
        }
    }

    /// Whether what stands at a key now may be written over; only while the head is still `ours`.
    pub(super) async fn again(
        &self,
        ours: &Head,
        (key, entry): (&Key, &Entry),
        before: Option<&Entry>,
    ) -> Result<Result<Tag, Option<Tag>>, Stop> {
        let found = self.found(self.site.store, key, entry, before).await?;
        // Content alone is no fence: after a rollback to the same bytes the condition of a late write holds again.
        self.still(ours).await?;
        match found {
            Found::Kept(tag) => Ok(Ok(tag)),
            Found::Over(tag) => Ok(Err(tag)),
            Found::Foreign => Err(foreign_in(self.site.store, std::slice::from_ref(key)).into()),
        }
    }
}

/// The complaint about documents that are not ours.
pub(super) fn foreign_in(store: &Store, keys: &[Key]) -> Diagnostic {
    let names: Vec<String> = keys.iter().map(|key| format!("`{key}`")).collect();
    let what = crate::text::plural(keys.len(), "document", "documents");
    let store = store.name();
    let message = format!("the store `{store}` holds {what} that this tool did not write: {}", names.join(", "));
    Diagnostic::new(Code::Foreign, message)
        .hint("look at them; `landing deploy ENV --repair --adopt` puts ours in their place")
}

/// The folder of a key: everything before its last slash.
pub(super) fn folder(key: &Key) -> &str {
    key.as_str().rsplit_once('/').map_or("", |(folder, _)| folder)
}
