//! What only `landing gc` needs: how old objects are, and deleting them. Nothing else in this program deletes.

use super::{Store, StoreError, Verb, path};
use crate::model::Key;
use futures::TryStreamExt as _;
use object_store::ObjectStoreExt as _;
use object_store::path::Path as ObjectPath;

/// An object as a listing tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Where.
    pub key: Key,
    /// Bytes.
    pub size: u64,
    /// When it was written, by the store's clock.
    pub modified: jiff::Timestamp,
}

impl Store {
    /// Everything below a folder with its age, in order.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn aged(&self, folder: &str) -> Result<Vec<Listed>, StoreError> {
        let answer = async {
            let prefix = ObjectPath::parse(folder)?;
            let metas: Vec<_> = self.inner.list(Some(&prefix)).try_collect().await?;
            let listed = metas.into_iter().filter_map(|meta| {
                let key = Key::parse(meta.location.as_ref()).ok()?;
                let modified = jiff::Timestamp::from_second(meta.last_modified.timestamp()).ok()?;
                Some(Listed { key, size: meta.size, modified })
            });
            let mut listed: Vec<Listed> = listed.collect();
            listed.sort_by(|a, b| a.key.cmp(&b.key));
            Ok(listed)
        };
        self.request(Verb::List, folder, answer).await
    }

    /// Deletes an object; one that is not there is no error.
    ///
    /// # Errors
    /// When the store refuses or does not answer.
    pub async fn delete(&self, key: &Key) -> Result<(), StoreError> {
        let answer = async {
            match self.inner.delete(&path(key)?).await {
                Err(object_store::Error::NotFound { .. }) => Ok(()),
                answer => answer,
            }
        };
        self.request(Verb::Delete, key.as_str(), answer).await
    }
}
