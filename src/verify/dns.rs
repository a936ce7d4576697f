//! The host has an address, every resolver says the same, and what is said is not kept for too long (RFC 1035, RFC 1912).

use crate::model::{Finding, Look, Names};
use crate::verify::desk::clerk::Clerk;
use crate::verify::desk::evidence::shown;
use crate::verify::{Ask, Case, Check, Observations};

pub(super) struct Dns;

/// Whoever must leave an address waits this long for the last visitor: an hour is more than a broadcast.
const LONGEST_TTL_S: u32 = 3_600;
/// No more names or addresses are listed.
const MOST: usize = 8;

impl Check for Dns {
    fn name(&self) -> &'static str {
        "dns"
    }

    fn title(&self) -> &'static str {
        "the name has an address, the same for every resolver, and it can be changed within the hour"
    }

    fn asks(&self, _subject: &Case<'_>) -> Vec<Ask> {
        Vec::new()
    }

    fn looks(&self, subject: &Case<'_>) -> Vec<Look> {
        subject.names().unwrap_or_default()
    }

    fn judge(&self, subject: &Case<'_>, seen: &Observations) -> Vec<Finding> {
        let clerk = Clerk::new(self.name(), subject);
        let looks = match subject.names() {
            Ok(looks) => looks,
            Err(why) => return vec![clerk.skipped(why)],
        };
        let mut first = None;
        let told = looks.iter().map(|look| match seen.names(look) {
            Err(why) => clerk.unknown(subject.base, format!("{}: {why}", who(look))),
            Ok(names) => told(&clerk, subject, look, names, first.get_or_insert(names)),
        });
        told.collect()
    }
}

fn told(clerk: &Clerk<'_>, subject: &Case<'_>, look: &Look, names: &Names, first: &Names) -> Finding {
    let seen = format!("{}: {}", who(look), words(names));
    if names.addresses.is_empty() {
        let remedy = "give the name an address: the `CNAME` that the CDN names, or its `A` and `AAAA` where the name is the zone's own";
        return clerk.fail(subject.base, seen, remedy);
    }
    if names.aliases != first.aliases {
        let remedy = "let every name server of the zone say the same; after a change, wait until the old TTL has passed and verify again";
        return clerk.warn(subject.base, format!("{seen}; another resolver is led through other names"), remedy);
    }
    if names.ttl_s > LONGEST_TTL_S {
        let remedy = format!(
            "lower the TTL to {} s or less a day before the broadcast: until it has passed, nobody can be led elsewhere",
            crate::text::thousands(LONGEST_TTL_S.into())
        );
        return clerk.warn(subject.base, seen, remedy);
    }
    clerk.pass(subject.base, seen)
}

fn who(look: &Look) -> String {
    match look {
        Look::Names { resolver: Some(resolver), .. } => format!("resolver {resolver}"),
        _ => "this machine's resolver".to_owned(),
    }
}

fn words(names: &Names) -> String {
    let list = |all: Vec<String>| {
        let more = all.len().saturating_sub(MOST);
        let mut text = all.into_iter().take(MOST).collect::<Vec<_>>().join(" ");
        if more > 0 {
            text.push_str(&format!(" and {more} more"));
        }
        text
    };
    let mut parts = Vec::new();
    if !names.aliases.is_empty() {
        parts.push(format!("CNAME {}", list(names.aliases.iter().map(|it| shown(it)).collect())));
    }
    if names.addresses.is_empty() {
        parts.push("no address".to_owned());
    } else {
        let versions: Vec<String> = names.addresses.iter().map(ToString::to_string).collect();
        parts.push(format!("{}, TTL {} s", list(versions), crate::text::thousands(names.ttl_s.into())));
        if names.addresses.iter().all(std::net::IpAddr::is_ipv4) {
            parts.push("no AAAA".to_owned());
        }
    }
    if !names.issuers.is_empty() {
        parts.push(format!("CAA {}", list(names.issuers.iter().map(|it| shown(it)).collect())));
    }
    parts.join(", ")
}
