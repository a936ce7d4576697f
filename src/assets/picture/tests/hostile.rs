//! Bytes that are no image, or a damaged, absurd or indiscreet one.

use super::*;
use crate::assets::testing::png_header;
use crate::diag::Code;
use image::{Rgb, RgbImage};

fn complaint(bytes: impl Into<Bytes>) -> (Code, String) {
    let wrong = one(ask("assets/a.png", &[24]), bytes.into()).unwrap_err().into_vec();
    assert_eq!(wrong.len(), 1);
    assert_eq!(wrong[0].place.as_ref().unwrap().file, "assets/a.png");
    (wrong[0].code, wrong[0].message.clone())
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
fn a_memory_full_of_nonsense_does_not_crash() {
    let (asks, files) = album();
    let memo = Counting::default();
    let first = make(&asks, &files, &memo).unwrap();
    memo.spoil(|value| value.slice(..value.len().min(3)));
    assert_eq!(make(&asks, &files, &memo).unwrap(), first, "what cannot be read is made again");
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
fn a_picture_no_format_can_hold_is_an_error_not_a_panic() {
    let thin = RgbImage::from_pixel(1, 70_000, Rgb([9, 9, 9]));
    let picture = one(ask("a.png", &[]), file(thin, ImageFormat::Png)).unwrap();
    assert_eq!(shown(&picture), "png 1x70000");
    let dot = PictureAsk { avif: true, hero: Some(HeroAsk { max_bytes: 5_000 }), ..ask("a.png", &[5]) };
    assert!(one(dot, file(RgbImage::new(1, 1), ImageFormat::Png)).is_ok());
}
