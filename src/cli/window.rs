//! What the CDNs of an environment would forget in the window of the broadcast.

use super::project::Project;
use crate::diag::Diagnostic;
use crate::model::{Environment, Event, Purge};
use crate::shell;

/// A warning for each CDN that would forget more than what changed in the window of the broadcast.
pub(super) fn too_wide(environment: &Environment, purge: &Purge, event: &Event) -> Vec<Diagnostic> {
    let Some(window) = event.window(shell::now()) else { return Vec::new() };
    let calls = Project::calls(environment, purge);
    calls.iter().filter_map(|(id, plan, _)| shell::too_wide(id, plan, &window, &environment.name)).collect()
}
