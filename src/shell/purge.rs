//! `landing purge`: what is owed, what changed last, some URLs, tags or prefixes, or everything.
//!
//! In: the same [`Site`] a deploy gets, and [`What`] to purge; out: an [`Outcome`]. It writes no document that an earlier
//! command does not owe, and swaps the head only to pay that, and to note why somebody purges. A CDN's "yes" is not believed: where the edge still serves
//! something else it is purged again, and after the third time it says what it saw there.

use super::Event;
use super::deploy::{Basis, Outcome, Proof, Site, finish, manifest, note};
use super::probe::{ProbeOptions, probe};
use crate::diag::{Code, Diagnostic};
use crate::model::{Ask, Observation, Purge, Release, UrlPath};
use std::collections::BTreeSet;

/// What to purge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// What the head says is owed.
    Pending,
    /// What the live release changed.
    Changed,
    /// These.
    These(Purge),
}

/// In all: an edge that fetched during a write may put the old page back once, one that does it three times is not listening.
const ROUNDS: usize = 3;

/// Purges, and looks whether the edge serves the live release afterwards. What an earlier command left undone is finished
/// first: purging around it would bring half of it out.
///
/// # Errors
/// When nothing was ever deployed, the CDN refuses, or a freeze forbids a purge this wide.
pub async fn purge(site: Site<'_>, basis: Basis, what: What) -> Result<Outcome, Diagnostic> {
    allowed(&site, &basis, &what)?;
    let mut outcome = finish(site, basis).await?;
    if what == What::Pending || outcome.complaint.is_some() {
        return Ok(outcome);
    }
    let before = site.store.counts().requests;
    let release =
        manifest(site.store, site.state, &outcome.release).await?.shown(outcome.mode).routed(site.options.routing);
    let purge = match what {
        What::These(purge) => purge,
        _ => changed(&site, &outcome, &release).await?,
    };
    let urls = looked_at(&release, &purge);
    if site.reason.is_some() {
        note(site, urls.len()).await?;
    }
    outcome.store_requests += site.store.counts().requests - before;
    outcome.purge_calls += all(&site, &purge).await?;
    let mut proof = prove(&site, &release, &urls).await;
    for _ in 1..ROUNDS {
        if proof.stale.is_empty() {
            break;
        }
        outcome.purge_calls += all(&site, &Purge { urls: proof.stale.clone(), ..Purge::default() }).await?;
        proof = prove(&site, &release, &urls).await;
    }
    site.prover.warm(&release, &urls).await;
    outcome.purged.extend(urls);
    outcome.verified = proof.verified && proof.stale.is_empty();
    outcome.offload = proof.offload;
    if !outcome.verified {
        outcome.complaint = Some(not_proven(&site, &proof.stale).await);
    }
    Ok(outcome)
}

/// A freeze promises that the origin will not feel a thing: what is wider than single URLs needs a reason then.
fn allowed(site: &Site<'_>, basis: &Basis, what: &What) -> Result<(), Diagnostic> {
    let wide = matches!(what, What::These(purge) if purge.everything || !purge.prefixes.is_empty());
    let freeze = basis.head.as_ref().and_then(|(head, _)| head.frozen(jiff::Timestamp::now()));
    match freeze {
        Some(freeze) if wide && site.reason.is_none() => {
            let frozen = format!("frozen until {}: {}", super::when(freeze.until), freeze.reason);
            let hint = "purge single URLs, or say why with `--reason \"…\"`: every visitor asks the origin again";
            Err(Diagnostic::new(Code::Frozen, frozen).hint(hint))
        }
        _ => Ok(()),
    }
}

/// What the live release changed: the purge of its own deploy, once more.
async fn changed(site: &Site<'_>, outcome: &Outcome, live: &Release) -> Result<Purge, Diagnostic> {
    let before = match &outcome.previous {
        Some(previous) => Some(manifest(site.store, site.state, previous).await?.shown(outcome.mode)),
        None => None,
    };
    Ok(crate::deploy::purge(before.as_ref(), live))
}

/// The URLs that a purge is about, as far as they can be listed.
fn looked_at(release: &Release, purge: &Purge) -> BTreeSet<UrlPath> {
    let mut urls = purge.urls.clone();
    let begins = |url: &&UrlPath| purge.prefixes.iter().any(|prefix| url.as_str().starts_with(prefix.as_str()));
    let all = release.urls();
    urls.extend(all.iter().filter(|url| purge.everything || begins(url)).cloned());
    urls
}

/// Purges at every CDN. What one of them cannot do at all is an error: a person asked for it.
async fn all(site: &Site<'_>, purge: &Purge) -> Result<u64, Diagnostic> {
    let mut calls = 0;
    if purge.is_empty() {
        return Ok(calls);
    }
    (site.sink)(Event::Phase { name: "purge", total: site.purgers.len() });
    for purger in site.purgers {
        let plan = purger.plan(purge);
        if plan.calls.is_empty() {
            return Err(Diagnostic::new(Code::PurgeRefused, plan.notes.join("; "))
                .hint("purge URLs instead, or allow more with `purge = { widen = … }` in `[env.NAME]`"));
        }
        for text in site.notes(purger, &plan).into_iter().chain(plan.cost) {
            (site.sink)(Event::Note { text });
        }
        calls += site.sender.purge(purger, purge, jiff::Timestamp::now()).await?;
        (site.sink)(Event::Step { phase: "purge", what: purger.cdn.id().to_owned(), bytes: 0 });
    }
    Ok(calls)
}

async fn prove(site: &Site<'_>, release: &Release, urls: &BTreeSet<UrlPath>) -> Proof {
    (site.sink)(Event::Phase { name: "verify", total: urls.len() });
    site.prover.prove(release, urls).await
}

async fn not_proven(site: &Site<'_>, stale: &BTreeSet<UrlPath>) -> Diagnostic {
    let message = if stale.is_empty() {
        "purged, but the edge was not proven to serve the live release".to_owned()
    } else {
        format!("purged {ROUNDS} times, but the edge still serves something else: {}", evidence(site.url, stale).await)
    };
    let hint = format!("run `landing verify {}`; a second cache in front, or another zone?", site.name);
    Diagnostic::new(Code::NotVerified, message).hint(hint)
}

/// How many stale URLs are asked for evidence.
const WITNESSES: usize = 3;

/// What the edge says of the first stale URLs: status, age, whether it was a hit, and which point of presence it was.
pub(crate) async fn evidence(base: &str, stale: &BTreeSet<UrlPath>) -> String {
    let ask = |url: &UrlPath| Ask::get(url.encoded()).header("accept-encoding", "br");
    let asks: BTreeSet<Ask> = stale.iter().take(WITNESSES).map(ask).collect();
    let seen = probe(asks.clone(), &ProbeOptions::new(base), &|_| ()).await;
    let said = asks.iter().map(|ask| match seen.get(ask) {
        Some(Observation::Answered(answer)) => {
            let field = |name: &&str| answer.header(name).map(|value| format!(", {name}: {}", shown(&value)));
            let fields: String = crate::cdn::TELLING.iter().filter_map(field).collect();
            format!("`{}` answered {}{fields}", ask.target, answer.status)
        }
        Some(Observation::Unreachable(why)) => format!("`{}` did not answer: {}", ask.target, shown(why)),
        None => format!("`{}` was not asked", ask.target),
    });
    let more = if stale.len() > WITNESSES { format!("; and {} more", stale.len() - WITNESSES) } else { String::new() };
    format!("{}{more}", said.collect::<Vec<_>>().join("; "))
}

/// A value from outside, cut, without what could steer a terminal.
fn shown(value: &str) -> String {
    value.chars().filter(|c| !c.is_control()).take(80).collect()
}
