//! Whether the colors of a brand can be read on each other, and what to take instead when they cannot.

use super::{Desk, Mode, Tone};
use crate::build::theme::{Pair, Schema, Theme};
use crate::diag::{Code, Diagnostic, Place};
use crate::model::{Color, READABLE, READABLE_LARGE};
use std::collections::BTreeMap;

type Colors = BTreeMap<String, Tone>;

impl Pair {
    fn needs(&self) -> f64 {
        if self.large { READABLE_LARGE } else { READABLE }
    }
}

/// Makes a color that was chosen for the light mode readable in the dark one.
pub(super) fn darken(name: &str, schema: &Schema, colors: &mut Colors) {
    let Some(tone) = colors.get(name).copied() else { return };
    let as_text = schema.contrast.iter().filter(|pair| pair.text == name);
    let mut dark = tone.light;
    let mut seen = false;
    for pair in as_text {
        let Some(on) = colors.get(&pair.on).map(|on| on.dark) else { continue };
        seen = true;
        if dark.contrast(&on) < pair.needs() {
            dark = dark.nearest(&on, pair.needs()).unwrap_or(dark);
        }
    }
    if seen {
        colors.insert(name.to_owned(), Tone { dark, ..tone });
    }
}

/// Chooses what is written on a color that the author changed: the theme's own choice when it can be read, else paper or ink, else
/// white or black.
pub(super) fn stand(name: &str, on: &str, mode: Mode, colors: &mut Colors) {
    let (Some(tone), Some(ground)) = (colors.get(name).copied(), colors.get(on).map(|on| on.of(mode))) else { return };
    let others = ["paper", "ink"].iter().filter_map(|name| colors.get(*name)).map(|tone| tone.of(mode));
    let all: Vec<Color> = std::iter::once(tone.of(mode))
        .chain(others)
        .chain(["#fff", "#000"].iter().filter_map(|it| Color::parse(it)))
        .collect();
    let best = || all.iter().copied().max_by(|one, two| one.contrast(&ground).total_cmp(&two.contrast(&ground)));
    let Some(chosen) = all.iter().copied().find(|it| it.contrast(&ground) >= READABLE).or_else(best) else { return };
    let tone = match mode {
        Mode::Light => Tone { light: chosen, ..tone },
        Mode::Dark => Tone { dark: chosen, ..tone },
    };
    colors.insert(name.to_owned(), tone);
}

/// A warning for every pair that cannot be read.
pub(super) fn warnings(desk: &Desk<'_>, theme: &Theme, colors: &Colors) -> Vec<Diagnostic> {
    let both = [Mode::Light, Mode::Dark];
    let each = desk.schema.contrast.iter().flat_map(|pair| both.map(|mode| (pair, mode)));
    each.filter_map(|(pair, mode)| {
        let (text, on) = (colors.get(&pair.text)?.of(mode), colors.get(&pair.on)?.of(mode));
        (text.contrast(&on) < pair.needs()).then(|| complain(desk, theme, pair, mode, text, on))
    })
    .collect()
}

fn complain(desk: &Desk<'_>, theme: &Theme, pair: &Pair, mode: Mode, text: Color, on: Color) -> Diagnostic {
    let letters = if pair.large { "large letters need" } else { "letters need" };
    // Rounded down: 4.49 is not 4.5.
    let ratio = (text.contrast(&on) * 100.0).floor() / 100.0;
    let night = if mode == Mode::Dark { " in the dark mode" } else { "" };
    let message = format!(
        "`{}` on `{}` has a contrast of {ratio}:1{night}, less than the {}:1 that {letters}",
        pair.text,
        pair.on,
        pair.needs()
    );
    // The light color stands for both modes when the dark one is not written.
    let written = |name: &str| desk.written(name, mode).or_else(|| desk.written(name, Mode::Light));
    let (changed, place) = match (written(&pair.text), written(&pair.on)) {
        (Some((_, color)), _) => (Some(&pair.text), desk.place(color)),
        (None, Some((_, color))) => (Some(&pair.on), desk.place(color)),
        (None, None) => (None, Place::file(theme.path("theme.toml"))),
    };
    let near = match changed {
        Some(name) if *name == pair.on => on.nearest(&text, pair.needs()),
        _ => text.nearest(&on, pair.needs()),
    };
    let name = changed.unwrap_or(&pair.text);
    let short = if name == super::ACCENT { "color" } else { name };
    let dark = if mode == Mode::Dark { super::DARK } else { "" };
    let hint = near.map_or_else(
        || "choose two colors that lie further apart".to_owned(),
        |near| format!("the nearest color that can be read is `{short}{dark} = \"{}\"`", near.hex()),
    );
    Diagnostic::new(Code::Contrast, message).at(place).hint(hint)
}
