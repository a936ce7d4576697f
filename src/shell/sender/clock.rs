//! Time for the sender: that of the machine, or a test's own.

use std::time::{Duration, Instant};

/// Tells the time and lets it pass.
#[async_trait::async_trait]
pub trait Clock: Send + Sync {
    /// The time of day, for signatures.
    fn now(&self) -> jiff::Timestamp;

    /// How long it has been running: never goes back.
    fn elapsed(&self) -> Duration;

    /// Waits.
    async fn sleep(&self, time: Duration);
}

/// The machine's own.
pub struct System(Instant);

impl Default for System {
    fn default() -> Self {
        Self(Instant::now())
    }
}

#[async_trait::async_trait]
impl Clock for System {
    fn now(&self) -> jiff::Timestamp {
        jiff::Timestamp::now()
    }

    fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }

    async fn sleep(&self, time: Duration) {
        if !time.is_zero() {
            tokio::time::sleep(time).await;
        }
    }
}
