//! `Media`: what kind of content a file is, by its extension.

use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::fmt;

/// A media type with its parameters, as it stands in `Content-Type`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Media(Cow<'static, str>);

/// Extension, type, whether compressing it pays. IANA media types; `text/javascript` by RFC 9239.
const TABLE: &[(&str, &str, bool)] = &[
    ("html", "text/html; charset=utf-8", true),
    ("htm", "text/html; charset=utf-8", true),
    ("xhtml", "application/xhtml+xml; charset=utf-8", true),
    ("css", "text/css; charset=utf-8", true),
    ("js", "text/javascript; charset=utf-8", true),
    ("mjs", "text/javascript; charset=utf-8", true),
    ("cjs", "text/javascript; charset=utf-8", true),
    ("json", "application/json", true),
    ("map", "application/json", true),
    ("webmanifest", "application/manifest+json", true),
    ("xml", "application/xml; charset=utf-8", true),
    ("rss", "application/rss+xml; charset=utf-8", true),
    ("atom", "application/atom+xml; charset=utf-8", true),
    ("csv", "text/csv; charset=utf-8", true),
    ("md", "text/markdown; charset=utf-8", true),
    ("vtt", "text/vtt; charset=utf-8", true),
    ("ics", "text/calendar; charset=utf-8", true),
    ("vcf", "text/vcard; charset=utf-8", true),
    ("txt", "text/plain; charset=utf-8", true),
    ("svg", "image/svg+xml", true),
    ("ico", "image/vnd.microsoft.icon", true),
    ("png", "image/png", false),
    ("jpg", "image/jpeg", false),
    ("jpeg", "image/jpeg", false),
    ("gif", "image/gif", false),
    ("webp", "image/webp", false),
    ("avif", "image/avif", false),
    ("woff2", "font/woff2", false),
    ("woff", "font/woff", false),
    ("ttf", "font/ttf", true),
    ("otf", "font/otf", true),
    ("mp4", "video/mp4", false),
    ("webm", "video/webm", false),
    ("mov", "video/quicktime", false),
    ("mp3", "audio/mpeg", false),
    ("m4a", "audio/mp4", false),
    ("ogg", "audio/ogg", false),
    ("wav", "audio/vnd.wave", false),
    ("pdf", "application/pdf", false),
    ("zip", "application/zip", false),
    ("wasm", "application/wasm", true),
];

impl Media {
    /// HTML in UTF-8.
    pub fn html() -> Self {
        Self::of_extension("html")
    }

    /// The type for an extension (without its dot, any case); `application/octet-stream` when it is unknown.
    pub fn of_extension(extension: &str) -> Self {
        let extension = extension.to_ascii_lowercase();
        let known = TABLE.iter().find(|(known, ..)| *known == extension).map(|(_, media, _)| *media);
        Self(Cow::Borrowed(known.unwrap_or("application/octet-stream")))
    }

    /// The type that stands in a `Content-Type` field.
    pub fn of_field(value: &str) -> Self {
        Self(Cow::Owned(value.trim().to_owned()))
    }

    /// Every extension that has a type of its own, with it.
    pub fn known() -> impl Iterator<Item = (&'static str, &'static str)> {
        TABLE.iter().map(|(extension, media, _)| (*extension, *media))
    }

    /// The value of `Content-Type`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The type without its parameters: `text/html`.
    pub fn essence(&self) -> &str {
        self.0.split(';').next().unwrap_or_default().trim_end()
    }

    /// Whether Brotli and gzip make it smaller as a rule.
    pub fn compressible(&self) -> bool {
        TABLE.iter().any(|(_, media, compressible)| *media == self.0 && *compressible)
    }
}

impl fmt::Display for Media {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_extension_gives_its_type() {
        assert_eq!(Media::of_extension("HTML").as_str(), "text/html; charset=utf-8");
        assert_eq!(Media::html().essence(), "text/html");
        assert!(Media::of_extension("svg").compressible());
        assert!(!Media::of_extension("avif").compressible());
        assert_eq!(Media::of_extension("xyz").as_str(), "application/octet-stream");
    }
}
