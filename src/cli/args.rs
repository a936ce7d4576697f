//! The arguments as typed; nothing is resolved here.

use crate::diag::Exit;
use clap::{Parser, Subcommand};
use std::path::PathBuf;

/// A landing page that stands while the nation is watching: build, deploy, purge and prove.
#[derive(Debug, Parser)]
#[command(name = "landing", version, max_term_width = 100, after_help = EXAMPLES, after_long_help = long_help())]
pub(super) struct Cli {
    /// The project's folder.
    #[arg(short = 'C', long = "project", value_name = "DIR", default_value = ".", global = true)]
    pub(super) project: PathBuf,
    /// Print one JSON object per line; the last line is the result.
    #[arg(long, global = true)]
    pub(super) json: bool,
    /// What to do.
    #[command(subcommand)]
    pub(super) command: Command,
}

const EXAMPLES: &str = "\
Examples:
  landing new campaign           start a campaign in a new folder
  landing preview                edit with the page open, reloaded at every save
  landing deploy                 build, publish to this machine, purge, verify, serve
  landing deploy production      the same for the environment of that name
  landing verify production      prove from outside that the edge serves the release";

/// The examples, then every exit code.
fn long_help() -> String {
    let mut help = format!("{EXAMPLES}\n\nExit codes:\n");
    for (exit, means) in Exit::ALL {
        help.push_str(&format!("  {:>2}  {means}\n", exit.code()));
    }
    help
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Print every setting of `site/landing.toml`, commented, with its default.
    Config,
    /// Print the completions for a shell.
    Completions {
        /// Which shell.
        shell: clap_complete::Shell,
    },
}
