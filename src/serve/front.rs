//! An origin for a store with an edge in front of it: what `landing edge ENV` and a local deploy run.

use super::edge::{Edge, EdgeOptions, edge};
use super::origin::{Origin, OriginOptions, origin};
use crate::diag::Diagnostic;
use crate::store::Store;
use std::net::SocketAddr;

/// Both servers; they run until they are stopped or dropped.
pub struct Front {
    /// The cache that visitors talk to.
    pub edge: Edge,
    /// What it asks.
    pub origin: Origin,
}

/// Starts an origin for the store on a free loopback port, and an edge in front of it. The origin's address
/// is filled in here, and the store's name when the options give none.
///
/// # Errors
/// When the edge's address is taken or cannot be used.
pub async fn front(store: Store, options: EdgeOptions) -> Result<Front, Diagnostic> {
    let name = options.store.clone().unwrap_or_else(|| store.name().to_owned());
    let origin = origin(OriginOptions::new(store)).await?;
    let address = format!("http://{}", origin.address());
    let options = EdgeOptions { origin: address, store: Some(name), ..options };
    match edge(options).await {
        Ok(edge) => Ok(Front { edge, origin }),
        Err(err) => {
            origin.stop().await;
            Err(err)
        }
    }
}

impl Front {
    /// Where the edge listens.
    pub fn address(&self) -> SocketAddr {
        self.edge.address()
    }

    /// Ends both.
    pub async fn stop(self) {
        self.edge.stop().await;
        self.origin.stop().await;
    }
}
