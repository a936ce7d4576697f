//! WOFF2 (W3C Recommendation): the format that every browser of these days reads.
//!
//! In: a font. Out: the smaller of the two forms that the format allows, read back before it is handed on.

use super::open::{Font, FontError, broken};
use bytes::Bytes;
use ttf2woff2::{BrotliQuality, EncodeOptions, encode_with_options};

/// Packs a font.
pub(super) fn woff2(font: &[u8]) -> Result<Bytes, FontError> {
    let pack = |transform_glyf_loca| {
        let options = EncodeOptions { quality: BrotliQuality::from(11), transform_glyf_loca, threads: None };
        encode_with_options(font, options).map_err(|err| broken(&err.to_string()))
    };
    let plain = pack(false)?;
    // Outlines taken apart pack better. A form that a reader cannot put together again is no gain: it is tried.
    let apart = pack(true).ok().filter(|apart| apart.len() < plain.len() && Font::open(apart).is_ok());
    Ok(Bytes::from(apart.unwrap_or(plain)))
}
