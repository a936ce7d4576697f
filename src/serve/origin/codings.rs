//! Content codings made by the origin: once per body and coding, kept while there is room, never per request.

use crate::model::Digest;
use crate::serve::bounded::Bounded;
use bytes::Bytes;
use std::io::Write as _;
use std::sync::Arc;
use tokio::sync::OnceCell;

/// A coding that the origin makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Coding {
    Brotli,
    Gzip,
}

impl Coding {
    /// As it stands in `Content-Encoding`.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Brotli => "br",
            Self::Gzip => "gzip",
        }
    }
}

/// Brotli's best takes about a second per megabyte: larger bodies get less of it, and the largest none.
const BEST_UP_TO: usize = 2 << 20;
const NOTHING_ABOVE: usize = 16 << 20;

/// One coded body; `None` when the coding does not make it smaller.
type Coded = Arc<OnceCell<Option<Bytes>>>;

/// The bodies that have been coded.
#[derive(Debug)]
pub(super) struct Codings(Bounded<(Digest, Coding), Coded>);

impl Codings {
    pub(super) fn new(most_bytes: u64) -> Self {
        Self(Bounded::new(most_bytes))
    }

    /// The coded body, or nothing when it would not be smaller.
    pub(super) async fn coded(&self, digest: Digest, body: &Bytes, coding: Coding) -> Option<Bytes> {
        if body.is_empty() || body.len() > NOTHING_ABOVE {
            return None;
        }
        let cell = self.0.get(&(digest, coding)).unwrap_or_else(|| {
            let cell = Coded::default();
            self.0.put((digest, coding), Arc::clone(&cell), body.len() as u64);
            cell
        });
        let make = || {
            let body = body.clone();
            async move { tokio::task::spawn_blocking(move || smaller(&body, coding)).await.unwrap_or(None) }
        };
        cell.get_or_init(make).await.clone()
    }
}

fn smaller(body: &Bytes, coding: Coding) -> Option<Bytes> {
    let coded = match coding {
        Coding::Brotli => crate::assets::brotli(body, if body.len() <= BEST_UP_TO { 11 } else { 5 }),
        Coding::Gzip => gzip(body),
    };
    (coded.len() < body.len()).then(|| coded.into())
}

/// Without a date and a name in its header: same in, same out.
fn gzip(body: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(body).expect("memory can be written");
    encoder.finish().expect("memory can be written")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read as _;

    #[test]
    fn coded_bodies_are_smaller_and_come_back() {
        let body = Bytes::from("la page d'accueil ".repeat(50));
        let mut plain = Vec::new();
        brotli::Decompressor::new(&smaller(&body, Coding::Brotli).unwrap()[..], 4096).read_to_end(&mut plain).unwrap();
        assert_eq!(plain, body);
        plain.clear();
        flate2::read::GzDecoder::new(&smaller(&body, Coding::Gzip).unwrap()[..]).read_to_end(&mut plain).unwrap();
        assert_eq!(plain, body);
        assert_eq!(smaller(&Bytes::from_static(b"x"), Coding::Gzip), None);
        assert_eq!(smaller(&body, Coding::Gzip), smaller(&body, Coding::Gzip));
    }
}
