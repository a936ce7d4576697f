//! `Retention`: which releases stay in the store, so that one can go back to them.

use serde::Serialize;

/// A release is kept when either says so; the live one and the one before it always are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Retention {
    /// The newest ones that were live, so many.
    pub releases: usize,
    /// All that were live within so many days.
    pub days: u32,
}

impl Default for Retention {
    fn default() -> Self {
        Self { releases: 10, days: 30 }
    }
}
