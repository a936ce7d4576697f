//! What the tests of this module share: a memory that counts, and pictures made on the spot.

use crate::model::{Digest, Memo};
use bytes::Bytes;
use image::{DynamicImage, ImageFormat, Rgb, RgbImage, Rgba, RgbaImage};
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Remembers everything and counts what it was given: every `put` is one piece of work that was really done.
#[derive(Default)]
pub(in crate::assets) struct Counting {
    held: Mutex<BTreeMap<Digest, Bytes>>,
    puts: AtomicUsize,
}

impl Counting {
    /// How much work was done.
    pub(in crate::assets) fn puts(&self) -> usize {
        self.puts.load(Ordering::Relaxed)
    }

    /// Replaces every value by what `change` makes of it.
    pub(in crate::assets) fn spoil(&self, change: impl Fn(&Bytes) -> Bytes) {
        self.held.lock().unwrap().values_mut().for_each(|value| *value = change(value));
    }
}

impl Memo for Counting {
    fn get(&self, key: &Digest) -> Option<Bytes> {
        self.held.lock().unwrap().get(key).cloned()
    }

    fn put(&self, key: &Digest, value: &Bytes) {
        self.puts.fetch_add(1, Ordering::Relaxed);
        self.held.lock().unwrap().insert(*key, value.clone());
    }
}

/// Reproducible noise between 0 and 1 for a point of a grid.
fn noise(x: u32, y: u32, seed: u32) -> f64 {
    let mut hash = x.wrapping_mul(0x9E37_79B1) ^ y.wrapping_mul(0x85EB_CA77) ^ seed.wrapping_mul(0xC2B2_AE3D);
    hash = (hash ^ (hash >> 15)).wrapping_mul(0x2C1B_3C6D);
    hash = (hash ^ (hash >> 12)).wrapping_mul(0x297A_2D39);
    f64::from(hash ^ (hash >> 15)) / f64::from(u32::MAX)
}

/// Noise of a certain coarseness, smooth in between.
fn smooth(x: u32, y: u32, cell: u32, seed: u32) -> f64 {
    let (left, top) = (x / cell, y / cell);
    let ease = |t: f64| t * t * (3.0 - 2.0 * t);
    let (dx, dy) = (ease(f64::from(x % cell) / f64::from(cell)), ease(f64::from(y % cell) / f64::from(cell)));
    let row = |y: u32| noise(left, y, seed) * (1.0 - dx) + noise(left + 1, y, seed) * dx;
    row(top) * (1.0 - dy) + row(top + 1) * dy
}

/// Something like a photograph: detail at every scale, halving in strength, like nature's.
pub(in crate::assets) fn photograph(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| {
        let shade = |seed: u32| {
            let octaves = [(64, 0.5), (32, 0.25), (16, 0.12), (8, 0.07), (4, 0.04), (2, 0.02)];
            octaves.iter().map(|(cell, weight)| smooth(x, y, *cell, seed + cell) * weight).sum::<f64>() * 255.0
        };
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 255")]
        Rgb([shade(1) as u8, (shade(1) * 0.6 + shade(2) * 0.4) as u8, shade(2) as u8])
    })
}

/// Something like a screenshot: areas of few colors with sharp edges.
pub(in crate::assets) fn screenshot(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| match (x / 40 % 3, y / 12 % 4) {
        (_, 0) => Rgb([250, 250, 250]),
        (0, _) => Rgb([20, 60, 160]),
        (1, 2) if x % 5 < 2 => Rgb([30, 30, 30]),
        _ => Rgb([235, 238, 240]),
    })
}

/// A grainy disc on nothing.
pub(in crate::assets) fn sticker(width: u32, height: u32) -> RgbaImage {
    RgbaImage::from_fn(width, height, |x, y| {
        let (dx, dy) = (f64::from(x) - f64::from(width) / 2.0, f64::from(y) - f64::from(height) / 2.0);
        let inside = dx.hypot(dy) < f64::from(width.min(height)) / 2.5;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "below 40")]
        let grain = (noise(x, y, 3) * 20.0) as u8;
        if inside { Rgba([200 + grain, 30 + grain, 40, 255]) } else { Rgba([0, 0, 0, 0]) }
    })
}

/// The file for an image.
pub(in crate::assets) fn file(image: impl Into<DynamicImage>, format: ImageFormat) -> Bytes {
    let mut out = std::io::Cursor::new(Vec::new());
    image.into().write_to(&mut out, format).unwrap();
    out.into_inner().into()
}

/// A JPEG with an EXIF segment that says how it was held and where it was taken.
pub(in crate::assets) fn with_exif(jpeg: &[u8], orientation: u8) -> Bytes {
    // TIFF 6.0, section 2: header, one directory with one entry (0x0112, SHORT, count 1), then a text nobody needs.
    let mut exif = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0".to_vec();
    exif.extend([orientation, 0, 0, 0, 0, 0, 0, 0]);
    exif.extend(b"48.8584 N 2.2945 E");
    let mut out = jpeg[..2].to_vec();
    out.extend([0xFF, 0xE1]);
    out.extend(u16::try_from(exif.len() + 2).unwrap().to_be_bytes());
    out.extend(exif);
    out.extend(&jpeg[2..]);
    out.into()
}

/// A PNG that declares a size and then holds next to nothing.
pub(in crate::assets) fn png_header(width: u32, height: u32) -> Bytes {
    let mut out = b"\x89PNG\r\n\x1a\n".to_vec();
    let mut header = b"IHDR".to_vec();
    header.extend(width.to_be_bytes());
    header.extend(height.to_be_bytes());
    header.extend([8, 6, 0, 0, 0]);
    for chunk in [header, b"IDAT\x78\x9c\x03\0\0\0\0\x01".to_vec(), b"IEND".to_vec()] {
        out.extend(u32::try_from(chunk.len() - 4).unwrap().to_be_bytes());
        out.extend(&chunk);
        let mut crc = flate2::Crc::new();
        crc.update(&chunk);
        out.extend(crc.sum().to_be_bytes());
    }
    out.into()
}
