//! Whether every store of an environment holds what is live: each file by its digest, and its header fields.
//!
//! In: the primary, its mirrors and a release; out: one finding for each store. It reads everything and writes nothing: this is
//! for the day before, not for every deploy. Without mirrors there is nothing to compare, and nothing is asked.

use super::deploy::Mirror;
use crate::model::{Digest, Entry, Finding, Key, Release, Verdict};
use crate::store::{Store, StoreError};
use crate::text::plural;
use crate::verify::COPIES;
use futures::StreamExt as _;

/// How many requests may be under way at once.
const PARALLEL: usize = 8;

/// How many files are named.
const NAMED: usize = 5;

/// Compares every store with a release.
pub async fn compare(primary: &Store, mirrors: &[Mirror], release: &Release) -> Vec<Finding> {
    if mirrors.is_empty() {
        return Vec::new();
    }
    let repair = "`landing deploy ENV --repair` puts back what differs";
    let mut findings = vec![one(primary.name(), primary, release, repair).await];
    for Mirror { name, store } in mirrors {
        findings.push(match store {
            Ok(store) => one(name, store, release, repair).await,
            Err(why) => {
                Finding::new(COPIES, name, Verdict::Unknown, format!("`{name}` cannot be opened: {}", why.message))
                    .remedy(why.hint.clone().unwrap_or_default())
            }
        });
    }
    findings
}

async fn one(name: &str, store: &Store, release: &Release, repair: &str) -> Finding {
    let looks = release.entries.iter().map(|(key, entry)| differs(store, key, entry));
    let looked: Vec<Result<Option<String>, StoreError>> =
        futures::stream::iter(looks).buffered(PARALLEL).collect().await;
    if let Some(err) = looked.iter().find_map(|it| it.as_ref().err()) {
        let complaint = store.complain("its files", err);
        return Finding::new(COPIES, name, Verdict::Unknown, complaint.message)
            .remedy(complaint.hint.unwrap_or_default());
    }
    let wrong: Vec<String> = looked.into_iter().filter_map(|it| it.ok().flatten()).collect();
    let files = plural(release.entries.len(), "file", "files");
    if wrong.is_empty() {
        let seen = format!("`{name}` holds {files} of release {}, body and header fields", release.id().hex16());
        return Finding::new(COPIES, name, Verdict::Pass, seen);
    }
    let more = if wrong.len() > NAMED { format!(", and {} more", wrong.len() - NAMED) } else { String::new() };
    let named = wrong.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
    let seen = format!("`{name}` differs in {} of {files}: {named}{more}", wrong.len());
    Finding::new(COPIES, name, Verdict::Fail, seen).remedy(repair)
}

/// How a file differs, when it does.
async fn differs(store: &Store, key: &Key, entry: &Entry) -> Result<Option<String>, StoreError> {
    let there = match store.get(key).await {
        Err(StoreError::NotFound) => return Ok(Some(format!("`{key}` is missing"))),
        there => there?,
    };
    Ok(if Digest::of(&there.bytes) != entry.sha256 {
        Some(format!("`{key}` has another body"))
    } else if there.headers != entry.headers {
        Some(format!("`{key}` has other header fields"))
    } else {
        None
    })
}
