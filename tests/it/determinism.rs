//! The same source gives the same bytes: whatever the number of threads, the folder, the language and clock of the machine, who may
//! read its files, when and in which order they were written. And what stands on the disk keeps the word of its name.
//!
//! Each surrounding is a process of its own with an empty cache, because threads, time zone and umask belong to a process.

use crate::project::{Project, said};
use image::ImageFormat;
use landing::model::{Class, Digest, Key, Release, asset_digits};
use std::collections::BTreeMap;
use std::fs;
use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime};

/// Where and how one build runs.
struct Surroundings {
    folder: &'static str,
    threads: u8,
    locale: &'static str,
    zone: &'static str,
    umask: &'static str,
    /// Of the source files, in years since 1970.
    written: u32,
    /// Whether they are written last to first.
    backwards: bool,
    /// Whether the command runs in another folder and is told the project's.
    from_outside: bool,
}

const PLAIN: Surroundings = Surroundings {
    folder: "a",
    threads: 1,
    locale: "C",
    zone: "UTC",
    umask: "022",
    written: 55,
    backwards: false,
    from_outside: false,
};

const OTHERS: &[Surroundings] = &[
    Surroundings {
        folder: "une autre/campagne d’été",
        threads: 2,
        locale: "tr_TR.UTF-8",
        zone: "Asia/Kathmandu",
        umask: "077",
        written: 12,
        backwards: true,
        ..PLAIN
    },
    Surroundings {
        folder: "b/c/d/e",
        threads: 16,
        locale: "ar_EG.UTF-8",
        zone: "Pacific/Kiritimati",
        umask: "000",
        written: 80,
        from_outside: true,
        ..PLAIN
    },
];

#[test]
fn the_same_source_gives_the_same_tree_whatever_surrounds_it() {
    let sample = sample();
    let folder = tempfile::tempdir().unwrap();
    let plain = built(&sample, folder.path(), &PLAIN);
    assert!(plain.keys().any(|path| path.ends_with(".avif")), "the sample has no picture: {:?}", plain.keys());
    for others in OTHERS {
        let other = built(&sample, folder.path(), others);
        let paths: Vec<&String> = plain.keys().chain(other.keys()).collect();
        let differ: Vec<_> = paths.into_iter().filter(|path| plain.get(*path) != other.get(*path)).collect();
        assert!(differ.is_empty(), "{} threads in `{}`: {differ:?}", others.threads, others.folder);
    }
}

#[test]
fn every_file_on_the_disk_is_what_its_name_and_the_manifest_say() {
    let project = Project::new();
    project.write_bytes("assets/photo.jpg", &picture(640, 420, ImageFormat::Jpeg));
    project.replace("site/index.md", "point.png", "photo.jpg");
    let out = project.path(project.done(&["build"])["out"].as_str().unwrap());
    let release = Release::from_json(&fs::read(out.join("release.json")).unwrap()).unwrap();
    let mut hashed = 0;
    for path in files(&out) {
        let Ok(key) = Key::parse(&path) else { panic!("{path} is not a key") };
        let seen = Digest::of(&fs::read(out.join(&path)).unwrap());
        if let Some(digits) = asset_digits(&key) {
            hashed += 1;
            assert_eq!(digits, seen.hex16().as_str(), "{path}");
        }
        if let Some(entry) = release.entries.get(&key) {
            assert_eq!(entry.sha256, seen, "{path}");
        }
    }
    let listed = release.entries.values().filter(|entry| entry.class == Class::Asset).count();
    assert_eq!(hashed, listed, "an asset was not written, or one was written that the manifest does not know");
    assert!(listed > 3, "the sample has too few assets to prove anything");
}

/// The files of a project with what an encoder could do differently the next time.
fn sample() -> BTreeMap<String, Vec<u8>> {
    let project = Project::new();
    project.write_bytes("assets/photo.jpg", &picture(640, 420, ImageFormat::Jpeg));
    project.write_bytes("assets/drawing.png", &picture(300, 200, ImageFormat::Png));
    project.write(
        "site/second.md",
        "+++\ntitle = \"Seconde\"\n+++\n\n![Une photo](photo.jpg)\n\n![Un dessin](drawing.png)\n",
    );
    project.replace("site/index.md", "point.png", "photo.jpg");
    // Its port is of this moment.
    let config = project.read("site/landing.toml");
    project.write("site/landing.toml", config.split("[env.local]").next().unwrap());
    let root = project.path("");
    files(&root).into_iter().map(|path| (path.clone(), fs::read(root.join(path)).unwrap())).collect()
}

/// The larger one is large enough for AVIF to be cut into tiles, whose number must not come from the threads of the machine.
fn picture(width: u32, height: u32, format: ImageFormat) -> Vec<u8> {
    let byte = |value: u32| u8::try_from(value % 256).unwrap();
    let pixel = |x: u32, y: u32| image::Rgb([byte(x / 3 + y / 5), byte(x * y / 97), byte(200 + (x ^ y) / 4)]);
    let mut out = Cursor::new(Vec::new());
    image::RgbImage::from_fn(width, height, pixel).write_to(&mut out, format).unwrap();
    out.into_inner()
}

/// Writes the files as the surroundings say, builds there, and reads what came out.
fn built(files: &BTreeMap<String, Vec<u8>>, folder: &Path, how: &Surroundings) -> BTreeMap<String, Digest> {
    let root = folder.join(how.folder);
    let mut order: Vec<_> = files.iter().collect();
    if how.backwards {
        order.reverse();
    }
    let written = SystemTime::UNIX_EPOCH + Duration::from_secs(u64::from(how.written) * 31_557_600);
    for (path, bytes) in order {
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
        fs::File::options().append(true).open(&path).unwrap().set_modified(written).unwrap();
    }
    let result = said(&command(folder, &root, how).output().unwrap()).result().clone();
    assert_eq!(result["event"], "done", "{result}");
    let out = root.join(result["out"].as_str().unwrap());
    self::files(&out).into_iter().map(|path| (path.clone(), Digest::of(&fs::read(out.join(path)).unwrap()))).collect()
}

fn command(folder: &Path, root: &Path, how: &Surroundings) -> Command {
    let mut command = Command::new("sh");
    // A umask can only be set from inside the process.
    command.args(["-c", "umask \"$0\" && exec \"$@\"", how.umask, env!("CARGO_BIN_EXE_landing"), "build", "--json"]);
    if how.from_outside {
        command.arg("-C").arg(root).current_dir(folder);
    } else {
        command.current_dir(root);
    }
    command
        .env("RAYON_NUM_THREADS", how.threads.to_string())
        .envs([("LC_ALL", how.locale), ("LANG", how.locale), ("TZ", how.zone), ("NO_COLOR", "1")])
        .stdin(Stdio::null());
    command
}

/// The files below a folder, relative to it.
fn files(folder: &Path) -> Vec<String> {
    let entries = walkdir::WalkDir::new(folder).sort_by_file_name().into_iter().map(Result::unwrap);
    let files: Vec<PathBuf> = entries.filter(|it| it.file_type().is_file()).map(walkdir::DirEntry::into_path).collect();
    files.iter().map(|path| path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned()).collect()
}
