//! `landing plan`, and a plan as words and as JSON.

use super::project::Project;
use super::view::View;
use crate::deploy;
use crate::diag::{Diagnostics, Exit};
use crate::model::{Plan, Reason};
use crate::shell::deploy as shell;
use serde_json::{Value, json};
use std::path::Path;

pub(super) async fn run(root: &Path, environment: &str, view: &View) -> Result<Exit, Diagnostics> {
    let project = Project::open(root)?;
    let environment = project.environment(environment)?;
    let store = project.store(environment)?;
    let state = project.state(environment);
    let basis = shell::begin(&store, &state).await?;
    let built = project.build(view)?.value;
    let inventory = shell::inventory(&store, &state, &basis).await?;
    let plan = deploy::plan(&built.release, &inventory);
    if let Some((head, _)) = inventory.head.filter(|(head, _)| !head.is_settled()) {
        view.note(&format!("release {} is not finished: a deploy finishes it first", head.release.hex16()));
    }
    for line in lines(&plan) {
        view.line(line);
    }
    view.done(as_json(&plan));
    Ok(Exit::Done)
}

/// The plan for people.
pub(super) fn lines(plan: &Plan) -> Vec<String> {
    let before =
        plan.basis.map_or_else(|| "nothing deployed yet".to_owned(), |basis| format!("live: {}", basis.hex16()));
    let mut lines = vec![format!("release  {}  ({before})", plan.release.hex16())];
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
    lines.extend(plan.purge.urls.iter().map(|url| format!("purge    {url}")));
    lines.extend(plan.purge.tags.iter().map(|tag| format!("purge    everything tagged `{tag}`")));
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
