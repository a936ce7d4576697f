//! The `.br` and `.gz` siblings of a file.
//!
//! In: final bytes. Out: Brotli and gzip forms, each only when it is smaller than the bytes themselves (a larger coding
//! costs the visitor twice). Deterministic: the gzip header carries no time and no name.

use super::ALGORITHMS;
use crate::model::{Digest, Media, Memo};
use brotli::enc::BrotliEncoderParams;
use brotli::enc::backward_references::BrotliEncoderMode;
use bytes::Bytes;
use std::io::Write as _;
use std::num::NonZeroU64;

/// The content codings of one file; `None` where the coding would not be smaller.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Siblings {
    /// Brotli, RFC 7932.
    pub br: Option<Bytes>,
    /// gzip, RFC 1952.
    pub gz: Option<Bytes>,
}

/// Zopfli needs about 35 ms per kB; beyond this size the 3-5 % it gains are not worth the wait.
const ZOPFLI_LIMIT: usize = 256 * 1_024;

/// Trying both context models of Brotli costs the same again; only documents and the like are worth it.
const TWO_MODES_LIMIT: usize = 1_024 * 1_024;

/// Both siblings of `bytes`, or none for media that are compressed already.
pub fn compress(bytes: &[u8], media: &Media, memo: &dyn Memo) -> Siblings {
    if !media.compressible() || bytes.is_empty() {
        return Siblings::default();
    }
    let source = Digest::of(bytes);
    let (br, gz) = rayon::join(
        || remembered(memo, "br 11", &source, || brotli11(bytes)),
        || remembered(memo, "gz zopfli", &source, || gzip(bytes)),
    );
    let smaller = |coded: Bytes| (coded.len() < bytes.len()).then_some(coded);
    Siblings { br: smaller(br), gz: smaller(gz) }
}

fn remembered(memo: &dyn Memo, what: &str, source: &Digest, work: impl FnOnce() -> Vec<u8>) -> Bytes {
    let key = Digest::of_parts([ALGORITHMS.as_bytes(), what.as_bytes(), source.as_bytes()]);
    memo.get(&key).unwrap_or_else(|| {
        let done = Bytes::from(work());
        memo.put(&key, &done);
        done
    })
}

/// Quality 11. Which context model suits a text cannot be told beforehand, so the smaller one wins.
fn brotli11(bytes: &[u8]) -> Vec<u8> {
    let generic = brotli_in(bytes, BrotliEncoderMode::BROTLI_MODE_GENERIC);
    if bytes.len() > TWO_MODES_LIMIT {
        return generic;
    }
    let text = brotli_in(bytes, BrotliEncoderMode::BROTLI_MODE_TEXT);
    if text.len() < generic.len() { text } else { generic }
}

fn brotli_in(mut bytes: &[u8], mode: BrotliEncoderMode) -> Vec<u8> {
    // A window of 4 MiB: larger than any text of ours, and what a decoder must set aside for it (RFC 7932, section 9.1).
    let params =
        BrotliEncoderParams { quality: 11, lgwin: 22, size_hint: bytes.len(), mode, ..BrotliEncoderParams::default() };
    let mut out = Vec::new();
    brotli::BrotliCompress(&mut bytes, &mut out, &params).expect("writing to memory cannot fail");
    out
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    if bytes.len() > ZOPFLI_LIMIT {
        let mut encoder = flate2::GzBuilder::new().mtime(0).write(Vec::new(), flate2::Compression::best());
        encoder.write_all(bytes).expect("writing to memory cannot fail");
        return encoder.finish().expect("writing to memory cannot fail");
    }
    // 15 rounds are zopfli's own default for small files.
    let options = zopfli::Options {
        iteration_count: NonZeroU64::new(15).expect("fifteen is not zero"),
        ..zopfli::Options::default()
    };
    let mut out = Vec::new();
    zopfli::compress(options, zopfli::Format::Gzip, bytes, &mut out).expect("writing to memory cannot fail");
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
        let made = compress(text.as_bytes(), &html(), &Counting::default());
        let (br, gz) = (made.br.unwrap(), made.gz.unwrap());
        let mut back = Vec::new();
        brotli::BrotliDecompress(&mut &br[..], &mut back).unwrap();
        assert_eq!(back, text.as_bytes());
        let mut back = Vec::new();
        flate2::read::GzDecoder::new(&gz[..]).read_to_end(&mut back).unwrap();
        assert_eq!(back, text.as_bytes());
    }

    #[test]
    fn a_coding_that_is_not_smaller_is_not_there() {
        assert_eq!(compress(b"a", &html(), &Counting::default()), Siblings::default());
        assert_eq!(compress(b"", &html(), &Counting::default()), Siblings::default());
        assert_eq!(compress(&[7; 4_096], &Media::of_extension("avif"), &Counting::default()), Siblings::default());
    }

    #[test]
    fn gzip_carries_no_clock_and_no_name_whatever_the_size() {
        for len in [2_000, ZOPFLI_LIMIT + 1] {
            let made = compress(&vec![b'a'; len], &html(), &Counting::default());
            let gz = made.gz.unwrap();
            // RFC 1952, section 2.3: flags at 3, modification time at 4 to 7.
            assert_eq!(&gz[3..8], &[0; 5], "{len}");
        }
    }

    #[test]
    fn what_was_compressed_once_is_remembered() {
        let memo = Counting::default();
        let text = "spike ".repeat(100);
        let first = compress(text.as_bytes(), &html(), &memo);
        assert_eq!(memo.puts(), 2);
        assert_eq!(compress(text.as_bytes(), &html(), &memo), first);
        assert_eq!(memo.puts(), 2);
    }
}
