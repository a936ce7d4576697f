//! HTML as a tree: parsed as browsers parse it, changed, and written again as small as it goes without changing what is shown.

mod parse;
mod tree;
mod write;

pub(super) use parse::{document, fragment};
pub(super) use tree::{Id, Tree};
pub(super) use write::{Space, write};
