//! HTTP dates (RFC 9110, section 5.6.7) as seconds since 1970. Slips that real servers make, wrong case and double spaces,
//! are read; what is no date at all is `None`, and the caller decides what that means.

use std::time::{Duration, UNIX_EPOCH};

/// Reads a date in any of the three formats.
pub fn parse_http_date(raw: &str) -> Option<u64> {
    let tidy: Vec<String> = raw.split_ascii_whitespace().take(8).map(word).collect();
    let at = httpdate::parse_http_date(raw).or_else(|_| httpdate::parse_http_date(&tidy.join(" "))).ok()?;
    at.duration_since(UNIX_EPOCH).ok().map(|it| it.as_secs())
}

/// Writes a date in the preferred format. Years after 9999 have no such form: they become the last second of 9999.
pub fn http_date(seconds: u64) -> String {
    const LAST: u64 = 253_402_300_799;
    httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_secs(seconds.min(LAST)))
}

/// `THU,` to `Thu,`, `gmt` to `GMT`.
fn word(raw: &str) -> String {
    if raw.eq_ignore_ascii_case("gmt") {
        return "GMT".to_owned();
    }
    let lower = raw.to_ascii_lowercase();
    let mut chars = lower.chars();
    chars.next().map_or(String::new(), |first| first.to_ascii_uppercase().to_string() + chars.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_three_formats_and_their_slips_are_read() {
        for good in [
            "Sun, 06 Nov 1994 08:49:37 GMT",
            "Sunday, 06-Nov-94 08:49:37 GMT",
            "Sun Nov  6 08:49:37 1994",
            "SUN, 06 NOV 1994 08:49:37 gMT",
            "Sun, 06  Nov  1994 08:49:37 GMT",
        ] {
            assert_eq!(parse_http_date(good), Some(784_111_777), "{good}");
        }
        for bad in ["", "0", "-1", "tomorrow", "Sun, 06 Nov 1994", "Sun, 06 Nov 1994 08:49:37 AEST"] {
            assert_eq!(parse_http_date(bad), None, "{bad}");
        }
        assert_eq!(http_date(784_111_777), "Sun, 06 Nov 1994 08:49:37 GMT");
        assert_eq!(http_date(u64::MAX), "Fri, 31 Dec 9999 23:59:59 GMT");
    }
}
