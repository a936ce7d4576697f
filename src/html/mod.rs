//! HTML as a tree: parsed as browsers parse it, changed, and written again as small as it goes without changing what is shown; and
//! what a reference in it points at.

mod address;
mod fault;
mod parse;
mod tree;
mod write;

pub use address::{Address, host, join};
pub use fault::Fault;
pub use parse::{checked, document, fragment};
pub use tree::{Id, Step, Tree};
pub use write::{Space, write};
