//! For everyone who cannot see well, or has no pointer: axe-core finds nothing, and the Tab key reaches everything in order.

use super::{Page, everything, nothing, program};
use crate::server::node;
use serde_json::{Value, json};

/// Wide and narrow, by day and by night.
const WAYS: &[(u32, &str)] = &[(1_280, "light"), (1_280, "dark"), (320, "light"), (320, "dark")];

fn complaints(script: &str, asked: &[(&Page, u32, &str, bool)]) -> Vec<(String, Vec<String>)> {
    let pages: Vec<Value> = asked
        .iter()
        .map(|(page, width, scheme, forced)| json!({ "url": page.url(), "width": width, "scheme": scheme, "forced": forced }))
        .collect();
    let said = node(script, &json!({ "chromium": program("chromium"), "pages": pages }));
    let said: Vec<Vec<String>> = serde_json::from_value(said).expect("a list of complaints per page");
    assert_eq!(said.len(), asked.len());
    let named = |(page, width, scheme, forced): &(&Page, u32, &str, bool)| {
        format!("{} {width} {scheme}{}", page.name, if *forced { " forced colors" } else { "" })
    };
    asked.iter().map(named).zip(said).collect()
}

#[test]
fn axe_finds_nothing_on_any_page_in_the_light_in_the_dark_and_at_320_pixels() {
    let (pages, _served) = everything();
    let asked: Vec<_> =
        pages.iter().flat_map(|page| WAYS.iter().map(move |(width, scheme)| (page, *width, *scheme, false))).collect();
    nothing("axe", &complaints("quality/axe.mjs", &asked));
}

#[test]
fn the_tab_key_reaches_everything_in_order_and_one_sees_where_one_is() {
    let (pages, _served) = everything();
    let ways = [(1_280, "light", false), (390, "dark", false), (1_280, "dark", true)];
    let asked: Vec<_> = pages
        .iter()
        .flat_map(|page| ways.iter().map(move |(width, scheme, forced)| (page, *width, *scheme, *forced)))
        .collect();
    nothing("keyboard", &complaints("quality/keyboard.mjs", &asked));
}
