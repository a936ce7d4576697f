//! The HTML is valid, say the W3C's checker and html-validate; each sees what the other does not.

use super::{Page, everything, nothing, program};
use crate::server::node;
use serde_json::{Value, json};
use std::path::Path;
use std::process::Command;

fn named(pages: &[Page], said: Vec<Vec<String>>) -> Vec<(String, Vec<String>)> {
    assert_eq!(said.len(), pages.len());
    pages.iter().map(|page| page.name.clone()).zip(said).collect()
}

/// What the checker of validator.w3.org/nu calls an error; what it remarks besides is a matter of taste.
fn checked(pages: &[Page]) -> Vec<Vec<String>> {
    let jar = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/.tools/node_modules/vnu-jar/build/dist/vnu.jar");
    assert!(jar.is_file(), "the HTML checker is not installed: run `make tools`");
    let mut command = Command::new(program("java"));
    // It will not ask this machine otherwise.
    command.arg("-Dnu.validator.servlet.allow-forbidden-hosts=true").arg("-jar").arg(jar).args([
        "--format",
        "json",
        "--exit-zero-always",
    ]);
    // By address, not by file: a policy that says `self` needs a host.
    let output = command.args(pages.iter().map(Page::url)).output().expect("java starts");
    let report: Value = serde_json::from_slice(&output.stderr)
        .unwrap_or_else(|err| panic!("{err}: {}", String::from_utf8_lossy(&output.stderr)));
    let messages = report["messages"].as_array().expect("a report has messages");
    let errors = || messages.iter().filter(|it| it["type"] != "info");
    let of = |page: &Page| {
        let its = errors().filter(|it| it["url"].as_str() == Some(&page.url()));
        its.map(|it| format!("{}:{} {} {}", it["lastLine"], it["lastColumn"], it["type"], it["message"])).collect()
    };
    let said: Vec<Vec<String>> = pages.iter().map(of).collect();
    assert_eq!(said.iter().flatten().count(), errors().count(), "a message of no page of ours: {report:#}");
    said
}

#[test]
fn the_checker_of_the_w3c_finds_no_error_on_any_page() {
    let (pages, _served) = everything();
    nothing("vnu", &named(&pages, checked(&pages)));
}

#[test]
fn html_validate_finds_no_error_on_any_page() {
    let (pages, _served) = everything();
    let urls: Vec<_> = pages.iter().map(Page::url).collect();
    let said = serde_json::from_value(node("quality/validate.mjs", &json!({ "urls": urls })));
    nothing("html-validate", &named(&pages, said.expect("a list of complaints per page")));
}
