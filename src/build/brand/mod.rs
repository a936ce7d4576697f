//! The brand put on a theme: its colors and its type as custom properties, which stand in the page's style before the theme's own.
//!
//! In: `[brand]` and what the theme declares. Out: CSS, the colors for templates, and a warning for each pair of colors that cannot be
//! read well, with the nearest one that can. Refuses colors and fonts that the theme does not know.

mod fonts;
mod readable;

use super::author::find;
use super::theme::{Scale, Schema, Theme};
use crate::diag::{Code, Diagnostic, Place};
use crate::model::{Color, Settings, Source};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// The color of the theme that `[brand] color` sets.
const ACCENT: &str = "accent";

/// What follows the name of a color in `[brand.colors]` for the dark mode.
const DARK: &str = "_dark";

/// A color in both modes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Tone {
    pub(super) light: Color,
    pub(super) dark: Color,
}

impl Tone {
    fn of(&self, mode: Mode) -> Color {
        match mode {
            Mode::Light => self.light,
            Mode::Dark => self.dark,
        }
    }
}

/// What the visitor's system asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    Light,
    Dark,
}

/// A brand on a theme.
#[derive(Clone, Debug, Default)]
pub(super) struct Brand {
    /// Name of the color in the theme to its tones.
    pub(super) colors: BTreeMap<String, Tone>,
    fonts: BTreeMap<String, String>,
    scale: Option<Scale>,
    pub(super) warnings: Vec<Diagnostic>,
}

/// Puts the brand on the theme.
pub(super) fn of(settings: &Settings, theme: &Theme, source: &Source) -> Result<Brand, Vec<Diagnostic>> {
    let text = source.get(Settings::FILE).and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or_default();
    let mut desk = Desk { settings, schema: &theme.schema, text, found: Vec::new() };
    desk.unknown_colors();
    let colors = desk.colors();
    let fonts = fonts::stacks(&mut desk);
    let warnings = readable::warnings(&desk, theme, &colors);
    let brand = Brand { colors, fonts, scale: theme.schema.scale.clone(), warnings };
    if desk.found.is_empty() { Ok(brand) } else { Err(desk.found) }
}

/// Where a brand is put on.
struct Desk<'a> {
    settings: &'a Settings,
    schema: &'a Schema,
    /// `landing.toml`
    text: &'a str,
    found: Vec<Diagnostic>,
}

impl Desk<'_> {
    /// What the author wrote for a color, under the key that he wrote it.
    fn written(&self, name: &str, mode: Mode) -> Option<(String, &str)> {
        let brand = &self.settings.brand;
        let dark = if mode == Mode::Dark { DARK } else { "" };
        let key = format!("{name}{dark}");
        let short = match (name, mode) {
            (ACCENT, Mode::Light) => brand.color.as_deref().map(|color| ("color".to_owned(), color)),
            (ACCENT, Mode::Dark) => brand.color_dark.as_deref().map(|color| ("color_dark".to_owned(), color)),
            _ => None,
        };
        brand.colors.get(&key).map(|color| (key, color.as_str())).or(short)
    }

    fn place(&self, written: &str) -> Place {
        find(Settings::FILE, self.text, written).unwrap_or_else(|| Place::file(Settings::FILE))
    }

    fn unknown_colors(&mut self) {
        let names: Vec<&String> = self.schema.colors.keys().collect();
        for key in self.settings.brand.colors.keys() {
            let name = key.strip_suffix(DARK).unwrap_or(key);
            if !names.iter().any(|known| *known == name) {
                let unknown = Diagnostic::unknown(Code::BadValue, "color", key, names.iter().map(|it| it.as_str()));
                self.found.push(unknown.at(self.place(key)));
            }
        }
    }

    fn color(&mut self, name: &str, mode: Mode) -> Option<Color> {
        let (key, written) = self.written(name, mode).map(|(key, written)| (key, written.to_owned()))?;
        let color = Color::parse(&written);
        if color.is_none() {
            let message = format!("`{key} = \"{written}\"` is no color");
            let hint = "write it as CSS does: `#9a2c0c`, `rgb(154 44 12)`, `oklch(45% 0.14 35)` or `maroon`";
            self.found.push(Diagnostic::new(Code::BadValue, message).at(self.place(&written)).hint(hint));
        }
        color
    }

    /// Every color of the theme. What the author gives for the light mode alone is made readable for the dark one, and what stands on
    /// a color that he changed is chosen anew.
    fn colors(&mut self) -> BTreeMap<String, Tone> {
        let schema = self.schema;
        let mut colors = BTreeMap::new();
        let parse = |text: &Option<String>| text.as_deref().and_then(Color::parse);
        for (name, swatch) in &schema.colors {
            let (light, dark) = (self.color(name, Mode::Light), self.color(name, Mode::Dark));
            let given = parse(&swatch.light).or_else(|| parse(&swatch.dark));
            let Some(tone) = light
                .or(given)
                .map(|color| Tone { light: color, dark: dark.or_else(|| parse(&swatch.dark)).unwrap_or(color) })
            else {
                continue;
            };
            colors.insert(name.clone(), tone);
        }
        for name in schema.colors.keys() {
            if let (Some((_, _)), None) = (self.written(name, Mode::Light), self.written(name, Mode::Dark)) {
                readable::darken(name, schema, &mut colors);
            }
        }
        for (name, swatch) in &schema.colors {
            for mode in [Mode::Light, Mode::Dark] {
                let changed = swatch.on.as_ref().is_some_and(|on| {
                    self.written(on, mode).is_some() || (mode == Mode::Dark && self.written(on, Mode::Light).is_some())
                });
                if changed && self.written(name, mode).is_none() {
                    let on = swatch.on.as_deref().unwrap_or_default();
                    readable::stand(name, on, mode, &mut colors);
                }
            }
        }
        colors
    }
}

impl Brand {
    /// The custom properties that a style sheet uses, as one line of CSS.
    pub(super) fn css(&self, sheet: &str) -> String {
        let used = |name: &str| sheet.contains(&format!("--{name}"));
        let colors: Vec<(&String, &Tone)> = self.colors.iter().filter(|(name, _)| used(name)).collect();
        let mut light = String::new();
        let mut dark = String::new();
        for (name, tone) in colors {
            write!(light, "--{name}:{};", tone.light.hex()).expect("writing to a string cannot fail");
            if tone.dark != tone.light {
                write!(dark, "--{name}:{};", tone.dark.hex()).expect("writing to a string cannot fail");
            }
        }
        for (name, stack) in self.fonts.iter().filter(|(name, _)| used(&format!("font-{name}"))) {
            write!(light, "--font-{name}:{stack};").expect("writing to a string cannot fail");
        }
        for (name, size) in self.scale.iter().flat_map(steps).filter(|(name, _)| used(name)) {
            write!(light, "--{name}:{size};").expect("writing to a string cannot fail");
        }
        let rule = |declarations: &str| format!(":root{{{}}}", declarations.trim_end_matches(';'));
        match (light.is_empty(), dark.is_empty()) {
            (true, _) => String::new(),
            (false, true) => rule(&light),
            (false, false) => format!("{}@media (prefers-color-scheme:dark){{{}}}", rule(&light), rule(&dark)),
        }
    }
}

/// The narrowest and the widest window between which letters grow, in CSS pixels.
const WINDOWS: [f64; 2] = [360.0, 1280.0];

/// A step of the scale for each size: `step--1` is smaller than the text, `step-0`, `step-1` and so on are larger.
/// Sizes are `rem` and grow with the window, so that letters which the visitor has enlarged stay enlarged (WCAG 2.2, criterion 1.4.4).
fn steps(scale: &Scale) -> Vec<(String, String)> {
    let size = |step: i32, end: usize| scale.text[end] * scale.ratio[end].powi(step) / 16.0;
    let one = |step: i32| {
        let (small, large) = (size(step, 0), size(step, 1));
        let slope = (large - small) / (WINDOWS[1] - WINDOWS[0]) * 16.0;
        let start = small - slope * WINDOWS[0] / 16.0;
        let name = format!("step-{step}");
        if (large - small).abs() < 0.01 {
            return (name, format!("{}rem", short(small)));
        }
        let grows =
            format!("clamp({}rem,{}rem + {}vw,{}rem)", short(small), short(start), short(slope * 100.0), short(large));
        (name, grows)
    };
    (-2..=8).map(one).collect()
}

/// Two decimals, and no zero that says nothing.
fn short(number: f64) -> String {
    let text = format!("{number:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    text.replacen("0.", ".", usize::from(text.starts_with("0.") || text.starts_with("-0.")))
}
