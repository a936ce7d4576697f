//! `landing gc`

use super::args;
use super::deploy::{Work, outside, permitted};
use super::project::Project;
use super::view::View;
use crate::deploy::Held;
use crate::diag::{Code, Diagnostic, Diagnostics, Exit};
use crate::shell::deploy::{self as shell, Options, Rules, Swept};
use crate::shell::when;
use crate::text::plural;
use serde_json::json;
use std::path::Path;

pub(super) async fn run(root: &Path, asked: &args::Gc, view: &View) -> Result<Exit, Diagnostics> {
    let project = Project::open(root)?;
    let environment = &project.environment(&asked.environment)?;
    if asked.delete {
        permitted(environment, asked.yes, "delete what nobody needs from", view)?;
    }
    let rules = Rules {
        retention: environment.retention,
        grace: grace(&asked.grace)?,
        max_deletes: asked.max_deletes,
        delete: asked.delete,
    };
    let work = Work::new(&project, environment, None, view)?;
    let basis = shell::begin(&work.store, &work.state).await?;
    let sink = |event| view.event(&event);
    let outside = outside(&project, environment, &sink);
    let swept = work.with_site(&outside, Options::default(), async |site| shell::gc(site, basis, rules).await).await?;
    show(&swept, view);
    Ok(Exit::Done)
}

fn show(swept: &Swept, view: &View) {
    let kept = plural(swept.kept.len(), "release", "releases");
    list("", &swept.garbage, swept.deleted, &kept, view);
    for (name, garbage) in &swept.mirrors {
        list(&format!("mirror `{name}`: "), garbage, swept.deleted, &kept, view);
    }
    let mirrors = swept.mirrors.iter();
    let mirrors = mirrors.map(|(name, held)| json!({ "store": name, "garbage": keys(held), "bytes": bytes(held) }));
    view.done(json!({
        "deleted": swept.deleted,
        "garbage": keys(&swept.garbage),
        "bytes": bytes(&swept.garbage),
        "kept": swept.kept,
        "mirrors": mirrors.collect::<Vec<_>>(),
    }));
}

/// What nobody needs in one store.
fn list(of: &str, garbage: &[Held], deleted: bool, kept: &str, view: &View) {
    for held in garbage {
        view.line(format!("{}  {} bytes, of {}", held.key, held.size, when(held.modified)));
    }
    let (objects, bytes) = (plural(garbage.len(), "object", "objects"), bytes(garbage));
    view.line(match (garbage.is_empty(), deleted) {
        (true, _) => format!("{of}nothing to delete, {kept} kept"),
        (_, true) => format!("{of}{objects} deleted, {bytes} bytes; {kept} kept"),
        (_, false) => format!("{of}{objects} could go, {bytes} bytes; {kept} kept; `--delete` deletes them"),
    });
}

fn keys(garbage: &[Held]) -> Vec<&str> {
    garbage.iter().map(|held| held.key.as_str()).collect()
}

fn bytes(garbage: &[Held]) -> u64 {
    garbage.iter().map(|held| held.size).sum()
}

fn grace(raw: &str) -> Result<jiff::SignedDuration, Diagnostic> {
    raw.parse::<jiff::SignedDuration>()
        .ok()
        .filter(|grace| !grace.is_negative())
        .ok_or_else(|| Diagnostic::new(Code::Usage, format!("`{raw}` is no span of time")).hint("write `--grace 24h`"))
}
