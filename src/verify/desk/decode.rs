//! Content codings undone within bounds, and bodies compared with the manifest.
//!
//! A decoded body is never larger than the one that is expected plus one byte: whatever goes on beyond is another body,
//! however small it came over the wire.

use crate::model::{Answer, Digest};
use std::io::Read;

/// Of a page that nobody released no more is decoded than this.
const LONGEST: u64 = 16 * 1_024 * 1_024;

/// How a body compares with the one that was released.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::verify) enum Body {
    /// Byte for byte.
    Same,
    /// Another, and in what way.
    Other(String),
    /// Could not be told, and why.
    Untold(String),
}

/// Compares a body, its content coding undone, with the digest and size that the manifest gives.
pub(in crate::verify) fn compare(answer: &Answer, sha256: &Digest, size: u64) -> Body {
    let coding = coding(answer);
    if answer.cut && coding.is_none() && answer.body.len() as u64 > size {
        return Body::Other(format!("more than {} bytes instead of {size}", answer.body.len()));
    }
    if answer.cut {
        return Body::Untold(format!("the body goes on after {} bytes and was not read to its end", answer.body.len()));
    }
    let Some(limit) = size.checked_add(1) else {
        return Body::Untold("the manifest names an impossible size".to_owned());
    };
    let decoded = match coding.as_deref() {
        None => Ok(answer.body.to_vec()),
        Some("br") => read(brotli::Decompressor::new(&*answer.body, 4_096), limit),
        Some("gzip" | "x-gzip") => read(flate2::read::MultiGzDecoder::new(&*answer.body), limit),
        Some(other) => {
            return Body::Untold(format!("content-encoding `{}` is not undone here", super::evidence::shown(other)));
        }
    };
    match decoded {
        Err(err) => Body::Other(format!("a broken `{}` body: {err}", coding.unwrap_or_default())),
        Ok(bytes) if bytes.len() as u64 > size => Body::Other(format!("more than the {size} bytes released")),
        Ok(bytes) if Digest::of(&bytes) == *sha256 => Body::Same,
        Ok(bytes) => Body::Other(format!(
            "{} bytes with SHA-256 {} instead of {size} bytes with {}",
            bytes.len(),
            Digest::of(&bytes).hex16(),
            sha256.hex16()
        )),
    }
}

/// Why no client can read a body, its coding undone; nothing about one that was not read whole or has a coding that is not undone here.
pub(in crate::verify) fn broken(answer: &Answer) -> Option<String> {
    if answer.cut {
        return None;
    }
    let undone = match coding(answer)?.as_str() {
        "br" => read(brotli::Decompressor::new(&*answer.body, 4_096), LONGEST),
        "gzip" | "x-gzip" => read(flate2::read::MultiGzDecoder::new(&*answer.body), LONGEST),
        _ => return None,
    };
    undone.err()
}

/// The content coding, `None` for identity (RFC 9110, section 8.4).
pub(in crate::verify) fn coding(answer: &Answer) -> Option<String> {
    let value = answer.header("content-encoding")?.trim().to_ascii_lowercase();
    (!value.is_empty() && value != "identity").then_some(value)
}

/// Reads at most `limit` bytes, without trusting any size that the stream claims.
fn read(stream: impl Read, limit: u64) -> Result<Vec<u8>, String> {
    let mut out = Vec::new();
    stream.take(limit).read_to_end(&mut out).map_err(|err| super::evidence::shown(&err.to_string()))?;
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use std::io::Write as _;

    fn answer(coding: &str, body: Vec<u8>) -> Answer {
        let headers = vec![("content-encoding".to_owned(), coding.to_owned())];
        Answer { status: 200, headers, body: Bytes::from(body), cut: false, at_ms: 0, took_ms: 0 }
    }

    fn br(plain: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        brotli::CompressorWriter::new(&mut out, 4_096, 5, 22).write_all(plain).unwrap();
        out
    }

    fn gzip(plain: &[u8]) -> Vec<u8> {
        let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        out.write_all(plain).unwrap();
        out.finish().unwrap()
    }

    #[test]
    fn each_coding_is_undone_before_the_digest_is_compared() {
        let plain = b"the nation is watching".repeat(9);
        let (digest, size) = (Digest::of(&plain), plain.len() as u64);
        for (coding, body) in [("identity", plain.clone()), ("br", br(&plain)), ("gzip", gzip(&plain))] {
            assert_eq!(compare(&answer(coding, body), &digest, size), Body::Same, "{coding}");
        }
        assert!(matches!(compare(&answer("zstd", plain.clone()), &digest, size), Body::Untold(_)));
        assert!(matches!(compare(&answer("br, gzip", plain), &digest, size), Body::Untold(_)));
    }

    #[test]
    fn a_bomb_is_cut_at_the_size_that_was_released() {
        let bomb = vec![0; 50_000_000];
        let digest = Digest::of(b"page");
        for (coding, body) in [("br", br(&bomb)), ("gzip", gzip(&bomb))] {
            assert!(body.len() < 500_000);
            assert_eq!(
                compare(&answer(coding, body), &digest, 4),
                Body::Other("more than the 4 bytes released".to_owned())
            );
        }
    }

    #[test]
    fn a_body_that_is_not_in_the_coding_it_names_is_broken() {
        for (coding, body) in [("gzip", gzip(b"page")), ("br", br(b"page")), ("identity", b"page".to_vec())] {
            assert_eq!(broken(&answer(coding, body)), None, "{coding}");
        }
        for coding in ["gzip", "x-gzip", "br"] {
            assert!(broken(&answer(coding, b"<!doctype html><title>page</title>".to_vec())).is_some(), "{coding}");
        }
        assert_eq!(broken(&answer("zstd", b"page".to_vec())), None);
    }

    #[test]
    fn a_truncated_body_is_another_body() {
        let plain = b"the nation is watching".repeat(9);
        for (coding, mut body) in [("br", br(&plain)), ("gzip", gzip(&plain))] {
            body.truncate(body.len() / 2);
            let told = compare(&answer(coding, body), &Digest::of(&plain), plain.len() as u64);
            assert!(matches!(told, Body::Other(_)), "{coding}: {told:?}");
        }
    }
}
