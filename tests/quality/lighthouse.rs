//! Lighthouse on a phone: 100 four times for every page, and nothing but the page itself before it is seen.

use super::{everything, nothing, program};
use crate::campaign::Deployed;
use crate::server::node;
use serde::Deserialize;
use serde_json::json;
use std::collections::BTreeMap;

#[derive(Deserialize)]
struct Measured {
    scores: BTreeMap<String, u32>,
    failed: Vec<String>,
    shift: f64,
    errors: Vec<serde_json::Value>,
}

impl Measured {
    fn complaints(&self) -> Vec<String> {
        let low = self.scores.iter().filter(|(_, score)| **score < 100);
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
fn every_page_gets_100_four_times_on_a_phone() {
    let deployed = Deployed::start();
    let (pages, _served) = everything();
    let home = ("the edge /".to_owned(), json!({ "url": format!("{}/", deployed.url()), "hidden": false }));
    let others = pages.iter().map(|page| (page.name.clone(), json!({ "url": page.url(), "hidden": page.hidden })));
    let (names, asked): (Vec<String>, Vec<_>) = std::iter::once(home).chain(others).unzip();
    // Other tests run at the same time: a mark for speed is the best of five.
    let said = node("quality/lighthouse.mjs", &json!({ "chromium": program("chromium"), "pages": asked, "runs": 5 }));
    let said: Vec<Measured> = serde_json::from_value(said).expect("the script answers in this shape");
    assert_eq!(said.len(), names.len());
    nothing("Lighthouse", &names.into_iter().zip(said.iter().map(Measured::complaints)).collect::<Vec<_>>());
}
