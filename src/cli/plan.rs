//! `landing plan`, and a plan as words and as JSON.

use super::args;
use super::project::{Project, has_own_edge};
use super::view::View;
use super::window::too_wide;
use crate::cdn;
use crate::deploy;
use crate::diag::{Code, Diagnostic, Diagnostics, Exit};
use crate::model::{Environment, Inventory, Mode, Plan, Reason, Release, Routing};
use crate::shell::PlanFile;
use crate::shell::deploy as shell;
use crate::text::plural;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::Path;

pub(super) async fn run(root: &Path, asked: &args::Plan, view: &View) -> Result<Exit, Diagnostics> {
    let project = Project::open(root)?;
    let environment = &project.environment(&asked.environment)?;
    let store = project.store(environment)?;
    let state = project.state(environment);
    let basis = shell::begin(&store, &state).await?;
    let built = project.publication(asked.from.as_deref(), environment, view)?;
    let inventory = shell::inventory(&store, &state, &basis).await?;
    let plan = deploy::plan(&built.release, &inventory);
    let spare = spare(&plan, &built.release, &inventory, environment);
    if let Some((head, _)) = inventory.head.as_ref().filter(|(head, _)| !head.is_settled()) {
        view.note(&format!("release {} is not finished: a deploy finishes it first", head.release.hex16()));
    }
    for line in lines(&plan, environment) {
        view.line(line);
    }
    if let Some(text) = &spare {
        view.note(text);
    }
    let calls = if plan.is_empty() { Vec::new() } else { Project::calls(environment, &plan.purge) };
    for line in calls.iter().flat_map(|(id, plan, requests)| asked_of(id, plan, *requests)) {
        view.line(line);
    }
    let mut warnings = cannot_send(&built.release, environment);
    if !plan.is_empty() {
        warnings.extend(too_wide(environment, &plan.purge, &project.settings.event));
    }
    view.warn(&warnings);
    if let Some(out) = &asked.out {
        let (environment, from) = (environment.name.clone(), asked.from.clone());
        PlanFile { format: PlanFile::FORMAT, environment, from, plan: plan.clone() }.save(out)?;
    }
    let mut result = as_json(&plan);
    result["warnings"] = warnings.iter().map(|it| it.message.as_str()).collect();
    let told = |(id, plan, requests): &(&str, cdn::Plan, usize)| json!({ "provider": id, "requests": requests, "seconds": plan.time.as_secs(), "cost": plan.cost, "notes": plan.notes });
    result["notes"] = spare.into_iter().collect();
    result["calls"] = calls.iter().map(told).collect();
    view.done(result);
    Ok(Exit::Done)
}

/// What a CDN will be asked, and whatever is more or less than what changed.
fn asked_of(id: &str, plan: &cdn::Plan, requests: usize) -> Vec<String> {
    let time = if plan.time.is_zero() { String::new() } else { format!(", {} s by its rates", plan.time.as_secs()) };
    let first = format!("call     {id}: {}{time}", plural(requests, "request", "requests"));
    let said = plan.notes.iter().chain(&plan.cost).map(|note| format!("         {note}"));
    std::iter::once(first).chain(said).collect()
}

/// What the store keeps but does not send, when it is not our own origin that reads it.
fn cannot_send(release: &Release, environment: &Environment) -> Vec<Diagnostic> {
    let Some(vendor) = environment.store.vendor().filter(|_| !has_own_edge(environment)) else { return Vec::new() };
    let kept: BTreeSet<&str> = release
        .entries
        .values()
        .flat_map(|entry| entry.headers.iter().map(|(name, _)| name))
        .filter(|name| !vendor.sends(name))
        .collect();
    if kept.is_empty() {
        return Vec::new();
    }
    let names: Vec<String> = kept.iter().map(|name| format!("`{name}`")).collect();
    let message = format!("the store `{}` keeps but does not send {}", environment.store, names.join(", "));
    vec![Diagnostic::new(Code::HostLimit, message).hint("let the CDN add them: they are the same for every page")]
}

/// What a bare bucket would not have to forget, where nobody said what answers the CDN: without that word our own origin is taken to,
/// since whoever forgets too little shows an old page.
pub(super) fn spare(
    plan: &Plan,
    release: &Release,
    inventory: &Inventory,
    environment: &Environment,
) -> Option<String> {
    let unsaid = environment.routing.is_none() && environment.store.vendor().is_some();
    if !unsaid || environment.cdn.is_empty() || has_own_edge(environment) {
        return None;
    }
    let bare = deploy::plan_in(&release.clone().routed(Routing::Plain), plan.mode, inventory);
    let spare = plan.purge.urls.difference(&bare.purge.urls).count();
    (spare > 0).then(|| {
        format!(
            "{} of the purge {} nothing where `{}` stands bare behind the CDN: say `routing` in `[env.{}]` (docs/cdn.md)",
            plural(spare, "address", "addresses"),
            if spare == 1 { "is" } else { "are" },
            environment.store,
            environment.name
        )
    })
}

/// The plan for people. Without a CDN nothing is purged: then it is only said which addresses answer something else.
pub(super) fn lines(plan: &Plan, environment: &Environment) -> Vec<String> {
    let before =
        plan.basis.map_or_else(|| "nothing deployed yet".to_owned(), |basis| format!("live: {}", basis.hex16()));
    let mut lines = vec![format!("release  {}  ({before})", plan.release.hex16())];
    if plan.mode != Mode::Normal {
        lines.push(format!("mode     {}", plan.mode.name()));
    }
    if plan.is_empty() {
        lines.push("plan     nothing to do".to_owned());
        return lines;
    }
    for (what, steps) in [("upload", &plan.uploads), ("write", &plan.documents)] {
        for step in steps {
            lines.push(format!("{what:<8} {}  ({})", step.key, reason(step.reason)));
        }
    }
    let kept = plan.variants.iter().map(|it| (it.mode.name(), &it.step));
    lines.extend(kept.map(|(mode, step)| format!("keep     {} for mode {mode}  ({})", step.key, reason(step.reason))));
    let verb = if environment.cdn.is_empty() { "change" } else { "purge" };
    lines.extend(plan.purge.urls.iter().map(|url| format!("{verb:<8} {url}")));
    lines.extend(plan.purge.tags.iter().map(|tag| format!("{verb:<8} everything tagged `{tag}`")));
    lines
}

fn reason(reason: Reason) -> &'static str {
    match reason {
        Reason::New => "new",
        Reason::BodyChanged => "body changed",
        Reason::HeadersChanged => "header fields changed",
    }
}

/// The plan for scripts.
pub(super) fn as_json(plan: &Plan) -> Value {
    json!({
        "release": plan.release,
        "basis": plan.basis,
        "mode": plan.mode,
        "uploads": plan.uploads,
        "documents": plan.documents,
        "variants": plan.variants,
        "purge": plan.purge.urls,
        "purge_tags": plan.purge.tags,
        "deletes": [],
    })
}
