//! What the parts do together: one binary, so that it links once.

mod child;
mod store;
