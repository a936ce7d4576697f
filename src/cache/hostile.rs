//! Both sides of a cache are hostile: whatever they send, the policy answers, and never with more than it was given.

use super::*;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use proptest::prelude::*;

const FIELDS: &[&str] = &[
    "accept-encoding",
    "age",
    "cache-control",
    "cache-tag",
    "cdn-cache-control",
    "connection",
    "content-encoding",
    "content-location",
    "date",
    "etag",
    "expires",
    "if-modified-since",
    "if-none-match",
    "if-range",
    "last-modified",
    "location",
    "pragma",
    "range",
    "set-cookie",
    "vary",
    "via",
];

/// Pieces of real values, so that chance gets past the first comparison.
const PIECES: &[&str] = &[
    "max-age",
    "s-maxage",
    "no-cache",
    "private",
    "stale-while-revalidate",
    "=",
    "\"",
    ",",
    ";",
    "-",
    "*",
    "W/",
    "bytes",
    "0",
    "1",
    "9",
    "18446744073709551616",
    "gzip",
    "br",
    "q=0",
    " ",
    "\\",
    "Sun, 06 Nov 1994 08:49:37 GMT",
    "é",
    "a",
    "/",
    "?",
    "..",
    "//x",
    "?1",
    ":",
];

fn value() -> impl Strategy<Value = HeaderValue> {
    let piece = prop_oneof![4 => prop::sample::select(PIECES).prop_map(str::to_owned), 1 => "[ -~]{0,6}"];
    prop::collection::vec(piece, 0..8)
        .prop_map(|pieces| HeaderValue::from_bytes(pieces.concat().as_bytes()).expect("no control characters"))
}

fn fields() -> impl Strategy<Value = HeaderMap> {
    let field =
        (prop::sample::select(FIELDS), value()).prop_map(|(name, value)| (HeaderName::from_static(name), value));
    prop::collection::vec(field, 0..8).prop_map(|fields| {
        let mut map = HeaderMap::new();
        for (name, value) in fields {
            map.append(name, value);
        }
        map
    })
}

proptest! {
    #[test]
    fn every_exchange_has_an_answer(
        asked in fields(),
        answered in fields(),
        renewed in fields(),
        status in 200_u16..600,
        length in 0_usize..20,
        times in prop::array::uniform3(any::<u32>()),
    ) {
        let times = times.map(|it| u64::from(it) * 1_000);
        let (status, body) = (StatusCode::from_u16(status).expect("in range"), Bytes::from(vec![b'x'; length]));
        let timing = Timing { asked_ms: times[0], answered_ms: times[1] };
        for profile in Profile::ALL.iter().copied() {
            let control = RequestControl::of_request(&asked);
            _ = may_store(profile, &control, &asked, status, &answered);
            let Some(kept) = Kept::new(profile, &asked, status, &answered, body.clone(), timing) else { continue };
            prop_assert!(kept.variant.fits(&asked), "an answer fits the request that got it");
            prop_assert!(!kept.headers.contains_key("set-cookie") && !kept.headers.contains_key("connection"));
            _ = kept.life.freshness_for(times[2], Some(times[0]), &control);
            _ = kept.renew(profile, &asked, &renewed, timing);
            let shape = shape(status, &kept.headers, body.len(), false, &asked);
            let (_, _, sent) = assemble(shape, status, &kept.headers, &kept.body, false);
            prop_assert!(sent.len() <= body.len());
            let key = CacheKey::exact("h", "/a?b");
            prop_assert!(invalidated(&Method::POST, &key, status, &answered).iter().all(|it| it.site() == "h"));
        }
    }

    #[test]
    fn a_canonical_key_is_its_own_key(path in "/[ -~é]{0,30}") {
        if let Ok(key) = CacheKey::canonical("", &path) {
            prop_assert_eq!(&CacheKey::canonical("", &key.target()), &Ok(key.clone()), "the origin sees what the key says");
        }
    }

    #[test]
    fn every_status_is_a_structured_field(key in "[ -~é]{0,30}", detail in "\\PC{0,30}", ttl in any::<i64>()) {
        let status = CacheStatus { ttl: Some(ttl), key: Some(key), detail: Some(detail), ..CacheStatus::default() };
        prop_assert!(sfv::Parser::new(&status.member("edge")).parse::<sfv::List>().is_ok(), "{status:?}");
    }
}
