//! `landing deploy` and `landing purge`

use super::plan;
use super::project::{Project, has_own_edge};
use super::verify;
use super::view::View;
use crate::build::Built;
use crate::deploy::plan as planned;
use crate::diag::{Code, Diagnostic, Diagnostics, Exit};
use crate::model::{Environment, Inventory, State};
use crate::shell::deploy::{self as shell, Basis, Options, Outcome, Prover as _, Site};
use crate::shell::fronting::{Fronting, fronting};
use crate::shell::prove::Outside;
use crate::shell::sender::{Patience, Sender};
use crate::shell::{Sink, purge, signal};
use crate::store::Store;
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Mutex;
use std::time::Duration;

/// What `landing deploy` was asked for.
pub(super) struct Asked<'a> {
    pub(super) environment: &'a str,
    pub(super) adopt: bool,
    pub(super) yes: bool,
    pub(super) no_serve: bool,
}

pub(super) async fn run(root: &Path, asked: Asked<'_>, view: &View) -> Result<Exit, Diagnostics> {
    let project = Project::open(root)?;
    let environment = project.environment(asked.environment)?;
    permitted(environment, asked.yes, view)?;
    let store = project.store(environment)?;
    let state = project.state(environment);
    // Before the build: who deploys meanwhile wins.
    let basis = shell::begin(&store, &state).await?;
    let built = project.build(view)?.value;
    let serve = view.is_terminal() && !asked.no_serve && has_own_edge(environment);
    let standing = if is_live(&basis, &built) && !serve {
        Standing::Elsewhere
    } else {
        Standing::before(&project, environment, &store, view).await?
    };
    let done = deployed(&project, environment, &store, &standing, basis, &built, asked.adopt, view).await;
    if serve && done.as_ref().is_ok_and(|exit| *exit == Exit::Done) {
        view.line(format!("serving {}, Ctrl-C ends it", environment.url));
        signal::ended().await;
    }
    if is_lost(&done) {
        standing.lend(&store, &state).await;
    }
    standing.end().await;
    done
}

/// Nothing to do: not even an edge is needed.
fn is_live(basis: &Basis, built: &Built) -> bool {
    basis
        .head
        .as_ref()
        .is_some_and(|(head, _)| head.is_settled() && head.verified && head.release == built.release.id())
}

fn is_lost(done: &Result<Exit, Diagnostics>) -> bool {
    done.as_ref().is_err_and(|wrong| wrong.exit() == Exit::Outdated)
}

#[expect(clippy::too_many_arguments, reason = "the values of one command, each used once")]
async fn deployed(
    project: &Project,
    environment: &Environment,
    store: &Store,
    standing: &Standing,
    basis: Basis,
    built: &Built,
    adopt: bool,
    view: &View,
) -> Result<Exit, Diagnostics> {
    let state = project.state(environment);
    let sink = |event| view.event(&event);
    let outside = outside(project, environment, &sink);
    if !is_live(&basis, built) {
        let inventory = shell::inventory(store, &state, &basis)
            .await
            .or_else(|err| if adopt { Ok(Inventory::default()) } else { Err(err) })?;
        standing.warm(&inventory, &outside).await;
        show_plan(&planned(&built.release, &inventory), view);
    }
    let purgers = project.purgers(environment)?;
    let sender = Sender::new(Patience::default())?;
    let cancel = signal::cancel();
    let site = Site {
        store,
        state: &state,
        url: &environment.url,
        purgers: &purgers,
        sender: &sender,
        prover: &outside,
        sink: &sink,
        cancel: &cancel,
        by: &shell::who(),
        options: Options { adopt, ..Options::default() },
    };
    let outcome = shell::run(site, basis, &built.bundle, &built.release).await?;
    show_outcome(&outcome, &outside, view);
    match standing {
        Standing::Elsewhere => {}
        Standing::Running => view.line(format!("served by the edge that was running at {}", environment.url)),
        Standing::Ours(_) => view.line(format!("`landing edge {}` serves it", environment.name)),
    }
    finish(outcome, view)
}

fn show_plan(plan: &crate::model::Plan, view: &View) {
    for line in plan::lines(plan) {
        view.line(line);
    }
    if view.is_json() {
        let mut event = plan::as_json(plan);
        event["event"] = "plan".into();
        view.json(&event);
    }
}

fn show_outcome(outcome: &Outcome, outside: &Outside<'_>, view: &View) {
    if let Some(report) = outside.report.lock().expect("nobody panics while holding the report").as_ref() {
        view.line("");
        verify::show(report, view);
        view.line("");
    }
    let id = outcome.release.hex16();
    let verified = if outcome.verified { "verified" } else { "not verified" };
    let requests =
        crate::text::plural(usize::try_from(outcome.store_requests).unwrap_or(usize::MAX), "request", "requests");
    if outcome.documents.is_empty() && outcome.purge_calls == 0 && outcome.store_writes == 0 {
        view.line(format!("release {id} is live already, {verified}; nothing to do ({requests} to the store)"));
    } else {
        let documents = crate::text::plural(outcome.documents.len(), "document", "documents");
        let purged = crate::text::plural(outcome.purged.len(), "URL", "URLs");
        view.line(format!(
            "release {id} is live, {verified}: {documents} written, {purged} purged ({requests} to the store)"
        ));
    }
    view.line(&outcome.url);
}

/// The last line, and how it ends: a release that is live but not as it should be is not "done".
fn finish(outcome: Outcome, view: &View) -> Result<Exit, Diagnostics> {
    view.done(as_json(&outcome));
    match outcome.complaint {
        None => Ok(Exit::Done),
        Some(complaint) => Err(complaint.into()),
    }
}

fn as_json(outcome: &Outcome) -> Value {
    json!({
        "release": outcome.release,
        "previous": outcome.previous,
        "store_requests": outcome.store_requests,
        "store_writes": outcome.store_writes,
        "documents": outcome.documents,
        "purged": outcome.purged,
        "purge_calls": outcome.purge_calls,
        "verified": outcome.verified,
        "offload": outcome.offload,
        "url": outcome.url,
        "owed": outcome.owed.urls,
    })
}

/// A protected environment wants to hear yes.
fn permitted(environment: &Environment, yes: bool, view: &View) -> Result<(), Diagnostic> {
    if !environment.protect
        || yes
        || (view.is_terminal() && view.ask(&format!("deploy to `{}` ({})?", environment.name, environment.url)))
    {
        return Ok(());
    }
    Err(Diagnostic::new(Code::NeedsYes, format!("`{}` is protected", environment.name)).hint("say `--yes`"))
}

/// The proof of an environment, seen from outside.
pub(super) fn outside<'a>(project: &'a Project, environment: &'a Environment, sink: Sink<'a>) -> Outside<'a> {
    let settings = &project.settings;
    Outside {
        base: &environment.url,
        event: &settings.event,
        waivers: &settings.check.waivers,
        sink,
        report: Mutex::new(None),
    }
}

/// The edge in front of an environment while a command runs.
pub(super) enum Standing {
    /// Somebody else's CDN, or none is needed.
    Elsewhere,
    /// Our edge, in a process of its own.
    Running,
    /// Our edge, in this process.
    Ours(Box<crate::serve::Front>),
}

/// How long the loser of a race keeps its edge up for the winner, who may be using it.
const LENT: Duration = Duration::from_secs(20);

impl Standing {
    /// Finds or starts the edge, when the environment's CDN is ours.
    pub(super) async fn before(
        project: &Project,
        environment: &Environment,
        store: &Store,
        view: &View,
    ) -> Result<Self, Diagnostic> {
        if !has_own_edge(environment) {
            return Ok(Self::Elsewhere);
        }
        let token = project.edge_token()?;
        match fronting(project.root(), environment, store, &token).await? {
            Fronting::Running => Ok(Self::Running),
            Fronting::Ours(front) => {
                view.note(&format!("no edge listens at {}: started one in this process", environment.url));
                Ok(Self::Ours(front))
            }
        }
    }

    /// A fresh edge is filled with what is live, so that the purge has something to evict.
    async fn warm(&self, inventory: &Inventory, outside: &Outside<'_>) {
        let live = inventory.head.as_ref().is_some_and(|(head, _)| head.state == State::Live);
        if let (Self::Ours(_), Some(release), true) = (self, &inventory.release, live) {
            outside.warm(release, &release.urls()).await;
        }
    }

    /// Keeps the edge up until the winner of a race, who may be using it, has settled.
    async fn lend(&self, store: &Store, state: &Path) {
        if !matches!(self, Self::Ours(_)) {
            return;
        }
        let settled = async {
            while !shell::begin(store, state)
                .await
                .is_ok_and(|basis| basis.head.is_some_and(|(head, _)| head.is_settled()))
            {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        };
        let _ = tokio::time::timeout(LENT, settled).await;
    }

    pub(super) async fn end(self) {
        if let Self::Ours(front) = self {
            front.stop().await;
        }
    }
}

/// `landing purge`
pub(super) async fn purge(root: &Path, environment: &str, what: purge::What, view: &View) -> Result<Exit, Diagnostics> {
    let project = Project::open(root)?;
    let environment = project.environment(environment)?;
    let store = project.store(environment)?;
    let state = project.state(environment);
    let basis = shell::begin(&store, &state).await?;
    let standing = Standing::before(&project, environment, &store, view).await?;
    let purgers = project.purgers(environment)?;
    let sender = Sender::new(Patience::default())?;
    let (sink, cancel) = (|event| view.event(&event), signal::cancel());
    let outside = outside(&project, environment, &sink);
    let site = Site {
        store: &store,
        state: &state,
        url: &environment.url,
        purgers: &purgers,
        sender: &sender,
        prover: &outside,
        sink: &sink,
        cancel: &cancel,
        by: &shell::who(),
        options: Options::default(),
    };
    let purged = purge::purge(site, basis, what).await;
    standing.end().await;
    let outcome = purged?;
    let urls = crate::text::plural(outcome.purged.len(), "URL", "URLs");
    let verified = if outcome.verified { "verified" } else { "not verified" };
    view.line(format!("{urls} purged, {verified}"));
    finish(outcome, view)
}
