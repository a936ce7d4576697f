//! `www.` and the name without it, over both schemes, lead to the one address: people type what they heard.

use crate::model::{Ask, Finding, Look};
use crate::verify::desk::clerk::Clerk;
use crate::verify::desk::evidence::exchange;
use crate::verify::{Case, Check, Observations};

pub(super) struct ApexWww;

impl Check for ApexWww {
    fn name(&self) -> &'static str {
        "apex-www"
    }

    fn title(&self) -> &'static str {
        "with and without `www.`, over both schemes, one hop leads to the page"
    }

    fn asks(&self, _subject: &Case<'_>) -> Vec<Ask> {
        Vec::new()
    }

    fn looks(&self, subject: &Case<'_>) -> Vec<Look> {
        other(subject).map(|host| subject.names_of(host)).into_iter().collect()
    }

    /// Nobody types a host that has no address.
    fn follow_ups(&self, subject: &Case<'_>, seen: &Observations) -> Vec<Ask> {
        match other(subject) {
            Ok(host) if has_address(subject, &host, seen) == Ok(true) => asks(&host).to_vec(),
            _ => Vec::new(),
        }
    }

    fn judge(&self, subject: &Case<'_>, seen: &Observations) -> Vec<Finding> {
        let clerk = Clerk::new(self.name(), subject);
        let host = match other(subject) {
            Ok(host) => host,
            Err(why) => return vec![clerk.skipped(why)],
        };
        let at = format!("https://{host}/");
        match has_address(subject, &host, seen) {
            Err(why) => vec![clerk.unknown(&at, why)],
            // Without `www.` is what people type; with it only some do, and a host below another is no name to begin with.
            Ok(false) if host.starts_with("www.") => vec![clerk.skipped(format!("`{host}` has no address"))],
            Ok(false) => {
                let remedy = "give the name without `www.` an address and redirect it: that is what people type";
                vec![clerk.warn(&at, format!("`{host}` has no address"), remedy)]
            }
            Ok(true) => asks(&host).iter().map(|ask| told(&clerk, subject, ask, seen)).collect(),
        }
    }
}

/// The other name; or why there is none.
fn other(subject: &Case<'_>) -> Result<String, String> {
    let place = subject.place().filter(|place| place.named);
    let Some(place) = place else { return Err(format!("`{}` is no name in DNS", subject.base)) };
    if place.ported {
        return Err(format!("`{}` names a port, as nobody types it", subject.base));
    }
    Ok(place.host.strip_prefix("www.").map_or_else(|| format!("www.{}", place.host), str::to_owned))
}

fn has_address(subject: &Case<'_>, host: &str, seen: &Observations) -> Result<bool, String> {
    seen.names(&subject.names_of(host.to_owned())).map(|names| !names.addresses.is_empty())
}

fn asks(host: &str) -> [Ask; 2] {
    ["https", "http"].map(|scheme| Ask::get(format!("{scheme}://{host}/")))
}

fn told(clerk: &Clerk<'_>, subject: &Case<'_>, ask: &Ask, seen: &Observations) -> Finding {
    let remedy =
        format!("redirect it at the edge with 301 or 308 to `{}/`, with a certificate for both names", subject.base);
    let answer = match seen.answer(ask) {
        Ok(answer) => answer,
        Err(why) => {
            return clerk.fail(&ask.target, format!("{}: {why}", crate::verify::desk::evidence::asked(ask)), remedy);
        }
    };
    let evidence = exchange(ask, answer, &["!location"]);
    let wanted = format!("{}/", subject.base);
    let arrives = answer.header("location").and_then(|to| url::Url::parse(&ask.target).ok()?.join(&to).ok());
    match answer.status {
        301 | 308 if arrives.as_ref().is_some_and(|to| to.as_str() == wanted) => clerk.pass(&ask.target, evidence),
        // Over plain HTTP a name may first have to come to HTTPS itself, for the sake of HSTS (RFC 6797, section 7.2).
        301 | 308 if ask.target.starts_with("http:") && is_same_over_tls(ask, arrives.as_ref()) => {
            clerk.warn(&ask.target, format!("{evidence}; a second hop follows"), remedy)
        }
        302 | 303 | 307 if arrives.as_ref().is_some_and(|to| to.as_str() == wanted) => {
            clerk.warn(&ask.target, format!("{evidence}; browsers ask again each time"), remedy)
        }
        200 => {
            clerk.warn(&ask.target, format!("{evidence}; the page has two addresses, and is cached under both"), remedy)
        }
        _ => clerk.fail(&ask.target, evidence, remedy),
    }
}

fn is_same_over_tls(ask: &Ask, to: Option<&url::Url>) -> bool {
    to.is_some_and(|to| to.as_str() == ask.target.replacen("http:", "https:", 1))
}
