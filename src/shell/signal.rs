//! Ctrl-C and SIGTERM: a command stops at its next safe point, a server ends.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Becomes `true` when somebody asks the process to stop.
pub fn cancel() -> Arc<AtomicBool> {
    let flag = Arc::new(AtomicBool::new(false));
    let set = flag.clone();
    tokio::spawn(async move {
        ended().await;
        set.store(true, Ordering::SeqCst);
    });
    flag
}

/// Returns when somebody asks the process to stop.
pub async fn ended() {
    let interrupt = async {
        // A process whose signals cannot be caught ends at once instead, as it would without us.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let terminate = async {
            match signal(SignalKind::terminate()) {
                Ok(mut terminate) => {
                    terminate.recv().await;
                }
                Err(_) => std::future::pending().await,
            }
        };
        tokio::select! { () = interrupt => {}, () = terminate => {} }
    }
    #[cfg(not(unix))]
    interrupt.await;
}
