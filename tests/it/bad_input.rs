//! Bad input: one diagnostic that names file, line and remedy, the right exit code, and the previous output as it was.

use crate::project::{Project, said};
use serde_json::Value;
use std::process::Command;

/// What must be said.
struct Expected {
    exit: i32,
    code: &'static str,
    file: &'static str,
    line: Option<u64>,
}

/// Builds, spoils one thing, builds again.
#[track_caller]
fn check(spoil: impl FnOnce(&Project), expected: &Expected) {
    let project = Project::new();
    project.done(&["build"]);
    let before = tree(&project);
    spoil(&project);
    let said = project.run(&["build"]);
    let errors: Vec<&Value> = said.events.iter().filter(|event| event["event"] == "error").collect();
    let [error] = errors[..] else { panic!("one diagnostic, not {errors:#?}") };
    assert_eq!((said.exit, &error["exit"]), (expected.exit, &expected.exit.into()), "{error}");
    assert_eq!(error["code"], expected.code, "{error}");
    assert_eq!(error["place"]["file"], expected.file, "{error}");
    assert_eq!(error["place"]["line"].as_u64(), expected.line, "{error}");
    let hint = error["hint"].as_str().expect("a remedy");
    assert!(!hint.is_empty(), "{error}");
    if expected.file.starts_with("assets/") {
        // A picture has no lines; where it is shown has one.
        assert!(hint.contains("`site/index.md:8`"), "{error}");
    }
    assert_eq!(said.result(), error, "the last line is the result");
    assert_eq!(tree(&project), before, "the previous output is as it was");
}

/// Every file of the output with its bytes.
fn tree(project: &Project) -> Vec<(std::path::PathBuf, Vec<u8>)> {
    let walk = walkdir::WalkDir::new(project.path("dist")).sort_by_file_name();
    let files = walk.into_iter().map(Result::unwrap).filter(|entry| entry.file_type().is_file());
    files.map(|entry| (entry.path().to_owned(), std::fs::read(entry.path()).unwrap())).collect()
}

const fn expected(exit: i32, code: &'static str, file: &'static str, line: Option<u64>) -> Expected {
    Expected { exit, code, file, line }
}

#[test]
fn an_unknown_key_is_named() {
    let spoil = |project: &Project| project.replace("site/landing.toml", "lang", "lnag");
    check(spoil, &expected(2, "unknown-key", "site/landing.toml", Some(3)));
}

#[test]
fn broken_front_matter_is_named() {
    let spoil = |project: &Project| project.replace("site/index.md", "title = \"Accueil\"", "title = \"Accueil");
    check(spoil, &expected(3, "front-matter", "site/index.md", Some(2)));
}

#[test]
fn an_error_in_a_template_is_named() {
    let template = "<!doctype html>\n<title>{{ page.title }}</title>\n{{ page.nowhere }}";
    let spoil = |project: &Project| project.write("themes/default/templates/text.html", template);
    check(spoil, &expected(3, "template", "themes/default/templates/text.html", Some(3)));
}

#[test]
fn a_missing_image_is_named_where_it_is_used() {
    let spoil = |project: &Project| project.replace("site/index.md", "point.png", "pont.png");
    check(spoil, &expected(3, "missing-asset", "site/index.md", Some(8)));
}

#[test]
fn an_image_that_is_none_is_named() {
    let spoil = |project: &Project| project.write("assets/point.png", "<html>not found</html>");
    check(spoil, &expected(3, "bad-image", "assets/point.png", None));
}

#[test]
fn a_huge_image_is_refused_before_it_is_decoded() {
    // The header of a PNG of 50,000 x 50,000 pixels, and nothing else.
    let mut header = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
    header.extend(50_000_u32.to_be_bytes());
    header.extend(50_000_u32.to_be_bytes());
    header.extend([8, 2, 0, 0, 0]);
    let mut crc = flate2::Crc::new();
    crc.update(&header[12..]);
    header.extend(crc.sum().to_be_bytes());
    let spoil = |project: &Project| project.write_bytes("assets/point.png", &header);
    check(spoil, &expected(3, "huge-image", "assets/point.png", None));
}

#[test]
fn a_path_that_climbs_out_of_the_site_is_refused() {
    let spoil = |project: &Project| project.replace("site/index.md", "point.png", "../../secret.png");
    check(spoil, &expected(3, "bad-path", "site/index.md", Some(8)));
}

#[cfg(unix)]
#[test]
fn a_link_out_of_the_site_is_refused() {
    let outside = tempfile::NamedTempFile::new().unwrap();
    let spoil =
        |project: &Project| std::os::unix::fs::symlink(outside.path(), project.path("site/secret.txt")).unwrap();
    check(spoil, &expected(3, "outside-link", "site/secret.txt", None));
}

#[test]
fn a_text_that_is_not_utf8_is_named() {
    let spoil =
        |project: &Project| project.write_bytes("site/mentions.md", b"+++\ntitle = \"Mentions\"\n+++\n\ncaf\xe9\n");
    check(spoil, &expected(3, "not-utf8", "site/mentions.md", Some(5)));
}

#[test]
fn two_files_with_one_output_path_are_named() {
    let spoil = |project: &Project| project.write("site/mentions.html", "<p>the other one");
    let project = Project::new();
    spoil(&project);
    let said = project.run(&["build"]);
    let message = said.result()["message"].as_str().unwrap();
    assert!(message.contains("site/mentions.md") || said.result()["place"]["file"] == "site/mentions.md", "{message}");
    assert!(message.contains("mentions.html"), "{message}");
    check(spoil, &expected(3, "same-path", said.result()["place"]["file"].as_str().unwrap().to_owned().leak(), None));
}

/// The kernel refuses to write files of more than a few blocks, as a full disk does in the middle of one.
#[cfg(unix)]
#[test]
fn a_full_disk_leaves_the_previous_output() {
    let project = Project::new();
    project.done(&["build"]);
    let before = tree(&project);
    project.replace("site/index.md", "café", &"thé ".repeat(20_000));
    let landing = project.command(&["build", "--json"]);
    let mut shell = Command::new("sh");
    shell.args(["-c", "trap '' XFSZ; ulimit -f 8; exec \"$0\" build --json"]).arg(landing.get_program());
    let said = said(&shell.current_dir(project.path("")).output().unwrap());
    assert_eq!((said.exit, &said.result()["code"]), (3, &"write-failed".into()), "{:#?}", said.events);
    assert_eq!(tree(&project), before);
    let left: Vec<_> = std::fs::read_dir(project.path("")).unwrap().map(|it| it.unwrap().file_name()).collect();
    assert!(left.iter().all(|name| !name.to_string_lossy().starts_with(".dist")), "{left:?}");
}

#[test]
fn a_port_in_use_is_told_apart_and_nothing_is_published() {
    let project = Project::new();
    let _taken = std::net::TcpListener::bind(("127.0.0.1", project.port)).unwrap();
    let said = project.run(&["edge", "local"]);
    assert_eq!((said.exit, &said.result()["code"]), (4, &"port-in-use".into()), "{:#?}", said.events);
    assert!(said.result()["message"].as_str().unwrap().contains(&project.port.to_string()));
    let said = project.run(&["deploy"]);
    assert_eq!((said.exit, &said.result()["code"]), (4, &"edge-refused".into()), "{:#?}", said.events);
    assert!(!project.path(".landing/local/index.html").exists());
}

#[test]
fn a_folder_that_is_no_project_says_how_to_make_one() {
    let dir = tempfile::tempdir().unwrap();
    let said = said(&crate::project::command(dir.path(), &["build", "--json"]).output().unwrap());
    assert_eq!((said.exit, &said.result()["code"]), (2, &"no-site".into()));
    assert!(said.result()["hint"].as_str().unwrap().contains("landing new"));
}

#[test]
fn a_word_that_is_no_command_is_a_usage_error_in_json_too() {
    let dir = tempfile::tempdir().unwrap();
    let said = said(&crate::project::command(dir.path(), &["biuld", "--json"]).output().unwrap());
    assert_eq!((said.exit, &said.result()["code"]), (2, &"usage".into()));
}
