//! A local font made to measure: shown until the site's own font is there, it takes the same room, so that nothing jumps.
//!
//! In: a font. Out: for each local font that phones and computers have, by how much it is scaled and what its lines measure (CSS
//! Fonts 5, `size-adjust`; CSS Fonts 4, `ascent-override`). The width is right on the average, which is what decides where lines break.

use super::local::{LOCAL, Local, Style};
use serde::{Deserialize, Serialize};
use skrifa::instance::{LocationRef, Size};
use skrifa::raw::{FontRef, TableProvider as _};
use skrifa::setting::VariationSetting;
use skrifa::{MetadataProvider as _, Tag};

/// From this weight on a face stands in for bold text (CSS Fonts 4, section 5.2: 600 and more look for bolder ones first).
const BOLD: u16 = 600;

/// How much of the sample a font must have for its average to say something: one for Arabic alone has less.
const TELLING: f64 = 0.5;

/// What letters European texts are made of: article 1 of the Universal Declaration of Human Rights in English, French, German and
/// Spanish. A text of the site's own would fit a hair better, but then every edit of its prose would change the style sheet of
/// every page.
const SAMPLE: &str = "All human beings are born free and equal in dignity and rights. They are endowed with reason and conscience and \
    should act towards one another in a spirit of brotherhood. Tous les êtres humains naissent libres et égaux en dignité et en \
    droits. Ils sont doués de raison et de conscience et doivent agir les uns envers les autres dans un esprit de fraternité. Alle \
    Menschen sind frei und gleich an Würde und Rechten geboren. Sie sind mit Vernunft und Gewissen begabt und sollen einander im \
    Geist der Brüderlichkeit begegnen. Todos los seres humanos nacen libres e iguales en dignidad y derechos y, dotados como están \
    de razón y conciencia, deben comportarse fraternalmente los unos con los otros.";

/// A local font that takes the room of another.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fallback {
    /// For these weights.
    pub weight: (u16, u16),
    /// Its names, for `local(…)`.
    pub names: Vec<String>,
    /// Percent, in hundredths: all its letters are scaled by it.
    pub size: u32,
    /// Percent of the font size, in hundredths: above the base line.
    pub ascent: u32,
    /// Below the base line.
    pub descent: u32,
    /// Between lines.
    pub gap: u32,
}

impl Eq for Fallback {}

/// What stands in for a font: by its weights and for each kind of device.
pub(super) fn fallbacks(font: &FontRef<'_>) -> Vec<Fallback> {
    let (from, to) = weights(font);
    let mut spans: Vec<(u16, u16)> = Vec::new();
    if from < BOLD {
        spans.push((from, to.min(BOLD - 1)));
    }
    if to >= BOLD {
        spans.push((from.max(BOLD), to));
    }
    let style = style(font);
    let made = spans.into_iter().flat_map(|span| {
        let of = LOCAL.iter().filter(move |local| local.style == style && local.bold == (span.0 >= BOLD));
        of.filter_map(move |local| made_to_measure(font, span, local))
    });
    made.collect()
}

fn weights(font: &FontRef<'_>) -> (u16, u16) {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 1 and 1,000")]
    let whole = |weight: f32| weight.round().clamp(1.0, 1_000.0) as u16;
    let fixed = whole(font.attributes().weight.value());
    font.axes()
        .get_by_tag(Tag::new(b"wght"))
        .map_or((fixed, fixed), |axis| (whole(axis.min_value()), whole(axis.max_value())))
}

fn made_to_measure(font: &FontRef<'_>, span: (u16, u16), local: &Local) -> Option<Fallback> {
    // The weight that texts of this span mostly have.
    let weight = if local.bold { 700_u16 } else { 400 }.clamp(span.0, span.1);
    let location = font.axes().location([VariationSetting::new(Tag::new(b"wght"), f32::from(weight))]);
    let location = LocationRef::from(&location);
    let metrics = font.metrics(Size::unscaled(), location);
    let (glyphs, charmap) = (font.glyph_metrics(Size::unscaled(), location), font.charmap());
    let units = f64::from(metrics.units_per_em);
    let (mut own, mut theirs, mut known, mut all) = (0.0, 0.0, 0.0, 0.0);
    for c in SAMPLE.chars() {
        all += 1.0;
        if let (Some(width), Some(other)) =
            (charmap.map(c).and_then(|glyph| glyphs.advance_width(glyph)), local.width(c))
        {
            own += f64::from(width) / units;
            theirs += other;
            known += 1.0;
        }
    }
    let size = if known >= all * TELLING && theirs > 0.0 { own / theirs } else { 1.0 };
    // What is further off is no text font, and scaling another one to it would only hurt.
    if !(0.5..=2.0).contains(&size) {
        return None;
    }
    let line = |measure: f32| percent(f64::from(measure.max(0.0)) / units / size);
    Some(Fallback {
        weight: span,
        names: local.names.iter().map(|name| (*name).to_owned()).collect(),
        size: percent(size),
        ascent: line(metrics.ascent),
        descent: line(-metrics.descent),
        gap: line(metrics.leading),
    })
}

fn percent(share: f64) -> u32 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between nothing and some hundred percent"
    )]
    let percent = (share * 10_000.0).round().clamp(0.0, 100_000.0) as u32;
    percent
}

/// By what the font says of itself: `sFamilyClass` 1 to 5 and 7 are serifs, 8 is not (OpenType, OS/2); else by PANOSE, whose second
/// number is the serif style, 11 to 15 being none.
fn style(font: &FontRef<'_>) -> Style {
    let Ok(os2) = font.os2() else { return Style::Sans };
    let panose = os2.panose_10();
    match (os2.s_family_class() >> 8, panose) {
        (8, _) => Style::Sans,
        (1..=5 | 7, _) | (_, [2, 2..=10, ..]) => Style::Serif,
        _ => Style::Sans,
    }
}
