//! The nouns, and what is always true of them. Imports nothing but `diag` and `text`.

mod bound;
mod browsers;
mod bundle;
mod circle;
mod color;
mod digest;
mod head;
mod headers;
mod key;
mod labels;
mod language;
mod lock;
mod look;
mod media;
mod memo;
mod mode;
mod place;
mod plan;
mod policy;
mod record;
mod redirects;
mod release;
mod report;
mod retention;
mod seal;
mod settings;
mod tags;
mod tracking;
mod traffic;
mod url;
mod waiver;

pub use bound::Bound;
pub use browsers::{Browser, Family, NoBrowser};
pub use bundle::{Artifact, Body, Bundle, Source};
pub use circle::{NO_DIGITS, circle_digits, may_be_named};
pub use color::{Color, READABLE, READABLE_LARGE};
pub use digest::{Digest, Digesting, Hex16};
pub use head::{CANARY, CONTROL, Copied, Freeze, Head, Owed, State, Sweep};
pub use headers::Headers;
pub use key::{BadKey, Key};
pub use labels::{Label, Labels};
pub use language::{Direction, Language};
pub use lock::Lock;
pub use look::{Handshake, Look, Names, Offer, Sight};
pub use media::Media;
pub use memo::Memo;
pub use mode::Mode;
pub use place::{Access, Addressing, Credentials, StoreUrl, Vendor};
pub use plan::{Inventory, Plan, Purge, Reason, Step, Tag, Variant};
pub use policy::{Class, Lifetime, Lifetimes, Policy, Redirect};
pub use record::{Chapter, Deed, Record};
pub use redirects::{End, redirect_place};
pub use release::{Entry, Release, Reply, Route, asset_digits, urls_of};
pub use report::{Answer, Ask, Finding, Observation, Report, Verdict};
pub use retention::Retention;
pub use seal::{Piece, Pieces};
pub use settings::{
    Brand, Budgets, BuildSettings, CdnAccount, CheckSettings, Environment, Event, FontFile, Form, Mirror, Secret,
    Security, Settings, Site, Stores, VisitBudgets, Widen,
};
pub use tags::{Letters, TagField};
pub use tracking::{TRACKING, is_tracking};
pub use traffic::{Tally, Times, Traffic};
pub use url::UrlPath;
pub use waiver::{Waived, Waiver, WaiverState};
