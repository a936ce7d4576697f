//! `Policy`: how the site wants to be served, in words that no host owns.

use super::{Headers, Key, UrlPath};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What part a file or an answer plays; it decides how long caches may keep it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// A page, or another file under a name that stays (`robots.txt`).
    Document,
    /// A file whose name carries its digest: its bytes never change.
    Asset,
    /// A page that stands for an error.
    Error,
    /// An answer that only points elsewhere.
    Redirect,
}

impl Class {
    /// The name in `landing.toml` and in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Document => "document",
            Self::Asset => "asset",
            Self::Error => "error",
            Self::Redirect => "redirect",
        }
    }
}

/// How long caches may keep an answer of one class. All in seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lifetime {
    /// For browsers: `max-age` of `Cache-Control`. Short for pages, because no purge reaches a browser.
    pub browser: u64,
    /// For the CDN: `max-age` of `CDN-Cache-Control` (RFC 9213).
    pub cdn: u64,
    /// How long the CDN may serve it stale while it fetches a new one (RFC 5861, section 3).
    pub stale_while_revalidate: u64,
    /// How long the CDN may serve it stale when the origin fails (RFC 5861, section 4).
    pub stale_if_error: u64,
    /// Whether the bytes can never change (RFC 8246).
    pub immutable: bool,
}

impl Lifetime {
    /// `Cache-Control`, and `CDN-Cache-Control` where it says more.
    ///
    /// No `s-maxage`: it forbids serving stale (RFC 9111, sections 5.2.2.10 and 4.2.4). The stale windows stand only in the
    /// CDN's field, because browsers would use them as well and show the old page for as long.
    pub fn write(&self, headers: &mut Headers) {
        let immutable = if self.immutable { ", immutable" } else { "" };
        let browser = format!("public, max-age={}{immutable}", self.browser);
        headers.set("cache-control", &browser).expect("digits and letters");
        if self.immutable {
            return;
        }
        let mut cdn = format!("public, max-age={}", self.cdn);
        for (name, seconds) in
            [("stale-while-revalidate", self.stale_while_revalidate), ("stale-if-error", self.stale_if_error)]
        {
            if seconds > 0 {
                cdn.push_str(&format!(", {name}={seconds}"));
            }
        }
        headers.set("cdn-cache-control", &cdn).expect("digits and letters");
    }
}

/// One [`Lifetime`] per [`Class`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lifetimes {
    /// Pages.
    pub document: Lifetime,
    /// Fingerprinted files.
    pub asset: Lifetime,
    /// Error pages.
    pub error: Lifetime,
    /// Redirects.
    pub redirect: Lifetime,
}

impl Lifetimes {
    /// That of a class.
    pub fn of(&self, class: Class) -> &Lifetime {
        match class {
            Class::Document => &self.document,
            Class::Asset => &self.asset,
            Class::Error => &self.error,
            Class::Redirect => &self.redirect,
        }
    }
}

/// One redirect.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Redirect {
    /// Where to: a path of this site or an absolute `https:` URL.
    pub to: String,
    /// 301, 302, 303, 307 or 308.
    pub status: u16,
}

/// Everything about serving that is not the bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    /// How long each class may be kept.
    pub lifetimes: Lifetimes,
    /// Header fields that every answer carries, whatever its class.
    pub everywhere: Headers,
    /// Source path to target.
    pub redirects: BTreeMap<UrlPath, Redirect>,
    /// Status to the page that stands for it: 404, and 503 for every failure of the origin.
    pub errors: BTreeMap<u16, Key>,
}

impl Policy {
    /// The header fields of an answer of a class, without `Content-Type`.
    pub fn headers(&self, class: Class) -> Headers {
        let mut headers = self.everywhere.clone();
        self.lifetimes.of(class).write(&mut headers);
        let tag = match class {
            Class::Error => Some(Self::ERROR_TAG),
            Class::Redirect => Some(Self::REDIRECT_TAG),
            Class::Document | Class::Asset => None,
        };
        if let Some(tag) = tag {
            let tags = headers.get("cache-tag").map_or(String::new(), |tags| format!("{tags}, "));
            headers.set("cache-tag", &format!("{tags}{tag}")).expect("letters after a header value");
        }
        headers
    }

    /// The cache tag of error pages. They are stored under URLs that nobody can list: a CDN that knows tags (`Cache-Tag`: Cloudflare,
    /// Netlify, CloudFront, our edge) purges the cached 404s of all of them by it.
    pub const ERROR_TAG: &'static str = "error";

    /// The cache tag of redirects. Those for mistyped addresses (a capital, a slash too many) cannot be listed either.
    pub const REDIRECT_TAG: &'static str = "redirect";
}
