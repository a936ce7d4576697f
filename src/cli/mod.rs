//! The commands: gather values, call, render, choose the exit code. Decides nothing else.

mod address;
mod args;
mod build;
mod cdn;
mod check;
mod complaint;
mod deploy;
mod doctor;
mod edge;
mod export;
mod fingerprint;
mod freeze;
mod gc;
mod history;
mod new;
mod plan;
mod preview;
mod project;
mod purge;
pub mod report;
mod standing;
mod switch;
mod verify;
mod view;
mod window;

use crate::cache::Profile;
use crate::config;
use crate::diag::{Code, Diagnostic, Diagnostics, Exit};
use args::{Cli, Command, EdgeProfile};
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
        Ok(exit) => view.end(exit),
        Err(wrong) => view.fail(&wrong),
    }
}

fn command(cli: &Cli, view: &View) -> Result<Exit, Diagnostics> {
    let root = &cli.project;
    match &cli.command {
        Command::New { dir, theme } => new::run(dir, theme, view),
        Command::Config => {
            view.line(config::DEFAULT.trim_end());
            view.done(serde_json::json!({ "config": config::DEFAULT }));
            Ok(Exit::Done)
        }
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(*shell, &mut Cli::command(), "landing", &mut script);
            let script = String::from_utf8_lossy(&script);
            view.line(script.trim_end());
            view.done(serde_json::json!({ "completions": script }));
            Ok(Exit::Done)
        }
        Command::Fingerprint(asked) => fingerprint::run(root, asked, view),
        Command::Build { mode, drafts } => build::run(root, (*mode).into(), *drafts, view),
        Command::Check(asked) => wait(check::run(root, asked, view)),
        Command::Preview { listen, lan } => wait(preview::run(root, *listen, *lan, view)),
        Command::Doctor { environment } => wait(doctor::run(root, environment, view)),
        Command::Plan(asked) => wait(plan::run(root, asked, view)),
        Command::Apply(asked) => wait(deploy::apply(root, asked, view)),
        Command::Gc(asked) => wait(gc::run(root, asked, view)),
        Command::Verify(asked) => wait(verify::run(root, asked, view)),
        Command::Deploy(asked) if asked.repair => wait(deploy::repair(root, asked, view)),
        Command::Deploy(asked) => wait(deploy::run(root, asked, view)),
        Command::Releases { environment } => wait(history::releases(root, environment, view)),
        Command::Log { environment } => wait(history::log(root, environment, view)),
        Command::Rollback(asked) => wait(switch::rollback(root, asked, view)),
        Command::Mode(asked) => wait(switch::mode(root, asked, view)),
        Command::Freeze(asked) => wait(freeze::freeze(root, asked, view)),
        Command::Thaw(asked) => wait(freeze::thaw(root, asked, view)),
        Command::Cdn { asked } => match asked {
            args::Cdn::List => Ok(cdn::list(view)),
            args::Cdn::Plan { environment } => wait(cdn::plan(root, environment, view)),
            args::Cdn::Apply { environment, yes } => wait(cdn::apply(root, environment, *yes, view)),
        },
        Command::Export { asked: args::Export::Terraform(asked) } => export::terraform(root, asked, view),
        Command::Purge(asked) => wait(purge::run(root, asked, view)),
        Command::Edge(asked) => {
            let profile = match asked.profile {
                EdgeProfile::Landing => Profile::Landing,
                EdgeProfile::Rfc => Profile::Rfc,
            };
            let (environment, origin) = (asked.environment.as_deref(), asked.origin.as_deref());
            let (token, listen, points, shield) = (asked.token.as_deref(), asked.listen, asked.points, asked.shield);
            wait(edge::run(root, edge::Asked { environment, origin, listen, token, profile, points, shield }, view))
        }
    }
}

/// Runs a command that waits for files and networks.
fn wait(command: impl Future<Output = Result<Exit, Diagnostics>>) -> Result<Exit, Diagnostics> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime.map_err(|err| Diagnostic::new(Code::Bug, format!("no threads to run on: {err}")))?.block_on(command)
}

/// Help and version are no errors; everything else that `clap` complains about is exit 2.
fn usage(err: &clap::Error, json: bool) -> Exit {
    if !err.use_stderr() {
        let _ = write!(anstream::stdout(), "{}", err.render().ansi());
        return Exit::Done;
    }
    if json {
        let text = err.render().to_string();
        // What is missing stands in lines of its own.
        let said: Vec<&str> = text.lines().map(str::trim).take_while(|line| !line.is_empty()).collect();
        let message = said.join(" ");
        let wrong = crate::diag::Diagnostic::new(crate::diag::Code::Usage, message.trim_start_matches("error: "))
            .hint("see `landing --help`");
        return View::new(true).fail(&wrong.into());
    }
    let _ = write!(anstream::stderr(), "{}", err.render().ansi());
    Exit::Usage
}
