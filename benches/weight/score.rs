//! How alike pictures look, by SSIMULACRA2: the scorer of `benches/weight`.
//!
//! In: paths of PNG files, two by two, each original before what is judged. Out: one number per pair. Measures no time.

#![expect(clippy::print_stdout, reason = "its answer")]

use image::RgbImage;
use ssimulacra2::{ColorPrimaries, Rgb, TransferCharacteristic, compute_frame_ssimulacra2};

fn main() {
    // Cargo adds `--bench`.
    let paths: Vec<String> = std::env::args().skip(1).filter(|it| it != "--bench").collect();
    for pair in paths.chunks_exact(2) {
        let [original, shown] = [&pair[0], &pair[1]].map(|path| frame(&image::open(path).expect("a PNG").into_rgb8()));
        println!("{:.2}", compute_frame_ssimulacra2(original, shown).expect("both are of one size"));
    }
}

fn frame(image: &RgbImage) -> Rgb {
    let samples = image.pixels().map(|pixel| pixel.0.map(|it| f32::from(it) / 255.0)).collect();
    let (width, height) = (image.width() as usize, image.height() as usize);
    Rgb::new(samples, width, height, TransferCharacteristic::SRGB, ColorPrimaries::BT709)
        .expect("as many samples as pixels")
}
