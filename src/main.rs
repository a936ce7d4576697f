//! Hands the arguments to `cli` and its outcome to the shell.

use std::process::ExitCode;

fn main() -> ExitCode {
    // One TLS provider for every client in the process; it must stand before the first of them is made.
    let _ = rustls::crypto::ring::default_provider().install_default();
    ExitCode::from(landing::cli::run(std::env::args_os()).code())
}
