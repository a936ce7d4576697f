//! A folder as an object store: `object_store`'s own plus what that one lacks.
//!
//! It adds compare-and-swap (under a kernel lock, which dies with its owner: no stale lock after a kill), entity tags that
//! are digests of the content, and header fields kept in the same file as the body (`envelope`). One writer at a time, one
//! temporary file: a killed writer leaves nothing behind that the next one does not overwrite. Readers take no lock, they
//! see the old file or the new one. Not for network file systems, whose locks and renames promise less. It follows no
//! symbolic link and reads nothing but regular files.

use super::{attributes, envelope};
use crate::model::{CONTROL, Digest};
use bytes::Bytes;
use futures::stream::BoxStream;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, GetResultPayload, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    PutMode, PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};
use std::fs;
use std::io::{ErrorKind, Read as _, Write as _};
use std::path::{Path as FsPath, PathBuf};
use std::time::{Duration, Instant};

/// Larger files are not ours and not read into memory.
const LARGEST: u64 = 1 << 30;

/// How long to wait for another writer: it holds the lock for the time of one write. Shorter than the time-out of a
/// request, so that a request that was given up cannot write later.
const LOCK_WITHIN: Duration = Duration::from_secs(10);

/// A folder that is an object store.
#[derive(Clone, Debug)]
pub(super) struct Folder {
    root: PathBuf,
    local: LocalFileSystem,
}

/// One object as it lies there.
struct Found {
    file: Bytes,
    modified: std::time::SystemTime,
}

impl Found {
    fn tag(&self) -> String {
        tag(&self.file)
    }
}

/// Strong (RFC 9110, section 8.8.1): header fields and body both go in.
fn tag(file: &[u8]) -> String {
    format!("\"{}\"", Digest::of(file))
}

impl Folder {
    /// Opens a folder, and makes it when it is not there.
    pub(super) fn open(root: &FsPath) -> std::io::Result<Self> {
        fs::create_dir_all(root)?;
        let root = root.canonicalize()?;
        let local = LocalFileSystem::new_with_prefix(&root).map_err(std::io::Error::other)?.with_fsync(true);
        Ok(Self { root, local })
    }

    /// The file of an object. Names ending in `#` and digits are `object_store`'s (and our) temporary files.
    fn file_of(&self, location: &Path) -> Result<PathBuf> {
        self.local
            .path_to_filesystem(location)
            .map_err(|_| refused(location, "a name ending in `#` and digits cannot stand in a folder"))
    }

    fn find(&self, location: &Path) -> Result<Found> {
        let path = self.file_of(location)?;
        let gone = |err: std::io::Error| match err.kind() {
            // `a/b` where `a` is a file: nothing is there.
            ErrorKind::NotFound | ErrorKind::NotADirectory => {
                Error::NotFound { path: location.to_string(), source: err.into() }
            }
            _ => refused(location, err),
        };
        let metadata = fs::symlink_metadata(&path).map_err(gone)?;
        if metadata.is_dir() {
            return Err(Error::NotFound { path: location.to_string(), source: "it is a folder".into() });
        }
        if !metadata.is_file() {
            return Err(refused(location, "it is a link or a device, not a file"));
        }
        let mut file = Vec::with_capacity(usize::try_from(metadata.len().min(LARGEST)).unwrap_or_default());
        let read =
            fs::File::open(&path).and_then(|open| open.take(LARGEST + 1).read_to_end(&mut file)).map_err(gone)?;
        if read as u64 > LARGEST {
            return Err(refused(location, "it is larger than 1 GiB"));
        }
        let modified = metadata.modified().unwrap_or(std::time::SystemTime::UNIX_EPOCH);
        Ok(Found { file: file.into(), modified })
    }

    fn get(&self, location: &Path, options: &GetOptions) -> Result<GetResult> {
        let found = self.find(location)?;
        let (headers, body) =
            envelope::open(&found.file).map_err(|why| refused(location, format!("damaged: {why}")))?;
        let meta = ObjectMeta {
            location: location.clone(),
            last_modified: found.modified.into(),
            size: body.len() as u64,
            e_tag: Some(found.tag()),
            version: None,
        };
        options.check_preconditions(&meta)?;
        let range = match &options.range {
            Some(range) => range.as_range(meta.size).map_err(|err| refused(location, err.to_string()))?,
            None => 0..meta.size,
        };
        let index = |at: u64| usize::try_from(at).expect("inside a body that is in memory");
        let part = body.slice(index(range.start)..index(range.end));
        let payload = GetResultPayload::Stream(Box::pin(futures::stream::once(async move { Ok(part) })));
        Ok(GetResult {
            payload,
            meta,
            range,
            attributes: attributes::of(&headers),
            extensions: object_store::Extensions::default(),
        })
    }

    fn put(&self, location: &Path, file: &[u8], mode: &PutMode) -> Result<PutResult> {
        let path = self.file_of(location)?;
        let control = self.root.join(CONTROL);
        let _lock = lock(&control).map_err(|err| refused(location, err))?;
        self.check(location, &path, mode)?;
        let temporary = control.join("new#0");
        write_new(&temporary, file).map_err(|err| refused(location, err))?;
        let parent = path.parent().unwrap_or(&self.root);
        fs::create_dir_all(parent).map_err(|err| refused(location, err))?;
        fs::rename(&temporary, &path).map_err(|err| refused(location, err))?;
        // From here on it has happened; whether it survives a power cut is what a failure leaves open.
        self.sync(parent).map_err(|err| Error::Generic { store: "folder", source: err.into() })?;
        Ok(PutResult { e_tag: Some(tag(file)), version: None, extensions: object_store::Extensions::default() })
    }

    fn check(&self, location: &Path, path: &FsPath, mode: &PutMode) -> Result<()> {
        let unmet = |why: &str| Error::Precondition { path: location.to_string(), source: why.into() };
        match mode {
            PutMode::Overwrite => Ok(()),
            PutMode::Create => match fs::symlink_metadata(path) {
                Ok(metadata) if metadata.is_dir() => Err(refused(location, "a folder stands there")),
                Ok(_) => Err(Error::AlreadyExists { path: location.to_string(), source: "it is there".into() }),
                Err(err) if err.kind() == ErrorKind::NotFound => Ok(()),
                Err(err) => Err(refused(location, err)),
            },
            PutMode::Update(expected) => match self.find(location) {
                Ok(found) if expected.e_tag.as_deref() == Some(found.tag().as_str()) => Ok(()),
                Ok(_) => Err(unmet("another content is there")),
                Err(Error::NotFound { .. }) => Err(unmet("nothing is there")),
                Err(err) => Err(err),
            },
        }
    }

    /// Makes the new names durable, up to the root: the folders may be new as well.
    fn sync(&self, folder: &FsPath) -> std::io::Result<()> {
        for folder in folder.ancestors().take_while(|it| it.starts_with(&self.root)) {
            fs::File::open(folder)?.sync_all()?;
        }
        Ok(())
    }
}

/// Waits for the lock with a deadline; dropping the file releases it, and so does the kernel when the process dies.
fn lock(control: &FsPath) -> std::io::Result<fs::File> {
    fs::create_dir_all(control)?;
    let file = fs::OpenOptions::new().write(true).create(true).truncate(false).open(control.join("lock#0"))?;
    let deadline = Instant::now() + LOCK_WITHIN;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(fs::TryLockError::Error(err)) => return Err(err),
            Err(fs::TryLockError::WouldBlock) if Instant::now() < deadline => {
                std::thread::sleep(Duration::from_millis(1));
            }
            Err(fs::TryLockError::WouldBlock) => {
                return Err(std::io::Error::other("another program has held the lock of the folder for 10 s"));
            }
        }
    }
}

/// A file with these bytes on the disk, or no file.
fn write_new(path: &FsPath, bytes: &[u8]) -> std::io::Result<()> {
    let absent = |err: std::io::Error| if err.kind() == ErrorKind::NotFound { Ok(()) } else { Err(err) };
    fs::remove_file(path).or_else(absent)?;
    let written = fs::File::create_new(path).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    written.inspect_err(|_| {
        let _ = fs::remove_file(path);
    })
}

/// It did not happen, and asking again would not help. `object_store` has one such error that carries the reason.
fn refused(location: &Path, why: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    Error::PermissionDenied { path: location.to_string(), source: why.into() }
}

/// Files are slow: off the threads that answer requests.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work).await?
}

impl std::fmt::Display for Folder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "dir:{}", self.root.display())
    }
}

#[async_trait::async_trait]
impl ObjectStore for Folder {
    async fn put_opts(&self, location: &Path, payload: PutPayload, opts: PutOptions) -> Result<PutResult> {
        let (this, location) = (self.clone(), location.clone());
        blocking(move || {
            let file = envelope::seal(&attributes::read(&opts.attributes), &Bytes::from(payload));
            this.put(&location, &file, &opts.mode)
        })
        .await
    }

    async fn put_multipart_opts(&self, _: &Path, _: PutMultipartOptions) -> Result<Box<dyn MultipartUpload>> {
        Err(Error::NotImplemented { operation: "a put in parts".to_owned(), implementer: self.to_string() })
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        let (this, location) = (self.clone(), location.clone());
        blocking(move || this.get(&location, &options)).await
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        self.local.delete_stream(locations)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.local.list(prefix)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        let mut listed = self.local.list_with_delimiter(prefix).await?;
        let this = self.clone();
        blocking(move || {
            for object in &mut listed.objects {
                // The file's own size and a mark made of inode and time are not those of the object.
                object.e_tag = this.find(&object.location).ok().map(|found| found.tag());
            }
            Ok(listed)
        })
        .await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.local.copy_opts(from, to, options).await
    }
}
