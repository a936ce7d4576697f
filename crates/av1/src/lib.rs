//! AV1 still pictures: planes in, one key frame out, and back again. `rav1e` writes, `rav1d` reads.
//!
//! A crate of its own because `rav1e` is generic: what calls it compiles it, and must be compiled with optimization even in
//! a debug build, where it would take thirty times as long. Not an AVIF file: that is a container, which others write.
//! One thread and one tile always, so that the bytes do not depend on the machine.

use rav1e::config::{PredictionModesSetting, SpeedSettings};
use rav1e::prelude::*;
use re_rav1d::dav1d::{Decoder, PixelLayout, PlanarImageComponent, Settings};

/// Samples of ten bits, the whole range of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planes {
    /// Pixels of a row.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// Luma, row by row.
    pub luma: Vec<u16>,
    /// Blue and red chroma; a picture without is gray.
    pub chroma: Option<Chroma>,
}

/// The chroma planes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chroma {
    /// One sample for two by two pixels, rather than for each.
    pub halved: bool,
    /// Row by row.
    pub blue: Vec<u16>,
    /// Row by row.
    pub red: Vec<u16>,
}

/// How long to search for a shorter form. Measured on photographs 480 pixels wide, bytes at equal SSIMULACRA2 and time,
/// beside `ravif` 0.13 at speed 9 (which has no halved chroma, and blocks of 16 pixels alone at all common qualities).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effort {
    /// 0.65 of its time, as many bytes.
    Swift,
    /// 1.2 of its time, 0.75 to 0.93 of its bytes.
    Steady,
    /// 2.5 of its time, 0.64 to 0.83 of its bytes.
    Thorough,
    /// 1.5 of the time of `Thorough`, 0.94 of its bytes; for a plane of alpha two thirds of them.
    Patient,
}

/// Encodes. The quantizer goes from 0 (all but lossless) to 255. `None` for planes that are not of the size they say.
#[must_use]
pub fn encode(planes: &Planes, quantizer: u8, effort: Effort) -> Option<Vec<u8>> {
    if !planes.is_consistent() {
        return None;
    }
    let mut context: Context<u16> =
        Config::new().with_encoder_config(config(planes, quantizer, effort)).with_threads(1).new_context().ok()?;
    let mut frame = context.new_frame();
    for (plane, (samples, width)) in frame.planes.iter_mut().zip(planes.each()) {
        let mut rows = plane.mut_slice(Default::default());
        for (row, samples) in rows.rows_iter_mut().zip(samples.chunks_exact(width)) {
            row[..width].copy_from_slice(samples);
        }
    }
    context.send_frame(frame).ok()?;
    context.flush();
    let mut out = Vec::new();
    loop {
        match context.receive_packet() {
            Ok(packet) => out.extend(packet.data),
            Err(EncoderStatus::Encoded) => {}
            Err(EncoderStatus::LimitReached) => return Some(out),
            Err(_) => return None,
        }
    }
}

/// Decodes what [`encode`] made.
#[must_use]
pub fn decode(frame: &[u8]) -> Option<Planes> {
    let mut settings = Settings::new();
    settings.set_n_threads(1);
    settings.set_max_frame_delay(1);
    let mut decoder = Decoder::with_settings(&settings).ok()?;
    decoder.send_data(frame.to_vec(), None, None, None).ok()?;
    let picture = decoder.get_picture().ok()?;
    if picture.bits_per_component()?.0 != 10 {
        return None;
    }
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let plane = |component, width: usize, height: usize| -> Vec<u16> {
        let (stride, data) = (picture.stride(component) as usize, picture.plane(component));
        let rows = data.chunks(stride).take(height);
        rows.flat_map(|row| row[..2 * width].chunks_exact(2).map(|it| u16::from_ne_bytes([it[0], it[1]]))).collect()
    };
    let halved = match picture.pixel_layout() {
        PixelLayout::I400 => None,
        PixelLayout::I420 => Some(true),
        PixelLayout::I444 => Some(false),
        PixelLayout::I422 => return None,
    };
    let chroma = halved.map(|halved| {
        let (width, height) = side(halved, width, height);
        let [blue, red] = [PlanarImageComponent::U, PlanarImageComponent::V].map(|it| plane(it, width, height));
        Chroma { halved, blue, red }
    });
    Some(Planes { width, height, luma: plane(PlanarImageComponent::Y, width, height), chroma })
}

/// The size of a chroma plane.
fn side(halved: bool, width: usize, height: usize) -> (usize, usize) {
    if halved { (width.div_ceil(2), height.div_ceil(2)) } else { (width, height) }
}

impl Planes {
    /// Each plane with its width.
    fn each(&self) -> impl Iterator<Item = (&[u16], usize)> {
        let chroma = self.chroma.iter().flat_map(|chroma| {
            let width = side(chroma.halved, self.width, self.height).0;
            [(&chroma.blue[..], width), (&chroma.red[..], width)]
        });
        std::iter::once((&self.luma[..], self.width)).chain(chroma)
    }

    fn is_consistent(&self) -> bool {
        let area = |(width, height): (usize, usize)| width * height;
        let chroma = |it: &Chroma| area(side(it.halved, self.width, self.height));
        self.width > 0
            && self.luma.len() == self.width * self.height
            && self.chroma.as_ref().is_none_or(|it| it.blue.len() == chroma(it) && it.red.len() == chroma(it))
    }
}

fn config(planes: &Planes, quantizer: u8, effort: Effort) -> EncoderConfig {
    let mut config = EncoderConfig::with_speed_preset(9);
    config.width = planes.width;
    config.height = planes.height;
    config.bit_depth = 10;
    config.chroma_sampling = match planes.chroma.as_ref().map(|it| it.halved) {
        None => ChromaSampling::Cs400,
        Some(true) => ChromaSampling::Cs420,
        Some(false) => ChromaSampling::Cs444,
    };
    config.pixel_range = PixelRange::Full;
    config.color_description = planes.chroma.as_ref().map(|_| ColorDescription {
        transfer_characteristics: TransferCharacteristics::SRGB,
        color_primaries: ColorPrimaries::BT709,
        matrix_coefficients: MatrixCoefficients::BT601,
    });
    config.still_picture = true;
    config.quantizer = usize::from(quantizer);
    config.min_quantizer = quantizer;
    config.tiles = 1;
    config.tune = Tune::Psychovisual;
    config.speed_settings = speed(effort);
    config
}

/// What pays in a still picture. Large blocks do most: at the qualities of the web much of a picture is smooth. Looking at
/// loop restoration costs half as much time again for nothing, at every kind and size of transform four times for six percent.
fn speed(effort: Effort) -> SpeedSettings {
    let mut speed = SpeedSettings::from_preset(9);
    speed.rdo_lookahead_frames = 1;
    speed.scene_detection_mode = SceneDetectionSpeed::None;
    speed.fast_deblock = true;
    speed.lrf = false;
    speed.prediction.prediction_modes = PredictionModesSetting::Simple;
    let thorough = effort >= Effort::Thorough;
    speed.cdef = thorough;
    speed.prediction.fine_directional_intra = thorough;
    let (least, most) = match effort {
        Effort::Swift => (BlockSize::BLOCK_16X16, BlockSize::BLOCK_16X16),
        Effort::Steady => (BlockSize::BLOCK_16X16, BlockSize::BLOCK_64X64),
        Effort::Thorough | Effort::Patient => (BlockSize::BLOCK_8X8, BlockSize::BLOCK_64X64),
    };
    if effort == Effort::Patient {
        // Rectangles along edges, and from the smallest blocks up: what is judged is what is encoded.
        speed.partition.encode_bottomup = true;
        speed.partition.non_square_partition_max_threshold = BlockSize::BLOCK_16X16;
    }
    speed.partition.partition_range = PartitionRange::new(least, most);
    speed
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ramp(width: usize, height: usize, halved: Option<bool>) -> Planes {
        let plane = |(width, height): (usize, usize)| -> Vec<u16> {
            (0..width * height)
                .map(|at| u16::try_from((at % width * 7 + at / width * 3) % 1_024).expect("below 1,024"))
                .collect()
        };
        let chroma = halved.map(|halved| {
            let side = side(halved, width, height);
            Chroma { halved, blue: plane(side), red: plane(side) }
        });
        Planes { width, height, luma: plane((width, height)), chroma }
    }

    #[test]
    fn what_was_encoded_is_decoded_in_every_layout_and_any_size() {
        for halved in [None, Some(true), Some(false)] {
            for (width, height) in [(1, 1), (17, 9), (64, 33)] {
                let planes = ramp(width, height, halved);
                let frame = encode(&planes, 20, Effort::Swift).expect("it encodes");
                let seen = decode(&frame).expect("it decodes");
                assert_eq!((seen.width, seen.height), (width, height));
                assert_eq!(seen.chroma.as_ref().map(|it| it.halved), halved);
                assert_eq!(seen.luma.len(), planes.luma.len());
            }
        }
    }

    #[test]
    fn planes_of_another_size_than_they_say_are_refused() {
        let mut planes = ramp(8, 8, Some(true));
        planes.luma.pop();
        assert_eq!(encode(&planes, 20, Effort::Swift), None);
        assert_eq!(decode(b"nothing of the kind"), None);
    }
}
