//! `Bound`: what so many hits in a row prove about those that nobody has seen yet.
//!
//! In: how often the edge answered alone, and how many people are expected. Out: how often the origin may still be asked, at 95 %
//! confidence. It refuses to take "no miss was seen" for "there is none".

use super::Event;
use serde::Serialize;

/// What a run of hits proves.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Bound {
    /// Requests in a row that the edge answered without the origin.
    pub hits: u32,
    /// At most this share of requests misses, with 95 % confidence.
    pub miss_rate: f64,
    /// Visits a second at the peak, when it is known how many people are expected.
    pub peak: Option<f64>,
    /// So many of them may ask the origin, a second.
    pub origin: Option<f64>,
    /// So many more hits in a row would prove that at most [`Bound::TARGET`] do.
    pub more: Option<u32>,
}

/// The rule of three: after n trials without an event its rate is at most 3/n, with 95 % confidence (Hanley and Lippman-Hand, JAMA 249, 1983).
const THREE: f64 = 3.0;

/// Half an hour, in which most of those come who come at all.
const WINDOW: f64 = 1_800.0;

/// The peak beside the mean of that half-hour after two minutes on air: reactions as an Erlang distribution of two stages of 33 s.
const PEAK: f64 = 11.1;

impl Bound {
    /// Requests a second that the smallest server answers without noticing.
    pub const TARGET: f64 = 10.0;

    /// What these hits prove; nothing where there were none.
    pub fn of(hits: u32, event: &Event) -> Option<Self> {
        if hits == 0 {
            return None;
        }
        let miss_rate = (THREE / f64::from(hits)).min(1.0);
        #[expect(clippy::cast_precision_loss, reason = "fewer people than 2^52")]
        let peak = event.visitors.map(|visitors| visitors as f64 / WINDOW * PEAK);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "never negative, and a cast saturates"
        )]
        let more = peak.map(|peak| ((THREE * peak / Self::TARGET).ceil() as u32).saturating_sub(hits));
        Some(Self { hits, miss_rate, peak, origin: peak.map(|peak| peak * miss_rate), more })
    }

    /// The same in a sentence.
    pub fn words(&self) -> String {
        let rate =
            format!("{} hits in a row: at most {:.1} % of requests miss, at 95 %", self.hits, self.miss_rate * 100.0);
        let (Some(peak), Some(origin), Some(more)) = (self.peak, self.origin, self.more) else { return rate };
        let each = "one page request a visit, 11.1 times the mean of half an hour";
        let rest = match more {
            0 => format!("no more than {} a second", Self::TARGET),
            _ => format!("{} more would prove {} a second", crate::text::thousands(u64::from(more)), Self::TARGET),
        };
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "never negative, and a cast saturates"
        )]
        let [peak, origin] = [peak, origin].map(|it| crate::text::thousands(it.round() as u64));
        format!("{rate}; of {peak} visits a second at the peak ({each}) {origin} may ask the origin; {rest}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(visitors: Option<u64>) -> Event {
        Event { starts: None, ends: None, visitors }
    }

    #[test]
    fn no_miss_seen_is_no_proof_that_there_is_none() {
        let bound = Bound::of(60, &event(Some(3_000_000))).unwrap();
        assert!((bound.miss_rate - 0.05).abs() < 1e-9);
        assert!((bound.origin.unwrap() - 925.0).abs() < 0.1, "{bound:?}");
        assert_eq!(bound.more, Some(5_490));
        assert_eq!(
            bound.words(),
            "60 hits in a row: at most 5.0 % of requests miss, at 95 %; of 18,500 visits a second at the peak (one page request a visit, \
             11.1 times the mean of half an hour) 925 may ask the origin; 5,490 more would prove 10 a second"
        );
    }

    #[test]
    fn few_hits_prove_nothing_and_nobody_expected_is_no_peak() {
        assert_eq!(Bound::of(0, &event(None)), None);
        let bound = Bound::of(2, &event(None)).unwrap();
        assert!((bound.miss_rate - 1.0).abs() < 1e-9 && bound.origin.is_none() && bound.more.is_none());
        assert_eq!(Bound::of(6_000, &event(Some(3_000_000))).unwrap().more, Some(0));
        assert!(Bound::of(1, &event(Some(u64::MAX))).unwrap().more.is_some());
    }
}
