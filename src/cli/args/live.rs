//! The arguments of commands on a live environment: plans, rollback, modes, freeze, what is deleted.

use super::ShownMode;
use clap::{Args, Subcommand};
use std::path::PathBuf;

/// What every command on a live environment takes.
#[derive(Debug, Args)]
pub(in crate::cli) struct Live {
    /// The environment.
    #[arg(value_name = "ENV")]
    pub(in crate::cli) environment: String,
    /// Why, for the log.
    #[arg(long, value_name = "TEXT", value_parser = super::one_line)]
    pub(in crate::cli) reason: Option<String>,
    /// Do not ask before touching a protected environment.
    #[arg(long)]
    pub(in crate::cli) yes: bool,
}

/// `landing plan`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  landing plan production                    what would be uploaded, written and purged
  landing plan production -o plan.json       for somebody to look at, and `landing apply plan.json`")]
pub(in crate::cli) struct Plan {
    /// The environment.
    #[arg(value_name = "ENV", default_value = "local")]
    pub(in crate::cli) environment: String,
    /// A folder that `landing fingerprint` or another tool made, instead of a build.
    #[arg(long, value_name = "DIR")]
    pub(in crate::cli) from: Option<PathBuf>,
    /// Write the plan to a file, too.
    #[arg(short, long, value_name = "FILE")]
    pub(in crate::cli) out: Option<PathBuf>,
}

/// `landing apply`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  landing plan production -o plan.json && landing apply plan.json --yes")]
pub(in crate::cli) struct Apply {
    /// What `landing plan -o` wrote.
    #[arg(value_name = "PLAN")]
    pub(in crate::cli) plan: PathBuf,
    /// Deploy although the environment is frozen; the reason is kept in the log.
    #[arg(long, value_name = "REASON", value_parser = super::one_line)]
    pub(in crate::cli) break_freeze: Option<String>,
    /// Do not ask before touching a protected environment.
    #[arg(long)]
    pub(in crate::cli) yes: bool,
}

/// `landing gc`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  landing gc production                      what could go, and how much that is
  landing gc production --delete --yes       delete it
  landing gc production --delete --max-deletes 2000")]
pub(in crate::cli) struct Gc {
    /// The environment.
    #[arg(value_name = "ENV")]
    pub(in crate::cli) environment: String,
    /// Delete; without it nothing is touched.
    #[arg(long)]
    pub(in crate::cli) delete: bool,
    /// Nothing younger is deleted: another machine may be uploading it.
    #[arg(long, value_name = "SPAN", default_value = "24h")]
    pub(in crate::cli) grace: String,
    /// When it would be more, nothing is deleted.
    #[arg(long, value_name = "N", default_value_t = 256)]
    pub(in crate::cli) max_deletes: usize,
    /// Do not ask before touching a protected environment.
    #[arg(long)]
    pub(in crate::cli) yes: bool,
}

/// `landing rollback`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  landing rollback production                the release before the one that is live
  landing rollback production 3f9a12         a release by the beginning of its id: `landing releases production`
  landing rollback production --yes --reason \"wrong price\"")]
pub(in crate::cli) struct Rollback {
    /// Where.
    #[command(flatten)]
    pub(in crate::cli) live: Live,
    /// The beginning of a release's id [default: the release before].
    #[arg(value_name = "RELEASE")]
    pub(in crate::cli) release: Option<String>,
}

/// `landing mode`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  landing mode production degraded           the form's server is down: an address in its place
  landing mode production closed             the holding page
  landing mode production normal             everything again")]
pub(in crate::cli) struct Mode {
    /// Where.
    #[command(flatten)]
    pub(in crate::cli) live: Live,
    /// How much is shown.
    #[arg(value_enum)]
    pub(in crate::cli) mode: ShownMode,
}

/// `landing freeze`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  landing freeze production --until 3h --reason \"on air at 21:00\"
  landing freeze production --until 2026-11-27T23:30:00+01:00 --reason \"on air\"
  landing deploy production --break-freeze \"the phone number is wrong\"")]
pub(in crate::cli) struct Freeze {
    /// The environment.
    #[arg(value_name = "ENV")]
    pub(in crate::cli) environment: String,
    /// An instant (RFC 3339), or a span from now: `3h`, `90m`.
    #[arg(long, value_name = "TIME")]
    pub(in crate::cli) until: String,
    /// Why: whoever is refused reads it.
    #[arg(long, value_name = "TEXT", value_parser = super::one_line)]
    pub(in crate::cli) reason: String,
}

/// `landing export`
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Export {
    /// The CDNs' settings as Terraform files, for those who keep their own state.
    Terraform(Terraform),
}

/// `landing export terraform`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  landing export terraform production            the files, to look at
  landing export terraform production -o infra   into a folder: landing-cloudflare.tf and the like")]
pub(in crate::cli) struct Terraform {
    /// The environment.
    #[arg(value_name = "ENV")]
    pub(in crate::cli) environment: String,
    /// The folder to write into.
    #[arg(short, long, value_name = "DIR")]
    pub(in crate::cli) out: Option<PathBuf>,
}
