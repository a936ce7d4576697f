//! Two stores as one: control objects in the one, everything else in the other.
//!
//! Keys stay what they are, so that both can be the same bucket, or two copies of it. Listing everything lists both.

use crate::model::CONTROL;
use futures::StreamExt as _;
use futures::stream::BoxStream;
use object_store::path::Path;
use object_store::{
    CopyOptions, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore, PutMultipartOptions,
    PutOptions, PutPayload, PutResult, Result,
};
use std::sync::Arc;

/// What belongs to whom.
#[derive(Clone, Debug)]
pub(super) struct Split {
    public: Arc<dyn ObjectStore>,
    control: Arc<dyn ObjectStore>,
}

impl Split {
    pub(super) fn new(public: Arc<dyn ObjectStore>, control: Arc<dyn ObjectStore>) -> Self {
        Self { public, control }
    }

    fn of(&self, location: &Path) -> &Arc<dyn ObjectStore> {
        let is_control = location.parts().next().is_some_and(|first| first.as_ref() == CONTROL);
        if is_control { &self.control } else { &self.public }
    }
}

impl std::fmt::Display for Split {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} with control objects in {}", self.public, self.control)
    }
}

#[async_trait::async_trait]
impl ObjectStore for Split {
    async fn put_opts(&self, location: &Path, payload: PutPayload, opts: PutOptions) -> Result<PutResult> {
        self.of(location).put_opts(location, payload, opts).await
    }

    async fn put_multipart_opts(&self, at: &Path, opts: PutMultipartOptions) -> Result<Box<dyn MultipartUpload>> {
        self.of(at).put_multipart_opts(at, opts).await
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        self.of(location).get_opts(location, options).await
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        let this = self.clone();
        let deleted = locations.then(move |location| {
            let this = this.clone();
            async move {
                let location = location?;
                let one = futures::stream::once(std::future::ready(Ok(location.clone()))).boxed();
                this.of(&location).delete_stream(one).next().await.unwrap_or(Ok(location))
            }
        });
        deleted.boxed()
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        match prefix {
            Some(prefix) => self.of(prefix).list(Some(prefix)),
            None => self.public.list(None).chain(self.control.list(Some(&Path::from(CONTROL)))).boxed(),
        }
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        match prefix {
            Some(prefix) => self.of(prefix).list_with_delimiter(Some(prefix)).await,
            None => self.public.list_with_delimiter(None).await,
        }
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.of(from).copy_opts(from, to, options).await
    }
}
