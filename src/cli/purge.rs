//! `landing purge`

use super::args;
use super::deploy::{Work, finish, outside};
use super::project::Project;
use super::standing::Standing;
use super::view::View;
use super::window::too_wide;
use crate::diag::{Code, Diagnostic, Diagnostics, Exit};
use crate::model::{Environment, Purge, UrlPath};
use crate::shell::deploy::{self as shell, Options};
use crate::shell::purge::{What, purge};
use crate::text::plural;
use std::path::Path;

/// `landing purge`
pub(super) async fn run(root: &Path, asked: &args::Purge, view: &View) -> Result<Exit, Diagnostics> {
    let what = what(asked)?;
    let project = Project::open(root)?;
    let environment = &project.environment(&asked.environment)?;
    let event = &project.settings.event;
    let window = match &what {
        What::These(purge) => {
            view.warn(&too_wide(environment, purge, event));
            None
        }
        What::Pending | What::Changed => event.window(crate::shell::now()),
    };
    if asked.everything {
        confirmed(environment, asked.yes, view)?;
    }
    if environment.cdn.is_empty() {
        let name = &environment.name;
        view.note(&format!(
            "`{name}` names no CDN (`[[env.{name}.cdn]]`): nothing is purged, the address is only looked at"
        ));
    }
    let work = Work::new(&project, environment, asked.reason.as_deref(), view)?;
    let basis = shell::begin(&work.store, &work.state).await?;
    let standing = Standing::before(&project, environment, &work.store, view).await?;
    let sink = |event| view.event(&event);
    let outside = outside(&project, environment, &sink);
    let command = async |site: shell::Site<'_>| Box::pin(purge(site, basis, what)).await;
    let purged = Box::pin(work.carry_out(&outside, Options { window, ..Options::default() }, command)).await;
    standing.end().await;
    let outcome = purged?;
    let verified = if outcome.verified { "verified" } else { "not verified" };
    view.line(format!("{} purged, {verified}", plural(outcome.purged.len(), "URL", "URLs")));
    finish(outcome, view)
}

/// What was asked for.
fn what(asked: &args::Purge) -> Result<What, Diagnostic> {
    if asked.pending {
        return Ok(What::Pending);
    }
    if asked.changed {
        return Ok(What::Changed);
    }
    let urls = asked.url.iter().map(|raw| path("--url", raw)).collect::<Result<_, _>>()?;
    let prefixes = asked.prefix.iter().map(|raw| path("--prefix", raw)).collect::<Result<_, _>>()?;
    let tags = asked.tag.iter().map(|raw| tag(raw)).collect::<Result<_, _>>()?;
    Ok(What::These(Purge { urls, prefixes, tags, everything: asked.everything }))
}

fn path(option: &str, raw: &str) -> Result<UrlPath, Diagnostic> {
    let wrong = |why| Diagnostic::new(Code::Usage, format!("`{raw}` is no URL path: {why}"));
    UrlPath::from_target(raw).map_err(|why| wrong(why).hint(format!("write `{option} /path`")))
}

/// Tags are separated by commas or spaces in every vendor's header.
fn tag(raw: &str) -> Result<String, Diagnostic> {
    if !raw.is_empty() && raw.bytes().all(|byte| byte.is_ascii_graphic() && byte != b',') {
        return Ok(raw.to_owned());
    }
    Err(Diagnostic::new(Code::Usage, format!("`{raw}` is no cache tag"))
        .hint("visible ASCII characters without a comma"))
}

/// Everything sends every visitor to the origin: the name is typed, or `--yes` is said where nobody can type. On this machine
/// there is no visitor.
fn confirmed(environment: &Environment, yes: bool, view: &View) -> Result<(), Diagnostic> {
    let Environment { name, url, .. } = environment;
    if yes || crate::shell::sender::is_here(url) {
        return Ok(());
    }
    let question = format!("every visitor of {url} will ask the origin again; type `{name}` to purge everything:");
    if view.is_terminal() && view.answer(&question) == *name {
        return Ok(());
    }
    Err(Diagnostic::new(Code::NeedsYes, format!("purging everything of `{name}` was not confirmed"))
        .hint("type its name when asked, or say `--yes`; `--changed` purges what the live release changed"))
}
