//! A hundred mistakes that people make who write a page for the first time, and the message that each gets: `tests/cases/mistakes/*.txt`.
//!
//! The first line of a case says what was done. Then sections: `--- PATH` is a file of the project as it was saved (`--- PATH latin1`,
//! `utf16`, `bom`: in that encoding; `--- PATH png 40x30`: a picture; `--- PATH is HEX`: bytes), over a project that is right otherwise;
//! `--- remove PATH` takes one away; `--- said` is what `landing check` says on 80 columns, without the rules that hold.
//! `LANDING_UPDATE=1` writes what came out into the case; read it aloud before you commit it: is it kind, is it exact?

use rayon::prelude::*;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A project with nothing to complain about.
const PROJECT: &[(&str, &str)] = &[
    (
        "site/landing.toml",
        "[site]\nname = \"Essai\"\nlang = \"fr\"\nurl = \"https://www.essai.fr\"\nemail = \"bonjour@essai.fr\"\n\n\
         [brand]\nname = \"Essai\"\nowner = \"Essai SAS\"\nlogo = \"logo.svg\"\nicon = \"icon.svg\"\ncolor = \"#1a4d2e\"\n\n\
         [form]\naction = \"https://formulaire.essai.fr/\"\nemail = \"bonjour@essai.fr\"\nlabel = \"Votre adresse e-mail\"\n\
         button = \"Envoyer\"\nconsent = \"Un seul message, puis votre adresse est effacée.\"\n",
    ),
    (
        "site/index.md",
        "+++\ntitle = \"Un essai\"\ndescription = \"Une page qui dit en une phrase de quoi elle parle.\"\n+++\n\nBonjour à tous.\n",
    ),
    ("site/404.md", "+++\ntemplate = \"error\"\ntitle = \"Page introuvable\"\n+++\n\nElle n'est pas là. [Retour](/)\n"),
    (
        "site/error.md",
        "+++\ntemplate = \"error\"\ntitle = \"Beaucoup de monde\"\nfallback = \"Écrivez-nous :\"\n+++\n\nRevenez dans une minute.\n",
    ),
    (
        "site/closed.md",
        "+++\ntemplate = \"error\"\ntitle = \"Fermé\"\nfallback = \"Écrivez-nous :\"\n+++\n\nNous revenons bientôt.\n",
    ),
    (
        "site/mentions-legales.md",
        "+++\ntitle = \"Mentions légales\"\ndescription = \"Qui édite ce site, qui l'héberge, et vos droits.\"\n+++\n\n\
         Essai SAS, au capital de 1 000 €, RCS Lille 123 456 789, TVA FR12345678901, 1 rue du Test, 59000 Lille, 03 20 00 00 00, \
         [bonjour@essai.fr](mailto:bonjour@essai.fr). Directrice de la publication : A. Essai. Hébergeur : Hôte SAS.\n\n\
         ## Vos données\n\nVotre adresse sert à vous répondre, puis elle est effacée.\n",
    ),
    (
        "assets/logo.svg",
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 10 10\"><path d=\"M1 1h8v8H1z\"/></svg>\n",
    ),
    (
        "assets/icon.svg",
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 10 10\"><path d=\"M1 1h8v8H1z\"/></svg>\n",
    ),
];

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

fn latin1(text: &str) -> Vec<u8> {
    text.chars().map(|c| u8::try_from(u32::from(c)).unwrap_or(b'?')).collect()
}

fn png(size: &str) -> Vec<u8> {
    let (width, height) = size.split_once('x').unwrap();
    let image = image::GrayImage::from_fn(width.parse().unwrap(), height.parse().unwrap(), |x, y| {
        image::Luma([(x * 3 + y * 5).to_le_bytes()[0]])
    });
    let mut out = std::io::Cursor::new(Vec::new());
    image.write_to(&mut out, image::ImageFormat::Png).unwrap();
    out.into_inner()
}

/// The bytes of a section, and the path that they are saved under.
fn saved(section: &Section) -> (String, Vec<u8>) {
    let body = section.body.as_bytes().to_vec();
    for (kind, bytes) in [
        (" latin1", latin1(&section.body)),
        (" utf16", [0xff, 0xfe].into_iter().chain(section.body.encode_utf16().flat_map(u16::to_le_bytes)).collect()),
        (" bom", [b"\xef\xbb\xbf".to_vec(), body.clone()].concat()),
    ] {
        if let Some(path) = section.head.strip_suffix(kind) {
            return (path.to_owned(), bytes);
        }
    }
    if let Some((path, size)) = section.head.split_once(" png ") {
        return (path.to_owned(), png(size));
    }
    if let Some((path, hex)) = section.head.split_once(" is ") {
        let pairs = (0..hex.len() / 2).map(|at| u8::from_str_radix(&hex[at * 2..at * 2 + 2], 16).unwrap());
        return (path.to_owned(), pairs.collect());
    }
    (section.head.clone(), body)
}

fn write(root: &Path, path: &str, bytes: &[u8]) {
    let path = root.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
}

/// What `landing check` says of the project of a case: complaints first, then findings.
fn said(sections: &[Section]) -> String {
    let dir = tempfile::tempdir().unwrap();
    for (path, text) in PROJECT {
        write(dir.path(), path, text.as_bytes());
    }
    for section in sections.iter().filter(|section| section.head != "said") {
        if let Some(path) = section.head.strip_prefix("remove ") {
            fs::remove_file(dir.path().join(path)).unwrap();
            continue;
        }
        let (path, bytes) = saved(section);
        write(dir.path(), &path, &bytes);
    }
    let run =
        Command::new(env!("CARGO_BIN_EXE_landing")).arg("check").current_dir(dir.path()).env("NO_COLOR", "1").output();
    let run = run.unwrap();
    let complaints = String::from_utf8_lossy(&run.stderr).into_owned();
    let complaints: Vec<&str> = complaints.lines().skip_while(|line| *line == "build").collect();
    let findings = String::from_utf8_lossy(&run.stdout).into_owned();
    let holds = |line: &&str| !line.starts_with("pass ");
    let findings: Vec<&str> = findings.lines().take_while(holds).collect();
    timeless(&[complaints, findings].concat()).trim().to_owned()
}

/// The lines, with every count of days since some date as `N`: the clock of the machine has no place in a case.
fn timeless(lines: &[&str]) -> String {
    let line = |line: &&str| {
        let (before, after) = line.split_once(" days ago")?;
        let known = before.trim_end_matches(|c: char| c.is_ascii_digit() || c == ',');
        (known != before).then(|| format!("{known}N days ago{after}"))
    };
    lines.iter().map(|it| line(it).unwrap_or_else(|| (*it).to_owned())).collect::<Vec<_>>().join("\n")
}

fn cases() -> Vec<(PathBuf, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/mistakes");
    let mut cases: Vec<PathBuf> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    cases.into_iter().map(|path| (path.clone(), fs::read_to_string(path).unwrap())).collect()
}

#[test]
fn every_mistake_is_answered_kindly_and_exactly() {
    let all = cases();
    let outcome = |(path, text): &(PathBuf, String)| {
        let (sentence, sections) = sections(text);
        let seen = said(&sections);
        let expected = sections.iter().find(|section| section.head == "said").map_or("", |section| section.body.trim());
        if std::env::var_os("LANDING_UPDATE").is_some() {
            let given = text.split("\n--- said").next().unwrap().trim_end();
            fs::write(path, format!("{given}\n--- said\n{seen}\n")).unwrap();
        }
        let name = path.file_name().unwrap().to_string_lossy();
        (seen != expected).then(|| format!("{name}: {sentence}\nexpected:\n{expected}\nseen:\n{seen}\n\n"))
    };
    let wrong = all.par_iter().filter_map(outcome).collect::<Vec<_>>();
    assert!(wrong.is_empty(), "{}", wrong.concat());
    assert!(all.len() > 100, "{} mistakes", all.len());
}

#[test]
fn every_message_says_where_and_what_to_do() {
    let mut wrong = String::new();
    for (path, text) in cases() {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if name == "none.txt" {
            continue;
        }
        let said = text.split("\n--- said\n").nth(1).unwrap_or_default();
        let placed =
            said.contains(" --> ") || said.contains("site/") || said.contains("assets/") || said.contains("themes/");
        let helped = said.contains("hint: ") || said.contains("remedy: ");
        if !placed || !helped || said.contains("panicked") {
            writeln!(wrong, "{name}: place {placed}, remedy {helped}\n{said}").unwrap();
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}
