//! Token buckets: how long to wait so that a provider's rate is never exceeded.
//!
//! One for each provider and selector. Tokens are taken in advance: whoever comes later waits behind.

use super::Purger;
use crate::cdn::{Call, Rate, Selector};
use std::collections::BTreeMap;
use std::time::Duration;

/// All buckets of a sender.
#[derive(Default)]
pub(super) struct Buckets(BTreeMap<(&'static str, Selector), Bucket>);

struct Bucket {
    /// Below zero: so many are owed to those who wait.
    tokens: f64,
    at: Duration,
}

impl Buckets {
    /// Takes what a call costs, and says how long to wait first.
    pub(super) fn take(&mut self, purger: &Purger, call: &Call, now: Duration) -> Duration {
        let of_kind = |selector| call.of_kind(selector).len();
        let takes = purger.cdn.takes(&purger.account);
        let waits = takes.iter().filter(|it| of_kind(it.selector) > 0).map(|takes| {
            let full = Bucket { tokens: f64::from(takes.rate.burst), at: now };
            let bucket = self.0.entry((purger.cdn.id(), takes.selector)).or_insert(full);
            bucket.take(&takes.rate, takes.rate.price(of_kind(takes.selector)), now)
        });
        waits.max().unwrap_or_default()
    }
}

impl Bucket {
    fn take(&mut self, rate: &Rate, price: u32, now: Duration) -> Duration {
        let per_second = f64::from(rate.refill) / rate.every.as_secs_f64();
        let back = now.saturating_sub(self.at).as_secs_f64() * per_second;
        self.tokens = (self.tokens + back).min(f64::from(rate.burst)) - f64::from(price);
        self.at = now;
        if self.tokens >= 0.0 { Duration::ZERO } else { Duration::from_secs_f64(-self.tokens / per_second) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_is_free_and_what_follows_waits_for_its_turn() {
        let rate = Rate::requests(2, 1, 10);
        let mut bucket = Bucket { tokens: 2.0, at: Duration::ZERO };
        let mut at = |seconds| bucket.take(&rate, 1, Duration::from_secs(seconds)).as_secs();
        assert_eq!([at(0), at(0), at(0), at(0)], [0, 0, 10, 20]);
        // After half a minute three have come back, two of which were owed.
        assert_eq!([at(30), at(30)], [0, 10]);
    }
}
