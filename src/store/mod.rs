//! Where the objects of an environment live: a folder, memory, and whatever else `object_store` reaches.
//!
//! In: a [`Key`] and an [`Object`]; out: bytes, header fields and the store's [`Tag`], or a [`StoreError`] that says whether
//! the request may have happened. Every write carries a [`Condition`]; nothing here overwrites unasked, nothing deletes,
//! nothing retries: whoever asks knows what a repetition means. Every request is counted and shown to an observer.

#![expect(clippy::disallowed_methods, reason = "floor 3: the store is files and network")]

mod attributes;
mod cloud;
mod conditions;
mod envelope;
mod error;
mod folder;
mod labels;
mod login;
mod refusal;
mod request;
mod split;
mod sweep;
mod transport;

pub use error::StoreError;
pub use request::{Counts, Observer, Phase, Request, Verb};
pub use sweep::Listed;
pub use transport::Traits;

use crate::diag::{Code, Diagnostic};
use crate::model::{Access, Environment, Headers, Key, Labels, StoreUrl, Tag, Vendor};
use bytes::Bytes;
use futures::TryStreamExt as _;
use object_store::path::Path as ObjectPath;
use object_store::{GetOptions, GetResult, ObjectStore, PutMode, PutOptions, UpdateVersion};
use request::Counters;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// No request may take longer. A deployer that stalls must not write minutes later what others have replaced meanwhile.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);

/// What to store.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Object {
    /// The body.
    pub bytes: Bytes,
    /// The header fields it is served with.
    pub headers: Headers,
}

/// What is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// The body.
    pub bytes: Bytes,
    /// The header fields that were stored with it; none for a file that somebody else put into a folder.
    pub headers: Headers,
    /// The store's mark for body and fields.
    pub tag: Tag,
}

/// What is stored, without the body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Described {
    /// Bytes of the body.
    pub size: u64,
    /// The header fields.
    pub headers: Headers,
    /// The store's mark.
    pub tag: Tag,
}

/// What must hold at the instant of a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition<'a> {
    /// Nothing stands there.
    Absent,
    /// Exactly this stands there.
    Matches(&'a Tag),
}

/// A store. Clones share its counters.
#[derive(Clone)]
pub struct Store {
    inner: Arc<dyn ObjectStore>,
    name: String,
    vendor: Option<Vendor>,
    labels: Labels,
    /// Whether nobody vouches for its conditions.
    doubtful: bool,
    /// Whether it was found not to look at them.
    blind: Arc<AtomicBool>,
    /// For one request, all attempts together.
    within: Duration,
    heard: Arc<Mutex<Traits>>,
    counters: Arc<Counters>,
    observer: Option<Observer>,
}

impl Store {
    /// Opens the store of an environment; a folder is relative to the project's `root` and is made when it is not there.
    ///
    /// # Errors
    /// When the folder can be neither found nor made.
    pub fn open(root: &Path, url: &StoreUrl) -> Result<Self, Diagnostic> {
        Self::connect(root, url, &Access::default())
    }

    /// The store of an environment, with its control objects.
    ///
    /// # Errors
    /// As [`Store::connect`].
    pub fn of(root: &Path, environment: &Environment) -> Result<Self, Diagnostic> {
        Self::connect(root, &environment.store, &environment.access)
    }

    /// Opens a store that may be somebody's service. Nothing is asked of it yet.
    ///
    /// # Errors
    /// When a folder can be neither found nor made, or there are no credentials.
    pub fn connect(root: &Path, url: &StoreUrl, access: &Access) -> Result<Self, Diagnostic> {
        let heard = Arc::new(Mutex::new(Traits::default()));
        let within = access.timeout.map_or(ANSWER_WITHIN, Duration::from_secs);
        let direct = access.endpoint.as_deref().is_some_and(crate::shell::sender::is_here);
        let transport = transport::Transport { within, heard: Arc::clone(&heard), direct };
        let inner = cloud::open(root, url, access, &transport)?;
        let doubtful = url.vendor() == Some(Vendor::S3) && access.endpoint.is_some();
        let labels = access.labels.clone();
        Ok(Self { vendor: url.vendor(), labels, doubtful, within, heard, ..Self::over(inner, url.to_string()) })
    }

    /// A store over any implementation; `name` is what people read.
    pub fn over(inner: Arc<dyn ObjectStore>, name: impl Into<String>) -> Self {
        Self {
            inner,
            name: name.into(),
            vendor: None,
            labels: Labels::default(),
            doubtful: false,
            blind: Arc::default(),
            within: ANSWER_WITHIN,
            heard: Arc::default(),
            counters: Arc::default(),
            observer: None,
        }
    }

    /// What the service said of itself so far.
    pub fn traits(&self) -> Traits {
        self.heard.lock().expect("nobody panics while holding what was heard").clone()
    }

    /// The same, with every request shown to `observer`.
    #[must_use]
    pub fn observed(mut self, observer: Observer) -> Self {
        self.observer = Some(observer);
        self
    }

    /// The same with these labels on every object that it writes.
    #[must_use]
    pub fn labeled(self, labels: Labels) -> Self {
        Self { labels, ..self }
    }

    /// The time of one request, all attempts together. Whoever writes again after no answer begins nothing after that.
    pub fn patience(&self) -> Duration {
        self.within
    }

    /// The same with another time for one request.
    #[must_use]
    pub fn within(mut self, within: Duration) -> Self {
        self.within = within;
        self
    }

    /// The same objects with counters of their own and nobody looking on: for a server beside a deploy.
    #[must_use]
    pub fn apart(&self) -> Self {
        Self { counters: Arc::default(), observer: None, ..self.clone() }
    }

    /// As it stands in the configuration.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What was asked so far, through this store and its clones.
    pub fn counts(&self) -> Counts {
        self.counters.read()
    }

    /// Reads an object.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when nothing stands there.
    pub async fn get(&self, key: &Key) -> Result<Stored, StoreError> {
        self.request(Verb::Get, key.as_str(), async { self.stored(self.ask(key, GetOptions::default()).await?).await })
            .await
    }

    /// Reads an object unless it is the one that `tag` marks: `None` then.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when nothing stands there.
    pub async fn get_unless(&self, key: &Key, tag: &Tag) -> Result<Option<Stored>, StoreError> {
        let options = GetOptions { if_none_match: version(tag).e_tag, ..GetOptions::default() };
        let answer = async {
            match self.ask(key, options).await {
                // A server that does not know the condition sends it all (s3s-fs 0.14).
                Ok(result) => Ok(Some(self.stored(result).await?).filter(|it| it.tag != *tag)),
                Err(object_store::Error::NotModified { .. }) => Ok(None),
                Err(err) => Err(err),
            }
        };
        self.request(Verb::Get, key.as_str(), answer).await
    }

    /// Reads what is known about an object, without its body.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when nothing stands there.
    pub async fn head(&self, key: &Key) -> Result<Described, StoreError> {
        let answer = async {
            let result = self.ask(key, GetOptions { head: true, ..GetOptions::default() }).await?;
            let tag = self.tag(result.meta.e_tag.clone(), result.meta.version.clone())?;
            Ok(Described { size: result.meta.size, headers: self.fields(&result), tag })
        };
        self.request(Verb::Head, key.as_str(), answer).await
    }

    /// Writes an object if the condition holds at that instant.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when it does not; [`StoreError::Unanswered`] when it is not known what happened.
    pub async fn put(&self, key: &Key, object: &Object, condition: Condition<'_>) -> Result<Tag, StoreError> {
        if self.blind.load(Ordering::SeqCst) {
            return self.put_blindly(key, object, condition).await;
        }
        let mode = match condition {
            Condition::Absent => PutMode::Create,
            Condition::Matches(tag) => PutMode::Update(self.expected(tag)),
        };
        self.request(Verb::Put, key.as_str(), self.written(key, object, mode)).await
    }

    async fn written(&self, key: &Key, object: &Object, mode: PutMode) -> object_store::Result<Tag> {
        let mut options = PutOptions { mode, attributes: attributes::of(&object.headers), ..PutOptions::default() };
        if let Some(label) = self.labels.of(key) {
            labels::put_on(&mut options.attributes, label);
            options.tags = labels::tags(label);
        }
        if self.vendor == Some(Vendor::Azure) {
            options.attributes = attributes::underscored(&options.attributes);
        }
        let put = self.inner.put_opts(&path(key)?, object.bytes.clone().into(), options).await?;
        self.tag(put.e_tag, put.version)
    }

    /// The keys below a folder (all of them for an empty name), in order. Names that are no keys are passed over.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn list(&self, folder: &str) -> Result<Vec<Key>, StoreError> {
        let answer = async {
            let prefix = if folder.is_empty() { None } else { Some(ObjectPath::parse(folder)?) };
            let metas: Vec<_> = self.inner.list(prefix.as_ref()).try_collect().await?;
            let mut keys: Vec<Key> = metas.iter().filter_map(|it| Key::parse(it.location.as_ref()).ok()).collect();
            keys.sort();
            Ok(keys)
        };
        self.request(Verb::List, folder, answer).await
    }

    /// The marks of the objects directly in a folder (the root for an empty name), by one request. What stands there
    /// without being readable has an empty mark, which is nobody's.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn tags(&self, folder: &str) -> Result<BTreeMap<Key, Tag>, StoreError> {
        let answer = async {
            let prefix = if folder.is_empty() { None } else { Some(ObjectPath::parse(folder)?) };
            let listed = self.inner.list_with_delimiter(prefix.as_ref()).await?;
            let mut tags = BTreeMap::new();
            for object in listed.objects {
                if let Ok(key) = Key::parse(object.location.as_ref()) {
                    tags.insert(key, self.tag(object.e_tag, object.version).unwrap_or_else(|_| Tag(String::new())));
                }
            }
            Ok(tags)
        };
        self.request(Verb::List, folder, answer).await
    }

    async fn ask(&self, key: &Key, options: GetOptions) -> object_store::Result<GetResult> {
        self.inner.get_opts(&path(key)?, options).await
    }

    /// What must stand there. A mark that is not of this store has no generation, and nothing has the first one: they are times
    /// in microseconds (Google Cloud Storage).
    fn expected(&self, tag: &Tag) -> UpdateVersion {
        let mut expected = version(tag);
        if self.vendor == Some(Vendor::Gcs) {
            expected.version.get_or_insert_with(|| "1".to_owned());
        }
        expected
    }

    /// Counts, shows, limits the time and translates the error.
    async fn request<T>(
        &self,
        verb: Verb,
        key: &str,
        answer: impl Future<Output = object_store::Result<T>>,
    ) -> Result<T, StoreError> {
        self.counters.add(verb);
        self.show(Request { verb, key, phase: Phase::Before });
        let result = match tokio::time::timeout(self.within, answer).await {
            Ok(result) => result.map_err(StoreError::from),
            Err(_) => Err(StoreError::Unanswered(format!("no answer within {} s", self.within.as_secs()))),
        };
        self.show(Request { verb, key, phase: Phase::After });
        result
    }

    async fn stored(&self, result: GetResult) -> object_store::Result<Stored> {
        let tag = self.tag(result.meta.e_tag.clone(), result.meta.version.clone())?;
        let headers = self.fields(&result);
        Ok(Stored { bytes: result.bytes().await?, headers, tag })
    }

    fn fields(&self, result: &GetResult) -> Headers {
        labels::take_off(match self.vendor {
            Some(Vendor::Azure) => attributes::read(&attributes::hyphened(&result.attributes)),
            _ => attributes::read(&result.attributes),
        })
    }

    /// Entity tag, and the version where the store compares that instead (the generation of Google Cloud Storage; that of a
    /// versioned bucket elsewhere is in no listing). A space cannot stand in an entity tag (RFC 9110, section 8.8.3).
    fn tag(&self, e_tag: Option<String>, version: Option<String>) -> object_store::Result<Tag> {
        let none = || object_store::Error::NotSupported { source: "the store gives no entity tags".into() };
        let e_tag = e_tag.ok_or_else(none)?;
        Ok(Tag(match version.filter(|_| matches!(self.vendor, Some(Vendor::Gcs))) {
            Some(version) => format!("{e_tag} {version}"),
            None => e_tag,
        }))
    }

    fn show(&self, request: Request<'_>) {
        if let Some(observer) = &self.observer {
            observer(&request);
        }
    }
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").field("name", &self.name).finish_non_exhaustive()
    }
}

/// A folder, relative to the project's root.
fn folder_at(root: &Path, path: &str) -> Result<folder::Folder, Diagnostic> {
    folder::Folder::open(&root.join(path)).map_err(|err| {
        let why = crate::text::system_reason(&err.to_string());
        Diagnostic::new(Code::StoreRefused, format!("the folder `{path}` cannot be used as a store: {why}"))
            .hint("name a folder that this user can write to as `store = \"dir:PATH\"`")
    })
}

fn path(key: &Key) -> object_store::Result<ObjectPath> {
    Ok(ObjectPath::parse(key.as_str())?)
}

fn version(tag: &Tag) -> UpdateVersion {
    match tag.0.split_once(' ') {
        Some((e_tag, version)) => UpdateVersion { e_tag: Some(e_tag.to_owned()), version: Some(version.to_owned()) },
        None => UpdateVersion { e_tag: Some(tag.0.clone()), version: None },
    }
}
