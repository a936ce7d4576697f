//! Character references of HTML and XML, undone, with the place of each byte.
//!
//! In: a value as it is written. Out: its text, and for each byte of it where it comes from. Numbers and the names of HTML that stand for one
//! character and end with `;`; what is not undone here is left as it is.

use html5ever::data::NAMED_ENTITIES;

/// The longest name with its `&` and `;`: `&CounterClockwiseContourIntegral;` (HTML, section 13.5).
const LONGEST: usize = 33;

/// The text of a value, and where each of its bytes (and its end) stands in it.
pub(super) fn undone(raw: &str) -> (String, Vec<usize>) {
    let mut text = String::with_capacity(raw.len());
    let mut map = Vec::with_capacity(raw.len() + 1);
    let mut at = 0;
    while let Some(c) = raw[at..].chars().next() {
        let (meant, length) = (c == '&').then(|| reference(&raw[at..])).flatten().unwrap_or((c, c.len_utf8()));
        text.push(meant);
        map.resize(text.len(), at);
        at += length;
    }
    map.push(raw.len());
    (text, map)
}

/// The text alone.
pub(super) fn undo(raw: &str) -> String {
    if raw.contains('&') { undone(raw).0 } else { raw.to_owned() }
}

/// The character that a reference at the start of `raw` stands for, and the reference's length.
fn reference(raw: &str) -> Option<(char, usize)> {
    let end = raw.bytes().take(LONGEST).position(|byte| byte == b';')?;
    let code = match raw[1..end].strip_prefix('#') {
        None => NAMED_ENTITIES.get(&raw[1..=end]).filter(|(first, second)| *first > 0 && *second == 0)?.0,
        Some(digits) => match digits.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16).ok()?,
            None => digits.parse().ok()?,
        },
    };
    Some((char::from_u32(code)?, end + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_undone_and_places_kept() {
        let (text, map) = undone("a&amp;é&#x22;b&nope;&");
        assert_eq!(text, "a&é\"b&nope;&");
        assert_eq!(map, [0, 1, 6, 6, 8, 14, 15, 16, 17, 18, 19, 20, 21, 22]);
        assert_eq!(undo("&Eacute;t&eacute;&quot;&CounterClockwiseContourIntegral;&eacute"), "Été\"∳&eacute");
    }
}
