//! The rules of `landing check`, case by case: `tests/cases/check/*.txt` hold files of a site and what is found in them.
//!
//! The first line of a case is the sentence that would be false. Then sections: `--- PATH` is a published file; `--- body PATH` is what
//! stands in `<main>` of a page that is right otherwise; `--- config` is the configuration; `--- findings` what is found, one per line, with
//! `--- foreign` as of a folder that another tool built.
//! Every rule must be broken in some case. `LANDING_UPDATE=1` writes what came out into the case; read the difference before you commit it.

use bytes::Bytes;
use landing::check::{self, Finding, Report, Subject};
use landing::config;
use landing::model::{Key, Settings, Source, Verdict};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

const CONFIG: &str = "[site]\nname = \"Essai\"\nlang = \"fr\"\nurl = \"https://www.essai.fr\"\n";

/// A page on which every rule holds, around what a case is about.
fn page(path: &str, body: &str) -> String {
    let url = if path == "index.html" { String::new() } else { path.trim_end_matches(".html").to_owned() };
    let heading = if body.contains("<h1") { "" } else { "<h1>Un titre</h1>" };
    format!(
        "<!doctype html>\n<html lang=\"fr\"><head><meta charset=\"utf-8\"><title>Essai {url}</title>\n\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n\
         <meta name=\"description\" content=\"Une page {url} qui dit en une phrase de quoi elle parle.\">\n\
         <meta property=\"og:title\" content=\"Essai\"><meta property=\"og:description\" content=\"Une page.\">\n\
         <meta property=\"og:image\" content=\"https://www.essai.fr/icon.svg\">\n\
         <link rel=\"canonical\" href=\"https://www.essai.fr/{url}\"><link rel=\"icon\" href=\"data:,\"></head><body>\n\
         <header><a href=\"/\">Essai</a></header><main>{heading}\n{body}\n</main>\n\
         <footer><a href=\"/mentions-legales\">Mentions légales</a></footer></body></html>\n"
    )
}

const NOTICE: &str = "<h1>Mentions légales</h1><p>Essai SAS au capital de 1 000 €, RCS Lille 123 456 789, TVA FR12345678901, 1 rue du Test, \
    59000 Lille, 03 20 00 00 00, bonjour@essai.fr. Directrice de la publication : A. Essai. Hébergeur : Hôte SAS. Vos données : aucune.</p>";

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

/// The files of a case over those of a site that is right.
fn files(sections: &[Section]) -> BTreeMap<Key, Bytes> {
    let mut files: BTreeMap<String, Bytes> = BTreeMap::new();
    for name in ["index.html", "404.html", "error.html"] {
        let links = "<p>Un peu de texte, puis <a href=\"mailto:bonjour@essai.fr\">notre adresse</a>.</p>";
        files.insert(name.to_owned(), page(name, links).into());
    }
    files.insert(
        "mentions-legales.html".to_owned(),
        page("mentions-legales.html", NOTICE).replace("<title>Essai", "<title>Mentions légales").into(),
    );
    files.insert("icon.svg".to_owned(), Bytes::from_static(b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>"));
    for section in sections
        .iter()
        .filter(|section| !matches!(section.head.as_str(), "config" | "findings" | "foreign" | "now" | "answers"))
    {
        match section.head.split_once(' ') {
            None => _ = files.insert(section.head.clone(), section.body.clone().into()),
            Some(("body", path)) => _ = files.insert(path.to_owned(), page(path, section.body.trim_end()).into()),
            Some(("remove", path)) => _ = files.remove(path),
            Some((path, "latin1")) => {
                let bytes = section.body.chars().map(|c| u8::try_from(u32::from(c)).unwrap());
                _ = files.insert(path.to_owned(), bytes.collect());
            }
            Some((path, size)) => _ = files.insert(path.to_owned(), made(path, size)),
        }
    }
    files.into_iter().map(|(path, bytes)| (Key::parse(&path).unwrap(), bytes)).collect()
}

/// A file of so many bytes, or a picture of so many pixels.
fn made(path: &str, size: &str) -> Bytes {
    let Some((width, height)) = size.split_once('x') else { return vec![b'x'; size.parse().unwrap()].into() };
    let (width, height): (u32, u32) = (width.parse().unwrap(), height.parse().unwrap());
    let noise =
        |x: u32, y: u32| (x.wrapping_mul(2_654_435_761) ^ y.wrapping_mul(40_503).rotate_left(7)).to_le_bytes()[1];
    let mut out = std::io::Cursor::new(Vec::new());
    let format = image::ImageFormat::from_path(path).unwrap();
    image::GrayImage::from_fn(width, height, |x, y| image::Luma([noise(x, y)])).write_to(&mut out, format).unwrap();
    out.into_inner().into()
}

fn settings(sections: &[Section]) -> (Settings, Source) {
    let text = sections.iter().find(|section| section.head == "config").map_or(CONFIG, |section| &section.body);
    let key = Key::parse(Settings::FILE).unwrap();
    let source = Source { files: [(key, Bytes::from(text.to_owned()))].into() };
    (config::parse(text).unwrap(), source)
}

fn report(sections: &[Section]) -> Report {
    let (settings, source) = settings(sections);
    let files = files(sections);
    let (artifacts, mut policy) = check::folder(&files, settings.lifetimes);
    policy.redirects.clone_from(&settings.redirects);
    let now = sections.iter().find(|section| section.head == "now").map(|section| section.body.trim().parse().unwrap());
    let answers = sections.iter().find(|section| section.head == "answers").map(|section| {
        let lines = section.body.lines().filter_map(|line| line.split_once(' '));
        lines.map(|(url, told)| (url.to_owned(), told.parse::<u16>().map_err(|_| told.to_owned()))).collect()
    });
    check::check(&Subject {
        foreign: sections.iter().any(|section| section.head == "foreign"),
        artifacts: &artifacts,
        policy: &policy,
        sources: &BTreeMap::new(),
        source: &source,
        theme: &BTreeMap::new(),
        settings: &settings,
        wire: &BTreeMap::new(),
        flight: None,
        warnings: &[],
        url: "https://www.essai.fr",
        now,
        answers: &answers.unwrap_or_default(),
    })
}

fn told(finding: &Finding) -> String {
    let file = finding.file.as_deref().unwrap_or("-");
    let line = finding.line.map_or(String::new(), |line| format!(":{line}"));
    format!("{} {} {file}{line}: {}\n     -> {}", finding.verdict.name(), finding.check, finding.told(), finding.remedy)
}

fn cases() -> Vec<(PathBuf, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/check");
    let mut cases: Vec<PathBuf> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    cases.into_iter().map(|path| (path.clone(), fs::read_to_string(path).unwrap())).collect()
}

#[test]
fn every_rule_finds_what_its_case_shows() {
    let mut wrong = String::new();
    let mut broken: BTreeSet<&str> = BTreeSet::new();
    for (path, text) in cases() {
        let (sentence, sections) = sections(&text);
        let report = report(&sections);
        let found: Vec<&Finding> = report.findings.iter().filter(|finding| finding.verdict != Verdict::Pass).collect();
        broken.extend(found.iter().map(|finding| finding.check));
        let seen = found.iter().map(|finding| told(finding)).collect::<Vec<_>>().join("\n");
        let expected =
            sections.iter().find(|section| section.head == "findings").map_or("", |section| section.body.trim_end());
        if seen != expected {
            let name = path.file_name().unwrap().to_string_lossy();
            writeln!(wrong, "{name}: {sentence}\nexpected:\n{expected}\nseen:\n{seen}\n").unwrap();
        }
        if std::env::var_os("LANDING_UPDATE").is_some() {
            let given = text.split("\n--- findings").next().unwrap().trim_end();
            fs::write(&path, format!("{given}\n--- findings\n{seen}").trim_end().to_owned() + "\n").unwrap();
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    // What only a build can break is broken in tests/cases/mistakes.
    let elsewhere = ["build-error", "build-warning", "first-flight"];
    let rules = check::ALL.iter().flat_map(|family| family.rules()).map(|rule| rule.id);
    let unproven: Vec<&str> = rules.filter(|id| !broken.contains(id) && !elsewhere.contains(id)).collect();
    assert!(unproven.is_empty(), "no case in tests/cases/check breaks {unproven:?}: add one");
}

#[test]
fn every_rule_has_a_name_of_its_own() {
    let mut seen = BTreeSet::new();
    for rule in check::ALL.iter().flat_map(|family| family.rules()) {
        assert!(seen.insert(rule.id), "`{}` stands twice", rule.id);
        let plain = rule.id.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
        assert!(plain && matches!(rule.verdict, Verdict::Warn | Verdict::Fail), "{}", rule.id);
    }
}

/// The part of `docs/check.md` that is made from the list of rules.
fn table() -> String {
    let mut out = String::new();
    for family in check::ALL {
        write!(
            out,
            "### {}: {}\n\n| check | verdict | what holds |\n| --- | --- | --- |\n",
            family.name(),
            family.title()
        )
        .unwrap();
        for rule in family.rules() {
            writeln!(out, "| `{}` | {} | {} |", rule.id, rule.verdict.name(), rule.says).unwrap();
        }
        out.push('\n');
    }
    out.trim_end().to_owned() + "\n"
}

#[test]
fn the_page_about_checks_lists_every_rule() {
    const MARK: &str = "<!-- made from src/check: LANDING_UPDATE=1 cargo test --test it check_cases -->\n\n";
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/check.md");
    let text = fs::read_to_string(&path).unwrap();
    let (before, after) = text.split_once(MARK).expect("docs/check.md holds the mark");
    if std::env::var_os("LANDING_UPDATE").is_some() {
        fs::write(&path, format!("{before}{MARK}{}", table())).unwrap();
        return;
    }
    assert!(
        after == table(),
        "docs/check.md is not what src/check says: run `LANDING_UPDATE=1 cargo test --test it check_cases`"
    );
}
