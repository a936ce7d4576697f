//! The caching policy of HTTP as values in, values out: RFC 9111 with 5861 (stale windows), 9211 (`Cache-Status`) and 9213
//! (`CDN-Cache-Control`).
//!
//! In: requests, responses and the time in milliseconds since 1970. Out: decisions with their reasons, and messages.
//! It refuses to read a clock, to hold anything, and to talk to anybody: that is `serve::edge`, which asks here at every
//! step. What it is asked is hostile on both sides, so nothing here panics and nothing grows with a header's value.
//!
//! Two [`Profile`]s: `landing` behaves as a CDN that was configured for a spike, `rfc` is a plain shared cache.

mod condition;
mod control;
mod date;
mod fields;
mod freshness;
#[cfg(test)]
mod hostile;
mod invalidate;
mod kept;
mod key;
mod request;
mod search;
mod status;
mod storing;
mod tags;
mod vary;

pub use condition::{Range, Shape, assemble, etag_matches, shape};
pub use control::{Control, Flag, RequestControl};
pub use date::{http_date, parse_http_date};
pub use fields::{drop_hop_by_hop, joined, members};
pub use freshness::{Freshness, Grace, Life, Timing};
pub use invalidate::invalidated;
pub use kept::{Kept, Merge};
pub use key::CacheKey;
pub use request::{Forwarding, Lookup, PSEUDONYM, Reading, read};
pub use status::{CacheStatus, Forward};
pub use storing::{Storing, Why, may_store};
pub use tags::tags;
pub use vary::{Accepted, Variant, normalized};

/// How the cache behaves where the RFCs leave room, or where a spike needs more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Profile {
    /// As a CDN that was configured for a spike. Everything that is not part of the key is kept from the origin: tracking
    /// parameters, cookies, forwarded hosts, all but a few request fields. Only `GET` and `HEAD` pass. A visitor's
    /// `Cache-Control` and `Pragma` are ignored: a crowd that presses reload must not reach the origin. `Set-Cookie` is
    /// taken out of what is stored. No heuristic freshness: what the origin does not declare is not cached.
    #[default]
    Landing,
    /// A plain shared cache by the RFCs, but for `Set-Cookie`, which RFC 9111 (section 7.3) would let it give to everybody: no cookie is stored.
    Rfc,
}

impl Profile {
    /// Every profile.
    pub const ALL: &'static [Profile] = &[Self::Landing, Self::Rfc];

    /// As it is written on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Landing => "landing",
            Self::Rfc => "rfc",
        }
    }

    /// The profile of a name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|it| it.name() == name)
    }
}
