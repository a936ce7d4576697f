//! The reports of `landing verify` before other people's software: the page in Chromium and before axe and the HTML checker, on paper too;
//! the JSON before a validator of JSON Schema.
//!
//! What is looked at are the files of tests/cases/reports, which `verify_reports` in tests/it compares with what is written.

use crate::browser::{Visit, visit};
use crate::project::Project;
use crate::server::{node, program};
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn case(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/reports").join(name)
}

fn pages() -> [PathBuf; 2] {
    ["trouble.html", "sound.html"].map(case)
}

#[test]
fn the_page_asks_for_nothing_and_fits_every_screen() {
    let ways = |page: &PathBuf| {
        let wide = Visit::file(page).script();
        let phone = wide.clone().width(390);
        vec![
            wide.clone(),
            wide.clone().dark(),
            phone.clone(),
            phone.clone().dark(),
            phone.clone().text(200),
            phone.width(320),
            wide.forced_colors(),
        ]
    };
    let asked: Vec<Visit> = pages().iter().flat_map(ways).collect();
    for (asked, seen) in asked.iter().zip(visit(asked.clone())) {
        assert_eq!(seen.faults(asked), Vec::<String>::new(), "{}", asked.way());
        assert_eq!(seen.requests.len(), 1, "{:?}", seen.requests);
        assert!(seen.heading.is_some_and(|it| !it.is_empty()) && seen.letters >= 15.0);
    }
}

#[test]
fn axe_finds_nothing_on_the_page() {
    let ways = [(1_280, "light"), (1_280, "dark"), (320, "light"), (320, "dark")];
    let asked: Vec<Value> = pages()
        .iter()
        .flat_map(|page| ways.map(|(width, scheme)| json!({ "url": url(page), "width": width, "scheme": scheme })))
        .collect();
    let said = node("quality/axe.mjs", &json!({ "chromium": program("chromium"), "pages": asked }));
    let said: Vec<Vec<String>> = serde_json::from_value(said).expect("a list of complaints per page");
    // Axe sees no background behind the numbers of a chart; they have the colors of the captions, which it does see.
    let told = |it: &String| !it.starts_with("undecided: color-contrast (serious) text[");
    assert_eq!(said.concat().into_iter().filter(told).collect::<Vec<_>>(), Vec::<String>::new());
}

#[test]
fn what_is_printed_has_every_word_of_the_page() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (at, page) in pages().iter().enumerate() {
        let pdf = folder.path().join(format!("{at}.pdf"));
        let asked = json!({ "chromium": program("chromium"), "pages": [{ "url": url(page), "pdf": pdf }] });
        let said = node("quality/print.mjs", &asked);
        let words: Vec<Vec<String>> = serde_json::from_value(said).expect("a list of words per page");
        let output = Command::new(program("pdftotext")).arg(&pdf).arg("-").output().expect("pdftotext starts");
        let letters = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).collect::<String>().to_lowercase();
        let printed = letters(&String::from_utf8_lossy(&output.stdout));
        let missing: Vec<&String> = words[0].iter().filter(|word| !printed.contains(&letters(word))).collect();
        assert!(missing.is_empty() && words[0].len() > 100, "not printed: {missing:?}");
    }
}

#[test]
fn the_json_is_what_its_schema_says() {
    let read = |name: &str| -> Value {
        let text = fs::read_to_string(case(name)).expect("the case is there");
        serde_json::from_str(&text).expect("the case is JSON")
    };
    let project = Project::new();
    let _edge = project.edge();
    project.done(&["deploy"]);
    let live = project.done(&["verify"]);
    let mut broken = read("sound.json");
    broken["findings"][0]["verdict"] = json!("waived");
    broken["schema"] = json!(2);
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/verify.schema.json");
    let values = [read("trouble.json"), read("sound.json"), live, broken];
    let said = node("real/schema.mjs", &json!({ "schema": schema, "values": values }));
    let said: Vec<Vec<String>> = serde_json::from_value(said).expect("a list of complaints per value");
    assert_eq!(said[..3].concat(), Vec::<String>::new());
    assert!(said[3].iter().any(|it| it.contains("waiver")) && said[3].len() >= 2, "{:?}", said[3]);
}

fn url(page: &Path) -> String {
    format!("file://{}", page.display())
}
