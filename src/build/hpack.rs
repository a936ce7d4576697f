//! How many bytes a response's header fields take as the first header block of an HTTP/2 connection (HPACK, RFC 7541).
//!
//! In: a status and field lines. Out: a size. It encodes nothing: a first block meets an empty dynamic table, so its size
//! follows from the static table (appendix A) and the Huffman code lengths (appendix B) alone.

/// The fields of the static table that a response can use, with their index (RFC 7541, appendix A). A value stands there only
/// where the table has one. All other names are spelled out.
const STATIC: &[(&str, Option<&str>)] = &[
    (":status", Some("200")),
    (":status", Some("204")),
    (":status", Some("206")),
    (":status", Some("304")),
    (":status", Some("400")),
    (":status", Some("404")),
    (":status", Some("500")),
    ("accept-encoding", Some("gzip, deflate")),
    ("accept-ranges", None),
    ("access-control-allow-origin", None),
    ("age", None),
    ("allow", None),
    ("cache-control", None),
    ("content-disposition", None),
    ("content-encoding", None),
    ("content-language", None),
    ("content-length", None),
    ("content-location", None),
    ("content-range", None),
    ("content-type", None),
    ("date", None),
    ("etag", None),
    ("expires", None),
    ("last-modified", None),
    ("link", None),
    ("location", None),
    ("refresh", None),
    ("retry-after", None),
    ("server", None),
    ("set-cookie", None),
    ("strict-transport-security", None),
    ("transfer-encoding", None),
    ("vary", None),
    ("via", None),
    ("www-authenticate", None),
];

/// Bits of the Huffman code of the characters from space to tilde (RFC 7541, appendix B). Field values are visible ASCII here
/// (`Headers` sees to that); any other byte is counted with the longest code, 30 bits.
const CODE_BITS: [u8; 95] = [
    6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6, 5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10, 13, 6,
    7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6, 15, 5, 6, 5, 6, 5, 6,
    6, 6, 5, 7, 7, 6, 6, 6, 5, 6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13,
];

/// The size of the header block. Names are in lower case; `:status` is a field like the others.
pub(super) fn block<'a>(fields: impl IntoIterator<Item = (&'a str, &'a str)>) -> u64 {
    fields.into_iter().map(|(name, value)| field(name, value)).sum()
}

/// One field: an index where the table has it whole, else a literal with incremental indexing (section 6.2.1), whose index
/// fits the first byte because the static table ends at 61, below the 63 of a 6-bit prefix.
fn field(name: &str, value: &str) -> u64 {
    if STATIC.contains(&(name, Some(value))) {
        return 1;
    }
    let known = STATIC.iter().any(|(it, _)| *it == name);
    let name = if known { 0 } else { string(name) };
    1 + name + string(value)
}

/// A string literal (section 5.2): Huffman-coded when that is shorter, preceded by its length with a 7-bit prefix.
fn string(text: &str) -> u64 {
    let bits: u64 = text.bytes().map(code_bits).sum();
    let length = bits.div_ceil(8).min(text.len() as u64);
    integer(length) + length
}

fn code_bits(byte: u8) -> u64 {
    let known = usize::from(byte).checked_sub(usize::from(b' ')).and_then(|at| CODE_BITS.get(at));
    known.map_or(30, |bits| u64::from(*bits))
}

/// An integer with a 7-bit prefix (section 5.1): one byte below 127, then 7 bits a byte.
fn integer(value: u64) -> u64 {
    let Some(mut rest) = value.checked_sub(127) else { return 1 };
    let mut bytes = 2;
    while rest >= 128 {
        rest >>= 7;
        bytes += 1;
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_block_is_as_long_as_the_example_of_the_rfc() {
        // RFC 7541, appendix C.6.1: a response with Huffman coding, 54 bytes, `:status 302` as a literal.
        let fields = [
            (":status", "302"),
            ("cache-control", "private"),
            ("date", "Mon, 21 Oct 2013 20:13:21 GMT"),
            ("location", "https://www.example.com"),
        ];
        assert_eq!(block(fields), 54);
    }

    #[test]
    fn a_new_name_is_spelled_out_and_a_known_field_is_one_byte() {
        // Appendix C.2.1 without Huffman is 26 bytes; with it: 1 + (1 + 8) + (1 + 9).
        assert_eq!(block([("custom-key", "custom-header")]), 20);
        assert_eq!(block([(":status", "200")]), 1);
    }

    #[test]
    fn a_long_value_has_a_longer_length() {
        assert_eq!((integer(126), integer(127), integer(254), integer(255)), (1, 2, 2, 3));
    }
}
