//! The formats, how each is encoded, and how what came out looks.
//!
//! In: pixels and a way to encode them. Out: the file, or `None` when the format cannot hold the picture (WebP ends at 16,383
//! pixels a side, JPEG at 65,535 and without alpha). Every encoder runs on one thread; parallelism is across files.

use super::avif;
use super::pixels::Pixels;
use crate::model::Media;
use image::ImageFormat;
use landing_score::Planes;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// A format that we write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Format {
    Avif,
    Webp,
    Jpeg,
    Png,
}

/// How to encode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Way {
    /// From 1 to 100, on the scale of the format. PNG has none.
    pub(super) quality: u8,
    /// A drawing or a screenshot rather than a photograph.
    pub(super) drawn: bool,
    /// For the one file that the first flight waits for: half as much time again for a twentieth of the bytes.
    pub(super) patient: bool,
    /// How many pixels the whole picture has, where this is a sample: encoders work faster the more there are.
    pub(super) whole: u64,
}

impl Format {
    /// The usual extension.
    pub(super) fn extension(self) -> &'static str {
        match self {
            Self::Avif => "avif",
            Self::Webp => "webp",
            Self::Jpeg => "jpg",
            Self::Png => "png",
        }
    }

    /// Its media type.
    pub(super) fn media(self) -> Media {
        Media::of_extension(self.extension())
    }

    /// What we wrote, from its first bytes.
    pub(super) fn of(file: &[u8]) -> Self {
        match file {
            [0x89, b'P', ..] => Self::Png,
            [0xFF, 0xD8, ..] => Self::Jpeg,
            [b'R', b'I', ..] => Self::Webp,
            _ => Self::Avif,
        }
    }

    /// Encodes, with loss where the format has any.
    pub(super) fn encode(self, pixels: &Pixels, way: Way) -> Option<Encoded> {
        let plain = |bytes| Encoded { format: self, bytes, frames: None };
        match self {
            Self::Avif => {
                let made = avif::encode(pixels, way)?;
                Some(Encoded { format: self, bytes: made.file, frames: Some(made.frames) })
            }
            Self::Webp if !fits_webp(pixels) => None,
            Self::Webp => webp_as(pixels, &lossy(way)?).map(plain),
            Self::Jpeg => jpeg(pixels, way.quality).map(plain),
            Self::Png => png(pixels).map(plain),
        }
    }

    /// Encodes without loss, where the format can.
    pub(super) fn exact(self, pixels: &Pixels) -> Option<Vec<u8>> {
        match self {
            Self::Avif | Self::Jpeg => None,
            Self::Webp if !fits_webp(pixels) => None,
            Self::Webp => exact_webp(pixels),
            Self::Png => png(pixels),
        }
    }
}

/// A file, and what it takes to see it.
pub(super) struct Encoded {
    format: Format,
    pub(super) bytes: Vec<u8>,
    frames: Option<avif::Frames>,
}

impl Encoded {
    /// What a browser will show, over a ground of that gray.
    pub(super) fn planes(&self, ground: u8) -> Option<Planes> {
        if let Some(frames) = &self.frames {
            return frames.planes(ground);
        }
        if self.format == Format::Webp {
            let image = webp::Decoder::new(&self.bytes).decode()?;
            let channels = if image.is_alpha() { 4 } else { 3 };
            let (width, height) = (image.width(), image.height());
            return Some(Pixels { width, height, channels, bytes: image.to_vec() }.planes(ground));
        }
        let kind = if self.format == Format::Png { ImageFormat::Png } else { ImageFormat::Jpeg };
        let image = image::load_from_memory_with_format(&self.bytes, kind).ok()?;
        let (width, height) = (image.width(), image.height());
        let pixels = if image.color().has_alpha() {
            Pixels { width, height, channels: 4, bytes: image.into_rgba8().into_raw() }
        } else {
            Pixels { width, height, channels: 3, bytes: image.into_rgb8().into_raw() }
        };
        Some(pixels.planes(ground))
    }
}

/// Up to here method 4 of libwebp, beyond method 2: 5 % larger in 40 % of the time. Phones load up to a megapixel.
const SEARCHED_PIXELS: u64 = 900_000;

fn lossy(way: Way) -> Option<webp::WebPConfig> {
    let mut config = webp::WebPConfig::new().ok()?;
    config.quality = f32::from(way.quality);
    config.method = if way.whole <= SEARCHED_PIXELS { 4 } else { 2 };
    Some(config)
}

fn fits_webp(pixels: &Pixels) -> bool {
    pixels.width.max(pixels.height) <= 16_383
}

/// For drawings and screenshots: palettes and repeated areas often make that both smaller and better. Not tried on photographs,
/// where it takes 15 s and loses.
fn exact_webp(pixels: &Pixels) -> Option<Vec<u8>> {
    let mut config = webp::WebPConfig::new().ok()?;
    config.lossless = 1;
    config.quality = 75.0;
    config.method = 3;
    webp_as(pixels, &config)
}

fn webp_as(pixels: &Pixels, config: &webp::WebPConfig) -> Option<Vec<u8>> {
    let layout = if pixels.has_alpha() { webp::PixelLayout::Rgba } else { webp::PixelLayout::Rgb };
    let encoder = webp::Encoder::new(&pixels.bytes, layout, pixels.width, pixels.height);
    Some(encoder.encode_advanced(config).ok()?.to_vec())
}

/// By mozjpeg: trellis quantization, progressive, Huffman tables of its own. On photographs 480 to 1,600 pixels wide a fifth smaller
/// at equal looks than `jpeg-encoder` 0.7 with the same options but the trellis. Searching the order of scans gains 4 % more for half the time again.
fn jpeg(pixels: &Pixels, quality: u8) -> Option<Vec<u8>> {
    if pixels.has_alpha() || pixels.width.max(pixels.height) > 65_500 {
        return None;
    }
    // At the top, halved chroma is all that is lost.
    let chroma = if quality > FULL_CHROMA { Chroma::Full } else { Chroma::Halved };
    mozjpeg(&pixels.bytes, (pixels.width, pixels.height), quality, chroma)
}

/// Beyond this quality JPEG keeps chroma whole.
const FULL_CHROMA: u8 = 96;

/// How many samples of color there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::assets) enum Chroma {
    /// One for two by two pixels: photographs.
    Halved,
    /// One for each: sharp letters need it.
    Full,
}

/// A progressive JPEG of RGB samples.
pub(in crate::assets) fn mozjpeg(rgb: &[u8], size: (u32, u32), quality: u8, chroma: Chroma) -> Option<Vec<u8>> {
    // The library reports its errors by panics.
    catch_unwind(AssertUnwindSafe(|| {
        let mut encoder = mozjpeg::Compress::new(mozjpeg::ColorSpace::JCS_RGB);
        encoder.set_size(size.0 as usize, size.1 as usize);
        encoder.set_quality(f32::from(quality));
        encoder.set_optimize_scans(false);
        encoder.set_progressive_mode();
        if chroma == Chroma::Full {
            encoder.set_chroma_sampling_pixel_sizes((1, 1), (1, 1));
        }
        let mut started = encoder.start_compress(Vec::new()).ok()?;
        started.write_scanlines(rgb).ok()?;
        started.finish().ok()
    }))
    .ok()
    .flatten()
}

fn png(pixels: &Pixels) -> Option<Vec<u8>> {
    let color =
        if pixels.has_alpha() { oxipng::ColorType::RGBA } else { oxipng::ColorType::RGB { transparent_color: None } };
    let raw = oxipng::RawImage::new(pixels.width, pixels.height, color, oxipng::BitDepth::Eight, pixels.bytes.clone());
    raw.ok()?.create_optimized_png(&fallback_options()).ok()
}

/// Of a picture, PNG is what two browsers in a hundred show: a twentieth more bytes in a quarter of the time.
fn fallback_options() -> oxipng::Options {
    let deflater = oxipng::Deflater::Libdeflater { compression: 8 };
    oxipng::Options {
        deflater,
        strip: oxipng::StripChunks::Safe,
        optimize_alpha: true,
        ..oxipng::Options::from_preset(1)
    }
}

/// Level 2: 4 gains another 1 % for three times the time.
pub(in crate::assets) fn png_options() -> oxipng::Options {
    let mut options = oxipng::Options::from_preset(2);
    options.strip = oxipng::StripChunks::Safe;
    options.optimize_alpha = true;
    options
}

/// A PNG of the author's in its smallest form.
pub(super) fn stripped_png(file: &[u8]) -> Option<Vec<u8>> {
    oxipng::optimize_from_memory(file, &fallback_options()).ok()
}
