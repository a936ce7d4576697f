//! The build, case by case: `tests/cases/build/*.txt` hold the author's files and what must come of them.
//!
//! The first line of a case is the sentence that would be false. Then sections: `--- PATH` is a file of the author's
//! (`--- PATH png 40x30` an image made on the spot, `--- PATH hex` bytes, `--- PATH font NAME` one of `tests/fonts/`), `--- errors` and `--- warnings` what is said, `--- files`
//! what is published, `--- out PATH` the text of a published file, `--- modes` what other modes serve instead, `--- in MODE PATH` its text. Digits of digests read `#`, so that a case survives a new version of an
//! encoder. `LANDING_UPDATE=1` writes what came out into the case; read the difference before you commit it.

use bytes::Bytes;
use landing::build::{Built, Options, build};
use landing::config;
use landing::diag::{Diagnostics, Warned};
use landing::model::{Class, Digest, Key, Memo, Release, Source, UrlPath, asset_digits};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

const CONFIG: &str =
    "[site]\nname = \"Essai\"\ntheme = \"mini\"\nurl = \"https://essai.example\"\n[budgets]\ndocument = 100000\n";
const TEMPLATE: &str = "<!doctype html><html lang=fr><head><title>{{ page.title }}</title></head><body>{{ page.content | safe }}</body></html>";
const INDEX: &str = "+++\ntitle = \"Essai\"\n+++\n";

/// One part of a case, as it stands in the file.
struct Section {
    head: String,
    body: String,
}

fn sections(text: &str) -> (String, Vec<Section>) {
    let mut parts = text.split("\n--- ");
    let sentence = parts.next().unwrap_or_default().to_owned();
    let section = |part: &str| {
        let (head, body) = part.split_once('\n').unwrap_or((part, ""));
        Section { head: head.to_owned(), body: body.to_owned() + "\n" }
    };
    (sentence, parts.map(section).collect())
}

fn is_expectation(head: &str) -> bool {
    matches!(head, "errors" | "warnings" | "files" | "modes") || head.starts_with("out ") || head.starts_with("in ")
}

fn key(path: &str) -> Key {
    Key::parse(path).unwrap()
}

/// A picture with some detail: nothing that compresses to nothing.
fn png(size: &str) -> Bytes {
    let (width, height) = size.split_once('x').unwrap();
    let (width, height): (u32, u32) = (width.parse().unwrap(), height.parse().unwrap());
    // Slopes with grain, as in a photograph.
    let grain =
        |x: u32, y: u32| (x.wrapping_mul(0x9E37_79B1) ^ y.wrapping_mul(0x85EB_CA77)).wrapping_mul(0xC2B2_AE3D) >> 26;
    let slope = |value: u32| (value % 360).abs_diff(180);
    let byte = |value: u32| u8::try_from(value).unwrap();
    let pixel =
        |x: u32, y: u32| image::Rgb([slope(x), slope(y * 2), slope(x + y)].map(|shade| byte(shade + grain(x, y))));
    let mut out = std::io::Cursor::new(Vec::new());
    image::RgbImage::from_fn(width, height, pixel).write_to(&mut out, image::ImageFormat::Png).unwrap();
    out.into_inner().into()
}

fn bytes_of(kind: &str, section: &Section) -> Bytes {
    match kind.split_once(' ') {
        Some(("png", size)) => png(size),
        Some(("font", name)) => {
            fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fonts").join(name)).unwrap().into()
        }
        None if kind == "hex" => {
            let digits: String = section.body.chars().filter(char::is_ascii_hexdigit).collect();
            (0..digits.len() / 2).map(|at| u8::from_str_radix(&digits[at * 2..at * 2 + 2], 16).unwrap()).collect()
        }
        _ => Bytes::from(section.body.clone()),
    }
}

fn source_of(sections: &[Section]) -> Source {
    let defaults = [
        ("site/landing.toml", CONFIG),
        ("site/index.md", INDEX),
        ("themes/mini/templates/text.html", TEMPLATE),
        ("themes/mini/templates/error.html", TEMPLATE),
    ];
    let mut source = Source::default();
    source.files.extend(defaults.map(|(path, text)| (key(path), Bytes::from(text))));
    for section in sections.iter().filter(|section| !is_expectation(&section.head)) {
        let (path, kind) = section.head.split_once(' ').unwrap_or((&section.head, ""));
        source.files.insert(key(path), bytes_of(kind, section));
    }
    source
}

fn run(source: &Source, memo: &dyn Memo) -> Result<Warned<Built>, Diagnostics> {
    let config = std::str::from_utf8(source.get("site/landing.toml").unwrap()).unwrap();
    build(source, &config::parse(config).unwrap(), Options::default(), memo, &|_| {})
}

/// Digests and hashes out, so that a case says what we decided and not what an encoder of today makes of it.
fn masked(text: &str) -> String {
    let mut out = String::new();
    for (at, part) in text.split("'sha256-").enumerate() {
        if at == 0 {
            out.push_str(part);
        } else {
            write!(out, "'sha256-#{}", &part[part.find('\'').unwrap()..]).unwrap();
        }
    }
    let out = without_seals(&without_data(&out));
    let mut words = String::new();
    for part in out.split_inclusive(|c: char| !c.is_ascii_hexdigit()) {
        let digits = part.trim_end_matches(|c: char| !c.is_ascii_hexdigit());
        let masked = digits.len() == 16 && words.ends_with('.');
        words.push_str(&if masked { part.replacen(digits, "#", 1) } else { part.to_owned() });
    }
    words
}

/// The same for `integrity`.
fn without_seals(text: &str) -> String {
    let mut parts = text.split("sha384-");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |out, part| out + "sha384-#" + &part[part.len().min(64)..])
}

/// The same for what stands in the page itself.
fn without_data(text: &str) -> String {
    let mut parts = text.split(";base64,");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |out, part| {
        let end = part.find(|c: char| !c.is_ascii_alphanumeric() && !"+/=".contains(c)).unwrap_or(part.len());
        out + ";base64,#" + &part[end..]
    })
}

fn text_of(said: impl Iterator<Item = String>) -> String {
    said.fold(String::new(), |out, one| out + &one + "\n")
}

/// Sorted without the digests, which order the files of the release itself.
fn listing(built: &Built) -> String {
    let mut lines: Vec<String> = built
        .bundle
        .artifacts
        .iter()
        .map(|(key, artifact)| {
            let mut refs: Vec<String> = artifact.refs.iter().map(|key| masked(key.as_str())).collect();
            refs.sort();
            let refs = if refs.is_empty() { String::new() } else { format!(" -> {}", refs.join(" ")) };
            format!("{} {}{refs}", artifact.class.name(), masked(key.as_str()))
        })
        .collect();
    lines.sort();
    text_of(lines.into_iter())
}

fn outcome(head: &str, result: &Result<Warned<Built>, Diagnostics>) -> String {
    match (head, result) {
        ("errors", Ok(_)) => "none\n".to_owned(),
        ("errors", Err(errors)) => text_of(errors.iter().map(ToString::to_string)),
        (_, Err(errors)) => format!("failed:\n{errors}\n"),
        ("warnings", Ok(built)) => {
            text_of(built.warnings.iter().map(ToString::to_string).filter(|warning| !warning.contains("[host-limit]")))
        }
        ("files", Ok(built)) => listing(&built.value),
        ("modes", Ok(built)) => {
            let variants = built.value.release.variants();
            text_of(variants.map(|(mode, key, entry)| format!("{} {} {key}", mode.name(), entry.class.name())))
        }
        (head, Ok(built)) if head.starts_with("in ") => {
            let (mode, path) = head["in ".len()..].split_once(' ').unwrap();
            let modes = built.value.bundle.modes.iter().find(|(it, _)| it.name() == mode);
            let artifact = modes.and_then(|(_, artifacts)| artifacts.get(&key(path)));
            masked(&artifact.map_or("as usual".into(), |it| String::from_utf8_lossy(&it.bytes))) + "\n"
        }
        (out, Ok(built)) => {
            let bytes = built.value.files.get(&key(out.strip_prefix("out ").unwrap()));
            masked(&bytes.map_or("nothing".to_owned(), |bytes| String::from_utf8_lossy(bytes).into_owned())) + "\n"
        }
    }
}

#[test]
fn every_case_comes_out_as_it_says() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/build");
    let mut cases: Vec<PathBuf> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    let mut wrong = String::new();
    for path in cases {
        let text = fs::read_to_string(&path).unwrap();
        let (sentence, sections) = sections(&text);
        let result = run(&source_of(&sections), &());
        let mut blessed = sentence.clone();
        for section in &sections {
            let expected = section.body.trim_end();
            let actual =
                if is_expectation(&section.head) { outcome(&section.head, &result) } else { section.body.clone() };
            let actual = actual.trim_end();
            if actual != expected {
                let name = path.file_name().unwrap().to_string_lossy();
                writeln!(wrong, "{name}: {sentence}\n{}\nexpected:\n{expected}\nseen:\n{actual}\n", section.head)
                    .unwrap();
            }
            write!(blessed, "\n--- {}\n{actual}", section.head).unwrap();
        }
        if std::env::var_os("LANDING_UPDATE").is_some() {
            fs::write(&path, blessed.trim_end().to_owned() + "\n").unwrap();
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// Remembers everything and counts what was new to it.
#[derive(Default)]
struct Counting {
    held: Mutex<BTreeMap<Digest, Bytes>>,
    puts: AtomicUsize,
}

impl Memo for Counting {
    fn get(&self, key: &Digest) -> Option<Bytes> {
        self.held.lock().unwrap().get(key).cloned()
    }

    fn put(&self, key: &Digest, value: &Bytes) {
        self.puts.fetch_add(1, Ordering::Relaxed);
        self.held.lock().unwrap().insert(*key, value.clone());
    }
}

fn case(name: &str) -> Source {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/build").join(name);
    source_of(&sections(&fs::read_to_string(path).unwrap()).1)
}

fn with_threads(threads: usize, source: &Source) -> Built {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    pool.install(|| run(source, &())).unwrap().value
}

#[test]
fn the_same_source_gives_the_same_bytes_on_one_thread_and_on_four() {
    let source = case("renditions.txt");
    let mut shuffled = Source::default();
    shuffled.files.extend(source.files.clone().into_iter().rev());
    let (one, four) = (with_threads(1, &source), with_threads(4, &shuffled));
    assert_eq!(one.release.id(), four.release.id());
    assert_eq!(one.files, four.files);
}

#[test]
fn a_second_build_encodes_nothing_and_an_edited_word_only_its_page() {
    let memo = Counting::default();
    let mut source = case("renditions.txt");
    let first = run(&source, &memo).unwrap().value;
    let puts = memo.puts.load(Ordering::Relaxed);
    assert_eq!(run(&source, &memo).unwrap().value.files, first.files);
    assert_eq!(memo.puts.load(Ordering::Relaxed), puts);
    let page = String::from_utf8(source.get("site/index.md").unwrap().to_vec()).unwrap();
    source.files.insert(key("site/index.md"), page.replace("Un titre", "Un autre").into());
    let second = run(&source, &memo).unwrap().value;
    let changed: Vec<&Key> = second
        .bundle
        .artifacts
        .iter()
        .filter(|(key, it)| first.bundle.artifacts.get(*key) != Some(*it))
        .map(|(key, _)| key)
        .collect();
    assert_eq!(changed, [&key("index.html")]);
    // Its Brotli and gzip, and what the account of the first flight counts: text, and nothing of the images.
    assert!(memo.puts.load(Ordering::Relaxed) - puts <= 6);
}

#[test]
fn a_release_holds_whatever_its_pages_refer_to_and_names_keep_their_word() {
    for name in ["images.txt", "links.txt", "page.txt", "renditions.txt", "self-contained.txt"] {
        let built = run(&case(name), &()).unwrap().value;
        for (key, entry) in &built.release.entries {
            assert!(entry.refs.iter().all(|it| built.release.entries.contains_key(it)), "{name}: {key}");
            let bytes = &built.files[key];
            assert_eq!(Digest::of(bytes), entry.sha256, "{name}: {key}");
            if entry.class == Class::Asset {
                assert_eq!(asset_digits(key), Some(entry.sha256.hex16().as_str()), "{name}: {key}");
            }
        }
        let manifest = &built.files[&key("release.json")];
        assert_eq!(Release::from_json(manifest).unwrap(), built.release, "{name}");
    }
}

#[test]
fn siblings_stand_only_where_they_are_smaller_and_decode_to_the_file() {
    let built = run(&case("page.txt"), &()).unwrap().value;
    let page = &built.files[&key("index.html")];
    let mut plain = Vec::new();
    brotli::BrotliDecompress(&mut &built.files[&key("index.html.br")][..], &mut plain).unwrap();
    assert_eq!(&plain, page);
    let mut plain = Vec::new();
    let mut gz = flate2::read::GzDecoder::new(&built.files[&key("index.html.gz")][..]);
    std::io::Read::read_to_end(&mut gz, &mut plain).unwrap();
    assert_eq!(&plain, page);
    assert!(!built.files.contains_key(&key("robots.txt.br")), "13 bytes do not get smaller");
}

#[test]
fn the_lines_of_the_first_flight_add_up_to_what_is_sent() {
    let built = run(&case("images.txt"), &()).unwrap().value;
    let flight = &built.flight;
    assert_eq!(flight.lines.iter().map(|line| line.bytes).sum::<u64>(), flight.total());
    assert_eq!(flight.document, built.files[&key("index.html.br")].len() as u64);
    let names: Vec<&str> = flight.lines.iter().map(|line| line.what).collect();
    assert_eq!(names, ["text", "css", "svg", "hero", "headers"]);
}

#[test]
fn error_pages_answer_for_their_status_and_carry_a_tag_to_purge_them_by() {
    let release = run(&case("self-contained.txt"), &()).unwrap().value.release;
    assert_eq!(
        release.errors.iter().map(|(status, key)| (*status, key.as_str())).collect::<Vec<_>>(),
        [(404, "404.html"), (503, "error.html")]
    );
    let nowhere = release.reply(&UrlPath::parse("/nulle-part").unwrap()).unwrap();
    assert_eq!((nowhere.status, nowhere.headers.get("cache-tag")), (404, Some("error")));
    assert_eq!(release.entries[&key("index.html")].headers.get("cache-tag"), None);
}

/// The files of a project, as the shell would read them.
fn project(root: &Path) -> Source {
    let mut source = Source::default();
    for top in ["site", "themes", "assets"] {
        for entry in walkdir::WalkDir::new(root.join(top)).into_iter().map(Result::unwrap) {
            if entry.file_type().is_file() {
                let inside = entry.path().strip_prefix(root).unwrap().to_str().unwrap();
                source.files.insert(key(inside), fs::read(entry.path()).unwrap().into());
            }
        }
    }
    source
}

#[test]
fn our_own_campaign_fits_the_first_flight_and_asks_nobody_else() {
    // Without its AVIF, which costs a test minutes where codecs are not optimized.
    let mut source = project(Path::new(env!("CARGO_MANIFEST_DIR")));
    let config = String::from_utf8(source.get("site/landing.toml").unwrap().to_vec()).unwrap();
    source.files.insert(key("site/landing.toml"), (config + "\n[build]\navif = false\n").into());
    // Two more pages in the footer, as every campaign has them after a week, fit as well.
    for name in ["presse", "contact"] {
        let text = format!(
            "+++\ntitle = \"La page {name}\"\ndescription = \"Une page de plus, qui pèse un lien.\"\n+++\n\nBonjour.\n"
        );
        source.files.insert(key(&format!("site/{name}.md")), text.into());
    }
    let built = run(&source, &()).unwrap();
    let spoken: Vec<String> =
        built.warnings.iter().map(ToString::to_string).filter(|it| !it.contains("[host-limit]")).collect();
    assert_eq!(spoken, Vec::<String>::new());
    let built = built.value;
    assert!(built.flight.document <= built.flight.document_budget, "{:?}", built.flight);
    assert!(built.flight.headers <= built.flight.headers_budget, "{:?}", built.flight);
    // As AVIF the picture takes so much of its 5,000 bytes, and the rest has room beside it.
    let rest = built.flight.lines.iter().filter(|line| !matches!(line.what, "hero" | "headers")).map(|line| line.bytes);
    assert!(rest.sum::<u64>() + 4_900 <= built.flight.document_budget, "{:?}", built.flight);
    let english = built.files[&key("en/index.html.br")].len() as u64;
    assert!(english <= built.flight.document_budget, "{english}");
    for (name, artifact) in built.bundle.artifacts.iter().filter(|(key, _)| key.extension() == "html") {
        let text = std::str::from_utf8(&artifact.bytes).unwrap();
        let lang = if name.is_below("en") { "en" } else { "fr" };
        let start = format!(
            "<!doctype html><html lang={lang}><head><meta charset=utf-8><meta http-equiv=Content-Security-Policy"
        );
        assert!(text.starts_with(&start), "{name}");
        for resource in ["src=http", "src=\"http", "url(http", "srcset=http", " style=", " onclick="] {
            assert!(!text.contains(resource), "{name}: {resource}");
        }
        if artifact.class == Class::Error {
            assert!(artifact.refs.is_empty() && !text.contains("/assets/"), "{name} asks for something");
        }
    }
}
