//! Other methods than `GET` and `HEAD` are refused or harmless: a page of files has nothing to do for them.
//!
//! RFC 9110, section 9.3.8: `TRACE` sends the request back, with what proxies added to it. Section 15.5.6: 405. Asks for
//! paths of this run alone: a `PUT` or `DELETE` that were obeyed would meet nothing.

use crate::model::{Answer, Ask, Finding};
use crate::verify::desk::clerk::Clerk;
use crate::verify::desk::evidence::exchange;
use crate::verify::{Case, Check, Observations};

pub(super) struct OtherMethods;

const METHODS: [&str; 5] = ["POST", "PUT", "DELETE", "OPTIONS", "TRACE"];

impl Check for OtherMethods {
    fn name(&self) -> &'static str {
        "other-methods"
    }

    fn title(&self) -> &'static str {
        "other methods than `GET` and `HEAD` are refused, and `TRACE` echoes nothing"
    }

    fn asks(&self, subject: &Case<'_>) -> Vec<Ask> {
        METHODS.into_iter().map(|method| ask(subject, method)).collect()
    }

    fn judge(&self, subject: &Case<'_>, seen: &Observations) -> Vec<Finding> {
        let clerk = Clerk::new(self.name(), subject);
        let asks = self.asks(subject).into_iter();
        asks.map(|ask| clerk.about(&ask, seen, |answer| told(&clerk, subject, &ask, answer))).collect()
    }
}

fn ask(subject: &Case<'_>, method: &'static str) -> Ask {
    let ask = Ask::get(format!("/not-here-{}", subject.fresh_nonce(method))).method(method);
    if method == "TRACE" { ask.header("x-echo", echo(subject)) } else { ask }
}

fn echo(subject: &Case<'_>) -> String {
    subject.fresh_nonce("echo")
}

fn told(clerk: &Clerk<'_>, subject: &Case<'_>, ask: &Ask, answer: &Answer) -> Finding {
    let evidence = exchange(ask, answer, &["allow", "content-type", "cache-status"]);
    let echo = echo(subject);
    let echoed = answer.body.windows(echo.len()).any(|part| part == echo.as_bytes());
    if ask.method == "TRACE" && echoed {
        let remedy = "switch `TRACE` off (Apache: `TraceEnable off`): it shows what proxies add to a request";
        return clerk.warn(&ask.target, format!("{evidence}; it sends the request back"), remedy);
    }
    match answer.status {
        400..=499 | 501 => clerk.pass(&ask.target, evidence),
        200..300 if ask.method == "OPTIONS" => clerk.pass(&ask.target, evidence),
        _ => clerk.warn(&ask.target, evidence, "refuse everything but `GET` and `HEAD` with 405 at the edge"),
    }
}
