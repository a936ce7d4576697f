//! Tracking parameters: query parameters that say where a visitor came from and never what is shown.
//!
//! One list for the edge, which takes them out of the cache key and out of what the origin sees, and for `verify`, which
//! asks that a CDN does the same. A parameter that any page could read on the server must not stand here.

/// The parameters by name. `utm_*` is covered whole by [`is_tracking`]; the usual members stand here so that they can be tried.
pub const TRACKING: &[&str] = &[
    // Google Analytics (campaign URL builder) and Google Ads (auto-tagging).
    "utm_source",
    "utm_medium",
    "utm_campaign",
    "utm_term",
    "utm_content",
    "utm_id",
    "gclid",
    "gclsrc",
    "dclid",
    "gbraid",
    "wbraid",
    "gad_source",
    "gad_campaignid",
    "srsltid",
    "_ga",
    "_gl",
    // Meta, Microsoft, TikTok, X, LinkedIn, Pinterest, Snapchat, Reddit, Yandex.
    "fbclid",
    "igshid",
    "msclkid",
    "ttclid",
    "twclid",
    "li_fat_id",
    "epik",
    "sccid",
    "rdt_cid",
    "yclid",
    // Mail: Mailchimp, HubSpot. Matomo.
    "mc_cid",
    "mc_eid",
    "_hsenc",
    "_hsmi",
    "mtm_campaign",
    "mtm_source",
    // Vero, Wicked Reports, Omeda, Marketo, Adobe Advertising, X.
    "vero_id",
    "wickedid",
    "oly_anon_id",
    "oly_enc_id",
    "mkt_tok",
    "s_kwcid",
    "ref_src",
];

/// Whether a query parameter of this (decoded) name only tracks. Case does not matter: Snapchat writes `ScCid`.
pub fn is_tracking(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.starts_with("utm_") || name.starts_with("mtm_") || TRACKING.contains(&name.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn campaigns_are_tracked_and_pages_are_not() {
        for name in ["utm_source", "utm_anything", "GCLID", "ScCid", "fbclid", "mtm_kwd"] {
            assert!(is_tracking(name), "{name}");
        }
        for name in ["page", "utm", "q", "lang", "id", ""] {
            assert!(!is_tracking(name), "{name}");
        }
    }
}
