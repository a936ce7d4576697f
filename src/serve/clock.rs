//! The time as the servers see it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Milliseconds since 1970 that never run backwards: read once from the system, then carried on by its monotonic clock,
/// because an age must not jump when somebody sets the time.
#[derive(Clone, Debug)]
pub struct Clock {
    began_ms: u64,
    began: Instant,
    ahead_ms: Arc<AtomicU64>,
}

impl Clock {
    /// The time of this machine.
    pub fn system() -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let began_ms = u64::try_from(since.as_millis()).unwrap_or(u64::MAX);
        Self { began_ms, began: Instant::now(), ahead_ms: Arc::default() }
    }

    /// Now.
    pub fn now_ms(&self) -> u64 {
        let passed = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.began_ms.saturating_add(passed).saturating_add(self.ahead_ms.load(Ordering::SeqCst))
    }

    /// Lets time pass at once, for drills: what is stored grows older. Clones move along; time-outs do not.
    pub fn advance(&self, by: Duration) {
        self.ahead_ms.fetch_add(u64::try_from(by.as_millis()).unwrap_or(u64::MAX), Ordering::SeqCst);
    }
}
