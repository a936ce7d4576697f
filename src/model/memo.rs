//! `Memo`: a memory of finished work, asked by the digest of everything the work depends on.

use super::Digest;
use bytes::Bytes;

/// A content-addressed memory of finished work. A miss or a failure is never an error: the work is simply done again.
///
/// The caller puts everything that decides the result into the key (parameters, version of the algorithm, digest of the
/// input), so an entry is never out of date, only unused.
pub trait Memo: Sync {
    /// What was remembered under a key.
    fn get(&self, key: &Digest) -> Option<Bytes>;

    /// Remembers.
    fn put(&self, key: &Digest, value: &Bytes);
}

/// Remembers nothing.
impl Memo for () {
    fn get(&self, _: &Digest) -> Option<Bytes> {
        None
    }

    fn put(&self, _: &Digest, _: &Bytes) {}
}
