//! Which of several stored answers a request may get (RFC 9111, section 4.1), and content codings as variants.
//!
//! In the profile `landing` a visitor's `Accept-Encoding`, of which there are hundreds of spellings, is reduced to what
//! matters: Brotli, gzip, both or neither. An answer then serves everyone for whom the origin would have chosen the same
//! coding, so that a warm `br` is a hit for a browser that sends `gzip, deflate, br, zstd`.

use super::Profile;
use super::fields::{joined, members};
use http::HeaderMap;
use http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, VARY};
use std::collections::{BTreeMap, BTreeSet};

/// The codings that a client takes, of the two that matter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Accepted {
    /// Brotli.
    pub br: bool,
    /// gzip.
    pub gzip: bool,
}

impl Accepted {
    /// Reads `Accept-Encoding` (RFC 9110, section 12.5.3); absent: neither, because nobody asked for a coding.
    pub fn of(headers: &HeaderMap) -> Self {
        let mut accepted = Self::default();
        let (mut named_br, mut named_gzip) = (false, false);
        let raw = joined(headers, ACCEPT_ENCODING).unwrap_or_default();
        for member in members(&raw) {
            let (coding, wanted) = weighted(member);
            match coding.as_str() {
                "br" => (accepted.br, named_br) = (wanted, true),
                "gzip" | "x-gzip" => (accepted.gzip, named_gzip) = (wanted, true),
                "*" => {
                    accepted.br = if named_br { accepted.br } else { wanted };
                    accepted.gzip = if named_gzip { accepted.gzip } else { wanted };
                }
                _ => {}
            }
        }
        accepted
    }

    /// The one spelling in which the origin sees it.
    pub fn spelled(self) -> &'static str {
        match (self.br, self.gzip) {
            (true, true) => "br, gzip",
            (true, false) => "br",
            (false, true) => "gzip",
            (false, false) => "identity",
        }
    }

    /// The coding that an origin with all of them chooses.
    pub fn preferred(self) -> &'static str {
        match (self.br, self.gzip) {
            (true, _) => "br",
            (false, true) => "gzip",
            (false, false) => "identity",
        }
    }
}

/// `gzip;q=0.5` to `gzip` and whether its weight is above nothing.
fn weighted(member: &str) -> (String, bool) {
    let mut parts = member.split(';').map(str::trim);
    let coding = parts.next().unwrap_or_default().to_ascii_lowercase();
    let weight = parts.find_map(|it| it.strip_prefix("q=").or_else(|| it.strip_prefix("Q=")));
    let nothing = weight.is_some_and(|it| it.trim().bytes().all(|byte| matches!(byte, b'0' | b'.')));
    (coding, !nothing)
}

/// The request fields that chose an answer, with their values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variant {
    fields: BTreeMap<String, String>,
    coding: Option<Coding>,
}

/// How the coding of an answer came about.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Coding {
    asked: Accepted,
    got: String,
}

/// More selecting fields than anybody needs: such an answer fits nobody else.
const MOST_FIELDS: usize = 20;

impl Variant {
    /// The variant that `response` is, given the request as the origin saw it; `None` when it fits no other request
    /// (`Vary: *`).
    pub fn of(profile: Profile, request: &HeaderMap, response: &HeaderMap) -> Option<Self> {
        let mut names = varied(response)?;
        let mut coding = None;
        if profile == Profile::Landing {
            let coded = names.remove("accept-encoding") || response.contains_key(CONTENT_ENCODING);
            coding = coded.then(|| Coding { asked: Accepted::of(request), got: coding_of(response) });
        }
        let fields =
            names.into_iter().map(|name| (normalized(request, &name), name)).map(|(value, name)| (name, value));
        Some(Self { fields: fields.collect(), coding })
    }

    /// Whether a request, as the origin would see it, would have got the same answer.
    pub fn fits(&self, request: &HeaderMap) -> bool {
        self.fields.iter().all(|(name, value)| normalized(request, name) == *value)
            && self.coding.as_ref().is_none_or(|coding| coding.fits(Accepted::of(request)))
    }

    /// The names of the selecting fields.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.fields.keys().map(String::as_str)
    }
}

impl Coding {
    fn fits(&self, asks: Accepted) -> bool {
        let all = Accepted { br: true, gzip: true };
        self.asked == asks || self.got == asks.preferred() || (self.asked == all && self.got == "identity")
    }
}

fn coding_of(response: &HeaderMap) -> String {
    let raw = joined(response, CONTENT_ENCODING).unwrap_or_default().trim().to_ascii_lowercase();
    if raw.is_empty() { "identity".to_owned() } else { raw }
}

/// The names in `Vary`; `None` for `*`, wherever it stands in the list.
fn varied(response: &HeaderMap) -> Option<BTreeSet<String>> {
    let raw = joined(response, VARY).unwrap_or_default();
    let names: BTreeSet<String> = members(&raw).into_iter().map(str::to_ascii_lowercase).collect();
    (!names.contains("*") && names.len() <= MOST_FIELDS).then_some(names)
}

/// The value of a selecting field without what makes no difference: lines joined, space around commas gone.
pub fn normalized(request: &HeaderMap, name: &str) -> String {
    joined(request, name).map_or("-".to_owned(), |raw| format!("={}", members(&raw).join(",")))
}

#[cfg(test)]
mod tests {
    use super::super::fields::headers;
    use super::*;

    fn accept(value: &str) -> HeaderMap {
        headers(&format!("Accept-Encoding: {value}"))
    }

    #[test]
    fn many_spellings_are_four() {
        for (raw, spelled) in [
            ("gzip, deflate, br, zstd", "br, gzip"),
            ("br;q=1.0, gzip;q=0.8, *;q=0.1", "br, gzip"),
            ("br;q=0, gzip", "gzip"),
            ("*;q=0, br", "br"),
            ("br, *;q=0.000", "br"),
            ("*", "br, gzip"),
            ("GZIP", "gzip"),
            ("identity;q=0", "identity"),
            ("", "identity"),
        ] {
            assert_eq!(Accepted::of(&accept(raw)).spelled(), spelled, "{raw}");
        }
        assert_eq!(Accepted::of(&HeaderMap::new()).spelled(), "identity");
    }

    #[test]
    fn a_coded_answer_serves_all_who_would_have_got_it() {
        let vary = |got: &str| headers(&format!("Vary: Accept-Encoding\n{got}"));
        let fits = |asked: &str, got: &str, asks: &str| {
            Variant::of(Profile::Landing, &accept(asked), &vary(got)).unwrap().fits(&accept(asks))
        };
        assert!(fits("br", "Content-Encoding: br", "br, gzip"));
        assert!(fits("br, gzip", "Content-Encoding: gzip", "gzip"));
        assert!(!fits("br, gzip", "Content-Encoding: br", "gzip"));
        assert!(!fits("gzip", "Content-Encoding: gzip", "identity"));
        assert!(fits("br, gzip", "", "gzip"), "the origin has neither");
        assert!(!fits("br", "", "gzip"), "the origin may have gzip");
        assert!(fits("identity", "", "identity"));
    }

    #[test]
    fn a_coding_without_vary_is_not_given_to_everyone() {
        let coded = Variant::of(Profile::Landing, &accept("gzip"), &headers("Content-Encoding: gzip")).unwrap();
        assert!(!coded.fits(&accept("identity")));
        let plain = Variant::of(Profile::Landing, &accept("gzip"), &HeaderMap::new()).unwrap();
        assert!(plain.fits(&accept("br")));
    }

    #[test]
    fn a_star_fits_nobody_wherever_it_stands() {
        for star in ["Vary: *", "Vary: Foo, *", "Vary:\nVary: *", "Vary: , *"] {
            assert_eq!(Variant::of(Profile::Rfc, &HeaderMap::new(), &headers(star)), None, "{star}");
        }
    }

    #[test]
    fn selecting_fields_must_be_equal_but_for_space_and_lines() {
        let variant = Variant::of(Profile::Rfc, &headers("Foo: 1, 2"), &headers("Vary: Foo\nVary: Bar")).unwrap();
        assert!(variant.fits(&headers("Foo: 1\nFoo:  2 ")));
        assert!(!variant.fits(&headers("Foo: 1")));
        assert!(!variant.fits(&headers("Foo: 1,2\nBar: x")));
        assert!(!variant.fits(&headers("Foo: 1,2\nBar:")), "empty is not absent");
    }
}
