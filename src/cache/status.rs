//! `Cache-Status` (RFC 9211): what the cache did, in the answer itself.

use std::fmt;

/// Why a request went to the origin (RFC 9211, section 2.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Forward {
    /// Its method is never answered from the cache.
    Method,
    /// Nothing is stored for the URL.
    UriMiss,
    /// What is stored for the URL does not fit the request.
    VaryMiss,
    /// What is stored is stale.
    Stale,
    /// The request asked for it.
    Request,
    /// The answers for this URL are not stored.
    Bypass,
}

impl Forward {
    /// The token.
    pub fn name(self) -> &'static str {
        match self {
            Self::Method => "method",
            Self::UriMiss => "uri-miss",
            Self::VaryMiss => "vary-miss",
            Self::Stale => "stale",
            Self::Request => "request",
            Self::Bypass => "bypass",
        }
    }
}

/// What one member of the field says. A hit is one that did not go to the origin: `hit` and `fwd` exclude each other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CacheStatus {
    /// Why it went to the origin; `None`: it did not.
    pub forward: Option<Forward>,
    /// The origin's status.
    pub fwd_status: Option<u16>,
    /// Whether the answer came from the store without a question to the origin.
    pub hit: bool,
    /// Seconds of freshness left.
    pub ttl: Option<i64>,
    /// Whether the answer was stored.
    pub stored: bool,
    /// Whether it shared another request's question to the origin.
    pub collapsed: bool,
    /// The key.
    pub key: Option<String>,
    /// What else there is to know.
    pub detail: Option<String>,
}

impl CacheStatus {
    /// The member of the cache with this name, a token.
    pub fn member(&self, cache: &str) -> String {
        format!("{cache}{}", Parameters(self))
    }
}

/// Without the name of the cache they are no member of anything.
struct Parameters<'a>(&'a CacheStatus);

impl fmt::Display for Parameters<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let status = self.0;
        if status.hit {
            f.write_str("; hit")?;
        }
        if let Some(forward) = status.forward {
            write!(f, "; fwd={}", forward.name())?;
        }
        if let Some(code) = status.fwd_status {
            write!(f, "; fwd-status={code}")?;
        }
        if let Some(ttl) = status.ttl {
            write!(f, "; ttl={}", ttl.clamp(-999_999_999_999_999, 999_999_999_999_999))?;
        }
        if status.stored {
            f.write_str("; stored")?;
        }
        if status.collapsed {
            f.write_str("; collapsed")?;
        }
        for (name, value) in [("key", &status.key), ("detail", &status.detail)] {
            if let Some(value) = value {
                write!(f, "; {name}={}", quoted(value))?;
            }
        }
        Ok(())
    }
}

/// An RFC 9651 string: printable ASCII, cut at 512 characters, which no header budget should see.
fn quoted(value: &str) -> String {
    let printable = value.chars().filter(|it| matches!(it, ' '..='~')).take(512);
    let escaped: String =
        printable.flat_map(|it| matches!(it, '"' | '\\').then_some('\\').into_iter().chain([it])).collect();
    format!("\"{escaped}\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_member_is_a_structured_field() {
        let status = CacheStatus {
            forward: Some(Forward::Stale),
            fwd_status: Some(304),
            ttl: Some(-5),
            stored: true,
            collapsed: true,
            key: Some("/a\"b\\é\n".to_owned()),
            detail: Some("set-cookie removed: sid".to_owned()),
            ..CacheStatus::default()
        };
        let text = status.member("landing-edge");
        assert_eq!(
            text,
            r#"landing-edge; fwd=stale; fwd-status=304; ttl=-5; stored; collapsed; key="/a\"b\\"; detail="set-cookie removed: sid""#
        );
        assert_eq!(sfv::Parser::new(&text).parse::<sfv::List>().unwrap().len(), 1);
    }
}
