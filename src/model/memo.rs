//! `Memo`: a cache of what was computed before, addressed by a digest of everything it was computed from.

use super::Digest;
use bytes::Bytes;

/// Remembers the result of an expensive pure computation. A key is the digest of the tool's version, the parameters and the
/// input, so that a value is never out of date; forgetting one costs time and nothing else.
pub trait Memo: Sync {
    /// What was put under the key.
    fn get(&self, key: &Digest) -> Option<Bytes>;

    /// Remembers a value, or does not.
    fn put(&self, key: &Digest, value: &Bytes);
}

/// Remembers nothing.
impl Memo for () {
    fn get(&self, _: &Digest) -> Option<Bytes> {
        None
    }

    fn put(&self, _: &Digest, _: &Bytes) {}
}
