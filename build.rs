//! Gives the program a name of its own: the digest of its sources. What it remembers of finished pages is not taken for the work of another.
#![expect(clippy::disallowed_methods, reason = "a build script reads the sources that it names")]

use std::collections::BTreeSet;
use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};

fn main() {
    let mut files = BTreeSet::new();
    for part in ["Cargo.lock", "Cargo.toml", "crates", "src", "themes"] {
        println!("cargo:rerun-if-changed={part}");
        collect(Path::new(part), &mut files);
    }
    let mut hasher = DefaultHasher::new();
    for file in files {
        file.hash(&mut hasher);
        fs::read(&file).expect("the sources can be read").hash(&mut hasher);
    }
    println!("cargo:rustc-env=LANDING_PROGRAM={:016x}", hasher.finish());
}

fn collect(path: &Path, files: &mut BTreeSet<PathBuf>) {
    if path.is_file() {
        files.insert(path.to_owned());
    }
    for entry in fs::read_dir(path).into_iter().flatten().flatten() {
        // What a build leaves in a package is none of its sources.
        if entry.file_name() != "target" {
            collect(&entry.path(), files);
        }
    }
}
