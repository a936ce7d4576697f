//! Looks at what is no plain HTTP request: asks resolvers, shakes hands over TLS and, with the feature `h3`, over QUIC. It trusts no certificate and refuses none; it
//! notes why a browser would. `verify` judges.

mod ancient;
mod names;
#[cfg(feature = "h3")]
mod quic;

pub(super) use names::ask_names;

use crate::model::{Handshake, Look, Offer, Sight};
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;

/// Whom to ask and how long to wait.
#[derive(Clone, Debug)]
pub(super) struct Looker {
    /// The longest wait for one look.
    pub(super) timeout: Duration,
    /// Who says where hosts are, instead of the machine's own resolver.
    pub(super) resolver: Option<SocketAddr>,
    /// The server that is met instead of the one DNS names.
    pub(super) server: Option<SocketAddr>,
    /// No more of a body is read.
    #[cfg(feature = "h3")]
    pub(super) most: u64,
}

impl Looker {
    /// One look.
    pub(super) async fn look(&self, look: &Look) -> Sight {
        let seen = async {
            match look {
                Look::Names { host, resolver } => match ask_names(host, *resolver, self.timeout).await {
                    Ok(names) => Sight::Names(names),
                    Err(why) => Sight::Nothing(why),
                },
                Look::Handshake { host, port, offer } => self.handshake(host, *port, *offer).await,
                #[cfg(feature = "h3")]
                Look::Http3 { host, port, udp, ask } => self.third(host, *port, *udp, ask).await,
                #[cfg(not(feature = "h3"))]
                Look::Http3 { .. } => Sight::Untried,
            }
        };
        match tokio::time::timeout(self.timeout, seen).await {
            Ok(sight) => sight,
            Err(_) => Sight::Nothing(format!("no answer within {}", crate::text::duration(self.timeout))),
        }
    }

    async fn handshake(&self, host: &str, port: u16, offer: Offer) -> Sight {
        let stream = match self.connect(host, port).await {
            Ok(stream) => stream,
            Err(why) => return Sight::Nothing(why),
        };
        if offer == Offer::Ancient {
            return ancient::shake(stream, host).await;
        }
        match shake(stream, host, offer).await {
            Ok(sight) => sight,
            Err(why) => Sight::Nothing(why),
        }
    }

    async fn connect(&self, host: &str, port: u16) -> Result<TcpStream, String> {
        let addresses = self.addresses(host, port).await?;
        TcpStream::connect(addresses.as_slice()).await.map_err(|err| format!("no connection: {err}"))
    }

    /// Where a host is met.
    async fn addresses(&self, host: &str, port: u16) -> Result<Vec<SocketAddr>, String> {
        let bare = bare(host);
        Ok(match (self.server, bare.parse::<IpAddr>(), self.resolver) {
            (Some(server), _, _) => vec![server],
            (None, Ok(address), _) => vec![SocketAddr::new(address, port)],
            (None, Err(_), Some(resolver)) => {
                let names = ask_names(bare, Some(resolver), self.timeout).await?;
                names.addresses.into_iter().map(|address| SocketAddr::new(address, port)).collect()
            }
            (None, Err(_), None) => {
                tokio::net::lookup_host((bare, port)).await.map_err(|err| format!("`{host}`: {err}"))?.collect()
            }
        })
    }
}

/// A host without the brackets that stand around an address of IPv6 in a URL.
fn bare(host: &str) -> &str {
    host.trim_start_matches('[').trim_end_matches(']')
}

fn certified(host: &str) -> Result<ServerName<'static>, String> {
    ServerName::try_from(bare(host).to_owned()).map_err(|_| format!("`{host}` is no name for a certificate"))
}

/// A client that offers these and lets every certificate pass.
fn client(versions: &[&'static rustls::SupportedProtocolVersion], protocols: &[&[u8]]) -> Result<ClientConfig, String> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider)).with_protocol_versions(versions);
    let builder = builder.map_err(|err| err.to_string())?.dangerous();
    let mut config = builder.with_custom_certificate_verifier(Arc::new(Onlooker(provider))).with_no_client_auth();
    config.alpn_protocols = protocols.iter().map(|it| it.to_vec()).collect();
    Ok(config)
}

/// Shakes hands as a browser would, and says what it would make of the certificate.
async fn shake(stream: TcpStream, host: &str, offer: Offer) -> Result<Sight, String> {
    let versions: &[&rustls::SupportedProtocolVersion] = match offer {
        Offer::Modern => &[&rustls::version::TLS13, &rustls::version::TLS12],
        Offer::Older | Offer::Ancient => &[&rustls::version::TLS12],
    };
    let config = client(versions, &[b"h2", b"http/1.1"])?;
    let name = certified(host)?;
    let stream = match tokio_rustls::TlsConnector::from(Arc::new(config)).connect(name.clone(), stream).await {
        Ok(stream) => stream,
        Err(err) => return Ok(Sight::Refused(err.to_string())),
    };
    let (_, connection) = stream.get_ref();
    // Once is enough: the certificate is the same whatever the version.
    let (fault, expires) = match offer {
        Offer::Modern => trust(connection.peer_certificates().unwrap_or_default(), &name).await?,
        Offer::Older | Offer::Ancient => (None, None),
    };
    Ok(Sight::Handshake(Handshake {
        version: match connection.protocol_version() {
            Some(rustls::ProtocolVersion::TLSv1_3) => "TLS 1.3",
            _ => "TLS 1.2",
        },
        protocol: connection.alpn_protocol().map(|it| String::from_utf8_lossy(it).into_owned()),
        fault,
        expires,
    }))
}

/// What a browser would say of a chain now, and when its certificate ends.
async fn trust(
    chain: &[CertificateDer<'static>],
    name: &ServerName<'static>,
) -> Result<(Option<String>, Option<jiff::Timestamp>), String> {
    let Some((leaf, between)) = chain.split_first() else { return Ok((Some("no certificate".to_owned()), None)) };
    let found = tokio::task::spawn_blocking(rustls_native_certs::load_native_certs).await;
    let found = found.map_err(|err| err.to_string())?;
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(found.certs);
    if roots.is_empty() {
        return Err("this machine has no root certificates to judge by".to_owned());
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let judge = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider).build();
    let judge = judge.map_err(|err| err.to_string())?;
    let at = |time: UnixTime| judge.verify_server_cert(leaf, between, name, &[], time).err();
    let fault = at(UnixTime::now()).map(|err| words(&err));
    // In a time when every certificate has ended, the first complaint is about the host's own, and says when.
    let end = match at(UnixTime::since_unix_epoch(Duration::from_secs(FAR_S))) {
        Some(rustls::Error::InvalidCertificate(CertificateError::ExpiredContext { not_after, .. })) => {
            i64::try_from(not_after.as_secs()).ok().and_then(|at| jiff::Timestamp::from_second(at).ok())
        }
        _ => None,
    };
    Ok((fault, end))
}

/// 31 December 9999: RFC 5280, section 4.1.2.5, for "no end".
const FAR_S: u64 = 253_402_300_799;

fn words(err: &rustls::Error) -> String {
    match err {
        rustls::Error::InvalidCertificate(wrong) => match wrong {
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
                "the certificate has ended".to_owned()
            }
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                "the certificate is not valid yet".to_owned()
            }
            CertificateError::NotValidForNameContext { presented, .. } => {
                format!("the certificate is for other names: {}", presented.join(", "))
            }
            CertificateError::NotValidForName => "the certificate is for other names".to_owned(),
            CertificateError::UnknownIssuer => {
                "who issued the certificate is not known: the chain is cut, or the issuer is nobody's".to_owned()
            }
            other => other.to_string(),
        },
        other => other.to_string(),
    }
}

/// Lets every certificate pass, so that the handshake is seen to its end; signatures are still checked.
#[derive(Debug)]
struct Onlooker(Arc<CryptoProvider>);

impl ServerCertVerifier for Onlooker {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls12_signature(message, cert, dss, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls13_signature(message, cert, dss, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
