//! Pixels in memory: decoded once per source, resized from there.
//!
//! In: an opened image. Out: 8-bit RGB, or RGBA where something shows through, upright and in sRGB.

use super::open::{self, Opened};
use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};
use image::{DynamicImage, ImageDecoder as _};
use landing_score::Planes;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Rows of 8-bit samples without padding.
#[derive(Clone)]
pub(super) struct Pixels {
    pub(super) width: u32,
    pub(super) height: u32,
    /// 3 (RGB) or 4 (RGBA, not premultiplied).
    pub(super) channels: usize,
    pub(super) bytes: Vec<u8>,
}

impl Pixels {
    /// Decodes, applies the orientation, converts to sRGB.
    pub(super) fn decode(opened: &Opened, max_pixels: u64) -> Result<Self, String> {
        // The file is hostile and decoders have defects: one that panics is a bad image, not a crash of the build.
        catch_unwind(AssertUnwindSafe(|| Self::decode_inner(opened, max_pixels)))
            .unwrap_or_else(|_| Err("the decoder gave up".to_owned()))
    }

    fn decode_inner(opened: &Opened, max_pixels: u64) -> Result<Self, String> {
        let mut decoder =
            open::decoder(&opened.bytes, opened.format, open::limits(max_pixels)).map_err(|err| err.to_string())?;
        decoder.set_limits(open::limits(max_pixels)).map_err(|err| err.to_string())?;
        let mut image = DynamicImage::from_decoder(decoder).map_err(|err| err.to_string())?;
        image.apply_orientation(opened.orientation);
        let mut pixels = Self::of(image);
        opened.color.to_srgb(&mut pixels)?;
        Ok(pixels)
    }

    /// Of an image in memory.
    pub(super) fn of(image: DynamicImage) -> Self {
        let (width, height) = (image.width(), image.height());
        if image.color().has_alpha() {
            let bytes = image.into_rgba8().into_raw();
            if bytes.chunks_exact(4).any(|pixel| pixel[3] != 255) {
                return Self { width, height, channels: 4, bytes };
            }
            let bytes = bytes.chunks_exact(4).flat_map(|pixel| [pixel[0], pixel[1], pixel[2]]).collect();
            return Self { width, height, channels: 3, bytes };
        }
        Self { width, height, channels: 3, bytes: image.into_rgb8().into_raw() }
    }

    /// Whether something shows through.
    pub(super) fn has_alpha(&self) -> bool {
        self.channels == 4
    }

    /// What it looks like over a ground of that gray.
    pub(super) fn planes(&self, ground: u8) -> Planes {
        Planes::of(self.width as usize, self.height as usize, &self.bytes, ground)
    }

    /// How its samples lie.
    pub(super) fn layout(&self) -> moxcms::Layout {
        if self.has_alpha() { moxcms::Layout::Rgba } else { moxcms::Layout::Rgb }
    }

    /// The first channel (and alpha) alone: all there is in an image of gray shades.
    pub(super) fn luma(&self) -> Vec<u8> {
        match self.channels {
            3 => self.bytes.chunks_exact(3).map(|pixel| pixel[0]).collect(),
            _ => self.bytes.chunks_exact(4).flat_map(|pixel| [pixel[0], pixel[3]]).collect(),
        }
    }

    /// The same picture in another width, by Lanczos with three lobes; transparent pixels do not bleed into their
    /// neighbors. Never larger: a width beyond the own one gives the picture itself.
    pub(super) fn resized(&self, width: u32) -> Self {
        if width >= self.width {
            return self.clone();
        }
        let height = height_at((self.width, self.height), width);
        let kind = if self.has_alpha() { PixelType::U8x4 } else { PixelType::U8x3 };
        let source =
            ImageRef::new(self.width, self.height, &self.bytes, kind).expect("the buffer has the size of the image");
        let mut target = Image::new(width, height, kind);
        let options =
            ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Lanczos3)).use_alpha(self.has_alpha());
        Resizer::new().resize(&source, &mut target, &options).expect("both images have the same pixel type");
        Self { width, height, channels: self.channels, bytes: target.into_vec() }
    }

    /// How many there are.
    pub(super) fn count(&self) -> u64 {
        u64::from(self.width) * u64::from(self.height)
    }

    /// The mean of all of it, red, green and blue; none where something shows through.
    pub(super) fn tone(&self) -> Option<[u8; 3]> {
        let mut sums = [0_u64; 3];
        if self.has_alpha() {
            return None;
        }
        for pixel in self.bytes.as_chunks::<3>().0 {
            sums.iter_mut().zip(pixel).for_each(|(sum, sample)| *sum += u64::from(*sample));
        }
        Some(sums.map(|sum| u8::try_from(sum / self.count().max(1)).unwrap_or(u8::MAX)))
    }

    /// Two squares side by side, from a third of the way across and down and from two thirds. Every side must have room for them.
    pub(super) fn two_tiles(&self, side: u32) -> Self {
        let at = |whole: u32, number: u32| ((whole - side) * number / 3) as usize;
        let (row, length) = (self.width as usize * self.channels, side as usize * self.channels);
        let mut bytes = Vec::with_capacity(2 * length * side as usize);
        for line in 0..side as usize {
            for number in [1, 2] {
                let start = (at(self.height, number) + line) * row + at(self.width, number) * self.channels;
                bytes.extend_from_slice(&self.bytes[start..start + length]);
            }
        }
        Self { width: 2 * side, height: side, channels: self.channels, bytes }
    }

    /// Whether it is drawn rather than photographed: at least 40 % of the pixels repeat their left neighbor exactly, of those
    /// that are seen. Noise makes that rare in photographs (under 15 %); flat areas make it the rule in screenshots.
    pub(super) fn is_flat(&self) -> bool {
        let (mut same, mut pairs) = (0_u64, 0_u64);
        for row in self.bytes.chunks_exact(self.width as usize * self.channels) {
            let next = row.chunks_exact(self.channels).skip(1);
            for (left, right) in row.chunks_exact(self.channels).zip(next).filter(|(left, _)| left.get(3) != Some(&0)) {
                pairs += 1;
                same += u64::from(left == right);
            }
        }
        same * 5 >= pairs * 2 && pairs > 0
    }
}

/// The height that keeps the proportions, rounded to the nearest pixel, at least one.
pub(super) fn height_at((width, height): (u32, u32), at: u32) -> u32 {
    let (width, height, at) = (u64::from(width.max(1)), u64::from(height), u64::from(at));
    u32::try_from((at * height + width / 2) / width).unwrap_or(u32::MAX).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::{RgbImage, RgbaImage};

    #[test]
    fn the_color_of_a_picture_is_its_mean_and_one_that_something_shows_through_has_none() {
        let half = |x: u32| if x < 2 { 255 } else { 1 };
        let opaque = RgbImage::from_fn(4, 3, |x, _| image::Rgb([half(x), 40, 0]));
        assert_eq!(Pixels::of(opaque.into()).tone(), Some([128, 40, 0]));
        let clear = RgbaImage::from_fn(4, 3, |x, _| image::Rgba([9, 9, 9, half(x)]));
        assert_eq!(Pixels::of(clear.into()).tone(), None);
        let solid = RgbaImage::from_pixel(4, 3, image::Rgba([9, 8, 7, 255]));
        assert_eq!(Pixels::of(solid.into()).tone(), Some([9, 8, 7]));
    }
}
