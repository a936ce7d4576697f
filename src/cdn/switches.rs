//! What to do at one CDN about what `landing verify` finds: the name of its own switch.
//!
//! In: a provider and an environment; out: the names of checks, each with a sentence. Only what is known: of nginx and Varnish the lines that
//! the tests switch off one at a time in front of the campaign (`tests/real/matrix`), of the CDNs whose settings are managed, that they are.
//! It refuses to guess a switch from the name of a vendor.

/// Providers whose settings `landing cdn apply` writes.
const MANAGED: &[&str] = &["bunny", "cloudflare", "cloudfront", "fastly", "scaleway"];

/// What those settings are about.
const ABOUT: &[&str] = &[
    "page-hit",
    "every-url-hit",
    "tracking-parameters",
    "unknown-parameter",
    "cookies",
    "https",
    "not-found",
    "stale-while-revalidate",
    "stale-if-error",
    "shield",
];

/// docs/cdn.md, "Your own caches"; nginx.org/en/docs/http/ngx_http_proxy_module.html
const NGINX: &[(&str, &str)] = &[
    ("tracking-parameters", "`proxy_cache_key $host$uri;`"),
    ("unknown-parameter", "`proxy_cache_key $host$uri;`"),
    ("cookies", "no `proxy_cache_bypass` or `proxy_no_cache` that names `$http_cookie`"),
    ("authorization", "no `proxy_cache_bypass` or `proxy_no_cache` that names `$http_authorization`"),
    ("reload", "no `proxy_cache_bypass` that names `$http_cache_control` or `$http_pragma`"),
    ("page-hit", "`proxy_cache` in this `location`, no `proxy_no_cache`"),
    ("not-found", "`proxy_cache_valid 404 1m;`, where the origin gives no lifetime"),
    ("redirect-lifetime", "`proxy_cache_valid 301 302 308 1d;`, where the origin gives no lifetime"),
    ("collapsing", "`proxy_cache_lock on;`"),
    ("stale-while-revalidate", "`proxy_cache_use_stale updating;` and `proxy_cache_background_update on;`"),
    (
        "stale-if-error",
        "`proxy_cache_use_stale error timeout updating http_500 http_502 http_503 http_504;` and `proxy_cache_background_update on;`",
    ),
    ("age", "it sends none: waive this, and read its log"),
];

/// docs/cdn.md, "Your own caches"; varnish-cache.org/docs/7.1/users-guide/vcl.html
const VARNISH: &[(&str, &str)] = &[
    ("tracking-parameters", "`set req.url = regsub(req.url, \"\\?.*$\", \"\");` in `vcl_recv`"),
    ("unknown-parameter", "`set req.url = regsub(req.url, \"\\?.*$\", \"\");` in `vcl_recv`"),
    ("cookies", "`unset req.http.cookie;` in `vcl_recv`"),
    ("authorization", "`unset req.http.authorization;` in `vcl_recv`"),
    (
        "outside-purge",
        "`if (req.method == \"PURGE\") { return (synth(405)); }` for whoever has no token, in `vcl_recv`",
    ),
    ("other-methods", "`return (synth(405));` for all but `GET` and `HEAD`, in `vcl_recv`"),
    ("collapsing", "no `req.hash_ignore_busy`"),
    ("stale-while-revalidate", "`set beresp.grace = 7d;` in `vcl_backend_response`"),
    (
        "stale-if-error",
        "`set beresp.grace = 7d;` and `if (bereq.is_bgfetch && beresp.status >= 500) { return (abandon); }` in `vcl_backend_response`",
    ),
];

/// What to do at a provider, by check.
pub fn switches(provider: &str, environment: &str) -> Vec<(&'static str, String)> {
    let at = |name: &'static str, known: &'static [(&'static str, &'static str)]| {
        known.iter().map(move |(check, switch)| (*check, format!("{name}: {switch}"))).collect()
    };
    match provider {
        "nginx" => at("nginx", NGINX),
        "varnish" => at("Varnish", VARNISH),
        managed if MANAGED.contains(&managed) => {
            let switch = format!(
                "`landing cdn plan {environment}` says which setting differs, `landing cdn apply {environment}` sets it"
            );
            ABOUT.iter().map(|check| (*check, switch.clone())).collect()
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_switch_is_named_where_it_is_known_and_none_is_made_up() {
        let of = |provider: &str| switches(provider, "production");
        assert!(of("nginx").iter().any(|(check, it)| *check == "collapsing" && it == "nginx: `proxy_cache_lock on;`"));
        assert!(of("fastly").iter().all(|(_, it)| it.contains("landing cdn apply production")));
        assert!(of("akamai").is_empty() && of("edge").is_empty());
        for managed in MANAGED {
            assert!(crate::cdn::find(managed).is_some(), "{managed} is a provider");
        }
    }
}
