//! The two policies that are ours: what is part of the cache key and how long a page is kept, and the header fields that the store
//! cannot send. They are named after the distribution and used by nobody else.
//!
//! Members stand in the order of the API's model (botocore, cloudfront/2020-05-31).

use super::super::xml::Element;
use super::super::{MARK, Wish};
use crate::cdn::Account;

/// Which kind of policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Cache,
    Headers,
}

impl Kind {
    /// As it stands in addresses.
    pub(super) fn path(self) -> &'static str {
        match self {
            Self::Cache => "cache-policy",
            Self::Headers => "response-headers-policy",
        }
    }

    /// As it stands in answers.
    fn element(self) -> &'static str {
        match self {
            Self::Cache => "CachePolicy",
            Self::Headers => "ResponseHeadersPolicy",
        }
    }
}

/// A policy as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Policy {
    pub(super) kind: Kind,
    pub(super) why: &'static str,
    pub(super) config: Element,
}

impl Policy {
    pub(super) fn name(&self) -> &str {
        self.config.text_at(&["Name"])
    }

    /// Its id, where it is in a list.
    pub(super) fn listed(&self, list: &Element) -> Option<String> {
        let (element, config) = (self.kind.element(), format!("{}Config", self.kind.element()));
        let ours = |summary: &&Element| summary.text_at(&[element, &config, "Name"]) == self.name();
        list.items(&[]).iter().find(ours).map(|summary| summary.text_at(&[element, "Id"]).to_owned())
    }
}

/// The cache policy always, that of header fields where there are any.
pub(super) fn all(account: &Account, wish: &Wish) -> Vec<Policy> {
    let headers = (!wish.headers.is_empty()).then(|| headers(account, wish));
    std::iter::once(cache(account, wish)).chain(headers).collect()
}

fn name(account: &Account) -> Element {
    Element::leaf("Name", format!("{MARK}{}", account.get("distribution")))
}

fn comment() -> Element {
    Element::leaf("Comment", "Made by landing: change its configuration, not this.")
}

/// How long a page is kept: CloudFront reads `cache-control` alone, which is meant for browsers. One year is what it takes at most.
pub(in crate::cdn) fn lifetimes(wish: &Wish) -> (u64, u64, u64) {
    const DAY: u64 = 86_400;
    let page = wish.page.cdn;
    (page, page.max(DAY), page.max(365 * DAY))
}

fn cache(account: &Account, wish: &Wish) -> Policy {
    let (least, usual, most) = lifetimes(wish);
    let leaf = |name: &str, value: &str| Element::leaf(name, value);
    let key = vec![
        leaf("EnableAcceptEncodingGzip", "true"),
        leaf("EnableAcceptEncodingBrotli", "true"),
        Element::of("HeadersConfig", vec![leaf("HeaderBehavior", "none")]),
        Element::of("CookiesConfig", vec![leaf("CookieBehavior", "none")]),
        Element::of("QueryStringsConfig", vec![leaf("QueryStringBehavior", "none")]),
    ];
    let config = Element::of(
        "CachePolicyConfig",
        vec![
            comment(),
            name(account),
            Element::leaf("DefaultTTL", usual.to_string()),
            Element::leaf("MaxTTL", most.to_string()),
            Element::leaf("MinTTL", least.to_string()),
            Element::of("ParametersInCacheKeyAndForwardedToOrigin", key),
        ],
    );
    let why = "one copy for everybody, whatever brought the visitor here, for as long as `[cache.document]` says";
    Policy { kind: Kind::Cache, why, config }
}

/// A header field that CloudFront knows as one about security: it takes those in members of their own and in no other way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::cdn) enum Secured {
    Hsts {
        seconds: u64,
        subdomains: bool,
        preload: bool,
    },
    NoSniff,
    Referrer(String),
    Frame(String),
    Csp(String),
    /// Any other field.
    Custom,
}

/// What a field is to CloudFront. A value that its member cannot say goes as a custom field, which CloudFront refuses in its own words.
pub(in crate::cdn) fn secured(name: &str, value: &str) -> Secured {
    match name.to_ascii_lowercase().as_str() {
        "strict-transport-security" => hsts(value).unwrap_or(Secured::Custom),
        "x-content-type-options" if value.eq_ignore_ascii_case("nosniff") => Secured::NoSniff,
        "referrer-policy" => Secured::Referrer(value.to_owned()),
        "x-frame-options" => Secured::Frame(value.to_ascii_uppercase()),
        "content-security-policy" => Secured::Csp(value.to_owned()),
        _ => Secured::Custom,
    }
}

/// RFC 6797, section 6.1.
fn hsts(value: &str) -> Option<Secured> {
    let (mut seconds, mut subdomains, mut preload) = (None, false, false);
    for directive in value.split(';').map(str::trim).filter(|it| !it.is_empty()) {
        match directive.to_ascii_lowercase().split_once('=') {
            Some(("max-age", age)) => seconds = age.trim_matches('"').parse().ok(),
            None if directive.eq_ignore_ascii_case("includesubdomains") => subdomains = true,
            None if directive.eq_ignore_ascii_case("preload") => preload = true,
            _ => return None,
        }
    }
    seconds.map(|seconds| Secured::Hsts { seconds, subdomains, preload })
}

/// The members of `SecurityHeadersConfig`.
const SECURITY: &[&str] = &[
    "XSSProtection",
    "FrameOptions",
    "ReferrerPolicy",
    "ContentSecurityPolicy",
    "ContentTypeOptions",
    "StrictTransportSecurity",
];

fn headers(account: &Account, wish: &Wish) -> Policy {
    let over = || Element::leaf("Override", "true");
    let (mut security, mut custom) = (Vec::new(), Vec::new());
    for (name, value) in &wish.headers {
        let leaf = |name: &str, value: &str| Element::leaf(name, value);
        security.push(match secured(name, value) {
            Secured::Hsts { seconds, subdomains, preload } => Element::of(
                "StrictTransportSecurity",
                vec![
                    over(),
                    leaf("IncludeSubdomains", &subdomains.to_string()),
                    leaf("Preload", &preload.to_string()),
                    leaf("AccessControlMaxAgeSec", &seconds.to_string()),
                ],
            ),
            Secured::NoSniff => Element::of("ContentTypeOptions", vec![over()]),
            Secured::Referrer(policy) => Element::of("ReferrerPolicy", vec![over(), leaf("ReferrerPolicy", &policy)]),
            Secured::Frame(option) => Element::of("FrameOptions", vec![over(), leaf("FrameOption", &option)]),
            Secured::Csp(policy) => {
                Element::of("ContentSecurityPolicy", vec![over(), leaf("ContentSecurityPolicy", &policy)])
            }
            Secured::Custom => {
                let field = vec![leaf("Header", name), leaf("Value", value), over()];
                custom.push(Element::of("ResponseHeadersPolicyCustomHeader", field));
                continue;
            }
        });
    }
    let mut secure = Element::of("SecurityHeadersConfig", Vec::new());
    for member in security {
        secure.put(member, SECURITY);
    }
    let mut members = vec![comment(), name(account)];
    members.extend((!secure.children.is_empty()).then_some(secure));
    members.extend((!custom.is_empty()).then(|| Element::list("CustomHeadersConfig", custom)));
    let config = Element::of("ResponseHeadersPolicyConfig", members);
    Policy { kind: Kind::Headers, why: "fields that the store cannot send", config }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_about_security_goes_where_cloudfront_takes_it() {
        let hsts = |seconds, subdomains, preload| Secured::Hsts { seconds, subdomains, preload };
        assert_eq!(secured("Strict-Transport-Security", "max-age=300"), hsts(300, false, false));
        assert_eq!(
            secured("strict-transport-security", "max-age=\"5\"; includeSubDomains; preload"),
            hsts(5, true, true)
        );
        assert_eq!(secured("strict-transport-security", "includeSubDomains"), Secured::Custom);
        assert_eq!(secured("strict-transport-security", "max-age=5; new=1"), Secured::Custom);
        assert_eq!(secured("x-content-type-options", "NoSniff"), Secured::NoSniff);
        assert_eq!(secured("x-frame-options", "deny"), Secured::Frame("DENY".to_owned()));
        assert_eq!(secured("cross-origin-opener-policy", "same-origin"), Secured::Custom);
    }
}
