//! EdgeGrid, version 1 (techdocs.akamai.com, "Authenticate with EdgeGrid", and the published test data of its client libraries).

use super::{Keys, STANDARD, Unsigned, hmac, sha256, target};
use crate::cdn::message::Request;
use base64::Engine as _;

/// No more of the body than this is signed.
const SIGNED_BODY: usize = 131_072;

/// `authorization`
pub(super) fn field(request: &Request, keys: Keys<'_>, now: jiff::Timestamp, nonce: &str) -> Result<String, Unsigned> {
    let stamp = now.strftime("%Y%m%dT%H:%M:%S+0000").to_string();
    let (client, access) = (keys.get("client_token")?, keys.get("access_token")?);
    let start = format!("EG1-HMAC-SHA256 client_token={client};access_token={access};timestamp={stamp};nonce={nonce};");
    let (host, path, query) = target(&request.url);
    let scheme = request.url.split_once("://").map_or("https", |(scheme, _)| scheme);
    let target = if query.is_empty() { path } else { format!("{path}?{query}") };
    let body = request.body.as_bytes();
    let hash = if request.method == "POST" && !body.is_empty() {
        STANDARD.encode(sha256(&body[..body.len().min(SIGNED_BODY)]))
    } else {
        String::new()
    };
    // Between the target and the hash stand signed header fields, of which there are none.
    let text = format!("{}\t{scheme}\t{host}\t{target}\t\t{hash}\t{start}", request.method);
    let key = STANDARD.encode(hmac(keys.get("client_secret")?.as_bytes(), stamp.as_bytes()));
    Ok(format!("{start}signature={}", STANDARD.encode(hmac(key.as_bytes(), text.as_bytes()))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cdn::Auth;
    use std::collections::BTreeMap;

    fn signature(method: &'static str, path: &str, body: &str) -> String {
        let keys = BTreeMap::from([
            ("client_token".to_owned(), "akab-client-token-xxx-xxxxxxxxxxxxxxxx"),
            ("access_token".to_owned(), "akab-access-token-xxx-xxxxxxxxxxxxxxxx"),
            ("client_secret".to_owned(), "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx="),
        ]);
        let url = format!("https://akaa-baseurl-xxxxxxxxxxx-xxxxxxxxxxxxx.luna.akamaiapis.net{path}");
        let request = Request { body: body.to_owned(), ..Request::new(method, url, Auth::None) };
        let now = "2014-03-21T19:34:21Z".parse().unwrap();
        let field = field(&request, Keys(&keys), now, "nonce-xx-xxxx-xxxx-xxxx-xxxxxxxxxxxx").unwrap();
        field.split_once("signature=").unwrap().1.to_owned()
    }

    #[test]
    fn the_published_vectors_come_out() {
        // testcases.json of the vendor's client libraries: "simple GET", "POST inside limit".
        assert_eq!(signature("GET", "/", ""), "tL+y4hxyHxgWVD30X3pWnGKHcPzmrIF+LThiAOhMxYU=");
        let body = "datadatadatadatadatadatadatadata";
        assert_eq!(signature("POST", "/testapi/v1/t3", body), "hXm4iCxtpN22m4cbZb4lVLW5rhX8Ca82vCFqXzSTPe4=");
    }
}
