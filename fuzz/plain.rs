//! The plain driver of the fuzz targets: a deterministic loop of mutations, for the stable compiler and for every day.
//!
//! `make fuzz`, or `cargo test --test fuzz -- [--runs N] [--from N] [--only NAME]`. An input that panics, or takes longer than ten
//! seconds, is written to `target/fuzz/NAME.input`; the number that is printed with it finds it again with `--from N --runs 1`.
#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a driver is a program of its own: it reads seeds, looks at the clock, and its result is what it prints"
)]

#[path = "src/lib.rs"]
#[expect(unreachable_pub, dead_code, reason = "it is a crate of its own for libFuzzer")]
mod targets;

use landing::model::{Bundle, Digest, Head, Key, Owed, Release, State, UrlPath};
use landing::{check, config};
use std::collections::BTreeMap;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::{Duration, Instant};
use targets::{TARGETS, Target};

/// Longer than any input of this size may take, even on a machine that is busy.
const SLOW: Duration = Duration::from_secs(10);
/// Of an input; what is larger is not read differently.
const LONGEST: usize = 4_096;

fn main() {
    let mut args = std::env::args().skip(1);
    let (mut runs, mut from, mut only) = (200, 0, String::new());
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--runs" => runs = number(args.next()),
            "--from" => from = number(args.next()),
            "--only" => only = args.next().unwrap_or_default(),
            // What the test runner passes on: a filter, or its own options.
            _ => {}
        }
    }
    let failed: Vec<&str> = TARGETS
        .iter()
        .filter(|target| only.is_empty() || target.name == only)
        .filter(|target| !holds(target, from..from + runs))
        .map(|target| target.name)
        .collect();
    assert!(failed.is_empty(), "broken: {}", failed.join(", "));
}

fn number(arg: Option<String>) -> u64 {
    arg.and_then(|arg| arg.parse().ok()).expect("a number after this option")
}

/// Runs one target on its seeds and on so many mutations of them.
fn holds(target: &Target, numbers: std::ops::Range<u64>) -> bool {
    let seeds = seeds(target);
    let begun = Instant::now();
    let whole = seeds.iter().map(|seed| (None, seed.clone()));
    let mutated = numbers.map(|number| (Some(number), mutation(&seeds, number, longest(target))));
    for (number, input) in whole.chain(mutated) {
        let started = Instant::now();
        let panicked = catch_unwind(AssertUnwindSafe(|| (target.run)(&input))).is_err();
        if panicked || started.elapsed() > SLOW {
            let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/fuzz").join(format!("{}.input", target.name));
            fs::create_dir_all(file.parent().expect("it is in a folder")).expect("target/ can be written");
            fs::write(&file, &input).expect("target/ can be written");
            let why = if panicked { "panics" } else { "takes too long" };
            println!("{}: {why} at {number:?}, {}", target.name, file.display());
            return false;
        }
    }
    println!("{:14} {:>4} seeds, {:>6} ms", target.name, seeds.len(), begun.elapsed().as_millis());
    true
}

/// A font is nothing without its last table.
fn longest(target: &Target) -> usize {
    if target.name == "font" { 1 << 16 } else { LONGEST }
}

fn seeds(target: &Target) -> Vec<Vec<u8>> {
    let mut seeds: Vec<Vec<u8>> = target.seeds.iter().map(|seed| seed.as_bytes().to_vec()).collect();
    let (folder, ending) = target.files;
    if !folder.is_empty() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
        let files = walkdir::WalkDir::new(root).sort_by_file_name().into_iter().filter_map(Result::ok);
        let wanted = files.filter(|it| it.file_type().is_file() && it.path().to_string_lossy().ends_with(ending));
        seeds.extend(wanted.filter_map(|it| fs::read(it.path()).ok()));
    }
    seeds.extend(made(target.name));
    seeds
}

/// Seeds that nobody wants to write by hand.
fn made(name: &str) -> Vec<Vec<u8>> {
    match name {
        "picture" => pictures(),
        "release" => vec![release().to_json()],
        "head" => vec![head().to_json()],
        _ => Vec::new(),
    }
}

/// Small ones in every format that is read.
fn pictures() -> Vec<Vec<u8>> {
    use image::ImageFormat::{Gif, Jpeg, Png, WebP};
    let picture =
        image::RgbImage::from_fn(9, 7, |x, y| image::Rgb([x, y, x * y].map(|it| u8::try_from(it).expect("small"))));
    let encoded = |format| {
        let mut out = std::io::Cursor::new(Vec::new());
        picture.write_to(&mut out, format).expect("a small picture can be encoded");
        out.into_inner()
    };
    [Gif, Jpeg, Png, WebP].map(encoded).into()
}

fn release() -> Release {
    let files =
        ["index.html", "404.html", "a/b.txt"].map(|path| (Key::parse(path).expect("a key"), "<p>a".into())).into();
    let settings = config::parse("[site]\nname = \"F\"\n").expect("written here");
    let (artifacts, policy) = check::folder(&files, settings.lifetimes);
    Release::seal(&Bundle { artifacts, modes: BTreeMap::new(), policy }).expect("nothing refers to anything")
}

fn head() -> Head {
    let (release, page) = (Digest::of(b"a"), UrlPath::parse("/").expect("a path"));
    Head {
        format: Head::FORMAT,
        seq: 7,
        nonce: "n".to_owned(),
        state: State::Committing,
        release,
        previous: Some(release),
        mode: landing::model::Mode::Normal,
        freeze: None,
        sweep: None,
        conditions: None,
        log: Vec::new(),
        owed: Owed { urls: [page].into(), ..Owed::default() },
        verified: false,
        documents: BTreeMap::new(),
        copies: BTreeMap::new(),
        by: "host".to_owned(),
        at: "2026-11-29T19:50:00Z".to_owned(),
    }
}

/// The same input for the same number, whatever ran before.
fn mutation(seeds: &[Vec<u8>], number: u64, longest: usize) -> Vec<u8> {
    let mut dice = Dice(number.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let mut input = seeds[dice.below(seeds.len())].clone();
    for _ in 0..=dice.below(4) {
        let other = &seeds[dice.below(seeds.len())];
        mutate(&mut input, &mut dice, other);
    }
    input.truncate(longest);
    input
}

/// Bytes that mean something to some parser.
const TELLING: &[&[u8]] = &[
    b"\0",
    b"\xff",
    b"\n",
    b"\r\n",
    b"\"",
    b"'",
    b"<",
    b">",
    b"&",
    b"{{",
    b"}}",
    b"{%",
    b"+++\n",
    b":::",
    b"/*",
    b"*/",
    b"//",
    b"\\",
    b"%",
    b"%2e",
    b"..",
    b"/",
    b"#",
    b"=",
    b"[",
    b"]",
    b"(",
    b")",
    b"-",
    b"e9",
    b"9999999999999999999",
    b"-1",
    b"0.0",
    b"\xe2\x80\xae",
    b"\xf0\x9f\x98\x80",
    b"<!--",
    b"]]>",
    b"<svg>",
    b"</",
    b"url(",
    b"@import",
    b"import(",
    b";",
    b",",
    b" ",
    b"\t",
];

fn mutate(input: &mut Vec<u8>, dice: &mut Dice, other: &[u8]) {
    let at = dice.below(input.len() + 1);
    let end = (at + 1 + dice.below(16)).min(input.len());
    match dice.below(7) {
        0 if at < input.len() => input[at] ^= 1 << dice.below(8),
        1 => drop(input.drain(at..end)),
        2 => drop(input.splice(at..at, TELLING[dice.below(TELLING.len())].iter().copied())),
        3 => drop(input.splice(at..end, TELLING[dice.below(TELLING.len())].iter().copied())),
        4 => {
            let piece = input[at..end].to_vec();
            let times = dice.below(40);
            drop(input.splice(at..at, piece.repeat(times)));
        }
        5 if !other.is_empty() => {
            let from = dice.below(other.len());
            input.truncate(at);
            input.extend(&other[from..]);
        }
        _ => input.truncate(at),
    }
}

/// Xorshift (Marsaglia, 2003).
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % limit.max(1) as u64).expect("below a usize")
    }
}
