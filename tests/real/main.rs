//! Against real servers and other people's parsers: what we write for a host, read by that host's own software.
//!
//! Needs what `tests/tools/install` installs, and says so when it is not there. Servers listen on free loopback ports and are
//! ended by their own handle.
#![expect(clippy::disallowed_methods, reason = "tests read files, start processes and look at the clock")]

#[path = "../browser/mod.rs"]
mod browser;
mod cache_tests;
mod caches;
mod campaign;
mod cloudfront;
mod cloudfront_settings;
#[path = "../it/contract.rs"]
#[expect(dead_code, clippy::unwrap_used, reason = "it is shared with the other test binary, which uses more of it")]
mod contract;
mod crash;
mod faults;
mod folders;
mod hostile;
mod http;
#[cfg(feature = "h3")]
mod http3;
mod kills;
mod lock;
mod matrix;
mod names;
mod nginx;
mod pages;
#[path = "../it/project.rs"]
#[expect(dead_code, clippy::unwrap_used, reason = "it is shared with the other test binary, which uses more of it")]
mod project;
#[path = "../quality/mod.rs"]
mod quality;
mod reports;
mod s3s;
mod sample;
mod server;
mod stores;
mod terraform;
mod vendors;
#[path = "../it/world.rs"]
#[expect(dead_code, clippy::unwrap_used, reason = "it is shared with the other test binary, which uses more of it")]
mod world;
