//! The fact sheet of a provider: what it takes, how much at once, how fast, and what is known about its promises.
//!
//! Constants, with the place where the vendor says so. Nothing here decides; `plan` and the sender do.

use crate::model::TagField;
use std::time::Duration;

/// What can be purged by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Selector {
    /// One address, exactly.
    Url,
    /// All addresses that begin so.
    Prefix,
    /// All answers that carry a cache tag.
    Tag,
    /// All answers of a host.
    Host,
    /// All that it has.
    Everything,
}

impl Selector {
    /// Every selector, the narrowest first.
    pub const ALL: &'static [Self] = &[Self::Url, Self::Prefix, Self::Tag, Self::Host, Self::Everything];

    /// As `landing cdn list` says it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Url => "url",
            Self::Prefix => "prefix",
            Self::Tag => "tag",
            Self::Host => "host",
            Self::Everything => "everything",
        }
    }
}

/// One selector with its limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Takes {
    /// What.
    pub selector: Selector,
    /// How many of them in one request.
    pub items: usize,
    /// How fast.
    pub rate: Rate,
}

impl Takes {
    /// One selector with its limits.
    pub const fn new(selector: Selector, items: usize, rate: Rate) -> Self {
        Self { selector, items, rate }
    }
}

/// A bucket of tokens: so many at once, then so many in every span.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// What a token pays for.
    pub of: Unit,
    /// Tokens in a full bucket.
    pub burst: u32,
    /// Tokens that come back …
    pub refill: u32,
    /// … in this time.
    pub every: Duration,
}

/// What a rate counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Requests, whatever is in them.
    Requests,
    /// The URLs, tags or prefixes in them.
    Items,
}

impl Rate {
    /// No rate is known. A courtesy of ours: no API minds it, and a runaway loop is one that we would see.
    pub const UNKNOWN: Self = Self::requests(100, 10, 1);

    /// Requests: `burst` at once, `refill` in every so many seconds.
    pub const fn requests(burst: u32, refill: u32, seconds: u64) -> Self {
        Self { of: Unit::Requests, burst, refill, every: Duration::from_secs(seconds) }
    }

    /// Items: `burst` at once, `refill` in every so many seconds.
    pub const fn items(burst: u32, refill: u32, seconds: u64) -> Self {
        Self { of: Unit::Items, burst, refill, every: Duration::from_secs(seconds) }
    }

    /// How many tokens a request with so many items costs.
    pub fn price(&self, items: usize) -> u32 {
        match self.of {
            Unit::Requests => 1,
            Unit::Items => u32::try_from(items).unwrap_or(u32::MAX),
        }
    }

    /// How long so many tokens take, from a full bucket.
    pub fn time(&self, tokens: u32) -> Duration {
        self.every * tokens.saturating_sub(self.burst).div_ceil(self.refill.max(1))
    }
}

/// How well a provider is proven here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Evidence {
    /// Against a real server.
    Server,
    /// Against the vendor's machine-readable description, or beside the requests of the vendor's own client.
    Schema,
    /// Against a table of facts.
    Facts,
}

impl Evidence {
    /// As `landing cdn list` says it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Server => "server",
            Self::Schema => "schema",
            Self::Facts => "facts",
        }
    }
}

/// Whose law the provider is under.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Jurisdiction {
    /// A company of the European Union: its country.
    Eu(&'static str),
    /// A company of another country.
    Elsewhere(&'static str),
    /// Software that you run: wherever you run it.
    Yours,
}

impl Jurisdiction {
    /// As `landing cdn list` says it.
    pub fn shown(self) -> String {
        match self {
            Self::Eu(country) => format!("EU ({country})"),
            Self::Elsewhere(country) => country.to_owned(),
            Self::Yours => "yours".to_owned(),
        }
    }
}

/// How an address is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// With scheme and host: once for each name of the site.
    Absolute,
    /// The path alone: the provider purges it for all names at once.
    Path,
}

/// What becomes of `/?utm_source=tv` when `/` is purged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Query {
    /// It goes, too.
    Covered,
    /// It stays: the cache must leave queries out of its keys.
    Exact,
}

/// What a request costs in money.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Price {
    /// What is counted.
    pub unit: &'static str,
    /// Free in a month.
    pub free: u64,
    /// Each further one, in millionths of a US dollar.
    pub micro_dollars: u64,
}

/// What a provider wants to be told in `[[env.NAME.cdn]]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Setting {
    /// The key.
    pub key: &'static str,
    /// What stands there.
    pub kind: Kind,
    /// Whether it must.
    pub required: bool,
    /// What it says, for the complaint when it is missing.
    pub says: &'static str,
}

/// What a setting may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A name or number that goes into an address: letters, digits and `-._~:@`.
    Id,
    /// Any line of text.
    Text,
    /// Several lines of text.
    Texts,
    /// Several host names.
    Hosts,
    /// `http://` or `https://` with a host.
    Address,
    /// Several of them.
    Addresses,
    /// `true` or `false`.
    Flag,
    /// One of these.
    Choice(&'static [&'static str]),
    /// `{ env = … }`, `{ file = … }` or `{ command = … }`.
    Secret,
}

impl Setting {
    /// One that must be there.
    pub const fn needed(key: &'static str, kind: Kind, says: &'static str) -> Self {
        Self { key, kind, required: true, says }
    }

    /// One that may be there.
    pub const fn optional(key: &'static str, kind: Kind, says: &'static str) -> Self {
        Self { key, kind, required: false, says }
    }
}

/// All that is known about a provider before it is asked anything.
#[derive(Clone, Copy, Debug)]
pub struct Facts {
    /// Its name in `provider = "…"`.
    pub id: &'static str,
    /// How well it is proven here.
    pub evidence: Evidence,
    /// Whose law it is under.
    pub jurisdiction: Jurisdiction,
    /// What it takes, at best; an account may take less.
    pub takes: &'static [Takes],
    /// How an address is told.
    pub form: Form,
    /// The response field in which it looks for tags, and what it takes there; none where it knows no tags.
    pub tags: Option<TagField>,
    /// Whether several selectors go in one request.
    pub mixes: bool,
    /// Bytes of the largest body.
    pub body: usize,
    /// What becomes of the same path with a query.
    pub query: Query,
    /// How success is known.
    pub success: &'static str,
    /// How long until no point of presence serves the old copy.
    pub propagation: &'static str,
    /// For how many seconds after its "yes" an old copy is no failure: what the vendor says, and 10 where it says nothing exact. One that
    /// is followed to the end of the purge first counts from there.
    pub settles: u64,
    /// What its token should be allowed to do, and nothing more.
    pub rights: &'static str,
    /// What it wants to be told.
    pub settings: &'static [Setting],
    /// Money.
    pub price: Option<Price>,
    /// Where all this is from.
    pub source: &'static str,
}
