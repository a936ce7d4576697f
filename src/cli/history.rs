//! `landing releases` and `landing log`: who brought what live, and every change of the head.

use super::deploy::copy_line;
use super::project::Project;
use super::view::View;
use crate::deploy::{Published, published};
use crate::diag::{Code, Diagnostic, Diagnostics, Exit};
use crate::model::{Environment, Head, Mirror, Mode, Record};
use crate::shell::deploy as shell;
use crate::shell::{when, when_noted};
use crate::text::plural;
use serde_json::json;
use std::path::Path;

/// `landing releases`
pub(super) async fn releases(root: &Path, environment: &str, view: &View) -> Result<Exit, Diagnostics> {
    let (environment, head, records) = records(root, environment).await?;
    let releases = published(&records);
    let copies = shell::copies(environment.mirrors.iter().map(Mirror::name), &head);
    for release in &releases {
        view.line(release_line(release));
    }
    if let Some(freeze) = head.frozen(shell::now()) {
        view.line(format!("frozen until {} by {}: {}", when(freeze.until), freeze.by, freeze.reason));
    }
    for copy in &copies {
        view.line(copy_line(copy));
    }
    view.done(json!({
        "release": head.release,
        "previous": head.previous,
        "mode": head.mode,
        "verified": head.verified,
        "freeze": head.freeze,
        "copies": copies,
        "releases": releases,
    }));
    Ok(Exit::Done)
}

/// `landing log`
pub(super) async fn log(root: &Path, environment: &str, view: &View) -> Result<Exit, Diagnostics> {
    let (_, _, records) = records(root, environment).await?;
    for record in &records {
        view.line(record_line(record));
    }
    view.done(json!({ "records": records }));
    Ok(Exit::Done)
}

async fn records(root: &Path, environment: &str) -> Result<(Environment, Head, Vec<Record>), Diagnostics> {
    let project = Project::open(root)?;
    let environment = project.environment(environment)?;
    let (store, state) = (project.store(&environment)?, project.state(&environment));
    let basis = shell::begin(&store, &state).await?;
    let Some((head, _)) = basis.head else {
        let nothing = Diagnostic::new(Code::NothingDeployed, format!("`{}` has no release yet", environment.name));
        return Err(nothing.hint(format!("run `landing deploy {}`", environment.name)).into());
    };
    let records = shell::log(&store, &head).await?;
    Ok((environment, head, records))
}

fn release_line(it: &Published) -> String {
    let (Published { release, did, by, .. }, at) = (it, when_noted(&it.at));
    let live = if it.live { "*" } else { " " };
    let verified = if it.verified { "verified" } else { "not verified" };
    let documents = plural(it.documents, "document", "documents");
    let purged = plural(it.urls, "URL", "URLs");
    let did = did.name();
    format!(
        "{live} {}  {at}  {did:<8} {by}  {documents}, {purged}, {verified}{}",
        release.hex16(),
        rest(it.mode, it.reason.as_deref())
    )
}

fn record_line(record: &Record) -> String {
    let (Record { seq, by, did, release, mode, reason, .. }, at) = (record, when_noted(&record.at));
    let verified = if record.verified { "  verified" } else { "" };
    format!("{seq:>5}  {at}  {:<8} {}  {by}{verified}{}", did.name(), release.hex16(), rest(*mode, reason.as_deref()))
}

fn rest(mode: Mode, reason: Option<&str>) -> String {
    let mode = if mode == Mode::Normal { String::new() } else { format!("  mode {}", mode.name()) };
    let reason = reason.map(|reason| format!("  ({reason})")).unwrap_or_default();
    format!("{mode}{reason}")
}
