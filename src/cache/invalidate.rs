//! What a success of an unsafe method makes stale (RFC 9111, section 4.4).

use super::CacheKey;
use http::header::{CONTENT_LOCATION, LOCATION};
use http::{HeaderMap, Method, StatusCode};
use url::Url;

/// The keys to drop: the request's own, and those of the same site that `Location` and `Content-Location` name.
pub fn invalidated(method: &Method, key: &CacheKey, status: StatusCode, response: &HeaderMap) -> Vec<CacheKey> {
    let success = status.is_success() || status.is_redirection();
    if method.is_safe() || !success {
        return Vec::new();
    }
    let mut keys = vec![key.clone()];
    for name in [LOCATION, CONTENT_LOCATION] {
        let named = response.get(name).and_then(|it| it.to_str().ok()).and_then(|raw| same_site(key, raw));
        keys.extend(named);
    }
    keys
}

/// An origin must not be able to drop what another one published.
fn same_site(key: &CacheKey, reference: &str) -> Option<CacheKey> {
    let base = Url::parse(&format!("http://{}{}", key.site(), key.target())).ok()?;
    let url = base.join(reference).ok()?;
    if url.host_str() != base.host_str() || url.port() != base.port() {
        return None;
    }
    let query = url.query().map(|it| format!("?{it}")).unwrap_or_default();
    Some(CacheKey::exact(key.site(), &format!("{}{query}", url.path())))
}

#[cfg(test)]
mod tests {
    use super::super::fields::headers;
    use super::*;

    fn targets(method: &str, status: u16, text: &str) -> Vec<String> {
        let key = CacheKey::exact("h:1", "/a/b?c");
        let status = StatusCode::from_u16(status).unwrap();
        let keys = invalidated(&method.parse().unwrap(), &key, status, &headers(text));
        keys.iter().map(CacheKey::target).collect()
    }

    #[test]
    fn only_what_changed_is_dropped() {
        let named = "Location: d\nContent-Location: http://h:1/e?f";
        assert_eq!(targets("POST", 201, named), ["/a/b?c", "/a/d", "/e?f"]);
        assert_eq!(targets("M-SEARCH", 200, "Location: //other/x"), ["/a/b?c"]);
        assert!(targets("POST", 500, named).is_empty());
        assert!(targets("OPTIONS", 200, named).is_empty());
    }
}
