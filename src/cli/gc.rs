//! `landing gc`

use super::args;
use super::deploy::{Work, outside, permitted};
use super::project::Project;
use super::view::View;
use crate::diag::{Code, Diagnostic, Diagnostics, Exit};
use crate::shell::deploy::{self as shell, Options, Rules, Swept};
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
    for held in &swept.garbage {
        view.line(format!("{}  {} bytes, of {}", held.key, held.size, held.modified));
    }
    let bytes: u64 = swept.garbage.iter().map(|held| held.size).sum();
    let objects = plural(swept.garbage.len(), "object", "objects");
    let kept = plural(swept.kept.len(), "release", "releases");
    view.line(match (swept.garbage.is_empty(), swept.deleted) {
        (true, _) => format!("nothing to delete, {kept} kept"),
        (_, true) => format!("{objects} deleted, {bytes} bytes; {kept} kept"),
        (_, false) => format!("{objects} could go, {bytes} bytes; {kept} kept; `--delete` deletes them"),
    });
    let keys: Vec<&str> = swept.garbage.iter().map(|held| held.key.as_str()).collect();
    view.done(json!({ "deleted": swept.deleted, "garbage": keys, "bytes": bytes, "kept": swept.kept }));
}

fn grace(raw: &str) -> Result<jiff::SignedDuration, Diagnostic> {
    raw.parse::<jiff::SignedDuration>()
        .ok()
        .filter(|grace| !grace.is_negative())
        .ok_or_else(|| Diagnostic::new(Code::Usage, format!("`{raw}` is no span of time")).hint("write `--grace 24h`"))
}
