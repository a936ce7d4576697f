//! Lighthouse on a phone: 100 for every page in what it can count, and nothing but the page itself before it is seen.
//!
//! Its mark for performance is read off a clock and falls on a busy machine, as one that runs other tests is: with
//! `LANDING_TIMED` set (`make bench-lighthouse`), it must be 100 too.

use super::{everything, nothing, program};
use crate::campaign::Deployed;
use crate::server::node;
use serde::Deserialize;
use serde_json::json;
use std::collections::BTreeMap;
use std::io::Write;

#[derive(Deserialize)]
struct Measured {
    scores: BTreeMap<String, u32>,
    failed: Vec<String>,
    shift: f64,
    errors: Vec<serde_json::Value>,
}

impl Measured {
    fn complaints(&self, timed: bool) -> Vec<String> {
        let marks = self.scores.iter().filter(|(category, _)| timed || *category != "performance");
        let low = marks.filter(|(_, score)| **score < 100);
        let mut complaints: Vec<String> = low.map(|(category, score)| format!("{category}: {score}")).collect();
        complaints.extend(self.failed.clone());
        complaints.extend(self.errors.iter().map(|error| format!("console: {error}")));
        if self.shift > 0.0 {
            complaints.push(format!("the layout moved by {}", self.shift));
        }
        complaints
    }
}

#[test]
fn every_page_gets_100_for_all_that_can_be_counted_on_a_phone() {
    let deployed = Deployed::start();
    let (pages, _served) = everything();
    let home = ("the edge /".to_owned(), json!({ "url": format!("{}/", deployed.url()), "hidden": false }));
    let others = pages.iter().map(|page| (page.name.clone(), json!({ "url": page.url(), "hidden": page.hidden })));
    let (names, asked): (Vec<String>, Vec<_>) = std::iter::once(home).chain(others).unzip();
    let timed = std::env::var_os("LANDING_TIMED").is_some();
    let said =
        node("quality/lighthouse.mjs", &json!({ "chromium": program("chromium"), "pages": asked, "timed": timed }));
    let said: Vec<Measured> = serde_json::from_value(said).expect("the script answers in this shape");
    assert_eq!(said.len(), names.len());
    for (name, seen) in names.iter().zip(&said).filter(|_| timed) {
        writeln!(std::io::stdout(), "{name}: {:?}", seen.scores).expect("the bench is read");
    }
    let complaints = said.iter().map(|seen| seen.complaints(timed));
    nothing("Lighthouse", &names.into_iter().zip(complaints).collect::<Vec<_>>());
}
