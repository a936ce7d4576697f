//! Header fields as lists, and the fields that belong to one connection only.

use http::header::{CONNECTION, HeaderMap, HeaderName};

/// All lines of a field joined by commas (RFC 9110, section 5.3); `None` when it is absent. Bytes outside ASCII become
/// U+FFFD: no list member that is compared here may hold them.
pub fn joined(headers: &HeaderMap, name: impl AsRef<str>) -> Option<String> {
    let lines: Vec<_> =
        headers.get_all(name.as_ref()).iter().map(|it| String::from_utf8_lossy(it.as_bytes())).collect();
    (!lines.is_empty()).then(|| lines.join(", "))
}

/// The members of a comma-separated list, trimmed, the empty ones left out. A comma inside a quoted string separates nothing.
pub fn members(value: &str) -> Vec<&str> {
    let (mut out, mut start, mut quoted, mut escaped) = (Vec::new(), 0, false, false);
    for (at, byte) in value.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b',' if !quoted => {
                out.push(&value[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    out.push(&value[start..]);
    out.into_iter().map(str::trim).filter(|it| !it.is_empty()).collect()
}

/// Fields that no proxy passes on (RFC 9110, section 7.6.1; the authentication fields by RFC 9111, section 3.1).
const HOP_BY_HOP: &[&str] = &[
    "connection",
    "keep-alive",
    "proxy-connection",
    "proxy-authenticate",
    "proxy-authentication-info",
    "proxy-authorization",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// Takes out what belongs to one connection: the fields known for it and those that `Connection` names.
pub fn drop_hop_by_hop(headers: &mut HeaderMap) {
    let named: Vec<HeaderName> = joined(headers, CONNECTION)
        .map(|value| members(&value).into_iter().filter_map(|it| it.parse().ok()).collect())
        .unwrap_or_default();
    for name in named {
        headers.remove(name);
    }
    for name in HOP_BY_HOP {
        headers.remove(*name);
    }
}

#[cfg(test)]
pub(super) fn headers(text: &str) -> HeaderMap {
    text.lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .map(|line| {
            let (name, value) = line.split_once(':').expect("`name: value`");
            let value = http::HeaderValue::from_bytes(value.trim().as_bytes()).expect("a value");
            (name.trim().to_lowercase().parse::<HeaderName>().expect("a name"), value)
        })
        .collect::<Vec<_>>()
        .into_iter()
        .fold(HeaderMap::new(), |mut map, (name, value)| {
            map.append(name, value);
            map
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comma_inside_quotes_separates_nothing() {
        assert_eq!(members(r#"a, b="c, \" d", , e"#), ["a", r#"b="c, \" d""#, "e"]);
        assert_eq!(members(r#"a="unfinished, b"#), [r#"a="unfinished, b"#]);
    }

    #[test]
    fn what_connection_names_does_not_pass() {
        let mut map = headers("Connection: a, close\nA: 1\nB: 2\nKeep-Alive: 3\nTE: x");
        drop_hop_by_hop(&mut map);
        assert_eq!(map.keys().map(HeaderName::as_str).collect::<Vec<_>>(), ["b"]);
    }
}
