//! One question over HTTP/3 (RFC 9114): a handshake over QUIC, whose certificate is judged as over TCP, and the question behind it.
//!
//! Time and traffic are bounded: who does not answer is waited for a few seconds, and what comes is counted as it arrives, whatever it is.

use super::{Looker, bare, certified, client, trust};
use crate::model::{Answer, Ask, Sight};
use crate::shell::probe::AGENT;
use bytes::{Buf as _, BufMut as _, Bytes, BytesMut};
use futures::StreamExt as _;
use futures::stream::FuturesUnordered;
use quinn::crypto::rustls::QuicClientConfig;
use quinn::{ClientConfig, Connection, Endpoint, TransportConfig, VarInt};
use rustls::pki_types::CertificateDer;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The longest wait for a first answer: the first packet is sent again after one second and after three (RFC 9002, section 6.2).
const SILENCE: Duration = Duration::from_secs(5);
/// As much of header fields as the clients of the other versions take, in bytes.
const FIELDS: u64 = 16 << 10;
/// How much may be on its way at once, in bytes.
const WINDOW: u32 = 2 << 20;
/// What may come beside a body, in bytes: what is on its way, certificates, header fields, what is sent again.
const BESIDE: u64 = 2 * WINDOW as u64;
/// The control stream and the two of QPACK (RFC 9114, section 6.2), and as many that mean nothing.
const STREAMS: u32 = 6;
/// How often what came is counted.
const COUNTED: Duration = Duration::from_millis(10);
/// `H3_NO_ERROR` (RFC 9114, section 8.1).
const DONE: u32 = 0x100;

impl Looker {
    /// Asks over HTTP/3; what the server does not do in time, it does not do.
    pub(super) async fn third(&self, host: &str, port: u16, udp: u16, ask: &Ask) -> Sight {
        let asked = Instant::now();
        let limit = self.timeout.saturating_sub(Duration::from_millis(100));
        match tokio::time::timeout(limit, self.exchange(host, port, udp, ask)).await {
            Ok(Ok(answer)) => {
                let took_ms = u64::try_from(asked.elapsed().as_millis()).unwrap_or(u64::MAX);
                Sight::Answered(Answer { took_ms, ..answer })
            }
            Ok(Err(sight)) => sight,
            Err(_) => Sight::Refused(format!("no complete answer within {}", crate::text::duration(limit))),
        }
    }

    async fn exchange(&self, host: &str, port: u16, udp: u16, ask: &Ask) -> Result<Answer, Sight> {
        let name = certified(host).map_err(Sight::Nothing)?;
        let mut addresses = self.addresses(host, udp).await.map_err(Sight::Nothing)?;
        // Whose port is another one is met there, whatever server stands in for the host.
        if udp != port {
            for address in &mut addresses {
                address.set_port(udp);
            }
        }
        let config = config().map_err(Sight::Nothing)?;
        let met = meet(&addresses, &config, bare(host), self.timeout / 2).await.map_err(Sight::Refused)?;
        let Met(connection) = &met;
        let chain = connection.peer_identity().and_then(|it| it.downcast::<Vec<CertificateDer<'static>>>().ok());
        let (fault, _) = trust(&chain.unwrap_or_default(), &name).await.map_err(Sight::Nothing)?;
        if let Some(fault) = fault {
            return Err(Sight::Refused(fault));
        }
        let authority = if port == 443 { host.to_owned() } else { format!("{host}:{port}") };
        let request = request(&authority, ask).map_err(Sight::Nothing)?;
        // A task of its own: who is sent enough to read always goes on reading, and would let nobody look at the clock.
        let answer = tokio::spawn(converse(connection.clone(), request, self.most));
        let answer = tokio::select! {
            biased;
            answer = answer => answer.unwrap_or_else(|err| Err(err.to_string())),
            why = flooded(connection, self.most) => Err(why),
        };
        answer.map_err(Sight::Refused)
    }
}

/// A connection, which ends with this, and whatever still reads from it as well.
struct Met(Connection);

impl Drop for Met {
    fn drop(&mut self) {
        self.0.close(VarInt::from_u32(DONE), b"");
    }
}

/// TLS 1.3 and nothing but HTTP/3 behind it; what a server may make us hold is little.
fn config() -> Result<ClientConfig, String> {
    let tls = client(&[&rustls::version::TLS13], &[b"h3"])?;
    let crypto = QuicClientConfig::try_from(tls).map_err(|err| err.to_string())?;
    let mut transport = TransportConfig::default();
    transport
        .max_concurrent_bidi_streams(VarInt::from_u32(0))
        .max_concurrent_uni_streams(VarInt::from_u32(STREAMS))
        .receive_window(VarInt::from_u32(WINDOW))
        .datagram_receive_buffer_size(None);
    let mut config = ClientConfig::new(Arc::new(crypto));
    config.transport_config(Arc::new(transport));
    Ok(config)
}

/// The first that answers: at one address of each family, as browsers try them (RFC 8305).
async fn meet(addresses: &[SocketAddr], config: &ClientConfig, name: &str, timeout: Duration) -> Result<Met, String> {
    let first = |of: fn(&SocketAddr) -> bool| addresses.iter().copied().find(of);
    let tries = [first(SocketAddr::is_ipv6), first(SocketAddr::is_ipv4)];
    let shake = |address| shake(address, config.clone(), name, timeout.min(SILENCE));
    let mut tries: FuturesUnordered<_> = tries.into_iter().flatten().map(shake).collect();
    let mut whys = Vec::new();
    while let Some(met) = tries.next().await {
        match met {
            Ok(connection) => return Ok(Met(connection)),
            Err(why) => whys.push(why),
        }
    }
    Err(if whys.is_empty() { "the host has no address".to_owned() } else { whys.join("; ") })
}

async fn shake(address: SocketAddr, config: ClientConfig, name: &str, limit: Duration) -> Result<Connection, String> {
    let any: IpAddr = if address.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
    let endpoint = Endpoint::client(SocketAddr::new(any, 0)).map_err(|err| format!("no socket: {err}"))?;
    let connecting = endpoint.connect_with(config, address, name).map_err(|err| format!("`{address}`: {err}"))?;
    match tokio::time::timeout(limit, connecting).await {
        Ok(Ok(connection)) => Ok(connection),
        Ok(Err(err)) => Err(format!("no handshake with `{address}`: {err}")),
        Err(_) => Err(format!("no answer from `{address}` within {}", crate::text::duration(limit))),
    }
}

/// Asks, and reads the answer; the connection's own streams are read beside it.
async fn converse(connection: Connection, request: http::Request<()>, most: u64) -> Result<Answer, String> {
    let mut builder = h3::client::builder();
    builder.max_field_section_size(FIELDS).send_grease(false);
    let made = builder.build::<_, _, Bytes>(h3_quinn::Connection::new(connection)).await;
    let (mut control, mut asker) = made.map_err(|err| err.to_string())?;
    let exchange = async {
        let mut stream = asker.send_request(request).await.map_err(|err| err.to_string())?;
        stream.finish().await.map_err(|err| err.to_string())?;
        let mut response = stream.recv_response().await.map_err(|err| err.to_string())?;
        while response.status().is_informational() {
            response = stream.recv_response().await.map_err(|err| err.to_string())?;
        }
        let (mut body, mut cut) = (BytesMut::new(), false);
        while let Some(chunk) = stream.recv_data().await.map_err(|err| err.to_string())?.filter(|_| !cut) {
            let room = usize::try_from(most).unwrap_or(usize::MAX) - body.len();
            cut = chunk.remaining() > room;
            body.put(chunk.take(room));
        }
        let fields = response.headers().iter();
        let lossy = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
        let headers = fields.map(|(name, value)| (name.as_str().to_owned(), lossy(value.as_bytes()))).collect();
        Ok(Answer { status: response.status().as_u16(), headers, body: body.freeze(), cut, at_ms: 0, took_ms: 0 })
    };
    tokio::select! {
        biased;
        answer = exchange => answer,
        err = std::future::poll_fn(|cx| control.poll_close(cx)) => Err(err.to_string()),
    }
}

fn request(authority: &str, ask: &Ask) -> Result<http::Request<()>, String> {
    let request = http::Request::builder().method(ask.method).uri(format!("https://{authority}{}", ask.target));
    let request = request.header("user-agent", AGENT).header("accept", "*/*");
    let request = ask.headers.iter().fold(request, |request, (name, value)| request.header(*name, value));
    request.body(()).map_err(|err| err.to_string())
}

/// Ends when more has come than a body and what belongs to it.
async fn flooded(connection: &Connection, most: u64) -> String {
    // Packets and frames have heads of their own, and of many small frames more is read ahead than is handed on.
    let limit = most.saturating_mul(2).saturating_add(BESIDE);
    while connection.stats().udp_rx.bytes <= limit {
        tokio::time::sleep(COUNTED).await;
    }
    format!("more was sent than is read: {}", crate::text::size(limit))
}
