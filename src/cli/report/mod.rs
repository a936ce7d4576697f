//! Reports in the forms that people and machines read. Prints nothing.

pub mod check;
pub mod doctor;
mod sheet;
pub mod verify;

pub use sheet::Line;
