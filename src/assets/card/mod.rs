//! Preview cards: the picture that a chat or a network shows beside a link, painted from a drawing with text in it.
//!
//! In: SVG as a theme's template wrote it, and the fonts for its text. Out: one file of 1200 by 630 pixels, PNG or JPEG, whichever is
//! smaller, and the characters that no font had. Refuses what `svg` refuses. Every result is remembered.
//!
//! Reading order: `fit` (lines and sizes), `face` (the fonts at hand), then painted and encoded here.

mod face;
mod fit;
#[cfg(test)]
mod tests;

pub use face::Faces;

use super::drawing::{Canvas, paint};
use super::picture::{Chroma, mozjpeg};
use super::{ALGORITHMS, SvgError};
use crate::model::{Digest, Media, Memo};
use bytes::Bytes;

/// What networks ask for (Open Graph; 1.91 to 1).
pub const CARD: (u32, u32) = (1_200, 630);

/// A card ready to be published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Card {
    /// The file.
    pub bytes: Bytes,
    /// PNG or JPEG.
    pub media: Media,
    /// The usual extension.
    pub extension: &'static str,
    /// Characters of its text that no font had.
    pub missing: Vec<char>,
}

/// Paints a card. `icon` is what stands where the drawing leaves room for it.
///
/// # Errors
/// When the drawing cannot be read, is not safe, or takes too long to paint.
pub fn card(svg: &str, icon: Option<&str>, faces: &Faces, memo: &dyn Memo) -> Result<Card, SvgError> {
    let icon_text = icon.unwrap_or_default().as_bytes();
    let key =
        Digest::of_parts([ALGORITHMS.as_bytes(), b"card 1", faces.digest().as_bytes(), icon_text, svg.as_bytes()]);
    if let Some(known) = memo.get(&key).and_then(|known| read(&known)) {
        return Ok(known);
    }
    let fitted = fit::fit(svg, icon, faces)?;
    let canvas = Canvas { width: CARD.0, height: CARD.1, background: Some([255; 3]), share: 1.0 };
    let pixmap = paint(&fitted.svg, canvas, faces)?;
    let rgb: Vec<u8> = pixmap.data().chunks_exact(4).flat_map(|pixel| [pixel[0], pixel[1], pixel[2]]).collect();
    let made = Card { missing: fitted.missing, ..smaller(&rgb)? };
    memo.put(&key, &written(&made));
    Ok(made)
}

fn smaller(rgb: &[u8]) -> Result<Card, SvgError> {
    let card = |bytes: Vec<u8>, extension| Card {
        bytes: Bytes::from(bytes),
        media: Media::of_extension(extension),
        extension,
        missing: Vec::new(),
    };
    let png = png(rgb).map(|bytes| card(bytes, "png"));
    let jpeg = mozjpeg(rgb, CARD, 86, Chroma::Full).map(|bytes| card(bytes, "jpg"));
    png.into_iter().chain(jpeg).min_by_key(|card| card.bytes.len()).ok_or(SvgError::TooLarge)
}

fn png(rgb: &[u8]) -> Option<Vec<u8>> {
    let color = oxipng::ColorType::RGB { transparent_color: None };
    let raw = oxipng::RawImage::new(CARD.0, CARD.1, color, oxipng::BitDepth::Eight, rgb.to_vec()).ok()?;
    // Level 1: a card is mostly one color, and the levels above gain 3 % for ten times the time.
    raw.create_optimized_png(&oxipng::Options::from_preset(1)).ok()
}

/// For the memo: a line with the extension and what was missing, then the file.
fn written(card: &Card) -> Bytes {
    let missing: String = card.missing.iter().collect();
    Bytes::from([card.extension.as_bytes(), b" ", missing.as_bytes(), b"\n", &card.bytes].concat())
}

fn read(known: &Bytes) -> Option<Card> {
    let end = known.iter().position(|byte| *byte == b'\n')?;
    let (extension, missing) = std::str::from_utf8(&known[..end]).ok()?.split_once(' ')?;
    let extension = ["png", "jpg"].into_iter().find(|it| *it == extension)?;
    let missing = missing.chars().collect();
    Some(Card { bytes: known.slice(end + 1..), media: Media::of_extension(extension), extension, missing })
}
