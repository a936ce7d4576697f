//! OAuth 2.0 tokens: from a client's secret (RFC 6749, section 4.4) or from a service account's key (RFC 7523).
//!
//! In: what kind of grant, the secrets, the time; out: an [`Exchange`] to send, and from its answer the token.

use super::{Keys, STANDARD, Unsigned};
use crate::cdn::account::component;
use crate::cdn::message::{Refusal, Reply};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;

/// How a token is got.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Grant {
    /// With the secret `client_secret`.
    ClientSecret {
        /// Where.
        url: String,
        /// Who.
        client: String,
        /// For what.
        scope: &'static str,
    },
    /// With the secret `key`, the JSON file of a service account.
    ServiceAccount {
        /// For what.
        scope: &'static str,
    },
}

/// A form to send for a token. It holds the secret.
pub struct Exchange {
    /// Where.
    pub url: String,
    /// `application/x-www-form-urlencoded`
    pub form: String,
}

#[derive(Deserialize)]
struct ServiceAccount {
    client_email: String,
    private_key: String,
    token_uri: String,
}

#[derive(Deserialize)]
struct Granted {
    access_token: String,
    expires_in: Option<u64>,
}

impl Grant {
    /// What to send for a token.
    ///
    /// # Errors
    /// When the secret is missing or malformed.
    pub fn exchange(&self, keys: Keys<'_>, now: jiff::Timestamp) -> Result<Exchange, Unsigned> {
        match self {
            Self::ClientSecret { url, client, scope } => {
                let secret = keys.get("client_secret")?;
                let form = [("client_id", client.as_str()), ("client_secret", secret), ("scope", scope)];
                Ok(Exchange { url: url.clone(), form: encoded("client_credentials", &form) })
            }
            Self::ServiceAccount { scope } => {
                let account: ServiceAccount =
                    serde_json::from_str(keys.get("key")?).map_err(|_| Unsigned::Malformed("key"))?;
                let assertion = assertion(&account, scope, now).ok_or(Unsigned::Malformed("key"))?;
                let form = encoded("urn:ietf:params:oauth:grant-type:jwt-bearer", &[("assertion", &assertion)]);
                Ok(Exchange { url: account.token_uri, form })
            }
        }
    }

    /// The token in the answer, and for how many seconds it holds.
    ///
    /// # Errors
    /// When there is none.
    pub fn read(reply: &Reply) -> Result<(String, u64), Refusal> {
        if !(200..300).contains(&reply.status) {
            return Err(reply.refusal(&reply.body));
        }
        let granted: Granted = serde_json::from_str(&reply.body).map_err(|_| reply.refusal("no token in it"))?;
        Ok((granted.access_token, granted.expires_in.unwrap_or(300)))
    }
}

fn encoded(grant: &str, fields: &[(&str, &str)]) -> String {
    let fields = std::iter::once(("grant_type", grant)).chain(fields.iter().copied());
    fields.map(|(name, value)| format!("{name}={}", component(value))).collect::<Vec<_>>().join("&")
}

/// A signed statement that we are this account (RFC 7515, RS256).
fn assertion(account: &ServiceAccount, scope: &str, now: jiff::Timestamp) -> Option<String> {
    let (from, until) = (now.as_second(), now.as_second() + 3_600);
    let claims = serde_json::json!({
        "iss": account.client_email, "scope": scope, "aud": account.token_uri, "iat": from, "exp": until,
    });
    let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"RS256","typ":"JWT"}"#);
    let text = format!("{header}.{}", URL_SAFE_NO_PAD.encode(claims.to_string()));
    let lines: String = account.private_key.lines().filter(|line| !line.starts_with("-----")).collect();
    let pair = ring::signature::RsaKeyPair::from_pkcs8(&STANDARD.decode(lines.trim()).ok()?).ok()?;
    let mut signature = vec![0; pair.public().modulus_len()];
    // Random numbers blind the computation; the signature does not depend on them.
    let random = ring::rand::SystemRandom::new();
    pair.sign(&ring::signature::RSA_PKCS1_SHA256, &random, text.as_bytes(), &mut signature).ok()?;
    Some(format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn now() -> jiff::Timestamp {
        "2026-11-27T20:00:00Z".parse().unwrap()
    }

    #[test]
    fn a_clients_secret_goes_into_the_form_and_nowhere_else() {
        let url = "https://login.microsoftonline.com/t/oauth2/v2.0/token".to_owned();
        let grant = Grant::ClientSecret { url, client: "c".to_owned(), scope: "s/.default" };
        let keys = BTreeMap::from([("client_secret".to_owned(), "p&ss")]);
        let exchange = grant.exchange(Keys(&keys), now()).unwrap();
        assert_eq!(exchange.form, "grant_type=client_credentials&client_id=c&client_secret=p%26ss&scope=s%2F.default");
        assert!(!format!("{grant:?}").contains("p&ss"));
    }

    #[test]
    fn a_key_that_is_none_is_refused_and_not_repeated() {
        let grant = Grant::ServiceAccount { scope: "s" };
        for key in ["s3cr3t", r#"{"client_email":"a","private_key":"s3cr3t","token_uri":"https://t"}"#] {
            let keys = BTreeMap::from([("key".to_owned(), key)]);
            let wrong = grant.exchange(Keys(&keys), now()).err().unwrap();
            assert_eq!(wrong, Unsigned::Malformed("key"));
            assert!(!wrong.to_string().contains("s3cr3t"));
        }
    }

    #[test]
    fn a_service_accounts_statement_is_signed_with_its_key() {
        let pem = include_str!("../../../tests/cases/cdn/throwaway.pem");
        let key = serde_json::json!({ "client_email": "a@b.iam", "private_key": pem, "token_uri": "https://t" });
        let key = key.to_string();
        let keys = BTreeMap::from([("key".to_owned(), key.as_str())]);
        let exchange = Grant::ServiceAccount { scope: "s" }.exchange(Keys(&keys), now()).unwrap();
        let statement = exchange.form.split_once("assertion=").unwrap().1;
        let (text, signature) = statement.rsplit_once('.').unwrap();
        let lines: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
        let pair = ring::signature::RsaKeyPair::from_pkcs8(&STANDARD.decode(lines).unwrap()).unwrap();
        let public = ring::signature::UnparsedPublicKey::new(
            &ring::signature::RSA_PKCS1_2048_8192_SHA256,
            pair.public().as_ref(),
        );
        public.verify(text.as_bytes(), &URL_SAFE_NO_PAD.decode(signature).unwrap()).unwrap();
    }
}
