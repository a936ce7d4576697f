//! Character references of HTML and XML, undone, with the place of each byte.
//!
//! In: a value as it is written. Out: its text, and for each byte of it where it comes from. Numbers and the five names of XML: no tool
//! writes an address or a style with another one, and what is not undone here is left as it is.

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
    let end = raw.bytes().take(12).position(|byte| byte == b';')?;
    let name = &raw[1..end];
    let meant = match name {
        "amp" | "AMP" => '&',
        "lt" | "LT" => '<',
        "gt" | "GT" => '>',
        "quot" | "QUOT" => '"',
        "apos" => '\'',
        _ => {
            let digits = name.strip_prefix('#')?;
            let code = match digits.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16),
                None => digits.parse(),
            };
            char::from_u32(code.ok()?)?
        }
    };
    Some((meant, end + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_undone_and_places_kept() {
        let (text, map) = undone("a&amp;é&#x22;b&nope;&");
        assert_eq!(text, "a&é\"b&nope;&");
        assert_eq!(map, [0, 1, 6, 6, 8, 14, 15, 16, 17, 18, 19, 20, 21, 22]);
    }
}
