//! `Look`, `Sight`: what is looked at from outside beside the requests, and what was seen: names in DNS, TLS handshakes, HTTP/3.

use super::{Answer, Ask};
use std::net::{IpAddr, SocketAddr};

/// One look. Equal looks are taken once, and what was seen is shared by all checks.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Look {
    /// The addresses of a host.
    Names {
        /// A domain name.
        host: String,
        /// Who is asked; `None`: those that this machine is set to.
        resolver: Option<SocketAddr>,
    },
    /// A TLS handshake; nothing is asked for behind it.
    Handshake {
        /// A domain name or an address, and the name in the certificate.
        host: String,
        /// The port.
        port: u16,
        /// What is offered.
        offer: Offer,
    },
    /// A handshake over QUIC, and one question behind it (RFC 9114).
    Http3 {
        /// A domain name or an address, and the name in the certificate.
        host: String,
        /// The port of the address that visitors know, which the question names.
        port: u16,
        /// The UDP port that is met (RFC 7838).
        udp: u16,
        /// What is asked.
        ask: Ask,
    },
}

/// What a handshake offers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Offer {
    /// TLS 1.3 and 1.2, HTTP/2 and 1.1: what browsers offer.
    Modern,
    /// TLS 1.2 at most: browsers before 2018, some television sets.
    Older,
    /// TLS 1.1 at most, which nobody may speak any more (RFC 8996).
    Ancient,
}

/// What was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sight {
    /// Of [`Look::Names`].
    Names(Names),
    /// Of [`Look::Handshake`].
    Handshake(Handshake),
    /// Of [`Look::Http3`].
    Answered(Answer),
    /// The server would not: no such version, no such name. The reason in its own words.
    Refused(String),
    /// Nothing, for a reason that tells nothing about the server.
    Nothing(String),
    /// Nobody looked: this program was built without the means (the feature `h3`).
    Untried,
}

/// What a resolver says about a host.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    /// The names that `CNAME` leads through, in this order.
    pub aliases: Vec<String>,
    /// `A` and `AAAA`, sorted.
    pub addresses: Vec<IpAddr>,
    /// For how many seconds the address may be kept, the shortest of all records; what a resolver has kept for a while says
    /// what is left.
    pub ttl_s: u32,
    /// Who may issue certificates (`CAA`, RFC 8659), of the name or the closest one above it that says so.
    pub issuers: Vec<String>,
}

/// A handshake that came to an end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Handshake {
    /// `TLS 1.3`, `TLS 1.2`, `TLS 1.1`, `TLS 1.0`.
    pub version: &'static str,
    /// The application protocol (RFC 7301): `h2`, `http/1.1`, or none.
    pub protocol: Option<String>,
    /// Why a browser would not trust the certificate.
    pub fault: Option<String>,
    /// When the certificate of the host ends.
    pub expires: Option<jiff::Timestamp>,
}
