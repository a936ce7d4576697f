//! The only code, with `store` and `serve`, that touches the world: files, network, clock, environment.
//!
//! It carries out what floor 2 decided and says what happens as [`Event`]s; it prints nothing and decides nothing.
#![expect(clippy::disallowed_methods, reason = "the shell is where the world is touched")]

pub mod copies;
pub mod deploy;
pub mod doctor;
mod event;
pub mod export;
pub mod folder;
pub mod foreign;
pub mod fronting;
pub mod links;
mod look;
mod memo;
mod output;
pub mod panel;
mod plan_file;
pub mod probe;
pub mod prove;
pub mod purge;
pub mod report_file;
pub mod scaffold;
pub mod sender;
pub mod signal;
mod token;
mod walk;
pub mod watch;
mod when;
mod window;
pub mod witness;
pub mod workspace;

pub use event::{Event, Sink};
pub use memo::DiskMemo;
pub use plan_file::PlanFile;
pub use token::{Token, edge_token, fetch, resolve};
pub use when::{when, when_noted};
pub use window::too_wide;
pub use workspace::Workspace;

/// The time of a run, for what is decided without a clock.
pub fn now() -> jiff::Timestamp {
    jiff::Timestamp::now()
}
