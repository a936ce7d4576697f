//! `landing rollback` and `landing mode`: what an evening on air needs, without a build.

use super::args;
use super::deploy::{Work, finish, outside, permitted, show_outcome};
use super::project::Project;
use super::standing::Standing;
use super::view::View;
use crate::diag::{Diagnostics, Exit};
use crate::shell::deploy::{self as shell, Options, To};
use std::path::Path;

/// `landing rollback`
pub(super) async fn rollback(root: &Path, asked: &args::Rollback, view: &View) -> Result<Exit, Diagnostics> {
    let to = asked.release.clone().map_or(To::Before, To::Release);
    let question = asked.release.as_deref().unwrap_or("the release before");
    Box::pin(run(root, &asked.live, &to, &format!("roll back to {question} on"), view)).await
}

/// `landing mode`
pub(super) async fn mode(root: &Path, asked: &args::Mode, view: &View) -> Result<Exit, Diagnostics> {
    let mode: crate::model::Mode = asked.mode.into();
    Box::pin(run(root, &asked.live, &To::Mode(mode), &format!("show mode `{}` on", mode.name()), view)).await
}

async fn run(root: &Path, asked: &args::Live, to: &To, what: &str, view: &View) -> Result<Exit, Diagnostics> {
    let project = Project::open(root)?;
    let environment = &project.environment(&asked.environment)?;
    permitted(environment, asked.yes, what, view)?;
    let work = Work::new(&project, environment, asked.reason.as_deref(), view)?;
    let basis = shell::begin(&work.store, &work.state).await?;
    let standing = Standing::before(&project, environment, &work.store, view).await?;
    let sink = |event| view.event(&event);
    let outside = outside(&project, environment, &sink);
    if standing.is_fresh() {
        standing.warm(&shell::inventory(&work.store, &work.state, &basis).await?, &outside).await;
    }
    let options = Options { window: project.settings.event.window(crate::shell::now()), ..Options::default() };
    let done = work.carry_out(&outside, options, async |site| Box::pin(shell::switch(site, basis, to)).await).await;
    standing.end().await;
    let outcome = done?;
    show_outcome(&outcome, &outside, view);
    finish(outcome, view)
}
