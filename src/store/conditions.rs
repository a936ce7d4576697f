//! Stores that do not look at conditions: how it is found out, and how they are used all the same.
//!
//! In: a [`Store`] that nobody vouches for; out: whether it honors `If-None-Match: *` and `If-Match`. One that does not is asked what
//! stands there before each write instead. That keeps out who came earlier, not who comes at the same instant: the deploy holds
//! an advisory lock there (`shell/deploy/lock.rs`), and says so.

use super::{Condition, Object, Store, StoreError, Verb};
use crate::model::{CONTROL, Headers, Key, Tag};
use bytes::Bytes;
use object_store::PutMode;
use std::sync::atomic::Ordering;

impl Store {
    /// Whether it has to be tried out: an S3-compatible service at an address of its own. The vendors document conditions for their own
    /// (Amazon S3, "Conditional writes"; Google Cloud Storage, "Request preconditions"; Azure, "Specifying conditional headers").
    pub fn is_doubtful(&self) -> bool {
        self.doubtful
    }

    /// The same store, which has to be tried out.
    #[must_use]
    pub fn doubted(mut self) -> Self {
        self.doubtful = true;
        self
    }

    /// From now on this store and its clones look before they write: it does not look at conditions itself.
    pub fn go_blind(&self) {
        self.blind.store(true, Ordering::SeqCst);
    }

    /// Whether it honors conditions, tried out with one small control object: two requests, or three where that is new.
    ///
    /// # Errors
    /// When the store refuses to write at all, or does not answer.
    pub async fn honors_conditions(&self) -> Result<bool, StoreError> {
        let key = probe();
        let honored = |written: Result<Tag, StoreError>| match written {
            Err(StoreError::Conflict) => Ok(true),
            Ok(_) => Ok(false),
            Err(err) if err.is_unimplemented() => Ok(false),
            Err(err) => Err(err),
        };
        let created = match self.put(&key, &nothing(), Condition::Absent).await {
            Ok(_) => honored(self.put(&key, &nothing(), Condition::Absent).await)?,
            first => honored(first)?,
        };
        let nobody = Tag("\"00000000000000000000000000000000\"".to_owned());
        Ok(created && honored(self.put(&key, &nothing(), Condition::Matches(&nobody)).await)?)
    }

    /// Looks, then writes.
    pub(super) async fn put_blindly(
        &self,
        key: &Key,
        object: &Object,
        condition: Condition<'_>,
    ) -> Result<Tag, StoreError> {
        let holds = match (self.head(key).await, condition) {
            (Ok(there), Condition::Matches(tag)) => there.tag == *tag,
            (Err(StoreError::NotFound), condition) => condition == Condition::Absent,
            (Ok(_), Condition::Absent) => false,
            (Err(err), _) => return Err(err),
        };
        if !holds {
            return Err(StoreError::Conflict);
        }
        self.request(Verb::Put, key.as_str(), self.written(key, object, PutMode::Overwrite)).await
    }
}

/// What is written to try a store out; the doctor writes it as well.
fn probe() -> Key {
    Key::parse(&format!("{CONTROL}/probe")).expect("a constant path")
}

fn nothing() -> Object {
    let headers = Headers::new().with("content-type", "text/plain; charset=utf-8").with("cache-control", "no-store");
    Object { bytes: Bytes::from_static(b"does this store look at conditions?\n"), headers }
}
