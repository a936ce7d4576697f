//! The quality at which a format shows a picture well enough: a search for a score rather than a number for all.
//!
//! In: a picture, the score that is wanted, a format. Out: the lightest file that holds it. One number for all pictures gives
//! some a score of 57 and others 77. A quality found on a small sample holds for the picture within a few points, so it is
//! searched there, where encoding is cheap; then every file is judged itself, and made better until it holds. The sample
//! depends on the source alone, so that no file depends on which others were asked for.

use super::encode::{Encoded, Format, Way};
use super::pixels::Pixels;
use landing_score::Planes;

/// What a picture looks like.
pub(super) struct Look {
    planes: Planes,
    /// What shows through is judged over that gray, the one of white and black on which the picture stands out.
    ground: u8,
}

impl Look {
    /// Of these pixels.
    pub(super) fn of(pixels: &Pixels) -> Self {
        let ground = ground(pixels);
        Self { planes: pixels.planes(ground), ground }
    }

    /// How well a file shows it.
    pub(super) fn score(&self, file: &Encoded) -> Option<f64> {
        Some(self.planes.score(&file.planes(self.ground)?))
    }
}

/// Parts of a picture, of the size that it will have as a file, and what they look like.
pub(super) struct Sample {
    pixels: Pixels,
    look: Look,
    drawn: bool,
    /// Pixels of the whole.
    whole: u64,
}

/// A side of each of the two squares that a sample is put together from: blocks of every format begin at their edges. More and smaller
/// ones have more seams, which no format likes.
const TILE: u32 = 272;
/// A picture with fewer pixels than this is tried itself: each attempt may be the file.
const SMALL: u64 = 250_000;
/// Qualities beyond these are not searched: below, formats fall apart; above, bytes buy nothing.
const LOWEST: u8 = 25;
const HIGHEST: u8 = 95;
/// So many encodings settle it within a point.
const TRIES: usize = 4;
/// Close enough.
const TOLERANCE: f64 = 1.0;
/// Points that a sample of AVIF must have to spare. Of a whole that misses by one a second is made, which takes a second or two and, as it is aimed
/// higher, more bytes than this.
const MARGIN: f64 = 0.5;
/// A step of quality that is not tried: the line between what was seen on both sides tells as well.
const NEAR: u8 = 2;

impl Sample {
    /// A sample of a picture, if that is less work than the picture itself.
    pub(super) fn of(pixels: &Pixels, drawn: bool) -> Option<Self> {
        let whole = pixels.count();
        if whole < SMALL || pixels.width.min(pixels.height) < TILE {
            return None;
        }
        let pixels = pixels.two_tiles(TILE);
        Some(Self { look: Look::of(&pixels), pixels, drawn, whole })
    }

    /// The lowest quality that reaches the score; nothing when the whole cannot reach it with fewer bytes than the limit.
    pub(super) fn trial(&self, format: Format, target: f64, limit: usize) -> Option<u8> {
        let (mut seen, mut hopeless) = (Vec::new(), false);
        let aim = if format == Format::Avif { target + MARGIN } else { target };
        let quality = search(aim, start(format), |quality| {
            let way = Way { quality, drawn: self.drawn, patient: false, whole: self.whole };
            let file = format.encode(&self.pixels, way)?;
            let (score, bytes) = (self.look.score(&file)?, self.scaled(file.bytes.len()));
            seen.push((quality, bytes));
            hopeless = is_beyond(at_target(bytes, score - target), limit);
            (!hopeless).then_some(score)
        });
        (!hopeless && !is_beyond(bytes_at(quality, &seen), limit)).then_some(quality)
    }

    /// Whether the whole may have fewer bytes than the limit when nothing is lost.
    pub(super) fn may_be_exact(&self, format: Format, limit: usize) -> bool {
        format.exact(&self.pixels).is_none_or(|file| !is_beyond(self.scaled(file.len()), limit))
    }

    fn scaled(&self, bytes: usize) -> u64 {
        bytes as u64 * self.whole / self.pixels.count()
    }
}

/// The whole may have a third fewer bytes for its size than its sample.
fn is_beyond(bytes: u64, limit: usize) -> bool {
    bytes / 3 * 2 > limit as u64
}

/// About how many bytes a quality takes: on the line of their logarithms between the nearest ones seen on both sides.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "an estimate")]
fn bytes_at(quality: u8, seen: &[(u8, u64)]) -> u64 {
    let low = seen.iter().filter(|(it, _)| *it <= quality).max();
    let high = seen.iter().filter(|(it, _)| *it >= quality).min();
    match (low, high) {
        (Some((low, few)), Some((high, many))) if low < high => {
            let share = f64::from(quality - low) / f64::from(high - low);
            (*few as f64 * (*many as f64 / (*few).max(1) as f64).powf(share)) as u64
        }
        (Some((_, bytes)), _) | (None, Some((_, bytes))) => *bytes,
        (None, None) => u64::MAX,
    }
}

/// The fewest bytes that a file may have at the target: a point of score to spare is worth at most an eighth of them.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "an estimate")]
fn at_target(bytes: u64, spare: f64) -> u64 {
    (bytes as f64 * 0.875_f64.powf(spare.max(0.0))) as u64
}

/// The quality of the first attempt.
#[derive(Clone, Copy, Debug)]
pub(super) enum First {
    /// Found on a sample.
    Sampled(u8),
    /// Nothing is known of the picture.
    Usual(u8),
}

/// Points of score that are not worth another encoding.
const SLACK: f64 = 2.0;
/// Where a file can only be made better by leaving the lossy form.
const TOP: u8 = 100;

/// And that are not, where each one is dear: of a large picture whose quality was searched on a sample, or after another attempt.
const LOOSE: f64 = 4.0;
/// So many files are made to come near, when one that holds is there.
const ATTEMPTS: usize = 4;

/// The lightest file that holds the score, begun at a quality that should: by a sample, or where most do. `None` when none of the format
/// does.
pub(super) fn hold<F>(target: f64, first: First, mut attempt: impl FnMut(u8) -> Option<(F, f64)>) -> Option<F> {
    let (first, slack) = match first {
        First::Sampled(quality) => (quality, LOOSE),
        First::Usual(quality) => (quality, SLACK),
    };
    let (mut quality, mut below, mut above, mut held) = (first, None::<Point>, None::<Point>, None);
    let mut earlier = None::<Point>;
    for tries in 1.. {
        let (file, seen) = attempt(quality)?;
        if seen >= target {
            (above, held) = (Some((quality, seen)), Some(file));
        } else {
            earlier = below.replace((quality, seen));
        }
        let spare = above.map_or(f64::INFINITY, |(_, seen)| seen - target);
        if spare <= if tries > 1 { LOOSE } else { slack } || held.is_some() && tries >= ATTEMPTS {
            break;
        }
        quality = match (below, above) {
            (Some(low), Some(high)) if high.0 - low.0 < 2 => break,
            (Some(low), Some(high)) => guess(target + TOLERANCE, below, above).clamp(low.0 + 1, high.0 - 1),
            (None, Some(_)) if quality <= LOWEST => break,
            (None, _) => lower(quality, spare),
            (Some(_), None) if quality == TOP => break,
            (Some(low), None) => higher(target, earlier, low),
        };
    }
    held
}

/// A quality that may still hold, when one is so much better than need be: the slope is least at the top.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a few points")]
fn lower(quality: u8, spare: f64) -> u8 {
    quality.saturating_sub((spare * 1.2) as u8).max(LOWEST)
}

/// A quality that should hold, when one does not: by the slope that was seen, or the usual, and one more.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to the span of qualities")]
fn higher(target: f64, before: Option<Point>, (quality, seen): Point) -> u8 {
    let slope = before.map(|(low, under)| (seen - under) / f64::from(quality - low)).filter(|it| *it > 0.05);
    let step = (target - seen) / slope.unwrap_or(USUAL_SLOPE).min(USUAL_SLOPE) + 1.0;
    (f64::from(quality) + step.ceil()).clamp(f64::from(quality) + 1.0, f64::from(TOP)) as u8
}

/// Points of score for one of quality.
const USUAL_SLOPE: f64 = 0.6;

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
            || below.is_some() && above.is_some() && next.abs_diff(quality) <= NEAR
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
    let at = match (below, above) {
        (Some((low, under)), Some((high, over))) if over > under => {
            f64::from(low) + f64::from(high.saturating_sub(low)) * (target - under) / (over - under)
        }
        (Some((quality, seen)), _) | (None, Some((quality, seen))) => {
            f64::from(quality) + (target - seen) / USUAL_SLOPE
        }
        (None, None) => f64::from(HIGHEST),
    };
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to the span of qualities")]
    let quality = at.ceil().clamp(f64::from(LOWEST), f64::from(HIGHEST)) as u8;
    quality
}

/// Where most photographs come to a score of 75.
pub(super) fn start(format: Format) -> u8 {
    match format {
        Format::Avif => 52,
        Format::Webp | Format::Jpeg | Format::Png => 75,
    }
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

    fn held(target: f64, first: u8, score: impl Fn(f64) -> f64) -> (Option<u8>, usize) {
        let mut tries = 0;
        let made = hold(target, First::Usual(first), |quality| {
            tries += 1;
            Some((quality, score(f64::from(quality))))
        });
        (made, tries)
    }

    #[test]
    fn what_is_returned_holds_and_little_more() {
        assert_eq!(held(75.0, 60, |quality| 45.0 + quality / 2.0), (Some(60), 1));
        assert_eq!(held(75.0, 60, |quality| 46.5 + quality / 2.0), (Some(60), 1), "not worth another encoding");
        assert_eq!(held(75.0, 60, |quality| 50.0 + quality / 2.0), (Some(54), 2));
        assert_eq!(held(75.0, 60, |quality| 42.0 + quality / 2.0), (Some(66), 2));
        assert_eq!(held(75.0, 60, |quality| 60.0 + quality / 5.0), (Some(76), 3), "a curve flatter than usual");
        let cliff = |quality: f64| if quality < 60.0 { 0.0 } else { 80.0 };
        assert_eq!(held(75.0, 60, cliff), (Some(60), 3), "what was tried lower did not hold");
    }

    #[test]
    fn a_format_that_cannot_hold_gives_nothing_and_ends() {
        let (made, tries) = held(75.0, 60, |quality| quality / 10.0);
        assert!(made.is_none() && tries < 8, "{tries}");
        assert_eq!(hold(75.0, First::Usual(60), |_| None::<((), f64)>), None);
    }

    /// A curve that rises ever slower, as those of real pictures do.
    fn check(target: f64, lift: f64, expected: u8) {
        let mut tries = 0;
        let score = |quality: u8| {
            tries += 1;
            Some(lift + 60.0 * (f64::from(quality) / 100.0).sqrt())
        };
        let found = search(target, 60, score);
        assert!((expected..=expected + 1).contains(&found), "{found}, not {expected}");
        assert!(tries <= TRIES, "{tries}");
    }

    #[test]
    fn the_lowest_quality_that_reaches_the_score_is_found_in_a_few_tries() {
        check(75.0, 30.0, 57);
        check(75.0, 25.0, 70);
        check(75.0, 22.0, 79);
    }

    #[test]
    fn bytes_are_told_between_qualities_and_never_more_than_a_better_look_is_worth() {
        let seen = [(75, 4_000), (95, 36_000)];
        assert_eq!([75, 85, 95, 99].map(|quality| bytes_at(quality, &seen)), [4_000, 12_000, 36_000, 36_000]);
        assert_eq!(bytes_at(75, &[]), u64::MAX);
        assert_eq!([-5.0, 0.0, 1.0].map(|spare| at_target(8_000, spare)), [8_000, 8_000, 7_000]);
        assert!(is_beyond(3_000, 1_999) && !is_beyond(3_000, 2_000));
    }

    #[test]
    fn what_cannot_be_reached_ends_at_the_ends() {
        check(75.0, 80.0, LOWEST);
        check(99.0, 20.0, HIGHEST);
        assert_eq!(search(75.0, 60, |_| None), 60);
    }
}
