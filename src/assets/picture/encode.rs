//! The formats and the qualities they are encoded with.
//!
//! In: pixels, a format, a quality. Out: the file, or `None` when the format cannot hold the picture (WebP ends at 16,383
//! pixels a side, JPEG at 65,535 and without alpha). Every encoder runs on one thread: `ravif` cuts the picture into as
//! many tiles as it has threads, so its bytes would follow the machine; parallelism is across files instead.

use super::pixels::Pixels;
use crate::model::Media;
use ravif::Img;
use rgb::FromSlice as _;

/// A format that we write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Format {
    Avif,
    Webp,
    Jpeg,
    Png,
}

/// AV1 effort: 6 gives the bytes of 4 within 1 %, in the same time; 9 is twice as fast and 10 % larger. Files are
/// encoded once and remembered, visitors pay every time.
const AVIF_SPEED: u8 = 6;

/// The qualities at which the formats look alike: the luma SSIM of photographs reduced to 480 and 960 pixels differs by less than 0.01
/// (the test `the_qualities_of_the_formats_look_alike` measures it), and each is the highest that does not yet spend bytes on what
/// nobody sees at twice the density of a screen.
pub(super) const AVIF_QUALITY: u8 = 60;
/// See [`AVIF_QUALITY`].
pub(super) const WEBP_QUALITY: u8 = 75;
/// See [`AVIF_QUALITY`].
pub(super) const JPEG_QUALITY: u8 = 78;

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

    /// The quality for files. PNG has none.
    pub(super) fn quality(self) -> u8 {
        match self {
            Self::Avif => AVIF_QUALITY,
            Self::Webp => WEBP_QUALITY,
            Self::Jpeg => JPEG_QUALITY,
            Self::Png => 100,
        }
    }

    /// Everything that decides the bytes beside the pixels, for the memo key.
    pub(super) fn recipe(self, quality: u8) -> String {
        format!("{} q{quality} s{AVIF_SPEED}", self.extension())
    }

    /// Encodes.
    pub(super) fn encode(self, pixels: &Pixels, quality: u8) -> Option<Vec<u8>> {
        match self {
            Self::Avif => avif(pixels, quality),
            Self::Webp => webp(pixels, quality),
            Self::Jpeg => jpeg(pixels, quality),
            Self::Png => png(pixels),
        }
    }
}

fn avif(pixels: &Pixels, quality: u8) -> Option<Vec<u8>> {
    let encoder = ravif::Encoder::new()
        .with_quality(f32::from(quality))
        .with_alpha_quality(f32::from(quality))
        .with_speed(AVIF_SPEED)
        .with_num_threads(Some(1));
    let (width, height) = (pixels.width as usize, pixels.height as usize);
    let made = if pixels.has_alpha() {
        encoder.encode_rgba(Img::new(pixels.bytes.as_rgba(), width, height))
    } else {
        encoder.encode_rgb(Img::new(pixels.bytes.as_rgb(), width, height))
    };
    Some(made.ok()?.avif_file)
}

/// Lossy at method 6 (7 % smaller than 2, 50 ms). Drawings and screenshots are tried without loss too: palettes and
/// repeated areas often make that both smaller and better. Not tried on photographs, where it takes 15 s and loses.
fn webp(pixels: &Pixels, quality: u8) -> Option<Vec<u8>> {
    if pixels.width.max(pixels.height) > 16_383 {
        return None;
    }
    let mut config = webp::WebPConfig::new().ok()?;
    config.quality = f32::from(quality);
    config.method = 6;
    let lossy = webp_as(pixels, &config)?;
    if !pixels.is_flat() {
        return Some(lossy);
    }
    config.lossless = 1;
    config.quality = 75.0;
    config.method = 4;
    let exact = webp_as(pixels, &config)?;
    Some(if exact.len() <= lossy.len() { exact } else { lossy })
}

fn webp_as(pixels: &Pixels, config: &webp::WebPConfig) -> Option<Vec<u8>> {
    let layout = if pixels.has_alpha() { webp::PixelLayout::Rgba } else { webp::PixelLayout::Rgb };
    let encoder = webp::Encoder::new(&pixels.bytes, layout, pixels.width, pixels.height);
    Some(encoder.encode_advanced(config).ok()?.to_vec())
}

/// Progressive, with its own Huffman tables; colors at half resolution, as every camera does.
fn jpeg(pixels: &Pixels, quality: u8) -> Option<Vec<u8>> {
    if pixels.has_alpha() {
        return None;
    }
    let (width, height) = (u16::try_from(pixels.width).ok()?, u16::try_from(pixels.height).ok()?);
    let mut out = Vec::new();
    let mut encoder = jpeg_encoder::Encoder::new(&mut out, quality);
    encoder.set_progressive(true);
    encoder.set_optimized_huffman_tables(true);
    encoder.set_sampling_factor(jpeg_encoder::SamplingFactor::F_2_2);
    encoder.encode(&pixels.bytes, width, height, jpeg_encoder::ColorType::Rgb).ok()?;
    Some(out)
}

fn png(pixels: &Pixels) -> Option<Vec<u8>> {
    let color =
        if pixels.has_alpha() { oxipng::ColorType::RGBA } else { oxipng::ColorType::RGB { transparent_color: None } };
    let raw = oxipng::RawImage::new(pixels.width, pixels.height, color, oxipng::BitDepth::Eight, pixels.bytes.clone());
    raw.ok()?.create_optimized_png(&png_options()).ok()
}

/// Level 2: 4 gains another 1 % for three times the time.
pub(in crate::assets) fn png_options() -> oxipng::Options {
    let mut options = oxipng::Options::from_preset(2);
    options.strip = oxipng::StripChunks::Safe;
    options.optimize_alpha = true;
    options
}
