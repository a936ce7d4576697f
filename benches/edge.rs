//! How fast the edge answers from its cache, beside nginx on the same machine in the same run.
//!
//! `cargo bench --bench edge` (nginx: `tests/tools/install`). Both cache the same page from the same origin; the same bounded load
//! asks each in turn, five rounds, and the median ratio is printed. Absolute figures belong to the machine and are not claimed.
#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a bench is a program of its own, its result is what it prints"
)]

use landing::serve::{EdgeOptions, edge};
use std::io::{BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// The Brotli size of a landing page that fills its first flight.
const BODY: usize = 10_240;
const CONNECTIONS: usize = 32;
const ROUND: Duration = Duration::from_secs(2);
const ROUNDS: usize = 5;

fn main() {
    let origin = origin();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let listen = SocketAddr::from(([127, 0, 0, 1], 0));
    let ours = runtime.block_on(edge(EdgeOptions::new(listen, format!("http://{origin}"), ""))).unwrap();
    let nginx = Nginx::start(origin);
    let mut ratios = Vec::new();
    println!("hits per second, {CONNECTIONS} connections, {BODY} bytes; ratio = landing / nginx");
    for round in 1..=ROUNDS {
        let (edge, peer) = (load(ours.address()), load(nginx.address));
        println!("round {round}: landing {edge:>8.0}   nginx {peer:>8.0}   ratio {:.2}", edge / peer);
        ratios.push(edge / peer);
    }
    ratios.sort_by(f64::total_cmp);
    println!("median ratio {:.2}", ratios[ROUNDS / 2]);
    runtime.block_on(ours.stop());
}

/// One page that may be kept for an hour.
fn origin() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            std::thread::spawn(move || {
                let mut stream = stream.unwrap();
                while read_head(&mut BufReader::new(&stream)).is_some() {
                    let head = format!(
                        "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nCache-Control: public, max-age=3600\r\nETag: \"a\"\r\nContent-Length: {BODY}\r\n\r\n"
                    );
                    if stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&[b'x'; BODY])).is_err() {
                        return;
                    }
                }
            });
        }
    });
    address
}

/// Requests answered in a second, over connections that stay open. Every answer is read to its end and must be a hit.
fn load(address: SocketAddr) -> f64 {
    ask(&mut BufReader::new(connect(address)));
    let until = Instant::now() + ROUND;
    let answered: u32 = std::thread::scope(|scope| {
        let one = || {
            let mut stream = BufReader::new(connect(address));
            let mut n = 0;
            while Instant::now() < until {
                ask(&mut stream);
                n += 1;
            }
            n
        };
        let loads: Vec<_> = (0..CONNECTIONS).map(|_| scope.spawn(one)).collect();
        loads.into_iter().map(|load| load.join().unwrap()).sum()
    });
    f64::from(answered) / ROUND.as_secs_f64()
}

fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_nodelay(true).unwrap();
    stream
}

fn ask(stream: &mut BufReader<TcpStream>) {
    stream.get_mut().write_all(b"GET / HTTP/1.1\r\nHost: bench.example\r\nAccept-Encoding: br\r\n\r\n").unwrap();
    let (status, length) = read_head(stream).expect("an answer");
    assert!(status.contains(" 200 "), "{status}");
    let mut body = vec![0; length];
    stream.read_exact(&mut body).unwrap();
}

/// The first line and the length that is announced.
fn read_head(stream: &mut impl std::io::BufRead) -> Option<(String, usize)> {
    let (mut first, mut length) = (String::new(), 0);
    if stream.read_line(&mut first).ok()? == 0 {
        return None;
    }
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).ok()?;
        let line = line.trim().to_ascii_lowercase();
        if line.is_empty() {
            return Some((first, length));
        }
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
    }
}

/// nginx with a memory-mapped cache, as a careful engineer would set it up; ends with the bench.
struct Nginx {
    child: Child,
    address: SocketAddr,
    _dir: tempfile::TempDir,
}

impl Nginx {
    fn start(origin: SocketAddr) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let root = dir.path().display();
        let config = format!(
            "worker_processes 2; daemon off; pid {root}/pid; error_log {root}/error.log;\n\
             events {{ worker_connections 1024; }}\n\
             http {{ access_log off; keepalive_requests 1000000; sendfile on; tcp_nopush on; open_file_cache max=100;\n\
             client_body_temp_path {root}/b; proxy_temp_path {root}/p; fastcgi_temp_path {root}/f; uwsgi_temp_path {root}/u; scgi_temp_path {root}/s;\n\
             proxy_cache_path {root}/cache keys_zone=edge:1m;\n\
             server {{ listen {address}; location / {{ proxy_pass http://{origin}; proxy_cache edge; proxy_cache_lock on; }} }} }}\n"
        );
        std::fs::write(dir.path().join("nginx.conf"), config).unwrap();
        let nginx = if std::path::Path::new("/usr/sbin/nginx").exists() { "/usr/sbin/nginx" } else { "nginx" };
        let mut command = Command::new(nginx);
        command.arg("-p").arg(dir.path()).arg("-c").arg(dir.path().join("nginx.conf")).stderr(Stdio::null());
        let child = command.spawn().expect("nginx is installed by tests/tools/install");
        let until = Instant::now() + Duration::from_secs(5);
        while TcpStream::connect(address).is_err() {
            assert!(Instant::now() < until, "nginx does not listen");
            std::thread::sleep(Duration::from_millis(20));
        }
        Self { child, address, _dir: dir }
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // SIGTERM to the master ends the workers, SIGKILL would leave them.
        let _ = Command::new("kill").arg(self.child.id().to_string()).status();
        let _ = self.child.wait();
    }
}
