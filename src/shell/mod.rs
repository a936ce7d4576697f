//! The only code, with `store` and `serve`, that touches the world: files, network, clock, environment.
//!
//! It carries out what floor 2 decided and says what happens as [`Event`]s; it prints nothing and decides nothing.

mod event;
mod memo;

pub use event::{Event, Sink};
pub use memo::DiskMemo;
