//! What to do at one CDN about what `landing verify` finds: the name of its own switch.
//!
//! In: a provider and an environment; out: the names of checks, each with a sentence. Only what is known: of nginx and Varnish the lines that
//! the tests switch off one at a time in front of the campaign (`tests/real/matrix`), of the CDNs whose settings are managed, that they are.
//! It refuses to guess a switch from the name of a vendor.

/// The name of a check, and what to do about it; `{env}` is the environment.
pub type Switch = (&'static str, &'static str);

/// Of a provider whose settings `landing cdn apply` writes: what those settings are about.
pub(super) const APPLIED: &[Switch] = &[
    ("page-hit", APPLY),
    ("every-url-hit", APPLY),
    ("tracking-parameters", APPLY),
    ("unknown-parameter", APPLY),
    ("cookies", APPLY),
    ("https", APPLY),
    ("not-found", APPLY),
    ("stale-while-revalidate", APPLY),
    ("stale-if-error", APPLY),
    ("shield", APPLY),
];

const APPLY: &str = "`landing cdn plan {env}` says which setting differs, `landing cdn apply {env}` sets it";

/// What to do at a provider, by check.
pub fn switches(provider: &str, environment: &str) -> Vec<(&'static str, String)> {
    let known = super::find(provider).map_or(&[][..], |cdn| cdn.switches());
    known
        .iter()
        .map(|(check, switch)| (*check, format!("{provider}: {}", switch.replace("{env}", environment))))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_switch_is_named_where_it_is_known_and_none_is_made_up() {
        let of = |provider: &str| switches(provider, "production");
        assert!(of("nginx").iter().any(|(check, it)| *check == "collapsing" && it == "nginx: `proxy_cache_lock on;`"));
        assert!(
            !of("fastly").is_empty() && of("fastly").iter().all(|(_, it)| it.contains("landing cdn apply production"))
        );
        assert!(of("akamai").is_empty() && of("edge").is_empty() && of("none").is_empty());
    }
}
