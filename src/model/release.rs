//! `Release`: the sealed manifest of a bundle. What is served for every URL can be read from it.

use super::{Class, Digest, Headers, Key, Media, Mode, Redirect, Routing, UrlPath};
use crate::diag::{Code, Diagnostic};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The manifest of everything that a deploy publishes: ordered, without dates, its id is its own digest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Release {
    /// Version of this format.
    pub format: u32,
    /// Key to what stands there.
    pub entries: BTreeMap<Key, Entry>,
    /// What the other modes serve instead, where that differs.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub modes: BTreeMap<Mode, BTreeMap<Key, Entry>>,
    /// Redirect sources to targets.
    pub redirects: BTreeMap<UrlPath, Redirect>,
    /// The header fields of every redirect.
    pub redirect_headers: Headers,
    /// Status to the page that stands for it.
    pub errors: BTreeMap<u16, Key>,
    /// Who decides what stands under an address: [`Release::routed`]. Not in the manifest.
    #[serde(skip)]
    pub routing: Routing,
}

/// One object: its identity is body **and** headers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// SHA-256 of the body.
    pub sha256: Digest,
    /// Bytes of the body.
    pub size: u64,
    /// What part it plays.
    pub class: Class,
    /// All header fields it is served with, `content-type` included.
    pub headers: Headers,
    /// The files that a browser asks for when it shows this one.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub refs: BTreeSet<Key>,
}

/// Where a URL leads in a release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Route<'a> {
    /// To an object.
    Object(&'a Key),
    /// To a file whose name carries its digest and which this release does not list: an older page may still ask for it.
    OldAsset(Key),
    /// Elsewhere.
    Redirect(Redirect),
    /// Nowhere.
    NotFound,
}

/// What a URL answers with: two releases serve a URL alike when their replies are equal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply<'a> {
    /// The status.
    pub status: u16,
    /// The body's digest, and none for a redirect.
    pub body: Option<Digest>,
    /// The header fields.
    pub headers: &'a Headers,
    /// The target of a redirect.
    pub location: Option<String>,
}

impl Release {
    /// The newest manifest format that this version writes and reads.
    ///
    /// 2 added `modes`.
    pub const FORMAT: u32 = 2;

    /// The canonical form: JSON with sorted keys, no spaces, one line.
    ///
    pub fn to_json(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("maps with string keys have a JSON form")
    }

    /// Reads the canonical form.
    ///
    /// # Errors
    /// When it is not a manifest, or one of a newer format.
    pub fn from_json(raw: &[u8]) -> Result<Self, Diagnostic> {
        super::head::check_format(raw, Self::FORMAT, "manifest")?;
        serde_json::from_slice(raw)
            .map_err(|err| Diagnostic::new(Code::BadControl, format!("the manifest cannot be read: {err}")))
    }

    /// The digest of the canonical form.
    pub fn id(&self) -> Digest {
        Digest::of(&self.to_json())
    }

    /// Everything that is not an asset, in the order in which it must go public: error pages, other documents, the entry page last.
    pub fn documents(&self) -> Vec<(&Key, &Entry)> {
        let mut documents: Vec<_> = self.entries.iter().filter(|(_, entry)| entry.class != Class::Asset).collect();
        documents.sort_by_key(|(key, entry)| (entry.class != Class::Error, key.as_str() == "index.html", *key));
        documents
    }

    /// What stands in the store while `mode` is shown: the usual objects, and in place of some what that mode serves instead.
    /// Only what is served follows from it: it has no manifest and its id is nobody's.
    #[must_use]
    pub fn shown(&self, mode: Mode) -> Self {
        let mut shown = self.clone();
        if let Some(instead) = self.modes.get(&mode) {
            shown.entries.extend(instead.iter().map(|(key, entry)| (key.clone(), entry.clone())));
        }
        shown
    }

    /// What a mode has of its own at a key; what `normal` has there.
    pub fn of_mode(&self, mode: Mode, key: &Key) -> Option<&Entry> {
        if mode == Mode::Normal { self.entries.get(key) } else { self.modes.get(&mode)?.get(key) }
    }

    /// Whether a mode shows anything of its own; `degraded` may look like `normal`, `closed` must not.
    pub fn can_show(&self, mode: Mode) -> bool {
        mode != Mode::Closed || self.modes.contains_key(&mode)
    }

    /// The documents of the other modes: what a switch writes where it differs from what is served usually.
    pub fn variants(&self) -> impl Iterator<Item = (Mode, &Key, &Entry)> {
        self.modes.iter().flat_map(|(mode, entries)| entries.iter().map(|(key, entry)| (*mode, key, entry)))
    }

    /// The assets.
    pub fn assets(&self) -> impl Iterator<Item = (&Key, &Entry)> {
        self.entries.iter().filter(|(_, entry)| entry.class == Class::Asset)
    }

    /// Where a URL leads. Clean URLs: `x.html` answers at `/x` and `/x.html`, `x/index.html` at `/x/` and `/x/index.html`.
    /// A URL that misses by a trailing slash or by upper case is sent to the one it meant: addresses seen on television are typed by hand.
    /// A bare bucket knows none of that, but what its CDN is told of redirects.
    pub fn route(&self, url: &UrlPath) -> Route<'_> {
        if let Some(redirect) = self.redirects.get(url) {
            return Route::Redirect(redirect.clone());
        }
        if let Some(key) = self.object_at(url.as_str()) {
            return Route::Object(key);
        }
        if let Some(asset) = old_asset(url) {
            return Route::OldAsset(asset);
        }
        match self.meant(url.as_str()).filter(|_| self.routing == Routing::Clean) {
            Some(to) => Route::Redirect(Redirect { to, status: 308 }),
            None => Route::NotFound,
        }
    }

    fn object_at(&self, path: &str) -> Option<&Key> {
        let plain = path.strip_prefix('/')?;
        let found = |raw: &str| self.entries.get_key_value(raw).map(|(key, _)| key);
        if self.routing.has_index(plain) {
            return found(&format!("{plain}index.html"));
        }
        let clean = || (self.routing == Routing::Clean).then(|| found(&format!("{plain}.html"))).flatten();
        found(plain).or_else(clean)
    }

    /// The URL that `path` meant: without the slash too many or with the one that is missing, in lower case.
    fn meant(&self, path: &str) -> Option<String> {
        let lower = path.to_lowercase();
        let trimmed = lower.trim_end_matches('/');
        let reachable = |path: &str| {
            let url = UrlPath::parse(path).ok()?;
            (self.redirects.contains_key(&url) || self.object_at(path).is_some()).then(|| url.encoded())
        };
        [lower.as_str(), trimmed, &format!("{trimmed}/")].into_iter().filter(|it| *it != path).find_map(reachable)
    }

    /// What a URL answers with.
    pub fn reply(&self, url: &UrlPath) -> Option<Reply<'_>> {
        match self.route(url) {
            Route::Object(key) => self.reply_of(key, 200),
            Route::OldAsset(_) => None,
            Route::Redirect(Redirect { to, status }) => {
                Some(Reply { status, body: None, headers: &self.redirect_headers, location: Some(to) })
            }
            Route::NotFound => self.errors.get(&404).and_then(|key| self.reply_of(key, 404)),
        }
    }

    fn reply_of(&self, key: &Key, status: u16) -> Option<Reply<'_>> {
        let entry = self.entries.get(key)?;
        Some(Reply { status, body: Some(entry.sha256), headers: &entry.headers, location: None })
    }

    /// Every URL that this release answers in a way of its own and that can be listed: those of its documents, the same
    /// with a slash added or cut, and the sources of its redirects. Assets are left out, their URLs never change meaning.
    pub fn urls(&self) -> BTreeSet<UrlPath> {
        let mut urls: BTreeSet<UrlPath> = self.redirects.keys().cloned().collect();
        for (key, _) in self.documents() {
            urls.extend(urls_of(key));
        }
        let slashed: Vec<UrlPath> = urls.iter().filter_map(other_slash).collect();
        urls.extend(slashed);
        urls.retain(|url| self.route(url) != Route::NotFound);
        urls
    }
}

/// The public URLs of a document: `/` and `/index.html`, `/x` and `/x.html`.
pub fn urls_of(key: &Key) -> Vec<UrlPath> {
    let direct = UrlPath::of(key);
    let clean = match key.as_str().strip_suffix(".html") {
        Some("index") => Some("/".to_owned()),
        Some(path) => Some(match path.strip_suffix("/index") {
            Some(folder) => format!("/{folder}/"),
            None => format!("/{path}"),
        }),
        None => None,
    };
    clean.and_then(|path| UrlPath::parse(&path).ok()).into_iter().chain([direct]).collect()
}

fn other_slash(url: &UrlPath) -> Option<UrlPath> {
    let path = url.as_str();
    if path == "/" || path.ends_with(".html") {
        return None;
    }
    let other = path.strip_suffix('/').map_or_else(|| format!("{path}/"), str::to_owned);
    UrlPath::parse(&other).ok()
}

/// The 16 digits in the name of an asset key: `assets/NAME.HEX16.EXT`.
pub fn asset_digits(key: &Key) -> Option<&str> {
    let name = key.as_str().strip_prefix("assets/")?;
    let (rest, _extension) = name.rsplit_once('.')?;
    let (_, digits) = rest.rsplit_once('.')?;
    let hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    (digits.len() == 16 && digits.bytes().all(hex)).then_some(digits)
}

fn old_asset(url: &UrlPath) -> Option<Key> {
    let key = Key::parse(url.as_str().strip_prefix('/')?).ok()?;
    asset_digits(&key).is_some().then_some(key)
}

impl Entry {
    /// The media type, from the header fields.
    pub fn media(&self) -> Media {
        let value = self.headers.get("content-type").unwrap_or("application/octet-stream");
        serde_json::from_value(serde_json::Value::String(value.to_owned())).expect("a string is a media type")
    }
}
