//! What the parts do together: one binary, so that it links once.

#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "tests are the world: they have files, processes and a clock, and fail by panicking"
)]

mod bad_input;
mod blocks;
mod build;
mod cdn_acme;
mod cdn_cases;
mod cdn_oracle;
mod cdn_panel;
mod cdn_services;
mod cdn_settings_cases;
mod cdn_tags;
mod cdn_talks;
mod cdn_terraform;
mod cdn_traps;
mod cdn_walk;
mod check_cases;
mod child;
mod commands;
mod contract;
mod crash;
mod deploy;
mod determinism;
mod edge;
mod edge_admin;
mod edge_limits;
mod edge_origin;
mod edge_points;
mod edge_rows;
mod edge_world;
mod faults;
mod fingerprint;
mod fingerprint_cases;
mod gc;
mod guide;
mod hostile;
mod hosts;
mod incremental;
mod live;
mod lock;
mod mirrors;
mod mistakes;
mod model_store;
mod preview;
mod previews;
mod project;
mod proof;
mod race;
mod recorder;
mod refusals;
mod releases;
mod store;
mod strict_s3;
mod tidy;
mod verify_cases;
mod verify_drill;
mod verify_edge;
mod verify_foreign;
mod verify_foreign_site;
mod verify_hostile;
mod verify_hostile_servers;
mod verify_probe;
mod verify_reports;
mod world;
