//! The edge in front of an environment while a command runs: somebody else's, ours in another process, ours in this one.

use super::project::{Project, has_own_edge};
use super::view::View;
use crate::diag::Diagnostic;
use crate::model::{Environment, Inventory, State};
use crate::serve::Front;
use crate::shell::deploy::{Prover as _, begin};
use crate::shell::fronting::{Fronting, fronting};
use crate::shell::prove::Outside;
use crate::store::Store;
use std::path::Path;
use std::time::Duration;

/// What stands in front.
pub(super) enum Standing {
    /// Somebody else's CDN, or none is needed.
    Elsewhere,
    /// Our edge, in a process of its own.
    Running,
    /// Our edge, in this process.
    Ours(Box<Front>),
}

/// How long the loser of a race keeps its edge up for the winner, who may be using it.
const LENT: Duration = Duration::from_secs(20);

impl Standing {
    /// Finds or starts the edge, when the environment's CDN is ours.
    pub(super) async fn before(
        project: &Project,
        environment: &Environment,
        store: &Store,
        view: &View,
    ) -> Result<Self, Diagnostic> {
        if !has_own_edge(environment) {
            return Ok(Self::Elsewhere);
        }
        let token = project.edge_token()?;
        match fronting(project.root(), environment, store, &token).await? {
            Fronting::Running => Ok(Self::Running),
            Fronting::Ours(front) => {
                view.note(&format!("no edge listens at {}: started one in this process", environment.url));
                Ok(Self::Ours(front))
            }
        }
    }

    /// A fresh edge is filled with what is live, so that the purge has something to evict.
    pub(super) async fn warm(&self, inventory: &Inventory, outside: &Outside<'_>) {
        let live = inventory.head.as_ref().is_some_and(|(head, _)| head.state == State::Live);
        if let (Self::Ours(_), Some(release), true) = (self, &inventory.shown(), live) {
            outside.warm(release, &release.urls()).await;
        }
    }

    /// Whether it was started just now and holds nothing.
    pub(super) fn is_fresh(&self) -> bool {
        matches!(self, Self::Ours(_))
    }

    /// Who serves it, for the person who deployed.
    pub(super) fn told(&self, environment: &Environment) -> Option<String> {
        match self {
            Self::Elsewhere => None,
            Self::Running => Some(format!("served by the edge that was running at {}", environment.url)),
            Self::Ours(_) => Some(format!("`landing edge {}` serves it", environment.name)),
        }
    }

    /// Keeps the edge up until the winner of a race, who may be using it, has settled.
    pub(super) async fn lend(&self, store: &Store, state: &Path) {
        if !matches!(self, Self::Ours(_)) {
            return;
        }
        let settled = async {
            while !begin(store, state).await.is_ok_and(|basis| basis.head.is_some_and(|(head, _)| head.is_settled())) {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        };
        let _ = tokio::time::timeout(LENT, settled).await;
    }

    /// Ends what this process started.
    pub(super) async fn end(self) {
        if let Self::Ours(front) = self {
            front.stop().await;
        }
    }
}
