//! The servers: the edge (an HTTP cache, the stand-in for a CDN) and the origin behind it, which serves a store.
//!
//! In: sockets; out: answers. What may be cached, for how long and for whom is decided in [`crate::cache`]; where a URL
//! leads, in [`crate::model::Release`]. This module holds what those refuse to: connections, the clock, memory, tasks.
//! It prints nothing; it is for one machine and for rehearsals, in production a CDN does its work.

#![expect(clippy::disallowed_methods, reason = "floor 3: servers have a clock and tasks")]

mod body;
mod bounded;
mod clock;
mod edge;
mod front;
mod listen;
mod origin;
mod patience;
pub mod preview;

pub use clock::Clock;
pub use edge::{Counters, Edge, EdgeOptions, Fault, Patience, edge};
pub use front::{Front, front};
pub use listen::Limits;
pub use origin::{Origin, OriginOptions, origin};

/// The path below which the edge answers to its owner and to nobody else.
pub const ADMIN: &str = "/.well-known/landing-edge/";
