//! What a purge costs while the broadcast is on air, in words: everybody comes then, and a cache that was emptied asks the origin for all of them.

use super::when;
use crate::cdn::{Plan, Selector};
use crate::diag::{Code, Diagnostic};
use crate::model::Window;

/// A warning when a CDN would forget more than what changed.
pub fn too_wide(id: &str, plan: &Plan, window: &Window, environment: &str) -> Option<Diagnostic> {
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
