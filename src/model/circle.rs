//! Names of files that name each other in a circle.
//!
//! A name that carries the digest of its file's bytes cannot stand in those bytes, so files that name each other (modules of a bundle,
//! style sheets that import each other) carry together one digest: that of all of them, their own digits counted as zeros. It
//! can be checked from the files alone, and it changes when any of them does.

use super::{Digest, Hex16, Key};

/// What stands for the digits while they are not known.
pub const NO_DIGITS: &str = "0000000000000000";

/// The digits of a circle: its files in the order of their names, `digits` read as zeros wherever they stand.
pub fn circle_digits<'f>(files: impl IntoIterator<Item = (&'f Key, &'f [u8])>, digits: &str) -> Hex16 {
    let mut parts: Vec<(String, Vec<u8>)> = files
        .into_iter()
        .map(|(key, bytes)| (key.as_str().replace(digits, NO_DIGITS), without(bytes, digits.as_bytes())))
        .collect();
    parts.sort();
    Digest::of_parts(parts.iter().flat_map(|(name, bytes)| [name.as_bytes(), bytes.as_slice()])).hex16()
}

fn without(bytes: &[u8], digits: &[u8]) -> Vec<u8> {
    let mut out = bytes.to_vec();
    let mut at = 0;
    while at + digits.len() <= bytes.len() {
        if bytes[at] == digits[0] && bytes[at..at + digits.len()] == *digits {
            out[at..at + digits.len()].copy_from_slice(NO_DIGITS.as_bytes());
            at += digits.len();
        } else {
            at += 1;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_circle_is_named_alike_before_and_after_its_digits_are_in() {
        let files = |digits: &str| {
            [("a", "b"), ("b", "a")].map(|(name, other)| {
                let key = Key::parse(&format!("assets/{name}.{digits}.js")).unwrap();
                (key, format!("import './{other}.{digits}.js'"))
            })
        };
        let digits = |files: &[(Key, String)], written: &str| {
            circle_digits(files.iter().map(|(key, text)| (key, text.as_bytes())), written).to_string()
        };
        let named = digits(&files(NO_DIGITS), NO_DIGITS);
        assert_eq!(digits(&files(&named), &named), named);
        let mut changed = files(&named);
        changed[1].1.push(';');
        assert_ne!(digits(&changed, &named), named);
    }
}
