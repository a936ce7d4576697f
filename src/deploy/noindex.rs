//! A bundle that search engines are asked to leave alone: a preview is for those who were sent its address.
//!
//! In: a bundle; out: the same with `X-Robots-Tag: noindex` on every answer and `<meta name=robots>` in every page, because an object
//! store sends no such field. `robots.txt` stays as it is: a robot that may not read a page cannot read in it that it is to
//! be left out (Google Search Central, "Block Search indexing with noindex").

use crate::model::{Artifact, Bundle, Media};
use bytes::Bytes;

const META: &str = "<meta name=robots content=noindex>";

/// Asks search engines to stay away.
pub fn noindex(mut bundle: Bundle) -> Bundle {
    bundle.policy.everywhere.set("x-robots-tag", "noindex").expect("a constant field");
    let pages = bundle.artifacts.values_mut().chain(bundle.modes.values_mut().flat_map(|mode| mode.values_mut()));
    for page in pages.filter(|it| it.media == Media::of_extension("html")) {
        mark(page);
    }
    bundle
}

/// A page that is not text is nobody's page.
fn mark(page: &mut Artifact) {
    if let Ok(text) = std::str::from_utf8(&page.bytes) {
        let at = begins(text);
        page.bytes = Bytes::from(format!("{}{META}{}", &text[..at], &text[at..])).into();
    }
}

/// Where the head of a page begins: after its tag; where that is left out, after the tag of the page or the doctype.
fn begins(text: &str) -> usize {
    let lower = text.to_ascii_lowercase();
    let after = |tag: &str| {
        let at = lower.find(tag)?;
        let ends = lower[at + tag.len()..].starts_with(|c: char| c == '>' || c == '/' || c.is_ascii_whitespace());
        ends.then(|| lower[at..].find('>').map(|end| at + end + 1)).flatten()
    };
    after("<head").or_else(|| after("<html")).or_else(|| after("<!doctype")).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mark_stands_in_the_head_of_a_page_however_it_is_written() {
        let cases = [
            ("<!DOCTYPE html><html lang=fr><head><title>x", "<!DOCTYPE html><html lang=fr><head>|<title>x"),
            ("<!doctype html><HTML lang=fr><title>x", "<!doctype html><HTML lang=fr>|<title>x"),
            ("<!doctype html><title>x</title><header>", "<!doctype html>|<title>x</title><header>"),
            ("<title>x", "|<title>x"),
        ];
        for (page, expected) in cases {
            let at = begins(page);
            assert_eq!(format!("{}|{}", &page[..at], &page[at..]), expected);
        }
    }
}
