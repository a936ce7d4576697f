//! Sites to publish: a configuration and a few files in, a sealed release and its folder on disk out.

use bytes::Bytes;
use landing::hosts;
use landing::model::{Artifact, Bundle, Class, Digest, Key, Media, Policy, Release};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write as _;
use std::path::Path;

/// A site as a host gets it.
pub(crate) struct Sample {
    pub(crate) bundle: Bundle,
    pub(crate) release: Release,
}

impl Sample {
    /// The pages every sample has, with these settings below `[site]`.
    pub(crate) fn new(settings: &str) -> Self {
        let settings =
            landing::config::parse(&format!("[site]\nname = \"x\"\n{settings}")).expect("the sample's settings");
        let policy = Policy {
            lifetimes: settings.lifetimes,
            everywhere: settings.headers,
            redirects: settings.redirects,
            errors: [(404, key("404.html")), (503, key("503.html"))].into(),
        };
        let bundle = Bundle { artifacts: BTreeMap::new(), modes: BTreeMap::new(), policy };
        let sample = Self { release: Release::seal(&bundle).expect("nothing can be sealed"), bundle };
        let long = "Une minute de pause. ".repeat(40);
        sample
            .with("index.html", Class::Document, &format!("<!doctype html><title>Accueil</title><p>{long}"))
            .with("mentions-legales.html", Class::Document, &format!("<!doctype html><title>Mentions</title><p>{long}"))
            .with("de/index.html", Class::Document, &format!("<!doctype html><title>Willkommen</title><p>{long}"))
            .with("robots.txt", Class::Document, "User-agent: *\n")
            .with("404.html", Class::Error, &format!("<!doctype html><title>Introuvable</title><p>{long}"))
            .with("503.html", Class::Error, &format!("<!doctype html><title>Un instant</title><p>{long}"))
            .asset("style.css", &"p { margin: 0 }\n".repeat(40))
            .asset("photo.avif", "not really a picture")
    }

    /// One more file.
    pub(crate) fn with(mut self, path: &str, class: Class, body: &str) -> Self {
        let key = key(path);
        let media = Media::of_extension(&key.extension());
        let bytes = Bytes::from(body.to_owned());
        self.bundle.artifacts.insert(key, Artifact::new(bytes, media, class, BTreeSet::new()));
        self.release = Release::seal(&self.bundle).expect("the sample is whole");
        self
    }

    /// One more file whose name carries its digest.
    pub(crate) fn asset(self, name: &str, body: &str) -> Self {
        let (stem, extension) = name.rsplit_once('.').expect("an asset has an extension");
        let digits = Digest::of(body.as_bytes()).hex16();
        self.with(&format!("assets/{stem}.{digits}.{extension}"), Class::Asset, body)
    }

    /// Writes the folder as a build does: files, compressed siblings, and the files of this host. Returns its warnings.
    pub(crate) fn publish(&self, host: &str, folder: &Path) -> Vec<String> {
        for (key, artifact) in &self.bundle.artifacts {
            write(folder, key.as_str(), &artifact.bytes);
            if artifact.media.compressible() {
                write(folder, &format!("{key}.gz"), &gzip(&artifact.bytes));
                write(folder, &format!("{key}.br"), &brotli(&artifact.bytes));
            }
        }
        let emitted = hosts::find(host).expect("the host exists").emit(&self.bundle.policy, &self.release);
        for file in &emitted.value {
            write(folder, file.path.as_str(), file.text.as_bytes());
        }
        emitted.warnings.iter().map(|warning| warning.message.clone()).collect()
    }
}

pub(crate) fn key(path: &str) -> Key {
    Key::parse(path).expect("the sample's paths are keys")
}

pub(crate) fn write(folder: &Path, path: &str, bytes: &[u8]) {
    let path = folder.join(path);
    fs::create_dir_all(path.parent().expect("it is below the folder")).expect("the folder can be written");
    fs::write(path, bytes).expect("the folder can be written");
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).expect("memory can be written");
    encoder.finish().expect("memory can be written")
}

fn brotli(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let params = brotli::enc::BrotliEncoderParams { quality: 5, ..Default::default() };
    brotli::BrotliCompress(&mut &*bytes, &mut out, &params).expect("memory can be written");
    out
}

/// Undoes a content coding.
pub(crate) fn decode(coding: Option<&str>, bytes: &[u8]) -> Vec<u8> {
    use std::io::Read as _;
    let mut out = Vec::new();
    match coding {
        None => out.extend(bytes),
        Some("gzip") => drop(flate2::read::GzDecoder::new(bytes).read_to_end(&mut out).expect("gzip")),
        Some("br") => drop(brotli::Decompressor::new(bytes, 4_096).read_to_end(&mut out).expect("Brotli")),
        Some(other) => panic!("nobody asked for `{other}`"),
    }
    out
}
