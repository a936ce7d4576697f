//! The smallest HTTP client: sends a target as it is, and shows every field line that came back, twice if it came twice.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

/// One answer, nothing undone.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    /// Names in lower case, in the order received.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Response {
    /// The values of all lines of that name, joined by ` | ` so that two lines are not mistaken for one.
    pub(crate) fn header(&self, name: &str) -> Option<String> {
        let values: Vec<&str> =
            self.headers.iter().filter(|(it, _)| it == name).map(|(_, value)| value.as_str()).collect();
        (!values.is_empty()).then(|| values.join(" | "))
    }
}

/// Sends one request on a connection of its own and reads to the end.
pub(crate) fn request(port: u16, method: &str, target: &str, headers: &[(&str, &str)]) -> Response {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("the server listens");
    stream.set_read_timeout(Some(Duration::from_secs(10))).expect("a time-out can be set");
    let mut text = format!("{method} {target} HTTP/1.1\r\nHost: www.example.com\r\nConnection: close\r\n");
    for (name, value) in headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    stream.write_all(format!("{text}\r\n").as_bytes()).expect("the server reads");
    let mut raw = Vec::new();
    stream.read_to_end(&mut raw).expect("the server answers in time");
    parse(&raw)
}

fn parse(raw: &[u8]) -> Response {
    let end = raw.windows(4).position(|window| window == b"\r\n\r\n").expect("a header section");
    let head = String::from_utf8(raw[..end].to_vec()).expect("header fields are ASCII");
    let mut lines = head.split("\r\n");
    let status = lines.next().and_then(|line| line.split(' ').nth(1)).and_then(|code| code.parse().ok());
    let headers = lines.filter_map(|line| line.split_once(':'));
    Response {
        status: status.expect("a status line"),
        headers: headers.map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned())).collect(),
        body: raw[end + 4..].to_vec(),
    }
}
