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

/// AV1 effort. Measured on three photographs at 480 pixels: 5 and 6 give the same bytes, 4 and 3 are 0.5 % smaller, 7 and
/// 8 are 3 % larger, 9 is 8 % larger in half the time. A file is encoded once and remembered; visitors pay every time.
const AVIF_SPEED: u8 = 6;

/// The quality of AVIF files. The three are chosen together so that the formats look alike.
///
/// Measured on five photographs and a scanned page, 300 to 800 pixels wide: multi-scale SSIM (luma four fifths, chroma one), plain
/// SSIM of luma, bytes of all six.
///
/// | | multi-scale | luma | bytes |
/// | --- | --- | --- | --- |
/// | AVIF 64 | 0.9895 | 0.941 | 100,280 |
/// | WebP 70 | 0.9896 | 0.949 | 113,528 |
/// | JPEG 68 | 0.9901 | 0.945 | 179,449 |
///
/// On screens of double density, where these files are shown at half size, the difference to the original is not seen; WebP
/// 80 would cost 40 % more bytes.
pub(super) const AVIF_QUALITY: u8 = 64;
/// The quality of WebP files, see [`AVIF_QUALITY`]. "Sharp" chroma is off: at equal SSIM it gains nothing.
pub(super) const WEBP_QUALITY: u8 = 70;
/// The quality of JPEG files, see [`AVIF_QUALITY`].
pub(super) const JPEG_QUALITY: u8 = 68;

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
        match self {
            Self::Avif => format!("avif q{quality} s{AVIF_SPEED}"),
            Self::Webp => format!("webp q{quality} m6"),
            Self::Jpeg => format!("jpg q{quality}"),
            Self::Png => "png o2".to_owned(),
        }
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
    // Always by the RGBA entry, which leaves an opaque alpha out: `encode_rgb` is marked for inlining, which would compile
    // all of rav1e into this crate, without optimization in a debug build and thirty times slower.
    let pixels = pixels.rgba();
    let image = Img::new(pixels.bytes.as_rgba(), pixels.width as usize, pixels.height as usize);
    Some(encoder.encode_rgba(image).ok()?.avif_file)
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
