//! Cache directives as the checks need them: lenient reading, remaining lifetime. Decides nothing about storing.

use crate::model::{Answer, Headers};

/// The seconds of a directive: `max-age=60`. Names in any case, quoted numbers read as numbers, and of several the first
/// (RFC 9111, sections 5.2 and 4.2.1). A number too large is the largest (section 1.2.2).
pub(in crate::verify) fn seconds(value: &str, directive: &str) -> Option<u64> {
    let (_, raw) = directives(value).find(|(name, _)| name.eq_ignore_ascii_case(directive))?;
    let digits = raw?.trim_matches('"');
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Some(digits.parse().unwrap_or(u64::MAX))
}

/// Whether a directive stands there.
pub(in crate::verify) fn has(value: &str, directive: &str) -> bool {
    directives(value).any(|(name, _)| name.eq_ignore_ascii_case(directive))
}

/// What in an answer forbids every shared cache to keep it (RFC 9111, section 3): `no-store`, or `private` for all of it. Nothing where a field
/// for CDNs (RFC 9213, or what it was called before) says otherwise.
pub(in crate::verify) fn forbids(answer: &Answer) -> Option<String> {
    let targeted = |name: &str| name.ends_with("-cache-control") || name.eq_ignore_ascii_case("surrogate-control");
    if answer.headers.iter().any(|(name, _)| targeted(&name.to_ascii_lowercase())) {
        return None;
    }
    let value = answer.header("cache-control")?;
    let whole = |wanted: &str| directives(&value).any(|(name, of)| of.is_none() && name.eq_ignore_ascii_case(wanted));
    ["no-store", "private"].into_iter().find(|it| whole(it)).map(|it| format!("cache-control: {it}"))
}

/// A comma inside quotes would cut a directive in two; the halves are no known directive, so nothing is misread.
fn directives(value: &str) -> impl Iterator<Item = (&str, Option<&str>)> {
    value.split(',').map(|part| match part.split_once('=') {
        Some((name, value)) => (name.trim(), Some(value.trim())),
        None => (part.trim(), None),
    })
}

/// `Age` in seconds: a non-negative integer, the first of a list (RFC 9111, section 5.1); anything else counts as absent.
pub(in crate::verify) fn age(answer: &Answer) -> Option<u64> {
    let value = answer.header("age")?;
    let first = value.split(',').next().unwrap_or_default().trim();
    if first.is_empty() || !first.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Some(first.parse().unwrap_or(u64::MAX))
}

/// How long a shared cache keeps an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::verify) struct Kept {
    /// Seconds fresh.
    pub fresh: u64,
    /// Seconds beyond, in which it may be served stale while it is fetched anew.
    pub stale: u64,
    /// The field and directive that says so.
    pub by: String,
}

/// What decides at a CDN, best first: the targeted field (RFC 9213), `s-maxage`, `max-age` (RFC 9111, section 4.2.1).
/// Many CDNs consume the targeted field; then the one that was released counts.
pub(in crate::verify) fn kept(answer: &Answer, released: &Headers) -> Option<Kept> {
    const TARGETED: &str = "cdn-cache-control";
    if let Some(kept) = answer.header(TARGETED).and_then(|value| targeted(&value, TARGETED)) {
        return Some(kept);
    }
    if let Some(kept) = released.get(TARGETED).and_then(|value| targeted(value, "the released cdn-cache-control")) {
        return Some(kept);
    }
    let value = answer.header("cache-control")?;
    let (directive, fresh) = ["s-maxage", "max-age"].into_iter().find_map(|it| Some((it, seconds(&value, it)?)))?;
    Some(Kept { fresh, stale: window(&value), by: format!("cache-control: {directive}={fresh}") })
}

fn targeted(value: &str, name: &str) -> Option<Kept> {
    let fresh = seconds(value, "max-age")?;
    Some(Kept { fresh, stale: window(value), by: format!("{name}: max-age={fresh}") })
}

/// The stale window, and none beside what forbids serving stale (RFC 9111, section 4.2.4).
fn window(value: &str) -> u64 {
    let forbids = ["must-revalidate", "proxy-revalidate", "no-cache", "s-maxage"];
    if forbids.into_iter().any(|directive| has(value, directive)) {
        return 0;
    }
    seconds(value, "stale-while-revalidate").unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directives_are_read_leniently_and_never_overflow() {
        assert_eq!(seconds("Public, Max-Age=\"60\", max-age=5", "max-age"), Some(60));
        assert_eq!(seconds("max-age=99999999999999999999999", "max-age"), Some(u64::MAX));
        assert_eq!(seconds("max-age=-1", "max-age"), None);
        assert_eq!(seconds("max-age", "max-age"), None);
        assert!(has("public , IMMUTABLE", "immutable"));
    }

    #[test]
    fn s_maxage_takes_the_stale_window_away() {
        assert_eq!(window("s-maxage=60, stale-while-revalidate=600"), 0);
        assert_eq!(window("max-age=60, stale-while-revalidate=600"), 600);
    }
}
