//! `landing doctor`: the primary store and its mirrors, one after the other, and whether they hold the same.

use super::project::{Project, is_edge};
use super::report;
use super::view::View;
use crate::deploy::permit;
use crate::diag::{Diagnostic, Diagnostics, Exit};
use crate::model::{Environment, Finding, Report, Verdict};
use crate::shell::copies::compare;
use crate::shell::deploy::{self as shell, Mirror};
use crate::shell::doctor::{examine, examine_mirror};
use crate::shell::panel;
use crate::shell::sender::{Patience, Sender};
use crate::store::Store;
use serde_json::{Value, json};
use std::path::Path;

pub(super) async fn run(root: &Path, environment: &str, view: &View) -> Result<Exit, Diagnostics> {
    let project = Project::open(root)?;
    let environment = &project.environment(environment)?;
    let store = project.store(environment)?;
    let mut examined = Report { findings: examine(&store, &environment.url).await, ..Report::default() };
    let policy = permit(&environment.store, environment.access.control.as_ref(), environment.access.labels.has_tags());
    view.report(report::doctor::lines(&examined, view.width()));
    if let Some(policy) = &policy {
        view.line("\nthe smallest policy that the credentials need:\n");
        view.line(format!("{policy:#}"));
    }
    let conditional_writes = conditional(&examined.findings);
    let mirrors = project.mirrors(environment);
    let mut told = Vec::new();
    for (mirror, place) in mirrors.iter().zip(&environment.mirrors) {
        let findings = examine_mirror(mirror).await;
        let report = Report { findings, ..Report::default() };
        view.line(format!("\nmirror `{}`", mirror.name));
        view.report(report::doctor::lines(&report, view.width()));
        told.push(json!({
            "store": mirror.name,
            "conditional_writes": conditional(&report.findings),
            "policy": permit(&place.store, None, place.access.labels.has_tags()),
        }));
        examined.findings.extend(report.findings);
    }
    examined.findings.extend(copies(&project, environment, &store, &mirrors, view).await?);
    examined.findings.extend(tokens(&project, environment, view).await?);
    view.done(as_json(&examined, &store, conditional_writes, policy.as_ref(), &told));
    Ok(match examined.verdict() {
        Verdict::Fail => Exit::FarSide,
        Verdict::Unknown => Exit::Inconclusive,
        _ => Exit::Done,
    })
}

/// Whether the tokens for purging may do more than that. The embedded edge has a token of its own making.
async fn tokens(project: &Project, environment: &Environment, view: &View) -> Result<Vec<Finding>, Diagnostic> {
    if environment.cdn.iter().all(|account| is_edge(&account.provider)) {
        return Ok(Vec::new());
    }
    let mut findings = Vec::new();
    match project.purgers(environment) {
        Ok(purgers) => {
            let sender = Sender::new(Patience::default())?;
            for purger in purgers {
                findings.extend(Box::pin(panel::rights(&sender, &purger)).await);
                findings.extend(Box::pin(panel::strangers(&sender, &purger)).await);
            }
        }
        Err(wrong) => findings.push(
            Finding::new("purge-token", environment.name.as_str(), Verdict::Fail, wrong.message)
                .remedy(wrong.hint.unwrap_or_default()),
        ),
    }
    view.report(report::doctor::lines(&Report { findings: findings.clone(), ..Report::default() }, view.width()));
    Ok(findings)
}

fn conditional(findings: &[Finding]) -> bool {
    let passed = |check: &str| findings.iter().any(|it| it.check == check && it.verdict == Verdict::Pass);
    passed("conditional-create") && passed("compare-and-swap")
}

/// Whether commands have to agree among each other, because the store was seen not to look at conditions.
fn agreed(findings: &[Finding]) -> bool {
    let ignored =
        |it: &Finding| matches!(it.check, "conditional-create" | "compare-and-swap") && it.verdict == Verdict::Warn;
    findings.iter().any(ignored)
}

/// Whether all of them hold what is live; nothing, when there are no mirrors or nothing is live.
async fn copies(
    project: &Project,
    environment: &Environment,
    store: &Store,
    mirrors: &[Mirror],
    view: &View,
) -> Result<Vec<Finding>, Diagnostic> {
    if mirrors.is_empty() {
        return Ok(Vec::new());
    }
    let state = project.state(environment);
    let basis = shell::begin(store, &state).await?;
    let Some(release) = shell::inventory(store, &state, &basis).await?.shown() else { return Ok(Vec::new()) };
    let findings = compare(store, mirrors, &release).await;
    let report = Report { findings, ..Report::default() };
    view.line("\nwhat is live, in every store");
    view.report(report::doctor::lines(&report, view.width()));
    Ok(report.findings)
}

fn as_json(examined: &Report, store: &Store, conditional: bool, policy: Option<&Value>, mirrors: &[Value]) -> Value {
    json!({
        "verdict": examined.verdict().name(),
        "store": store.name(),
        "conditional_writes": conditional,
        "advisory_lock": agreed(&examined.findings),
        "region": store.traits().region,
        "findings": examined.findings,
        "policy": policy,
        "mirrors": mirrors,
    })
}
