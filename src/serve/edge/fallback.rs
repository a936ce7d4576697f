//! The page that shows when the origin is dead and nothing is stored: fetched while the origin lives, kept outside of the
//! store so that no crowd of other pages can push it out.

use super::Inner;
use super::behind::Behind;
use super::purging::Purging;
use super::upstream::{Collected, Purpose, collect};
use crate::cache::{CacheKey, Kept, Timing};
use http::header::{ACCEPT_ENCODING, HeaderValue};
use http::{HeaderMap, Method, StatusCode};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;

/// How long to wait before the page is tried again while the origin does not answer, or has no such page.
const AGAIN_AFTER: [Duration; 2] = [Duration::from_secs(2), Duration::from_secs(30)];

/// The page, if it was ever fetched.
#[derive(Debug, Default)]
pub(super) struct Fallback {
    page: Mutex<Option<Arc<Kept>>>,
    purged: Notify,
}

impl Fallback {
    pub(super) fn page(&self) -> Option<Arc<Kept>> {
        self.page.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Inner {
    /// The page that shows here: behind a shield, the one that the shield holds for all.
    pub(super) fn fallback_page(&self) -> Option<Arc<Kept>> {
        match &self.behind {
            Behind::Origin(_) => self.fallback.page(),
            Behind::Shield { shield, .. } => shield.fallback.page(),
        }
    }

    /// Fetches the page at the start, until it is there, and again after each purge of it. The old one stays until the new one is there: an
    /// outdated error page is better than none.
    pub(super) async fn keep_fallback(self: Arc<Self>) {
        let Some(path) = self.options.fallback.clone() else { return };
        loop {
            let purged = self.fallback.purged.notified();
            match self.fetch_fallback(&path.encoded()).await {
                Ok(()) => purged.await,
                Err(again) => _ = tokio::time::timeout(again, purged).await,
            }
        }
    }

    /// Fetches the page anew if a purge concerns it.
    pub(super) fn refresh_fallback(&self, purging: &Purging) {
        let Some(path) = &self.options.fallback else { return };
        let tags = self.fallback.page().map(|page| page.tags.clone()).unwrap_or_default();
        if purging.concerns(&CacheKey::exact("", &path.encoded()), &tags) {
            self.fallback.purged.notify_one();
        }
    }

    async fn fetch_fallback(&self, target: &str) -> Result<(), Duration> {
        let [soon, later] = AGAIN_AFTER;
        let asked_ms = self.now_ms();
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        let answered =
            self.behind.ask(Purpose::Fallback, Method::GET, target, headers.clone(), None).await.map_err(|_| soon)?;
        let timing = Timing { asked_ms, answered_ms: self.now_ms() };
        let (parts, body) = answered.into_parts();
        if parts.status != StatusCode::OK {
            return Err(if parts.status.is_server_error() { soon } else { later });
        }
        let body = collect(body, self.options.max_object_bytes, self.options.patience.piece).await;
        let Ok(Collected::Whole(body)) = body else { return Err(soon) };
        let mut response = parts.headers;
        response.remove(http::header::VARY);
        let kept = Kept::new(self.options.profile, &headers, parts.status, &response, body, timing).ok_or(later)?;
        *self.fallback.page.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(kept));
        Ok(())
    }
}
