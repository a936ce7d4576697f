//! Icons, decoded again and looked at.

use super::*;
use crate::assets::testing::Counting;
use image::{ImageFormat, Rgb, RgbImage, load_from_memory_with_format};

const BARE: &str =
    r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10"><circle cx="5" cy="5" r="4" fill="#0a0"/></svg>"##;
const TILE: &str = r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10"><rect width="10" height="10" rx="3" fill="#036"/><circle cx="5" cy="5" r="2" fill="#fff"/></svg>"##;
const CREAM: [u8; 3] = [246, 241, 231];

fn of(svg: &str, color: [u8; 3]) -> Icons {
    icons(svg, color, &()).unwrap()
}

fn png(bytes: &Bytes) -> RgbImage {
    let image = load_from_memory_with_format(bytes, ImageFormat::Png).unwrap();
    assert!(image.to_rgba8().pixels().all(|pixel| pixel[3] == 255), "nothing shows through");
    image.to_rgb8()
}

#[test]
fn the_favicon_holds_the_sizes_that_are_asked_for() {
    let icon = ico::IconDir::read(std::io::Cursor::new(of(BARE, CREAM).ico)).unwrap();
    let sides: Vec<u32> = icon.entries().iter().map(ico::IconDirEntry::width).collect();
    assert_eq!(sides, [16, 32, 48]);
    let image = icon.entries()[1].decode().unwrap();
    let pixel = |x: usize, y: usize| &image.rgba_data()[4 * (y * 32 + x)..][..4];
    assert_eq!(pixel(16, 16), [0, 170, 0, 255]);
    assert_eq!(pixel(0, 0)[3], 0, "around the drawing there is nothing");
}

#[test]
fn a_drawing_without_a_background_stands_with_a_margin_on_the_brand_color() {
    let made = of(BARE, CREAM);
    let touch = png(&made.touch);
    assert_eq!(touch.dimensions(), (180, 180));
    assert_eq!((touch.get_pixel(0, 0), touch.get_pixel(90, 90)), (&Rgb(CREAM), &Rgb([0, 170, 0])));
    assert_eq!(made.background, CREAM);
}

#[test]
fn a_background_of_its_own_reaches_the_edges() {
    let made = of(TILE, CREAM);
    let touch = png(&made.touch);
    assert_eq!(touch.get_pixel(0, 0), &Rgb([0, 51, 102]), "the round corner is filled");
    assert_eq!(made.background, [0, 51, 102]);
}

#[test]
fn an_icon_can_be_told_from_what_it_stands_on() {
    assert_eq!(of(BARE, [0, 170, 0]).background, [255; 3], "green on green is not seen");
    let white = BARE.replace("#0a0", "#fff");
    assert_eq!(of(&white, [250, 250, 250]).background, [17; 3], "nor white on white");
}

#[test]
fn what_counts_survives_every_mask() {
    for svg in [BARE, TILE] {
        let made = of(svg, CREAM);
        for (side, bytes) in &made.maskable {
            let image = png(bytes);
            assert_eq!(image.dimensions(), (*side, *side));
            let middle = f64::from(*side) / 2.0;
            let outside = image.enumerate_pixels().filter(|(x, y, _)| {
                (f64::from(*x) + 0.5 - middle).hypot(f64::from(*y) + 0.5 - middle) > f64::from(*side) * 0.4
            });
            let ground = Rgb(made.background);
            assert!(
                outside.into_iter().all(|(_, _, pixel)| *pixel == ground),
                "outside the safe zone there is only ground"
            );
        }
        let sides: Vec<u32> = made.maskable.iter().map(|(side, _)| *side).collect();
        assert_eq!(sides, [192, 512]);
    }
}

#[test]
fn what_was_painted_once_is_remembered() {
    let memo = Counting::default();
    let first = icons(BARE, CREAM, &memo).unwrap();
    let work = memo.puts();
    assert_eq!(icons(BARE, CREAM, &memo).unwrap(), first);
    assert_eq!(memo.puts(), work);
    assert_ne!(icons(BARE, [1, 2, 3], &memo).unwrap().touch, first.touch);
}

#[test]
fn a_drawing_that_would_take_minutes_is_refused() {
    let refused = |inside: &str| {
        let svg = format!(r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9">{inside}</svg>"#);
        assert_eq!(icons(&svg, CREAM, &()), Err(SvgError::TooHeavy), "{inside}");
    };
    // An arc as wide as numbers can say, and a path that turns forty thousand times.
    refused("<path d='M0 0h8v8zm1-1.5.5.5e-3a1 1 0 01111111111111111111111111111111111 1 1'/>");
    refused(&format!("<path d='M0 0{}'/>", "h1v1h-1v1".repeat(10_000)));
    refused(
        "<filter id='f'><feMorphology operator='dilate' radius='900'/></filter><rect width='9' height='9' filter='url(#f)'/>",
    );
    refused(
        "<filter id='f'><feTurbulence numOctaves='4000000'/></filter><rect width='9' height='9' filter='url(#f)'/>",
    );
    let mut patterns = String::from("<pattern id='p0' width='1' height='1'><rect width='1' height='1'/></pattern>");
    for level in 1..12 {
        let rect = format!("<rect width='1' height='1' fill='url(#p{})'/>", level - 1).repeat(8);
        patterns += &format!("<pattern id='p{level}' width='1' height='1'>{rect}</pattern>");
    }
    refused(&format!("{patterns}<rect width='9' height='9' fill='url(#p11)'/>"));
    refused(
        "<mask id='m'><rect width='9' height='9' mask='url(#m)'/></mask><rect width='9' height='9' mask='url(#m)'/>",
    );
    let corners = "L1 1 0 0".repeat(20_000);
    refused(&format!("<marker id='k'><circle r='1'/></marker><path d='M0 0{corners}' marker-mid='url(#k)'/>"));
}

#[test]
fn no_cut_makes_a_drawing_crash() {
    for end in 0..TILE.len() {
        let _ = icons(&TILE[..end], CREAM, &());
    }
}
