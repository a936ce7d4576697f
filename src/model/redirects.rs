//! Where redirects end: at an answer, elsewhere, nowhere, or where they began.

use super::{Redirect, Release, Route, Settings, Source, UrlPath};
use crate::diag::Place;
use std::collections::BTreeSet;

/// Where following a redirect of the site ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// At something that is published, after so many answers that are redirects; one is the least.
    Answer(usize),
    /// At another host.
    Elsewhere,
    /// At a path where nothing stands.
    Nothing(String),
    /// Nowhere, ever: at this path for the second time. Browsers give up with `ERR_TOO_MANY_REDIRECTS`.
    Circle(String),
}

impl Release {
    /// Follows the redirect of `from`; `own` is the site's public address, such as `https://www.example.com`.
    pub fn end_of(&self, from: &UrlPath, own: &str) -> End {
        let (mut seen, mut at) = (BTreeSet::new(), from.clone());
        loop {
            let Route::Redirect(Redirect { to, .. }) = self.route(&at) else {
                return match self.reply(&at).map(|reply| reply.status) {
                    Some(200) => End::Answer(seen.len()),
                    _ => End::Nothing(at.as_str().to_owned()),
                };
            };
            let Some(path) = local(&to, own) else { return End::Elsewhere };
            if !seen.insert(at) {
                return End::Circle(from.as_str().to_owned());
            }
            match UrlPath::from_target(path) {
                Ok(next) if seen.contains(&next) => return End::Circle(next.as_str().to_owned()),
                Ok(next) => at = next,
                Err(_) => return End::Nothing(path.to_owned()),
            }
        }
    }
}

/// The path of a target that is this site's own.
fn local<'t>(to: &'t str, own: &str) -> Option<&'t str> {
    if to.starts_with('/') && !to.starts_with("//") {
        return Some(to);
    }
    let rest = to.strip_prefix(own.trim_end_matches('/'))?;
    match rest.chars().next() {
        Some('/') => Some(rest),
        None | Some('?' | '#') => Some("/"),
        Some(_) => None,
    }
}

/// Where the redirect of a path is written.
pub fn redirect_place(source: &Source, from: &UrlPath) -> Place {
    let text = source.get(Settings::FILE).and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or_default();
    let written = |(at, key): (usize, &str)| {
        let value = text[at + key.len()..].trim_start().strip_prefix('=')?.trim_start();
        let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
        let value = &value[1..];
        let begin = text.len() - value.len();
        (&value[..value.find(quote)?] == from.as_str()).then(|| begin..begin + from.as_str().len())
    };
    match text.match_indices("from").find_map(written) {
        Some(range) => Place::span(Settings::FILE, text, range),
        None => Place::file(Settings::FILE),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Key;
    use serde_json::{Map, Value, json};

    fn ends(redirects: &[(&str, &str)], from: &str) -> End {
        let redirects: Map<String, Value> =
            redirects.iter().map(|(from, to)| ((*from).to_owned(), json!({ "to": to, "status": 302 }))).collect();
        let entry = json!({ "sha256": "0".repeat(64), "size": 1, "class": "document", "headers": {} });
        let release = json!({ "format": 2, "entries": { "index.html": entry, "app.html": entry }, "redirects": redirects,
            "redirect_headers": {}, "errors": {} });
        let release: Release = serde_json::from_value(release).unwrap();
        release.end_of(&UrlPath::parse(from).unwrap(), "https://www.example.com")
    }

    #[test]
    fn a_redirect_is_followed_to_its_end() {
        let circle = |at: &str| End::Circle(at.to_owned());
        for (redirects, end) in [
            (&[("/a", "/app")][..], End::Answer(1)),
            (&[("/a", "/app?utm_source=tv#offer")], End::Answer(1)),
            (&[("/a", "https://www.example.com")], End::Answer(1)),
            (&[("/a", "https://www.example.com/app")], End::Answer(1)),
            (&[("/a", "/APP")], End::Answer(2)),
            (&[("/a", "/b"), ("/b", "/")], End::Answer(2)),
            (&[("/a", "https://example.org/a")], End::Elsewhere),
            (&[("/a", "https://www.example.com.evil/app")], End::Elsewhere),
            (&[("/a", "//example.org/")], End::Elsewhere),
            (&[("/a", "/none")], End::Nothing("/none".to_owned())),
            (&[("/a", "/b"), ("/b", "/none%20here")], End::Nothing("/none here".to_owned())),
            (&[("/a", "/a")], circle("/a")),
            (&[("/a", "/A")], circle("/a")),
            (&[("/a", "/a/")], circle("/a")),
            (&[("/a", "https://www.example.com/a?again")], circle("/a")),
            (&[("/a", "/b"), ("/b", "/c"), ("/c", "/b")], circle("/b")),
        ] {
            assert_eq!(ends(redirects, "/a"), end, "{redirects:?}");
        }
    }

    #[test]
    fn it_is_found_where_it_is_written() {
        let text = "[site]\nname = \"from /\"\n[[redirects]]\nfrom = '/app'\nto = \"/\"\n[[redirects]]\nfrom = \"/\"\nto = \"/app\"\n";
        let files = [(Key::parse(Settings::FILE).unwrap(), text.as_bytes().to_vec().into())];
        let source = Source { files: files.into() };
        for (from, line, column) in [("/app", 4, 9), ("/", 7, 9), ("/none", 0, 0)] {
            let place = redirect_place(&source, &UrlPath::parse(from).unwrap());
            assert_eq!((place.line, place.column), (line, column), "{from}");
        }
    }
}
