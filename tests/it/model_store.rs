//! A store of a few objects under a scheduler: every request of every actor waits for its turn.
//!
//! It behaves as S3 does where that matters for a race: entity tags are digests of the content, so that identical bytes
//! have identical tags again after a rollback. What happened to each actor is written down without random numbers and
//! times: two runs with equal histories and equal contents go on alike, and only one of them has to be tried.

use bytes::Bytes;
use futures::stream::BoxStream;
use landing::model::{Digest, Head};
use object_store::path::Path;
use object_store::{
    Attributes, CopyOptions, Error, GetOptions, GetResult, GetResultPayload, ListResult, MultipartUpload, ObjectMeta,
    ObjectStore, PutMode, PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::task::{Poll, Waker};

/// One object.
#[derive(Clone, Debug)]
pub(crate) struct Stone {
    pub(crate) bytes: Bytes,
    attributes: Attributes,
    tag: String,
    /// The content without nonce and time.
    plain: String,
}

/// What all actors share.
#[derive(Debug, Default)]
pub(crate) struct Shared {
    pub(crate) objects: BTreeMap<String, Stone>,
    /// Whose turn it is.
    pub(crate) granted: Option<usize>,
    /// Who waits.
    pub(crate) waiting: BTreeMap<usize, Waker>,
    /// Per actor, what it asked and what it saw.
    pub(crate) histories: BTreeMap<usize, String>,
    /// Whose last request wrote.
    pub(crate) wrote: BTreeSet<usize>,
    /// Every head that was written, in order.
    pub(crate) heads: Vec<Head>,
    /// Which requests wait.
    pub(crate) gates: Gates,
}

/// Which requests wait for their turn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Gates {
    /// None.
    #[default]
    Open,
    /// All but those for objects that stand under their own digest: whether such a one comes earlier or later is seen by
    /// nobody, because nobody asks for it before the head names its release.
    Shared,
    /// All.
    All,
}

impl Gates {
    fn hold(self, key: &str) -> bool {
        let own = ["assets/", ".landing/blobs/", ".landing/releases/"].iter().any(|folder| key.starts_with(folder));
        self == Self::All || (self == Self::Shared && !own)
    }
}

/// The store as one actor sees it.
#[derive(Clone, Debug)]
pub(crate) struct ModelStore {
    pub(crate) shared: Arc<Mutex<Shared>>,
    pub(crate) actor: usize,
}

impl Shared {
    /// Gives an actor its turn.
    pub(crate) fn grant(&mut self, actor: usize) {
        self.granted = Some(actor);
        if let Some(waker) = self.waiting.remove(&actor) {
            waker.wake();
        }
    }

    /// All there is, without what is random.
    pub(crate) fn fingerprint(&self) -> Digest {
        let mut text = String::new();
        for (key, stone) in &self.objects {
            text.push_str(&format!("{key} {}\n", stone.plain));
        }
        for history in self.histories.values() {
            text.push_str(&format!("--\n{history}"));
        }
        Digest::of(text.as_bytes())
    }
}

/// A content without nonce and time.
fn plain(key: &str, bytes: &Bytes) -> String {
    match Head::from_json(bytes) {
        Ok(head) if key == Head::key().as_str() => {
            let Head { seq, by, state, owed, documents, release, mode, freeze, .. } = head;
            format!("{seq} {by} {state:?} {owed:?} {documents:?} {release} {mode:?} {freeze:?}")
        }
        _ => Digest::of(bytes).hex16().to_string(),
    }
}

impl Stone {
    fn new(key: &str, bytes: Bytes, attributes: Attributes) -> Self {
        let mut fields: Vec<String> = attributes.iter().map(|(name, value)| format!("{name:?}{value:?}")).collect();
        fields.sort();
        let tag = format!("\"{}\"", Digest::of_parts([&bytes[..], fields.join("\n").as_bytes()]).hex16());
        let plain = plain(key, &bytes);
        Self { bytes, attributes, tag, plain }
    }

    fn meta(&self, location: &Path) -> ObjectMeta {
        ObjectMeta {
            location: location.clone(),
            last_modified: std::time::SystemTime::UNIX_EPOCH.into(),
            size: self.bytes.len() as u64,
            e_tag: Some(self.tag.clone()),
            version: None,
        }
    }
}

impl ModelStore {
    /// Waits for the turn of this actor.
    async fn turn(&self, key: &str) {
        std::future::poll_fn(|context| {
            let mut shared = self.shared.lock().unwrap();
            if !shared.gates.hold(key) {
                return Poll::Ready(());
            }
            if shared.granted != Some(self.actor) {
                shared.waiting.insert(self.actor, context.waker().clone());
                return Poll::Pending;
            }
            shared.granted = None;
            Poll::Ready(())
        })
        .await;
    }

    fn note(&self, shared: &mut Shared, what: &str) {
        shared.wrote.remove(&self.actor);
        let history = shared.histories.entry(self.actor).or_default();
        history.push_str(what);
        history.push('\n');
    }
}

fn missing(location: &Path) -> Error {
    Error::NotFound { path: location.to_string(), source: "nothing".into() }
}

impl std::fmt::Display for ModelStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("model:")
    }
}

#[async_trait::async_trait]
impl ObjectStore for ModelStore {
    async fn put_opts(&self, location: &Path, payload: PutPayload, opts: PutOptions) -> Result<PutResult> {
        let key = location.to_string();
        self.turn(&key).await;
        let mut shared = self.shared.lock().unwrap();
        let there = shared.objects.get(&key).map(|stone| stone.tag.clone());
        let holds = match &opts.mode {
            PutMode::Overwrite => true,
            PutMode::Create => there.is_none(),
            PutMode::Update(version) => there.is_some() && there == version.e_tag,
        };
        self.note(&mut shared, &format!("put {key} {holds}"));
        if !holds {
            return Err(Error::Precondition { path: key, source: "no".into() });
        }
        let stone = Stone::new(&key, payload.into(), opts.attributes);
        if key == Head::key().as_str() {
            let head = Head::from_json(&stone.bytes).unwrap();
            let before = shared.heads.last().map_or(head.seq - 1, |last| last.seq);
            assert_eq!(before + 1, head.seq, "the heads form one line");
            shared.heads.push(head);
        }
        shared.wrote.insert(self.actor);
        let e_tag = Some(stone.tag.clone());
        shared.objects.insert(key, stone);
        Ok(PutResult { e_tag, version: None, extensions: object_store::Extensions::default() })
    }

    async fn put_multipart_opts(&self, _: &Path, _: PutMultipartOptions) -> Result<Box<dyn MultipartUpload>> {
        unimplemented_here()
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        let key = location.to_string();
        self.turn(&key).await;
        let mut shared = self.shared.lock().unwrap();
        let Some(stone) = shared.objects.get(&key).cloned() else {
            self.note(&mut shared, &format!("get {key} nothing"));
            return Err(missing(location));
        };
        self.note(&mut shared, &format!("get {key} {}", stone.plain));
        let meta = stone.meta(location);
        options.check_preconditions(&meta)?;
        let Stone { bytes, attributes, .. } = stone;
        let range = 0..meta.size;
        let payload = GetResultPayload::Stream(Box::pin(futures::stream::once(async move { Ok(bytes) })));
        Ok(GetResult { payload, meta, range, attributes, extensions: object_store::Extensions::default() })
    }

    fn delete_stream(&self, _: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        panic!("a deploy never deletes")
    }

    fn list(&self, _: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        panic!("a deploy does not list everything")
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        let folder = prefix.map_or(String::new(), |prefix| format!("{prefix}/"));
        self.turn(&folder).await;
        let mut shared = self.shared.lock().unwrap();
        let inside = |key: &String| key.strip_prefix(&folder).is_some_and(|rest| !rest.contains('/'));
        let there = shared.objects.iter().filter(|(key, _)| inside(key));
        let objects: Vec<ObjectMeta> = there.map(|(key, stone)| stone.meta(&Path::parse(key).unwrap())).collect();
        let seen: Vec<String> = objects.iter().map(|it| format!("{} {:?}", it.location, it.e_tag)).collect();
        self.note(&mut shared, &format!("list {folder} {}", seen.join(",")));
        Ok(ListResult { common_prefixes: Vec::new(), objects, extensions: object_store::Extensions::default() })
    }

    async fn copy_opts(&self, _: &Path, _: &Path, _: CopyOptions) -> Result<()> {
        unimplemented_here()
    }
}

fn unimplemented_here<T>() -> Result<T> {
    Err(Error::NotImplemented { operation: "this".to_owned(), implementer: "the model".to_owned() })
}
