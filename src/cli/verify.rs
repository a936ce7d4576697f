//! `landing verify`

use super::address::Address;
use super::args::{Verify, VerifyFormat};
use super::project::Project;
use super::report::verify::{self as report, Cover};
use super::standing::Standing;
use super::view::View;
use crate::diag::{Code, Diagnostic, Diagnostics, Exit};
use crate::model::{CheckSettings, Report, Verdict, Waiver};
use crate::shell::copies::compare;
use crate::shell::foreign::Page;
use crate::shell::probe::Purging;
use crate::shell::sender::{Patience, Sender};
use crate::shell::{Workspace, deploy as shell, now, report_file};
use crate::verify;
use std::path::Path;

pub(super) async fn run(root: &Path, asked: &Verify, view: &View) -> Result<Exit, Diagnostics> {
    let shown = asked.shown(view.is_json());
    // Before anything is asked: a name that cannot be meant is said at once.
    asked.written()?;
    let view = &View::new(shown == VerifyFormat::Json);
    if let Some(address) = Address::parse(&asked.target) {
        return elsewhere(root, asked, &address?, view).await;
    }
    let meant = |wrong: Diagnostics| Address::bare(&asked.target).map_or(wrong, Diagnostics::from);
    let project = Project::open(root).map_err(meant)?;
    let environment = &project.environment(&asked.target).map_err(|wrong| meant(wrong.into()))?;
    let store = project.store(environment)?;
    let state = project.state(environment);
    let basis = shell::begin(&store, &state).await?;
    let inventory = shell::inventory(&store, &state, &basis).await?;
    let Some(release) = inventory.shown().map(|it| it.routed(environment.routing.unwrap_or_default())) else {
        let nothing = Diagnostic::new(Code::NothingDeployed, format!("`{}` has no release yet", environment.name));
        return Err(nothing.hint(format!("run `landing deploy {}`", environment.name)).into());
    };
    let standing = Standing::before(&project, environment, &store, view).await?;
    let sink = |event| view.event(&event);
    let at = now();
    let purgers = if asked.drill { project.purgers(environment)? } else { Vec::new() };
    let sender = Sender::new(Patience::default())?;
    let mut outside = super::deploy::outside(&project, environment, &sink);
    outside.purging =
        (!purgers.is_empty()).then_some(Purging { sender: &sender, purgers: &purgers, settles: outside.patience });
    outside.run = asked.run();
    let checks = [verify::ALL, if asked.drill { verify::DRILLS } else { &[] }].concat();
    outside.checks = &checks;
    let mut report = outside.examine(&release, None).await;
    report.findings.extend(compare(&store, &project.mirrors(environment), &release).await);
    verify::waive(&mut report.findings, &environment.url, &project.settings.check.waivers, at);
    warn_of_idle(&report, &environment.url, &project.settings.check, view);
    standing.end().await;
    let cover = Cover {
        url: &environment.url,
        environment: Some(&environment.name),
        release: Some(release.id()),
        event: &project.settings.event,
        at,
    };
    told(asked, &report, &cover, view)
}

/// A page that landing did not build. The event and the waivers are those of the project, where there is one.
async fn elsewhere(root: &Path, asked: &Verify, address: &Address, view: &View) -> Result<Exit, Diagnostics> {
    let project = if Workspace::open(root).is_ok() { Some(Project::open(root)?) } else { None };
    let settings = project.as_ref().map(|project| &project.settings);
    let own = settings.into_iter().flat_map(|it| it.environments.values()).find(|it| it.url == address.base);
    if let Some(own) = own {
        view.note(&format!("`landing verify {}` compares this address with its release, too", own.name));
    }
    let event = settings.map(|settings| settings.event.clone()).unwrap_or_default();
    let check = settings.map(|settings| settings.check.clone()).unwrap_or_default();
    let at = now();
    let page =
        Page { base: &address.base, url: &address.page, event: &event, check: &check, now: at, run: asked.run() };
    let report = page.examine(&|event| view.event(&event)).await?;
    warn_of_idle(&report, &address.base, &check, view);
    let url = format!("{}{}", address.base, address.page.target());
    let cover = Cover { url: &url, environment: None, release: None, event: &event, at };
    told(asked, &report, &cover, view)
}

/// Waivers that are about nothing are said: they may be misspelled.
fn warn_of_idle(report: &Report, base: &str, check: &CheckSettings, view: &View) {
    let idle: Vec<Diagnostic> =
        verify::idle(&report.findings, base, &check.waivers).into_iter().map(Waiver::idle).collect();
    view.warn(&idle);
}

/// Shows the report, writes it where it is wanted, and says how it ends.
fn told(asked: &Verify, report: &Report, cover: &Cover<'_>, view: &View) -> Result<Exit, Diagnostics> {
    match asked.shown(view.is_json()) {
        VerifyFormat::Text => show(report, view),
        VerifyFormat::Json => view.done(report::json(report, cover)),
        form => written(form, report, cover).lines().for_each(|line| view.line(line)),
    }
    if let Some(path) = &asked.out {
        report_file::save(path, written(asked.written()?, report, cover).as_bytes())?;
    }
    Ok(match report.verdict() {
        Verdict::Fail => Exit::Verify,
        Verdict::Unknown => Exit::Inconclusive,
        _ => Exit::Done,
    })
}

/// The report as it stands in a file.
fn written(form: VerifyFormat, report: &Report, cover: &Cover<'_>) -> String {
    match form {
        VerifyFormat::Text => report::lines(report, 80).into_iter().map(|line| line.text + "\n").collect(),
        VerifyFormat::Json => format!("{:#}\n", report::json(report, cover)),
        VerifyFormat::Junit => report::junit(report),
        VerifyFormat::Github => report::github(report),
        VerifyFormat::Markdown => report::markdown(report, cover),
        VerifyFormat::Html => report::html(report, cover),
    }
}

/// The findings, in the color of their verdict.
pub(super) fn show(report: &Report, view: &View) {
    view.report(report::lines(report, view.width()));
}
