//! A store in memory that fails where it is told to.

use futures::stream::BoxStream;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

/// What goes wrong with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It is carried out, and the answer does not arrive.
    LostAnswer,
    /// It does not arrive.
    LostRequest,
    /// A clear no.
    Refused,
    /// It is carried out after a while.
    Slow,
    /// Nothing ever comes back.
    Silence,
}

const SLOW: Duration = Duration::from_millis(30);

type Rule = dyn Fn(bool, &str, usize) -> Option<Fault> + Send + Sync;

/// The store; its rule is asked with whether it is a put, the key, and how often this was asked of this key.
pub(crate) struct Faults {
    inner: InMemory,
    rule: Box<Rule>,
    counts: Mutex<BTreeMap<(bool, String), usize>>,
}

impl Faults {
    pub(crate) fn new(rule: impl Fn(bool, &str, usize) -> Option<Fault> + Send + Sync + 'static) -> Self {
        Self { inner: InMemory::new(), rule: Box::new(rule), counts: Mutex::default() }
    }

    fn fault(&self, put: bool, location: &Path) -> Option<Fault> {
        let mut counts = self.counts.lock().unwrap();
        let count = counts.entry((put, location.to_string())).or_default();
        *count += 1;
        (self.rule)(put, location.as_ref(), *count)
    }
}

fn silence() -> Error {
    Error::Generic { store: "faulty", source: "connection reset".into() }
}

impl std::fmt::Debug for Faults {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Faults")
    }
}

impl std::fmt::Display for Faults {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("faulty:")
    }
}

#[async_trait::async_trait]
impl ObjectStore for Faults {
    async fn put_opts(&self, location: &Path, payload: PutPayload, opts: PutOptions) -> Result<PutResult> {
        match self.fault(true, location) {
            None => self.inner.put_opts(location, payload, opts).await,
            Some(Fault::LostAnswer) => self.inner.put_opts(location, payload, opts).await.and(Err(silence())),
            Some(Fault::LostRequest) => Err(silence()),
            Some(Fault::Slow) => {
                tokio::time::sleep(SLOW).await;
                self.inner.put_opts(location, payload, opts).await
            }
            Some(Fault::Silence) => std::future::pending().await,
            Some(Fault::Refused) => {
                Err(Error::PermissionDenied { path: location.to_string(), source: "not you".into() })
            }
        }
    }

    async fn put_multipart_opts(&self, location: &Path, opts: PutMultipartOptions) -> Result<Box<dyn MultipartUpload>> {
        self.inner.put_multipart_opts(location, opts).await
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        match self.fault(false, location) {
            None => self.inner.get_opts(location, options).await,
            Some(Fault::Refused) => {
                Err(Error::PermissionDenied { path: location.to_string(), source: "not you".into() })
            }
            Some(Fault::Slow) => {
                tokio::time::sleep(SLOW).await;
                self.inner.get_opts(location, options).await
            }
            Some(Fault::Silence) => std::future::pending().await,
            Some(_) => Err(silence()),
        }
    }

    fn delete_stream(&self, _: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        panic!("a deploy never deletes")
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.inner.list(prefix)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.inner.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.inner.copy_opts(from, to, options).await
    }
}
