//! Cards: lines, sizes, and what is seen of them.

use super::fit::fit;
use super::*;
use crate::assets::testing::Counting;
use image::RgbImage;

fn drawing(text: &str, more: &str) -> String {
    format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1200 630"><rect width="1200" height="630" fill="#123"/><text data-box="100 100 1000 300" font-size="90" data-smallest="40" fill="#fff" {more}>{text}</text></svg>"##
    )
}

/// Font size and lines.
fn set(text: &str, more: &str) -> (f32, Vec<String>) {
    let svg = fit(&drawing(text, more), None, &Faces::shipped()).unwrap().svg;
    let size = svg.split("font-size=\"").nth(1).unwrap().split('"').next().unwrap().parse().unwrap();
    let lines = svg.split("</tspan>").filter_map(|line| line.rsplit_once('>').map(|(_, line)| line.to_owned()));
    (size, lines.filter(|line| !line.is_empty()).collect())
}

fn painted(text: &str, more: &str) -> RgbImage {
    let made = card(&drawing(text, more), None, &Faces::shipped(), &()).unwrap();
    image::load_from_memory(&made.bytes).unwrap().to_rgb8()
}

/// Left, top, right and bottom of what is lighter than the ground.
fn ink(image: &RgbImage) -> (u32, u32, u32, u32) {
    let lit = image.enumerate_pixels().filter(|(_, _, pixel)| pixel[0] > 120);
    lit.fold((u32::MAX, u32::MAX, 0, 0), |(left, top, right, bottom), (x, y, _)| {
        (left.min(x), top.min(y), right.max(x), bottom.max(y))
    })
}

#[test]
fn a_short_title_stands_in_one_line_at_full_size() {
    assert_eq!(set("A coffee a day", ""), (90.0, vec!["A coffee a day".to_owned()]));
}

#[test]
fn a_longer_one_is_broken_into_even_lines() {
    let (size, lines) = set("Old subscriptions, found and cancelled", "");
    assert_eq!((size, lines), (90.0, vec!["Old subscriptions,".to_owned(), "found and cancelled".to_owned()]));
}

#[test]
fn a_long_one_is_set_smaller_and_stays_in_its_box() {
    let text = "word and another ".repeat(12);
    let (size, lines) = set(&text, "");
    assert!(size < 90.0 && lines.len() > 2, "{size} {lines:?}");
    let (left, top, right, bottom) = ink(&painted(&text, ""));
    assert!(right > left, "something is painted");
    assert!(left >= 98 && top >= 98 && right <= 1_102 && bottom <= 402, "{left} {top} {right} {bottom}");
}

#[test]
fn what_does_not_fit_at_all_ends_in_an_ellipsis() {
    let (size, lines) = set(&"endless ".repeat(200), "data-align='top'");
    assert!(size <= 42.0 && lines.last().unwrap().ends_with('…'), "{size} {lines:?}");
}

#[test]
fn the_bottom_of_a_box_is_stood_on() {
    let (_, _, _, bottom) = ink(&painted("HHH", "data-align='bottom'"));
    assert!((396..=402).contains(&bottom), "{bottom}");
}

#[test]
fn text_from_right_to_left_stands_at_the_right() {
    let (left, _, right, _) = ink(&painted("HHH", "direction='rtl'"));
    assert!(right > 1_080 && left > 700, "{left} {right}");
}

#[test]
fn ideographs_are_broken_between_any_two() {
    let (_, lines) = set(&"日本語の長い題名".repeat(5), "");
    assert!(lines.len() > 1, "{lines:?}");
    assert!(lines.iter().skip(1).all(|line| !line.starts_with('、')));
}

#[test]
fn what_no_font_has_is_named() {
    let made = card(&drawing("Été, ελιά, чай, 茶", ""), None, &Faces::shipped(), &()).unwrap();
    assert_eq!(made.missing, ['茶']);
}

#[test]
fn a_card_is_light_and_as_large_as_networks_ask() {
    let made = card(&drawing("A coffee a day", ""), None, &Faces::shipped(), &()).unwrap();
    let image = image::load_from_memory(&made.bytes).unwrap();
    assert_eq!((image.width(), image.height()), CARD);
    assert!(made.bytes.len() < 60_000, "{}", made.bytes.len());
    assert_eq!(image.to_rgb8().get_pixel(5, 5), &image::Rgb([0x11, 0x22, 0x33]));
}

#[test]
fn the_same_card_is_painted_once() {
    let memo = Counting::default();
    let first = card(&drawing("A", ""), None, &Faces::shipped(), &memo).unwrap();
    let work = memo.puts();
    assert_eq!(card(&drawing("A", ""), None, &Faces::shipped(), &memo).unwrap(), first);
    assert_eq!(memo.puts(), work);
}

#[test]
fn a_card_cannot_reach_outside_itself() {
    for unsafe_part in ["<script>x</script>", "<image href='https://x.example/a.png'/>", "<image href='file:a.png'/>"] {
        let svg = format!("<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 9 9'>{unsafe_part}</svg>");
        assert!(matches!(card(&svg, None, &Faces::shipped(), &()), Err(SvgError::Unsafe { .. })), "{unsafe_part}");
    }
}

#[test]
fn the_fonts_that_are_compiled_in_can_be_read() {
    let (faces, wrong) = Faces::with(&[]);
    assert!(wrong.is_empty());
    assert_eq!(faces.missing("Aé Ω Ж ł ợ € → «» œ Œ ß ẞ"), [].into());
    let options = faces.options();
    let faces: Vec<(u16, &str)> =
        options.fontdb.faces().map(|face| (face.weight.0, face.families[0].0.as_str())).collect();
    assert_eq!(faces, [(500, "Inter"), (700, "Inter")]);
}

#[test]
fn the_icon_fills_the_room_that_is_left_for_it() {
    let svg = r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1200 630"><svg data-icon="" x="100" y="100" width="80" height="80"/></svg>"#;
    let icon = r##"<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8" viewBox="0 0 8 8"><rect width="8" height="8" fill="#900"/></svg>"##;
    let made = card(svg, Some(icon), &Faces::shipped(), &()).unwrap();
    let image = image::load_from_memory(&made.bytes).unwrap().to_rgb8();
    let pixel = |x, y| image.get_pixel(x, y).0;
    assert_eq!([pixel(101, 101), pixel(178, 178), pixel(185, 185)], [[0x99, 0, 0], [0x99, 0, 0], [255, 255, 255]]);
}
