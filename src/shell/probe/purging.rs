//! The purge that a drill makes, between its first and its last questions: of single URLs, where the provider can do that; nothing wider.

use crate::cdn::Selector;
use crate::model::{Purge, UrlPath, Widen};
use crate::shell::sender::{Purger, Sender};
use std::collections::BTreeSet;
use std::time::Duration;

/// Where drills purge.
pub struct Purging<'a> {
    /// Who asks.
    pub sender: &'a Sender,
    /// Whom.
    pub purgers: &'a [Purger],
    /// How long the slowest of them takes to forget.
    pub settles: Duration,
}

impl Purging<'_> {
    /// Purges at every CDN; or the reason why not.
    pub(super) async fn purge(&self, urls: BTreeSet<UrlPath>) -> Result<(), String> {
        let purge = Purge { urls, ..Purge::default() };
        let narrow: Vec<Purger> =
            self.purgers.iter().map(|purger| Purger { widen: Widen::Never, ..purger.clone() }).collect();
        for purger in &narrow {
            let plan = purger.plan(&purge);
            if plan.calls.is_empty() || plan.calls.iter().any(|call| call.selector() != Selector::Url) {
                return Err(format!("`{}` cannot purge a single URL: {}", purger.cdn.id(), plan.notes.join("; ")));
            }
        }
        for purger in &narrow {
            let sent = self.sender.purge(purger, &purge, jiff::Timestamp::now()).await;
            sent.map_err(|refused| refused.message)?;
        }
        tokio::time::sleep(self.settles).await;
        Ok(())
    }
}
