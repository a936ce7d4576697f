//! Servers: what a visitor, a CDN or the author's browser talks to.
#![expect(clippy::disallowed_methods, reason = "servers live on the clock and the network")]

pub mod preview;
