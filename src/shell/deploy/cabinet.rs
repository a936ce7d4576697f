//! What this machine remembers of the store, and the first look at the head.
//!
//! In: a store and the folder `.landing/state/ENV`; out: the [`Basis`] of a command, manifests by their id. The folder is a
//! cache: everything in it is checked against its digest or its tag, and nothing is lost with it but requests.

use super::Run;
use crate::diag::{Code, Diagnostic};
use crate::model::{Digest, Head, Inventory, Release, Tag};
use crate::store::{Counts, Store, StoreError, Stored};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// What stood in the store when a command began. Read before the build, so that who deploys meanwhile wins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Basis {
    /// The head with the store's mark for it; `None` before the first deploy.
    pub head: Option<(Head, Tag)>,
    /// What had been asked of the store before.
    pub(super) before: Counts,
}

impl Basis {
    /// The release that is live, or is becoming so.
    pub fn live(&self) -> Option<Digest> {
        self.head.as_ref().map(|(head, _)| head.release)
    }
}

/// Reads the head: one request, which is all that a deploy of what is live already needs.
///
/// # Errors
/// When the store does not answer, or the head is not one.
pub async fn begin(store: &Store, state: &Path) -> Result<Basis, Diagnostic> {
    let before = store.counts();
    let (key, remembered) = (Head::key(), recall(store, state));
    let answer = match &remembered {
        Some(memory) => store.get_unless(&key, &memory.tag).await,
        None => store.get(&key).await.map(Some),
    };
    let head = match (answer, remembered) {
        (Ok(None), Some(memory)) => Some((memory.head, memory.tag)),
        (Ok(Some(stored)), _) => {
            let head = read(store, &stored)?;
            remember(store, state, &head, &stored.tag);
            Some((head, stored.tag))
        }
        (Ok(None), None) | (Err(StoreError::NotFound), _) => None,
        (Err(err), _) => return Err(store.complain(key.as_str(), &err)),
    };
    Ok(Basis { head, before })
}

/// What is live, for a plan: the basis and the manifest that it names (no request when this machine has seen it).
///
/// # Errors
/// When the manifest is missing or is not what its name says.
pub async fn inventory(store: &Store, state: &Path, basis: &Basis) -> Result<Inventory, Diagnostic> {
    let release = match basis.live() {
        Some(id) => Some(manifest(store, state, &id).await?),
        None => None,
    };
    Ok(Inventory { head: basis.head.clone(), release })
}

/// A manifest by its id, from the folder or the store.
pub(in crate::shell) async fn manifest(store: &Store, state: &Path, id: &Digest) -> Result<Release, Diagnostic> {
    let path = state.join("releases").join(format!("{id}.json"));
    if let Ok(bytes) = std::fs::read(&path)
        && Digest::of(&bytes) == *id
        && let Ok(release) = Release::from_json(&bytes)
    {
        return Ok(release);
    }
    let key = Head::manifest_key(id);
    let stored = store.get(&key).await.map_err(|err| match err {
        StoreError::NotFound => damaged(store, id, "is not there"),
        err => store.complain(key.as_str(), &err),
    })?;
    if Digest::of(&stored.bytes) != *id {
        return Err(damaged(store, id, "is not what its name says: somebody changed it"));
    }
    let release = Release::from_json(&stored.bytes)?;
    keep(state, id, &stored.bytes);
    Ok(release)
}

fn damaged(store: &Store, id: &Digest, what: &str) -> Diagnostic {
    Diagnostic::new(Code::BadControl, format!("the manifest of release {id} in the store `{}` {what}", store.name()))
        .hint("`landing deploy --adopt` compares everything with what is built now and starts from there")
}

/// Remembers a manifest.
pub(super) fn keep(state: &Path, id: &Digest, json: &[u8]) {
    write(&state.join("releases").join(format!("{id}.json")), json);
}

/// A head as it came from the store.
pub(super) fn read(store: &Store, stored: &Stored) -> Result<Head, Diagnostic> {
    Head::from_json(&stored.bytes).map_err(|err| {
        let hint = err.hint.clone().unwrap_or_else(|| {
            format!("look at `{}` in the store `{}`: another program wrote to it", Head::key(), store.name())
        });
        err.hint(hint)
    })
}

/// The head as this machine saw it last.
#[derive(Serialize, Deserialize)]
struct Memory {
    store: String,
    tag: Tag,
    head: Head,
}

/// Remembers the head, and forgets the manifests that it no longer names.
pub(super) fn remember(store: &Store, state: &Path, head: &Head, tag: &Tag) {
    let memory = Memory { store: store.name().to_owned(), tag: tag.clone(), head: head.clone() };
    let json = serde_json::to_vec(&memory).expect("maps with string keys have a JSON form");
    write(&state.join("head.json"), &json);
    let named: Vec<String> =
        std::iter::once(head.release).chain(head.previous).map(|id| format!("{id}.json")).collect();
    for file in std::fs::read_dir(state.join("releases")).into_iter().flatten().flatten() {
        if !named.iter().any(|name| file.file_name() == **name) {
            let _ = std::fs::remove_file(file.path());
        }
    }
}

fn recall(store: &Store, state: &Path) -> Option<Memory> {
    let memory: Memory = serde_json::from_slice(&std::fs::read(state.join("head.json")).ok()?).ok()?;
    (memory.store == store.name() && memory.head.format == Head::FORMAT).then_some(memory)
}

/// Whole or not at all; a cache that cannot be written costs requests, not correctness.
fn write(path: &Path, bytes: &[u8]) {
    let Some(folder) = path.parent() else { return };
    let written = std::fs::create_dir_all(folder).and_then(|()| {
        let file = tempfile::NamedTempFile::new_in(folder)?;
        std::fs::write(file.path(), bytes)?;
        file.persist(path).map_err(|err| err.error)
    });
    drop(written);
}

impl Run<'_> {
    pub(super) async fn manifest(&self, id: &Digest) -> Result<Release, Diagnostic> {
        Ok(manifest(self.site.store, self.site.state, id).await?.routed(self.site.options.routing))
    }
}
