//! `landing cdn`

use super::deploy::permitted;
use super::project::Project;
use super::view::View;
use crate::cdn::{self, Facts, Jurisdiction, Wish};
use crate::diag::{Diagnostics, Exit};
use crate::model::{Environment, TRACKING, Vendor};
use crate::shell::panel::{self, Todo};
use crate::shell::sender::{Patience, Sender};
use crate::text::plural;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;

/// `landing cdn list`: one provider per line, in 80 columns.
pub(super) fn list(view: &View) -> Exit {
    for cdn in cdn::ALL {
        view.line(line(cdn.facts()));
    }
    let providers: Vec<Value> = cdn::ALL.iter().map(|cdn| as_json(cdn.facts())).collect();
    view.done(json!({ "providers": providers }));
    Exit::Done
}

fn selectors(facts: &Facts) -> Vec<&'static str> {
    facts.takes.iter().map(|takes| takes.selector.name()).collect()
}

fn line(facts: &Facts) -> String {
    let selectors = selectors(facts).join(" ");
    format!("{:<14} {:<7} {selectors:<32} {}", facts.id, facts.evidence.name(), facts.jurisdiction.shown())
}

fn as_json(facts: &Facts) -> Value {
    let limits = facts.takes.iter().map(|takes| {
        let rate = takes.rate;
        json!({
            "selector": takes.selector.name(), "per_request": takes.items,
            "burst": rate.burst, "refill": rate.refill, "every_seconds": rate.every.as_secs(),
        })
    });
    let settings = facts.settings.iter().map(|it| json!({ "key": it.key, "required": it.required, "says": it.says }));
    json!({
        "id": facts.id,
        "evidence": facts.evidence.name(),
        "selectors": selectors(facts),
        "jurisdiction": facts.jurisdiction.shown(),
        "eu": matches!(facts.jurisdiction, Jurisdiction::Eu(_)),
        "limits": limits.collect::<Vec<_>>(),
        "success": facts.success,
        "propagation": facts.propagation,
        "settles_seconds": facts.settles,
        "tags": facts.tags.map(|field| json!({
            "field": field.name, "separator": field.separator, "most": field.most, "longest": field.longest, "bytes": field.bytes,
        })),
        "rights": facts.rights,
        "settings": settings.collect::<Vec<_>>(),
        "source": facts.source,
    })
}

/// `landing cdn plan`
pub(super) async fn plan(root: &Path, environment: &str, view: &View) -> Result<Exit, Diagnostics> {
    Box::pin(settings(root, environment, None, view)).await
}

/// `landing cdn apply`
pub(super) async fn apply(root: &Path, environment: &str, yes: bool, view: &View) -> Result<Exit, Diagnostics> {
    Box::pin(settings(root, environment, Some(yes), view)).await
}

/// Reads, and writes where `apply` was said.
async fn settings(root: &Path, environment: &str, apply: Option<bool>, view: &View) -> Result<Exit, Diagnostics> {
    let project = Project::open(root)?;
    let environment = &project.environment(environment)?;
    if let Some(yes) = apply {
        permitted(environment, yes, "change the CDN's settings of", view)?;
    }
    let wish = wish(&project, environment)?;
    let sender = Sender::new(Patience::default())?;
    let sink = |event| view.event(&event);
    let (mut changes, mut manual) = (Vec::new(), Vec::new());
    for purger in project.purgers(environment)? {
        let purger = purger.for_settings();
        let todo = match apply {
            None => panel::plan(&sender, &purger, &wish).await?,
            Some(_) => panel::apply(&sender, &purger, &wish, &sink).await?,
        };
        show(purger.cdn.id(), &todo, apply.is_some(), view);
        changes.extend(todo.changes.iter().map(|it| {
            json!({ "provider": it.provider, "setting": it.setting, "seen": it.seen, "want": it.want, "why": it.why })
        }));
        manual.extend(todo.manual.iter().map(|step| json!({ "provider": purger.cdn.id(), "step": step })));
    }
    view.done(json!({ "changes": changes, "manual": manual, "applied": apply.is_some() }));
    Ok(Exit::Done)
}

/// What an environment's CDN should do, by the project's settings and its error pages.
pub(super) fn wish(project: &Project, environment: &Environment) -> Result<Wish, Diagnostics> {
    let settings = &project.settings;
    let vendor = environment.store.vendor();
    let unsent = |name: &str| vendor.is_some_and(|vendor| !vendor.sends(name));
    let headers = settings.headers.iter().filter(|(name, _)| unsent(name));
    Ok(Wish {
        ignored: TRACKING.iter().map(|&name| name.to_owned()).collect(),
        headers: headers.map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
        page: settings.lifetimes.document,
        error: settings.lifetimes.error,
        errors: errors(project, vendor == Some(Vendor::S3))?,
        bucket: vendor == Some(Vendor::S3),
    })
}

/// What stands for an error of the origin. A bucket that may not be listed says 403 for what is not there.
fn errors(project: &Project, bucket: bool) -> Result<BTreeMap<u16, (String, u16)>, Diagnostics> {
    let source = project.workspace.source(&project.settings.site.theme)?;
    let mut errors = BTreeMap::new();
    if source.get("site/404.md").is_some() {
        let codes: &[u16] = if bucket { &[403, 404] } else { &[404] };
        errors.extend(codes.iter().map(|&code| (code, ("/404.html".to_owned(), 404))));
    }
    if source.get("site/error.md").is_some() {
        errors.extend([500, 502, 503, 504].map(|code| (code, ("/error.html".to_owned(), 503))));
    }
    Ok(errors)
}

fn show(id: &str, todo: &Todo, applied: bool, view: &View) {
    let word = if applied { "changed" } else { "change" };
    for change in &todo.changes {
        view.line(format!("{word:<8} {id} {}: {} -> {}", change.setting, short(&change.seen), short(&change.want)));
        view.line(format!("         {}", change.why));
    }
    for step in &todo.manual {
        view.line(format!("by hand  {id}: {step}"));
    }
    let as_wished = if todo.changes.is_empty() { "nothing to change, " } else { "" };
    view.line(format!(
        "{id}: {as_wished}{}",
        plural(todo.kept, "setting is as it should be", "settings are as they should be")
    ));
}

/// Rules by their names: a whole rule is for `--json`.
fn short(value: &Value) -> String {
    match value.as_array() {
        Some(rules) if rules.iter().all(|rule| rule["ref"].is_string()) => {
            let names: Vec<&str> = rules.iter().filter_map(|rule| rule["ref"].as_str()).collect();
            format!("[{}]", names.join(", "))
        }
        // A whole snippet or policy is for `--json`, too.
        _ => {
            let text = value.to_string();
            match text.char_indices().nth(LONGEST) {
                Some((at, _)) => format!("{} …", &text[..at]),
                None => text,
            }
        }
    }
}

/// Characters of a value that a line shows.
const LONGEST: usize = 100;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_provider_is_one_line_of_80_columns() {
        for cdn in cdn::ALL {
            let line = line(cdn.facts());
            assert!(line.len() <= 80 && !line.contains('\n'), "{line}");
            assert!(line.starts_with(cdn.id()));
        }
    }
}
