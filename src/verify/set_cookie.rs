//! Nothing sets a cookie. Caches refuse answers that do, or hand one visitor's cookie to the next.
//!
//! Looks at every answer of the run, asks nothing of its own but the pages.

use crate::model::{Answer, Ask, Finding};
use crate::verify::desk::clerk::Clerk;
use crate::verify::desk::evidence::{asked, shown};
use crate::verify::{Case, Check, Observations};
use std::collections::BTreeMap;

pub(super) struct SetCookie;

/// Cookies that CDNs add at the edge, after the cache: prefix of the name, product. From the vendors' cookie pages.
const BY_THE_CDN: &[(&str, &str)] = &[
    ("__cf_bm", "Cloudflare bot management"),
    ("_cfuvid", "Cloudflare rate limiting"),
    ("__cflb", "Cloudflare load balancing"),
    ("cf_clearance", "Cloudflare challenges"),
    ("ak_bmsc", "Akamai Bot Manager"),
    ("bm_s", "Akamai Bot Manager"),
    ("_abck", "Akamai Bot Manager"),
    ("visid_incap_", "Imperva"),
    ("incap_ses_", "Imperva"),
    ("nlbi_", "Imperva"),
    ("AWSALB", "AWS load balancer"),
    ("ARRAffinity", "Azure affinity"),
    ("datadome", "DataDome"),
];

impl Check for SetCookie {
    fn name(&self) -> &'static str {
        "set-cookie"
    }

    fn title(&self) -> &'static str {
        "no answer sets a cookie"
    }

    fn asks(&self, subject: &Case<'_>) -> Vec<Ask> {
        subject.listed().iter().flat_map(|target| [target.usual(), target.usual().round(1)]).collect()
    }

    fn judge(&self, subject: &Case<'_>, seen: &Observations) -> Vec<Finding> {
        let clerk = Clerk::new(self.name(), subject);
        // One finding per URL, however often it was asked for.
        let mut found: BTreeMap<&str, Finding> = BTreeMap::new();
        for (ask, answer) in seen.answers() {
            if let Some(finding) = told(&clerk, ask, answer) {
                found.entry(ask.target.as_str()).or_insert(finding);
            }
        }
        if found.is_empty() {
            return vec![clerk.pass(subject.base, format!("no Set-Cookie in {} answers", seen.answers().count()))];
        }
        found.into_values().collect()
    }
}

fn told(clerk: &Clerk<'_>, ask: &Ask, answer: &Answer) -> Option<Finding> {
    let set = answer.headers.iter().filter(|(name, _)| name == "set-cookie");
    // The value may be a stranger's session: only the name is shown.
    let names: Vec<&str> = set.map(|(_, value)| value.split('=').next().unwrap_or_default().trim()).collect();
    if names.is_empty() {
        return None;
    }
    let maker = |name: &str| BY_THE_CDN.iter().find(|(prefix, _)| name.starts_with(prefix)).map(|(_, maker)| *maker);
    let shown_names = names.iter().map(|name| shown(name)).collect::<Vec<_>>().join(", ");
    let seen = format!("{} -> {}, set-cookie: {shown_names}", asked(ask), answer.status);
    match names.iter().map(|name| maker(name)).collect::<Option<Vec<_>>>() {
        Some(makers) => Some(clerk.warn(
            &ask.target,
            format!("{seen} ({})", makers.join(", ")),
            "the CDN sets it after the cache; switch that product off for this page, or mention it in the privacy notice",
        )),
        None => Some(clerk.fail(&ask.target, seen, "take `Set-Cookie` off at the origin, or strip it at the edge")),
    }
}
