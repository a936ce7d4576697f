//! Files that are right and rare: turned by EXIF in every format that has it, sixteen bits, interlaced scans, wide colors.

use super::*;
use image::codecs::{jpeg::JpegEncoder, png::PngEncoder, webp::WebPEncoder};
use image::metadata::Orientation;
use image::{ExtendedColorType, ImageEncoder, Rgb, RgbImage};

/// Red on the left, blue on the right; taller than wide when it was held so.
fn flag(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, _| if x < width / 2 { Rgb([255, 0, 0]) } else { Rgb([0, 0, 255]) })
}

/// One directory with the orientation (TIFF 6.0, section 2).
fn exif(orientation: u8) -> Vec<u8> {
    let mut out = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0".to_vec();
    out.extend([orientation, 0, 0, 0, 0, 0, 0, 0]);
    out
}

fn written<E: ImageEncoder>(mut encoder: E, image: &RgbImage, prepare: impl FnOnce(&mut E)) {
    prepare(&mut encoder);
    encoder.write_image(image, image.width(), image.height(), ExtendedColorType::Rgb8).unwrap();
}

#[test]
fn every_format_that_says_how_it_was_held_is_believed() {
    for tag in 1..=8 {
        let orientation = Orientation::from_exif(tag).unwrap();
        let undo = match orientation {
            Orientation::Rotate90 => Orientation::Rotate270,
            Orientation::Rotate270 => Orientation::Rotate90,
            same => same,
        };
        let mut held = DynamicImage::from(flag(48, 32));
        held.apply_orientation(undo);
        let held = held.into_rgb8();
        let mut files = [Vec::new(), Vec::new(), Vec::new()];
        let [png, webp, jpeg] = &mut files;
        written(PngEncoder::new(png), &held, |it| it.set_exif_metadata(exif(tag)).unwrap());
        written(WebPEncoder::new_lossless(webp), &held, |it| it.set_exif_metadata(exif(tag)).unwrap());
        written(JpegEncoder::new(jpeg), &held, |it| it.set_exif_metadata(exif(tag)).unwrap());
        for (name, bytes) in ["a.png", "a.webp", "a.jpg"].into_iter().zip(files) {
            let picture = one(ask(name, &[]), bytes.into()).unwrap();
            assert_eq!((picture.width, picture.height), (48, 32), "{name} {tag}");
            let upright = last(&picture).into_rgb8();
            assert!(upright.get_pixel(6, 16)[0] > 200 && upright.get_pixel(42, 16)[2] > 200, "{name} {tag}");
        }
    }
}

#[test]
fn sixteen_bits_are_read_with_and_without_alpha() {
    let opaque = image::ImageBuffer::<Rgb<u16>, Vec<u16>>::from_pixel(16, 16, Rgb([0xFFFF, 0x8080, 0]));
    let picture = one(ask("a.png", &[]), file(opaque, ImageFormat::Png)).unwrap();
    assert_eq!(last(&picture).into_rgb8().get_pixel(8, 8).0, [255, 128, 0]);
    let clear =
        image::ImageBuffer::<image::Rgba<u16>, Vec<u16>>::from_pixel(16, 16, image::Rgba([0xFFFF, 0, 0, 0x4040]));
    let picture = one(ask("a.png", &[]), file(clear, ImageFormat::Png)).unwrap();
    assert_eq!(last(&picture).into_rgba8().get_pixel(8, 8)[3], 64);
}

#[test]
fn an_interlaced_drawing_is_read_like_any_other_whatever_its_size() {
    // Narrower or lower than eight pixels, some of the seven passes are empty (PNG 3, section 8.1).
    for (width, height) in [(1, 1), (1, 9), (3, 2), (5, 1), (8, 8), (33, 17)] {
        let plain = flag(width, height);
        let options = oxipng::Options { interlace: Some(true), force: true, ..oxipng::Options::default() };
        let interlaced = oxipng::optimize_from_memory(&file(plain.clone(), ImageFormat::Png), &options)
            .expect("oxipng reads what it wrote");
        assert_eq!(interlaced[28], 1, "the interlace method of the header (PNG 3, section 11.2.1)");
        let picture = one(ask("a.png", &[]), interlaced.into()).unwrap();
        assert_eq!(last(&picture).into_rgb8(), plain, "{width} x {height}");
    }
}

#[test]
fn a_progressive_photograph_is_read_like_any_other() {
    let photo = photograph(64, 48);
    let scans = mozjpeg(&photo, (64, 48), 90, Chroma::Full).unwrap();
    let picture = one(ask("a.jpg", &[]), scans.into()).unwrap();
    let (seen, want) = (last(&picture).into_rgb8(), photo.get_pixel(32, 24).0);
    assert!(seen.get_pixel(32, 24).0.iter().zip(want).all(|(seen, want)| seen.abs_diff(want) < 30));
}

#[test]
fn wide_colors_are_made_those_of_every_screen_in_every_format() {
    let wide = moxcms::ColorProfile::new_display_p3().encode().unwrap();
    let muted = RgbImage::from_pixel(16, 16, Rgb([200, 80, 80]));
    let mut files = [Vec::new(), Vec::new()];
    let [webp, jpeg] = &mut files;
    written(WebPEncoder::new_lossless(webp), &muted, |it| it.set_icc_profile(wide.clone()).unwrap());
    written(JpegEncoder::new_with_quality(jpeg, 95), &muted, |it| it.set_icc_profile(wide.clone()).unwrap());
    for (name, bytes) in ["a.webp", "a.jpg"].into_iter().zip(files) {
        let picture = one(ask(name, &[]), bytes.into()).unwrap();
        assert!(picture.warnings.is_empty());
        for one in &picture.sources {
            let seen = decoded(one).into_rgb8().get_pixel(8, 8).0;
            assert!(seen[0] > 205 && seen[1] < 80, "{name} {}: {seen:?}", one.extension);
        }
    }
}
