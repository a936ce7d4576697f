//! How a folder keeps header fields and body in one file: an HTTP message without its start line.
//!
//! In: an object's fields and body; out: the bytes of the file, and back. One file, because a file system can swap one
//! file at an instant and not two. A file without the first line below was put there by somebody else: it is an object
//! without fields. A file that has the line and is then malformed is an error, never a guess.

use crate::model::Headers;
use bytes::Bytes;

/// The first line of every file this program writes. No media file, HTML or text begins like this by chance.
const FIRST: &str = "landing-object: 1\n";

/// More header bytes than any server would take (nginx and Apache stop at 8 kB each field).
const LONGEST: usize = 64 * 1024;

/// The bytes of the file.
pub(super) fn seal(headers: &Headers, body: &[u8]) -> Vec<u8> {
    let mut head = FIRST.to_owned();
    for (name, value) in headers.iter() {
        head.push_str(&format!("{name}: {value}\n"));
    }
    head.push('\n');
    let mut file = head.into_bytes();
    file.extend_from_slice(body);
    file
}

/// The fields and the body of a file.
///
/// # Errors
/// Says what is wrong with a file that begins as one of ours.
pub(super) fn open(file: &Bytes) -> Result<(Headers, Bytes), String> {
    if !file.starts_with(FIRST.as_bytes()) {
        return Ok((Headers::new(), file.clone()));
    }
    let window = &file[FIRST.len() - 1..file.len().min(LONGEST)];
    let end = window.windows(2).position(|pair| pair == b"\n\n").ok_or("its header fields do not end")?;
    let fields = std::str::from_utf8(&window[1..=end]).map_err(|_| "its header fields are not text")?;
    let mut headers = Headers::new();
    for line in fields.lines() {
        let (name, value) = line.split_once(": ").ok_or_else(|| format!("`{line}` is not a header field"))?;
        headers.set(name, value)?;
    }
    Ok((headers, file.slice(FIRST.len() - 1 + end + 2..)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn both_ways(headers: &Headers, body: &'static [u8]) {
        let file = Bytes::from(seal(headers, body));
        assert_eq!(open(&file).unwrap(), (headers.clone(), Bytes::from_static(body)));
    }

    #[test]
    fn what_was_sealed_is_opened_again() {
        both_ways(&Headers::new(), b"");
        both_ways(&Headers::new(), b"\n\nbody");
        both_ways(&Headers::new().with("content-type", "text/html").with("x-empty", ""), b"a: b\n\nc");
    }

    #[test]
    fn the_file_reads_like_a_message() {
        let headers = Headers::new().with("content-type", "text/html");
        assert_eq!(seal(&headers, b"<p>hi"), b"landing-object: 1\ncontent-type: text/html\n\n<p>hi");
    }

    #[test]
    fn a_foreign_file_is_all_body() {
        let file = Bytes::from_static(b"content-type: x\n\nbody");
        assert_eq!(open(&file).unwrap(), (Headers::new(), file));
    }

    #[test]
    fn a_damaged_file_is_an_error() {
        for (file, says) in [
            ("landing-object: 1\n", "do not end"),
            ("landing-object: 1\na: b\nbody", "do not end"),
            ("landing-object: 1\nnonsense\n\n", "not a header field"),
            ("landing-object: 1\nb c: d\n\n", "not a header name"),
            ("landing-object: 1\na: \u{e9}\n\n", "cannot carry"),
        ] {
            let err = open(&Bytes::from_static(file.as_bytes())).unwrap_err();
            assert!(err.contains(says), "{file:?}: {err}");
        }
        assert!(open(&Bytes::from_static(b"landing-object: 1\n\xff\n\n")).is_err());
    }
}
