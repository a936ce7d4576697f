//! `landing fingerprint` and `landing deploy --from` from outside: what may be written where, links, odd names, exit codes.

use crate::project::Project;
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A folder to work in, with a folder `in` that a tool built.
struct Place(tempfile::TempDir);

impl Place {
    fn with(files: &[(&str, &[u8])]) -> Self {
        let place = Self(tempfile::tempdir().unwrap());
        for (path, bytes) in files {
            place.write(&format!("in/{path}"), bytes);
        }
        place
    }

    fn small() -> Self {
        Self::with(&[("index.html", b"<img src=a.png>"), ("a.png", b"A")])
    }

    fn path(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    fn write(&self, path: &str, bytes: &[u8]) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    /// Runs `landing fingerprint in -o OUT …`: the exit code and the last line.
    fn run(&self, out: &str, more: &[&str]) -> (i32, Value) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_landing"));
        command.current_dir(self.0.path()).args(["fingerprint", "in", "-o", out, "--json"]).args(more);
        let said = command.output().unwrap();
        let text = String::from_utf8(said.stdout).unwrap();
        let last = text.lines().last().unwrap_or_else(|| panic!("{}", String::from_utf8_lossy(&said.stderr)));
        (said.status.code().unwrap_or(-1), serde_json::from_str(last).unwrap())
    }

    #[track_caller]
    fn done(&self, out: &str, more: &[&str]) -> Value {
        let (exit, last) = self.run(out, more);
        assert_eq!(exit, 0, "{last:#}");
        last
    }

    #[track_caller]
    fn refused(&self, out: &str, more: &[&str], exit: i32, words: &str) {
        let (code, last) = self.run(out, more);
        let message = last["message"].as_str().unwrap_or_default();
        assert!(code == exit && message.contains(words), "{code} {last:#}");
    }
}

#[test]
fn names_carry_digests_and_binary_files_are_the_same_to_the_byte() {
    let bytes: Vec<u8> = (0..=255).cycle().take(300_000).collect();
    let place = Place::with(&[("index.html", b"<img src=img/a.png>"), ("img/a.png", &bytes)]);
    let done = place.done("out", &[]);
    let new = done["renamed"]["img/a.png"].as_str().unwrap();
    assert!(new.starts_with("assets/a.") && new.ends_with(".png"), "{new}");
    assert_eq!(fs::read(place.path("out").join(new)).unwrap(), bytes);
    assert_eq!(fs::read_to_string(place.path("out/index.html")).unwrap(), format!("<img src={new}>"));
    let list: Value = serde_json::from_slice(&fs::read(place.path("out/asset-manifest.json")).unwrap()).unwrap();
    assert_eq!(list, done["renamed"]);
    assert!(
        fs::read_to_string(place.path("out/_headers"))
            .unwrap()
            .contains(&format!("/{new}\n  cache-control: public, max-age=31536000, immutable"))
    );
}

#[test]
fn a_page_that_is_not_in_unicode_is_said_since_hosts_send_it_as_such() {
    let latin = b"<meta charset=iso-8859-1><p>caf\xe9".as_slice();
    let place = Place::with(&[("index.html", "<p>café".as_bytes()), ("old.html", latin)]);
    let done = place.done("out", &[]);
    let warnings = done["warnings"].as_array().unwrap();
    let told = warnings[0].as_str().unwrap();
    assert!(
        warnings.len() == 1
            && told.starts_with("warning[")
            && told.contains("not written in UTF-8")
            && told.contains("old.html"),
        "{told}"
    );
    assert_eq!(fs::read(place.path("out/old.html")).unwrap(), latin);
}

#[test]
fn a_second_run_changes_nothing_and_the_new_folder_takes_the_place_of_the_old() {
    let place = Place::small();
    let first = place.done("out", &[]);
    place.write("in/a.png", b"B");
    let second = place.done("out", &[]);
    assert_ne!(first["renamed"], second["renamed"]);
    assert_eq!(fs::read_dir(place.path("out/assets")).unwrap().count(), 1);
    assert_eq!(fs::read_dir(place.path("")).unwrap().count(), 2, "nothing is left beside it");
    fs::rename(place.path("out"), place.path("in2")).unwrap();
    fs::remove_dir_all(place.path("in")).unwrap();
    fs::rename(place.path("in2"), place.path("in")).unwrap();
    let third = place.done("out", &[]);
    assert_eq!((&third["renamed"], &third["release"]), (&json!({}), &second["release"]));
}

#[test]
fn a_folder_is_written_only_where_nothing_is_lost() {
    let place = Place::small();
    place.refused("in", &[], 2, "is the folder that is read");
    place.refused("in/out", &[], 2, "stands inside the folder that is read");
    place.refused(".", &[], 2, "holds the folder that is read");
    place.write("mine/thesis.txt", b"years");
    place.refused("mine", &[], 2, "holds files that landing did not write");
    place.done("out", &[]);
    place.write("out/notes.txt", b"mine");
    place.refused("out", &[], 2, "holds `notes.txt`, which landing did not write");
    assert!(place.path("mine/thesis.txt").exists() && place.path("out/notes.txt").exists());
    let missing = Place(tempfile::tempdir().unwrap());
    missing.refused("out", &[], 2, "`in` does not exist");
}

#[test]
fn strict_ends_with_3_and_writes_nothing() {
    let place = Place::with(&[("index.html", b"\n<img src=gone.png>")]);
    place.refused("out", &["--strict"], 3, "`gone.png` leads to no file of the folder");
    assert!(!place.path("out").exists());
    let done = place.done("out", &[]);
    assert_eq!(done["unresolved"], json!([{ "file": "index.html", "line": 2, "reference": "gone.png" }]));
}

#[test]
fn what_cannot_be_understood_on_the_command_line_is_said() {
    let place = Place::small();
    place.refused("out", &["--exclude", "a[.png"], 2, "is no pattern");
    place.refused("out", &["--base", "app"], 2, "`--base app`");
    place.refused("out", &["--url", "www.example.com"], 2, "`--url www.example.com`");
}

#[cfg(unix)]
#[test]
fn links_inside_are_followed_and_all_others_are_named() {
    use std::os::unix::fs::symlink;
    let place = Place::with(&[("index.html", b"<img src=b/a.png>"), ("a/a.png", b"A")]);
    symlink("a", place.path("in/b")).unwrap();
    assert!(place.done("out", &[])["renamed"]["b/a.png"].is_string());
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("secret"), "s").unwrap();
    for (link, to, words) in [
        ("in/loop", Path::new("."), "leads back to a folder it is in"),
        ("in/itself", Path::new("itself"), "leads back"),
        ("in/out", outside.path(), "leads out of the folder"),
        ("in/gone", Path::new("nowhere"), "leads nowhere"),
    ] {
        symlink(to, place.path(link)).unwrap();
        place.refused("out2", &[], 3, words);
        fs::remove_file(place.path(link)).unwrap();
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_name_that_no_address_can_carry_is_said() {
    use std::os::unix::ffi::OsStrExt as _;
    let place = Place::small();
    for (name, words) in
        [(&b"caf\xe9.png"[..], "its name is not UTF-8"), (b"a\nb.png", "control"), (b"a\\b.png", "backslash")]
    {
        let path = place.path("in").join(std::ffi::OsStr::from_bytes(name));
        fs::write(&path, "x").unwrap();
        place.refused("out", &[], 3, words);
        fs::remove_file(path).unwrap();
    }
}

#[test]
fn a_folder_is_deployed_and_its_renamed_files_are_kept_for_a_year() {
    let project = Project::new();
    project.write("dist/index.html", "<!doctype html><title>x</title><link rel=stylesheet href=a.css><p>Hello");
    project.write("dist/a.css", "@import 'b.css'; p { color: red }");
    project.write("dist/b.css", "@import 'a.css'; p { margin: 0 }");
    project.write("dist/404.html", "<!doctype html><title>missing</title>");
    project.write("dist/robots.txt", "User-agent: *\n");
    let (dist, public) = (project.path("dist"), project.path("public"));
    let made = project.done(&["fingerprint", dist.to_str().unwrap(), "-o", public.to_str().unwrap()]);
    assert_eq!(made["renamed"].as_object().unwrap().len(), 2);
    let first = project.done(&["deploy", "--from", public.to_str().unwrap()]);
    assert_eq!(first["documents"], json!(["404.html", "robots.txt", "index.html"]));
    assert_eq!((&first["verified"], &first["release"]), (&json!(true), &made["release"]));
    let again = project.done(&["deploy", "--from", public.to_str().unwrap()]);
    assert_eq!(again["store_writes"], 0);
    // A folder as another tool left it: nothing in it is immutable, and all of it is served.
    let plain = project.done(&["deploy", "--from", dist.to_str().unwrap()]);
    assert_eq!(plain["documents"], json!(["a.css", "b.css", "index.html"]));
}

#[test]
fn what_the_author_says_to_hosts_is_kept_and_what_we_said_is_said_anew() {
    let place = Place::small();
    place.write("in/_headers", b"/*\n  X-Mine: 1\n");
    place.write("in/_redirects", b"/old /new 301\n");
    place.done("out", &[]);
    for (name, kept) in [("_headers", "/*\n  X-Mine: 1\n"), ("_redirects", "/old /new 301\n")] {
        assert_eq!(fs::read_to_string(place.path("out").join(name)).unwrap(), kept);
    }
    let ours = Place::small();
    ours.done("out", &[]);
    let said = fs::read_to_string(ours.path("out/_headers")).unwrap();
    ours.write("out/b.html", b"<title>new</title>");
    fs::remove_dir_all(ours.path("in")).unwrap();
    fs::rename(ours.path("out"), ours.path("in")).unwrap();
    ours.done("again", &[]);
    let anew = fs::read_to_string(ours.path("again/_headers")).unwrap();
    assert!(said.contains("/assets/") && anew.contains("b.html") && !said.contains("b.html"), "{anew}");
}

#[test]
fn integrity_follows_a_script_that_keeps_its_name() {
    use base64::Engine as _;
    use sha2::Digest as _;
    let sri = |bytes: &[u8]| {
        let digest = sha2::Sha384::digest(bytes);
        format!("sha384-{}", base64::engine::general_purpose::STANDARD.encode(digest))
    };
    // A path that is put together while it runs: nobody knows who else asks for the script.
    let script = br#"var p="/img/"+n+".js";var q="/a.png";el.style.background='url(/a.png)'"#;
    let page = format!("<script src=s.js integrity={}></script><img src=a.png>", sri(script));
    let place = Place::with(&[("index.html", page.as_bytes()), ("s.js", script), ("a.png", b"A")]);
    place.done("out", &[]);
    let page = fs::read_to_string(place.path("out/index.html")).unwrap();
    let src = page.split("src=").nth(1).and_then(|rest| rest.split([' ', '>']).next()).unwrap().trim_matches('"');
    let made = fs::read(place.path("out").join(src.trim_start_matches('/'))).unwrap();
    assert!(page.contains(&sri(&made)), "{page}\n{}", String::from_utf8_lossy(&made));
    // What stands inside of a text of the script is asked for under the name that it says.
    let text = String::from_utf8(made).unwrap();
    assert!(!text.contains("url(/a.png)") || place.path("out/a.png").is_file(), "{text}");
}
