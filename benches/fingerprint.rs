//! How fast a folder is fingerprinted, beside `sha256sum` over the same files in the same run.
//!
//! `cargo bench --bench fingerprint` (`make bench-fingerprint`). Three folders: pictures, a film, and a site of many small pages with styles, scripts
//! and pictures. Each round runs `sha256sum` over every file, then `landing fingerprint`, which also reads, rewrites and writes them; the
//! median ratio of nine rounds is printed. Absolute figures belong to the machine and are not claimed.
#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a bench is a program of its own, its result is what it prints"
)]

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const ROUNDS: usize = 9;

fn main() {
    println!("seconds, files in the system's cache; ratio = landing / sha256sum");
    for (name, make) in [("pictures", pictures as fn(&Path)), ("film", film), ("site", site)] {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("folder");
        make(&folder);
        let files = files(&folder);
        let bytes: u64 = files.iter().map(|path| fs::metadata(path).unwrap().len()).sum();
        println!("{name}: {} files, {} MB", files.len(), bytes / 1_000_000);
        let list = dir.path().join("list");
        fs::write(&list, files.join("\0")).unwrap();
        measure(&folder, &list, &dir.path().join("out"));
    }
}

/// Rounds of both, interleaved; the first one warms the cache and is not counted.
fn measure(folder: &Path, list: &Path, out: &Path) {
    let mut ratios = Vec::new();
    for round in 0..=ROUNDS {
        let peer = timed(|| sha256sum(list));
        let ours = timed(|| landing(folder, out));
        fs::remove_dir_all(out).unwrap();
        if round > 0 {
            let ratio = ours.as_secs_f64() / peer.as_secs_f64();
            println!(
                "  round {round}: landing {:.3}   sha256sum {:.3}   ratio {ratio:.2}",
                ours.as_secs_f64(),
                peer.as_secs_f64()
            );
            ratios.push(ratio);
        }
    }
    ratios.sort_by(f64::total_cmp);
    println!("  median ratio {:.2}", ratios[ROUNDS / 2]);
}

fn timed(work: impl FnOnce()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}

fn sha256sum(list: &Path) {
    let mut command = Command::new("xargs");
    let status = command.args(["-0", "-a"]).arg(list).arg("sha256sum").stdout(Stdio::null()).status().unwrap();
    assert!(status.success());
}

fn landing(folder: &Path, out: &Path) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_landing"));
    let command = command.arg("fingerprint").arg(folder).arg("-o").arg(out).stdout(Stdio::null()).stderr(Stdio::null());
    assert!(command.status().unwrap().success());
}

/// Every file of a folder.
fn files(folder: &Path) -> Vec<String> {
    let entries = walkdir::WalkDir::new(folder).sort_by_file_name().into_iter().map(Result::unwrap);
    entries.filter(|entry| entry.file_type().is_file()).map(|entry| entry.path().to_str().unwrap().to_owned()).collect()
}

/// Bytes that no file system and no copy can shorten.
fn noise(seed: u64, length: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut bytes = Vec::with_capacity(length + 8);
    while bytes.len() < length {
        // xorshift64 (Marsaglia, 2003)
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.to_le_bytes());
    }
    bytes.truncate(length);
    bytes
}

fn write(folder: &Path, path: &str, bytes: impl AsRef<[u8]>) {
    let path = folder.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
}

fn lines(count: u32, line: impl Fn(u32) -> String) -> String {
    (0..count).map(line).collect::<Vec<_>>().concat()
}

/// One page with 400 pictures.
fn pictures(folder: &Path) {
    let images = lines(400, |n| format!("<img src=\"img/{n}.jpg\" alt=\"\">\n"));
    write(folder, "index.html", images);
    for n in 0..400 {
        write(folder, &format!("img/{n}.jpg"), noise(n, 700_000));
    }
}

/// One page with a film.
fn film(folder: &Path) {
    write(folder, "index.html", "<video src=film.mp4></video>");
    write(folder, "film.mp4", noise(1, 300_000_000));
}

/// 2,000 pages that share styles and scripts, each with a picture of its own.
fn site(folder: &Path) {
    let rules = lines(2_000, |n| format!(".c{n} {{ color: #123; background: url(\"../img/{}.png\") }}\n", n % 50));
    write(folder, "css/site.css", rules);
    let functions = lines(2_000, |n| format!("export function f{n}(x) {{ return x + {n}; }}\n"));
    write(folder, "js/lib.js", functions);
    write(folder, "js/main.js", "import { f1 } from './lib.js'; console.log(f1(1));");
    let text = "<p>The page stands while the nation is watching.</p>\n".repeat(400);
    for n in 0..2_000 {
        let page = format!(
            "<!doctype html><title>{n}</title><link rel=stylesheet href=\"../css/site.css\"><script type=module src=\"../js/main.js\"></script>\
             <img src=\"../img/{n}.png\" srcset=\"../img/{n}.png 1x, ../img/{}.png 2x\" alt=\"\">{text}",
            (n + 1) % 2_000
        );
        write(folder, &format!("pages/{n}.html"), page);
        write(folder, &format!("img/{n}.png"), noise(n, 30_000));
    }
}
