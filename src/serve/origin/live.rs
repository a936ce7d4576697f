//! What is live in a store: the release that the head names, and the objects, read again as seldom as is safe.
//!
//! The head is read for every request, with its tag, so that a deploy is seen at once: an answer from before it could be
//! stored by a cache that has just been purged. Documents are read with their tag too. Body and header fields of a
//! document come from one stored object, never one from the object and the other from the manifest.

use crate::model::{Digest, Head, Headers, Key, Media, Release, Tag, asset_digits, may_be_named};
use crate::serve::bounded::Bounded;
use crate::store::{Store, StoreError, Stored};
use bytes::Bytes;
use std::sync::{Arc, Mutex, PoisonError};

/// An object in memory.
#[derive(Clone, Debug)]
pub(super) struct Held {
    pub(super) bytes: Bytes,
    pub(super) headers: Headers,
    pub(super) digest: Digest,
    tag: Tag,
}

/// Why something cannot be served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Unserved {
    /// It is not there.
    Missing,
    /// Its bytes are not those that its name promises.
    Damaged,
    /// The store does not answer, or what it says cannot be read.
    Store(String),
}

/// The release that is live.
#[derive(Debug)]
pub(super) struct Live {
    tag: Tag,
    id: Digest,
    pub(super) release: Release,
}

/// A store as the origin sees it.
pub(super) struct Shown {
    store: Store,
    live: Mutex<Option<Arc<Live>>>,
    objects: Bounded<Key, Arc<Held>>,
    /// The error page of the last release that was live: when the store fails, it cannot be read any more.
    error_page: Mutex<Option<Arc<Held>>>,
}

impl Shown {
    pub(super) fn new(store: Store, most_bytes: u64) -> Self {
        Self { store, live: Mutex::default(), objects: Bounded::new(most_bytes), error_page: Mutex::default() }
    }

    /// The release that the head names now.
    pub(super) async fn live(&self) -> Result<Arc<Live>, Unserved> {
        let known = self.live.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let read = match &known {
            Some(live) => self.store.get_unless(&Head::key(), &live.tag).await,
            None => self.store.get(&Head::key()).await.map(Some),
        };
        let stored = match (read, known.clone()) {
            (Ok(Some(stored)), _) => stored,
            (Ok(None), Some(live)) => return Ok(live),
            (Ok(None), None) | (Err(StoreError::NotFound), _) => return Err(Unserved::Missing),
            (Err(err), _) => return Err(Unserved::Store(err.to_string())),
        };
        let live = Arc::new(self.read_live(&stored, known.as_deref()).await?);
        *self.live.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&live));
        Ok(live)
    }

    async fn read_live(&self, stored: &Stored, known: Option<&Live>) -> Result<Live, Unserved> {
        let unreadable = |err: crate::diag::Diagnostic| Unserved::Store(err.message);
        let head = Head::from_json(&stored.bytes).map_err(unreadable)?;
        if let Some(same) = known.filter(|it| it.id == head.release) {
            return Ok(Live { tag: stored.tag.clone(), id: same.id, release: same.release.clone() });
        }
        let manifest = self.store.get(&Head::manifest_key(&head.release)).await;
        let manifest = manifest.map_err(|err| Unserved::Store(format!("the manifest cannot be read: {err}")))?;
        let release = Release::from_json(&manifest.bytes).map_err(unreadable)?;
        if release.id() != head.release {
            return Err(Unserved::Store(format!("the manifest of {} is damaged", head.release)));
        }
        if let Some(page) = release.errors.get(&503)
            && let Ok(held) = self.object(page).await
        {
            *self.error_page.lock().unwrap_or_else(PoisonError::into_inner) = Some(held);
        }
        Ok(Live { tag: stored.tag.clone(), id: head.release, release })
    }

    /// The error page, if it was ever read.
    pub(super) fn error_page(&self) -> Option<Arc<Held>> {
        self.error_page.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// An object as it is stored now. An asset's bytes never change: it is read once, and checked against its name.
    pub(super) async fn object(&self, key: &Key) -> Result<Arc<Held>, Unserved> {
        let known = self.objects.get(key);
        let read = match &known {
            Some(held) if asset_digits(key).is_some() => return Ok(Arc::clone(held)),
            Some(held) => self.store.get_unless(key, &held.tag).await,
            None => self.store.get(key).await.map(Some),
        };
        let stored = match (read, known) {
            (Ok(Some(stored)), _) => stored,
            (Ok(None), Some(held)) => return Ok(held),
            (Ok(None), None) | (Err(StoreError::NotFound), _) => {
                self.objects.remove(key);
                return Err(Unserved::Missing);
            }
            (Err(err), _) => return Err(Unserved::Store(err.to_string())),
        };
        let digest = Digest::of(&stored.bytes);
        if asset_digits(key).is_some_and(|digits| !may_be_named(&digest, &stored.bytes, digits)) {
            return Err(Unserved::Damaged);
        }
        let held =
            Arc::new(Held { headers: complete(stored.headers, key), bytes: stored.bytes, digest, tag: stored.tag });
        self.objects.put(key.clone(), Arc::clone(&held), held.bytes.len() as u64 + 1_024);
        Ok(held)
    }
}

/// A file that somebody put into the folder by hand has no header fields: its name says what it is.
fn complete(headers: Headers, key: &Key) -> Headers {
    if headers.get("content-type").is_some() {
        return headers;
    }
    headers.with("content-type", Media::of_extension(&key.extension()).as_str())
}
