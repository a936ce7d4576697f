//! Tracking parameters: names that advertising and mail tools append to a URL and that never change the answer.
//!
//! A cache that keys on them fetches the same page anew for every visitor of a campaign, which is the one day it must not.
//! The embedded edge leaves them out of its key, the emitted host files ask a CDN to do the same, `verify` proves it.

/// The names, each compared exactly. Sources: Google Analytics and Google Ads ("URL builders", "About GCLID"), Meta,
/// Microsoft, TikTok, X, LinkedIn, Mailchimp, Instagram, Yandex, HubSpot, Vero, WickedReports, Oly, Marketo, Pinterest.
pub const PARAMETERS: &[&str] = &[
    "utm_source",
    "utm_medium",
    "utm_campaign",
    "utm_term",
    "utm_content",
    "utm_id",
    "gclid",
    "gbraid",
    "wbraid",
    "dclid",
    "fbclid",
    "msclkid",
    "ttclid",
    "twclid",
    "li_fat_id",
    "mc_cid",
    "mc_eid",
    "igshid",
    "yclid",
    "_hsenc",
    "_hsmi",
    "vero_id",
    "wickedid",
    "oly_anon_id",
    "oly_enc_id",
    "mkt_tok",
    "s_kwcid",
    "ref_src",
    "epik",
    "gclsrc",
    "gad_source",
    "gad_campaignid",
    "srsltid",
    "_gl",
];

/// Whether a query parameter of this (decoded) name only tracks: one of [`PARAMETERS`] in any case, or any other of the
/// `utm_` family.
pub fn is_tracking(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.starts_with("utm_") || PARAMETERS.contains(&name.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn campaigns_are_tracked_and_pages_are_not() {
        for name in ["utm_source", "utm_anything", "GCLID", "fbclid", "mc_eid"] {
            assert!(is_tracking(name), "{name}");
        }
        for name in ["page", "utm", "q", "lang", "id", ""] {
            assert!(!is_tracking(name), "{name}");
        }
    }
}
