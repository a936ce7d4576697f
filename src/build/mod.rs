//! x
mod address;
mod author;
mod css;
mod hpack;
mod html;
mod markdown;
mod page;
mod shelf;
mod template;
mod theme;

use crate::diag::{Code, Diagnostic, Place};
/// Text, or the line that is not.
fn utf8<'a>(file: &str, bytes: &'a [u8]) -> Result<&'a str, Diagnostic> {
    std::str::from_utf8(bytes).map_err(|err| {
        let good = std::str::from_utf8(&bytes[..err.valid_up_to()]).expect("valid up to there");
        let at = good.len();
        let place = Place { width: 1, ..Place::span(file, good, at..at) };
        Diagnostic::new(Code::NotUtf8, format!("`{file}` is not UTF-8"))
            .at(place)
            .hint("save the file with the encoding UTF-8")
    })
}
