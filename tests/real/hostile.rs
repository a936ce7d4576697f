//! HTTP/2 servers that mean no good, behind a certificate that `landing verify` trusts: streams and connections that are reset, frames that
//! make no sense, floods. Each is told by one finding in bounded time, and nothing crashes.

use crate::names::Authority;
use crate::server::free_port;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{ServerConfig, ServerConnection, StreamOwned, crypto};

/// What comes back on the stream of a request: frames, and again and again when told so.
type Frames = fn(stream: u32) -> (Vec<u8>, bool);

/// A frame of HTTP/2 (RFC 9113, section 4.1).
fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).expect("a small frame").to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PUSH_PROMISE: u8 = 5;
const PING: u8 = 6;
const GOAWAY: u8 = 7;
const CONTINUATION: u8 = 9;
const END_HEADERS: u8 = 4;
/// `:status 200` (RFC 7541, appendix A).
const OK: &[u8] = &[0x88];

const ATTACKS: &[(&str, Frames, &str)] = &[
    ("the stream is reset", |stream| (frame(RST_STREAM, 0, stream, &[0, 0, 0, 2]), false), "stream error received"),
    ("the stream is refused again and again", |stream| (frame(RST_STREAM, 0, stream, &[0, 0, 0, 7]), false), "refused"),
    (
        "the stream is reset in the middle of a page",
        |stream| {
            let begun = [frame(HEADERS, END_HEADERS, stream, OK), frame(DATA, 0, stream, b"<!doctype html>")].concat();
            ([begun, frame(RST_STREAM, 0, stream, &[0, 0, 0, 2])].concat(), false)
        },
        "stream error received",
    ),
    ("the connection is given up", |_| (frame(GOAWAY, 0, 0, &[0, 0, 0, 0, 0, 0, 0, 1]), false), ""),
    ("data before a header", |stream| (frame(DATA, 0, stream, b"hello"), false), ""),
    (
        "a promise that nobody wanted",
        |stream| (frame(PUSH_PROMISE, END_HEADERS, stream, &[0, 0, 0, 2, 0x82]), false),
        "",
    ),
    ("a frame larger than allowed", |stream| (frame(DATA, 0, stream, &vec![0; 100_000]), false), ""),
    ("a header that is no HPACK", |stream| (frame(HEADERS, END_HEADERS, stream, &[0xff; 40]), false), ""),
    ("settings that make no sense", |_| (frame(SETTINGS, 0, 0, &[0, 4, 0xff, 0xff, 0xff, 0xff]), false), ""),
    (
        "a header without an end",
        |stream| {
            // A literal that is never indexed: `a: aaaa…`.
            let field = [&[0x10, 1, b'a', 100][..], &[b'a'; 100]].concat();
            let more = frame(CONTINUATION, 0, stream, &field.repeat(50)).repeat(100);
            ([frame(HEADERS, 0, stream, OK), more].concat(), true)
        },
        "",
    ),
    ("pings without end", |_| (frame(PING, 0, 0, &[0; 8]).repeat(1_000), true), ""),
];

/// The server: answers each request of each connection with the frames.
fn start(folder: &Path, frames: Frames) -> (u16, Arc<AtomicUsize>) {
    let chain =
        CertificateDer::pem_file_iter(folder.join("leaf.pem")).expect("a certificate").map(|it| it.expect("PEM"));
    let key = PrivateKeyDer::from_pem_file(folder.join("leaf.key")).expect("a key");
    let config = ServerConfig::builder_with_provider(Arc::new(crypto::ring::default_provider()));
    let config = config.with_safe_default_protocol_versions().expect("versions").with_no_client_auth();
    let mut config = config.with_single_cert(chain.collect(), key).expect("a certificate and its key");
    config.alpn_protocols = vec![b"h2".to_vec()];
    let (config, asked) = (Arc::new(config), Arc::<AtomicUsize>::default());
    let listener = TcpListener::bind(("127.0.0.1", free_port())).expect("a free port");
    let (port, count) = (listener.local_addr().expect("it is bound").port(), Arc::clone(&asked));
    // Ends with the process.
    std::thread::spawn(move || {
        for tcp in listener.incoming().flatten() {
            let (config, count) = (Arc::clone(&config), Arc::clone(&count));
            std::thread::spawn(move || {
                let connection = ServerConnection::new(config).expect("a sound configuration");
                // Whatever the client does, its end is the end.
                let _ = answer(StreamOwned::new(connection, tcp), frames, &count);
            });
        }
    });
    (port, asked)
}

fn answer(mut stream: impl Read + Write, frames: Frames, asked: &AtomicUsize) -> std::io::Result<()> {
    let mut preface = [0; 24];
    stream.read_exact(&mut preface)?;
    stream.write_all(&frame(SETTINGS, 0, 0, &[]))?;
    loop {
        let mut head = [0; 9];
        stream.read_exact(&mut head)?;
        let mut payload = vec![0; u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize];
        stream.read_exact(&mut payload)?;
        if head[3] != HEADERS {
            continue;
        }
        asked.fetch_add(1, Ordering::SeqCst);
        let (bytes, endless) = frames(u32::from_be_bytes([head[5], head[6], head[7], head[8]]));
        loop {
            stream.write_all(&bytes)?;
            if !endless {
                break;
            }
        }
        stream.flush()?;
    }
}

#[test]
fn resets_and_nonsense_over_http2_are_one_finding_each_and_break_nothing() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let authority = Authority::new(folder.path());
    authority.sign("localhost", "90");
    let runs: Vec<_> = ATTACKS
        .iter()
        .map(|(name, frames, part)| {
            let (port, asked) = start(folder.path(), *frames);
            let mut command = Command::new(env!("CARGO_BIN_EXE_landing"));
            command.args(["verify", &format!("https://localhost:{port}/"), "--json", "--timeout", "8"]);
            command.current_dir(folder.path()).env("SSL_CERT_FILE", folder.path().join("ca.pem"));
            (name, part, asked, command.output().expect("landing starts"))
        })
        .collect();
    let mut wrong = Vec::new();
    for (name, part, asked, output) in runs {
        let said = String::from_utf8_lossy(&output.stdout);
        let report: serde_json::Value =
            serde_json::from_str(said.lines().last().unwrap_or_default()).unwrap_or_default();
        let findings = report["findings"].as_array().cloned().unwrap_or_default();
        let told: Vec<&str> =
            findings.iter().filter(|it| it["check"] == "reachable").filter_map(|it| it["seen"].as_str()).collect();
        let requests = asked.load(Ordering::SeqCst);
        // Each is asked three times at most: what a server says it has not looked at may be asked again (RFC 9113, section 8.7).
        let sound = output.status.code() == Some(5)
            && told.len() == 1
            && told[0].contains(part)
            && (1..=24).contains(&requests);
        if !sound {
            wrong.push(format!("{name}: exit {:?}, {requests} requests, {told:?}", output.status.code()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
