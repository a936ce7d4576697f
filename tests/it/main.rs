//! The integration tests, one binary.

mod verify_cases;
mod verify_edge;
