//! The `.br` and `.gz` siblings of a file.
//!
//! In: final bytes. Out: Brotli and gzip forms, each only when it is smaller than the bytes themselves (a larger coding
//! costs the visitor twice). Deterministic: the gzip header carries no time and no name.

use super::ALGORITHMS;
use crate::model::{Digest, Media, Memo};
use brotli::enc::{BrotliEncoderParams, StandardAlloc};
use bytes::Bytes;
use libdeflater::{CompressionLvl, Compressor};

/// The content codings of one file; `None` where the coding would not be smaller.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Siblings {
    /// Brotli, RFC 7932.
    pub br: Option<Bytes>,
    /// gzip, RFC 1952.
    pub gz: Option<Bytes>,
}

/// How much work a file is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effort {
    /// As small as it gets: what the first flight is counted in. About 2 ms for a kB.
    Best,
    /// A twentieth of that time, and about a tenth more bytes: one of a thousand pages.
    Quick,
}

/// Both siblings of `bytes`, or none for media that are compressed already.
pub fn compress(bytes: &[u8], media: &Media, effort: Effort, memo: &dyn Memo) -> Siblings {
    compress_known(bytes, Digest::of(bytes), media, effort, memo)
}

/// The same of bytes whose digest is known.
pub fn compress_known(bytes: &[u8], source: Digest, media: &Media, effort: Effort, memo: &dyn Memo) -> Siblings {
    if !media.compressible() || bytes.is_empty() {
        return Siblings::default();
    }
    let (br, gz) = match effort {
        Effort::Best => rayon::join(
            || remembered(memo, "br 11", &source, || brotli(bytes, 11)),
            || remembered(memo, "gz 12", &source, || gzip(bytes, 12)),
        ),
        Effort::Quick => (
            remembered(memo, "br 5", &source, || brotli(bytes, 5)),
            remembered(memo, "gz 6", &source, || gzip(bytes, 6)),
        ),
    };
    let smaller = |coded: Bytes| (coded.len() < bytes.len()).then_some(coded);
    Siblings { br: smaller(br), gz: smaller(gz) }
}

/// Tells a sibling from every other one: the same source, coding and effort make the same bytes.
pub fn sibling_identity(source: Digest, extension: &str, effort: Effort) -> Digest {
    let effort = format!("{effort:?}");
    Digest::of_parts([ALGORITHMS.as_bytes(), extension.as_bytes(), effort.as_bytes(), source.as_bytes()])
}

fn remembered(memo: &dyn Memo, what: &str, source: &Digest, work: impl FnOnce() -> Vec<u8>) -> Bytes {
    let key = Digest::of_parts([ALGORITHMS.as_bytes(), what.as_bytes(), source.as_bytes()]);
    memo.get(&key).unwrap_or_else(|| {
        let done = Bytes::from(work());
        memo.put(&key, &done);
        done
    })
}

/// Brotli of that quality, from 0 to 11. The modes for text and for anything write the same bytes in this encoder (`ChooseContextMode` asks
/// for neither), so it is run once.
pub fn brotli(mut bytes: &[u8], quality: i32) -> Vec<u8> {
    // A window of 4 MiB: larger than any text of ours, and what a decoder must set aside for it (RFC 7932, section 9.1).
    let params = BrotliEncoderParams { quality, lgwin: 22, size_hint: bytes.len(), ..BrotliEncoderParams::default() };
    // In one piece: an encoder that is fed in several sets the whole window aside, which takes longer than to encode a page.
    let (mut piece, mut coded) = (vec![0; bytes.len().max(1)], vec![0; OUTPUT]);
    let mut out = Vec::new();
    brotli::BrotliCompressCustomAlloc(&mut bytes, &mut out, &mut piece, &mut coded, &params, StandardAlloc::default())
        .expect("writing to memory cannot fail");
    out
}

/// So many coded bytes are taken at a time.
const OUTPUT: usize = 16 << 10;

/// libdeflate's best is within 2 % of zopfli's, in a hundredth of the time; hardly any browser still asks for gzip.
fn gzip(bytes: &[u8], level: i32) -> Vec<u8> {
    let mut compressor = Compressor::new(CompressionLvl::new(level).expect("a level from 0 to 12"));
    let mut out = vec![0; compressor.gzip_compress_bound(bytes.len())];
    let length = compressor.gzip_compress(bytes, &mut out).expect("the bound is enough");
    out.truncate(length);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assets::testing::Counting;
    use std::io::Read as _;

    fn html() -> Media {
        Media::html()
    }

    #[test]
    fn both_codings_give_the_bytes_back() {
        let text = "<p>La page tient bon. </p>".repeat(40);
        for effort in [Effort::Best, Effort::Quick] {
            let made = compress(text.as_bytes(), &html(), effort, &Counting::default());
            let (br, gz) = (made.br.unwrap(), made.gz.unwrap());
            let mut back = Vec::new();
            brotli::BrotliDecompress(&mut &br[..], &mut back).unwrap();
            assert_eq!(back, text.as_bytes());
            let mut back = Vec::new();
            flate2::read::GzDecoder::new(&gz[..]).read_to_end(&mut back).unwrap();
            assert_eq!(back, text.as_bytes());
        }
    }

    #[test]
    fn a_coding_that_is_not_smaller_is_not_there() {
        assert_eq!(compress(b"a", &html(), Effort::Best, &Counting::default()), Siblings::default());
        assert_eq!(compress(b"", &html(), Effort::Best, &Counting::default()), Siblings::default());
        assert_eq!(
            compress(&[7; 4_096], &Media::of_extension("avif"), Effort::Best, &Counting::default()),
            Siblings::default()
        );
    }

    #[test]
    fn gzip_carries_no_clock_and_no_name_whatever_the_size() {
        for len in [2_000, 300_000] {
            let made = compress(&vec![b'a'; len], &html(), Effort::Best, &Counting::default());
            let gz = made.gz.unwrap();
            // RFC 1952, section 2.3: flags at 3, modification time at 4 to 7.
            assert_eq!(&gz[3..8], &[0; 5], "{len}");
        }
    }

    #[test]
    fn what_was_compressed_once_is_remembered() {
        let memo = Counting::default();
        let text = "spike ".repeat(100);
        let first = compress(text.as_bytes(), &html(), Effort::Best, &memo);
        assert_eq!(memo.puts(), 2);
        assert_eq!(compress(text.as_bytes(), &html(), Effort::Best, &memo), first);
        assert_eq!(memo.puts(), 2);
    }
}
