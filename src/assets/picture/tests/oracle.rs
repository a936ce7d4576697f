//! Every file that is made, decoded and laid beside the source: by our own score, which decides, and by SSIMULACRA2, which is
//! other people's. The container of AVIF is read by other people's parser too.

use super::super::avif::Frames;
use super::super::pixels::Pixels;
use super::*;
use image::{Rgb, RgbImage, Rgba, RgbaImage};
use landing_score::Planes;

/// Names, what the two scales may differ by, and pictures: of nature, of a screen, cut out, of one slope, of nothing but noise, of pure colors side by side.
#[expect(clippy::cast_possible_truncation, reason = "colors within a byte, by the sizes below")]
fn corpus() -> Vec<(&'static str, f64, DynamicImage)> {
    let slope = RgbImage::from_fn(420, 260, |x, y| Rgb([(x / 2) as u8, (y / 2) as u8, 200 - (x / 3) as u8]));
    let glass =
        RgbaImage::from_fn(300, 200, |x, y| Rgba([(x % 256) as u8, 90, (y % 200) as u8, (y * 255 / 199) as u8]));
    let pure = RgbImage::from_fn(300, 200, |x, y| match (x / 9 + y / 7) % 3 {
        0 => Rgb([255, 0, 0]),
        1 => Rgb([0, 0, 255]),
        _ => Rgb([0, 200, 0]),
    });
    let mut random = 1_u32;
    let mut noise = RgbImage::new(200, 120);
    for sample in noise.iter_mut() {
        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        *sample = (random >> 24) as u8;
    }
    vec![
        ("photograph", SCALE, photograph(440, 264).into()),
        ("screenshot", SCALE, screenshot(320, 200).into()),
        ("cut-out", SCALE, sticker(240, 220).into()),
        ("glass", SCALE, glass.into()),
        ("slope", SCALE, slope.into()),
        ("pure colors", SCALE, pure.into()),
        // Ours leaves out color at full size, where there is nothing else here.
        ("noise", 40.0, noise.into()),
    ]
}

/// What a file shows, over white.
fn seen(one: &Rendition) -> (Pixels, Planes) {
    if one.extension == "avif" {
        let parsed = avif_parse::read_avif(&mut &one.bytes[..]).unwrap();
        let alpha = parsed.alpha_item.map(|frame| frame.to_vec());
        let frames = Frames { color: parsed.primary_item.to_vec(), alpha };
        return (frames.pixels().unwrap(), frames.planes(255).unwrap());
    }
    let pixels = Pixels::of(decoded(one));
    let planes = pixels.planes(255);
    (pixels, planes)
}

/// SSIMULACRA2 over white.
fn peer(source: &Pixels, other: &Pixels) -> f64 {
    let frame = |pixels: &Pixels| {
        let over = |pixel: &[u8]| {
            let alpha = pixel.get(3).map_or(1.0, |alpha| f32::from(*alpha) / 255.0);
            [0, 1, 2].map(|channel| (f32::from(pixel[channel]) * alpha + 255.0 * (1.0 - alpha)) / 255.0)
        };
        let data = pixels.bytes.chunks_exact(pixels.channels).map(over).collect();
        let (transfer, primaries) = (ssimulacra2::TransferCharacteristic::SRGB, ssimulacra2::ColorPrimaries::BT709);
        ssimulacra2::Rgb::new(data, pixels.width as usize, pixels.height as usize, transfer, primaries).unwrap()
    };
    ssimulacra2::compute_frame_ssimulacra2(frame(source), frame(other)).unwrap()
}

#[test]
fn no_file_looks_worse_than_was_asked() {
    for (name, scale, image) in corpus() {
        let source = Pixels::of(image.clone());
        for score in [60, 80] {
            let wanted = PictureAsk {
                avif: true,
                score,
                ..ask("a.png", if name == "photograph" { &[160, 700] } else { &[700] })
            };
            let picture = one(wanted, file(image.clone(), ImageFormat::Png)).unwrap();
            for one in &picture.sources {
                let original = source.resized(one.width);
                let (pixels, planes) = seen(one);
                let own = original.planes(255).score(&planes);
                let other = peer(&original, &pixels);
                let what =
                    format!("{name} {} {}: {own:.1}, {other:.1} by SSIMULACRA2, for {score}", one.extension, one.width);
                assert!(own >= f64::from(score) - GROUND, "{what}");
                assert!(other >= f64::from(score) - scale, "{what}");
            }
        }
    }
}

/// What the other ground than the one that a picture was judged on may cost; opaque ones have none.
const GROUND: f64 = 0.05;
/// What the two scales may differ by on pictures that ours was not fitted to.
const SCALE: f64 = 12.0;
