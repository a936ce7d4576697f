//! `Lock`: who may write to a store that does not look at conditions. A promise among well-behaved commands, and nothing more.

use super::{CONTROL, Key};
use crate::diag::{Code, Diagnostic};
use serde::{Deserialize, Serialize};

/// The lock as it stands in the store. Nothing is deleted there: a lock that was given back says so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lock {
    /// Version of this format.
    pub format: u32,
    /// Random: its owner knows it again.
    pub nonce: String,
    /// Who holds it: user and host.
    pub by: String,
    /// Since when.
    pub at: jiff::Timestamp,
    /// Until when. One whose owner died is over then.
    pub until: jiff::Timestamp,
    /// Whether it was given back.
    #[serde(default)]
    pub released: bool,
}

impl Lock {
    /// The newest format that this version writes and reads.
    pub const FORMAT: u32 = 1;

    /// How long it holds without being renewed: longer than the longest pause between two swaps of the head, so that only a
    /// dead command lets it run out; short enough for whoever waits. Clocks that differ by more are found by `landing doctor`.
    pub const TERM: jiff::SignedDuration = jiff::SignedDuration::from_mins(10);

    /// Where it stands.
    pub fn key() -> Key {
        Key::parse(&format!("{CONTROL}/lock")).expect("a constant path")
    }

    /// Reads a lock.
    ///
    /// # Errors
    /// When it is not one, or of a newer format.
    pub fn from_json(raw: &[u8]) -> Result<Self, Diagnostic> {
        super::head::check_format(raw, Self::FORMAT, "lock")?;
        serde_json::from_slice(raw)
            .map_err(|err| Diagnostic::new(Code::BadControl, format!("the lock cannot be read: {err}")))
    }

    /// As JSON, indented: people read it when something is wrong.
    pub fn to_json(&self) -> Vec<u8> {
        serde_json::to_vec_pretty(self).expect("plain data has a JSON form")
    }

    /// Whether it keeps others out at an instant.
    pub fn holds(&self, now: jiff::Timestamp) -> bool {
        !self.released && now < self.until
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_holds_until_it_is_given_back_or_over_and_a_newer_one_is_not_misread() {
        let at = |second| jiff::Timestamp::from_second(second).unwrap();
        let (nonce, by) = ("n".to_owned(), "ada@one".to_owned());
        let lock = Lock { format: Lock::FORMAT, nonce, by, at: at(0), until: at(600), released: false };
        assert!(lock.holds(at(599)) && !lock.holds(at(600)));
        assert!(!Lock { released: true, ..lock.clone() }.holds(at(1)));
        assert_eq!(Lock::from_json(&lock.to_json()).unwrap(), lock);
        assert_eq!(Lock::from_json(br#"{"format":2}"#).unwrap_err().code, Code::NewerFormat);
        assert_eq!(Lock::from_json(b"<p>").unwrap_err().code, Code::BadControl);
    }
}
