//! `landing verify`

use super::project::Project;
use super::report;
use super::standing::Standing;
use super::view::View;
use crate::diag::{Code, Diagnostic, Diagnostics, Exit};
use crate::model::{Report, Verdict};
use crate::shell::copies::compare;
use crate::shell::deploy as shell;
use std::path::Path;

pub(super) async fn run(root: &Path, environment: &str, view: &View) -> Result<Exit, Diagnostics> {
    let project = Project::open(root)?;
    let environment = &project.environment(environment)?;
    let store = project.store(environment)?;
    let state = project.state(environment);
    let basis = shell::begin(&store, &state).await?;
    let inventory = shell::inventory(&store, &state, &basis).await?;
    let Some(release) = inventory.shown() else {
        let nothing = Diagnostic::new(Code::NothingDeployed, format!("`{}` has no release yet", environment.name));
        return Err(nothing.hint(format!("run `landing deploy {}`", environment.name)).into());
    };
    let standing = Standing::before(&project, environment, &store, view).await?;
    let sink = |event| view.event(&event);
    let mut report = super::deploy::outside(&project, environment, &sink).examine(&release, None).await;
    report.findings.extend(compare(&store, &project.mirrors(environment), &release).await);
    show(&report, view);
    view.done(report::verify::json(&report));
    standing.end().await;
    Ok(match report.verdict() {
        Verdict::Fail => Exit::Verify,
        Verdict::Unknown => Exit::Inconclusive,
        _ => Exit::Done,
    })
}

/// The findings, in the color of their verdict.
pub(super) fn show(report: &Report, view: &View) {
    view.report(report::verify::lines(report, view.width()));
}
