//! `_headers` and `_redirects` as Cloudflare's and Netlify's own software reads them, held against our prediction and the release.

use crate::campaign::Campaign;
use crate::sample::Sample;
use crate::server::node;
use landing::hosts::{Dialect, Effective, effective};
use landing::model::{Class, Release, Reply, UrlPath};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Fields that Cloudflare adds by itself.
const CLOUDFLARE_OWN: &[&str] = &[
    "etag",
    "cf-cache-status",
    "transfer-encoding",
    "content-length",
    "connection",
    "date",
    "location",
    "keep-alive",
    "content-encoding",
];

/// What Cloudflare says about the lifetime of a file when no rule does.
const CLOUDFLARE_DEFAULT: &str = "public, max-age=0, must-revalidate";

struct Published {
    release: Release,
    headers: String,
    redirects: String,
    warnings: Vec<String>,
    folder: PathBuf,
    /// Holds a sample's files.
    _kept: Option<tempfile::TempDir>,
}

impl Published {
    fn new(sample: Sample, host: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let warnings = sample.publish(host, folder.path());
        Self { warnings, _kept: None, ..Self::read(folder.path(), sample.release) }.keeping(folder)
    }

    /// A folder that a build wrote.
    fn on(out: &Path) -> Self {
        let manifest = fs::read(out.join("release.json")).expect("a build writes its manifest");
        Self::read(out, Release::from_json(&manifest).expect("it is one"))
    }

    fn read(folder: &Path, release: Release) -> Self {
        let read = |name: &str| fs::read_to_string(folder.join(name)).expect("the host's file was written");
        let (headers, redirects) = (read("_headers"), read("_redirects"));
        Self { release, headers, redirects, warnings: Vec::new(), folder: folder.to_owned(), _kept: None }
    }

    fn keeping(self, folder: tempfile::TempDir) -> Self {
        Self { _kept: Some(folder), ..self }
    }

    /// Every URL of the release as it goes over the wire, and what is typed or asked for besides.
    fn targets(&self) -> Vec<String> {
        let listed = self.release.urls().into_iter().chain(self.release.assets().map(|(key, _)| UrlPath::of(key)));
        let mut targets: Vec<String> = listed.map(|url| url.encoded()).collect();
        targets
            .extend(["/nowhere", "/assets/gone.0123456789abcdef.css", "/_headers", "/_redirects"].map(str::to_owned));
        targets
    }

    fn ask(&self, script: &str) -> Value {
        let answer = node(script, &json!({ "folder": self.folder, "targets": self.targets() }));
        assert_eq!(answer["complaints"], json!([]), "{}{}", self.headers, self.redirects);
        answer
    }

    fn predicted(&self, dialect: Dialect, target: &str) -> Effective {
        effective(dialect, &self.headers, &self.redirects, target)
    }

    /// What the release says about a target; `None` when it says 404.
    fn reply(&self, target: &str) -> Option<Reply<'_>> {
        let url = UrlPath::from_target(target).expect("it was a URL before");
        self.release.reply(&url).filter(|reply| reply.status != 404)
    }
}

/// One answer of Cloudflare's worker, with the fields that are not its own.
struct Seen {
    target: String,
    status: u64,
    location: Option<String>,
    fields: BTreeMap<String, String>,
    sha256: String,
}

/// Asks Cloudflare's worker for everything, and compares with what we predict.
fn cloudflare_as_predicted(published: &Published) -> Vec<Seen> {
    let answer = published.ask("real/cloudflare.mjs");
    let all: Vec<Seen> = answer["answers"].as_array().expect("a list").iter().map(seen).collect();
    for seen in &all {
        let predicted = published.predicted(Dialect::Cloudflare, &seen.target);
        let mut expected = predicted.headers;
        if seen.status != 307 && predicted.redirect.is_none() {
            expected.entry("cache-control".to_owned()).or_insert_with(|| CLOUDFLARE_DEFAULT.to_owned());
            // The type that it knows itself, where no rule names one.
            if let Some(media) = seen.fields.get("content-type") {
                expected.entry("content-type".to_owned()).or_insert_with(|| media.clone());
            }
        }
        assert_eq!(seen.fields, expected, "{} {}\n{}", seen.target, seen.status, published.headers);
        if let Some((status, to)) = predicted.redirect {
            assert_eq!((seen.status, &seen.location), (u64::from(status), &Some(to)), "{}", seen.target);
        }
    }
    all
}

/// Compares what Cloudflare's worker answers with the release.
fn cloudflare_as_released(published: &Published) {
    for seen in cloudflare_as_predicted(published) {
        let Some(reply) = published.reply(&seen.target) else {
            assert_eq!(seen.status, 404, "{}", seen.target);
            assert!(!seen.fields["cache-control"].contains("immutable"), "{}", seen.target);
            continue;
        };
        if hops(&seen, &reply) {
            continue;
        }
        assert_eq!(fields(&reply), seen.fields, "{}", seen.target);
        match reply.body {
            Some(body) => assert_eq!((seen.status, &seen.sha256), (200, &body.hex()), "{}", seen.target),
            None => assert_eq!(seen.location, reply.location, "{}", seen.target),
        }
    }
}

/// Whether this is Cloudflare's own way with addresses: it sends `/x.html` to `/x`, and a path to the one that is encoded as it
/// likes (307); it does not guess what a slash too many after a file means (404); and where the release sends `/app/` to
/// `/app`, our rules lead straight to the target.
fn hops(seen: &Seen, reply: &Reply<'_>) -> bool {
    match (seen.status, reply.status) {
        (307, 200 | 308) => {
            let to = seen.location.as_deref().expect("a redirect has a target");
            assert!(
                seen.target.ends_with(".html") || reply.status == 308 || to.contains('%'),
                "{} -> {to}",
                seen.target
            );
            true
        }
        (404 | 301 | 302, 308) => true,
        _ => false,
    }
}

fn seen(answer: &Value) -> Seen {
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let all: Vec<(String, String)> =
        answer["headers"].as_array().expect("a list").iter().map(|field| (text(&field[0]), text(&field[1]))).collect();
    Seen {
        target: text(&answer["target"]),
        status: answer["status"].as_u64().expect("a number"),
        location: all.iter().find(|(name, _)| name == "location").map(|(_, value)| value.clone()),
        fields: all.into_iter().filter(|(name, _)| !CLOUDFLARE_OWN.contains(&name.as_str())).collect(),
        sha256: text(&answer["sha256"]),
    }
}

fn fields(reply: &Reply<'_>) -> BTreeMap<String, String> {
    reply.headers.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// Asks Netlify's parsers and matcher for everything, and compares with what we predict.
fn netlify_as_predicted(published: &Published) -> BTreeMap<String, Effective> {
    let mut all = BTreeMap::new();
    for answer in published.ask("real/netlify.mjs")["answers"].as_array().expect("a list") {
        let target = answer["target"].as_str().expect("a text");
        let redirect =
            answer["redirect"].as_array().map(|it| serde_json::from_value(json!([it[0], it[1]])).expect("a redirect"));
        let seen = Effective { headers: serde_json::from_value(answer["headers"].clone()).expect("texts"), redirect };
        assert_eq!(
            seen,
            published.predicted(Dialect::Netlify, target),
            "{target}\n{}{}",
            published.headers,
            published.redirects
        );
        all.insert(target.to_owned(), seen);
    }
    all
}

/// Compares what Netlify's parsers and matcher answer with the release.
fn netlify_as_released(published: &Published) {
    for (target, seen) in netlify_as_predicted(published) {
        match published.reply(&target) {
            None => assert!(!seen.headers.contains_key("cache-control"), "{target}: a 404 has the host's own lifetime"),
            // What misses by a slash gets the fields of what it means.
            Some(reply) if reply.status == 308 => {}
            Some(reply) => assert_eq!(seen.headers, fields(&reply), "{target}"),
        }
    }
}

const REDIRECTS: &str = "
[[redirects]]
from = \"/app\"
to = \"https://apps.example.net/x%20y?a=1&b=2#here\"
status = 302
[[redirects]]
from = \"/old/page\"
to = \"/mentions-legales\"
status = 301
";

fn samples() -> Vec<Sample> {
    let many = (0..40)
        .fold(Sample::new(REDIRECTS), |sample, n| sample.asset(&format!("a{n}.css"), &format!("p {{ order: {n} }}")));
    let long = format!("[headers]\npermissions-policy = \"{}\"\n", ["camera=()"; 150].join(", "));
    vec![
        Sample::new(""),
        Sample::new(REDIRECTS),
        many,
        Sample::new("")
            .with("héros.html", Class::Document, "<p>é")
            .asset("tasse à café (1)+@2x.css", "p {}")
            .asset("10:30.css", "b {}"),
        Sample::new(&long),
        Sample::new("[headers]\nreferrer-policy = \"\"\nx-own = \"a:b; c={d}\"\n[cache.error]\nbrowser = \"5m\"\n"),
    ]
}

#[test]
fn cloudflare_reads_the_common_files_as_predicted() {
    for sample in samples() {
        let published = Published::new(sample, "pages");
        assert_eq!(published.warnings, Vec::<String>::new());
        cloudflare_as_released(&published);
    }
}

#[test]
fn cloudflare_reads_its_own_files_as_predicted() {
    for sample in samples() {
        let published = Published::new(sample, "cloudflare");
        assert_eq!(published.warnings, Vec::<String>::new());
        cloudflare_as_released(&published);
    }
}

#[test]
fn netlify_reads_the_common_files_and_its_own_as_predicted() {
    for host in ["pages", "netlify"] {
        for sample in samples() {
            let published = Published::new(sample, host);
            assert!(published.warnings.iter().all(|said| said.contains("(404)")), "{:?}", published.warnings);
            netlify_as_released(&published);
        }
    }
}

#[test]
fn what_is_beyond_cloudflares_limits_is_warned_about_and_never_sent() {
    let many =
        (0..120).fold(Sample::new(""), |sample, n| sample.asset(&format!("a{n}.css"), &format!("p {{ order: {n} }}")));
    let long = format!("[headers]\npermissions-policy = \"{}\"\n", ["camera=()"; 200].join(", "));
    for (sample, said) in [
        (many, "`cloudflare` reads 100 header rules: 34 paths have none, and the host's default lifetime"),
        (Sample::new(&long), "`cloudflare` drops a line of more than 2,000 characters: `permissions-policy`"),
    ] {
        let published = Published::new(sample, "pages");
        assert_eq!(published.warnings, [said]);
        cloudflare_as_predicted(&published);
        netlify_as_predicted(&published);
    }
}

#[test]
fn our_own_campaign_is_served_by_both_as_its_release_says() {
    let campaign = Campaign::new();
    let published = Published::on(&campaign.build().0);
    cloudflare_as_released(&published);
    netlify_as_released(&published);
}
