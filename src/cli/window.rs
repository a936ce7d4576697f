//! What a purge costs while the broadcast is on air, in words: everybody comes then, and a cache that was emptied asks the origin for all of them.

use super::project::Project;
use crate::cdn::{Plan, Selector};
use crate::diag::{Code, Diagnostic};
use crate::model::{Environment, Event, Purge, Window};
use crate::shell::{now, when};

/// A warning for each CDN that would forget more than what changed in the window of the broadcast.
pub(super) fn too_wide(environment: &Environment, purge: &Purge, event: &Event) -> Vec<Diagnostic> {
    let Some(window) = event.window(now()) else { return Vec::new() };
    let calls = Project::calls(environment, purge);
    calls.iter().filter_map(|(id, plan, _)| told(id, plan, &window, &environment.name)).collect()
}

fn told(id: &str, plan: &Plan, window: &Window, environment: &str) -> Option<Diagnostic> {
    let what = match plan.wide()? {
        Selector::Everything => "everything that it has",
        Selector::Host => "all of the host",
        Selector::Prefix | Selector::Url | Selector::Tag => "all addresses that begin alike",
    };
    let time = match window.opens {
        None => format!("the broadcast is on air, until {}", when(window.closes)),
        Some(opens) => format!("the broadcast begins at {}", when(opens)),
    };
    let message = format!(
        "`{id}` would forget {what}, and {time}: every point of presence then asks the origin again, for all of it at once"
    );
    Some(Diagnostic::new(Code::WidePurge, message).hint(format!(
        "purge single addresses (`landing purge {environment} --url /page`), say `purge = {{ widen = \"never\" }}` in `[env.{environment}]`, or wait \
         until {}",
        when(window.closes)
    )))
}
