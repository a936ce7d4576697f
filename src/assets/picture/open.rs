//! What a file is, from its bytes: format, size, orientation, color; without decoding a single pixel.
//!
//! In: bytes and the pixel limit. Out: [`Opened`] or one diagnostic that names the file and says what its bytes look like.
//! The pixel count is checked from the header alone, so an absurd header costs nothing.

use super::color::Color;
use super::jpeg;
use crate::diag::{Code, Diagnostic, Place};
use crate::model::{Digest, Key};
use crate::text;
use bytes::Bytes;
use image::metadata::Orientation;
use image::{AnimationDecoder as _, ExtendedColorType, ImageDecoder, ImageFormat, ImageReader, Limits};
use std::io::Cursor;

/// An image whose header was read and found acceptable.
pub(super) struct Opened {
    pub(super) key: Key,
    pub(super) bytes: Bytes,
    pub(super) digest: Digest,
    pub(super) format: ImageFormat,
    /// After orientation.
    pub(super) width: u32,
    /// After orientation.
    pub(super) height: u32,
    pub(super) orientation: Orientation,
    pub(super) color: Color,
    pub(super) warnings: Vec<Diagnostic>,
}

impl Opened {
    /// Whether the file as it stands shows the picture as we would encode it.
    pub(super) fn is_plain(&self) -> bool {
        self.orientation == Orientation::NoTransforms && matches!(self.color, Color::Srgb)
    }

    /// The complaint about an image whose pixels cannot be read.
    pub(super) fn broken(&self, why: &str) -> Diagnostic {
        bad(&self.key, format!("`{}` cannot be decoded: {why}", self.key))
            .hint("the file is damaged or was not copied whole: export it again")
    }
}

/// Reads the header.
pub(super) fn open(key: &Key, bytes: &Bytes, max_pixels: u64) -> Result<Opened, Diagnostic> {
    let format = recognize(key, bytes)?;
    if let Some(size) = png_size(bytes) {
        check_size(key, size, max_pixels)?;
    }
    let mut decoder = decoder(bytes, format, Limits::default())
        .map_err(|err| bad(key, format!("`{key}` looks like {} but its header cannot be read: {err}", name(format))))?;
    let (width, height) = decoder.dimensions();
    check_size(key, (width, height), max_pixels)?;
    if format == ImageFormat::Jpeg && !jpeg::is_whole(bytes) {
        return Err(bad(key, format!("`{key}` is a JPEG that is damaged or ends too early"))
            .hint("the file was not copied whole: export or copy it again"));
    }
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let mut warnings = Vec::new();
    let color = color(key, bytes, format, &mut decoder).unwrap_or_else(|warning| {
        warnings.push(warning);
        Color::Srgb
    });
    if let Some(real) = wrong_extension(key, format) {
        warnings.push(
            bad(key, format!("`{key}` is a {real} image under another name; it is treated as {real}")).hint(format!(
                "rename it to `{}.{}`",
                key.without_extension(),
                real.to_ascii_lowercase()
            )),
        );
    }
    if is_animated(bytes, format, max_pixels) {
        warnings.push(
            bad(key, format!("`{key}` is animated; only its first frame is shown"))
                .hint("use a short muted video for motion: it is a tenth of the bytes"),
        );
    }
    let (width, height) = if turns(orientation) { (height, width) } else { (width, height) };
    Ok(Opened {
        key: key.clone(),
        bytes: bytes.clone(),
        digest: Digest::of(bytes),
        format,
        width,
        height,
        orientation,
        color,
        warnings,
    })
}

/// Width and height from the first chunk of a PNG (PNG 3, section 11.2.1). Its decoder tells them only when pixels follow, and a
/// header that promises too many is to be refused for just that.
fn png_size(bytes: &[u8]) -> Option<(u32, u32)> {
    let head = bytes.strip_prefix(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR")?;
    let number = |at: usize| Some(u32::from_be_bytes(head.get(at..at + 4)?.try_into().ok()?));
    Some((number(0)?, number(4)?))
}

/// How to read its colors; a warning when they can only be taken for sRGB.
fn color(key: &Key, bytes: &Bytes, format: ImageFormat, decoder: &mut impl ImageDecoder) -> Result<Color, Diagnostic> {
    let cmyk = matches!(decoder.original_color_type(), ExtendedColorType::Cmyk8 | ExtendedColorType::Cmyk16);
    if cmyk || (format == ImageFormat::Jpeg && jpeg::components(bytes) == Some(4)) {
        return Err(
            bad(key, format!("`{key}` is a CMYK image; its colors are only approximated")).hint("export it as sRGB")
        );
    }
    Color::of(decoder.icc_profile().ok().flatten().as_deref()).map_err(|why| {
        bad(key, format!("the color profile of `{key}` cannot be used: {why}; it is taken for sRGB"))
            .hint("export the image with an sRGB profile, or none")
    })
}

/// A decoder for bytes of a known format.
pub(super) fn decoder(
    bytes: &Bytes,
    format: ImageFormat,
    limits: Limits,
) -> Result<impl ImageDecoder, image::ImageError> {
    let mut reader = ImageReader::with_format(Cursor::new(bytes.clone()), format);
    reader.limits(limits);
    reader.into_decoder()
}

fn check_size(key: &Key, (width, height): (u32, u32), max_pixels: u64) -> Result<(), Diagnostic> {
    if width == 0 || height == 0 {
        return Err(bad(key, format!("`{key}` is {width} x {height} pixels: there is nothing to show")));
    }
    let pixels = u64::from(width) * u64::from(height);
    if pixels <= max_pixels {
        return Ok(());
    }
    let (width, height) = (text::thousands(width.into()), text::thousands(height.into()));
    Err(Diagnostic::new(Code::HugeImage, format!("`{key}` is {width} x {height} pixels, more than the limit"))
        .at(Place::file(key.as_str()))
        .hint(format!("scale it down, or raise `max_pixels` in `[build]` above {}", text::thousands(max_pixels))))
}

/// By content; the extension is only a hope.
fn recognize(key: &Key, bytes: &Bytes) -> Result<ImageFormat, Diagnostic> {
    match image::guess_format(bytes) {
        Ok(format @ (ImageFormat::Jpeg | ImageFormat::Png | ImageFormat::WebP | ImageFormat::Gif)) => Ok(format),
        Ok(other) => Err(bad(key, format!("`{key}` is {}, which cannot be read here", name(other)))
            .hint("save it as PNG (drawings, screenshots) or JPEG (photographs)")),
        Err(_) => Err(bad(key, format!("`{key}` is not an image: its bytes look like {}", looks_like(bytes)))
            .hint("PNG, JPEG, WebP and GIF are read")),
    }
}

/// What people call the bytes of a file that is no image.
fn looks_like(bytes: &[u8]) -> &'static str {
    let head = &bytes[..bytes.len().min(512)];
    let lower = String::from_utf8_lossy(head).to_ascii_lowercase();
    let start = lower.trim_start_matches('\u{feff}').trim_start();
    match head {
        [] => "an empty file",
        _ if start.starts_with("<svg") || (start.starts_with("<?xml") && lower.contains("<svg")) => "an SVG drawing",
        _ if start.starts_with("<!doctype html") || start.starts_with("<html") => {
            "an HTML page (an error page saved as an image?)"
        }
        _ if start.starts_with("<?xml") => "an XML file",
        _ if start.starts_with("version https://git-lfs") => "a Git LFS pointer (run `git lfs pull`)",
        _ if head.starts_with(b"%PDF") => "a PDF",
        _ if head.starts_with(b"PK\x03\x04") => "a ZIP archive or an office document",
        _ if head.get(4..8) == Some(&b"ftyp"[..]) => "a video or a HEIC photograph",
        _ if std::str::from_utf8(bytes).is_ok_and(|text| !text.contains('\0')) => "text",
        _ => "no format that is known here",
    }
}

fn name(format: ImageFormat) -> &'static str {
    match format {
        ImageFormat::Jpeg => "a JPEG",
        ImageFormat::Png => "a PNG",
        ImageFormat::WebP => "a WebP",
        ImageFormat::Gif => "a GIF",
        ImageFormat::Avif => "an AVIF",
        ImageFormat::Tiff => "a TIFF",
        ImageFormat::Bmp => "a BMP",
        ImageFormat::Ico => "an icon file",
        _ => "an image of a rare format",
    }
}

fn wrong_extension(key: &Key, format: ImageFormat) -> Option<&'static str> {
    let (real, usual): (_, &[&str]) = match format {
        ImageFormat::Jpeg => ("JPG", &["jpg", "jpeg", "jpe", "jfif"]),
        ImageFormat::Png => ("PNG", &["png"]),
        ImageFormat::WebP => ("WebP", &["webp"]),
        ImageFormat::Gif => ("GIF", &["gif"]),
        _ => return None,
    };
    (!usual.contains(&key.extension().as_str())).then_some(real)
}

fn is_animated(bytes: &Bytes, format: ImageFormat, max_pixels: u64) -> bool {
    match format {
        // At most two frames are looked at, and the canvas was measured already.
        ImageFormat::Gif => image::codecs::gif::GifDecoder::new(Cursor::new(bytes.clone())).is_ok_and(|mut decoder| {
            decoder.set_limits(limits(max_pixels)).is_ok() && decoder.into_frames().take(2).flatten().count() > 1
        }),
        ImageFormat::WebP => image::codecs::webp::WebPDecoder::new(Cursor::new(bytes.clone()))
            .is_ok_and(|decoder| decoder.has_animation()),
        ImageFormat::Png => image::codecs::png::PngDecoder::new(Cursor::new(bytes.clone()))
            .is_ok_and(|decoder| decoder.is_apng().unwrap_or(false)),
        _ => false,
    }
}

/// What a decoder may set aside: sixteen bits for each of four channels of each allowed pixel, and as much again for its
/// own work.
pub(super) fn limits(max_pixels: u64) -> Limits {
    let mut limits = Limits::default();
    limits.max_alloc = Some(max_pixels.saturating_mul(16).saturating_add(16 << 20));
    limits
}

/// Whether width and height change places.
fn turns(orientation: Orientation) -> bool {
    matches!(
        orientation,
        Orientation::Rotate90 | Orientation::Rotate270 | Orientation::Rotate90FlipH | Orientation::Rotate270FlipH
    )
}

fn bad(key: &Key, message: String) -> Diagnostic {
    Diagnostic::new(Code::BadImage, message).at(Place::file(key.as_str()))
}
