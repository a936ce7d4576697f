//! Says when the author saved something.
//!
//! File systems tell of one save in many ways and many messages; all that is taken from them is *when to look*. Whether
//! anything changed is decided by whoever reads the files again.

use crate::diag::{Code, Diagnostic};
use notify::{RecursiveMode, Watcher as _};
use std::path::Path;
use std::time::Duration;
use tokio::sync::mpsc;

/// Editors write, rename and touch within a few milliseconds; after this much quiet one look suffices.
const QUIET: Duration = Duration::from_millis(15);

/// A running watch; dropping it ends it.
pub struct Watch {
    _watcher: notify::RecommendedWatcher,
    ticks: mpsc::UnboundedReceiver<()>,
}

impl Watch {
    /// Watches the folders that exist, with all that is below them.
    pub fn folders<'a>(folders: impl IntoIterator<Item = &'a Path>) -> Result<Self, Diagnostic> {
        let (tell, ticks) = mpsc::unbounded_channel();
        let on_event = move |event: notify::Result<notify::Event>| {
            // A lost event is a reason to look, too. Reading is what a build itself does: no reason.
            if event.map_or(true, |event| !event.kind.is_access()) {
                let _ = tell.send(());
            }
        };
        let mut watcher = notify::recommended_watcher(on_event).map_err(|err| failed(&err))?;
        for folder in folders {
            if folder.exists() {
                watcher.watch(folder, RecursiveMode::Recursive).map_err(|err| failed(&err))?;
            }
        }
        Ok(Self { _watcher: watcher, ticks })
    }

    /// Returns when something may have changed and it is quiet again.
    pub async fn changed(&mut self) {
        if self.ticks.recv().await.is_none() {
            return std::future::pending().await;
        }
        while let Ok(Some(())) = tokio::time::timeout(QUIET, self.ticks.recv()).await {}
    }
}

fn failed(err: &notify::Error) -> Diagnostic {
    Diagnostic::new(Code::UnreadableFile, format!("the project's folders cannot be watched: {err}"))
        .hint("on Linux, raise `fs.inotify.max_user_watches`")
}
