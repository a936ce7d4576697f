//! What the renditions show: upright, in the right colors, as good in one format as in another.

use super::super::pixels::Pixels;
use super::*;
use image::metadata::Orientation;
use image::{Rgb, RgbImage};

#[test]
fn what_shows_through_still_does_and_is_never_a_jpeg() {
    let picture = one(ask("a.png", &[60]), file(sticker(120, 120), ImageFormat::Png)).unwrap();
    assert_eq!(shown(&picture), "webp 60x60, png 60x60");
    for one in &picture.sources {
        let image = decoded(one).into_rgba8();
        assert_eq!(image.get_pixel(1, 1)[3], 0);
        let middle = image.get_pixel(30, 30);
        assert!(middle[3] == 255 && middle[0] > 180 && middle[1] < 60, "{middle:?}");
    }
}

#[test]
fn a_transparent_edge_does_not_turn_dark() {
    // Lanczos over premultiplied color: the invisible black beside the red disc must not bleed into it.
    let picture = one(ask("a.png", &[60]), file(sticker(120, 120), ImageFormat::Png)).unwrap();
    for pixel in last(&picture).into_rgba8().pixels().filter(|pixel| pixel[3] > 40) {
        assert!(pixel[0] > 170, "{pixel:?}");
    }
}

#[test]
fn a_screenshot_is_offered_in_the_format_that_is_lighter_when_narrow() {
    // Whole and without loss this one takes 38 kB, at 432 pixels 16 kB as WebP and 26 kB as JPEG: the whole must not take the WebP's place.
    let screenshot = Bytes::from_static(include_bytes!("../../../../assets/ecran-pile.png"));
    let picture = one(ask("a.png", &[432]), screenshot).unwrap();
    assert_eq!(shown(&picture), "webp 432x709, jpg 432x709");
    let [webp, jpeg] = &picture.sources[..] else { panic!("two files") };
    assert!(webp.bytes.len() < 20_000 && webp.bytes.len() < jpeg.bytes.len(), "{}", webp.bytes.len());
}

/// Red, green above blue, white.
fn corners() -> RgbImage {
    RgbImage::from_fn(48, 32, |x, y| match (x < 24, y < 16) {
        (true, true) => Rgb([255, 0, 0]),
        (false, true) => Rgb([0, 255, 0]),
        (true, false) => Rgb([0, 0, 255]),
        (false, false) => Rgb([255, 255, 255]),
    })
}

/// The letters of the four corner colors, row by row.
fn letters(image: &DynamicImage) -> String {
    let image = image.to_rgb8();
    let (right, bottom) = (image.width() - 4, image.height() - 4);
    let letter = |x: u32, y: u32| match image.get_pixel(x, y).0.map(|it| it > 127) {
        [true, false, false] => 'r',
        [false, true, false] => 'g',
        [false, false, true] => 'b',
        [true, true, true] => 'w',
        _ => '?',
    };
    [(3, 3), (right, 3), (3, bottom), (right, bottom)].iter().map(|(x, y)| letter(*x, *y)).collect()
}

#[test]
fn every_orientation_comes_out_upright() {
    let upright = DynamicImage::from(corners());
    for exif in 1..=8 {
        let orientation = Orientation::from_exif(exif).unwrap();
        // What the camera stored: the upright picture with the orientation undone.
        let undo = match orientation {
            Orientation::Rotate90 => Orientation::Rotate270,
            Orientation::Rotate270 => Orientation::Rotate90,
            same => same,
        };
        let mut held = upright.clone();
        held.apply_orientation(undo);
        let photo = with_exif(&file(held, ImageFormat::Jpeg), exif);
        let picture = one(ask("a.jpg", &[24, 48]), photo).unwrap();
        assert_eq!((picture.width, picture.height), (48, 32), "{exif}");
        for rendition in &picture.sources {
            assert_eq!(letters(&decoded(rendition)), "rgbw", "{exif} {}", rendition.extension);
        }
    }
}

#[test]
fn rare_kinds_of_pixels_are_read() {
    let gray16 = image::ImageBuffer::<image::Luma<u16>, Vec<u16>>::from_pixel(16, 8, image::Luma([0x8080]));
    let gray = one(ask("a.png", &[]), file(gray16, ImageFormat::Png)).unwrap();
    assert_eq!(last(&gray).into_rgb8().get_pixel(3, 3).0, [128; 3]);

    let mut cmyk = Vec::new();
    let encoder = jpeg_encoder::Encoder::new(&mut cmyk, 90);
    encoder.encode(&[0, 255, 255, 0].repeat(16 * 16), 16, 16, jpeg_encoder::ColorType::Cmyk).unwrap();
    let print = one(ask("a.jpg", &[]), cmyk.into()).unwrap();
    assert!(print.warnings[0].message.contains("CMYK"), "{:?}", print.warnings);
    assert!(decoded(&print.sources[0]).into_rgb8().get_pixel(8, 8)[0] > 180, "full magenta and yellow are red");
}

#[test]
fn of_an_animation_the_first_frame_is_shown_and_that_is_said() {
    let mut gif = Vec::new();
    {
        let mut encoder = image::codecs::gif::GifEncoder::new(&mut gif);
        for color in [[255, 0, 0, 255], [0, 0, 255, 255]] {
            encoder.encode_frame(image::Frame::new(image::RgbaImage::from_pixel(16, 16, image::Rgba(color)))).unwrap();
        }
    }
    let picture = one(ask("a.gif", &[]), gif.into()).unwrap();
    assert!(picture.warnings[0].message.contains("animated"));
    assert_eq!(last(&picture).into_rgb8().get_pixel(8, 8).0, [255, 0, 0]);
    let still = one(ask("a.gif", &[]), file(corners(), ImageFormat::Gif)).unwrap();
    assert!(still.warnings.is_empty());
    assert_eq!(still.sources.last().unwrap().extension, "png");
}

#[test]
fn another_color_profile_is_converted_and_a_broken_one_is_said() {
    use image::ImageEncoder as _;
    let with_profile = |profile: Vec<u8>| {
        let mut out = Vec::new();
        let mut encoder = image::codecs::png::PngEncoder::new(&mut out);
        encoder.set_icc_profile(profile).unwrap();
        let pixels = [200, 80, 80].repeat(16 * 16);
        encoder.write_image(&pixels, 16, 16, image::ExtendedColorType::Rgb8).unwrap();
        one(ask("a.png", &[]), out.into()).unwrap()
    };
    let color = |picture: &Picture| last(picture).into_rgb8().get_pixel(8, 8).0;
    // A muted red of the wider Display P3 is a stronger red in sRGB.
    let wide = with_profile(moxcms::ColorProfile::new_display_p3().encode().unwrap());
    assert!(wide.warnings.is_empty() && color(&wide)[0] > 205 && color(&wide)[1] < 80, "{:?}", color(&wide));
    let plain = with_profile(moxcms::ColorProfile::new_srgb().encode().unwrap());
    assert_eq!(color(&plain), [200, 80, 80]);
    let broken = with_profile(b"not a profile at all".to_vec());
    assert!(broken.warnings[0].message.contains("color profile"), "{:?}", broken.warnings);
    assert_eq!(color(&broken), [200, 80, 80]);
}

#[test]
fn a_drawing_may_be_offered_without_loss() {
    let drawn = one(ask("a.png", &[]), file(screenshot(240, 96), ImageFormat::Png)).unwrap();
    let webp = drawn.sources.iter().find(|one| one.extension == "webp").unwrap();
    assert_eq!(decoded(webp).into_rgb8(), screenshot(240, 96));
}

#[test]
fn a_drawing_is_shown_whole_where_narrower_would_be_heavier() {
    // Stripes of one pixel: half as wide they are gray in every shade.
    let stripes = RgbImage::from_fn(640, 400, |x, y| Rgb(if x * y % 320 == 0 { [20, 30, 90] } else { [250; 3] }));
    let wanted = PictureAsk { avif: true, ..ask("a.png", &[300, 640]) };
    let picture = one(wanted, file(stripes.clone(), ImageFormat::Png)).unwrap();
    assert_eq!(shown(&picture), "webp 640x400, png 640x400");
    assert!(picture.sources.iter().all(|one| decoded(one).into_rgb8() == stripes));
}

#[test]
fn what_looks_worse_scores_less() {
    let image = photograph(320, 200);
    let pixels = Pixels { width: 320, height: 200, channels: 3, bytes: image.into_raw() };
    let own = pixels.planes(255);
    assert!(own.score(&own) > 99.5);
    for format in [Format::Avif, Format::Webp, Format::Jpeg] {
        let way = |quality| Way { quality, drawn: false, patient: false, whole: 0 };
        let score = |quality| own.score(&format.encode(&pixels, way(quality)).unwrap().planes(255).unwrap());
        let scores = [20, 50, 80, 95].map(score);
        assert!(scores.is_sorted() && scores[0] < 70.0 && scores[3] > 80.0, "{format:?} {scores:?}");
    }
}
