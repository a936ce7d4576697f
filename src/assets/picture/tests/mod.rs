//! Whole pictures: images made on the spot in, renditions out. Here what is offered and which work it takes; `hostile` for
//! bytes that are not what they claim, `looks` for what the renditions show,
//! `oracle` for how well, `odd` for what is right and rare.

mod hostile;
mod looks;
mod odd;
mod oracle;

use super::encode::{Format, Way};
use super::*;
use crate::assets::testing::{Counting, file, photograph, screenshot, sticker, with_exif};
use crate::diag::Diagnostics;
use crate::model::{Memo, Source};
use image::{DynamicImage, GenericImageView as _, ImageFormat};
use std::sync::Mutex;

fn ask(source: &str, widths: &[u32]) -> PictureAsk {
    PictureAsk {
        source: Key::parse(source).unwrap(),
        widths: widths.to_vec(),
        hero: None,
        score: 75,
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

#[test]
fn a_photograph_is_offered_smallest_format_first_and_never_enlarged() {
    let photo = file(photograph(320, 200), ImageFormat::Png);
    let wanted = PictureAsk { avif: true, ..ask("assets/a.png", &[160, 960, 1_600, 0]) };
    let picture = one(wanted, photo).unwrap();
    assert_eq!((picture.width, picture.height), (320, 200));
    let expected = "avif 160x100, avif 320x200, webp 160x100, webp 320x200, jpg 320x200";
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
fn a_width_next_to_the_own_one_is_not_encoded_beside_it() {
    let photo = file(photograph(100, 40), ImageFormat::Jpeg);
    let widths = |asked: &[u32]| -> Vec<u32> {
        let picture = one(ask("a.jpg", asked), photo.clone()).unwrap();
        picture.sources.iter().filter(|one| one.extension == "webp").map(|one| one.width).collect()
    };
    assert_eq!(widths(&[50, 96, 200]), [50, 100]);
    assert_eq!(widths(&[50, 80, 200]), [50, 80, 100]);
    assert_eq!(widths(&[50, 96]), [50, 96], "asked for, not collapsed");
}

#[test]
fn a_file_that_is_small_already_is_not_made_larger() {
    let photo = photograph(96, 64).into_raw();
    let pixels = pixels::Pixels { width: 96, height: 64, channels: 3, bytes: photo };
    let tiny = Format::Jpeg
        .encode(&pixels, Way { quality: 20, drawn: false, patient: false, whole: pixels.count() })
        .unwrap()
        .bytes;
    let picture = one(ask("a.jpg", &[]), tiny.clone().into()).unwrap();
    assert_eq!(picture.sources.last().unwrap().bytes, tiny);
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
    assert_eq!(names, ["b-48.avif", "b-48.webp"]);
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
fn the_hero_of_our_campaign_comes_with_its_document() {
    let cup = Bytes::from_static(include_bytes!("../../../../assets/hero.png"));
    let wanted = PictureAsk { hero: Some(HeroAsk { max_bytes: 5_000 }), avif: true, ..ask("a.png", &[1]) };
    let inline = one(wanted, cup).unwrap().inline.unwrap();
    assert!(inline.width >= 480 && inline.bytes.len() <= 5_000, "{} {}", inline.width, inline.bytes.len());
}

#[test]
fn a_page_complete_in_itself_gets_one_small_file_every_browser_shows() {
    let wanted = PictureAsk { inline_max: Some(1_200), ..ask("a.jpg", &[400]) };
    let inline = one(wanted, file(photograph(400, 300), ImageFormat::Jpeg)).unwrap().inline.unwrap();
    assert_eq!(inline.media.as_str(), "image/webp");
    assert!(inline.bytes.len() <= 1_200 && inline.width >= 160);
}
