//! Reports in the forms that people and machines read. Prints nothing.

mod annotations;
pub mod check;
pub mod doctor;
mod sheet;
mod suites;
pub mod verify;

pub use sheet::Line;
