//! The commands: gather values, call, render, choose the exit code. Decides nothing else.

mod args;
mod complaint;
pub mod report;
mod view;

use crate::config;
use crate::diag::{Diagnostics, Exit};
use args::{Cli, Command};
use clap::{CommandFactory as _, Parser as _};
use std::ffi::OsString;
use std::io::Write as _;
use view::View;

/// Runs one command line.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> Exit {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let cli = match Cli::try_parse_from(&arguments) {
        Ok(cli) => cli,
        Err(err) => return usage(&err, arguments.iter().any(|argument| argument == "--json")),
    };
    let view = View::new(cli.json);
    match command(&cli, &view) {
        Ok(exit) => exit,
        Err(wrong) => view.fail(&wrong),
    }
}

fn command(cli: &Cli, view: &View) -> Result<Exit, Diagnostics> {
    match &cli.command {
        Command::Config => {
            view.line(config::DEFAULT.trim_end());
            view.done(serde_json::json!({ "config": config::DEFAULT }));
            Ok(Exit::Done)
        }
        Command::Completions { shell } => {
            clap_complete::generate(*shell, &mut Cli::command(), "landing", &mut std::io::stdout());
            Ok(Exit::Done)
        }
    }
}

/// Help and version are no errors; everything else that `clap` complains about is exit 2.
fn usage(err: &clap::Error, json: bool) -> Exit {
    if !err.use_stderr() {
        let _ = write!(anstream::stdout(), "{}", err.render().ansi());
        return Exit::Done;
    }
    if json {
        let text = err.render().to_string();
        let message = text.lines().next().unwrap_or_default().trim_start_matches("error: ");
        let wrong = crate::diag::Diagnostic::new(crate::diag::Code::Usage, message).hint("see `landing --help`");
        return View::new(true).fail(&wrong.into());
    }
    let _ = write!(anstream::stderr(), "{}", err.render().ansi());
    Exit::Usage
}
