//! Assets of the live release that are gone from the store, and how they come back.
//!
//! In: what the head says, and a build. Out: the keys that the store lacks, then the same files again under them: the name of an asset says
//! what is in it. Refuses to make up a file that this build does not make, before anything is written.

use super::survey::folder;
use super::{Run, Site};
use crate::diag::{Code, Diagnostic};
use crate::model::{Bundle, Inventory, Key};
use crate::store::{Object, Store};
use std::collections::BTreeSet;

/// The assets that the live release names and the store does not have.
///
/// # Errors
/// When the store cannot be listed.
pub async fn gone(store: &Store, inventory: &Inventory) -> Result<Vec<Key>, Diagnostic> {
    let Some(release) = &inventory.release else { return Ok(Vec::new()) };
    let folders: BTreeSet<&str> = release.assets().map(|(key, _)| folder(key)).collect();
    let mut there = BTreeSet::new();
    for folder in folders {
        let tags = store.tags(folder).await.map_err(|err| store.complain(&format!("{folder}/"), &err))?;
        there.extend(tags.into_keys());
    }
    Ok(release.assets().map(|(key, _)| key).filter(|key| !there.contains(*key)).cloned().collect())
}

/// Puts them back.
///
/// # Errors
/// When the build does not make one of them, or the store does not take it.
pub async fn restore(site: Site<'_>, inventory: &Inventory, gone: &[Key], bundle: &Bundle) -> Result<(), Diagnostic> {
    let mut run = Run::new(site, Some(bundle));
    let done = run.restore(inventory, gone).await;
    run.give_back().await;
    done
}

impl Run<'_> {
    async fn restore(&mut self, inventory: &Inventory, gone: &[Key]) -> Result<(), Diagnostic> {
        let Some(release) = &inventory.release else { return Ok(()) };
        self.alone(inventory.head.clone()).await?;
        let run = &*self;
        let mut objects = Vec::new();
        for key in gone {
            let entry = &release.entries[key];
            let bytes = run.in_hand(key, &entry.sha256).ok_or_else(|| not_made(key))?;
            objects.push((key, Object { bytes, headers: entry.headers.clone() }));
        }
        run.phase("upload", objects.len());
        for (key, object) in objects {
            run.create(run.site.store, key, &object).await?;
            run.step("upload", key, object.bytes.len() as u64);
        }
        Ok(())
    }
}

fn not_made(key: &Key) -> Diagnostic {
    Diagnostic::new(
        Code::MissingAsset,
        format!("`{key}` of the live release is gone from the store, and this source does not make it"),
    )
    .hint("check out the source of that release (`landing releases`) and repair again")
}
