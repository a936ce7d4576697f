//! The greeting of a client that knows nothing newer than TLS 1.1 (RFC 4346, section 7.4.1.2): no library speaks that any
//! more, and the first bytes of the answer say enough.

use crate::model::{Handshake, Sight};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// Suites of that time, with and without forward secrecy (IANA, "TLS Cipher Suites").
const SUITES: [u16; 7] = [0xc00a, 0xc014, 0xc009, 0xc013, 0x0035, 0x002f, 0x000a];
/// x25519, P-256, P-384.
const GROUPS: [u16; 3] = [0x001d, 0x0017, 0x0018];
const TLS_1_1: u16 = 0x0302;
const HANDSHAKE: u8 = 22;
const SERVER_HELLO: u8 = 2;

/// Greets; an alert, or silence, refuses.
pub(super) async fn shake(mut stream: TcpStream, host: &str) -> Sight {
    if let Err(err) = stream.write_all(&greeting(host)).await {
        return Sight::Refused(err.to_string());
    }
    // A record's head, a message's head, and the version that the server chose.
    let mut answer = [0; 11];
    match stream.read_exact(&mut answer).await {
        Err(_) => Sight::Refused("the server hung up or sent an alert".to_owned()),
        Ok(_) if answer[0] != HANDSHAKE || answer[5] != SERVER_HELLO => {
            Sight::Refused("the server sent an alert".to_owned())
        }
        Ok(_) => Sight::Handshake(Handshake {
            version: if answer[10] < 2 { "TLS 1.0" } else { "TLS 1.1" },
            protocol: None,
            fault: None,
            expires: None,
        }),
    }
}

fn greeting(host: &str) -> Vec<u8> {
    let mut hello = Vec::new();
    hello.extend(TLS_1_1.to_be_bytes());
    // Random to the server, the same to everybody: nothing is kept secret with it.
    hello.extend([0x5a; 32]);
    hello.push(0);
    prefixed(&mut hello, 2, &SUITES.map(u16::to_be_bytes).concat());
    prefixed(&mut hello, 1, &[0]);
    let mut extensions = Vec::new();
    if host.parse::<std::net::IpAddr>().is_err() && !host.starts_with('[') {
        let mut name = vec![0];
        prefixed(&mut name, 2, host.as_bytes());
        let mut names = Vec::new();
        prefixed(&mut names, 2, &name);
        extension(&mut extensions, 0, &names);
    }
    let mut groups = Vec::new();
    prefixed(&mut groups, 2, &GROUPS.map(u16::to_be_bytes).concat());
    extension(&mut extensions, 10, &groups);
    extension(&mut extensions, 11, &[1, 0]);
    prefixed(&mut hello, 2, &extensions);
    let mut message = vec![1];
    prefixed(&mut message, 3, &hello);
    // The record itself says TLS 1.0, as all first records do.
    let mut record = vec![HANDSHAKE, 3, 1];
    prefixed(&mut record, 2, &message);
    record
}

fn extension(to: &mut Vec<u8>, kind: u16, data: &[u8]) {
    to.extend(kind.to_be_bytes());
    prefixed(to, 2, data);
}

/// `data` behind its length in so many bytes.
fn prefixed(to: &mut Vec<u8>, bytes: usize, data: &[u8]) {
    let length = (data.len() as u64).to_be_bytes();
    to.extend(&length[8 - bytes..]);
    to.extend(data);
}
