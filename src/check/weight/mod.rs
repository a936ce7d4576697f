//! What a visit weighs: requests and bytes, as a browser of a given screen would choose them.

mod choice;
mod media;
mod visit;

pub(super) use choice::{candidates, chosen, slot};
pub(super) use visit::{Asked, Kind, View, of_sheet, visit};
