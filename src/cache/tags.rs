//! Cache tags: names that an origin gives its answers so that many of them can be purged at once.

use super::fields::joined;
use http::HeaderMap;
use std::collections::BTreeSet;

/// As many as Cloudflare's limit of 16 kB of field holds in tags of 16 characters.
const MOST_TAGS: usize = 1_000;

/// The tags of an answer: `Cache-Tag` (Cloudflare, CloudFront: commas) and `Surrogate-Key` (Fastly: spaces).
pub fn tags(headers: &HeaderMap) -> BTreeSet<String> {
    let commas = joined(headers, "cache-tag").unwrap_or_default();
    let spaces = joined(headers, "surrogate-key").unwrap_or_default();
    let all = commas.split(',').chain(spaces.split([' ', ',']));
    all.map(str::trim).filter(|it| !it.is_empty()).take(MOST_TAGS).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::super::fields::headers;
    use super::*;

    #[test]
    fn tags_stand_in_two_fields() {
        let found = tags(&headers("Cache-Tag: page, home\nCache-Tag: fr\nSurrogate-Key: a  b"));
        assert_eq!(found.into_iter().collect::<Vec<_>>(), ["a", "b", "fr", "home", "page"]);
    }
}
