//! The best rendition under a limit of bytes: a search over width and quality.
//!
//! In: candidate widths, a span of qualities, the limit, and how to encode. Out: the file that was found, or `None` when
//! even the smallest width at the lowest quality is too large. The answer depends on the picture and the limit alone.

use super::encode::Format;
use bytes::Bytes;

/// What to search for.
#[derive(Clone, Debug)]
pub(super) struct Fit {
    pub(super) format: Format,
    pub(super) max_bytes: usize,
    /// Ascending, not empty.
    pub(super) widths: Vec<u32>,
    pub(super) quality: Span,
}

/// The qualities that may be used.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    /// Below this it smears; only the smallest width may go down to it.
    pub(super) floor: u8,
    /// From here on a larger width is worth more than a better quality.
    pub(super) comfortable: u8,
    /// Beyond this nobody sees the difference.
    pub(super) best: u8,
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) width: u32,
    pub(super) quality: u8,
    pub(super) bytes: Bytes,
}

impl Fit {
    /// For the first screen. Measured on photographs shown 640 pixels wide: 480 at quality 30 looks acceptable,
    /// 640 at 20 smears. Nothing on a first screen needs more than 960 in its first moment.
    pub(super) fn hero(format: Format, source_width: u32, max_bytes: usize) -> Self {
        let quality = Span { floor: 25, comfortable: 32, best: 60 };
        Self { format, max_bytes, widths: ladder(480, 960, 80, source_width), quality }
    }

    /// For pages that must be complete in one file, where a small picture is better than none. WebP, because there is no
    /// second format behind it and every browser since 2020 shows it.
    pub(super) fn inline(source_width: u32, widest: u32, max_bytes: usize) -> Self {
        let quality = Span { floor: 35, comfortable: 55, best: 75 };
        Self { format: Format::Webp, max_bytes, widths: ladder(160, widest.max(160), 80, source_width), quality }
    }

    /// Everything that decides the result beside the picture, for the memo key.
    pub(super) fn recipe(&self) -> String {
        let Span { floor, comfortable, best } = self.quality;
        format!("fit {} {} {:?} {floor} {comfortable} {best}", self.format.extension(), self.max_bytes, self.widths)
    }

    /// The widest that fits at a comfortable quality, then the best quality that fits at that width. When none does, the
    /// smallest width goes down to the floor. Whatever is returned was encoded and measured.
    pub(super) fn search(&self, mut encode: impl FnMut(u32, u8) -> Option<Bytes>) -> Option<Found> {
        let mut attempt = |width: u32, quality: u8| Some(Found { width, quality, bytes: encode(width, quality)? });
        let Span { floor, comfortable, best } = self.quality;
        let by_width = |width: u32| WIDTH_GROWTH * f64::from(width).ln();
        let by_quality = |quality: u8| QUALITY_GROWTH * f64::from(quality);
        let (widest, level) =
            last_that_fits(self.max_bytes, &self.widths, by_width, None, |width| attempt(width, comfortable));
        let (width, from, to) = match &widest {
            Some(found) => (found.width, comfortable + 1, best),
            None => (*self.widths.first()?, floor, comfortable - 1),
        };
        let level = level.map(|it| it + by_width(width) - by_quality(comfortable));
        let qualities: Vec<u8> = (from..=to).collect();
        last_that_fits(self.max_bytes, &qualities, by_quality, level, |quality| attempt(width, quality)).0.or(widest)
    }
}

/// The logarithm of the bytes grows by so much with that of the width, and with each step of quality: only where to look first.
const WIDTH_GROWTH: f64 = 1.6;
const QUALITY_GROWTH: f64 = 0.03;
/// So often the place is guessed; then it is found by halving.
const GUESSES: usize = 4;

/// The last item whose file fits, where those that do not follow those that do; and how the bytes lie beside `growth`. Each
/// file that was seen tells where the limit should be, so that two or three encodings find what halving finds in six.
fn last_that_fits<T: Copy>(
    limit: usize,
    items: &[T],
    growth: impl Fn(T) -> f64,
    mut level: Option<f64>,
    mut attempt: impl FnMut(T) -> Option<Found>,
) -> (Option<Found>, Option<f64>) {
    #[expect(clippy::cast_precision_loss, reason = "far fewer than 2^52 bytes")]
    let log = |bytes: usize| (bytes.max(1) as f64).ln();
    let (mut low, mut high, mut found, mut tries) = (0, items.len(), None, 0);
    while low < high {
        let fits = |level: f64| items.partition_point(|it| level + growth(*it) <= log(limit));
        let guess = level.map_or(0, fits).saturating_sub(1).clamp(low, high - 1);
        let at = if tries < GUESSES { guess } else { low + (high - low) / 2 };
        tries += 1;
        let made = attempt(items[at]);
        level = made.as_ref().map(|made| log(made.bytes.len()) - growth(items[at])).or(level);
        match made.filter(|made| made.bytes.len() <= limit) {
            Some(made) => {
                found = Some(made);
                low = at + 1;
            }
            None => high = at,
        }
    }
    (found, level)
}

/// Widths from `low` to `high` in steps, none beyond the source; the source's own when it is narrower than all.
fn ladder(low: u32, high: u32, step: usize, source: u32) -> Vec<u32> {
    let mut widths: Vec<u32> = (low..=high.min(source)).step_by(step).collect();
    if widths.is_empty() {
        widths.push(source.min(low));
    }
    widths
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bytes as in a photograph: about proportional to the area and to the quality.
    fn size(width: u32, quality: u8) -> usize {
        (width * width / 1_200) as usize * usize::from(quality)
    }

    fn check(source: u32, max_bytes: usize, expected: &str) {
        let fit = Fit::hero(Format::Avif, source, max_bytes);
        let mut encoded = 0;
        let found = fit.search(|width, quality| {
            encoded += 1;
            Some(Bytes::from(vec![0; size(width, quality)]))
        });
        assert!(encoded <= 9, "{encoded} encodings");
        let seen = found.map_or("nothing".to_owned(), |it| format!("{} q{}", it.width, it.quality));
        assert_eq!(seen, expected, "{source} {max_bytes}");
    }

    #[test]
    fn a_larger_width_comes_first_then_a_better_quality() {
        check(3_000, 6_200, "480 q32");
        check(3_000, 7_000, "480 q36");
        check(3_000, 9_000, "560 q34");
        check(3_000, 1_000_000, "960 q60");
    }

    #[test]
    fn only_the_smallest_width_goes_down_to_the_floor_and_never_below() {
        check(3_000, 5_500, "480 q28");
        check(3_000, 4_800, "480 q25");
        check(3_000, 4_799, "nothing");
    }

    #[test]
    fn a_source_narrower_than_the_floor_is_used_as_it_is() {
        check(300, 2_500, "300 q33");
        check(1, 0, "1 q60");
    }

    #[test]
    fn an_encoder_that_fails_gives_nothing() {
        assert_eq!(Fit::hero(Format::Avif, 900, 9_000).search(|_, _| None), None);
    }
}
