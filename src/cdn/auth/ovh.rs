//! The signature of OVHcloud's API (help.ovhcloud.com, "First steps with the OVHcloud API": `$1$` and a SHA-1 over
//! application secret, consumer key, method, address, body and time).

use super::{Keys, Unsigned};
use crate::cdn::message::Request;

/// The four fields.
pub(super) fn fields(
    request: &Request,
    keys: Keys<'_>,
    now: jiff::Timestamp,
) -> Result<Vec<(&'static str, String)>, Unsigned> {
    let (key, secret) = (keys.get("application_key")?, keys.get("application_secret")?);
    let consumer = keys.get("consumer_key")?;
    let stamp = now.as_second().to_string();
    let text = [secret, consumer, request.method, &request.url, &request.body, &stamp].join("+");
    // SHA-1 is what this API asks for; nothing here relies on its resistance to collisions.
    let digest = ring::digest::digest(&ring::digest::SHA1_FOR_LEGACY_USE_ONLY, text.as_bytes());
    Ok(vec![
        ("x-ovh-application", key.to_owned()),
        ("x-ovh-consumer", consumer.to_owned()),
        ("x-ovh-timestamp", stamp),
        ("x-ovh-signature", format!("$1${}", crate::text::hex(digest.as_ref()))),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cdn::Auth;
    use std::collections::BTreeMap;

    #[test]
    fn the_signature_is_that_of_the_six_parts() {
        let keys = BTreeMap::from([
            ("application_key".to_owned(), "AK"),
            ("application_secret".to_owned(), "AS"),
            ("consumer_key".to_owned(), "CK"),
        ]);
        let request = Request::new("GET", "https://eu.api.ovh.com/1.0/me", Auth::None);
        let now = "2020-01-01T00:00:00Z".parse().unwrap();
        let fields = fields(&request, Keys(&keys), now).unwrap();
        // printf 'AS+CK+GET+https://eu.api.ovh.com/1.0/me++1577836800' | sha1sum
        assert_eq!(fields[3], ("x-ovh-signature", "$1$5cf40eddfb67b36e21e9d54591bdd860bacc1197".to_owned()));
    }
}
