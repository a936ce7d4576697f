//! Everything that must be there before the first page changes: assets, the blobs of documents, the manifest.
//!
//! All of it stands under its own digest, so an upload is a creation, and one that finds something there compares: the same
//! is done, anything else is damage and repaired. The manifest comes last; any failure stops the deploy here, and nothing
//! public has changed.

use super::cabinet::keep;
use super::{Run, swap};
use crate::diag::{Code, Diagnostic};
use crate::model::{Digest, Head, Headers, Key, Plan, Reason, Release, Variant};
use crate::shell::Event;
use crate::store::{Condition, Object, Store, StoreError, Stored};
use bytes::Bytes;
use futures::StreamExt as _;

impl Run<'_> {
    /// Uploads what the plan lacks.
    pub(super) async fn upload(&self, release: &Release, plan: &Plan) -> Result<(), Diagnostic> {
        let objects = self.objects(release, plan)?;
        self.phase("upload", objects.len() + 1);
        let relabeled = plan.uploads.iter().filter(|step| step.reason == Reason::HeadersChanged).count();
        if relabeled > 0 {
            // Purging every picture before a broadcast would do more harm than an old field on it.
            let files = crate::text::plural(relabeled, "asset", "assets");
            let text = format!("{files} changed in header fields only: caches keep the old fields until they expire");
            (self.site.sink)(Event::Note { text });
        }
        let uploads = objects.iter().map(|(key, object)| async move {
            self.pause("nothing public has changed; the next deploy starts again and finds what was uploaded")?;
            self.create(self.site.store, key, object).await?;
            self.step("upload", key, object.bytes.len() as u64);
            Ok(())
        });
        let results: Vec<Result<(), Diagnostic>> =
            futures::stream::iter(uploads).buffer_unordered(self.site.options.parallel.max(1)).collect().await;
        results.into_iter().collect::<Result<(), _>>()?;
        self.upload_manifest(release).await
    }

    async fn upload_manifest(&self, release: &Release) -> Result<(), Diagnostic> {
        let json = Bytes::from(release.to_json());
        let (id, key) = (release.id(), Head::manifest_key(&release.id()));
        self.create(self.site.store, &key, &Object { bytes: json.clone(), headers: swap::json() }).await?;
        keep(self.site.state, &id, &json);
        self.step("upload", &key, json.len() as u64);
        Ok(())
    }

    /// What goes up: missing assets under their keys, changed documents as blobs under their digests.
    fn objects(&self, release: &Release, plan: &Plan) -> Result<Vec<(Key, Object)>, Diagnostic> {
        let shown = release.shown(plan.mode);
        let mut objects = Vec::new();
        for step in &plan.uploads {
            let entry = &release.entries[&step.key];
            let bytes = self.built(&step.key, &entry.sha256)?;
            objects.push((step.key.clone(), Object { bytes, headers: entry.headers.clone() }));
        }
        for step in plan.documents.iter().filter(|step| step.reason != Reason::HeadersChanged) {
            let sha256 = shown.entries[&step.key].sha256;
            objects.push((Head::blob_key(&sha256), blob(self.built(&step.key, &sha256)?)));
        }
        for Variant { mode, step } in &plan.variants {
            let listed = release.of_mode(*mode, &step.key).map(|entry| entry.sha256);
            let sha256 = listed.ok_or_else(|| unlike(&step.key))?;
            objects.push((Head::blob_key(&sha256), blob(self.built(&step.key, &sha256)?)));
        }
        // Two pages with one text share a blob.
        objects.sort_by(|(a, _), (b, _)| a.cmp(b));
        objects.dedup_by(|(a, _), (b, _)| a == b);
        Ok(objects)
    }

    fn built(&self, key: &Key, sha256: &Digest) -> Result<Bytes, Diagnostic> {
        self.in_hand(key, sha256).ok_or_else(|| unlike(key))
    }

    /// The bytes of a file of any mode, when they were built just now or fetched before.
    pub(super) fn in_hand(&self, key: &Key, sha256: &Digest) -> Option<Bytes> {
        let of_mode = |bundle: &'_ crate::model::Bundle| {
            let modes = bundle.modes.values().filter_map(|files| files.get(key));
            let mut all = bundle.artifacts.get(key).into_iter().chain(modes);
            all.find(|it| Digest::of(&it.bytes) == *sha256).map(|it| it.bytes.clone().into())
        };
        self.bundle.and_then(of_mode).or_else(|| self.fetched.get(sha256).cloned())
    }

    /// Creates an object that its key describes; repairs one that is there and is not what it should be.
    pub(super) async fn create(&self, store: &Store, key: &Key, object: &Object) -> Result<(), Diagnostic> {
        let complain = |err: StoreError| store.complain(key.as_str(), &err);
        let (mut why, began) = (StoreError::Conflict, std::time::Instant::now());
        for _ in 0..4 {
            match store.put(key, object, Condition::Absent).await {
                Ok(_) => return Ok(()),
                // Without an answer it may stand there: the next request sees.
                Err(err @ (StoreError::Conflict | StoreError::Unanswered(_))) if began.elapsed() < store.patience() => {
                    why = err;
                }
                Err(err) => return Err(complain(err)),
            }
            let there = match store.get(key).await {
                Ok(there) if same(&there, object) => return Ok(()),
                Ok(there) => there,
                // Somebody swept it away between the two requests.
                Err(StoreError::NotFound) => continue,
                Err(err) => return Err(complain(err)),
            };
            if there.bytes != object.bytes {
                (self.site.sink)(Event::Repairing { key: key.clone() });
            }
            match store.put(key, object, Condition::Matches(&there.tag)).await {
                Ok(_) => return Ok(()),
                // Perhaps it was written: the next round sees.
                Err(err @ (StoreError::Conflict | StoreError::Unanswered(_))) => why = err,
                Err(err) => return Err(complain(err)),
            }
        }
        Err(complain(why))
    }
}

fn unlike(key: &Key) -> Diagnostic {
    Diagnostic::new(Code::Bug, format!("the release lists `{key}`, which the build did not make like that"))
}

/// A document's copy, under its digest.
fn blob(bytes: Bytes) -> Object {
    Object { bytes, headers: Headers::new().with("content-type", "application/octet-stream") }
}

fn same(there: &Stored, object: &Object) -> bool {
    there.bytes == object.bytes && there.headers == object.headers
}
