//! The quality at which a format shows a picture well enough: a search for a score rather than a number for all.
//!
//! In: a small version of the picture, the score that is wanted, a format. Out: the lowest quality that reaches it. One number
//! for all pictures gives some a score of 57 and others 77; a quality found at one width holds for the others within three
//! points (measured on eight photographs at 320 and 720 pixels), so it is searched once, where encoding is cheap.

use super::encode::{Format, Way};
use super::pixels::Pixels;
use super::score::Planes;

/// A small version of a picture, and what it looks like.
pub(super) struct Sample {
    pixels: Pixels,
    planes: Planes,
    drawn: bool,
    /// What shows through is judged over that gray, the one of white and black on which the picture stands out.
    ground: u8,
}

/// About as many pixels tell what a picture is like.
const SAMPLE_PIXELS: f64 = 130_000.0;
/// Qualities beyond these are not used: below, formats fall apart; above, bytes buy nothing.
const LOWEST: u8 = 25;
const HIGHEST: u8 = 95;
/// So many encodings settle it within a point.
const TRIES: usize = 4;
/// Close enough.
const TOLERANCE: f64 = 0.4;

impl Sample {
    /// A sample of a picture that is shown at most that wide.
    pub(super) fn of(pixels: &Pixels, widest: u32, drawn: bool) -> Self {
        let pixels = pixels.resized(widest.min(sample_width(pixels)));
        let ground = ground(&pixels);
        Self { planes: Planes::of(&pixels, ground), pixels, drawn, ground }
    }

    /// The lowest quality that reaches the score.
    pub(super) fn quality(&self, format: Format, target: f64) -> u8 {
        search(target, start(format), |quality| {
            let way = Way { quality, drawn: self.drawn, patient: false };
            Some(self.planes.score(&format.shown(&self.pixels, way, self.ground)?))
        })
    }
}

/// A quality and the score it gave.
type Point = (u8, f64);

/// The lowest quality with at least that score, by the line through what is known. A score that cannot be had ends the search.
fn search(target: f64, first: u8, mut score: impl FnMut(u8) -> Option<f64>) -> u8 {
    let (mut below, mut above): (Option<Point>, Option<Point>) = (None, None);
    let mut quality = first;
    for _ in 0..TRIES {
        let Some(seen) = score(quality) else { return first };
        let side = if seen < target { &mut below } else { &mut above };
        *side = Some((quality, seen));
        let next = guess(target, below, above);
        let settled = (seen - target).abs() <= TOLERANCE && seen >= target;
        if settled
            || next == quality
            || below.is_some_and(|(it, _)| it >= next)
            || above.is_some_and(|(it, _)| it <= next)
        {
            break;
        }
        quality = next;
    }
    match (below, above) {
        (Some(_), Some((highest, _))) => guess(target, below, above).min(highest),
        (None, Some((highest, _))) => highest,
        _ => guess(target, below, above),
    }
}

/// Where the line through both points reaches the target; through one, with the slope that is usual.
fn guess(target: f64, below: Option<Point>, above: Option<Point>) -> u8 {
    const USUAL: f64 = 0.5;
    let at = match (below, above) {
        (Some((low, under)), Some((high, over))) if over > under => {
            f64::from(low) + f64::from(high.saturating_sub(low)) * (target - under) / (over - under)
        }
        (Some((quality, seen)), _) | (None, Some((quality, seen))) => f64::from(quality) + (target - seen) / USUAL,
        (None, None) => f64::from(HIGHEST),
    };
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to the span of qualities")]
    let quality = at.ceil().clamp(f64::from(LOWEST), f64::from(HIGHEST)) as u8;
    quality
}

/// Where most photographs come to a score of 75.
fn start(format: Format) -> u8 {
    match format {
        Format::Avif => 52,
        Format::Webp | Format::Jpeg | Format::Png => 75,
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the root of a number of pixels")]
fn sample_width(pixels: &Pixels) -> u32 {
    let shape = f64::from(pixels.width) / f64::from(pixels.height.max(1));
    (SAMPLE_PIXELS * shape).sqrt().max(16.0) as u32
}

/// White under a dark picture, black under a light one: there its edges are seen.
fn ground(pixels: &Pixels) -> u8 {
    if !pixels.has_alpha() {
        return 255;
    }
    let (mut light, mut weight) = (0_u64, 0_u64);
    for pixel in pixels.bytes.chunks_exact(4) {
        let alpha = u64::from(pixel[3]);
        weight += alpha;
        light += (u64::from(pixel[0]) + 2 * u64::from(pixel[1]) + u64::from(pixel[2])) / 4 * alpha;
    }
    if light > 127 * weight { 0 } else { 255 }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A curve that rises ever slower, as those of real pictures do.
    fn check(target: f64, lift: f64, expected: u8) {
        let mut tries = 0;
        let score = |quality: u8| {
            tries += 1;
            Some(lift + 60.0 * (f64::from(quality) / 100.0).sqrt())
        };
        assert_eq!(search(target, 60, score), expected);
        assert!(tries <= TRIES, "{tries}");
    }

    #[test]
    fn the_lowest_quality_that_reaches_the_score_is_found_in_a_few_tries() {
        check(75.0, 30.0, 57);
        check(75.0, 25.0, 70);
        check(75.0, 22.0, 79);
    }

    #[test]
    fn what_cannot_be_reached_ends_at_the_ends() {
        check(75.0, 80.0, LOWEST);
        check(99.0, 20.0, HIGHEST);
        assert_eq!(search(75.0, 60, |_| None), 60);
    }
}
