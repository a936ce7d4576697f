//! AWS Signature Version 4 (IAM User Guide, "Create a signed AWS API request").
//!
//! Signs host, date, content type and session token. For services other than S3, whose bodies need no header of their own.

use super::{Keys, Unsigned, hmac, sha256, target};
use crate::cdn::message::Request;
use std::collections::BTreeMap;

/// `x-amz-date`, `x-amz-security-token` where there is one, and `authorization`.
pub(super) fn fields(
    request: &Request,
    keys: Keys<'_>,
    service: &str,
    region: &str,
    now: jiff::Timestamp,
) -> Result<Vec<(&'static str, String)>, Unsigned> {
    let (id, secret) = (keys.get("access_key")?, keys.get("secret_key")?);
    let stamp = now.strftime("%Y%m%dT%H%M%SZ").to_string();
    let (host, path, query) = target(&request.url);
    let mut signed = BTreeMap::from([("host", host), ("x-amz-date", stamp.clone())]);
    if let Some(media) = request.headers.get("content-type") {
        signed.insert("content-type", media.clone());
    }
    let session = keys.has("session_token").then(|| keys.get("session_token")).transpose()?;
    if let Some(session) = session {
        signed.insert("x-amz-security-token", session.to_owned());
    }
    let names = signed.keys().copied().collect::<Vec<_>>().join(";");
    let lines = signed.iter().fold(String::new(), |lines, (name, value)| lines + name + ":" + value.trim() + "\n");
    let body = crate::text::hex(&sha256(request.body.as_bytes()));
    let canonical = format!("{}\n{path}\n{}\n{lines}\n{names}\n{body}", request.method, sorted(&query));
    let scope = format!("{}/{region}/{service}/aws4_request", &stamp[..8]);
    let text = format!("AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{}", crate::text::hex(&sha256(canonical.as_bytes())));
    let start = hmac(format!("AWS4{secret}").as_bytes(), &stamp.as_bytes()[..8]);
    let key = [region, service, "aws4_request"].iter().fold(start, |key, part| hmac(&key, part.as_bytes()));
    let signature = crate::text::hex(&hmac(&key, text.as_bytes()));
    let authorization =
        format!("AWS4-HMAC-SHA256 Credential={id}/{scope}, SignedHeaders={names}, Signature={signature}");
    let mut fields = vec![("x-amz-date", stamp), ("authorization", authorization)];
    fields.extend(session.map(|session| ("x-amz-security-token", session.to_owned())));
    Ok(fields)
}

/// The parameters in the order of their names.
fn sorted(query: &str) -> String {
    let mut parameters: Vec<String> = query
        .split('&')
        .filter(|it| !it.is_empty())
        .map(|it| if it.contains('=') { it.to_owned() } else { format!("{it}=") })
        .collect();
    parameters.sort();
    parameters.join("&")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cdn::Auth;

    /// The suite that AWS publishes: user, time, scope.
    fn signature(method: &'static str, url: &str) -> String {
        let keys = BTreeMap::from([
            ("access_key".to_owned(), "AKIDEXAMPLE"),
            ("secret_key".to_owned(), "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"),
        ]);
        let request = Request::new(method, url, Auth::None);
        let now = "2015-08-30T12:36:00Z".parse().unwrap();
        let fields = fields(&request, Keys(&keys), "service", "us-east-1", now).unwrap();
        let (_, authorization) = fields.iter().find(|(name, _)| *name == "authorization").unwrap();
        authorization.split_once("Signature=").unwrap().1.to_owned()
    }

    #[test]
    fn the_published_vectors_come_out() {
        // aws4_testsuite: get-vanilla, post-vanilla, get-vanilla-query-order-key-case.
        let url = "https://example.amazonaws.com/";
        assert_eq!(signature("GET", url), "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31");
        assert_eq!(signature("POST", url), "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b");
        let query = "https://example.amazonaws.com/?Param2=value2&Param1=value1";
        assert_eq!(signature("GET", query), "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500");
    }

    #[test]
    fn a_missing_key_is_named_and_not_guessed() {
        let request = Request::new("GET", "https://example.amazonaws.com/", Auth::None);
        let keys = BTreeMap::new();
        let wrong = fields(&request, Keys(&keys), "s", "r", jiff::Timestamp::UNIX_EPOCH).unwrap_err();
        assert_eq!(wrong, Unsigned::Missing("access_key"));
    }
}
