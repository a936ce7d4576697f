//! What browsers and robots ask for by themselves is cached, or a cheap cached 404: every visitor's browser asks for an
//! icon, whether the page names one or not (HTML, section 4.6.7.8 "icon"; RFC 9309, section 2.3 for `robots.txt`;
//! Apple, "Configuring Web Applications" for `apple-touch-icon.png`).

use crate::model::{Answer, Ask, Finding, Verdict};
use crate::verify::desk::clerk::Clerk;
use crate::verify::not_found::{ask, cheap};
use crate::verify::{Case, Check, Observations};

pub(super) struct BrowserFiles;

const PATHS: [&str; 4] = ["/robots.txt", "/favicon.ico", "/apple-touch-icon.png", "/sitemap.xml"];

impl Check for BrowserFiles {
    fn name(&self) -> &'static str {
        "browser-files"
    }

    fn title(&self) -> &'static str {
        "what browsers and robots ask for by themselves is cached, or a cheap cached 404"
    }

    fn asks(&self, _: &Case<'_>) -> Vec<Ask> {
        PATHS.into_iter().flat_map(|path| [ask(path), ask(path).round(1)]).collect()
    }

    fn judge(&self, subject: &Case<'_>, seen: &Observations) -> Vec<Finding> {
        let clerk = Clerk::new(self.name(), subject);
        let asks = PATHS.into_iter().map(|path| ask(path).round(1));
        asks.map(|ask| clerk.about(&ask, seen, |answer| told(&clerk, subject, &ask, answer))).collect()
    }
}

fn told(clerk: &Clerk<'_>, subject: &Case<'_>, ask: &Ask, answer: &Answer) -> Finding {
    let remedy = "let the CDN cache this file, or its 404 for a short time: every browser asks for it";
    let status = match answer.status {
        told @ (200 | 301 | 302 | 304 | 307 | 308 | 410) => told,
        _ => 404,
    };
    let costly = if status == 404 { cheap(clerk, subject, ask, answer) } else { None };
    let found = costly.unwrap_or_else(|| clerk.hit(ask, answer, status));
    match found.verdict {
        Verdict::Fail => clerk.warn(&ask.target, found.seen, remedy),
        _ => found,
    }
}
