//! What every check works with: which URLs to ask for, how to read an answer, how to write a finding. Judges nothing.

pub(super) mod cache_control;
pub(super) mod canary;
pub(super) mod clerk;
pub(super) mod decode;
pub(super) mod evidence;
pub mod foreign;
pub(super) mod observations;
pub(super) mod place;
pub(super) mod served;
pub(super) mod targets;
pub(super) mod traffic;
pub(super) mod waivers;
