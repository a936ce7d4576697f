//! Texts in any encoding, and how names in them are replaced without touching anything else.
//!
//! In: bytes. Out: text to scan, and the bytes again with some ranges replaced. What is not replaced is the same to the byte: a
//! text that cannot be given back exactly (a lone surrogate in UTF-16) is refused.

use std::borrow::Cow;
use std::ops::Range;

/// How the bytes of a file are text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Encoding {
    Utf8,
    Utf16 {
        big: bool,
    },
    /// Each byte a character, as in ISO 8859-1: all that matters to us is ASCII, and that holds for every encoding of the web
    /// but UTF-16 (Encoding, section 4.2).
    Bytes,
}

/// The text of a file.
#[derive(Clone, Debug)]
pub(super) struct Text<'b> {
    text: Cow<'b, str>,
    encoding: Encoding,
}

impl<'b> Text<'b> {
    /// Reads bytes; the byte order mark decides, as it does for browsers (Encoding, section 6.1).
    pub(super) fn of(bytes: &'b [u8]) -> Option<Self> {
        match bytes {
            [0xff, 0xfe, ..] => wide(bytes, u16::from_le_bytes, false),
            [0xfe, 0xff, ..] => wide(bytes, u16::from_be_bytes, true),
            _ => Some(match std::str::from_utf8(bytes) {
                Ok(text) => Self { text: Cow::Borrowed(text), encoding: Encoding::Utf8 },
                Err(_) => Self {
                    text: bytes.iter().map(|byte| char::from(*byte)).collect::<String>().into(),
                    encoding: Encoding::Bytes,
                },
            }),
        }
    }

    /// The text.
    pub(super) fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether browsers that are told UTF-8 read it as it was meant.
    pub(super) fn is_unicode(&self) -> bool {
        self.encoding != Encoding::Bytes
    }

    /// Another text in the encoding of this one. What is new in it is ASCII.
    pub(super) fn encode(&self, text: String) -> Vec<u8> {
        let wide = |of: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(of).collect();
        match self.encoding {
            Encoding::Utf8 => text.into_bytes(),
            Encoding::Utf16 { big: false } => wide(u16::to_le_bytes),
            Encoding::Utf16 { big: true } => wide(u16::to_be_bytes),
            Encoding::Bytes => {
                text.chars().map(|c| u8::try_from(u32::from(c)).expect("it was made from single bytes")).collect()
            }
        }
    }
}

fn wide(bytes: &[u8], unit: fn([u8; 2]) -> u16, big: bool) -> Option<Text<'static>> {
    let pairs = bytes.chunks_exact(2);
    if !pairs.remainder().is_empty() {
        return None;
    }
    let units: Vec<u16> = pairs.map(|pair| unit([pair[0], pair[1]])).collect();
    Some(Text { text: String::from_utf16(&units).ok()?.into(), encoding: Encoding::Utf16 { big } })
}

/// Replaces ranges of a text, given in any order. Of two that overlap the first wins: both cannot be meant.
pub(super) fn replaced(text: &str, mut edits: Vec<(Range<usize>, String)>) -> String {
    edits.sort_by_key(|(range, _)| (range.start, range.end));
    let mut out = String::with_capacity(text.len() + edits.len() * 24);
    let mut done = 0;
    for (range, new) in edits {
        if range.start >= done {
            out.push_str(&text[done..range.start]);
            out.push_str(&new);
            done = range.end;
        }
    }
    out.push_str(&text[done..]);
    out
}

/// The number of the line, from 1, in which each of some places of a text stands. Places come in order.
pub(super) struct Lines<'t> {
    text: &'t str,
    at: usize,
    line: usize,
}

impl<'t> Lines<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { text, at: 0, line: 1 }
    }

    /// The line of a place that is not before the last one asked for; counted anew when it is.
    pub(super) fn of(&mut self, place: usize) -> usize {
        if place < self.at {
            (self.at, self.line) = (0, 1);
        }
        let place = place.min(self.text.len());
        self.line += self.text.as_bytes()[self.at..place].iter().filter(|byte| **byte == b'\n').count();
        self.at = place;
        self.line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(bytes: &[u8], text: &str) {
        let read = Text::of(bytes).unwrap();
        assert_eq!(read.as_str(), text);
        assert_eq!(read.encode(text.to_owned()), bytes);
    }

    #[test]
    fn every_encoding_gives_its_bytes_back() {
        check("\u{feff}é".as_bytes(), "\u{feff}é");
        check(b"\xff\xfe<\0\xe9\0", "\u{feff}<é");
        check(b"\xfe\xff\0<\xd8\x3d\xde\x00", "\u{feff}<😀");
        check(b"caf\xe9 \x80", "café \u{80}");
        check(b"", "");
    }

    #[test]
    fn what_could_not_be_given_back_is_refused() {
        assert!(Text::of(b"\xff\xfe<").is_none());
        assert!(Text::of(b"\xff\xfe\x3d\xd8").is_none());
    }

    #[test]
    fn only_the_ranges_are_replaced() {
        let edits =
            vec![(4..5, "E".to_owned()), (1..2, "BB".to_owned()), (1..1, "+".to_owned()), (4..6, "x".to_owned())];
        assert_eq!(replaced("abcdef", edits), "a+BBcdEf");
    }

    #[test]
    fn lines_are_counted_from_one() {
        let mut lines = Lines::new("a\nb\nc");
        assert_eq!([lines.of(0), lines.of(2), lines.of(4), lines.of(2)], [1, 2, 3, 2]);
    }
}
