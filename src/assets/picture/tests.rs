//! Whole pictures: images made on the spot in, renditions out.

use super::encode::{Format, JPEG_QUALITY, WEBP_QUALITY};
use super::*;
use crate::assets::testing::{Counting, file, photograph, png_header, screenshot, sticker, with_exif};
use crate::diag::{Code, Diagnostics};
use crate::model::{Memo, Source};
use image::metadata::Orientation;
use image::{DynamicImage, GenericImageView as _, ImageFormat, Rgb, RgbImage};
use std::sync::Mutex;

fn ask(source: &str, widths: &[u32]) -> PictureAsk {
    PictureAsk {
        source: Key::parse(source).unwrap(),
        widths: widths.to_vec(),
        hero: None,
        avif: false,
        max_pixels: 50_000_000,
        inline_max: None,
    }
}

fn source(files: &[(&str, Bytes)]) -> Source {
    Source { files: files.iter().map(|(name, bytes)| (Key::parse(name).unwrap(), bytes.clone())).collect() }
}

fn make(asks: &[PictureAsk], files: &[(&str, Bytes)], memo: &dyn Memo) -> Result<Vec<Picture>, Diagnostics> {
    pictures(asks, &source(files), memo, &|_| {})
}

fn one(ask: PictureAsk, bytes: Bytes) -> Result<Picture, Diagnostics> {
    let name = ask.source.to_string();
    let mut made = make(&[ask], &[(&name, bytes)], &Counting::default())?;
    Ok(made.remove(0))
}

/// `webp 48x32, jpg 48x32`
fn shown(picture: &Picture) -> String {
    let each: Vec<String> =
        picture.sources.iter().map(|one| format!("{} {}x{}", one.extension, one.width, one.height)).collect();
    each.join(", ")
}

fn decoded(one: &Rendition) -> DynamicImage {
    let format = ImageFormat::from_extension(one.extension).unwrap();
    image::load_from_memory_with_format(&one.bytes, format).unwrap()
}

fn last(picture: &Picture) -> DynamicImage {
    decoded(picture.sources.last().unwrap())
}

fn complaint(bytes: impl Into<Bytes>) -> (Code, String) {
    let wrong = one(ask("assets/a.png", &[24]), bytes.into()).unwrap_err().into_vec();
    assert_eq!(wrong.len(), 1);
    assert_eq!(wrong[0].place.as_ref().unwrap().file, "assets/a.png");
    (wrong[0].code, wrong[0].message.clone())
}

#[test]
fn a_photograph_is_offered_smallest_format_first_and_never_enlarged() {
    let photo = file(photograph(320, 200), ImageFormat::Png);
    let wanted = PictureAsk { avif: true, ..ask("assets/a.png", &[160, 960, 1_600, 0]) };
    let picture = one(wanted, photo).unwrap();
    assert_eq!((picture.width, picture.height), (320, 200));
    let expected = "avif 160x100, avif 320x200, webp 160x100, webp 320x200, png 160x100, png 320x200";
    assert_eq!(shown(&picture), expected);
    assert!(picture.warnings.is_empty());
    for group in picture.sources.chunk_by(|left, right| left.media == right.media) {
        assert!(group.is_sorted_by_key(|one| (one.width, one.bytes.len())));
    }
    assert_eq!(decoded(&picture.sources[2]).dimensions(), (160, 100));
}

#[test]
fn no_widths_at_all_means_the_own_one() {
    let picture = one(ask("a.jpg", &[]), file(photograph(40, 30), ImageFormat::Jpeg)).unwrap();
    assert_eq!(shown(&picture), "webp 40x30, jpg 40x30");
}

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
fn no_rendition_says_where_it_was_taken() {
    for exif in [1, 6] {
        let photo = with_exif(&file(photograph(48, 32), ImageFormat::Jpeg), exif);
        let picture = one(ask("a.jpg", &[]), photo).unwrap();
        for one in &picture.sources {
            assert!(!one.bytes.windows(7).any(|part| part == b"48.8584"), "{exif} {}", one.extension);
        }
    }
}

#[test]
fn a_file_that_is_small_already_is_not_made_larger() {
    let photo = photograph(96, 64).into_raw();
    let tiny = Format::Jpeg.encode(&pixels::Pixels { width: 96, height: 64, channels: 3, bytes: photo }, 20).unwrap();
    let picture = one(ask("a.jpg", &[]), tiny.clone().into()).unwrap();
    assert_eq!(picture.sources.last().unwrap().bytes, tiny);
}

#[test]
fn a_huge_header_is_refused_at_once() {
    let (code, message) = complaint(png_header(50_000, 50_000));
    assert_eq!(code, Code::HugeImage);
    assert_eq!(message, "`assets/a.png` is 50,000 x 50,000 pixels, more than the limit");
    let bomb = PictureAsk { max_pixels: 100, ..ask("a.png", &[]) };
    let wrong = one(bomb, file(photograph(11, 10), ImageFormat::Png)).unwrap_err();
    assert_eq!(
        wrong.iter().next().unwrap().hint.as_deref(),
        Some("scale it down, or raise `max_pixels` in `[build]` above 100")
    );
}

#[test]
fn what_is_no_image_is_named_for_what_it_is() {
    for (bytes, what) in [
        (&b""[..], "an empty file"),
        (b"<!DOCTYPE html><title>404</title>", "an HTML page"),
        (b"<?xml version='1.0'?><svg/>", "an SVG drawing"),
        (b"%PDF-1.7", "a PDF"),
        (b"PK\x03\x04....", "a ZIP archive"),
        (b"\0\0\0\x18ftypheic....", "HEIC"),
        (b"version https://git-lfs.github.com/spec/v1", "git lfs pull"),
        (b"hello", "text"),
        (b"\x00\x01\x02\xff", "no format"),
        (b"BM..........................", "a BMP, which cannot be read here"),
    ] {
        let (code, message) = complaint(bytes);
        assert_eq!(code, Code::BadImage);
        assert!(message.contains(what), "{message}");
    }
    assert_eq!(complaint(png_header(0, 10)).0, Code::BadImage);
    assert_eq!(complaint(png_header(10, 10)).0, Code::BadImage, "a header without pixels");
}

#[test]
fn a_file_cut_anywhere_is_a_bad_image() {
    for format in [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP, ImageFormat::Gif] {
        let whole = file(photograph(24, 16), format);
        for end in (0..whole.len() * 9 / 10).step_by(whole.len() / 12) {
            assert_eq!(complaint(whole.slice(..end)).0, Code::BadImage, "{format:?} cut at {end} of {}", whole.len());
        }
    }
}

#[test]
fn no_damage_makes_the_build_crash() {
    let mut random = 12_345_u32;
    let mut next = |below: usize| {
        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (random >> 8) as usize % below
    };
    for format in [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP, ImageFormat::Gif] {
        let whole = match format {
            ImageFormat::Jpeg => with_exif(&file(photograph(20, 12), format), 6),
            _ => file(photograph(20, 12), format),
        };
        for _ in 0..60 {
            let mut hurt = whole.to_vec();
            for _ in 0..=next(4) {
                let at = next(hurt.len());
                hurt[at] = u8::try_from(next(256)).unwrap();
            }
            // Any answer will do, as long as there is one.
            if let Ok(picture) = one(PictureAsk { max_pixels: 100_000, ..ask("a.png", &[10]) }, hurt.into()) {
                assert!(!picture.sources.is_empty());
            }
        }
    }
}

#[test]
fn a_wrong_extension_is_said_and_does_not_matter() {
    let picture = one(ask("assets/photo.png", &[]), file(photograph(40, 30), ImageFormat::Jpeg)).unwrap();
    assert_eq!(shown(&picture), "webp 40x30, jpg 40x30");
    let warning = picture.warnings.first().unwrap();
    assert_eq!(warning.message, "`assets/photo.png` is a JPG image under another name; it is treated as JPG");
    assert_eq!(warning.hint.as_deref(), Some("rename it to `assets/photo.jpg`"));
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
    assert_eq!(print.sources.last().unwrap().extension, "jpg");
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

/// Some of everything.
fn album() -> (Vec<PictureAsk>, Vec<(&'static str, Bytes)>) {
    let files = vec![
        ("a.jpg", with_exif(&file(photograph(80, 60), ImageFormat::Jpeg), 6)),
        ("b.png", file(sticker(64, 64), ImageFormat::Png)),
        ("c.png", file(screenshot(120, 48), ImageFormat::Png)),
    ];
    let hero = Some(HeroAsk { max_bytes: 900 });
    let asks = vec![
        PictureAsk { hero, avif: true, ..ask("a.jpg", &[30, 60]) },
        PictureAsk { avif: true, ..ask("b.png", &[32, 64]) },
        PictureAsk { avif: true, inline_max: Some(700), ..ask("c.png", &[60, 120]) },
        PictureAsk { inline_max: Some(900), ..ask("a.jpg", &[60]) },
    ];
    (asks, files)
}

#[test]
fn the_bytes_do_not_depend_on_the_number_of_threads() {
    let (asks, files) = album();
    let on = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| make(&asks, &files, &Counting::default()).unwrap())
    };
    let alone = on(1);
    assert!(alone.iter().all(|picture| !picture.sources.is_empty()));
    assert_eq!(alone, on(2));
    assert_eq!(alone, on(16));
}

#[test]
fn a_second_build_encodes_nothing_and_a_new_width_only_itself() {
    let (mut asks, files) = album();
    let (memo, said) = (Counting::default(), Mutex::new(Vec::new()));
    let hear = |name: &str| said.lock().unwrap().push(name.to_owned());
    let build = |asks: &[PictureAsk]| {
        let made = pictures(asks, &source(&files), &memo, &hear).unwrap();
        let mut names = std::mem::take(&mut *said.lock().unwrap());
        names.sort();
        (made, names, memo.puts())
    };
    let (first, names, work) = build(&asks);
    assert_eq!(names.len(), work);
    assert!(names.contains(&"a-60.avif".to_owned()) && names.contains(&"a inline.avif".to_owned()), "{names:?}");
    let (second, names, again) = build(&asks);
    assert_eq!((&first, &names, again), (&second, &Vec::<String>::new(), work));
    asks[1].widths.push(48);
    let (_, names, _) = build(&asks);
    assert_eq!(names, ["b-48.avif", "b-48.png", "b-48.webp"]);
}

#[test]
fn a_memory_full_of_nonsense_does_not_crash() {
    let (asks, files) = album();
    let memo = Counting::default();
    make(&asks, &files, &memo).unwrap();
    memo.spoil(|value| value.slice(..value.len().min(3)));
    let pictures = make(&asks, &files, &memo).unwrap();
    assert!(pictures.iter().all(|picture| picture.inline.is_none()));
}

#[test]
fn everything_that_is_wrong_is_said_at_once() {
    let whole = file(photograph(24, 16), ImageFormat::Png);
    let asks = [ask("assets/gone.png", &[]), ask("a.png", &[]), ask("cut.png", &[]), ask("huge.png", &[])];
    let files = [
        ("assets/gne.png", whole.clone()),
        ("a.png", whole.clone()),
        ("cut.png", Bytes::from_static(b"\x89PNG")),
        ("huge.png", png_header(50_000, 50_000)),
    ];
    let wrong = make(&asks, &files, &Counting::default()).unwrap_err();
    let codes: Vec<Code> = wrong.iter().map(|one| one.code).collect();
    assert_eq!(codes, [Code::MissingAsset, Code::BadImage, Code::HugeImage]);
    assert_eq!(wrong.iter().next().unwrap().hint.as_deref(), Some("did you mean `assets/gne.png`?"));
    // Damage that only shows when the pixels are read.
    let asks = [ask("b.png", &[]), ask("c.png", &[])];
    let hurt = whole.slice(..whole.len() / 2);
    let wrong = make(&asks, &[("b.png", hurt.clone()), ("c.png", hurt)], &Counting::default()).unwrap_err();
    assert_eq!(wrong.iter().count(), 2);
}

#[test]
fn the_hero_is_the_largest_that_fits() {
    let photo = file(photograph(660, 60), ImageFormat::Jpeg);
    let fitted = |max_bytes: usize| {
        let wanted = PictureAsk { hero: Some(HeroAsk { max_bytes }), avif: true, ..ask("a.jpg", &[40]) };
        one(wanted, photo.clone()).unwrap().inline
    };
    let roomy = fitted(200_000).unwrap();
    assert_eq!((roomy.width, roomy.height, roomy.media.as_str()), (640, 58, "image/avif"));
    let tight = fitted(900).unwrap();
    assert!(tight.width >= 480 && tight.bytes.len() <= 900, "{} {}", tight.width, tight.bytes.len());
    assert_eq!(fitted(300), None);
}

#[test]
fn a_page_complete_in_itself_gets_one_small_file_every_browser_shows() {
    let wanted = PictureAsk { inline_max: Some(1_200), ..ask("a.jpg", &[400]) };
    let inline = one(wanted, file(photograph(400, 300), ImageFormat::Jpeg)).unwrap().inline.unwrap();
    assert_eq!(inline.media.as_str(), "image/webp");
    assert!(inline.bytes.len() <= 1_200 && inline.width >= 160);
}

#[test]
fn a_picture_no_format_can_hold_is_an_error_not_a_panic() {
    let thin = RgbImage::from_pixel(1, 70_000, Rgb([9, 9, 9]));
    let picture = one(ask("a.png", &[]), file(thin, ImageFormat::Png)).unwrap();
    assert_eq!(shown(&picture), "png 1x70000");
    let dot = PictureAsk { avif: true, hero: Some(HeroAsk { max_bytes: 5_000 }), ..ask("a.png", &[5]) };
    assert!(one(dot, file(RgbImage::new(1, 1), ImageFormat::Png)).is_ok());
}

/// Luma of a picture, by ITU-R BT.601.
fn luma(image: &RgbImage) -> Vec<f64> {
    image.pixels().map(|it| f64::from(it[0]) * 0.299 + f64::from(it[1]) * 0.587 + f64::from(it[2]) * 0.114).collect()
}

/// Mean structural similarity over blocks of 8 x 8 (Wang et al. 2004).
fn similarity(one: &RgbImage, other: &RgbImage) -> f64 {
    let (left, right) = (luma(one), luma(other));
    let width = one.width() as usize;
    let (mut sum, mut blocks) = (0.0, 0.0);
    for top in (0..one.height() as usize - 7).step_by(4) {
        for start in (0..width - 7).step_by(4) {
            let block = |all: &[f64]| -> Vec<f64> {
                (0..64).map(|idx| all[(top + idx / 8) * width + start + idx % 8]).collect()
            };
            let (x, y) = (block(&left), block(&right));
            let mean = |all: &[f64]| all.iter().sum::<f64>() / 64.0;
            let product = |x: &[f64], y: &[f64]| mean(&x.iter().zip(y).map(|(x, y)| x * y).collect::<Vec<_>>());
            let (mx, my) = (mean(&x), mean(&y));
            let (vx, vy, cov) = (product(&x, &x) - mx * mx, product(&y, &y) - my * my, product(&x, &y) - mx * my);
            sum += (2.0 * mx * my + 6.5) * (2.0 * cov + 58.5) / ((mx * mx + my * my + 6.5) * (vx + vy + 58.5));
            blocks += 1.0;
        }
    }
    sum / blocks
}

#[test]
fn the_qualities_of_the_formats_look_alike() {
    // AVIF has no decoder here; its place among them was measured once, see `encode`.
    let photo = photograph(320, 200);
    let pixels = pixels::Pixels { width: 320, height: 200, channels: 3, bytes: photo.clone().into_raw() };
    let seen = |format: Format, quality: u8, read: ImageFormat| {
        let bytes = format.encode(&pixels, quality).unwrap();
        similarity(&photo, &image::load_from_memory_with_format(&bytes, read).unwrap().into_rgb8())
    };
    let webp = seen(Format::Webp, WEBP_QUALITY, ImageFormat::WebP);
    let jpeg = seen(Format::Jpeg, JPEG_QUALITY, ImageFormat::Jpeg);
    assert!((webp - jpeg).abs() < 0.02 && webp.min(jpeg) > 0.93, "WebP {webp:.4}, JPEG {jpeg:.4}");
}
