//! `nginx`: an include for one `server { … }` that serves the published folder by the release, and nothing else of it.
//!
//! In: policy and release. Out: `nginx/landing.conf`. Every URL of the release stands in it, each kind of answer with its whole set
//! of fields, because one `add_header` in a block discards all that it would inherit (nginx docs, `ngx_http_headers_module`). What
//! the release does not list is a 404: compressed siblings, host files, `.landing/`. Only files whose name carries a digest are
//! served unlisted, an older page may still ask for them.
//!
//! Lifetimes stand without `always`, so that a 404 or 405 never carries those of the file; errors have their own. (nginx decides on
//! a 416 after it has set the fields: that one does carry them.) A failure of the server is `no-store`: a cache that kept it would lose the page it could still show.

mod conf;

use super::{Emitter, File, file, limit};
use crate::diag::{Diagnostic, Warned};
use crate::model::{CONTROL, Class, Entry, Headers, Key, Media, Policy, Redirect, Release, Route, UrlPath};
use conf::{Conf, expanded, literal_pattern, word};
use std::collections::{BTreeMap, BTreeSet};

/// An include for nginx.
pub(super) struct Nginx;

/// Fields that nginx sets itself: `add_header` would send them twice.
const OWN: &[&str] = &[
    "accept-ranges",
    "connection",
    "content-encoding",
    "content-length",
    "content-range",
    "content-type",
    "date",
    "etag",
    "last-modified",
    "location",
    "server",
    "transfer-encoding",
    "vary",
];

/// Fields that say how long an answer may be kept.
const LIFETIMES: &[&str] = &["cache-control", "cdn-cache-control", "surrogate-control"];

const OPENING: &str = "\
# How nginx serves this release. Include it in a server of its own, whose root is the published folder:
#
#     server {
#         listen 80;
#         server_name www.example.com;
#         root /srv/www/example;
#         include /srv/www/example/nginx/landing.conf;
#     }
#
# Needs the modules http_gzip_static (part of Debian's nginx) and http_brotli_static (Debian: libnginx-mod-http-brotli-static;
# without it take the line `brotli_static on` out). Further locations may stand beside the include, but not `location /`.";

/// What is set once for the whole server: nothing that nginx guesses, compresses or merges by itself.
const SERVER: &[&str] = &[
    "absolute_redirect off;",
    "charset off;",
    "expires off;",
    "gzip off;",
    "gzip_vary off;",
    "gzip_static on;",
    "brotli_static on;",
    "merge_slashes off;",
    "# Small TLS records: by its default of 16 kB a page that is a packet too long for the first round trip shows nothing before the",
    "# second.",
    "ssl_buffer_size 4k;",
];

impl Emitter for Nginx {
    fn name(&self) -> &'static str {
        "nginx"
    }

    fn about(&self) -> &'static str {
        "an include for one nginx server, `nginx/landing.conf`"
    }

    fn emit(&self, policy: &Policy, release: &Release) -> Warned<Vec<File>> {
        let mut writer =
            Writer { release, conf: Conf::default(), warnings: BTreeMap::new(), statuses: BTreeSet::new() };
        writer.write(policy);
        let warnings = writer.warnings();
        Warned { value: vec![file("nginx/landing.conf", writer.conf.finish())], warnings }
    }
}

struct Writer<'a> {
    release: &'a Release,
    conf: Conf,
    /// Why, to what it is about.
    warnings: BTreeMap<&'static str, BTreeSet<String>>,
    /// Of the redirects written so far.
    statuses: BTreeSet<u16>,
}

impl Writer<'_> {
    fn write(&mut self, policy: &Policy) {
        self.conf.lines(OPENING.lines());
        self.conf.line("");
        self.conf.lines(SERVER);
        self.conf.line("");
        self.errors();
        self.conf.line("");
        self.conf.line("# Nothing but what stands here is public.");
        self.conf.line("location / { return 404; }");
        self.conf.line(&format!("location ^~ /{CONTROL}/ {{ return 404; }}"));
        self.assets(policy);
        self.urls();
        self.moves();
    }

    fn warnings(&self) -> Vec<Diagnostic> {
        let one = |(why, whats): (&&'static str, &BTreeSet<String>)| {
            let whats: Vec<String> = whats.iter().map(|what| format!("`{what}`")).collect();
            limit("nginx", format!("{why}: {}", whats.join(", ")), "it is left out there")
        };
        self.warnings.iter().map(one).collect()
    }

    fn warn(&mut self, why: &'static str, what: impl Into<String>) {
        self.warnings.entry(why).or_default().insert(what.into());
    }

    /// The pages that stand for an error: 404, and 503 for every failure of the server.
    fn errors(&mut self) {
        for (status, statuses, name) in [(404, "404", "@landing_missing"), (503, "500 502 503 504", "@landing_failed")]
        {
            let Some(key) = self.release.errors.get(&status).cloned() else { continue };
            let Some(entry) = self.release.entries.get(&key).cloned() else { continue };
            let Some(path) = expanded(&format!("/{key}")) else {
                self.warn("cannot serve a path with `$` under another URL", format!("/{key}"));
                continue;
            };
            self.conf.line(&format!("error_page {statuses} {name};"));
            let mut headers = entry.headers.clone();
            if status != 404 {
                for name in LIFETIMES {
                    headers.remove(name);
                }
                headers = headers.with("cache-control", "no-store");
            }
            let fields = self.fields(&headers, Always::All, &entry);
            self.conf.block(&format!("location {name}"), |conf| {
                conf.lines(&fields);
                conf.line(&format!("try_files {path} ={status};"));
            });
        }
    }

    /// Every file whose name carries a digest, listed or not; those with compressed siblings apart, only they vary.
    fn assets(&mut self, policy: &Policy) {
        let headers = policy.headers(Class::Asset);
        let fields = self.adds(&headers, Always::ButLifetimes);
        let (siblings, single): (Vec<_>, Vec<_>) =
            Media::known().partition(|(extension, _)| Media::of_extension(extension).compressible());
        let extensions: Vec<&str> = siblings.iter().map(|(extension, _)| *extension).collect();
        for (known, end, vary) in [
            (&siblings, format!("(?:{})", extensions.join("|")), Some("add_header Vary Accept-Encoding;")),
            (&single, "[^./]+".to_owned(), None),
        ] {
            let head = format!("location ~ {}", word(&format!("^/assets/[^/]+\\.[0-9a-f]{{16}}\\.{end}$")));
            self.conf.block(&head, |conf| {
                conf.block("types", |conf| {
                    conf.lines(known.iter().map(|(extension, media)| format!("{} {extension};", word(media))));
                });
                conf.line("default_type application/octet-stream;");
                conf.lines(fields.iter().map(String::as_str).chain(vary));
            });
        }
        // Those of which the class does not say all.
        let release = self.release;
        for (key, entry) in release.assets() {
            let media = Media::of_extension(&key.extension());
            if entry.headers != headers.clone().with("content-type", media.as_str()) {
                self.file(key, entry, &UrlPath::of(key));
            }
        }
    }

    /// Every other URL of the release: its documents, its redirects, and those that miss one of them by a slash or by upper case.
    fn urls(&mut self) {
        let release = self.release;
        let mut missed = Vec::new();
        for url in release.urls() {
            match release.route(&url) {
                Route::Object(key) => self.file(key, &release.entries[key], &url),
                Route::Redirect(redirect) => self.redirect(&format!("= {}", word(url.as_str())), &redirect, &url),
                Route::OldAsset(_) | Route::NotFound => continue,
            }
            missed.extend(self.misses(&url));
        }
        for (head, redirect, url) in missed {
            self.redirect(&head, &redirect, &url);
        }
    }

    fn file(&mut self, key: &Key, entry: &Entry, url: &UrlPath) {
        let direct = UrlPath::of(key);
        let head = format!("location = {}", word(url.as_str()));
        if *url == direct {
            let fields = self.fields(&entry.headers, Always::ButLifetimes, entry);
            self.conf.block(&head, |conf| conf.lines(&fields));
            return;
        }
        let Some(path) = expanded(direct.as_str()) else {
            self.warn("cannot serve a path with `$` under another URL", url.as_str());
            return;
        };
        if self.release.route(&direct) == Route::Object(key) {
            self.conf.line(&format!("{head} {{ rewrite ^ {path} last; }}"));
            return;
        }
        let fields = self.fields(&entry.headers, Always::ButLifetimes, entry);
        self.conf.block(&head, |conf| {
            conf.lines(&fields);
            conf.line(&format!("try_files {path} =404;"));
        });
    }

    fn redirect(&mut self, head: &str, redirect: &Redirect, url: &UrlPath) {
        // `$` cannot be written; its encoded form means the same to every server that decodes (RFC 3986, section 2.2).
        let target = super::rules::target(&redirect.to).replace('$', "%24");
        let Redirect { status, .. } = redirect;
        if !(300..400).contains(status) {
            self.warn("redirects with a status of 300 to 399 only", url.as_str());
            return;
        }
        self.statuses.insert(*status);
        let target = expanded(&target).expect("every `$` is encoded");
        self.conf.line(&format!("location {head} {{ set $landing_to {target}; rewrite ^ {} last; }}", moved(*status)));
    }

    /// The addresses that are this one but for a slash at the end or for upper case, as people type them (`Release::route`).
    /// Exact locations come first in nginx, so the pattern never catches the URL itself. ASCII only.
    fn misses(&self, url: &UrlPath) -> Option<(String, Redirect, UrlPath)> {
        let path = url.as_str();
        let lower = UrlPath::parse(&path.to_uppercase()).ok()?;
        let Route::Redirect(Redirect { to, status: 308 }) = self.release.route(&lower) else { return None };
        if to != url.encoded() {
            return None;
        }
        let trimmed = path.trim_end_matches('/');
        let other = UrlPath::parse(&if path == trimmed { format!("{path}/") } else { trimmed.to_owned() });
        let alone = !other.is_ok_and(|other| matches!(self.release.route(&other), Route::Object(_)));
        let pattern = literal_pattern(if alone { trimmed } else { path });
        let head = format!("~* {}", quoted_pattern(&format!("^{pattern}{}$", if alone { "/*" } else { "" })));
        Some((head, Redirect { to, status: 308 }, url.clone()))
    }

    /// One place per status that all redirects go through, with the fields that they share.
    fn moves(&mut self) {
        let headers = self.release.redirect_headers.clone();
        let fields = self.adds(&headers, Always::All);
        for status in std::mem::take(&mut self.statuses) {
            self.conf.block(&format!("location = {}", moved(status)), |conf| {
                conf.line("internal;");
                conf.lines(&fields);
                conf.line(&format!("return {status} $landing_to;"));
            });
        }
    }

    /// Type, fields and `Vary` of a file.
    fn fields(&mut self, headers: &Headers, always: Always, entry: &Entry) -> Vec<String> {
        let media = entry.media();
        let mut lines = vec!["types { }".to_owned(), format!("default_type {};", word(media.as_str()))];
        lines.extend(self.adds(headers, always));
        if media.compressible() {
            let always = if always == Always::All { " always" } else { "" };
            lines.push(format!("add_header Vary Accept-Encoding{always};"));
        }
        lines
    }

    fn adds(&mut self, headers: &Headers, always: Always) -> Vec<String> {
        let mut lines = Vec::new();
        for (name, value) in headers.iter() {
            if OWN.contains(&name) {
                if name != "content-type" {
                    self.warn("sets these fields itself", name);
                }
                continue;
            }
            match expanded(value) {
                Some(value) if !value.starts_with("\"\"") => {
                    let kept = always == Always::ButLifetimes && LIFETIMES.contains(&name);
                    let always = if kept { "" } else { " always" };
                    lines.push(format!("add_header {} {value}{always};", word(name)));
                }
                Some(_) => self.warn("drops a field without a value", name),
                None => self.warn("has no way to write `$` in a field", name),
            }
        }
        lines
    }
}

/// Which fields an answer carries when it is not the one that the block is about (404, 405, 416).
#[derive(Clone, Copy, PartialEq, Eq)]
enum Always {
    /// All of them.
    All,
    /// All but those that say how long it may be kept.
    ButLifetimes,
}

fn moved(status: u16) -> String {
    format!("/{CONTROL}/moved-{status}")
}

fn quoted_pattern(pattern: &str) -> String {
    let word = word(pattern);
    if word.starts_with('"') { word } else { format!("\"{word}\"") }
}
