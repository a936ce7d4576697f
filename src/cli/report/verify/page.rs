//! The report as one file of HTML that a director can read: no request, no script, readable on a phone and on paper.
//!
//! The words stand in `page.html`, which escapes whatever it is given, the looks in `page.css`. A policy in the page forbids everything but
//! this one style sheet, by its digest: even a mistake in escaping could load nothing and run nothing.

use super::chart::{answered, checks, times};
use super::story::{Story, date, percent, whole};
use super::{Cover, sheet};
use crate::model::Report;
use crate::text::{harmless, thousands};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};
use tera::{Context, Kwargs, State, Tera};

const PAGE: &str = include_str!("page.html");
const LOOKS: &str = include_str!("page.css");

/// The page.
pub fn html(report: &Report, cover: &Cover<'_>) -> String {
    let mut tera = Tera::default();
    tera.autoescape_on(vec![".html"]);
    tera.register_filter("prose", |text: &str, _: Kwargs, _: &State<'_>| prose(text));
    tera.add_raw_template("page.html", PAGE).expect("the template is compiled in, and a test renders it");
    tera.render("page.html", &context(report, cover)).expect("a test renders everything that the template names")
}

/// A sentence as HTML: what stands in backticks is code, everything else is text.
fn prose(text: &str) -> String {
    let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let parts: Vec<&str> = escaped.split('`').collect();
    if parts.len().is_multiple_of(2) {
        return escaped;
    }
    let code =
        |(idx, part): (usize, &&str)| if idx % 2 == 1 { format!("<code>{part}</code>") } else { (*part).to_owned() };
    parts.iter().enumerate().map(code).collect()
}

fn context(report: &Report, cover: &Cover<'_>) -> Context {
    let story = Story::of(report, cover, &sheet(report));
    let mut context = Context::new();
    context.insert("looks", LOOKS);
    context.insert("policy", &format!("'sha256-{}'", STANDARD.encode(Sha256::digest(LOOKS))));
    context.insert("version", env!("CARGO_PKG_VERSION"));
    context.insert("url", &harmless(cover.url));
    context.insert("host", &harmless(cover.url.split("://").last().unwrap_or_default()));
    context.insert("environment", &cover.environment.map(harmless));
    context.insert("release", &cover.release.map(|id| id.hex16().as_str().to_owned()));
    context.insert("at", &date(cover.at));
    context.insert("starts", &cover.event.starts.map(date));
    context.insert("visitors", &cover.event.visitors.map(thousands));
    context.insert("offload", &percent(report.offload));
    context.insert("median", &report.traffic.median_ms.map(thousands));
    context.insert("p95", &report.traffic.p95_ms.map(thousands));
    context.insert("asked", &thousands(report.traffic.asked.into()));
    context.insert("silent", &report.traffic.silent);
    context.insert("checks", &checks(&story));
    context.insert("answered", &answered(report.traffic.warm));
    context.insert("times", &times(&report.traffic));
    context.insert("peak", &report.bound.and_then(|bound| bound.peak).map(whole));
    context.insert("story", &story);
    context
}
