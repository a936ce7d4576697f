//! Words and numbers for people: plurals, sizes, durations, the nearest name. Knows nothing of sites.

pub mod nesting;

use icu_normalizer::ComposingNormalizerBorrowed;
use std::borrow::Cow;
use std::time::Duration;

/// `1 page`, `2 pages`.
pub fn plural(n: usize, one: &str, many: &str) -> String {
    format!("{} {}", thousands(n as u64), if n == 1 { one } else { many })
}

/// `10,240`: digits in groups of three.
pub fn thousands(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (idx, digit) in digits.chars().enumerate() {
        if idx > 0 && (digits.len() - idx).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `980 B`, `12.3 kB`, `4.0 MB`: decimal units, as storage and network vendors count.
pub fn size(bytes: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "one decimal is shown")]
    let value = bytes as f64;
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{:.1} kB", value / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} MB", value / 1e6),
        _ => format!("{:.1} GB", value / 1e9),
    }
}

/// `340 ms`, `2.4 s`, `3 min 20 s`.
pub fn duration(time: Duration) -> String {
    match time.as_millis() {
        ms @ 0..1_000 => format!("{ms} ms"),
        1_000..60_000 => format!("{:.1} s", time.as_secs_f64()),
        _ => format!("{} min {} s", time.as_secs() / 60, time.as_secs() % 60),
    }
}

/// A text from outside on one line, without anything that could steer a terminal: control characters, and Unicode's direction
/// overrides and isolates, which would let it rewrite the line that it stands in (UAX 9).
pub fn harmless(text: &str) -> String {
    let steers =
        |c: char| matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}');
    text.chars().map(|c| if c.is_control() || steers(c) { '?' } else { c }).collect()
}

/// The known name that is nearest to `name`, when it is near enough to be a slip of the hand.
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = name.to_lowercase();
    known
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(&lower, &candidate.to_lowercase()), candidate))
        .filter(|(distance, candidate)| *distance <= 1.max(candidate.chars().count() / 3))
        .min()
        .map(|(_, candidate)| candidate)
}

/// The text with its letters composed (Unicode, normalization form C): a Mac names a file `e` and an accent where a page says `é`, and both
/// look the same.
pub fn composed(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return Cow::Borrowed(text);
    }
    ComposingNormalizerBorrowed::new_nfc().normalize(text)
}

/// What the system says of a failure, in lower case and without its number: `permission denied`.
pub fn system_reason(said: &str) -> String {
    said.split(" (os error").next().unwrap_or(said).to_lowercase()
}

/// Lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits = |byte: &u8| [byte >> 4, byte & 15].map(|digit| char::from(DIGITS[usize::from(digit)]));
    let mut out = String::with_capacity(bytes.len() * 2);
    out.extend(bytes.iter().flat_map(digits));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_as_a_person_writes_them() {
        assert_eq!(thousands(0), "0");
        assert_eq!(thousands(999), "999");
        assert_eq!(thousands(10_240), "10,240");
        assert_eq!(thousands(1_234_567), "1,234,567");
        assert_eq!(plural(1, "page", "pages"), "1 page");
        assert_eq!(plural(2, "page", "pages"), "2 pages");
        assert_eq!(size(12_345), "12.3 kB");
        assert_eq!(duration(Duration::from_millis(2_400)), "2.4 s");
    }

    #[test]
    fn the_nearest_name_is_a_slip_of_the_hand_or_nothing() {
        assert_eq!(nearest("titel", ["title", "text"]), Some("title"));
        assert_eq!(nearest("nme", ["name", "lang"]), Some("name"));
        assert_eq!(nearest("zzzz", ["name", "lang"]), None);
    }
}
