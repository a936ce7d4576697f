//! `[budgets]` and `[check]`: what a built site is held to.

use crate::diag::Code;
use crate::model::{Budgets, CheckSettings, VisitBudgets, Waiver};
use crate::reader::Section;
use std::net::SocketAddr;

/// What a visit may take unless `[budgets]` says otherwise: bytes as sent, then requests.
const VISIT: [(&str, u64); 9] = [
    ("phone", 500_000),
    ("desktop", 1_000_000),
    ("html", 30_000),
    ("css", 30_000),
    ("js", 100_000),
    ("image", 500_000),
    ("font", 100_000),
    ("requests_early", 6),
    ("requests", 30),
];

/// The default budgets are what fits the first round trip under TLS 1.3 and HTTP/2 in a browser (measured: with 11,105 bytes of
/// body Chromium sometimes needed a second one).
pub(super) fn budgets(section: &Section<'_>) -> Budgets {
    let visit = VISIT.map(|(key, default)| section.number(key).unwrap_or(default));
    section.only(&["document", "headers", "strict"].into_iter().chain(VISIT.map(|(key, _)| key)).collect::<Vec<_>>());
    let [phone, desktop, html, css, js, image, font, requests_early, requests] = visit;
    Budgets {
        document: section.number("document").unwrap_or(10_240),
        headers: section.number("headers").unwrap_or(700),
        strict: section.boolean("strict").unwrap_or(false),
        visit: VisitBudgets { phone, desktop, html, css, js, image, font, requests_early, requests },
    }
}

/// `[check]`
pub(super) fn check(section: &Section<'_>) -> CheckSettings {
    section.only(&["third_parties", "resolvers", "waivers"]);
    let waivers = section.list("waivers").into_iter().map(|waiver| {
        waiver.only(&["check", "url", "reason", "who", "until"]);
        Waiver {
            check: waiver.required("check", "the name of the check").unwrap_or_default(),
            url: waiver.string("url"),
            reason: waiver.required("reason", "why it is waived").unwrap_or_default(),
            who: waiver.string("who"),
            until: waiver.timestamp("until"),
        }
    });
    CheckSettings {
        third_parties: section.string_list("third_parties").unwrap_or_default(),
        resolvers: resolvers(section),
        waivers: waivers.collect(),
    }
}

/// Addresses, with a port where it is not DNS's own.
fn resolvers(section: &Section<'_>) -> Vec<SocketAddr> {
    let mut all = Vec::new();
    for raw in section.string_list("resolvers").unwrap_or_default() {
        match resolver(&raw) {
            Some(address) => all.push(address),
            None => section.complain(
                "resolvers",
                Code::BadValue,
                &format!("`{raw}` is no address of a resolver"),
                "write addresses, `[\"1.1.1.1\", \"9.9.9.9\"]`",
            ),
        }
    }
    all
}

/// `1.1.1.1`, `1.1.1.1:5353`, `2620:fe::fe`, `[2620:fe::fe]:53`.
pub(crate) fn resolver(raw: &str) -> Option<SocketAddr> {
    const DNS: u16 = 53;
    raw.parse().ok().or_else(|| Some(SocketAddr::new(raw.parse().ok()?, DNS)))
}
