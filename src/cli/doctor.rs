//! `landing doctor`

use super::project::Project;
use super::report;
use super::view::View;
use crate::deploy::permit;
use crate::diag::{Diagnostics, Exit};
use crate::model::{Report, Verdict};
use crate::shell::doctor::examine;
use serde_json::json;
use std::path::Path;

pub(super) async fn run(root: &Path, environment: &str, view: &View) -> Result<Exit, Diagnostics> {
    let project = Project::open(root)?;
    let environment = project.environment(environment)?;
    let store = project.store(environment)?;
    let examined = Report { findings: examine(&store, &environment.url).await, offload: None };
    let policy = permit(&environment.store, environment.access.control.as_ref());
    view.report(report::doctor::lines(&examined, view.width()));
    if let Some(policy) = &policy {
        view.line("\nthe smallest policy that the credentials need:\n");
        view.line(format!("{policy:#}"));
    }
    let passed = |check: &str| examined.findings.iter().any(|it| it.check == check && it.verdict == Verdict::Pass);
    view.done(json!({
        "verdict": examined.verdict().name(),
        "store": store.name(),
        "conditional_writes": passed("conditional-create") && passed("compare-and-swap"),
        "region": store.traits().region,
        "findings": examined.findings,
        "policy": policy,
    }));
    Ok(match examined.verdict() {
        Verdict::Fail => Exit::FarSide,
        Verdict::Unknown => Exit::Inconclusive,
        _ => Exit::Done,
    })
}
