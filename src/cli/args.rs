//! The arguments as typed; nothing is resolved here.

mod live;
mod verify;

pub(super) use live::{Apply, Export, Freeze, Gc, Live, Mode, Plan, Rollback, Terraform};
pub(super) use verify::{Verify, VerifyFormat};

use crate::diag::Exit;
use crate::model;
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::net::SocketAddr;
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

/// What stands in the log is one line, so that nobody takes it for another entry.
pub(in crate::cli) fn one_line(raw: &str) -> Result<String, String> {
    if raw.chars().any(char::is_control) { Err("the log keeps one line of it".to_owned()) } else { Ok(raw.to_owned()) }
}

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
    /// Start a campaign: a folder with a page, its pictures and its configuration.
    New {
        /// The folder to make.
        dir: PathBuf,
        /// What the page looks like: `default` or `signal`.
        #[arg(long, value_name = "NAME", default_value = "default")]
        theme: String,
    },
    /// Print every setting of `site/landing.toml`, commented, with its default.
    Config,
    /// Serve the page while it is edited: rebuilt and reloaded at every save, errors shown over it.
    #[command(after_help = "\
Examples:
  landing preview                            http://127.0.0.1:8789
  landing preview --lan                      on a phone in the same network, too")]
    Preview {
        /// Where to listen.
        #[arg(long, value_name = "ADDR")]
        listen: Option<SocketAddr>,
        /// Listen for other devices in this network, too: a phone.
        #[arg(long)]
        lan: bool,
    },
    /// Build the page into the output folder.
    #[command(after_help = "\
Examples:
  landing build                              dist/: the page, its pictures, files for hosts
  landing build --mode degraded              the page without what can fail, for a host without `landing mode`")]
    Build {
        /// The mode that the folder shows; a deploy carries them all.
        #[arg(long, value_enum, default_value_t = ShownMode::Normal)]
        mode: ShownMode,
        /// With the pages that say `draft = true`, which a deploy leaves out.
        #[arg(long)]
        drafts: bool,
    },
    /// Judge the built site: budgets, links, accessibility, language, law, words; nothing is written.
    Check(Check),
    /// Give the files of a folder that another tool built names that carry their digests, and rewrite every reference.
    Fingerprint(Fingerprint),
    /// Say what a deploy would do, and why; touch nothing.
    Plan(Plan),
    /// Carry out a plan that was written to a file, if nothing has changed since.
    Apply(Apply),
    /// Build, publish what changed, purge exactly that, and prove that the edge serves it.
    Deploy(Deploy),
    /// Prove from outside that the edge serves the release that is live.
    Verify(Verify),
    /// Try out what the store really does, and print the smallest policy that its credentials need.
    Doctor {
        /// The environment.
        #[arg(value_name = "ENV", default_value = "local")]
        environment: String,
    },
    /// Who brought what live, when, and whether it was proven.
    Releases {
        /// The environment.
        #[arg(value_name = "ENV", default_value = "local")]
        environment: String,
    },
    /// Bring an earlier release back, without a build.
    Rollback(Rollback),
    /// Show all of the campaign, what works without services, or the holding page; without a build.
    Mode(Mode),
    /// Allow no deploy for a while; rollback and modes stay allowed.
    Freeze(Freeze),
    /// Allow deploys again.
    #[command(after_help = "\
Examples:
  landing thaw production --reason \"the broadcast was moved\"")]
    Thaw(Live),
    /// Delete what no kept release needs: a trial, unless told to.
    Gc(Gc),
    /// Every change of what is live, oldest first.
    Log {
        /// The environment.
        #[arg(value_name = "ENV", default_value = "local")]
        environment: String,
    },
    /// The CDNs that can be purged.
    Cdn {
        /// What about them.
        #[command(subcommand)]
        asked: Cdn,
    },
    /// Write what other programs read.
    Export {
        /// For which program.
        #[command(subcommand)]
        asked: Export,
    },
    /// Purge what is owed, some addresses, or everything.
    Purge(Purge),
    /// Run a cache in front of an environment's store, or of any HTTP origin: a stand-in for a CDN.
    Edge(Edge),
    /// Print the completions for a shell.
    Completions {
        /// Which shell.
        shell: clap_complete::Shell,
    },
}

/// `landing check`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  landing check                              what is wrong, where, and what to do
  landing check --strict --format github     in CI: warnings fail, too, and stand beside the lines
  landing check --from dist                  a folder that another tool built
  landing check --list                       every rule")]
pub(super) struct Check {
    /// The environment whose address the site will have.
    #[arg(value_name = "ENV", default_value = "local")]
    pub(super) environment: String,
    /// Judge a folder that was built before, by whatever tool.
    #[arg(long, value_name = "DIR")]
    pub(super) from: Option<PathBuf>,
    /// Ask the other hosts that links lead to, too.
    #[arg(long)]
    pub(super) external: bool,
    /// Warnings fail.
    #[arg(long)]
    pub(super) strict: bool,
    /// How to tell it.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(super) format: Format,
    /// Print every rule and judge nothing.
    #[arg(long)]
    pub(super) list: bool,
}

/// `--format`
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For people.
    #[value(alias = "terminal")]
    Text,
    /// The same as `--json`.
    Json,
    /// JUnit XML.
    Junit,
    /// Annotations of GitHub's workflows.
    Github,
}

/// `landing deploy`
#[expect(clippy::struct_excessive_bools, reason = "the flags of a command line are independent of each other")]
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  landing deploy                             to this machine, then serve it
  landing deploy production --yes            to a protected environment, unattended
  landing deploy production --from public    a folder that `landing fingerprint` made
  landing deploy --json | tail -1            the result for a script")]
pub(super) struct Deploy {
    /// The environment.
    #[arg(value_name = "ENV", default_value = "local")]
    pub(super) environment: String,
    /// A folder that `landing fingerprint` or another tool made, instead of a build.
    #[arg(long, value_name = "DIR", conflicts_with = "repair")]
    pub(super) from: Option<PathBuf>,
    /// Take the place of documents in the store that this tool did not write.
    #[arg(long)]
    pub(super) adopt: bool,
    /// Compare every document in the store with what is live, and put back what differs; publish nothing new.
    #[arg(long)]
    pub(super) repair: bool,
    /// Deploy although the environment is frozen; the reason is kept in the log.
    #[arg(long, value_name = "REASON", conflicts_with = "repair", value_parser = one_line)]
    pub(super) break_freeze: Option<String>,
    /// Do not ask before deploying to a protected environment.
    #[arg(long)]
    pub(super) yes: bool,
    /// End after the deploy, even on a terminal.
    #[arg(long)]
    pub(super) no_serve: bool,
}

/// `landing fingerprint`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  landing fingerprint dist -o public         what Vite wrote in dist, made immutable in public
  landing fingerprint dist -o public --strict --url https://www.example.com
  landing fingerprint dist -o public --exclude 'downloads/**' --base /app/")]
pub(super) struct Fingerprint {
    /// The folder that another tool built.
    pub(super) dir: PathBuf,
    /// The folder to write.
    #[arg(short, long, value_name = "OUT")]
    pub(super) out: PathBuf,
    /// Files that keep their names: a path inside the folder, `*`, `**`.
    #[arg(long, value_name = "GLOB")]
    pub(super) exclude: Vec<String>,
    /// The public address: references that name it in full are rewritten, too [default: that of the project].
    #[arg(long, value_name = "URL")]
    pub(super) url: Option<String>,
    /// The path below which the folder is served [default: /].
    #[arg(long, value_name = "PATH")]
    pub(super) base: Option<String>,
    /// Write nothing, and end with 3, when a reference leads to no file.
    #[arg(long)]
    pub(super) strict: bool,
}

/// `landing cdn`
#[derive(Debug, Subcommand)]
pub(super) enum Cdn {
    /// Every provider: how well it is proven, what it purges by, whose law it is under.
    List,
    /// Compare the CDNs' settings with what a page on air needs; change nothing.
    Plan {
        /// The environment.
        #[arg(value_name = "ENV")]
        environment: String,
    },
    /// Write the settings that differ, and read them back.
    Apply {
        /// The environment.
        #[arg(value_name = "ENV")]
        environment: String,
        /// Do not ask before changing those of a protected environment.
        #[arg(long)]
        yes: bool,
    },
}

/// `landing purge`
#[expect(clippy::struct_excessive_bools, reason = "the flags of a command line are independent of each other")]
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  landing purge production --pending         pay what an interrupted deploy owes
  landing purge production --changed         what the live release changed, once more
  landing purge production --url / /app --tag error")]
#[command(group = clap::ArgGroup::new("what").required(true).multiple(true))]
pub(super) struct Purge {
    /// The environment.
    #[arg(value_name = "ENV")]
    pub(super) environment: String,
    /// What earlier deploys still owe.
    #[arg(long, group = "what", conflicts_with_all = ["changed", "url", "tag", "prefix", "everything"])]
    pub(super) pending: bool,
    /// What the live release changed.
    #[arg(long, group = "what", conflicts_with_all = ["url", "tag", "prefix", "everything"])]
    pub(super) changed: bool,
    /// These URL paths.
    #[arg(long, group = "what", value_name = "PATH", num_args = 1..)]
    pub(super) url: Vec<String>,
    /// All answers that carry one of these cache tags.
    #[arg(long, group = "what", value_name = "TAG", num_args = 1..)]
    pub(super) tag: Vec<String>,
    /// All URLs that begin so.
    #[arg(long, group = "what", value_name = "PATH", num_args = 1..)]
    pub(super) prefix: Vec<String>,
    /// Everything: sends every visitor to the origin, not while on air.
    #[arg(long, group = "what", conflicts_with_all = ["url", "tag", "prefix"])]
    pub(super) everything: bool,
    /// Why, for the log: needed for more than single URLs while the environment is frozen.
    #[arg(long, value_name = "REASON", value_parser = one_line)]
    pub(super) reason: Option<String>,
    /// Purge everything without typing the environment's name.
    #[arg(long)]
    pub(super) yes: bool,
}

/// `landing edge`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  landing edge local                         what `landing deploy` published, through a cache
  landing edge --origin http://127.0.0.1:3000 --listen 127.0.0.1:8080
  landing edge local --points 3 --shield     three points of presence that ask the origin once")]
pub(super) struct Edge {
    /// The environment whose store is served [default: local].
    #[arg(value_name = "ENV", conflicts_with = "origin")]
    pub(super) environment: Option<String>,
    /// An HTTP origin instead; it may be down when the edge starts.
    #[arg(long, value_name = "URL")]
    pub(super) origin: Option<String>,
    /// Where to listen [default: the environment's address, or 127.0.0.1:8788].
    #[arg(long, value_name = "ADDR")]
    pub(super) listen: Option<SocketAddr>,
    /// What the admin API asks for [default: that of .landing/edge-token; none without an environment].
    #[arg(long, value_name = "TOKEN")]
    pub(super) token: Option<String>,
    /// How it behaves: as a CDN set up for a spike, or by the RFCs and nothing else.
    #[arg(long, value_enum, default_value_t = EdgeProfile::Landing)]
    pub(super) profile: EdgeProfile,
    /// Stand for so many points of presence, each with a store of its own, at 127.0.0.1, 127.0.0.2 and so on (Linux).
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(super) points: usize,
    /// Put a shield between the points of presence and the origin: one cache that asks for all of them.
    #[arg(long)]
    pub(super) shield: bool,
}

/// `--mode`
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum ShownMode {
    /// The whole campaign.
    Normal,
    /// Without what needs a service.
    Degraded,
    /// The holding page.
    Closed,
}

impl From<ShownMode> for model::Mode {
    fn from(mode: ShownMode) -> Self {
        match mode {
            ShownMode::Normal => Self::Normal,
            ShownMode::Degraded => Self::Degraded,
            ShownMode::Closed => Self::Closed,
        }
    }
}

/// `--profile`
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum EdgeProfile {
    /// Tracking parameters and cookies are ignored.
    Landing,
    /// A plain shared cache (RFC 9111).
    Rfc,
}
