//! When nobody waits any longer: a host that never answered, one that stopped, and the end of the time for the whole run.

use crate::model::{Ask, Observation};
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// Before a host has answered at all, so many requests are sent and no more; without an answer to any of them it is taken for dead.
pub(super) const SCOUTS: usize = 4;

/// After so many requests in a row without an answer a host that did answer is taken for dead: each of the others would only wait as long.
const DEAD: usize = 32;

/// The time for a whole run, which begins when this is made.
#[derive(Clone, Copy, Debug)]
pub struct Deadline {
    /// When it is over.
    at: Instant,
    /// How long it is.
    limit: Duration,
}

impl Deadline {
    /// From now on.
    pub fn of(limit: Duration) -> Self {
        Self { at: Instant::now() + limit, limit }
    }

    /// What is left of it; the reason why nothing is asked any more when that is nothing.
    pub(super) fn left(&self) -> Result<Duration, String> {
        let left = self.at.saturating_duration_since(Instant::now());
        if left.is_zero() { Err(self.over()) } else { Ok(left) }
    }

    pub(super) fn over(&self) -> String {
        format!("the time for the whole run was up: {}", crate::text::duration(self.limit))
    }
}

/// The silences of each host that is asked.
#[derive(Default)]
pub(super) struct Patience(Mutex<BTreeMap<String, Silence>>);

/// The requests to one host that had no answer since the last one that had, and why the newest had none.
#[derive(Default)]
struct Silence {
    requests: usize,
    has_answered: bool,
    why: String,
}

impl Patience {
    /// Why a host is not asked any more.
    pub(super) fn given_up(&self, ask: &Ask) -> Option<String> {
        let hosts = self.0.lock().expect("no panic while silence is counted");
        let silence = hosts.get(&place(ask))?;
        let most = if silence.has_answered { DEAD } else { SCOUTS };
        (silence.requests >= most).then(|| silence.why.clone())
    }

    /// Whether the public address itself has answered.
    pub(super) fn is_answered(&self) -> bool {
        let hosts = self.0.lock().expect("no panic while silence is counted");
        hosts.get("").is_some_and(|silence| silence.has_answered)
    }

    /// Counts what came back.
    pub(super) fn heed(&self, ask: &Ask, observation: &Observation) {
        let mut hosts = self.0.lock().expect("no panic while silence is counted");
        let silence = hosts.entry(place(ask)).or_default();
        match observation {
            Observation::Answered(_) => (silence.requests, silence.has_answered) = (0, true),
            Observation::Unreachable(why) => {
                silence.requests += 1;
                silence.why.clone_from(why);
            }
        }
    }
}

/// Whom a question goes to: the public address, one address of its host, another host or scheme.
fn place(ask: &Ask) -> String {
    if let Some(address) = ask.at {
        return address.to_string();
    }
    if ask.is_here() {
        return String::new();
    }
    url::Url::parse(&ask.target).map_or_else(|_| ask.target.clone(), |url| url.origin().ascii_serialization())
}
