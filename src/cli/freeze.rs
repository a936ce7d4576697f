//! `landing freeze` and `landing thaw`

use super::args;
use super::deploy::{Work, outside, permitted};
use super::project::Project;
use super::view::View;
use crate::diag::{Code, Diagnostic, Diagnostics, Exit};
use crate::model::Freeze;
use crate::shell::deploy::{self as shell, Options};
use crate::shell::when;
use serde_json::json;
use std::path::Path;

/// `landing freeze`
pub(super) async fn freeze(root: &Path, asked: &args::Freeze, view: &View) -> Result<Exit, Diagnostics> {
    let until = until(&asked.until, shell::now())?;
    let freeze = Freeze { until, reason: asked.reason.trim().to_owned(), by: shell::who() };
    if freeze.reason.is_empty() {
        return Err(Diagnostic::new(Code::Usage, "a freeze needs a reason")
            .hint("`--reason \"on air at 21:00\"`")
            .into());
    }
    run(root, &asked.environment, Some(&freeze), None, view).await
}

/// `landing thaw`
pub(super) async fn thaw(root: &Path, asked: &args::Live, view: &View) -> Result<Exit, Diagnostics> {
    let project = Project::open(root)?;
    permitted(&project.environment(&asked.environment)?, asked.yes, "allow deploys again to", view)?;
    run(root, &asked.environment, None, asked.reason.as_deref(), view).await
}

async fn run(
    root: &Path,
    environment: &str,
    freeze: Option<&Freeze>,
    reason: Option<&str>,
    view: &View,
) -> Result<Exit, Diagnostics> {
    let project = Project::open(root)?;
    let environment = &project.environment(environment)?;
    let work = Work::new(&project, environment, reason, view)?;
    let basis = shell::begin(&work.store, &work.state).await?;
    let sink = |event| view.event(&event);
    let outside = outside(&project, environment, &sink);
    let head =
        work.with_site(&outside, Options::default(), async |site| shell::freeze(site, basis, freeze).await).await?;
    match &head.freeze {
        Some(freeze) => {
            view.line(format!("`{}` is frozen until {}: {}", environment.name, when(freeze.until), freeze.reason));
        }
        None => view.line(format!("`{}` takes deploys", environment.name)),
    }
    view.done(json!({ "release": head.release, "freeze": head.freeze }));
    Ok(Exit::Done)
}

/// `2026-11-27T23:00:00+01:00`, or from now: `2h`, `90m`.
fn until(raw: &str, now: jiff::Timestamp) -> Result<jiff::Timestamp, Diagnostic> {
    let bad = |why: String| {
        Diagnostic::new(Code::Usage, format!("`{raw}` is no time to freeze until: {why}"))
            .hint("write `--until 2h`, `--until 90m` or `--until 2026-11-27T23:00:00+01:00`")
    };
    let until = match raw.parse::<jiff::Timestamp>() {
        Ok(until) => until,
        Err(_) => match raw.parse::<jiff::SignedDuration>() {
            Ok(span) => now.checked_add(span).map_err(|_| bad("that is beyond the year 9999".to_owned()))?,
            Err(_) => return Err(bad("it is neither a span nor a day with time and offset".to_owned())),
        },
    };
    if until <= now { Err(bad("it is past".to_owned())) } else { Ok(until) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_an_instant_or_a_span_from_now_and_never_past() {
        let now: jiff::Timestamp = "2026-11-27T18:00:00Z".parse().unwrap();
        let told = |raw: &str| until(raw, now).map(|until| until.to_string()).map_err(|err| err.message);
        assert_eq!(told("2h").unwrap(), "2026-11-27T20:00:00Z");
        assert_eq!(told("90m").unwrap(), "2026-11-27T19:30:00Z");
        assert_eq!(told("2026-11-27T23:00:00+01:00").unwrap(), "2026-11-27T22:00:00Z");
        assert!(told("2026-11-27T17:00:00Z").unwrap_err().contains("it is past"));
        for raw in ["21:00", "tonight", "", "1w", "99999999999h"] {
            assert!(told(raw).unwrap_err().starts_with(&format!("`{raw}` is no time to freeze until: ")), "{raw}");
        }
        assert!(told("-2h").is_err());
    }
}
