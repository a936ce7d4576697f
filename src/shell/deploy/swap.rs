//! Swapping the head, and knowing afterwards whether it worked.
//!
//! A swap whose answer is lost, or that is refused because an earlier attempt of its own got through, looks like a lost race.
//! So a head carries a random nonce, and after every refused or unanswered swap the head is read: whose nonce stands there
//! decides. Nothing is repeated before that is known.

use super::cabinet::{read, remember};
use super::{Run, Stop};
use crate::deploy::chapter;
use crate::model::{Chapter, Head, Headers, Tag};
use crate::store::{Condition, Object, StoreError};

/// How often a swap that demonstrably did not happen is tried again.
const ATTEMPTS: u32 = 4;

/// Before the second attempt; doubled before each further one.
const PAUSE: std::time::Duration = std::time::Duration::from_millis(100);

impl Run<'_> {
    /// Puts `head` in the place of the one that `old` marks (of none, without it). Gives what stands there then, and its mark.
    pub(super) async fn swap(&self, old: Option<&Tag>, head: Head) -> Result<(Head, Tag), Stop> {
        let head = self.shortened(head).await?;
        let tag = self.put(old, &head).await?;
        remember(self.site.store, self.site.state, &head, &tag);
        Ok((head, tag))
    }

    /// A head whose log has grown long hands its oldest records over to an object of their own, which is there before the
    /// head is without them.
    async fn shortened(&self, head: Head) -> Result<Head, Stop> {
        let Some((records, rest)) = chapter(&head) else { return Ok(head) };
        let first = records.first().map_or(0, |record| record.seq);
        let bytes = Chapter { format: Chapter::FORMAT, records }.to_json().into();
        self.create(self.site.store, &Head::log_key(first), &Object { bytes, headers: json() }).await?;
        Ok(rest)
    }

    async fn put(&self, old: Option<&Tag>, head: &Head) -> Result<Tag, Stop> {
        self.holds_lock().await?;
        let store = self.site.store;
        let object = Object { bytes: head.to_json().into(), headers: json() };
        let condition = old.map_or(Condition::Absent, Condition::Matches);
        let (mut why, began) = (StoreError::Conflict, std::time::Instant::now());
        for attempt in 0..ATTEMPTS {
            match store.put(&Head::key(), &object, condition).await {
                Ok(tag) => return Ok(tag),
                Err(err @ (StoreError::Conflict | StoreError::Unanswered(_))) => why = err,
                Err(err) => return Err(store.complain(Head::key().as_str(), &err).into()),
            }
            match self.current().await? {
                Some((current, tag)) if current.nonce == head.nonce => return Ok(tag),
                Some((current, tag)) if Some(&tag) != old => return Err(Stop::Moved(Box::new((current, tag)))),
                None if old.is_some() => {
                    return Err(store.complain(Head::key().as_str(), &StoreError::NotFound).into());
                }
                // What was there before is still there: it did not happen.
                Some(_) | None if began.elapsed() < store.patience() => {
                    tokio::time::sleep(PAUSE * (1 << attempt)).await;
                }
                Some(_) | None => break,
            }
        }
        Err(store.complain(Head::key().as_str(), &why).into())
    }

    /// The head as it stands now.
    pub(super) async fn current(&self) -> Result<Option<(Head, Tag)>, Stop> {
        let (store, key) = (self.site.store, Head::key());
        match store.get(&key).await {
            Ok(stored) => {
                let head = read(store, &stored)?;
                remember(store, self.site.state, &head, &stored.tag);
                Ok(Some((head, stored.tag)))
            }
            Err(StoreError::NotFound) => Ok(None),
            Err(err) => Err(store.complain(key.as_str(), &err).into()),
        }
    }

    /// Goes on only when nobody has swapped the head since `ours`.
    pub(super) async fn still(&self, ours: &Head) -> Result<(), Stop> {
        match self.current().await? {
            Some((head, _)) if head.seq == ours.seq && head.nonce == ours.nonce => Ok(()),
            Some(moved) => Err(Stop::Moved(Box::new(moved))),
            None => Err(self.site.store.complain(Head::key().as_str(), &StoreError::NotFound).into()),
        }
    }
}

/// Control objects are JSON and nobody's page.
pub(super) fn json() -> Headers {
    Headers::new().with("content-type", "application/json").with("cache-control", "no-store")
}
