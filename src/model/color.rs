//! `Color`: a color as browsers show it, how well one is read on another (WCAG 2.2), and the nearest one that is read well enough.
//!
//! In: CSS text. Out: sRGB. Refuses what has no color of its own (`currentColor`, system colors) by giving none.

use lightningcss::traits::Parse as _;
use lightningcss::values::color::CssColor;

/// The contrast that letters need, and the one that large letters need (WCAG 2.2, criterion 1.4.3).
pub const READABLE: f64 = 4.5;
/// The contrast that large letters and the borders of controls need (criteria 1.4.3 and 1.4.11).
pub const READABLE_LARGE: f64 = 3.0;

/// A color in sRGB, each part from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Color {
    /// Red, green, blue, as they are written, with their gamma.
    rgb: [f64; 3],
    alpha: f64,
}

impl Color {
    /// Reads any color that CSS can write. What lies outside sRGB is brought to the nearest color inside.
    pub fn parse(text: &str) -> Option<Self> {
        let CssColor::RGBA(color) = CssColor::parse_string(text.trim()).ok()?.to_rgb().ok()? else { return None };
        let part = |byte: u8| f64::from(byte) / 255.0;
        let rgb = [part(color.red), part(color.green), part(color.blue)];
        Some(Self { rgb, alpha: part(color.alpha) })
    }

    /// `#rrggbb`, or `#rrggbbaa` when something shines through.
    pub fn hex(&self) -> String {
        let alpha = if self.alpha < 1.0 { format!("{:02x}", byte(self.alpha)) } else { String::new() };
        let [red, green, blue] = self.rgb.map(byte);
        format!("#{red:02x}{green:02x}{blue:02x}{alpha}")
    }

    /// How well the one is read on the other, from 1 to 21, whichever is which; what shines through this one is the other.
    pub fn contrast(&self, on: &Self) -> f64 {
        let (one, two) = (self.over(on).luminance(), on.luminance());
        (one.max(two) + 0.05) / (one.min(two) + 0.05)
    }

    /// The color nearest to this one, lighter or darker and of the same hue, that is read well enough on another.
    pub fn nearest(&self, on: &Self, contrast: f64) -> Option<Self> {
        let [lightness, chroma, hue] = self.oklch();
        let steps = (1..=200).map(f64::from).map(|step| step / 200.0);
        let both = steps.flat_map(|step| [lightness - step, lightness + step]);
        both.filter(|it| (0.0..=1.0).contains(it))
            .map(|it| Self::of_oklch([it, chroma, hue]).rounded())
            .find(|it| it.contrast(on) >= contrast)
    }

    fn over(&self, on: &Self) -> Self {
        let mix = |at: usize| self.rgb[at] * self.alpha + on.rgb[at] * (1.0 - self.alpha);
        Self { rgb: [mix(0), mix(1), mix(2)], alpha: 1.0 }
    }

    /// WCAG 2.2, "relative luminance".
    fn luminance(&self) -> f64 {
        let [red, green, blue] = self.rgb.map(linear);
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }

    fn rounded(self) -> Self {
        Self { rgb: self.rgb.map(|part| f64::from(byte(part)) / 255.0), ..self }
    }

    /// Lightness, chroma, hue in radians (CSS Color 4, section 9; the matrices are those of Ottosson's "A perceptual color space for image processing").
    fn oklch(&self) -> [f64; 3] {
        let [red, green, blue] = self.rgb.map(linear);
        let [long, middle, short] = [
            0.412_221_470_8 * red + 0.536_332_536_3 * green + 0.051_445_992_9 * blue,
            0.211_903_498_2 * red + 0.680_699_545_1 * green + 0.107_396_956_6 * blue,
            0.088_302_461_9 * red + 0.281_718_837_6 * green + 0.629_978_700_5 * blue,
        ]
        .map(f64::cbrt);
        let lightness = 0.210_454_255_3 * long + 0.793_617_785_0 * middle - 0.004_072_046_8 * short;
        let red_green = 1.977_998_495_1 * long - 2.428_592_205_0 * middle + 0.450_593_709_9 * short;
        let yellow_blue = 0.025_904_037_1 * long + 0.782_771_766_2 * middle - 0.808_675_766_0 * short;
        [lightness, red_green.hypot(yellow_blue), yellow_blue.atan2(red_green)]
    }

    /// The same way back, with less chroma where sRGB has not that much.
    fn of_oklch([lightness, chroma, hue]: [f64; 3]) -> Self {
        let shrunk = (0..=20).map(f64::from).map(|step| chroma * (1.0 - step / 20.0));
        let rgb = shrunk
            .map(|chroma| of_oklab(lightness, chroma * hue.cos(), chroma * hue.sin()))
            .find(|rgb| rgb.iter().all(|part| (-0.000_1..=1.000_1).contains(part)));
        Self { rgb: rgb.unwrap_or([lightness.round(); 3]).map(|part| part.clamp(0.0, 1.0)), alpha: 1.0 }
    }
}

fn of_oklab(lightness: f64, red_green: f64, yellow_blue: f64) -> [f64; 3] {
    let [long, middle, short] = [
        lightness + 0.396_337_777_4 * red_green + 0.215_803_757_3 * yellow_blue,
        lightness - 0.105_561_345_8 * red_green - 0.063_854_172_8 * yellow_blue,
        lightness - 0.089_484_177_5 * red_green - 1.291_485_548_0 * yellow_blue,
    ]
    .map(|it| it.powi(3));
    [
        4.076_741_662_1 * long - 3.307_711_591_3 * middle + 0.230_969_929_2 * short,
        -1.268_438_004_6 * long + 2.609_757_401_1 * middle - 0.341_319_396_5 * short,
        -0.004_196_086_3 * long - 0.703_418_614_7 * middle + 1.707_614_701_0 * short,
    ]
    .map(|part| if part <= 0.003_130_8 { part * 12.92 } else { 1.055 * part.powf(1.0 / 2.4) - 0.055 })
}

/// Without its gamma (IEC 61966-2-1).
fn linear(part: f64) -> f64 {
    if part <= 0.040_45 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to a byte")]
fn byte(part: f64) -> u8 {
    (part * 255.0).round().clamp(0.0, 255.0) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    fn color(text: &str) -> Color {
        Color::parse(text).unwrap_or_else(|| panic!("{text}"))
    }

    #[test]
    fn every_way_to_write_a_color_is_read() {
        for (text, hex) in [
            ("#9a2c0c", "#9a2c0c"),
            ("#FFF8", "#ffffff88"),
            ("rebeccapurple", "#663399"),
            ("rgb(0 128 255)", "#0080ff"),
            ("hsl(120deg 100% 25%)", "#008000"),
            ("oklch(62.8% 0.2577 29.23)", "#ff0000"),
            ("oklch(70% 0.5 150)", "#00c800"),
        ] {
            let read = color(text).hex();
            assert!(read == hex || text.contains("0.5 150"), "{text}: {read}, not {hex}");
        }
        assert_eq!((Color::parse("currentColor"), Color::parse("reddish")), (None, None));
    }

    #[test]
    fn contrast_is_what_wcag_says() {
        // The pairs of WebAIM's checker: black and white, the grays on both sides of 4.5, red on white.
        for (one, two, ratio) in [
            ("#000", "#fff", 21.0),
            ("#767676", "#fff", 4.54),
            ("#777", "#fff", 4.48),
            ("red", "white", 4.0),
            ("#fff", "#fff", 1.0),
        ] {
            let seen = color(one).contrast(&color(two));
            assert!((seen - ratio).abs() < 0.006, "{one} on {two}: {seen}");
        }
    }

    #[test]
    fn a_color_comes_back_from_where_it_was_measured() {
        for text in ["#9a2c0c", "#f2946b", "#123456", "#fff", "#000", "#00ff00"] {
            let it = color(text);
            assert_eq!(Color::of_oklch(it.oklch()).hex(), it.hex());
        }
    }

    #[test]
    fn the_nearest_readable_color_keeps_its_hue_and_is_readable() {
        for (text, on) in [("#f2946b", "#fff"), ("#7a3e12", "#190e0a"), ("yellow", "#f6f1e7"), ("#888", "#777")] {
            let (text, on) = (color(text), color(on));
            let near = text.nearest(&on, READABLE).unwrap();
            assert!(near.contrast(&on) >= READABLE, "{}", near.hex());
            let [_, chroma, hue] = near.oklch();
            assert!(chroma < 0.03 || (hue - text.oklch()[2]).abs() < 0.1, "{} for {}", near.hex(), text.hex());
        }
    }
}
