//! May an answer be stored? (RFC 9111, section 3)

use super::control::{Control, Flag};
use super::freshness::{Life, Timing};
use super::vary::Variant;
use super::{Profile, RequestControl};
use http::header::{AUTHORIZATION, ETAG, LAST_MODIFIED};
use http::{HeaderMap, StatusCode};

/// The decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Storing {
    /// It may.
    Store,
    /// It may not.
    Refuse(Why),
}

/// Why an answer is not stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// The request said `no-store`.
    RequestNoStore,
    /// The response says `no-store`.
    NoStore,
    /// The response says `private`.
    Private,
    /// The request was authorized and the response does not allow it for others.
    Authorization,
    /// `Vary: *`.
    VaryStar,
    /// A part, or a 304 that nobody asked for.
    Partial,
    /// `must-understand` with a status that is not understood.
    Unknown,
    /// A failure of the origin must not take the place of good content.
    ServerError,
    /// No lifetime was declared.
    Undeclared,
    /// Neither fresh, nor with a validator, nor with a stale window: it could never be used.
    Useless,
    /// Larger than the limit for one object.
    TooLarge,
}

impl Why {
    /// As it stands in `Cache-Status`.
    pub fn name(self) -> &'static str {
        match self {
            Self::RequestNoStore => "request-no-store",
            Self::NoStore => "no-store",
            Self::Private => "private",
            Self::Authorization => "authorization",
            Self::VaryStar => "vary-star",
            Self::Partial => "partial",
            Self::Unknown => "must-understand",
            Self::ServerError => "server-error",
            Self::Undeclared => "no-lifetime",
            Self::Useless => "no-freshness",
            Self::TooLarge => "too-large",
        }
    }
}

/// Whether the answer to a `GET` may be stored. `request` is the request as the origin saw it.
pub fn may_store(
    profile: Profile,
    asked: &RequestControl,
    request: &HeaderMap,
    status: StatusCode,
    response: &HeaderMap,
) -> Storing {
    match refusal(profile, asked, request, status, response) {
        Some(why) => Storing::Refuse(why),
        None => Storing::Store,
    }
}

fn refusal(
    profile: Profile,
    asked: &RequestControl,
    request: &HeaderMap,
    status: StatusCode,
    response: &HeaderMap,
) -> Option<Why> {
    let control = Control::of_response(response);
    let forbids = control.has(Flag::NoStore) && !(control.has(Flag::MustUnderstand) && understood(status));
    let shareable = control.has(Flag::Public) || control.has(Flag::MustRevalidate) || control.s_maxage.is_some();
    let rules = [
        (matches!(status.as_u16(), 206 | 304), Why::Partial),
        (profile == Profile::Landing && status.is_server_error(), Why::ServerError),
        (profile == Profile::Rfc && asked.no_store, Why::RequestNoStore),
        (control.has(Flag::MustUnderstand) && !understood(status), Why::Unknown),
        (forbids, Why::NoStore),
        (control.has(Flag::Private), Why::Private),
        (request.contains_key(AUTHORIZATION) && !shareable, Why::Authorization),
        (Variant::of(profile, request, response).is_none(), Why::VaryStar),
    ];
    rules.iter().find(|(holds, _)| *holds).map(|(_, why)| *why).or_else(|| unusable(profile, status, response))
}

fn unusable(profile: Profile, status: StatusCode, response: &HeaderMap) -> Option<Why> {
    // Only whether there is a lifetime matters here, not when it began.
    let life = Life::of(profile, status, response, Timing { asked_ms: 0, answered_ms: 0 });
    if profile == Profile::Landing && !life.declared {
        return Some(Why::Undeclared);
    }
    let validator = response.contains_key(ETAG) || response.contains_key(LAST_MODIFIED);
    let usable = validator || (life.lifetime > 0 && !life.always_validate) || life.while_revalidate + life.if_error > 0;
    (!usable).then_some(Why::Useless)
}

/// The statuses whose meaning for caching this cache knows.
fn understood(status: StatusCode) -> bool {
    const KNOWN: &[u16] = &[
        200, 203, 204, 300, 301, 302, 303, 307, 308, 400, 401, 403, 404, 405, 406, 410, 414, 421, 429, 451, 500, 501,
        502, 503, 504,
    ];
    KNOWN.contains(&status.as_u16())
}

#[cfg(test)]
mod tests {
    use super::super::fields::headers;
    use super::*;

    fn stored(profile: Profile, request: &str, status: u16, response: &str) -> Storing {
        let request = headers(request);
        let asked = RequestControl::of_request(&request);
        may_store(profile, &asked, &request, StatusCode::from_u16(status).unwrap(), &headers(response))
    }

    #[test]
    fn what_is_declared_for_everyone_is_stored() {
        for (profile, status, response) in [
            (Profile::Landing, 200, "Cache-Control: max-age=5"),
            (Profile::Landing, 404, "CDN-Cache-Control: max-age=5"),
            (Profile::Landing, 301, "Cache-Control: max-age=5\nSet-Cookie: a=b"),
            (Profile::Landing, 200, "Cache-Control: max-age=0\nETag: \"a\""),
            (Profile::Rfc, 599, "Cache-Control: max-age=5"),
            (Profile::Rfc, 503, "Cache-Control: max-age=5"),
            (Profile::Rfc, 200, "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT"),
            (Profile::Rfc, 200, "Cache-Control: no-store, must-understand, max-age=5"),
        ] {
            assert_eq!(stored(profile, "", status, response), Storing::Store, "{status} {response}");
        }
    }

    #[test]
    fn every_refusal_has_its_reason() {
        use Profile::{Landing, Rfc};
        for (profile, request, status, response, why) in [
            (Landing, "", 200, "Cache-Control: no-store, max-age=5", Why::NoStore),
            (Landing, "", 200, "Cache-Control: private, max-age=5", Why::Private),
            (Landing, "Authorization: x", 200, "Cache-Control: max-age=5", Why::Authorization),
            (Landing, "", 200, "Cache-Control: max-age=5\nVary: *", Why::VaryStar),
            (Landing, "", 200, "ETag: \"a\"", Why::Undeclared),
            (Landing, "", 200, "Cache-Control: max-age=0", Why::Useless),
            (Landing, "", 503, "Cache-Control: max-age=5", Why::ServerError),
            (Landing, "", 206, "Cache-Control: max-age=5", Why::Partial),
            (Rfc, "Cache-Control: no-store", 200, "Cache-Control: max-age=5", Why::RequestNoStore),
            (Rfc, "", 599, "Cache-Control: max-age=5, must-understand", Why::Unknown),
            (Rfc, "", 200, "", Why::Useless),
        ] {
            assert_eq!(stored(profile, request, status, response), Storing::Refuse(why), "{status} {response}");
        }
    }

    #[test]
    fn an_authorized_answer_is_stored_when_it_is_public() {
        for word in ["public", "must-revalidate", "s-maxage=5"] {
            let response = format!("Cache-Control: max-age=5, {word}");
            assert_eq!(stored(Profile::Rfc, "Authorization: x", 200, &response), Storing::Store, "{word}");
        }
    }
}
