//! What a deploy does, decided: the plan, the purge set, the transitions of the head, the ruling about a document.
//!
//! In: a sealed `Release` and what is live; out: values. Carries nothing out: `shell::deploy` does, and decides nothing.

mod gc;
mod head;
mod history;
mod noindex;
mod permit;
mod plan;
mod purge;
mod ruling;

pub use gc::{Held, garbage, kept};
pub use head::{Settlement, Stamp, chapter, commit, copied, freeze, purged, repair, settle, sweep};
pub use history::{Published, published};
pub use noindex::noindex;
pub use permit::permit;
pub use plan::{plan, plan_in};
pub use purge::purge;
pub use ruling::{Ruling, rule};
