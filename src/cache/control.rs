//! `Cache-Control` (RFC 9111, section 5.2) and `CDN-Cache-Control` (RFC 9213), parsed once and then trusted.
//!
//! The targeted field is a structured dictionary: it counts when it parses and is not empty, and then `Cache-Control` and
//! `Expires` count for nothing (RFC 9213, section 2.2); otherwise it is ignored as a whole.

use super::fields::{joined, members};
use http::HeaderMap;
use http::header::{CACHE_CONTROL, HeaderName, PRAGMA};
use std::collections::BTreeSet;

/// The largest number of seconds that means anything (RFC 9111, section 1.2.2).
const FOREVER: u64 = 1 << 31;

/// Directives without a value that the policy asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Flag {
    /// Do not store.
    NoStore,
    /// Store, but ask the origin before every use.
    NoCache,
    /// Only one user's cache may store it.
    Private,
    /// Anyone may store it, even an answer to an authorized request.
    Public,
    /// Never serve it stale.
    MustRevalidate,
    /// Never serve it stale from a shared cache.
    ProxyRevalidate,
    /// Store it only if the status is understood.
    MustUnderstand,
}

const FLAGS: &[(&str, Flag)] = &[
    ("no-store", Flag::NoStore),
    ("no-cache", Flag::NoCache),
    ("private", Flag::Private),
    ("public", Flag::Public),
    ("must-revalidate", Flag::MustRevalidate),
    ("proxy-revalidate", Flag::ProxyRevalidate),
    ("must-understand", Flag::MustUnderstand),
];

/// What a response says about its caching.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Control {
    /// Whether it was said in the field for CDNs; `Expires` counts for nothing then.
    pub targeted: bool,
    /// Directives without a value.
    pub flags: BTreeSet<Flag>,
    /// Seconds; an unreadable value is 0, as RFC 9111, section 4.2.1 advises.
    pub max_age: Option<u64>,
    /// Seconds, for shared caches only.
    pub s_maxage: Option<u64>,
    /// Seconds (RFC 5861, section 3).
    pub while_revalidate: u64,
    /// Seconds (RFC 5861, section 4).
    pub if_error: u64,
    /// Fields that `no-cache="…"` or `private="…"` keep from being stored.
    pub withheld: BTreeSet<String>,
}

impl Control {
    /// What a response says to a shared cache that is part of a CDN.
    pub fn of_response(headers: &HeaderMap) -> Self {
        joined(headers, "cdn-cache-control")
            .and_then(|raw| Self::targeted(&raw))
            .unwrap_or_else(|| joined(headers, CACHE_CONTROL).map(|raw| Self::plain(&raw)).unwrap_or_default())
    }

    /// Whether a directive stands.
    pub fn has(&self, flag: Flag) -> bool {
        self.flags.contains(&flag)
    }

    fn plain(raw: &str) -> Self {
        let mut control = Self::default();
        for (name, value) in members(raw).into_iter().map(directive) {
            control.take(&name, value.as_deref());
        }
        control
    }

    fn targeted(raw: &str) -> Option<Self> {
        let dictionary = sfv::Parser::new(raw).parse::<sfv::Dictionary>().ok().filter(|it| !it.is_empty())?;
        let mut control = Self { targeted: true, ..Self::default() };
        for (name, entry) in &dictionary {
            let sfv::ListEntry::Item(item) = entry else { continue };
            match &item.bare_item {
                sfv::BareItem::Boolean(true) => control.take(name.as_str(), None),
                sfv::BareItem::Integer(number) => {
                    control.take(name.as_str(), Some(&i64::from(*number).max(0).to_string()));
                }
                // Field names, as in `private="set-cookie"`; a number in quotes is of the wrong type and counts for nothing.
                sfv::BareItem::String(list) if !list.as_str().bytes().all(|it| it.is_ascii_digit()) => {
                    control.take(name.as_str(), Some(list.as_str()));
                }
                _ => {}
            }
        }
        Some(control)
    }

    /// Of a directive that stands twice the first counts (RFC 9111, section 4.2.1).
    fn take(&mut self, name: &str, value: Option<&str>) {
        match (name, value) {
            ("max-age", value) => _ = self.max_age.get_or_insert(seconds(value)),
            ("s-maxage", value) => _ = self.s_maxage.get_or_insert(seconds(value)),
            ("stale-while-revalidate", value) if self.while_revalidate == 0 => self.while_revalidate = seconds(value),
            ("stale-if-error", value) if self.if_error == 0 => self.if_error = seconds(value),
            ("no-cache" | "private", Some(list)) => {
                self.withheld
                    .extend(list.split(',').map(|it| it.trim().to_ascii_lowercase()).filter(|it| !it.is_empty()));
            }
            (name, _) => self.flags.extend(FLAGS.iter().find(|(known, _)| *known == name).map(|(_, flag)| *flag)),
        }
    }
}

/// What a request says about caching; only the profile `rfc` listens.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RequestControl {
    /// Ask the origin first.
    pub no_cache: bool,
    /// Do not store the answer.
    pub no_store: bool,
    /// Answer from the cache or not at all.
    pub only_if_cached: bool,
    /// Nothing older than this.
    pub max_age: Option<u64>,
    /// Fresh for at least this long.
    pub min_fresh: u64,
    /// Stale for at most this long.
    pub max_stale: Option<u64>,
}

impl RequestControl {
    /// Reads `Cache-Control`, or `Pragma` when there is none (RFC 9111, section 5.4).
    pub fn of_request(headers: &HeaderMap) -> Self {
        let Some(raw) = joined(headers, CACHE_CONTROL) else {
            let no_cache = joined(headers, PRAGMA).is_some_and(|it| it.to_ascii_lowercase().contains("no-cache"));
            return Self { no_cache, ..Self::default() };
        };
        let mut control = Self::default();
        for (name, value) in members(&raw).into_iter().map(directive) {
            let number = || seconds(value.as_deref());
            match name.as_str() {
                "no-cache" => control.no_cache = true,
                "no-store" => control.no_store = true,
                "only-if-cached" => control.only_if_cached = true,
                "max-age" => control.max_age = Some(number()),
                "min-fresh" => control.min_fresh = number(),
                "max-stale" => control.max_stale = Some(value.as_ref().map_or(FOREVER, |_| number())),
                _ => {}
            }
        }
        control
    }
}

/// `Name="value"` to a lower-case name and a plain value.
fn directive(member: &str) -> (String, Option<String>) {
    match member.split_once('=') {
        None => (member.to_ascii_lowercase(), None),
        Some((name, value)) => (name.to_ascii_lowercase(), Some(unquote(value))),
    }
}

fn unquote(value: &str) -> String {
    match value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        Some(inner) => inner.replace('\\', ""),
        None => value.to_owned(),
    }
}

fn seconds(value: Option<&str>) -> u64 {
    match value {
        Some(digits) if !digits.is_empty() && digits.bytes().all(|it| it.is_ascii_digit()) => {
            digits.parse().unwrap_or(FOREVER).min(FOREVER)
        }
        _ => 0,
    }
}

/// The names in a set of withheld fields that are field names at all.
pub(super) fn names(withheld: &BTreeSet<String>) -> impl Iterator<Item = HeaderName> {
    withheld.iter().filter_map(|it| it.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::super::fields::headers;
    use super::*;

    fn control(text: &str) -> Control {
        Control::of_response(&headers(text))
    }

    #[test]
    fn case_quotes_and_repetition_do_not_confuse() {
        let it = control(r#"Cache-Control: MaX-aGe="60", No-CaChE, extension="max-age=9, no-store", max-age=5"#);
        assert_eq!((it.max_age, it.has(Flag::NoCache), it.has(Flag::NoStore)), (Some(60), true, false));
        let it = control(r#"Cache-Control: private="Set-Cookie, x", no-cache="a", max-age=5"#);
        assert!(!it.has(Flag::Private) && !it.has(Flag::NoCache));
        assert_eq!(it.withheld.iter().map(String::as_str).collect::<Vec<_>>(), ["a", "set-cookie", "x"]);
    }

    #[test]
    fn an_unreadable_lifetime_is_none_at_all() {
        for bad in ["max-age='3600'", "max-age=3600.0", "max-age=a", "max-age=", "max-age", "max-age=-1"] {
            assert_eq!(control(&format!("Cache-Control: {bad}")).max_age, Some(0), "{bad}");
        }
        assert_eq!(control("Cache-Control: max-age=99999999999999999999999").max_age, Some(FOREVER));
        assert_eq!(control("Cache-Control: max-age=003600").max_age, Some(3600));
    }

    #[test]
    fn the_field_for_cdns_replaces_the_other_or_counts_for_nothing() {
        let both =
            |targeted: &str| control(&format!("Cache-Control: max-age=1, no-store\nCDN-Cache-Control: {targeted}"));
        let it = both("max-age=600, stale-while-revalidate=30, stale-if-error=40");
        assert_eq!((it.max_age, it.while_revalidate, it.if_error, it.targeted), (Some(600), 30, 40, true));
        assert!(!it.has(Flag::NoStore));
        for ignored in ["", "max-age=600,", "MaX-aGe=600", "max-age=600 no-store", "&"] {
            assert!(!both(ignored).targeted, "{ignored:?}");
        }
        assert_eq!(both("max-age=\"600\", public").max_age, None);
        assert_eq!(both("max-age=600;ext").max_age, Some(600));
        assert!(both("no-store").has(Flag::NoStore));
        assert!(!both("no-store=?0, max-age=4").has(Flag::NoStore));
    }

    #[test]
    fn a_request_may_ask_for_more_or_less() {
        let it =
            RequestControl::of_request(&headers("Cache-Control: max-stale, min-fresh=3, max-age=9, only-if-cached"));
        assert_eq!((it.max_stale, it.min_fresh, it.max_age, it.only_if_cached), (Some(FOREVER), 3, Some(9), true));
        assert!(RequestControl::of_request(&headers("Pragma: No-Cache")).no_cache);
        assert!(!RequestControl::of_request(&headers("Pragma: no-cache\nCache-Control: x")).no_cache);
    }
}
