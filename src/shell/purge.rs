//! `landing purge`: what is owed, some URLs, or everything.
//!
//! In: the same [`Site`] a deploy gets, and [`What`] to purge; out: an [`Outcome`]. It writes no document that an earlier
//! command does not owe, and swaps the head only to pay that.

use super::Event;
use super::deploy::{Basis, Outcome, Site, finish, manifest};
use crate::diag::{Code, Diagnostic};
use crate::model::{Purge, UrlPath};
use std::collections::BTreeSet;

/// What to purge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// What the head says is owed.
    Pending,
    /// These URLs.
    Urls(BTreeSet<UrlPath>),
    /// All that the CDN has: every visitor asks the origin again.
    Everything,
}

/// Purges, and looks whether the edge serves the live release afterwards. What an earlier command left undone is finished
/// first: purging around it would bring half of it out.
///
/// # Errors
/// When nothing was ever deployed, or the CDN refuses.
pub async fn purge(site: Site<'_>, basis: Basis, what: What) -> Result<Outcome, Diagnostic> {
    let mut outcome = finish(site, basis).await?;
    let purge = match what {
        What::Pending => return Ok(outcome),
        What::Urls(urls) => Purge { urls, ..Purge::default() },
        What::Everything => Purge { everything: true, ..Purge::default() },
    };
    if outcome.complaint.is_some() {
        return Ok(outcome);
    }
    let before = site.store.counts().requests;
    let release = manifest(site.store, site.state, &outcome.release).await?.shown(outcome.mode);
    outcome.store_requests += site.store.counts().requests - before;
    (site.sink)(Event::Phase { name: "purge", total: site.purgers.len() });
    for purger in site.purgers {
        outcome.purge_calls += site.sender.purge(purger, &purge, jiff::Timestamp::now()).await?;
        (site.sink)(Event::Step { phase: "purge", what: purger.cdn.id().to_owned(), bytes: 0 });
    }
    let urls = if purge.everything { release.urls() } else { purge.urls };
    (site.sink)(Event::Phase { name: "verify", total: urls.len() });
    let proof = site.prover.prove(&release, &urls).await;
    site.prover.warm(&release, &urls).await;
    outcome.purged.extend(urls);
    outcome.verified = proof.verified && proof.stale.is_empty();
    outcome.offload = proof.offload;
    if !outcome.verified {
        let message = "purged, but the edge was not proven to serve the live release";
        outcome.complaint = Some(Diagnostic::new(Code::NotVerified, message).hint("run `landing verify`"));
    }
    Ok(outcome)
}
