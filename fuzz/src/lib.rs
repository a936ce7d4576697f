//! What is fuzzed: every parser of ours that reads what strangers or mistakes write, as a function from bytes.
//!
//! In: any bytes. Out: nothing; a target panics when a promise is broken, or lets the parser do so. Two drivers share this list:
//! `fuzz/plain.rs`, a deterministic loop for the stable compiler, and libFuzzer through `fuzz/fuzz_targets/`.

use bytes::Bytes;
use landing::build::{Options, build};
use landing::fingerprint::{self, Folder, Home};
use landing::html::{Address, Space, document, fragment, write};
use landing::model::{Digest, Head, Key, Policy, Release, Source};
use landing::{assets, cache, check, config};
use std::collections::BTreeMap;

/// One parser, or a few that read the same.
pub struct Target {
    /// Its name on the command line.
    pub name: &'static str,
    /// What it does with an input.
    pub run: fn(&[u8]),
    /// What the mutations start from.
    pub seeds: &'static [&'static str],
    /// Files of the project that are seeds, too: a folder and an ending.
    pub files: (&'static str, &'static str),
}

/// All of them.
pub const TARGETS: &[Target] = &[
    Target { name: "config", run: run_config, seeds: &[], files: ("site", "landing.toml") },
    Target { name: "page", run: run_page, seeds: PAGES, files: ("site", ".md") },
    Target { name: "template", run: run_template, seeds: TEMPLATES, files: ("themes/default/templates", ".html") },
    Target {
        name: "data",
        run: run_data,
        seeds: &["slug;city\na;\"Lille, \"\"Nord\"\"\"\n", "slug,city\r\na,Lille\r\n"],
        files: ("", ""),
    },
    Target { name: "picture", run: run_picture, seeds: &[], files: ("tests/cases/pictures", "") },
    Target { name: "svg", run: run_svg, seeds: SVGS, files: ("assets", ".svg") },
    Target { name: "icon", run: run_icon, seeds: SVGS, files: ("assets", "icon.svg") },
    Target { name: "font", run: run_font, seeds: &[], files: ("tests/fonts", "") },
    Target { name: "style", run: run_style, seeds: STYLES, files: ("", "") },
    Target { name: "html", run: run_html, seeds: HTML, files: ("themes/default/templates", ".html") },
    Target { name: "address", run: run_address, seeds: ADDRESSES, files: ("", "") },
    Target { name: "release", run: run_release, seeds: &[], files: ("", "") },
    Target { name: "head", run: run_head, seeds: &[], files: ("", "") },
    Target { name: "cache-control", run: run_cache_control, seeds: CONTROLS, files: ("", "") },
    Target { name: "fingerprint", run: run_fingerprint, seeds: FOLDERS, files: ("tests/cases/fingerprint", ".txt") },
    Target { name: "check", run: run_check, seeds: HTML, files: ("themes/default/templates", ".html") },
];

const PAGES: &[&str] = &[
    "+++\ntitle = \"A\"\n[hero]\nimage = \"a.png\"\n+++\n\n# b\n\n::: hero\ntitle = \"x\"\n:::\n\n![c](a.png){width=3}\n",
    "+++\ntitle = \"{row.slug}\"\npath = \"p/{slug}\"\n[each]\ndata = \"partners\"\n+++\n<img srcset=\"a.png 1x, b.png 480w\">\n",
];
const TEMPLATES: &[&str] = &[
    "{% extends \"base.html\" %}{% block main %}{{ page.title | markdown | safe }}{% for a in page.x %}{{ a }}{% endfor %}{% endblock %}",
];
const SVGS: &[&str] = &[
    "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 8 8\"><path d=\"M0 0h8v8zm1-1.5.5.5e-3a1 1 0 01 1 1\"/></svg>",
    "<svg xmlns=\"http://www.w3.org/2000/svg\"><style>.a{fill:url(#b)}</style><g transform=\"rotate(3)\"><use href=\"#b\"/></g></svg>",
];
const STYLES: &[&str] = &[
    "@import \"b.css\" layer(a);:root{--a:url(a.svg)}p:not(:has(> em)){color:var(--a,red);&:hover{b:c}}@media (width>=30em){p{d:e}}",
    "@font-face{font-family:\"a\";src:url(x.woff2) format(\"woff2\")}@keyframes a{from{top:0}50%{top:1px}}.a\\:b{animation:a 1s}",
];
const HTML: &[&str] = &[
    "<!doctype html><html lang=fr><head><title>a</title></head><body><p>b <em>c</em><pre>\n d</pre><img src=x alt=''></body></html>",
    "<table><tr><td>a<select><option>b</select><template><p></template><svg><path d='M0'/></svg></table>",
];
const ADDRESSES: &[&str] =
    &["/a/b?c=d#e", "https://www.example.com/a%20b", "//host/x", "data:image/png;base64,AA", "mailto:a@b", "../../x"];
const CONTROLS: &[&str] = &[
    "public, max-age=60, s-maxage=\"600\", no-cache=\"set-cookie, x\"\nWed, 21 Oct 2015 07:28:00 GMT",
    "max-stale, min-fresh=5, only-if-cached\n\"a\", W/\"b\"\nbytes=0-9,-5",
];
const FOLDERS: &[&str] = &[
    "a.css\n@import url(\"b.css\");a{background:image-set(url(x.png) 1x, 'y.png' 2x)}",
    "a.js\nimport x from './b.js'; const u = new URL('c.png', import.meta.url); import(`./d.js`);\n//# sourceMappingURL=a.js.map",
    "index.html\n<script type=importmap>{\"imports\":{\"a\":\"./b.js\"}}</script><img srcset='x.png 1x,y.png 2x'><base href=/x/>",
    "site.webmanifest\n{\"icons\":[{\"src\":\"icon.png\"}],\"start_url\":\"/\"}",
];

/// Runs one target.
///
/// # Panics
/// When there is no such target, and when a promise is broken.
pub fn run(name: &str, data: &[u8]) {
    let target = TARGETS.iter().find(|target| target.name == name).expect("the list has this target");
    (target.run)(data);
}

fn key(path: &str) -> Key {
    Key::parse(path).expect("written here")
}

/// A site with small things of every kind; `path` is what is fuzzed.
fn site(path: &str, data: &[u8]) -> Source {
    let template = "<!doctype html><html lang=fr><head><title>{{ page.title }}</title></head><body>{{ page.content | safe }}</body></html>";
    let files: [(&str, &[u8]); 7] = [
        ("site/index.md", b"+++\ntitle = \"A\"\n+++\n\n[b](/b)\n"),
        ("site/b.md", b"+++\ntitle = \"B\"\n+++\nb\n"),
        ("site/data/partners.csv", b"slug,city\nx,Lille\n"),
        ("themes/mini/templates/text.html", template.as_bytes()),
        ("themes/mini/templates/error.html", template.as_bytes()),
        ("assets/a.svg", b"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 1 1'/>"),
        (path, data),
    ];
    Source { files: files.into_iter().map(|(path, bytes)| (key(path), Bytes::copy_from_slice(bytes))).collect() }
}

/// Builds it; a refusal must say something.
fn built(source: &Source) {
    let settings = "[site]\nname = \"F\"\ntheme = \"mini\"\n[build]\navif = false\nmax_pixels = 4096\n[budgets]\ndocument = 1000000\n";
    let settings = config::parse(settings).expect("written here");
    match build(source, &settings, Options::default(), &(), &|_| {}) {
        Ok(built) => {
            for (key, entry) in &built.value.release.entries {
                assert!(
                    entry.refs.iter().all(|it| built.value.release.entries.contains_key(it)),
                    "{key} refers to nothing"
                );
            }
        }
        Err(errors) => assert!(!errors.to_string().is_empty(), "refused without a word"),
    }
}

fn run_config(data: &[u8]) {
    if let Ok(text) = std::str::from_utf8(data) {
        let _ = config::parse(text).map_err(|errors| errors.to_string());
    }
}

fn run_page(data: &[u8]) {
    built(&site("site/c.md", data));
}

fn run_template(data: &[u8]) {
    built(&site("themes/mini/templates/text.html", data));
}

fn run_data(data: &[u8]) {
    let each = b"+++\ntitle = \"{row.city}\"\npath = \"p/{slug}\"\n[each]\ndata = \"partners\"\n+++\n{row.slug}\n";
    let mut source = site("site/data/partners.csv", data);
    source.files.insert(key("site/each.md"), Bytes::from_static(each));
    built(&source);
    let mut source = site("site/data/partners.json", data);
    source.files.remove(&key("site/data/partners.csv"));
    built(&source);
}

fn run_picture(data: &[u8]) {
    let mut source = site("assets/x.png", data);
    source.files.insert(key("site/index.md"), Bytes::from_static(b"+++\ntitle = \"A\"\n+++\n\n![a](x.png)\n"));
    built(&source);
}

fn run_svg(data: &[u8]) {
    if let Ok(small) = assets::svg(data) {
        let again = assets::svg(small.as_bytes()).expect("what was written can be read");
        assert_eq!(small, again, "a second time changes something");
    }
}

fn run_icon(data: &[u8]) {
    if let Ok(small) = assets::svg(data) {
        let _ = assets::icons(&small, [250, 247, 240], &());
    }
}

fn run_font(data: &[u8]) {
    let ask = assets::FontAsk { characters: "Aé— 7".chars().collect(), features: [*b"tnum"].into() };
    if let Ok(face) = assets::face(&Bytes::copy_from_slice(data), &ask, &()) {
        assert!(!face.woff2.is_empty(), "a face of nothing");
    }
}

fn run_style(data: &[u8]) {
    let mut source = site("themes/mini/style.css", data);
    let template = "<!doctype html><html lang=fr><head><title>a</title><link rel=stylesheet href=style.css></head><body><p class=a>b <em>c</em></p></body></html>";
    source.files.insert(key("themes/mini/templates/text.html"), Bytes::from_static(template.as_bytes()));
    source.files.insert(key("themes/mini/b.css"), Bytes::from_static(b"p{top:0}"));
    built(&source);
}

fn run_html(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    for space in [Space::Collapse, Space::Keep] {
        let once = write(&document(text), space);
        let _ = write(&fragment(text), space);
        let _ = document(&once);
    }
}

fn run_address(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let _ = Address::parse(text, "https://www.example.com");
    let _ = landing::html::join("a/b", text);
    if let Ok(key) = Key::parse(text) {
        assert_eq!(Key::parse(key.as_str()).as_ref(), Ok(&key));
        assert!(!text.starts_with('/') && !text.split('/').any(|part| matches!(part, "" | "." | "..")), "{text:?}");
    }
    let _ = cache::CacheKey::canonical("https://www.example.com", text);
}

fn run_release(data: &[u8]) {
    if let Ok(release) = Release::from_json(data) {
        let again = Release::from_json(&release.to_json()).expect("what was written can be read");
        assert_eq!(release, again);
    }
}

fn run_head(data: &[u8]) {
    let _ = Head::from_json(data).map_err(|err| err.to_string());
}

fn run_cache_control(data: &[u8]) {
    let mut lines = data.split(|byte| *byte == b'\n');
    let mut headers = http::HeaderMap::new();
    for name in ["cache-control", "if-none-match", "range", "vary"] {
        let Some(Ok(value)) = lines.next().map(http::HeaderValue::from_bytes) else { continue };
        headers.append(http::HeaderName::from_static(name), value);
    }
    let _ = (cache::Control::of_response(&headers), cache::RequestControl::of_request(&headers));
    let etag = http::HeaderValue::from_static("\"a\"");
    let _ = cache::etag_matches(&etag, &headers);
    let _ = cache::shape(http::StatusCode::OK, &headers, 10, false, &headers);
    if let Some(seconds) = std::str::from_utf8(data).ok().and_then(cache::parse_http_date) {
        assert_eq!(cache::parse_http_date(&cache::http_date(seconds)), Some(seconds));
    }
}

/// The first line names the file, the others are what stands in it.
fn folder_of(data: &[u8]) -> Option<BTreeMap<Key, Bytes>> {
    let text = std::str::from_utf8(data).ok()?;
    let (name, body) = text.split_once('\n')?;
    let pixel = Bytes::from_static(b"not really a picture");
    let mut files: BTreeMap<Key, Bytes> =
        ["x.png", "b.css", "b.js", "a/c.png", "icon.png"].map(|path| (key(path), pixel.clone())).into();
    files.insert(Key::parse(name).ok()?, Bytes::copy_from_slice(body.as_bytes()));
    Some(files)
}

fn run_fingerprint(data: &[u8]) {
    let Some(files) = folder_of(data) else { return };
    let file = |bytes: &Bytes| fingerprint::File {
        sha256: Digest::of(bytes),
        size: bytes.len() as u64,
        text: Some(bytes.clone()),
    };
    let folder = Folder { files: files.iter().map(|(key, bytes)| (key.clone(), file(bytes))).collect() };
    let lifetimes = config::parse("[site]\nname = \"F\"\n").expect("written here").lifetimes;
    let policy = check::folder(&files, lifetimes).1;
    let options = fingerprint::Options { exclude: Vec::new(), home: Home::default(), policy };
    let _ = fingerprint::fingerprint(folder, &options).map_err(|err| err.to_string());
}

fn run_check(data: &[u8]) {
    let files: BTreeMap<Key, Bytes> = [(key("index.html"), Bytes::copy_from_slice(data))].into();
    let settings = config::parse("[site]\nname = \"F\"\n").expect("written here");
    let (artifacts, policy): (_, Policy) = check::folder(&files, settings.lifetimes);
    let subject = check::Subject {
        foreign: true,
        artifacts: &artifacts,
        policy: &policy,
        sources: &BTreeMap::new(),
        source: &Source::default(),
        theme: &BTreeMap::new(),
        settings: &settings,
        wire: &BTreeMap::new(),
        flight: None,
        warnings: &[],
        url: "https://www.example.com",
        now: None,
        answers: &BTreeMap::new(),
    };
    let _ = check::check(&subject);
}
