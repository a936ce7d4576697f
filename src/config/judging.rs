//! `[budgets]` and `[check]`: what a built site is held to.

use crate::diag::Code;
use crate::model::{Budgets, CheckSettings, VisitBudgets, Waiver};
use crate::reader::Section;
use jiff::tz::Offset;
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

/// `[check]`. `offset` is that of the event: a waiver until a day ends when that day does there.
pub(super) fn check(section: &Section<'_>, offset: Offset) -> CheckSettings {
    section.only(&["third_parties", "resolvers", "waivers"]);
    let waivers = section.list("waivers").into_iter().map(|waiver| {
        waiver.only(&["check", "url", "reason", "who", "until", "unknown"]);
        Waiver {
            check: name(&waiver),
            url: waiver.string("url"),
            reason: waiver.required("reason", "why it is waived").unwrap_or_default(),
            who: waiver.string("who"),
            until: waiver.until("until", offset),
            unknown: waiver.boolean("unknown").unwrap_or(false),
        }
    });
    CheckSettings {
        third_parties: section.string_list("third_parties").unwrap_or_default(),
        resolvers: resolvers(section),
        waivers: waivers.collect(),
    }
}

/// The name of a check of `landing check` or `landing verify`. A misspelled one would waive nothing and say nothing.
fn name(waiver: &Section<'_>) -> String {
    let name = waiver.required("check", "the name of the check").unwrap_or_default();
    let rules = crate::check::ALL.iter().flat_map(|family| family.rules()).map(|rule| rule.id);
    let known: Vec<&str> = rules.chain(crate::verify::names().map(|(name, _)| name)).collect();
    if !name.is_empty() && !known.contains(&name.as_str()) {
        let hint = match crate::text::nearest(&name, known) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "docs/verify.md and `landing check --list` name them all".to_owned(),
        };
        waiver.complain("check", Code::UnknownName, &format!("unknown check `{name}`"), &hint);
    }
    name
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

#[cfg(test)]
mod tests {
    use crate::config::parse;

    fn until(event: &str, until: &str) -> Result<String, String> {
        let waiver = format!("[[check.waivers]]\ncheck = \"age\"\nreason = \"so be it\"\nuntil = {until}\n");
        let settings = parse(&format!("[site]\nname = \"x\"\n{event}{waiver}")).map_err(|it| it.to_string())?;
        Ok(settings.check.waivers[0].until.unwrap().to_string())
    }

    #[test]
    fn a_waiver_until_a_day_ends_with_that_day_where_the_event_is() {
        let paris = "[event]\nstarts = 2026-11-23T20:00:00+01:00\n";
        assert_eq!(until(paris, "2026-12-24").unwrap(), "2026-12-24T23:00:00Z");
        assert_eq!(until(paris, "\"2026-12-24\"").unwrap(), "2026-12-24T23:00:00Z");
        assert_eq!(
            until("[event]\nends = \"2026-11-23T20:00:00-03:30\"\n", "2026-12-31").unwrap(),
            "2027-01-01T03:30:00Z"
        );
        assert_eq!(until("", "2026-12-24").unwrap(), "2026-12-25T00:00:00Z");
        assert_eq!(until(paris, "2026-12-24T20:00:00Z").unwrap(), "2026-12-24T20:00:00Z");
        for unclear in ["2026-12-24T20:00:00", "20:00:00", "\"24 December\"", "\"\"", "7"] {
            assert!(until(paris, unclear).unwrap_err().contains("until = 2026-11-23"), "{unclear}");
        }
    }
}
