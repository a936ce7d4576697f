//! What keeps people out: the rules of accessibility that static HTML can answer, after WCAG 2.1 and the rules of axe-core.

pub(super) mod aria;
mod name;
pub(super) mod names;
pub(super) mod operation;
pub(super) mod structure;
pub(super) mod tables;
