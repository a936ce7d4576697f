//! The advisory lock of a store that does not look at conditions: one command at a time, by agreement.
//!
//! In: the head that was read first; out: the head as it stands under the lock. A store that honors conditions is left alone: nothing
//! is asked of it when its head says so. Taking the lock is: read it, write ours, wait, read it again; whoever finds another's lost.
//!
//! Whoever writes the lock saw a free one at most [`SETTLES`] before, or gives up. So who reads its own lock back after that time
//! was overtaken by nobody: a writer who saw a free lock saw it before ours stood there, and is done. That holds while the store
//! shows what was written last; it is no fence for a command that is stopped for minutes, which is why the lock is looked at again before
//! every swap of the head, and why it is called advisory.

use super::{Run, Stop, now};
use crate::diag::{Code, Diagnostic};
use crate::model::{Head, Lock, Tag};
use crate::shell::{Event, when};
use crate::store::{Condition, Object, StoreError};
use std::time::{Duration, Instant};

/// How long it takes until everybody sees who holds it.
const SETTLES: Duration = Duration::from_secs(2);

/// How often somebody, or a slow store, may get in the way.
const ATTEMPTS: usize = 4;

impl Run<'_> {
    /// Takes the lock where it is needed, and gives the head as it stands then. Whether it is needed is in the head; a store
    /// that did not look at conditions is tried out again, it may have learned it.
    pub(super) async fn alone(&mut self, head: Option<(Head, Tag)>) -> Result<Option<(Head, Tag)>, Diagnostic> {
        let store = self.site.store;
        let known = head.as_ref().is_some_and(|(head, _)| head.conditions == Some(true));
        if known || !store.is_doubtful() || self.lock.is_some() {
            return Ok(head);
        }
        let honors = store.honors_conditions().await;
        let honors = honors.map_err(|err| store.complain(Lock::key().as_str(), &err))?;
        self.conditions = Some(honors);
        if honors {
            return Ok(head);
        }
        store.go_blind();
        self.lock = Some(self.take().await?);
        let text = format!(
            "the store `{}` does not look at conditions: this command holds an advisory lock there, and nothing else keeps another one out",
            store.name()
        );
        (self.site.sink)(Event::Note { text });
        self.current().await.map_err(ended)
    }

    async fn take(&self) -> Result<Lock, Diagnostic> {
        let nonce = self.stamp().nonce;
        for _ in 0..ATTEMPTS {
            let (began, at) = (Instant::now(), now());
            let found = self.lock_there().await?;
            let ours = |lock: &Lock| lock.nonce == nonce;
            match &found {
                Some((lock, _)) if lock.holds(at) && !ours(lock) => return Err(held(lock)),
                Some((lock, _)) if !lock.released && !ours(lock) => (self.site.sink)(Event::Note { text: left(lock) }),
                _ => {}
            }
            let (by, until) = (self.site.by.to_owned(), at + Lock::TERM);
            let lock = Lock { format: Lock::FORMAT, nonce: nonce.clone(), by, at, until, released: false };
            if !self.put_lock(&lock, found.map(|(_, tag)| tag)).await? || began.elapsed() > SETTLES {
                continue;
            }
            tokio::time::sleep(SETTLES).await;
            match self.lock_there().await? {
                Some((there, _)) if ours(&there) => return Ok(lock),
                Some((theirs, _)) => return Err(held(&theirs)),
                None => {}
            }
        }
        let message = format!("the advisory lock of the store `{}` could not be had", self.site.store.name());
        Err(Diagnostic::new(Code::Locked, message)
            .hint("the store is slow, or others are at work: run the command again"))
    }

    /// That the lock is still ours; one that is half over is renewed.
    pub(super) async fn holds_lock(&self) -> Result<(), Stop> {
        let Some(ours) = &self.lock else { return Ok(()) };
        let (at, found) = (now(), self.lock_there().await?);
        match found {
            Some((there, _)) if there.nonce != ours.nonce => Err(overtaken(&there).into()),
            Some((there, tag)) if at + Lock::TERM / 2 > there.until => {
                let renewed = Lock { until: at + Lock::TERM, ..ours.clone() };
                self.put_lock(&renewed, Some(tag)).await?;
                Ok(())
            }
            Some(_) => Ok(()),
            None => Err(self.site.store.complain(Lock::key().as_str(), &StoreError::NotFound).into()),
        }
    }

    /// Gives the lock back. One that cannot be is over after its time.
    pub(super) async fn give_back(&mut self) {
        let Some(ours) = &self.lock else { return };
        if let Ok(Some((there, tag))) = self.lock_there().await
            && there.nonce == ours.nonce
        {
            let released = Lock { released: true, ..ours.clone() };
            drop(self.put_lock(&released, Some(tag)).await);
        }
    }

    async fn lock_there(&self) -> Result<Option<(Lock, Tag)>, Diagnostic> {
        let (store, key) = (self.site.store, Lock::key());
        match store.get(&key).await {
            Ok(there) => Ok(Some((Lock::from_json(&there.bytes)?, there.tag))),
            Err(StoreError::NotFound) => Ok(None),
            Err(err) => Err(store.complain(key.as_str(), &err)),
        }
    }

    /// Whether it was written. Without an answer it may have been: the next look shows.
    async fn put_lock(&self, lock: &Lock, over: Option<Tag>) -> Result<bool, Diagnostic> {
        let store = self.site.store;
        let object = Object { bytes: lock.to_json().into(), headers: super::swap::json() };
        let condition = over.as_ref().map_or(Condition::Absent, Condition::Matches);
        match store.put(&Lock::key(), &object, condition).await {
            Ok(_) => Ok(true),
            Err(StoreError::Conflict | StoreError::Unanswered(_)) => Ok(false),
            Err(err) => Err(store.complain(Lock::key().as_str(), &err)),
        }
    }
}

fn ended(stop: Stop) -> Diagnostic {
    match stop {
        Stop::Failed(why) => why,
        Stop::Moved(theirs) => super::lost(&theirs.0, None),
    }
}

fn left(lock: &Lock) -> String {
    format!("the lock that {} took at {} was never given back and is over: taking it", lock.by, when(lock.at))
}

fn held(lock: &Lock) -> Diagnostic {
    let message = format!("{} has held the lock of this store since {}", lock.by, when(lock.at));
    let hint = format!(
        "the store does not look at conditions, so one command at a time may write: run yours again when theirs is done; a lock whose \
         command died is over at {}",
        when(lock.until)
    );
    Diagnostic::new(Code::Locked, message).hint(hint)
}

fn overtaken(lock: &Lock) -> Diagnostic {
    let message =
        format!("{} took over the lock of this store at {}: this command was too slow", lock.by, when(lock.at));
    Diagnostic::new(Code::Locked, message).hint("see what is live (`landing releases ENV`) and run the command again")
}
