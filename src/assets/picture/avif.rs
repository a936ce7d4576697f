//! AVIF: pixels to planes, the frames of color and alpha, the container around them; and back to planes, to be judged.
//!
//! Photographs have their colors at half resolution, as in every other format: half the work and a few percent fewer bytes
//! at equal looks. Drawings keep them whole, for thin colored lines. Ten bits, which band less than eight.

use super::cutout::continued;
use super::encode::Way;
use super::pixels::Pixels;
use landing_av1::{Chroma, Effort};
use landing_score::Planes;

/// An encoded picture.
pub(super) struct Avif {
    pub(super) file: Vec<u8>,
    pub(super) frames: Frames,
}

/// What is in the container: the frame of colors, and that of alpha where something shows through.
pub(super) struct Frames {
    pub(super) color: Vec<u8>,
    pub(super) alpha: Option<Vec<u8>>,
}

/// The middle of ten bits, where chroma is gray.
const GRAY: f32 = 512.0;
/// One step of eight bits in ten.
const STEP: f32 = 1_023.0 / 255.0;

/// Encodes.
pub(super) fn encode(pixels: &Pixels, way: Way) -> Option<Avif> {
    let effort = if way.patient { Effort::Patient } else { effort(way.whole) };
    let cleaned = pixels.has_alpha().then(|| continued(pixels));
    let color =
        landing_av1::encode(&planes(cleaned.as_ref().unwrap_or(pixels), !way.drawn), quantizer(way.quality), effort)?;
    // What shows through must not: traces of a low quality around a cut-out are seen on any ground. One flat plane with
    // an edge gains most by patience: a third of its bytes.
    let (clear, effort) = (quantizer(way.quality.max(ALPHA_QUALITY)), effort.max(Effort::Patient));
    let alpha = cleaned.as_ref().map(|_| landing_av1::encode(&alpha(pixels), clear, effort).ok_or(()));
    let alpha = alpha.transpose().ok()?;
    let mut container = avif_serialize::Aviffy::new();
    container.set_chroma_subsampling((!way.drawn, !way.drawn));
    // AV1, section 6.4.1: the main profile has chroma at half resolution, the next one also whole.
    container.set_seq_profile(u8::from(way.drawn));
    let file = container.to_vec(&color, alpha.as_deref(), pixels.width, pixels.height, 10);
    Some(Avif { file, frames: Frames { color, alpha } })
}

/// Alpha is at least that good: an error of four in a hundred at an edge, of none in a plane.
const ALPHA_QUALITY: u8 = 50;

impl Frames {
    /// What a browser will show, over a ground of that gray.
    pub(super) fn planes(&self, ground: u8) -> Option<Planes> {
        let seen = landing_av1::decode(&self.color)?;
        let (width, height) = (seen.width, seen.height);
        let scaled =
            |samples: &[u16]| -> Vec<f32> { samples.iter().map(|it| f32::from(*it) / 1_023.0 - 0.5).collect() };
        let chroma = seen.chroma?;
        let mut planes = [scaled(&seen.luma), scaled(&chroma.blue), scaled(&chroma.red)];
        if let Some(frame) = &self.alpha {
            let alpha: Vec<f32> = landing_av1::decode(frame)?.luma.iter().map(|it| f32::from(*it) / 1_023.0).collect();
            let coarse = if chroma.halved { halved(&alpha, width, height) } else { alpha.clone() };
            let [luma, blue, red] = &mut planes;
            blend(luma, &alpha, f32::from(ground) / 255.0 - 0.5);
            blend(blue, &coarse, 0.0);
            blend(red, &coarse, 0.0);
        }
        Some(Planes::of_planes(width, height, planes, chroma.halved))
    }
}

fn blend(samples: &mut [f32], alpha: &[f32], ground: f32) {
    for (sample, alpha) in samples.iter_mut().zip(alpha) {
        *sample = *sample * alpha + ground * (1.0 - alpha);
    }
}

/// Alpha where the samples of halved chroma are.
fn halved(alpha: &[f32], width: usize, height: usize) -> Vec<f32> {
    let at = |x: usize, y: usize| alpha[y.min(height - 1) * width + x.min(width - 1)];
    let mean = |x: usize, y: usize| (at(x, y) + at(x + 1, y) + at(x, y + 1) + at(x + 1, y + 1)) / 4.0;
    (0..height).step_by(2).flat_map(|y| (0..width).step_by(2).map(move |x| (x, y))).map(|(x, y)| mean(x, y)).collect()
}

/// The widest files are for the fewest visitors and cost most to make: phones load up to a megapixel.
fn effort(pixels: u64) -> Effort {
    match pixels {
        0..250_000 => Effort::Thorough,
        250_000..900_000 => Effort::Steady,
        _ => Effort::Swift,
    }
}

fn quantizer(quality: u8) -> u8 {
    255 - u8::try_from(u16::from(quality.min(100)) * 255 / 100).expect("at most 255")
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to ten bits")]
fn ten_bits(value: f32) -> u16 {
    (value + 0.5).clamp(0.0, 1_023.0) as u16
}

/// ITU-R BT.601, the whole range.
fn planes(pixels: &Pixels, halved: bool) -> landing_av1::Planes {
    let (width, height) = (pixels.width as usize, pixels.height as usize);
    let at = |x: usize, y: usize| {
        let start = (y.min(height - 1) * width + x.min(width - 1)) * pixels.channels;
        [0, 1, 2].map(|channel| f32::from(pixels.bytes[start + channel]))
    };
    let luma = |[red, green, blue]: [f32; 3]| red * 0.299 + green * 0.587 + blue * 0.114;
    let mut planes = landing_av1::Planes { width, height, luma: Vec::with_capacity(width * height), chroma: None };
    for pixel in pixels.bytes.chunks_exact(pixels.channels) {
        planes.luma.push(ten_bits(luma([pixel[0], pixel[1], pixel[2]].map(f32::from)) * STEP));
    }
    let step = if halved { 2 } else { 1 };
    let (mut blue, mut red) = (Vec::new(), Vec::new());
    for y in (0..height).step_by(step) {
        for x in (0..width).step_by(step) {
            let color = if halved {
                let near = [at(x, y), at(x + 1, y), at(x, y + 1), at(x + 1, y + 1)];
                [0, 1, 2].map(|channel| near.iter().map(|it| it[channel]).sum::<f32>() / 4.0)
            } else {
                at(x, y)
            };
            let luma = luma(color);
            blue.push(ten_bits((color[2] - luma) * STEP / 1.772 + GRAY));
            red.push(ten_bits((color[0] - luma) * STEP / 1.402 + GRAY));
        }
    }
    planes.chroma = Some(Chroma { halved, blue, red });
    planes
}

fn alpha(pixels: &Pixels) -> landing_av1::Planes {
    let luma = pixels.bytes.chunks_exact(4).map(|pixel| ten_bits(f32::from(pixel[3]) * STEP)).collect();
    landing_av1::Planes { width: pixels.width as usize, height: pixels.height as usize, luma, chroma: None }
}

#[cfg(test)]
impl Frames {
    /// Back to RGB, chroma spread by repetition.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to a byte")]
    pub(super) fn pixels(&self) -> Option<Pixels> {
        let seen = landing_av1::decode(&self.color)?;
        let alpha = self.alpha.as_ref().map(|frame| landing_av1::decode(frame).map(|it| it.luma));
        let chroma = seen.chroma?;
        let (shift, row) = if chroma.halved { (1, seen.width.div_ceil(2)) } else { (0, seen.width) };
        let byte = |value: f32| (value / STEP + 0.5).clamp(0.0, 255.0) as u8;
        let mut bytes = Vec::new();
        for (at, luma) in seen.luma.iter().enumerate() {
            let near = ((at / seen.width) >> shift) * row + ((at % seen.width) >> shift);
            let (luma, blue, red) =
                (f32::from(*luma), f32::from(chroma.blue[near]) - GRAY, f32::from(chroma.red[near]) - GRAY);
            bytes
                .extend([luma + 1.402 * red, luma - 0.344_136 * blue - 0.714_136 * red, luma + 1.772 * blue].map(byte));
            if let Some(alpha) = &alpha {
                bytes.push(byte(f32::from(alpha.as_ref()?[at])));
            }
        }
        let channels = if alpha.is_some() { 4 } else { 3 };
        Some(Pixels {
            width: u32::try_from(seen.width).ok()?,
            height: u32::try_from(seen.height).ok()?,
            channels,
            bytes,
        })
    }
}
