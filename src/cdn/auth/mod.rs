//! How a request proves who we are: pure functions from a request, the secrets and the time to header fields.
//!
//! The sender hands the secrets in ([`Keys`]) and puts the fields on the wire; neither is kept, shown or logged here. `Keys`
//! and [`Exchange`] have no `Debug`, so that no panic and no message can show them.

mod edgegrid;
mod oauth;
mod ovh;
mod sigv4;

pub use oauth::{Exchange, Grant};

use super::message::Request;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::collections::BTreeMap;

/// Where the secret goes in a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Auth {
    /// Nowhere: the far side looks at our address.
    None,
    /// `Authorization: Bearer TOKEN` (RFC 6750, section 2.1).
    Bearer,
    /// A field of the vendor's own, with what stands before the token.
    Header(&'static str, &'static str),
    /// `Authorization: Basic`, the token as user name and no password (RFC 7617).
    Basic,
    /// AWS Signature Version 4.
    SigV4 {
        /// What the signature is for.
        service: &'static str,
        /// Where it is.
        region: &'static str,
    },
    /// Akamai's EdgeGrid.
    EdgeGrid,
    /// OVHcloud's application and consumer keys.
    Ovh,
    /// A token that is asked for first; a secret named `token` goes before it.
    OAuth(Grant),
}

/// The secrets of one account, by name, for as long as a request is made.
#[derive(Clone, Copy)]
pub struct Keys<'a>(pub &'a BTreeMap<String, &'a str>);

impl<'a> Keys<'a> {
    /// A secret.
    ///
    /// # Errors
    /// When there is none of that name.
    pub fn get(&self, name: &'static str) -> Result<&'a str, Unsigned> {
        self.0.get(name).copied().ok_or(Unsigned::Missing(name))
    }

    /// Whether there is a secret of that name.
    pub fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }
}

/// Why a request could not be signed. Never with a secret in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unsigned {
    /// A secret is not configured.
    Missing(&'static str),
    /// A secret is not of the form that the vendor gives out.
    Malformed(&'static str),
}

impl std::fmt::Display for Unsigned {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Missing(name) => write!(f, "the secret `{name}` is not configured"),
            Self::Malformed(name) => write!(f, "the secret `{name}` is not of the form that the vendor gives out"),
        }
    }
}

impl Auth {
    /// The header fields that sign a request. `nonce` is random, new for each request.
    ///
    /// # Errors
    /// When a secret is missing or malformed; and for a grant, whose token the sender asks for.
    pub fn fields(
        &self,
        request: &Request,
        keys: Keys<'_>,
        now: jiff::Timestamp,
        nonce: &str,
    ) -> Result<Vec<(&'static str, String)>, Unsigned> {
        let token = || keys.get("token");
        Ok(match self {
            Self::None => Vec::new(),
            Self::Bearer | Self::OAuth(_) => vec![("authorization", format!("Bearer {}", token()?))],
            Self::Header(name, before) => vec![(*name, format!("{before}{}", token()?))],
            Self::Basic => vec![("authorization", format!("Basic {}", STANDARD.encode(format!("{}:", token()?))))],
            Self::SigV4 { service, region } => sigv4::fields(request, keys, service, region, now)?,
            Self::EdgeGrid => vec![("authorization", edgegrid::field(request, keys, now, nonce)?)],
            Self::Ovh => ovh::fields(request, keys, now)?,
        })
    }
}

/// HMAC with SHA-256 (RFC 2104).
fn hmac(key: &[u8], text: &[u8]) -> Vec<u8> {
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, key);
    ring::hmac::sign(&key, text).as_ref().to_vec()
}

fn sha256(bytes: &[u8]) -> Vec<u8> {
    ring::digest::digest(&ring::digest::SHA256, bytes).as_ref().to_vec()
}

/// Host with its port where it is not the usual one, and path with query, as they go over the wire.
fn target(url: &str) -> (String, String, String) {
    let Ok(url) = url::Url::parse(url) else { return Default::default() };
    let port = url.port().map_or(String::new(), |port| format!(":{port}"));
    let host = format!("{}{port}", url.host_str().unwrap_or_default());
    (host, url.path().to_owned(), url.query().unwrap_or_default().to_owned())
}
