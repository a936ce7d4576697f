//! Freezing and thawing an environment: one swap of the head, nothing else.
//!
//! In: a [`Basis`] and the freeze, or none; out: the head that stands there then. A deploy that is under way loses its swap
//! and finds the freeze; what is committed already may be finished.

use super::{Basis, Options, ROUNDS, Run, Site, Stop, nothing};
use crate::deploy;
use crate::diag::{Code, Diagnostic};
use crate::model::{Freeze, Head, Sweep, Tag};
use crate::shell::when;

/// Freezes, or thaws without a freeze.
///
/// # Errors
/// When nothing was ever deployed, or the store refuses.
pub async fn freeze(site: Site<'_>, basis: Basis, freeze: Option<&Freeze>) -> Result<Head, Diagnostic> {
    let mut run = Run::new(site, None);
    let done = Box::pin(run.freeze(basis.head, freeze)).await;
    run.give_back().await;
    done
}

impl Run<'_> {
    async fn freeze(&mut self, basis: Option<(Head, Tag)>, freeze: Option<&Freeze>) -> Result<Head, Diagnostic> {
        let (mut head, mut tag) = self.alone(basis).await?.ok_or_else(|| nothing(&self.site))?;
        for _ in 0..ROUNDS {
            if head.freeze.as_ref() == freeze {
                return Ok(head);
            }
            match self.swap(Some(&tag), deploy::freeze(&head, freeze.cloned(), self.stamp())).await {
                Ok((head, _)) => return Ok(head),
                // Whatever they did, it does not forbid this.
                Err(Stop::Moved(theirs)) => (head, tag) = *theirs,
                Err(Stop::Failed(why)) => return Err(why),
            }
        }
        Err(super::lost(&head, None))
    }
}

/// Refuses a deploy while a freeze holds; whoever breaks it says why.
pub(super) fn allows(head: Option<&Head>, options: Options) -> Result<(), Diagnostic> {
    let now = jiff::Timestamp::now();
    if let Some(sweep) = head.and_then(|head| head.sweeping(now)) {
        return Err(sweeping(sweep));
    }
    match head.and_then(|head| head.frozen(now)) {
        Some(freeze) if !options.break_freeze => Err(frozen(freeze)),
        _ => Ok(()),
    }
}

/// The complaint of a command that must not meet a sweep.
pub(super) fn sweeping(sweep: &Sweep) -> Diagnostic {
    let since = when(sweep.at);
    Diagnostic::new(Code::Sweeping, format!("{} has been deleting what nobody needs since {since}", sweep.by))
        .hint("run the command again when it is done; a sweep that died is over after an hour")
}

/// The complaint of a command that a freeze forbids.
fn frozen(freeze: &Freeze) -> Diagnostic {
    let (Freeze { reason, by, .. }, until) = (freeze, when(freeze.until));
    Diagnostic::new(Code::Frozen, format!("frozen until {until} by {by}: {reason}")).hint(
        "`landing rollback`, `landing mode` and `landing verify` are allowed; `landing thaw ENV` ends it, `--break-freeze REASON` deploys once",
    )
}
