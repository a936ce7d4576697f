//! A site and an edge that serves it exactly as released: what the checks must pass, and what the cases disturb.
//!
//! As a value it answers one question from the question alone (a round above 0 is a hit). It opens no socket.

use bytes::Bytes;
use landing::model::{
    Answer, Artifact, Ask, Bundle, Class, Digest, Headers, Key, Lifetime, Lifetimes, Media, Policy, Redirect, Release,
    Route, UrlPath,
};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;

/// The site and its edge.
pub(crate) struct Edge {
    pub(crate) release: Release,
    pub(crate) files: BTreeMap<Key, Bytes>,
}

pub(crate) fn key(raw: &str) -> Key {
    Key::parse(raw).unwrap()
}

fn lifetimes() -> Lifetimes {
    let of = |browser, cdn| Lifetime {
        browser,
        cdn,
        stale_while_revalidate: 86_400,
        stale_if_error: 604_800,
        immutable: false,
    };
    let asset = Lifetime { browser: 31_536_000, immutable: true, ..of(0, 31_536_000) };
    Lifetimes { document: of(60, 86_400), asset, error: of(30, 60), redirect: of(300, 86_400) }
}

impl Edge {
    /// A page with a picture and a style sheet, a legal notice, `robots.txt`, a 404 page and a redirect.
    pub(crate) fn site() -> Self {
        Self::with_pages(0)
    }

    /// The same with so many further pages.
    pub(crate) fn with_pages(pages: usize) -> Self {
        let asset = |name: &str, extension: &str, body: &[u8]| {
            key(&format!("assets/{name}.{}.{extension}", Digest::of(body).hex16()))
        };
        let (picture, style) = (vec![0xff_u8; 2_000], b"h1{color:teal}".repeat(100));
        let (hero, css) = (asset("hero", "jpg", &picture), asset("app", "css", &style));
        let text = "<p>Nobody reads this far on television.</p>\n".repeat(40);
        let index =
            format!("<!doctype html><link rel=stylesheet href=/{css}><h1>Seen on TV</h1><img src=/{hero}>{text}");
        let mut artifacts = BTreeMap::new();
        let mut add = |key: Key, bytes: Vec<u8>, class: Class, refs: &[&Key]| {
            let media = Media::of_extension(&key.extension());
            let refs = refs.iter().copied().cloned().collect::<BTreeSet<_>>();
            artifacts.insert(key, Artifact::new(Bytes::from(bytes), media, class, refs));
        };
        add(key("index.html"), index.into_bytes(), Class::Document, &[&hero, &css]);
        add(key("legal.html"), format!("<!doctype html><h1>Legal</h1>{text}").into_bytes(), Class::Document, &[]);
        add(key("robots.txt"), b"user-agent: *\n".to_vec(), Class::Document, &[]);
        add(key("404.html"), format!("<!doctype html><h1>Not here</h1>{text}").into_bytes(), Class::Error, &[]);
        for page in 0..pages {
            add(key(&format!("page-{page}.html")), format!("<h1>{page}</h1>{text}").into_bytes(), Class::Document, &[]);
        }
        add(hero.clone(), picture, Class::Asset, &[]);
        add(css.clone(), style, Class::Asset, &[]);
        let app = Redirect { to: "https://apps.example.net/example".to_owned(), status: 302 };
        let policy = Policy {
            lifetimes: lifetimes(),
            everywhere: Headers::new()
                .with("strict-transport-security", "max-age=31536000")
                .with("x-content-type-options", "nosniff"),
            redirects: BTreeMap::from([(UrlPath::parse("/app").unwrap(), app)]),
            errors: BTreeMap::from([(404, key("404.html"))]),
        };
        let files =
            artifacts.iter().map(|(key, artifact): (&Key, &Artifact)| (key.clone(), artifact.bytes.clone().into()));
        let files = files.collect();
        let release = Release::seal(&Bundle { artifacts, modes: BTreeMap::new(), policy }).unwrap();
        Self { release, files }
    }

    /// What a faultless edge answers.
    pub(crate) fn answer(&self, ask: &Ask) -> Answer {
        if ask.target.contains("://origin.") {
            return told(ask, 403, Vec::new(), Vec::new());
        }
        if ask.target.contains("://example.fr") {
            return told(ask, 308, vec![("location".to_owned(), "https://www.example.fr/".to_owned())], Vec::new());
        }
        if let Some(rest) = ask.target.strip_prefix("http://") {
            let headers = vec![("location".to_owned(), format!("https://{rest}"))];
            return told(ask, 308, headers, Vec::new());
        }
        if !matches!(ask.method, "GET" | "HEAD") {
            return told(ask, 405, vec![("allow".to_owned(), "GET, HEAD".to_owned())], Vec::new());
        }
        if ask.target.starts_with(landing::model::CANARY) {
            // It was renewed behind those who came in round 1.
            let number = if ask.round > 1 && ask.target.contains("/stale/") { "2" } else { "1" };
            return told(ask, 200, vec![("content-type".to_owned(), "text/plain".to_owned())], number.into());
        }
        let path = ask.target.split('?').next().unwrap();
        let route = UrlPath::from_target(path).map(|url| self.release.route(&url));
        match route {
            Ok(Route::Object(key)) => self.object(ask, key, 200),
            Ok(Route::Redirect(Redirect { to, status })) => {
                let mut headers = fields(&self.release.redirect_headers);
                headers.push(("location".to_owned(), to));
                told(ask, status, headers, Vec::new())
            }
            _ => self.object(ask, &key("404.html"), 404),
        }
    }

    fn object(&self, ask: &Ask, key: &Key, status: u16) -> Answer {
        let entry = &self.release.entries[key];
        let mut headers = fields(&entry.headers);
        let mut body = self.files[key].to_vec();
        let coding = if entry.media().compressible() { negotiate(ask) } else { None };
        let tag = format!("\"{}{}\"", entry.sha256.hex16(), coding.map_or(String::new(), |it| format!("-{it}")));
        if let Some(coding) = coding {
            body = code(coding, &body);
            headers.push(("content-encoding".to_owned(), coding.to_owned()));
        }
        if entry.media().compressible() {
            headers.push(("vary".to_owned(), "Accept-Encoding".to_owned()));
        }
        headers.push(("etag".to_owned(), tag.clone()));
        headers.push(("last-modified".to_owned(), MODIFIED.to_owned()));
        let named = ask.headers.get("if-none-match").is_some_and(|it| it == "*" || it.contains(&tag));
        let dated = ask.headers.get("if-modified-since").is_some_and(|it| !is_older(it));
        let known = named || dated;
        if known && status == 200 {
            return told(ask, 304, headers, Vec::new());
        }
        if let (200, "GET", Some(range)) = (status, ask.method, ask.headers.get("range").filter(|_| applies(ask, &tag)))
        {
            return part(ask, range, headers, &body);
        }
        headers.push(("content-length".to_owned(), body.len().to_string()));
        told(ask, status, headers, if ask.method == "HEAD" { Vec::new() } else { body })
    }
}

/// When everything was last modified.
const MODIFIED: &str = "Thu, 19 Nov 2026 12:00:00 GMT";

/// Whatever has one of these is only asked once the page is stored.
const FOLLOW_UPS: [&str; 4] = ["if-none-match", "if-modified-since", "range", "authorization"];

fn is_older(date: &str) -> bool {
    let read = |date: &str| jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(date).unwrap();
    read(date) < read(MODIFIED)
}

fn applies(ask: &Ask, tag: &str) -> bool {
    ask.headers.get("if-range").is_none_or(|it| it == tag)
}

/// `bytes=A-B`, `bytes=A-` or `bytes=-N` of a body.
fn part(ask: &Ask, range: &str, mut headers: Vec<(String, String)>, body: &[u8]) -> Answer {
    if range.contains(',') {
        return told(ask, 200, headers, body.to_vec());
    }
    let (first, last) = range.strip_prefix("bytes=").unwrap().split_once('-').unwrap();
    let (first, last) = match (first.parse::<usize>(), last.parse::<usize>()) {
        (Ok(first), last) => (first, last.unwrap_or(usize::MAX).min(body.len() - 1)),
        (Err(_), count) => (body.len() - count.unwrap(), body.len() - 1),
    };
    let place = if first < body.len() { format!("{first}-{last}") } else { "*".to_owned() };
    headers.push(("content-range".to_owned(), format!("bytes {place}/{}", body.len())));
    if place == "*" {
        return told(ask, 416, headers, Vec::new());
    }
    told(ask, 206, headers, body[first..=last].to_vec())
}

fn fields(headers: &Headers) -> Vec<(String, String)> {
    headers.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

fn told(ask: &Ask, status: u16, mut headers: Vec<(String, String)>, body: Vec<u8>) -> Answer {
    let follows = FOLLOW_UPS.iter().any(|name| ask.headers.contains_key(name)) || ask.target.starts_with("/?");
    let hit = ask.round > 0 || follows;
    let state = if hit { "edge; hit" } else { "edge; fwd=uri-miss; stored" };
    headers.push(("cache-status".to_owned(), state.to_owned()));
    headers.push(("age".to_owned(), ask.round.saturating_sub(1).to_string()));
    headers.push(("date".to_owned(), "Fri, 20 Nov 2026 12:00:00 GMT".to_owned()));
    let at_ms = u64::from(ask.round) * 10 + u64::from(ask.wait_ms);
    Answer { status, headers, body: Bytes::from(body), cut: false, at_ms, took_ms: 1 }
}

fn negotiate(ask: &Ask) -> Option<&'static str> {
    match ask.headers.get("accept-encoding").map(String::as_str) {
        Some("br") => Some("br"),
        Some("gzip" | "br;q=0, gzip") => Some("gzip"),
        _ => None,
    }
}

/// A content coding applied.
pub(crate) fn code(coding: &str, plain: &[u8]) -> Vec<u8> {
    match coding {
        "br" => {
            let mut out = Vec::new();
            brotli::CompressorWriter::new(&mut out, 4_096, 5, 22).write_all(plain).unwrap();
            out
        }
        "gzip" => {
            let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            out.write_all(plain).unwrap();
            out.finish().unwrap()
        }
        _ => plain.to_vec(),
    }
}
