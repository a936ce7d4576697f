//! What a deploy does, decided: the plan, the purge set, the transitions of the head, the ruling about a document.
//!
//! In: a sealed `Release` and what is live; out: values. Carries nothing out: `shell::deploy` does, and decides nothing.

mod head;
mod permit;
mod plan;
mod purge;
mod ruling;

pub use head::{Settlement, Stamp, commit, repair, settle};
pub use permit::permit;
pub use plan::plan;
pub use purge::purge;
pub use ruling::{Ruling, rule};
