//! Links to app stores and extension stores, with the parameters that tell the store which campaign a visitor came from.
//!
//! In: a link and `[stores]`. Out: the link with what is missing in it. Refuses to change a link to anywhere else, or a parameter that
//! the author wrote.

use crate::model::Stores;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use std::fmt::Write as _;

/// All but what RFC 3986 calls unreserved.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// The link as it is published.
pub(super) fn with_campaign(url: &str, stores: &Stores) -> String {
    let Some(host) = host(url) else { return url.to_owned() };
    let parameters = match host.as_str() {
        // Apple, "App Analytics: campaign links": `pt` the provider, `ct` the campaign (40 characters at most), `mt=8` for apps.
        "apps.apple.com" | "itunes.apple.com" => {
            let campaign = stores.campaign.as_ref().map(|name| name.chars().take(40).collect::<String>());
            match (&stores.apple_provider, campaign) {
                (Some(provider), Some(campaign)) => {
                    vec![("pt", provider.clone()), ("ct", campaign), ("mt", "8".to_owned())]
                }
                _ => Vec::new(),
            }
        }
        // Google Play hands `referrer` to the app as it is; inside of it stand the parameters of the campaign.
        "play.google.com" => {
            let inner: Vec<String> =
                utm(stores).iter().map(|(key, value)| format!("{key}={}", encoded(value))).collect();
            if inner.is_empty() { Vec::new() } else { vec![("referrer", inner.join("&"))] }
        }
        "chromewebstore.google.com" | "addons.mozilla.org" => utm(stores),
        _ => Vec::new(),
    };
    appended(url, &parameters)
}

fn utm(stores: &Stores) -> Vec<(&'static str, String)> {
    let all = [("utm_source", &stores.source), ("utm_medium", &stores.medium), ("utm_campaign", &stores.campaign)];
    all.into_iter().filter_map(|(key, value)| Some((key, value.clone()?))).collect()
}

fn host(url: &str) -> Option<String> {
    let rest = url.strip_prefix("https://")?;
    Some(rest.split(['/', '?', '#']).next()?.to_ascii_lowercase())
}

/// The parameters that are not there yet, before the fragment.
fn appended(url: &str, parameters: &[(&str, String)]) -> String {
    let (base, fragment) = url.find('#').map_or((url, ""), |at| url.split_at(at));
    let mut out = base.to_owned();
    let query = base.split_once('?').map_or("", |(_, query)| query);
    let given: Vec<&str> = query.split('&').filter_map(|pair| pair.split('=').next()).collect();
    for (key, value) in parameters.iter().filter(|(key, _)| !given.contains(key)) {
        let joint = if out.contains('?') { '&' } else { '?' };
        write!(out, "{joint}{key}={}", encoded(value)).expect("writing to a string cannot fail");
    }
    out + fragment
}

fn encoded(value: &str) -> String {
    utf8_percent_encode(value, ENCODED).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_store_is_told_in_its_own_way_and_nobody_else() {
        let some = |text: &str| Some(text.to_owned());
        let stores = Stores {
            apple_app: None,
            apple_provider: some("118"),
            campaign: some("journal 20 h"),
            source: some("tv"),
            medium: None,
        };
        for (url, published) in [
            ("https://apps.apple.com/fr/app/id1", "https://apps.apple.com/fr/app/id1?pt=118&ct=journal%2020%20h&mt=8"),
            ("https://apps.apple.com/fr/app/id1?ct=own#a", "https://apps.apple.com/fr/app/id1?ct=own&pt=118&mt=8#a"),
            (
                "https://play.google.com/store/apps/details?id=a.b",
                "https://play.google.com/store/apps/details?id=a.b&referrer=utm_source%3Dtv%26utm_campaign%3Djournal%252020%2520h",
            ),
            (
                "https://chromewebstore.google.com/detail/x",
                "https://chromewebstore.google.com/detail/x?utm_source=tv&utm_campaign=journal%2020%20h",
            ),
            ("https://www.example.com/", "https://www.example.com/"),
            ("/page", "/page"),
        ] {
            assert_eq!(with_campaign(url, &stores), published);
        }
        let none = Stores::default();
        assert_eq!(with_campaign("https://apps.apple.com/app/id1", &none), "https://apps.apple.com/app/id1");
    }
}
