//! Writing the documents of a committed release, and making sure of them.
//!
//! In: a [`Task`], which is a head that says `committing` and what has to be written; out: the settled head. Error pages go
//! first, other pages next, the entry page last; each write is conditional on what was surveyed, and each document is read
//! back. After the last write the head is read again: a deployer that stalled and was overtaken finds out here.

use super::survey::Survey;
use super::{Run, Stop};
use crate::deploy::repair;
use crate::diag::{Code, Diagnostic};
use crate::model::{Class, Deed, Digest, Entry, Head, Key, Release, State, Tag, urls_of};
use crate::shell::Event;
use crate::store::{Condition, Object, Store, StoreError};
use crate::text::plural;
use bytes::Bytes;
use futures::StreamExt as _;
use std::collections::{BTreeMap, BTreeSet};

/// A committed release and what it still lacks.
pub(super) struct Task {
    pub(super) head: Head,
    pub(super) tag: Tag,
    pub(super) release: Release,
    /// The release before: its documents may be written over.
    pub(super) before: Option<Release>,
    /// The mirrors that hold the release before, whole; what the others hold is not known.
    pub(super) known: BTreeSet<String>,
    pub(super) survey: Survey,
}

impl Task {
    /// Nothing to write and nothing to pay.
    pub(super) fn is_done(&self) -> bool {
        self.head.is_settled() && self.survey.writes.is_empty()
    }

    pub(super) fn before(&self, key: &Key) -> Option<&Entry> {
        self.before.as_ref()?.entries.get(key)
    }
}

/// How often one document may be in dispute.
pub(super) const ATTEMPTS: usize = 6;

impl Run<'_> {
    /// What the head that stands there now asks for. A settled head with documents that are not as it says is opened again,
    /// so that the purge of what is repaired is owed before it is repaired.
    pub(super) async fn task(&mut self, (head, tag): (Head, Tag)) -> Result<Task, Stop> {
        let release = self.manifest(&head.release).await?.shown(head.mode);
        let before = match head.previous {
            Some(previous) => self.manifest(&previous).await.ok(),
            None => None,
        };
        let survey = self.inspect(&release, before.as_ref()).await?;
        let mut task = Task { head, tag, release, before, known: BTreeSet::new(), survey };
        if task.head.state == State::Live && !task.survey.writes.is_empty() {
            for key in task.survey.writes.keys() {
                (self.site.sink)(Event::Repairing { key: key.clone() });
            }
            let urls = task.survey.writes.keys().flat_map(urls_of).collect();
            let next = repair(&task.head, urls, Deed::Repair, self.stamp());
            (task.head, task.tag) = self.swap(Some(&task.tag), next).await?;
        }
        Ok(task)
    }

    /// What the next command will do with a task that is left here. Without a CDN there is nothing to purge.
    pub(super) fn goes_on(&self, task: &Task) -> String {
        let pages = plural(task.survey.writes.len(), "document", "documents");
        let urls = plural(task.head.owed.urls.len(), "URL", "URLs");
        let then = if self.site.purgers.is_empty() { "looks at" } else { "purges" };
        format!(
            "release {} is committed: the next command makes sure of its {pages} and {then} {urls}",
            task.head.release
        )
    }

    /// Writes, makes sure, settles.
    pub(super) async fn publish(&mut self, mut task: Task) -> Result<(Head, Tag), Stop> {
        self.phase("write", task.survey.writes.len());
        let wrote = !task.survey.writes.is_empty();
        for wave in waves(&task.release, &task.survey.writes) {
            self.pause(&self.goes_on(&task))?;
            let writes = wave.iter().map(|(key, expected)| self.document(&task, key, expected.clone()));
            // All of a wave are waited for, whatever becomes of one: an abandoned request could still write later.
            let results: Vec<Result<(Key, Tag), Stop>> =
                futures::stream::iter(writes).buffered(self.site.options.parallel.max(1)).collect().await;
            let mut stopped = None;
            for result in results {
                match result {
                    Ok((key, tag)) => {
                        self.tally.documents.push(key.clone());
                        task.survey.keeps.insert(key, tag);
                    }
                    Err(stop) => stopped = stopped.or(Some(stop)),
                }
            }
            if let Some(stop) = stopped {
                return Err(stop);
            }
        }
        if wrote {
            self.still(&task.head).await?;
        }
        self.pause(&self.goes_on(&task))?;
        let copies = self.mirror(&task).await;
        self.settle(task, copies).await
    }

    /// Writes one document and reads it back; gives the mark of what stands there then.
    async fn document(&self, task: &Task, key: &Key, mut expected: Option<Tag>) -> Result<(Key, Tag), Stop> {
        let store = self.site.store;
        let entry = &task.release.entries[key];
        let object = Object { bytes: self.body(key, &entry.sha256).await?, headers: entry.headers.clone() };
        let (mut why, began) = (StoreError::Conflict, std::time::Instant::now());
        for attempt in 0..ATTEMPTS {
            let condition = expected.as_ref().map_or(Condition::Absent, Condition::Matches);
            match store.put(key, &object, condition).await {
                Ok(_) => match self.found_again(store, key, &object).await? {
                    Some(tag) => {
                        self.step("write", key, entry.size);
                        return Ok((key.clone(), tag));
                    }
                    None => why = StoreError::Conflict,
                },
                Err(err @ (StoreError::Conflict | StoreError::Unanswered(_))) if began.elapsed() < store.patience() => {
                    if matches!(err, StoreError::Unanswered(_)) {
                        tokio::time::sleep(std::time::Duration::from_millis(100 << attempt)).await;
                    }
                    why = err;
                }
                Err(err) => return Err(store.complain(key.as_str(), &err).hint(self.goes_on(task)).into()),
            }
            match self.again(&task.head, (key, entry), task.before(key)).await? {
                Ok(tag) => return Ok((key.clone(), tag)),
                Err(tag) => expected = tag,
            }
        }
        Err(store.complain(key.as_str(), &why).into())
    }

    /// The mark of a document that was just written, if it is what stands there.
    pub(super) async fn found_again(
        &self,
        store: &Store,
        key: &Key,
        object: &Object,
    ) -> Result<Option<Tag>, Diagnostic> {
        match store.get(key).await {
            Ok(there) if there.bytes == object.bytes && there.headers == object.headers => Ok(Some(there.tag)),
            Ok(there) if there.bytes == object.bytes => {
                let lost: Vec<&str> = object
                    .headers
                    .iter()
                    .map(|(name, _)| name)
                    .filter(|name| there.headers.get(name) != object.headers.get(name))
                    .collect();
                let message =
                    format!("the store `{}` does not keep header fields of `{key}`: {}", store.name(), lost.join(", "));
                Err(Diagnostic::new(Code::StoreRefused, message).hint("use a store that keeps metadata"))
            }
            Ok(_) | Err(StoreError::NotFound) => Ok(None),
            Err(err) => Err(store.complain(key.as_str(), &err)),
        }
    }

    /// The bytes of a document: just built, or the blob that was kept for this.
    pub(super) async fn body(&self, key: &Key, sha256: &Digest) -> Result<Bytes, Diagnostic> {
        if let Some(bytes) = self.in_hand(key, sha256) {
            return Ok(bytes);
        }
        let (store, blob) = (self.site.store, Head::blob_key(sha256));
        let bad = |what: &str| {
            let message = format!("the copy of `{key}` in the store `{}`, `{blob}`, {what}", store.name());
            Diagnostic::new(Code::BadControl, message)
                .hint("build the same source again and deploy it: that repairs the copy")
        };
        match store.get(&blob).await {
            Ok(there) if Digest::of(&there.bytes) == *sha256 => Ok(there.bytes),
            Ok(_) => Err(bad("is damaged")),
            Err(StoreError::NotFound) => Err(bad("is not there")),
            Err(err) => Err(store.complain(blob.as_str(), &err)),
        }
    }
}

/// Error pages, other pages, the entry page: a wave begins when the one before it stands.
pub(super) fn waves(release: &Release, writes: &BTreeMap<Key, Option<Tag>>) -> Vec<Vec<(Key, Option<Tag>)>> {
    let mut waves = vec![Vec::new(), Vec::new(), Vec::new()];
    for (key, entry) in release.documents() {
        if let Some(expected) = writes.get(key) {
            let wave = match entry.class {
                Class::Error => 0,
                _ if key.as_str() == "index.html" => 2,
                _ => 1,
            };
            waves[wave].push((key.clone(), expected.clone()));
        }
    }
    waves.retain(|wave| !wave.is_empty());
    waves
}
