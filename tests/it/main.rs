//! The integration tests: the library and the binary, through what they offer to others.
#![expect(clippy::disallowed_methods, reason = "tests read files, start processes and look at the clock")]

mod tidy;
