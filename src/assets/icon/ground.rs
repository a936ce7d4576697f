//! What an icon stands on: its own background, or one that it can be told from.

use crate::model::Color;
use resvg::tiny_skia::{Pixmap, PremultipliedColorU8};

/// Two colors that differ by less can hardly be told apart at the size of an icon (WCAG 2.2 asks for 3 of what must be
/// understood; an icon need only be seen).
const SEEN: f64 = 1.8;

const WHITE: [u8; 3] = [255; 3];
const BLACK: [u8; 3] = [17; 3];

/// What an icon stands on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ground {
    pub(super) color: [u8; 3],
    /// Whether the drawing brought it.
    pub(super) is_own: bool,
}

impl Ground {
    /// Of a drawing painted on nothing; `brand` is preferred where it has none of its own.
    pub(super) fn of(pixmap: &Pixmap, brand: [u8; 3]) -> Self {
        if let Some(color) = own(pixmap) {
            return Self { color, is_own: true };
        }
        let ink = mean(pixmap);
        let is_seen = |ground: &[u8; 3]| Color::of_bytes(*ground).contrast(&ink) >= SEEN;
        let color = [brand, WHITE, BLACK].into_iter().find(is_seen).unwrap_or(WHITE);
        Self { color, is_own: false }
    }
}

/// The color in the middle of all four edges, when it is one and nothing shows through. The corners may be round.
fn own(pixmap: &Pixmap) -> Option<[u8; 3]> {
    let (width, height) = (pixmap.width(), pixmap.height());
    let middles = [(width / 2, 1), (width / 2, height - 2), (1, height / 2), (width - 2, height / 2)]
        .map(|(x, y)| pixmap.pixel(x, y));
    let [first, ..] = middles;
    let first = first?;
    (first.alpha() == 255 && middles.iter().all(|other| *other == Some(first)))
        .then(|| [first.red(), first.green(), first.blue()])
}

/// The mean color of what is painted.
fn mean(pixmap: &Pixmap) -> Color {
    let sum = |part: fn(&PremultipliedColorU8) -> u8| pixmap.pixels().iter().map(|it| u64::from(part(it))).sum::<u64>();
    let alpha = sum(|it| it.alpha()).max(1);
    let parts = [sum(|it| it.red()), sum(|it| it.green()), sum(|it| it.blue())];
    Color::of_bytes(parts.map(|part| u8::try_from(part * 255 / alpha).unwrap_or(u8::MAX)))
}
