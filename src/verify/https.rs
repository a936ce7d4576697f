//! Plain HTTP leads to HTTPS in one hop, to the same path and query.

use crate::model::{Answer, Ask, Finding};
use crate::verify::desk::clerk::Clerk;
use crate::verify::desk::evidence::exchange;
use crate::verify::desk::served::{Served, served};
use crate::verify::{Case, Check, Observations};

pub(super) struct Https;

impl Check for Https {
    fn name(&self) -> &'static str {
        "https"
    }

    fn title(&self) -> &'static str {
        "plain HTTP leads to HTTPS in one hop"
    }

    fn asks(&self, subject: &Case<'_>) -> Vec<Ask> {
        asks(subject).map_or(Vec::new(), |asks| asks.into_iter().flat_map(|ask| [ask.clone(), ask.round(1)]).collect())
    }

    fn judge(&self, subject: &Case<'_>, seen: &Observations) -> Vec<Finding> {
        let clerk = Clerk::new(self.name(), subject);
        match asks(subject) {
            Err(why) => vec![clerk.skipped(why)],
            Ok(asks) => {
                let told = |ask: Ask| {
                    let again = ask.round(1);
                    clerk.about(&again, seen, |answer| told(&clerk, &again, answer))
                };
                asks.into_iter().map(told).collect()
            }
        }
    }
}

/// The entry page and a URL with a query, over plain HTTP; or why there is nothing to ask.
fn asks(subject: &Case<'_>) -> Result<Vec<Ask>, String> {
    let Some(host) = subject.base.strip_prefix("https://") else {
        return Err(format!("`{}` is plain HTTP itself", subject.base));
    };
    if is_loopback(host) {
        return Err(format!("`{}` is on this machine", subject.base));
    }
    if subject.place().is_some_and(|place| place.ported) {
        return Err(format!("`{}` names a port: where its plain HTTP would listen cannot be told", subject.base));
    }
    let Some(entry) = subject.entry() else { return Err("the release has no page".to_owned()) };
    let path = entry.path();
    let plain = Ask::get(format!("http://{host}{path}"));
    Ok(vec![plain.clone(), plain.parameter("utm_source=tv")])
}

fn is_loopback(host: &str) -> bool {
    host.starts_with("127.") || host.starts_with("localhost") || host.starts_with("[::1]")
}

fn told(clerk: &Clerk<'_>, ask: &Ask, answer: &Answer) -> Finding {
    let evidence = exchange(ask, answer, &["!location", "cache-control", "cache-status", "cf-cache-status"]);
    let expected = ask.target.replacen("http:", "https:", 1);
    let remedy = "redirect plain HTTP at the edge with 301 or 308 to the same path and query";
    if !matches!(answer.status, 301 | 308) {
        return clerk.fail(&ask.target, format!("{evidence}; expected 301 or 308"), remedy);
    }
    let parsed = |raw: &str| url::Url::parse(raw).ok();
    if answer.header("location").as_deref().and_then(parsed) != parsed(&expected) {
        return clerk.fail(&ask.target, format!("{evidence}; expected {expected}"), remedy);
    }
    match served(answer) {
        Served::Origin(by) => clerk.warn(
            &ask.target,
            format!("{evidence}; the origin was asked ({by})"),
            "make this redirect at the edge",
        ),
        Served::Cache(_) | Served::Unknown(_) => clerk.pass(&ask.target, evidence),
    }
}
