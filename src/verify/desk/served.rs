//! Who answered: the cache or the origin. Decided from what the caches in between say, best signal first; never guessed.

use super::canary::is_drill;
use super::evidence::shown;
use super::observations::Observations;
use crate::model::{Answer, Ask, Observation};

/// Who answered a request, with the signal that says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Served {
    /// A cache, without asking the origin (in the background at most).
    Cache(String),
    /// The origin was asked, if only whether the stored answer still holds.
    Origin(String),
    /// No signal tells.
    Unknown(String),
}

/// A field and what its value means; `None` when it does not tell.
type Signal = (&'static str, fn(&str) -> Option<bool>);

/// Best first. `true`: answered by a cache.
const SIGNALS: &[Signal] = &[
    // RFC 9211.
    ("cache-status", cache_status),
    // developers.cloudflare.com/cache/concepts/cache-responses
    ("cf-cache-status", cloudflare),
    // vercel.com/docs/caching/cache-status
    ("x-vercel-cache", vercel),
    // support.bunny.net, "Understanding response headers": HIT, MISS, EXPIRED, STALE, UPDATING, BYPASS
    ("cdn-cache", word),
    // techdocs.akamai.com, behavior `returnCacheStatus`: "Hit from child, Miss from parent"
    ("akamai-cache-status", x_cache),
    // Fastly, CloudFront, Akamai, Azure, Squid, KeyCDN; see `x_cache`
    ("x-cache", x_cache),
    // The names usually given to nginx's `$upstream_cache_status` (ngx_http_upstream_module)
    ("x-cache-status", word),
    ("x-proxy-cache", word),
    // varnish-cache.org, "Transaction IDs": two of them on a hit, the second being the request that stored the answer
    ("x-varnish", varnish),
    // RFC 9111, section 5.1: an Age above 0 was generated neither by nor for this request. 0 tells nothing: Varnish and
    // Fastly send it on a miss as well.
    ("age", aged),
];

/// Who answered.
pub fn served(answer: &Answer) -> Served {
    for (name, read) in SIGNALS {
        let Some(value) = answer.header(name) else { continue };
        match read(&value) {
            Some(true) => return Served::Cache(format!("{name}: {}", shown(&value))),
            Some(false) => return Served::Origin(format!("{name}: {}", shown(&value))),
            None => {}
        }
    }
    Served::Unknown("no Cache-Status, no header of a known CDN and no Age above 0 says who answered".to_owned())
}

/// RFC 9211: one member per cache, the last nearest to the client. A `hit` anywhere means that the request went no
/// further; without one, `fwd` in every member that speaks means that it went all the way.
fn cache_status(value: &str) -> Option<bool> {
    let list: sfv::List = sfv::Parser::new(value).parse().ok()?;
    let parameters = list.iter().map(|member| match member {
        sfv::ListEntry::Item(item) => &item.params,
        sfv::ListEntry::InnerList(inner) => &inner.params,
    });
    let mut told = None;
    for parameters in parameters {
        let hit = parameters.get("hit").is_some_and(|it| *it == sfv::BareItem::Boolean(true));
        if hit {
            return Some(true);
        }
        if parameters.get("fwd").is_some() {
            told = Some(false);
        }
    }
    told
}

/// `REVALIDATED` and `EXPIRED` asked the origin; `NONE/UNKNOWN` was made at the edge, for reasons that do not tell whether
/// the next request would be.
fn cloudflare(value: &str) -> Option<bool> {
    match value.trim().to_ascii_uppercase().as_str() {
        "HIT" | "STALE" | "UPDATING" => Some(true),
        "MISS" | "EXPIRED" | "REVALIDATED" | "BYPASS" | "DYNAMIC" => Some(false),
        _ => None,
    }
}

fn vercel(value: &str) -> Option<bool> {
    match value.trim().to_ascii_uppercase().as_str() {
        "HIT" | "STALE" | "PRERENDER" => Some(true),
        "MISS" | "BYPASS" | "REVALIDATED" => Some(false),
        _ => None,
    }
}

fn word(value: &str) -> Option<bool> {
    match value.trim().to_ascii_uppercase().as_str() {
        "HIT" | "STALE" | "UPDATING" => Some(true),
        "MISS" | "EXPIRED" | "REVALIDATED" | "BYPASS" => Some(false),
        _ => None,
    }
}

/// One word per server. Fastly: any entry but `MISS` means that the origin was not asked (docs.fastly.com, "X-Cache").
/// CloudFront: `Hit from cloudfront`, `RefreshHit` asked the origin. Akamai, Azure and Squid: `TCP_HIT`, `TCP_MEM_HIT`,
/// `TCP_REFRESH_HIT` asked the origin (learn.microsoft.com, "Azure CDN Cache Status Codes"). Traffic Server (docs.trafficserver.apache.org,
/// "XDebug", X-Cache): `hit-stale` asked whether it still holds, `skipped` did not look into the cache; `none` is also its own answer.
fn x_cache(value: &str) -> Option<bool> {
    let words = value.split(',').map(|part| part.split_whitespace().next().unwrap_or_default().to_ascii_uppercase());
    let mut told = None;
    for word in words {
        let renewed = ["REFRESH", "EXPIRED", "IMS", "HIT-STALE"].into_iter().any(|it| word.contains(it));
        match word {
            word if word.contains("HIT") && !renewed => return Some(true),
            word if ["MISS", "HIT", "NOCACHE", "SKIPPED"].into_iter().any(|it| word.contains(it)) => told = Some(false),
            _ => {}
        }
    }
    told
}

fn varnish(value: &str) -> Option<bool> {
    let ids: Vec<&str> = value.split_whitespace().collect();
    let numbers = ids.iter().all(|id| !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit()));
    match ids.len() {
        1 if numbers => Some(false),
        2 if numbers => Some(true),
        _ => None,
    }
}

fn aged(value: &str) -> Option<bool> {
    let seconds = value.split(',').next().unwrap_or_default().trim();
    let digits = !seconds.is_empty() && seconds.bytes().all(|byte| byte.is_ascii_digit());
    (digits && seconds.bytes().any(|byte| byte != b'0')).then_some(true)
}

/// The share of the warm requests that no origin saw, 0 to 1; `None` when there were none, or when one of them does not
/// tell who answered it.
///
/// Warm are the `GET` and `HEAD` requests to this host that repeat an earlier one (a round above 0).
pub fn offload(seen: &Observations) -> Option<f64> {
    let (mut by_cache, mut all) = (0_u32, 0_u32);
    for (_, observation) in seen.iter().filter(|(ask, _)| is_warm(ask)) {
        let Observation::Answered(answer) = observation else { return None };
        match served(answer) {
            Served::Cache(_) => by_cache += 1,
            Served::Origin(_) => {}
            Served::Unknown(_) => return None,
        }
        all += 1;
    }
    (all > 0).then(|| f64::from(by_cache) / f64::from(all))
}

/// Whether it repeats an earlier request of this host, as a visitor would.
pub(in crate::verify) fn is_warm(ask: &Ask) -> bool {
    ask.round > 0 && ask.is_here() && !is_drill(ask) && matches!(ask.method, "GET" | "HEAD")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(name: &str, value: &str) -> Option<bool> {
        let headers = vec![(name.to_owned(), value.to_owned())];
        let answer = Answer { status: 200, headers, body: bytes::Bytes::new(), cut: false, at_ms: 0, took_ms: 0 };
        match served(&answer) {
            Served::Cache(_) => Some(true),
            Served::Origin(_) => Some(false),
            Served::Unknown(_) => None,
        }
    }

    #[test]
    fn every_signal_tells_a_hit_from_a_miss_and_silence_from_both() {
        for (name, hit, miss, silent) in [
            ("cache-status", "Origin; fwd=miss, \"Edge\"; hit; ttl=5", "edge; fwd=uri-miss; stored", "edge; ttl=5"),
            ("cache-status", "edge; hit; ttl=-5; detail=stale", "edge; fwd=stale; fwd-status=304", "edge; hit=?0"),
            ("cf-cache-status", "HIT", "DYNAMIC", "NONE/UNKNOWN"),
            ("cf-cache-status", "UPDATING", "REVALIDATED", ""),
            ("x-vercel-cache", "PRERENDER", "MISS", "?"),
            ("cdn-cache", "HIT", "BYPASS", "?"),
            ("akamai-cache-status", "Miss from child, Hit from parent", "RefreshHit from child", "Error from child"),
            ("x-cache", "Hit from cloudfront", "RefreshHit from cloudfront", "Error from cloudfront"),
            ("x-cache", "MISS, HIT", "MISS, MISS", "custom"),
            ("x-cache", "TCP_MEM_HIT from a23 (AkamaiGHost)", "TCP_REFRESH_HIT from a23", "TCP_DENIED"),
            ("x-cache", "hit-fresh", "hit-stale", "none"),
            ("x-cache", "hit-fresh", "skipped", "none"),
            ("x-cache-status", "STALE", "EXPIRED", "-"),
            ("x-varnish", "32770 3", "32770", "32770 3 4"),
            ("age", "12", "", "0"),
        ] {
            assert_eq!(told(name, hit), Some(true), "{name}: {hit}");
            assert_eq!(told(name, silent), None, "{name}: {silent}");
            if !miss.is_empty() {
                assert_eq!(told(name, miss), Some(false), "{name}: {miss}");
            }
        }
    }

    #[test]
    fn a_cache_status_that_is_no_structured_field_tells_nothing() {
        for broken in ["hit,", "edge; hit; ;", "\u{e9}", "edge hit", ";;;;", "\"unclosed"] {
            assert_eq!(told("cache-status", broken), None, "{broken}");
        }
    }
}
