//! Names of immutable files: `assets/NAME.HEX16.EXT`.
//!
//! In: the name an author gave and the final bytes. Out: a key that no other bytes will ever have. Refuses nothing: a name
//! that cannot stand in a URL is turned into one that can.

use crate::model::{Digest, Key};

/// Longer names help nobody and make every `srcset` heavier.
const LONGEST: usize = 64;

/// The immutable key of a file, from `hero-480.avif` and its final bytes.
///
/// The name becomes lower-case ASCII letters, digits, `-` and `_`, so that it stands in HTML, CSS, `srcset` (where a
/// space or comma would end it) and shell scripts without escaping.
pub fn fingerprint(name: &str, bytes: &[u8]) -> Key {
    let (stem, extension) = plain_name(name);
    immutable_key(&stem, Digest::of(bytes).hex16().as_str(), &extension)
}

/// Stem and extension of a name as they stand in an immutable key.
pub fn plain_name(name: &str) -> (String, String) {
    let file = name.rsplit(['/', '\\']).next().unwrap_or(name);
    let (stem, extension) = file.rsplit_once('.').unwrap_or((file, ""));
    let stem = plain(stem).unwrap_or_else(|| "file".to_owned());
    (stem, plain(extension).unwrap_or_else(|| "bin".to_owned()))
}

/// The key of plain parts ([`plain_name`]) and digits.
pub fn immutable_key(stem: &str, digits: &str, extension: &str) -> Key {
    Key::parse(&format!("assets/{stem}.{digits}.{extension}")).expect("plain ASCII without slashes or lone dots")
}

/// `None` when nothing is left of it.
fn plain(raw: &str) -> Option<String> {
    let mut out = String::new();
    for c in raw.chars().flat_map(char::to_lowercase) {
        match c {
            'a'..='z' | '0'..='9' | '_' => out.push(c),
            _ => match letter(c) {
                "" if out.is_empty() || out.ends_with('-') => {}
                "" => out.push('-'),
                letters => out.push_str(letters),
            },
        }
        if out.len() >= LONGEST {
            break;
        }
    }
    let out = out.trim_matches('-').to_owned();
    (!out.is_empty()).then_some(out)
}

/// What is left of an accented Latin letter in ASCII; empty for everything else.
fn letter(c: char) -> &'static str {
    match c {
        'à' | 'á' | 'â' | 'ã' | 'ä' | 'å' | 'ā' | 'ą' => "a",
        'æ' => "ae",
        'ç' | 'ć' | 'č' => "c",
        'è' | 'é' | 'ê' | 'ë' | 'ē' | 'ę' | 'ě' => "e",
        'ì' | 'í' | 'î' | 'ï' | 'ī' => "i",
        'ł' => "l",
        'ñ' | 'ń' | 'ň' => "n",
        'ò' | 'ó' | 'ô' | 'õ' | 'ö' | 'ø' | 'ō' => "o",
        'œ' => "oe",
        'ř' => "r",
        'ś' | 'š' => "s",
        'ß' => "ss",
        'ù' | 'ú' | 'û' | 'ü' | 'ū' | 'ů' => "u",
        'ý' | 'ÿ' => "y",
        'ź' | 'ż' | 'ž' => "z",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::asset_digits;

    fn check(name: &str, key: &str) {
        assert_eq!(fingerprint(name, b"abc").as_str(), key);
    }

    #[test]
    fn a_name_carries_the_digest_of_its_bytes_and_stands_in_a_url_as_it_is() {
        check("hero-480.avif", "assets/hero-480.ba7816bf8f01cfea.avif");
        check("Café crème (2).JPG", "assets/cafe-creme-2.ba7816bf8f01cfea.jpg");
        check("style.min.css", "assets/style-min.ba7816bf8f01cfea.css");
        check("Œuvre_à_Noël.svg", "assets/oeuvre_a_noel.ba7816bf8f01cfea.svg");
    }

    #[test]
    fn no_name_is_too_strange_for_a_key() {
        check("", "assets/file.ba7816bf8f01cfea.bin");
        check("../../etc/passwd", "assets/passwd.ba7816bf8f01cfea.bin");
        check("...", "assets/file.ba7816bf8f01cfea.bin");
        check("日本.png", "assets/file.ba7816bf8f01cfea.png");
        check("a\u{0}b\n.png", "assets/a-b.ba7816bf8f01cfea.png");
        assert!(fingerprint(&"x".repeat(5_000), b"").as_str().len() < 110);
    }

    #[test]
    fn the_digits_are_found_again_by_the_model() {
        assert_eq!(asset_digits(&fingerprint("a.b.c.woff2", b"abc")), Some("ba7816bf8f01cfea"));
    }
}
