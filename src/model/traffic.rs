//! `Traffic`: the requests of a run in numbers, by who answered them and how long that took.

use serde::Serialize;

/// What was asked of the public address.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Traffic {
    /// Requests sent.
    pub asked: u32,
    /// Those that nothing answered.
    pub silent: u32,
    /// The `GET` and `HEAD` requests that repeat an earlier one, by who answered.
    pub warm: Tally,
    /// How long the answers took, to the last byte: at most so many milliseconds each, the last class without a bound.
    pub times: Vec<Times>,
    /// Half of the answers took no longer.
    pub median_ms: Option<u64>,
    /// 95 of 100 answers took no longer.
    pub p95_ms: Option<u64>,
}

/// Answers by who gave them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// A cache, alone.
    pub edge: u32,
    /// The origin.
    pub origin: u32,
    /// Nothing tells.
    pub unknown: u32,
}

/// Answers that took about as long.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Times {
    /// No longer than this; without a bound in the last class.
    pub up_to_ms: Option<u64>,
    /// How many.
    pub answers: Tally,
}

impl Tally {
    /// All of them.
    pub fn total(self) -> u32 {
        self.edge + self.origin + self.unknown
    }
}
