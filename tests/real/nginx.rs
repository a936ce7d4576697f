//! The include for nginx in a real nginx: every URL answers as `Release::reply` says, in every coding.

use crate::campaign::Campaign;
use crate::http::{Response, request};
use crate::sample::{Sample, decode, write};
use crate::server::{self, Server};
use landing::model::{Digest, Media, Release, Reply, UrlPath};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Fields that are the server's own.
const OWN: &[&str] =
    &["server", "date", "connection", "content-length", "last-modified", "etag", "accept-ranges", "content-encoding"];

struct Site {
    release: Release,
    server: Server,
    /// What is served.
    out: PathBuf,
    /// Holds the configuration, and a sample's files, until the server is gone.
    folder: tempfile::TempDir,
}

impl Site {
    /// Publishes a sample and starts an nginx on it, with further lines in its server block.
    fn start(sample: Sample, further: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let out = folder.path().join("out");
        let warnings = sample.publish("nginx", &out);
        assert_eq!(warnings, Vec::<String>::new());
        Self { server: nginx(folder.path(), &out, further), release: sample.release, out, folder }
    }

    /// Starts an nginx on a folder that a build wrote.
    fn on(out: &Path) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let manifest = std::fs::read(out.join("release.json")).expect("a build writes its manifest");
        let release = Release::from_json(&manifest).expect("it is one");
        Self { server: nginx(folder.path(), out, ""), release, out: out.to_owned(), folder }
    }

    /// Every URL that the release lists.
    fn urls(&self) -> Vec<UrlPath> {
        self.release.urls().into_iter().chain(self.release.assets().map(|(key, _)| UrlPath::of(key))).collect()
    }

    /// Whether a body is smaller in a coding and so has a sibling: a `robots.txt` of two lines is not in gzip.
    fn gains(&self, coding: &str, body: &Digest) -> bool {
        let (key, _) =
            self.release.entries.iter().find(|(_, entry)| entry.sha256 == *body).expect("a reply is an entry");
        let extension = if coding == "gzip" { "gz" } else { "br" };
        self.out.join(format!("{key}.{extension}")).is_file()
    }

    fn get(&self, target: &str, headers: &[(&str, &str)]) -> Response {
        request(self.server.port, "GET", target, headers)
    }

    /// Compares one URL in three codings with what the release says.
    #[track_caller]
    fn agrees(&self, url: &UrlPath, target: &str) {
        let reply = self.release.reply(url).expect("the sample lists it");
        for asked in ["identity", "gzip", "br, gzip;q=0.5"] {
            let got = self.get(target, &[("Accept-Encoding", asked)]);
            assert_eq!(got.status, reply.status, "{target}: {got:?}");
            assert_eq!(fields(&got), expected(&reply), "{target}, {asked}");
            assert_eq!(got.header("location"), reply.location, "{target}");
            let Some(digest) = &reply.body else { continue };
            let coding = got.header("content-encoding");
            let sibling = if asked == "identity" { None } else { asked.split(',').next() };
            let body = decode(coding.as_deref(), &got.body);
            let wanted = sibling.filter(|coding| compressible(&reply) && self.gains(coding, digest));
            assert_eq!(coding.as_deref(), wanted, "{target}, {asked}");
            assert_eq!(Digest::of(&body), *digest, "{target}, {asked}");
        }
    }
}

/// An nginx on a folder that was written for it, with further lines in its server block.
pub(crate) fn nginx(folder: &Path, out: &Path, further: &str) -> Server {
    let modules = Path::new("/usr/lib/nginx/modules/ngx_http_brotli_static_module.so");
    assert!(modules.exists(), "nginx's Brotli module is not installed: run `make tools`");
    let (load, out) = (format!("load_module {};\n", modules.display()), out.display());
    server::nginx(folder, &load, |port| {
        format!(
            "include /etc/nginx/mime.types; gzip on; charset utf-8;\n\
             server {{ listen 127.0.0.1:{port}; root {out}; {further} include {out}/nginx/landing.conf; }}"
        )
    })
}

fn fields(got: &Response) -> BTreeMap<String, String> {
    let names =
        got.headers.iter().map(|(name, _)| name).filter(|name| !OWN.contains(&name.as_str()) && *name != "location");
    names.map(|name| (name.clone(), got.header(name).expect("it was listed"))).collect()
}

fn expected(reply: &Reply<'_>) -> BTreeMap<String, String> {
    let mut fields: BTreeMap<String, String> =
        reply.headers.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    match reply.body {
        // The body of a redirect is nginx's own little page.
        None => drop(fields.insert("content-type".to_owned(), "text/html".to_owned())),
        Some(_) if compressible(reply) => {
            fields.insert("vary".to_owned(), "Accept-Encoding".to_owned());
        }
        Some(_) => {}
    }
    fields
}

/// Whether the build writes compressed siblings for files of this type.
fn compressible(reply: &Reply<'_>) -> bool {
    let media = reply.headers.get("content-type").unwrap_or_default();
    Media::known().any(|(extension, known)| known == media && Media::of_extension(extension).compressible())
}

fn url(path: &str) -> UrlPath {
    UrlPath::parse(path).expect("a path")
}

const REDIRECTS: &str = "
[[redirects]]
from = \"/app\"
to = \"https://apps.example.net/x?a=1&b=$2#here\"
status = 302
[[redirects]]
from = \"/été 2026\"
to = \"/mentions-legales\"
status = 301
[[redirects]]
from = \"/de/index.html\"
to = \"/de/\"
status = 308
";

#[test]
fn every_url_answers_as_the_release_says_in_every_coding() {
    let site =
        Site::start(Sample::new(REDIRECTS).with("héros (1);{x}.html", landing::model::Class::Document, "<p>é"), "");
    for url in site.urls() {
        if url.as_str() == "/app" || url.as_str() == "/app/" {
            continue; // its `$` is encoded, see below
        }
        site.agrees(&url, &url.encoded());
    }
    let got = site.get("/app", &[]);
    assert_eq!(got.header("location").as_deref(), Some("https://apps.example.net/x?a=1&b=%242#here"));
    assert_eq!(got.header("cache-control").as_deref(), Some("public, max-age=300"));
}

#[test]
fn a_typed_address_leads_to_the_page_it_means_and_a_query_changes_nothing() {
    let site = Site::start(Sample::new(REDIRECTS), "");
    for path in ["/MENTIONS-LEGALES", "/Mentions-Legales/", "/Index.HTML", "/DE", "/De/", "/App"] {
        if path != "/App" {
            site.agrees(&url(path), path);
        }
        assert_eq!(site.get(path, &[]).status, 308, "{path}");
    }
    site.agrees(&url("/"), "/?utm_source=tv");
    site.agrees(&url("/mentions-legales"), "/mentions-legales?utm_source=tv");
}

#[test]
fn what_the_release_does_not_list_is_a_404_with_a_page_and_a_lifetime_of_its_own() {
    let site = Site::start(Sample::new(""), "");
    write(&site.folder.path().join("out"), ".landing/head", b"{}");
    write(&site.folder.path().join("out"), "assets/old.0123456789abcdef.css", b"p{}");
    let hidden = [
        "/nowhere",
        "/.landing/head",
        "/.landing/moved-308",
        "/_headers",
        "/nginx/landing.conf",
        "/index.html.br",
        "/assets/",
        "/assets/gone.0123456789abcdef.css",
        "//index.html",
        "/de/nowhere/",
        "/mentions-legales.htm",
    ];
    for target in hidden {
        site.agrees(&url("/nowhere"), target);
    }
    assert_eq!(site.get("/%2e%2e/nginx.conf", &[]).status, 400);
    let old = site.get("/assets/old.0123456789abcdef.css", &[]);
    assert_eq!(
        (old.status, old.header("cache-control").as_deref()),
        (200, Some("public, max-age=31536000, immutable"))
    );
    assert_eq!(old.header("content-type").as_deref(), Some("text/css; charset=utf-8"));
}

#[test]
fn revalidation_ranges_and_other_methods_keep_the_fields_that_matter() {
    let site = Site::start(Sample::new(""), "");
    let first = site.get("/", &[("Accept-Encoding", "br")]);
    let tag = first.header("etag").expect("a tag");
    let again = site.get("/", &[("Accept-Encoding", "br"), ("If-None-Match", &tag)]);
    assert_eq!((again.status, again.body.len()), (304, 0));
    for name in ["cache-control", "cdn-cache-control", "vary", "etag"] {
        assert_eq!(again.header(name), first.header(name), "{name}");
    }
    let plain = site.get("/", &[]);
    assert_ne!(plain.header("etag"), first.header("etag"), "a tag belongs to one coding");

    let part = site.get("/", &[("Range", "bytes=0-9")]);
    assert_eq!((part.status, part.body.len(), part.header("vary").as_deref()), (206, 10, Some("Accept-Encoding")));
    let beyond = site.get("/", &[("Range", "bytes=99999-")]);
    assert_eq!(beyond.status, 416);

    let head = request(site.server.port, "HEAD", "/", &[]);
    assert_eq!((fields(&head), head.body.len()), (fields(&plain), 0));
    let post = request(site.server.port, "POST", "/", &[("Content-Length", "0")]);
    assert_eq!((post.status, post.header("cache-control")), (405, None));
    assert_eq!(post.header("x-content-type-options").as_deref(), Some("nosniff"));
}

#[test]
fn a_failing_server_shows_the_fallback_page_and_no_cache_keeps_it() {
    let site = Site::start(Sample::new(""), "location = /broken { return 500; } location = /busy { return 503; }");
    for (target, status) in [("/broken", 500), ("/busy", 503)] {
        let got = site.get(target, &[]);
        assert_eq!((got.status, got.header("cache-control").as_deref()), (status, Some("no-store")));
        assert_eq!(
            (got.header("cdn-cache-control"), got.header("content-type").as_deref()),
            (None, Some("text/html; charset=utf-8"))
        );
        assert!(String::from_utf8_lossy(&got.body).contains("Un instant"));
    }
}

#[test]
fn hostile_header_values_arrive_as_they_were_written() {
    let hostile = "[headers]\nx-quotes = 'say \"hi\"; } server { \\n \\'\nx-hash = \"#; # {}\"\n\"x'y\" = \"a,b\"\n";
    let site = Site::start(Sample::new(hostile), "");
    site.agrees(&url("/"), "/");
    assert_eq!(site.get("/", &[]).header("x-quotes").as_deref(), Some("say \"hi\"; } server { \\n \\"));
}

#[test]
fn what_nginx_cannot_write_is_said_and_left_out() {
    let sample = Sample::new("[headers]\nx-money = \"$5\"\n");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let out = folder.path().join("out");
    let warnings = sample.publish("nginx", &out);
    assert_eq!(warnings, ["`nginx` has no way to write `$` in a field: `x-money`"]);
    let server = nginx(folder.path(), &out, "");
    assert_eq!(request(server.port, "GET", "/", &[]).header("x-money"), None);
}

#[test]
fn our_own_campaign_is_served_as_its_release_says() {
    let campaign = Campaign::new();
    let site = Site::on(&campaign.build().0);
    for url in site.urls() {
        site.agrees(&url, &url.encoded());
    }
    site.agrees(&url("/nowhere"), "/release.json");
}
