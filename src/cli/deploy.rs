//! `landing deploy`, and the same with `--repair`

use super::args;
use super::plan;
use super::project::{Project, Publication, has_own_edge};
use super::standing::Standing;
use super::verify;
use super::view::View;
use super::window::too_wide;
use crate::cdn;
use crate::deploy::plan as planned;
use crate::diag::{Code, Diagnostic, Diagnostics, Exit};
use crate::model::{CANARY, Environment, Head, Inventory, Mode, Plan};
use crate::shell::deploy::{self as shell, Basis, Copy, Mirror, Options, Outcome, Site};
use crate::shell::probe::{self, Means};
use crate::shell::prove::Outside;
use crate::shell::sender::{Patience, Sender};
use crate::shell::{PlanFile, Sink, signal};
use crate::store::Store;
use crate::text::plural;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Duration;

/// What these commands work with.
pub(super) struct Work<'a> {
    project: &'a Project,
    environment: &'a Environment,
    pub(super) store: Store,
    mirrors: Vec<Mirror>,
    pub(super) state: PathBuf,
    /// Why, for the log.
    reason: Option<&'a str>,
    view: &'a View,
}

/// `landing apply`: a plan that was made before, if it still holds.
pub(super) async fn apply(root: &Path, asked: &args::Apply, view: &View) -> Result<Exit, Diagnostics> {
    let file = PlanFile::open(&asked.plan)?;
    let deploy = args::Deploy {
        environment: file.environment,
        from: file.from,
        adopt: false,
        repair: false,
        break_freeze: asked.break_freeze.clone(),
        yes: asked.yes,
        no_serve: true,
    };
    Box::pin(planned_run(root, &deploy, Some(&file.plan), view)).await
}

/// `landing deploy`
pub(super) async fn run(root: &Path, asked: &args::Deploy, view: &View) -> Result<Exit, Diagnostics> {
    Box::pin(planned_run(root, asked, None, view)).await
}

async fn planned_run(
    root: &Path,
    asked: &args::Deploy,
    expected: Option<&Plan>,
    view: &View,
) -> Result<Exit, Diagnostics> {
    let project = Project::open(root)?;
    let environment = &project.environment(&asked.environment)?;
    permitted(environment, asked.yes, "deploy to", view)?;
    let work = Work::new(&project, environment, asked.break_freeze.as_deref(), view)?;
    // Before the build: who deploys meanwhile wins.
    let basis = shell::begin(&work.store, &work.state).await?;
    let options = Options { adopt: asked.adopt, break_freeze: asked.break_freeze.is_some(), ..Options::default() };
    shell::thawed(&basis, options)?;
    let inventory = Inventory { head: basis.head.clone(), release: None };
    if expected.is_some_and(|plan| plan.inventory != inventory.digest()) {
        return Err(outdated("what is live has changed since the plan was made").into());
    }
    let built = project.publication(asked.from.as_deref(), environment, view)?;
    if let Some(plan) = expected.filter(|plan| plan.release != built.release.id()) {
        let (now, then) = (built.release.id().hex16(), plan.release.hex16());
        return Err(outdated(&format!("the source makes release {now}, the plan is for {then}")).into());
    }
    let serve = view.is_terminal() && !asked.no_serve && has_own_edge(environment);
    let standing = if work.is_live(&basis, &built) && !serve {
        Standing::Elsewhere
    } else {
        Standing::before(&project, environment, &work.store, view).await?
    };
    let done = Box::pin(work.deploy(&standing, basis, &built, options)).await;
    match standing.told(environment) {
        _ if done.is_err() => {}
        _ if serve => {
            view.line(format!("serving {}, Ctrl-C ends it", environment.url));
            signal::ended().await;
        }
        Some(told) => view.line(told),
        None => {}
    }
    if done.as_ref().is_err_and(|wrong| wrong.exit() == Exit::Outdated) {
        standing.lend(&work.store, &work.state).await;
    }
    standing.end().await;
    done
}

/// `landing deploy --repair`
pub(super) async fn repair(root: &Path, asked: &args::Deploy, view: &View) -> Result<Exit, Diagnostics> {
    let project = Project::open(root)?;
    let environment = &project.environment(&asked.environment)?;
    permitted(environment, asked.yes, "repair", view)?;
    let work = Work::new(&project, environment, None, view)?;
    let basis = shell::begin(&work.store, &work.state).await?;
    // Only what is gone has to be built again. Without its manifest nobody knows what should be there.
    let inventory = shell::inventory(&work.store, &work.state, &basis).await?;
    let standing = Standing::before(&project, environment, &work.store, view).await?;
    let sink = |event| view.event(&event);
    let outside = outside(&project, environment, &sink);
    let options = Options { adopt: asked.adopt, ..Options::default() };
    let gone = shell::gone(&work.store, &inventory).await?;
    let made = if gone.is_empty() { None } else { Some(project.publication(None, environment, view)?) };
    let mended = work
        .carry_out(&outside, options, async |site| {
            if let Some(made) = &made {
                shell::restore(site, &inventory, &gone, &made.bundle).await?;
            }
            shell::mend(site, basis).await
        })
        .await;
    standing.end().await;
    let outcome = mended?;
    show_outcome(&outcome, &outside, view);
    finish(outcome, view)
}

fn outdated(why: &str) -> Diagnostic {
    Diagnostic::new(Code::PlanOutdated, why).hint("make a new plan: `landing plan ENV -o FILE`")
}

/// A protected environment wants to hear yes.
pub(super) fn permitted(environment: &Environment, yes: bool, what: &str, view: &View) -> Result<(), Diagnostic> {
    let Environment { name, url, protect, .. } = environment;
    if !protect || yes || (view.is_terminal() && view.ask(&format!("{what} `{name}` ({url})?"))) {
        return Ok(());
    }
    Err(Diagnostic::new(Code::NeedsYes, format!("`{name}` is protected")).hint("say `--yes`"))
}

/// The proof of an environment, seen from outside.
pub(super) fn outside<'a>(project: &'a Project, environment: &'a Environment, sink: Sink<'a>) -> Outside<'a> {
    let (event, check) = (&project.settings.event, &project.settings.check);
    Outside {
        base: &environment.url,
        event,
        check,
        origin: environment.origin.as_deref(),
        sink,
        patience: patience(environment),
        run: probe::RUN,
        canary: if has_own_edge(environment) { Some(CANARY) } else { environment.canary.as_deref() },
        means: Means::default(),
        switches: environment.cdn.first().map_or(Vec::new(), |it| cdn::switches(&it.provider, &environment.name)),
        checks: crate::verify::ALL,
        report: Mutex::new(None),
    }
}

/// How long the slowest CDN takes to forget; one on this machine has done it when it says so.
fn patience(environment: &Environment) -> Duration {
    if crate::shell::sender::is_here(&environment.url) {
        return Duration::ZERO;
    }
    let seconds = environment.cdn.iter().filter_map(|told| Some(cdn::find(&told.provider)?.facts().settles)).max();
    Duration::from_secs(seconds.unwrap_or_default())
}

impl<'a> Work<'a> {
    pub(super) fn new(
        project: &'a Project,
        environment: &'a Environment,
        reason: Option<&'a str>,
        view: &'a View,
    ) -> Result<Self, Diagnostic> {
        let (store, state) = (project.store(environment)?, project.state(environment));
        let mirrors = project.mirrors(environment);
        Ok(Self { project, environment, store, mirrors, state, reason, view })
    }

    /// Nothing to do: not even an edge is needed.
    fn is_live(&self, basis: &Basis, built: &Publication) -> bool {
        let copied = |head: &Head| self.mirrors.iter().all(|it| head.copies.get(&it.name) == Some(&head.shows()));
        let proven = |head: &Head| head.is_settled() && head.verified && head.release == built.release.id();
        basis.head.as_ref().is_some_and(|(head, _)| proven(head) && copied(head))
    }

    async fn deploy(
        &self,
        standing: &Standing,
        basis: Basis,
        built: &Publication,
        options: Options,
    ) -> Result<Exit, Diagnostics> {
        let sink = |event| self.view.event(&event);
        let outside = outside(self.project, self.environment, &sink);
        if !self.is_live(&basis, built) {
            let inventory = match shell::inventory(&self.store, &self.state, &basis).await {
                // Whoever adopts what stands there may have lost the manifest as well.
                Err(_) if options.adopt => Inventory::default(),
                inventory => inventory?,
            };
            standing.warm(&inventory, &outside).await;
            let plan = planned(&built.release, &inventory);
            show_plan(&plan, self.environment, self.view);
            self.view.warn(&too_wide(self.environment, &plan.purge, &self.project.settings.event));
            if let Some(text) = super::plan::spare(&plan, &built.release, &inventory, self.environment) {
                self.view.note(&text);
            }
        }
        let deploy = async |site: Site<'_>| Box::pin(shell::run(site, basis, &built.bundle, &built.release)).await;
        let outcome = self.carry_out(&outside, options, deploy).await?;
        show_outcome(&outcome, &outside, self.view);
        finish(outcome, self.view)
    }

    /// Hands everything that a deploy needs to `command`.
    pub(super) async fn carry_out(
        &self,
        outside: &Outside<'_>,
        options: Options,
        command: impl AsyncFnOnce(Site<'_>) -> Result<Outcome, Diagnostic>,
    ) -> Result<Outcome, Diagnostic> {
        self.with_site(outside, options, command).await
    }

    /// The same for a command with another result.
    pub(super) async fn with_site<T>(
        &self,
        outside: &Outside<'_>,
        options: Options,
        command: impl AsyncFnOnce(Site<'_>) -> Result<T, Diagnostic>,
    ) -> Result<T, Diagnostic> {
        let site = Site {
            name: &self.environment.name,
            store: &self.store,
            mirrors: &self.mirrors,
            state: &self.state,
            url: &self.environment.url,
            purgers: &self.project.purgers(self.environment)?,
            sender: &Sender::new(Patience::default())?,
            prover: outside,
            sink: outside.sink,
            cancel: &signal::cancel(),
            by: &shell::who(),
            reason: self.reason,
            options: Options { routing: self.environment.routing.unwrap_or_default(), ..options },
        };
        Box::pin(command(site)).await
    }
}

fn show_plan(plan: &Plan, environment: &Environment, view: &View) {
    for line in plan::lines(plan, environment) {
        view.line(line);
    }
    if view.is_json() {
        let mut event = plan::as_json(plan);
        event["event"] = "plan".into();
        view.json(&event);
    }
}

pub(super) fn show_outcome(outcome: &Outcome, outside: &Outside<'_>, view: &View) {
    if let Some(report) = outside.report.lock().expect("nobody panics while holding the report").as_ref() {
        view.line("");
        verify::show(report, view);
        view.line("");
    }
    let id = outcome.release.hex16();
    let verified = if outcome.verified { "verified" } else { "not verified" };
    let requests = usize::try_from(outcome.store_requests).unwrap_or(usize::MAX);
    let requests = format!("{} to the store", plural(requests, "request", "requests"));
    if outcome.store_writes == 0 && outcome.purge_calls == 0 {
        view.line(format!("release {id} is live already, {verified}; nothing to do ({requests})"));
    } else {
        let documents = plural(outcome.documents.len(), "document", "documents");
        // Without a CDN nothing is.
        let purged = match outcome.purged.len() {
            0 => String::new(),
            urls => format!(", {} purged", plural(urls, "URL", "URLs")),
        };
        view.line(format!("release {id} is live, {verified}: {documents} written{purged} ({requests})"));
    }
    if outcome.mode != Mode::Normal {
        view.line(format!("shown in mode `{}`", outcome.mode.name()));
    }
    for copy in &outcome.copies {
        view.line(copy_line(copy));
    }
    if outcome.advisory_lock {
        view.line("under an advisory lock: the store does not look at conditions (`landing doctor`)");
    }
    view.line(&outcome.url);
}

/// What a mirror has, for people.
pub(super) fn copy_line(copy: &Copy) -> String {
    let Copy { store, whole, release, owed, .. } = copy;
    if *whole {
        return format!("mirror `{store}` holds it");
    }
    let has = release.map_or_else(|| "is not known to be whole".to_owned(), |id| format!("holds {}", id.hex16()));
    let why = owed.as_deref().map(|why| format!(" ({why})")).unwrap_or_default();
    format!("mirror `{store}` {has}: a copy is owed to it{why}")
}

/// The last line, and how it ends: a release that is live but not as it should be is not "done".
pub(super) fn finish(outcome: Outcome, view: &View) -> Result<Exit, Diagnostics> {
    view.done(as_json(&outcome));
    outcome.complaint.map_or(Ok(Exit::Done), |complaint| Err(complaint.into()))
}

fn as_json(outcome: &Outcome) -> Value {
    json!({
        "release": outcome.release,
        "previous": outcome.previous,
        "mode": outcome.mode,
        "store_requests": outcome.store_requests,
        "store_writes": outcome.store_writes,
        "documents": outcome.documents,
        "purged": outcome.purged,
        "purge_calls": outcome.purge_calls,
        "verified": outcome.verified,
        "offload": outcome.offload,
        "url": outcome.url,
        "owed": outcome.owed.urls,
        "copies": outcome.copies,
        "advisory_lock": outcome.advisory_lock,
    })
}
