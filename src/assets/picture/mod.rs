//! Pictures: one source image in, the renditions that a page should offer out.
//!
//! In: the author's files and what each page asks of them. Out: for each ask the intrinsic size and the encoded files, in
//! the order of a `<picture>`. Refuses images with more pixels than the limit before it decodes them, bytes that are no
//! image, and to offer a file that is larger than a better one.
//!
//! Reading order: `open` (what the bytes are), `pixels` (decode, resize), `encode`, `avif` and `cutout` (the formats), `quality` (search for a score), `fit` (search under a byte limit), `work` (all that is made of one
//! source), `choose` (what is worth offering), `plan` (which work is needed, done in parallel).

mod avif;
mod choose;
mod color;
mod cutout;
mod encode;
mod fit;
mod jpeg;
mod open;
mod pixels;
mod plan;
mod quality;
#[cfg(test)]
mod tests;
mod work;

pub(super) use encode::{Chroma, mozjpeg, png_options};
pub(super) use jpeg::{Keep, stripped as stripped_jpeg};
pub use plan::pictures;

use crate::diag::Diagnostic;
use crate::model::{Digest, Key, Media};
use bytes::Bytes;

/// What a page asks of one image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PictureAsk {
    /// The file in the source.
    pub source: Key,
    /// Wanted widths in pixels. Those beyond the source become the source's own; none at all means just that one.
    pub widths: Vec<u32>,
    /// Fit one rendition into the document itself.
    pub hero: Option<HeroAsk>,
    /// How well every file must look, of 100: see `[build] quality`.
    pub score: u8,
    /// Whether AVIF is offered.
    pub avif: bool,
    /// An image with more pixels is refused before it is decoded.
    pub max_pixels: u64,
    /// For pages that must be complete in one file: one small rendition of at most that many bytes.
    pub inline_max: Option<usize>,
}

/// The share of the first flight that the hero may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeroAsk {
    /// Bytes of the encoded file.
    pub max_bytes: usize,
}

/// An image ready to be offered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// Intrinsic width in pixels, after the orientation was applied.
    pub width: u32,
    /// Intrinsic height.
    pub height: u32,
    /// Grouped by format (AVIF, WebP, then JPEG or PNG), ascending width within a group. Never empty; the last
    /// group is what every browser shows.
    pub sources: Vec<Rendition>,
    /// The rendition for the document itself, when one was asked for and fits.
    pub inline: Option<Inline>,
    /// The mean of its pixels in sRGB: what its place shows until it is there. None for a picture that something shows through.
    pub tone: Option<[u8; 3]>,
    /// What the author should hear about the file although it worked.
    pub warnings: Vec<Diagnostic>,
}

/// One encoded file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendition {
    /// Its type.
    pub media: Media,
    /// Its width in pixels.
    pub width: u32,
    /// Its height in pixels.
    pub height: u32,
    /// The file.
    pub bytes: Bytes,
    /// Its digest: a thousand pages name it.
    pub digest: Digest,
    /// The usual extension, without a dot.
    pub extension: &'static str,
}

/// One encoded file for a `data:` URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inline {
    /// Its type.
    pub media: Media,
    /// The file.
    pub bytes: Bytes,
    /// Its width in pixels.
    pub width: u32,
    /// Its height in pixels.
    pub height: u32,
}
