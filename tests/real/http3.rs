//! HTTP/3 as it is met: a real server (Caddy) that offers and speaks it, servers that only offer it, and peers over QUIC that mean no good.
//! None of it fails, each fault is one warning in bounded time and traffic, and nothing crashes.

use crate::names::Authority;
use crate::sample::write;
use crate::server::{Server, free_port, program};
use quinn::crypto::rustls::QuicServerConfig;
use quinn::{Connection, Endpoint, ServerConfig};
use serde_json::Value;
use std::net::UdpSocket;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{self, crypto};

const PAGE: &str = "<!doctype html><title>Seen on TV</title><p>The nation is watching.";

/// Who is met at the UDP port that `Alt-Svc` names.
enum Peer {
    /// Caddy itself.
    Caddy,
    /// Nobody.
    Nobody,
    /// Who answers whatever comes with these bytes.
    Noise(fn() -> Vec<u8>),
    /// Who speaks QUIC.
    Quic(Speaker),
}

/// What one speaks, and what it answers on the stream of a request: bytes, and others again and again.
#[derive(Clone, Copy)]
struct Speaker {
    name: &'static str,
    protocol: &'static [u8],
    says: fn() -> (Vec<u8>, Vec<u8>),
}

const SOUND: Speaker = Speaker { name: "localhost", protocol: b"h3", says: || (page(&OK, PAGE), Vec::new()) };

/// `HEADERS` with `:status: 200` of QPACK's static table (RFC 9114, section 7.2.2; RFC 9204, appendix A), and others.
const OK: [u8; 5] = [1, 3, 0, 0, 0xd9];
const EARLY_HINTS: [u8; 5] = [1, 3, 0, 0, 0xd8];
const MISDIRECTED: [u8; 10] = [1, 8, 0, 0, 0x5f, 9, 3, b'4', b'2', b'1'];

/// An answer: its header fields, and a `DATA` frame of at most 16 KB.
fn page(fields: &[u8], body: &str) -> Vec<u8> {
    let length = u16::try_from(body.len()).expect("a small page") | 0x4000;
    [fields, &[0], &length.to_be_bytes(), body.as_bytes()].concat()
}

/// What is met, and what is said of it.
const MET: &[(&str, Peer, &str, &str)] = &[
    ("a sound Caddy", Peer::Caddy, "pass", "and answers 200 with the same body"),
    ("a sound peer", Peer::Quic(SOUND), "pass", "and answers 200 with the same body"),
    (
        "a page of another time",
        Peer::Quic(Speaker { says: || (page(&OK, "another"), Vec::new()), ..SOUND }),
        "pass",
        "and answers 200 with a body of its own",
    ),
    ("nobody", Peer::Nobody, "warn", "no answer from `127.0.0.1:"),
    ("noise", Peer::Noise(|| vec![0xff; 1_200]), "warn", "no answer from `127.0.0.1:"),
    (
        "versions that nobody knows",
        // Version negotiation without the identifier of a connection (RFC 9000, section 17.2.1).
        Peer::Noise(|| vec![0x80, 0, 0, 0, 0, 0, 0, 0x1a, 0x2a, 0x3a, 0x4a]),
        "warn",
        "no answer from `127.0.0.1:",
    ),
    (
        "a certificate for another name",
        Peer::Quic(Speaker { name: "other.landing.test", ..SOUND }),
        "warn",
        "the certificate is for other names",
    ),
    ("another protocol", Peer::Quic(Speaker { protocol: b"hq-29", ..SOUND }), "warn", "no handshake with `127.0.0.1:"),
    (
        "another status",
        Peer::Quic(Speaker { says: || (page(&MISDIRECTED, "who?"), Vec::new()), ..SOUND }),
        "warn",
        "answers 421 where the other versions answer 200",
    ),
    (
        "a frame of HTTP/2",
        Peer::Quic(Speaker { says: || (vec![2, 0], Vec::new()), ..SOUND }),
        "warn",
        "does not work: ",
    ),
    (
        "fields that are no QPACK",
        Peer::Quic(Speaker { says: || ([&[1, 40][..], &[0xff; 40]].concat(), Vec::new()), ..SOUND }),
        "warn",
        "does not work: ",
    ),
    ("an answer without one", Peer::Quic(Speaker { says: || (Vec::new(), Vec::new()), ..SOUND }), "warn", "without"),
    (
        "hints without end",
        Peer::Quic(Speaker { says: || (Vec::new(), EARLY_HINTS.repeat(1_000)), ..SOUND }),
        "warn",
        "does not work: ",
    ),
    (
        "fields without end",
        // A length of 2^48.
        Peer::Quic(Speaker { says: || (vec![1, 0xc1, 0, 0, 0, 0, 0, 0, 0], vec![0; 65_536]), ..SOUND }),
        "warn",
        "more was sent than is read",
    ),
    (
        "a body without end",
        Peer::Quic(Speaker { says: || (OK.to_vec(), page(&[], &"x".repeat(16_000))), ..SOUND }),
        "pass",
        "its body goes on after 8388609 bytes",
    ),
];

impl Peer {
    /// Its UDP port, where it is not Caddy's; what it sends is counted.
    fn start(&self, folder: &Path, tcp: u16, sent: &Arc<AtomicUsize>) -> u16 {
        match self {
            Self::Caddy => tcp,
            Self::Nobody => free_port(),
            Self::Noise(says) => {
                let socket = UdpSocket::bind("127.0.0.1:0").expect("a free port");
                let (port, says) = (socket.local_addr().expect("it is bound").port(), says());
                // Ends with the process.
                std::thread::spawn(move || {
                    while let Ok((_, from)) = socket.recv_from(&mut [0; 2_000]) {
                        let _ = socket.send_to(&says, from);
                    }
                });
                port
            }
            Self::Quic(speaker) => speaker.start(folder, Arc::clone(sent)),
        }
    }
}

impl Speaker {
    fn start(self, folder: &Path, sent: Arc<AtomicUsize>) -> u16 {
        let chain = CertificateDer::pem_file_iter(folder.join(self.name).join("leaf.pem")).expect("a certificate");
        let key = PrivateKeyDer::from_pem_file(folder.join(self.name).join("leaf.key")).expect("a key");
        let config = rustls::ServerConfig::builder_with_provider(Arc::new(crypto::ring::default_provider()));
        let config = config.with_protocol_versions(&[&rustls::version::TLS13]).expect("a version");
        let chain = chain.map(|it| it.expect("PEM")).collect();
        let mut config = config.with_no_client_auth().with_single_cert(chain, key).expect("a certificate and its key");
        config.alpn_protocols = vec![self.protocol.to_vec()];
        let config = QuicServerConfig::try_from(config).expect("what QUIC needs");
        let config = ServerConfig::with_crypto(Arc::new(config));
        let endpoint = Endpoint::server(config, ([127, 0, 0, 1], 0).into()).expect("a free port");
        let port = endpoint.local_addr().expect("it is bound").port();
        // Whatever the client does, its end is the end; the last ends with the test.
        tokio::spawn(async move {
            while let Some(incoming) = endpoint.accept().await {
                let sent = Arc::clone(&sent);
                tokio::spawn(async move {
                    if let Ok(connection) = incoming.await {
                        self.answer(&connection, &sent).await;
                    }
                });
            }
        });
        port
    }

    /// Answers one request; `None` when the client went first.
    async fn answer(self, connection: &Connection, sent: &AtomicUsize) -> Option<()> {
        let mut control = connection.open_uni().await.ok()?;
        // The control stream, and settings of which there are none.
        control.write_all(&[0, 4, 0]).await.ok()?;
        let (mut stream, _request) = connection.accept_bi().await.ok()?;
        let (first, more) = (self.says)();
        stream.write_all(&first).await.ok()?;
        while !more.is_empty() {
            stream.write_all(&more).await.ok()?;
            sent.fetch_add(more.len(), Ordering::SeqCst);
        }
        stream.finish().ok()?;
        connection.closed().await;
        Some(())
    }
}

/// One Caddy for all: the page at each port, with an offer of HTTP/3 at another. The first speaks it itself.
fn caddy(folder: &Path, ports: &[(u16, u16)]) -> Server {
    let at = folder.display();
    let site = |(tcp, udp): &(u16, u16)| {
        let offer = if tcp == udp { String::new() } else { format!("header Alt-Svc `h3=\":{udp}\"; ma=60`\n") };
        format!(
            "https://localhost:{tcp} {{\nbind 127.0.0.1\ntls {at}/localhost/leaf.pem {at}/localhost/leaf.key\n{offer}\
             header Content-Type \"text/html; charset=utf-8\"\nrespond \"{PAGE}\"\n}}\n"
        )
    };
    let plain = ports.iter().filter(|(tcp, udp)| tcp != udp);
    let plain: Vec<String> =
        plain.map(|(tcp, _)| format!("servers 127.0.0.1:{tcp} {{\nprotocols h1 h2\n}}\n")).collect();
    let plain = plain.concat();
    // Without `skip_install_trust` it would make the machine trust it.
    let global = format!(
        "{{\nadmin off\nskip_install_trust\nauto_https disable_redirects\nstorage file_system {at}/caddy\n{plain}}}\n"
    );
    write(folder, "Caddyfile", (global + &ports.iter().map(site).collect::<String>()).as_bytes());
    // The sites listen one after the other, and all of them before the last.
    let last = ports.last().expect("there are some").0;
    Server::at(last, || {
        let mut command = Command::new(program("caddy"));
        command.args(["run", "--adapter", "caddyfile", "--config"]).arg(folder.join("Caddyfile"));
        command.envs(["HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME"].map(|name| (name, folder)));
        command.stdout(Stdio::null()).stderr(Stdio::null());
        command
    })
}

/// What `http2` says of the page at a port, with the verdict of each.
fn said(folder: &Path, port: u16) -> Vec<(String, String)> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_landing"));
    command.args(["verify", &format!("https://localhost:{port}/"), "--json", "--timeout", "30"]);
    command.current_dir(folder).env("NO_COLOR", "1").env("SSL_CERT_FILE", folder.join("ca.pem"));
    let output = command.output().expect("landing starts");
    let said = String::from_utf8_lossy(&output.stdout);
    let report: Value = serde_json::from_str(said.lines().last().unwrap_or_default()).unwrap_or_default();
    let complained = String::from_utf8_lossy(&output.stderr);
    let findings = report["findings"].as_array().unwrap_or_else(|| panic!("no report: {complained}"));
    let of = findings.iter().filter(|it| it["check"] == "http2");
    let text = |it: &Value, key: &str| it[key].as_str().unwrap_or_default().to_owned();
    of.map(|it| (text(it, "verdict"), text(it, "seen"))).collect()
}

#[test]
fn http3_is_asked_where_it_is_offered_and_what_is_wrong_with_it_is_one_warning() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let _inside = runtime.enter();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let authority = Authority::new(folder.path());
    for name in ["localhost", "other.landing.test"] {
        authority.sign(name, "90");
        let own = folder.path().join(name);
        std::fs::create_dir(&own).expect("the folder can be written");
        for file in ["leaf.pem", "leaf.key"] {
            std::fs::copy(folder.path().join(file), own.join(file)).expect("the folder can be written");
        }
    }
    let sent: Vec<Arc<AtomicUsize>> = MET.iter().map(|_| Arc::default()).collect();
    let ports: Vec<(u16, u16)> = MET
        .iter()
        .zip(&sent)
        .map(|((_, peer, ..), sent)| (free_port(), peer, sent))
        .map(|(tcp, peer, sent)| (tcp, peer.start(folder.path(), tcp, sent)))
        .collect();
    let _caddy = caddy(folder.path(), &ports);
    let began = Instant::now();
    let told: Vec<Vec<(String, String)>> = std::thread::scope(|scope| {
        let runs: Vec<_> = ports.iter().map(|(tcp, _)| scope.spawn(|| said(folder.path(), *tcp))).collect();
        runs.into_iter().map(|run| run.join().expect("a run ends")).collect()
    });
    assert!(began.elapsed() < Duration::from_mins(1), "it took {:?}", began.elapsed());
    let mut wrong = Vec::new();
    for (((name, _, verdict, part), told), sent) in MET.iter().zip(told).zip(sent) {
        let [(first, _), (second, seen)] = &told[..] else {
            wrong.push(format!("{name}: {told:?}"));
            continue;
        };
        if first != "pass" || second != verdict || !seen.contains(part) {
            wrong.push(format!("{name}: not `{verdict}`, `{part}`: {told:?}"));
        }
        let sent = sent.load(Ordering::SeqCst);
        if sent > 64_000_000 {
            wrong.push(format!("{name}: {sent} bytes were taken"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
