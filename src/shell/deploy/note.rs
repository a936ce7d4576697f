//! A purge by hand, in the log: one swap of the head, which changes nothing else.
//!
//! In: the site and how many URLs it is about; out: nothing, the record stands in the head. It is written before anything is purged: whoever sends
//! every visitor to the origin is in the log, whatever becomes of the command.

use super::{ROUNDS, Run, Site, Stop, lost, nothing};
use crate::deploy;
use crate::diag::Diagnostic;

/// Notes a purge, with the reason that the site carries.
///
/// # Errors
/// When nothing was ever deployed, or the store refuses.
pub(in crate::shell) async fn note(site: Site<'_>, urls: usize) -> Result<(), Diagnostic> {
    let mut run = Run::new(site, None);
    let done = run.note(urls).await;
    run.give_back().await;
    done
}

impl Run<'_> {
    async fn note(&mut self, urls: usize) -> Result<(), Diagnostic> {
        let mut stop = match self.current().await {
            Ok(current) => Stop::Moved(Box::new(self.alone(current).await?.ok_or_else(|| nothing(&self.site))?)),
            Err(stop) => stop,
        };
        for round in 0.. {
            let (head, tag) = match stop {
                // Whatever they did, it does not forbid this.
                Stop::Moved(theirs) => *theirs,
                Stop::Failed(why) => return Err(why),
            };
            if round == ROUNDS {
                return Err(lost(&head, None));
            }
            match self.swap(Some(&tag), deploy::purged(&head, urls, self.stamp())).await {
                Ok(_) => break,
                Err(moved) => stop = moved,
            }
        }
        Ok(())
    }
}
