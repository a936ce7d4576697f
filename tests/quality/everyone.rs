//! Every page is whole for everyone: without JavaScript and with it, without pictures, with letters twice as large, on 320 pixels,
//! in the dark, in a system theme of high contrast, on paper.

use super::{Page, everything, nothing, program};
use crate::browser::{Seen, Visit, visit};
use crate::server::node;
use serde_json::{Value, json};
use std::path::Path;
use std::process::Command;

/// A page on a phone, then the other ways; the first is what the others are compared with.
fn ways(page: &Page) -> Vec<Visit> {
    let wide = page.visit();
    let phone = wide.clone().width(390);
    vec![
        phone.clone(),
        phone.clone().dark(),
        phone.clone().width(320),
        phone.clone().without_images(),
        phone.text(200),
        wide.clone(),
        wide.clone().dark(),
        wide.clone().script(),
        wide.clone().text(200),
        wide.forced_colors().dark(),
    ]
}

fn words(seen: &Seen) -> Vec<&str> {
    seen.text.split_whitespace().collect()
}

/// What is wrong with one way of looking at a page, beside the phone's.
fn complaints(asked: &Visit, seen: &Seen, phone: &Seen) -> Vec<String> {
    let mut complaints = seen.faults(asked);
    if seen.status != Some(200) {
        complaints.push(format!("answered {:?}", seen.status));
    }
    if seen.heading.as_ref().is_none_or(|heading| heading.trim().is_empty()) {
        complaints.push("has no heading".to_owned());
    }
    // A wide page has room for more, and a script may say more; no way of looking shows less than a phone.
    let missing = words(phone).into_iter().filter(|word| !seen.text.contains(word)).collect::<Vec<_>>();
    if !missing.is_empty() {
        complaints.push(format!("lacks words: {}", missing.join(" ")));
    }
    let grown = seen.letters / phone.letters;
    if asked.enlarged() && grown < 1.8 {
        complaints.push(format!("letters only grew from {} to {} pixels", phone.letters, seen.letters));
    }
    complaints
}

#[test]
fn every_page_is_whole_whichever_way_one_looks_at_it() {
    let (pages, _served) = everything();
    let asked: Vec<Vec<Visit>> = pages.iter().map(ways).collect();
    let mut seen = visit(asked.iter().flatten().cloned()).into_iter();
    let mut all = Vec::new();
    for (page, asked) in pages.iter().zip(&asked) {
        let seen: Vec<Seen> = seen.by_ref().take(asked.len()).collect();
        for (asked, one) in asked.iter().zip(&seen) {
            all.push((format!("{} {}", page.name, asked.way()), complaints(asked, one, &seen[0])));
        }
    }
    nothing("visitors", &all);
}

#[test]
fn what_is_printed_has_every_word_of_the_page() {
    let (pages, _served) = everything();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = |at: usize| folder.path().join(format!("{at}.pdf"));
    let asked: Vec<Value> =
        pages.iter().enumerate().map(|(at, page)| json!({ "url": page.url(), "pdf": file(at) })).collect();
    let said = node("quality/print.mjs", &json!({ "chromium": program("chromium"), "pages": asked }));
    let said: Vec<Vec<String>> = serde_json::from_value(said).expect("a list of words per page");
    let missing = |(at, page): (usize, &Page)| {
        let output = Command::new(program("pdftotext")).arg(file(at)).arg("-").output().expect("pdftotext starts");
        picture(page, &file(at));
        let letters = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).collect::<String>().to_lowercase();
        let printed = letters(&String::from_utf8_lossy(&output.stdout));
        let words = said[at].iter().filter(|word| !printed.contains(&letters(word)));
        (page.name.clone(), words.map(|word| format!("not printed: {word}")).collect())
    };
    nothing("print", &pages.iter().enumerate().map(missing).collect::<Vec<_>>());
}

/// With `LANDING_PICTURES=DIR` what is printed is kept as pictures, too.
fn picture(page: &Page, pdf: &Path) {
    let Some(folder) = std::env::var_os("LANDING_PICTURES") else { return };
    let name: String = page.name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    let mut command = Command::new(program("pdftoppm"));
    command.args(["-png", "-r", "60"]).arg(pdf).arg(Path::new(&folder).join(format!("{name}~print")));
    assert!(command.status().expect("pdftoppm starts").success(), "{}", pdf.display());
}
