//! What a browser asks for to show a page: each file published under a name that carries its digest, or put into the page itself where
//! the page must stand alone. Other hosts are refused unless the settings name them.

use super::images::svg_size;
use super::{Draft, Drawing, Shop, Survey};
use crate::assets::{fingerprint, optimize, svg};
use crate::build::shelf::{Found, From};
use crate::diag::{Code, Diagnostic};
use crate::html::Id;
use crate::html::{Address, host};
use crate::model::{Artifact, Class, Key, Media, UrlPath};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use std::collections::BTreeSet;
use std::sync::{Arc, PoisonError};

impl Drawing {
    fn of(svg: String) -> Self {
        let size = svg_size(&svg);
        Self { svg: svg.into(), size }
    }

    /// As text.
    pub(super) fn text(&self) -> &str {
        std::str::from_utf8(&self.svg).expect("it was made of text")
    }
}

impl Survey<'_, '_> {
    /// Rewrites an attribute that names a file.
    pub(super) fn file(&mut self, id: Id, attribute: &str, directive: &'static str) {
        let Some(written) = self.draft.tree.get(id, attribute).map(str::to_owned) else { return };
        match self.resolve(&written, directive, From::Page(self.author.page)) {
            Ok(Some(url)) => self.draft.tree.set(id, attribute, &url),
            Ok(None) => {}
            Err(err) => self.complain(err, &written),
        }
    }

    /// Rewrites a `srcset` or `imagesrcset`: URLs with descriptors, parted by commas (HTML, section 4.8.4.2.1).
    pub(super) fn candidates(&mut self, id: Id, attribute: &str) {
        let Some(written) = self.draft.tree.get(id, attribute).map(str::to_owned) else { return };
        let mut out: Vec<String> = Vec::new();
        for (url, descriptor) in srcset(&written) {
            match self.resolve(url, "img-src", From::Page(self.author.page)) {
                Ok(new) => out.push(format!("{} {descriptor}", new.as_deref().unwrap_or(url)).trim_end().to_owned()),
                Err(err) => self.complain(err, url),
            }
        }
        self.draft.tree.set(id, attribute, &out.join(","));
    }

    /// What to write instead of a reference; `None` leaves it. The error carries no place yet.
    pub(super) fn resolve(
        &mut self,
        written: &str,
        directive: &'static str,
        from: From<'_>,
    ) -> Result<Option<String>, Diagnostic> {
        let target = self.shop.look_up(written, from)?;
        if let Target::Remote { origin, .. } = &target
            && self.draft.alone
        {
            return Err(self.must_stand_alone(host(origin)));
        }
        let url = self.draft.take(&target, directive);
        Ok((url != written).then_some(url))
    }

    pub(super) fn must_stand_alone(&self, host: &str) -> Diagnostic {
        let message = format!("`{}` asks `{host}` for something, but must stand alone", self.author.page.source);
        let hint = "when this page shows, nothing else may answer: use a file below `assets/`";
        Diagnostic::new(Code::ThirdParty, message).hint(hint)
    }

    /// Takes a file into the release; its URL and its key.
    pub(super) fn publish(&mut self, found: Found) -> Result<(String, Key), Diagnostic> {
        if let Found::Published(key) = found {
            return Ok((UrlPath::of(&key).encoded(), key));
        }
        let name = match &found {
            Found::Asset { file, .. } => file.clone(),
            Found::Published(_) => unreachable!("returned above"),
        };
        let (bytes, media) = self.shop.read(found)?;
        Ok(self.draft.shelve(&name, bytes, media))
    }
}

/// What a reference leads to: looked up once, taken by each page that shows it.
#[derive(Clone, Debug)]
pub(in crate::build) enum Target {
    /// Nothing is asked for.
    Here { written: String },
    /// The thing itself.
    Data { written: String },
    /// Another host, which the settings allow.
    Remote { written: String, origin: String },
    /// A file of this site, safe and small. Without a key it gets one that carries its digest.
    File { name: String, key: Option<Key>, bytes: Bytes, media: Media, fragment: String },
}

impl Shop<'_> {
    /// What a reference leads to. The error carries no place yet.
    pub(super) fn look_up(&self, written: &str, from: From<'_>) -> Result<Target, Diagnostic> {
        let written_as = || written.to_owned();
        let (path, tail) = match Address::parse(written, &self.settings.site.url) {
            Address::Here => return Ok(Target::Here { written: written_as() }),
            Address::Data => return Ok(Target::Data { written: written_as() }),
            Address::Script => {
                let message = format!("`{written}` is an inline script, which the page's own policy blocks");
                return Err(Diagnostic::new(Code::InlineHandler, message).hint("name a file below `assets/`"));
            }
            Address::Remote(origin) => {
                self.allowed(host(&origin))?;
                return Ok(Target::Remote { written: written_as(), origin });
            }
            Address::Other(scheme) => {
                let message = format!("`{written}` cannot be shown: `{scheme}:` is no address of a file");
                return Err(Diagnostic::new(Code::ThirdParty, message).hint("name a file below `assets/`"));
            }
            Address::Local { path, tail } => (path, tail),
        };
        let found = self.shelf.file(from, &path)?;
        let (name, key) = match &found {
            Found::Asset { file, .. } => (file.clone(), None),
            Found::Published(key) => (key.to_string(), Some(key.clone())),
        };
        let (bytes, media) = self.read(found)?;
        // A query only ever fooled caches, which the digest in the name does better.
        let fragment = tail.find('#').map_or("", |at| &tail[at..]).to_owned();
        Ok(Target::File { name, key, bytes, media, fragment })
    }

    /// Whether the settings name another host.
    pub(super) fn allowed(&self, host: &str) -> Result<(), Diagnostic> {
        if self.settings.check.third_parties.iter().any(|allowed| allowed.eq_ignore_ascii_case(host)) {
            return Ok(());
        }
        let hint = format!("put the file into `assets/`, or add `{host}` to `third_parties` in `[check]`");
        let message = format!("the page asks another host, `{host}`, for something");
        Err(Diagnostic::new(Code::ThirdParty, message).hint(hint))
    }

    /// An SVG without anything that acts or asks, as small as it goes.
    pub(super) fn drawing(&self, file: &str, bytes: &[u8]) -> Result<Arc<Drawing>, Diagnostic> {
        let lock = || self.drawings.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = lock().get(file) {
            return known.clone();
        }
        let made = svg(bytes).map(|svg| Arc::new(Drawing::of(svg))).map_err(|err| err.diagnostic(file, bytes));
        lock().insert(file.to_owned(), made.clone());
        made
    }

    /// The bytes to publish: safe and small.
    pub(super) fn read(&self, found: Found) -> Result<(Bytes, Media), Diagnostic> {
        match found {
            Found::Published(key) => {
                let file = self.shelf.published.get(&key).copied();
                let bytes = file.and_then(|file| self.shelf.source.files.get(file));
                Ok((bytes.cloned().unwrap_or_default(), Media::of_extension(&key.extension())))
            }
            Found::Asset { file, bytes } => {
                let media = Media::of_extension(file.rsplit_once('.').map_or("", |(_, extension)| extension));
                if media.essence() == "image/svg+xml" {
                    return Ok((self.drawing(&file, &bytes)?.svg.clone(), media));
                }
                let bytes = optimize(&bytes, &media, self.memo);
                Ok((bytes, media))
            }
        }
    }
}

impl Draft {
    /// Takes what a reference leads to into the page, or into the release and its address into the page. What to write there.
    pub(in crate::build) fn take(&mut self, target: &Target, directive: &'static str) -> String {
        match target {
            Target::Here { written } => written.clone(),
            Target::Data { written } => {
                self.sources.allow(directive, "data:");
                written.clone()
            }
            Target::Remote { written, origin } => {
                self.sources.allow(directive, origin);
                written.clone()
            }
            Target::File { bytes, media, fragment, .. } if self.alone => {
                self.sources.allow(directive, "data:");
                data_url(bytes, media) + fragment
            }
            Target::File { name, key, bytes, media, fragment } => {
                self.sources.allow(directive, "'self'");
                let (url, key) = match key {
                    Some(key) => (UrlPath::of(key).encoded(), key.clone()),
                    None => self.shelve(name, bytes.clone(), media.clone()),
                };
                self.refs.insert(key);
                url + fragment
            }
        }
    }

    /// Gives final bytes a name that carries their digest.
    pub(in crate::build) fn shelve(&mut self, name: &str, bytes: Bytes, media: Media) -> (String, Key) {
        let key = fingerprint(name, &bytes);
        let url = UrlPath::of(&key).encoded();
        self.assets.insert(key.clone(), Artifact::new(bytes, media, Class::Asset, BTreeSet::new()));
        (url, key)
    }
}

/// URL and descriptor of each candidate.
fn srcset(raw: &str) -> Vec<(&str, &str)> {
    let mut out = Vec::new();
    let mut rest = raw;
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == ',');
        if rest.is_empty() {
            return out;
        }
        let (url, after) = rest.split_at(rest.find(|c: char| c.is_ascii_whitespace()).unwrap_or(rest.len()));
        let bare = url.trim_end_matches(',');
        if bare.len() < url.len() {
            out.push((bare, ""));
            rest = after;
            continue;
        }
        let (descriptor, after) = after.split_at(after.find(',').unwrap_or(after.len()));
        out.push((url, descriptor.trim()));
        rest = after;
    }
}

/// `data:` with the bytes themselves. SVG stays text, which compresses with the page; in single quotes, so that it can stand in an
/// attribute as it is.
pub(in crate::build) fn data_url(bytes: &[u8], media: &Media) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) if media.essence() == "image/svg+xml" => format!("data:image/svg+xml,{}", escape_svg(text)),
        _ => format!("data:{};base64,{}", media.essence(), STANDARD.encode(bytes)),
    }
}

/// Percent-encodes what a URL cannot hold (RFC 3986, section 2) and what would end it in HTML or CSS.
fn escape_svg(text: &str) -> String {
    use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
    const NOT_IN_URL: &AsciiSet = &CONTROLS
        .add(b' ')
        .add(b'"')
        .add(b'#')
        .add(b'%')
        .add(b'<')
        .add(b'>')
        .add(b'[')
        .add(b']')
        .add(b'^')
        .add(b'`')
        .add(b'{')
        .add(b'|')
        .add(b'}')
        .add(b'\\');
    let quoted = if text.contains('\'') { text.to_owned() } else { text.replace('"', "'") };
    utf8_percent_encode(&quoted, NOT_IN_URL).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_srcset_is_read_as_browsers_read_it() {
        assert_eq!(srcset(" a.jpg 1x, b.jpg 2x"), [("a.jpg", "1x"), ("b.jpg", "2x")]);
        assert_eq!(srcset("a.jpg, b,c.jpg 480w"), [("a.jpg", ""), ("b,c.jpg", "480w")]);
        assert_eq!(srcset("data:image/png;base64,AA 1x"), [("data:image/png;base64,AA", "1x")]);
    }

    #[test]
    fn an_svg_in_an_attribute_stays_readable() {
        let media = Media::of_extension("svg");
        assert_eq!(data_url(b"<svg fill=\"#f00\"/>", &media), "data:image/svg+xml,%3Csvg%20fill='%23f00'/%3E");
        assert_eq!(data_url(b"abc", &Media::of_extension("png")), "data:image/png;base64,YWJj");
    }
}
