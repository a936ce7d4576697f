//! What a store's service says when it says no: its code and its sentence out of the XML or JSON, and the remedy.
//!
//! Nothing else of an answer is repeated: an answer to an expired session repeats the session token (S3, `ExpiredToken`),
//! one to a wrong signature the whole request.

/// A code of some vendor, and what to do about it. The first that stands in the text counts.
const REMEDIES: &[(&[&str], &str)] = &[
    (
        &[
            "ExpiredToken",
            "TokenRefreshRequired",
            "token has expired",
            "Signature not valid in the specified time frame",
        ],
        "the credentials have expired: fetch new ones and run the command again",
    ),
    (
        &["RequestTimeTooSkewed", "RequestExpired", "Request has expired"],
        "the clock of this machine is wrong: set it (`timedatectl set-ntp true`) and run the command again",
    ),
    (
        &[
            "PermanentRedirect",
            "AuthorizationHeaderMalformed",
            "IllegalLocationConstraint",
            "without LOCATION",
            "301 Moved",
            "307 Temporary",
            "InvalidRegion",
        ],
        "the bucket is in another region: set `region` (and `endpoint`) of the environment; `landing doctor ENV` says which",
    ),
    (
        &["NoSuchBucket", "specified bucket does not exist", "ContainerNotFound", "container does not exist"],
        "the bucket does not exist: create it, or correct its name in `store`",
    ),
    (
        &[
            "InvalidAccessKeyId",
            "SignatureDoesNotMatch",
            "InvalidSecurity",
            "AuthenticationFailed",
            "InvalidToken",
            "401 Unauthorized",
        ],
        "the credentials are wrong: see `credentials` of the environment",
    ),
    // Before the next: some say it with status 403.
    (
        &["InsufficientStorage", "QuotaExceeded", "507 ", "EntityTooLarge", "File too large", "No space left"],
        "the store is full, or has a quota: make room and run the command again",
    ),
    (
        &["AccessDenied", "AuthorizationPermissionMismatch", "403 Forbidden", "Forbidden"],
        "the credentials may not do this: `landing doctor ENV` prints the policy that they need",
    ),
];

/// The remedy for a refusal in the words of [`sentence`] or of the system.
pub(super) fn remedy(why: &str) -> &'static str {
    let known = REMEDIES.iter().find(|(codes, _)| codes.iter().any(|code| why.contains(code)));
    known.map_or("see that it is not full, and that this user may write to it", |(_, remedy)| remedy)
}

/// Whether nothing was written: a clear no (RFC 9110, section 15.5), not a "later".
pub(super) fn is_clear(text: &str) -> bool {
    let status = status(text);
    let later = matches!(status, Some(408 | 409 | 425 | 429));
    (status.is_some_and(|status| (300..500).contains(&status)) && !later) || text.contains("without LOCATION")
}

/// Whether a "not found" is about the bucket and not about the object.
pub(super) fn is_bucket(text: &str) -> bool {
    ["NoSuchBucket", "specified bucket does not exist", "ContainerNotFound", "container does not exist"]
        .iter()
        .any(|code| text.contains(code))
}

const STATUS: &str = "non-2xx status code: ";

fn status(text: &str) -> Option<u16> {
    text.split_once(STATUS)?.1.get(..3)?.parse().ok()
}

/// One line of what `object_store` says: status, code, message.
pub(super) fn sentence(text: &str) -> String {
    if text.contains("without LOCATION") {
        return "it redirects elsewhere without saying where (PermanentRedirect)".to_owned();
    }
    let Some((_, answer)) = text.split_once(STATUS) else { return plain(text) };
    let (status, body) = answer.split_once(": ").unwrap_or((answer, ""));
    let field = |name: &str| {
        let xml = body.split_once(&format!("<{name}>")).and_then(|(_, rest)| rest.split_once("</"));
        xml.map(|(value, _)| value.split('\n').next().unwrap_or_default().trim().to_owned())
    };
    let message = field("Message").or_else(|| {
        let json: serde_json::Value = serde_json::from_str(body).ok()?;
        Some(json.get("error")?.get("message")?.as_str()?.to_owned())
    });
    let said = [field("Code"), message].into_iter().flatten().collect::<Vec<_>>().join(": ");
    if said.is_empty() { status.to_owned() } else { format!("{status}, {said}") }
}

/// Without the address: it may be signed, and the store is named anyway.
fn plain(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    match line.split_once("Error performing ") {
        Some((_, rest)) => rest.rsplit_once(" - ").map_or(line, |(_, cause)| cause).to_owned(),
        None => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXPIRED: &str = "Error performing PUT http://127.0.0.1/b/k?X-Amz-Signature=s3cr3t in 2ms - Server returned non-2xx status code: \
        400 Bad Request: <Error><Code>ExpiredToken</Code><Message>The provided token has expired.</Message><Token-0>s3cr3t</Token-0></Error>";

    #[test]
    fn code_and_message_are_said_and_nothing_else() {
        assert_eq!(sentence(EXPIRED), "400 Bad Request, ExpiredToken: The provided token has expired.");
        assert!(remedy(&sentence(EXPIRED)).contains("have expired") && is_clear(EXPIRED));
        let json =
            "Server returned non-2xx status code: 401 Unauthorized: {\"error\":{\"message\":\"Invalid Credentials\"}}";
        assert_eq!(sentence(json), "401 Unauthorized, Invalid Credentials");
        let lost = "Error performing GET http://h/k?sig=s3cr3t in 2s - HTTP error: connection refused";
        assert_eq!(sentence(lost), "HTTP error: connection refused");
        assert!(!is_clear(lost));
    }

    #[test]
    fn a_busy_store_is_no_refusal() {
        assert!(!is_clear("Server returned non-2xx status code: 429 Too Many Requests: "));
        assert!(!is_clear("Server returned non-2xx status code: 503 Service Unavailable: "));
    }
}
