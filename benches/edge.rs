//! How fast the edge answers from its cache, beside nginx and Varnish on the same machine in the same run.
//!
//! `cargo bench --bench edge` (nginx and Varnish: `tests/tools/install`). All cache the same page from the same origin; the same bounded
//! load asks each in turn, five rounds: over connections that stay open, and with a new one for every request. The median
//! ratios are printed. Absolute figures belong to the machine and are not claimed.
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
    let peers = [Peer::nginx(origin), Peer::varnish(origin)];
    println!("hits per second, {CONNECTIONS} at once, {BODY} bytes; ratio = landing / peer");
    for (title, ask) in [("connections kept", kept as Load), ("a connection each", fresh)] {
        let mut ratios = [Vec::new(), Vec::new()];
        for round in 1..=ROUNDS {
            let edge = load(ours.address(), ask);
            print!("{title}, round {round}: landing {edge:>7.0}");
            for (peer, ratios) in peers.iter().zip(&mut ratios) {
                let hits = load(peer.address, ask);
                print!("   {} {hits:>7.0} ({:.2})", peer.name, edge / hits);
                ratios.push(edge / hits);
            }
            println!();
        }
        for (peer, mut ratios) in peers.iter().zip(ratios) {
            ratios.sort_by(f64::total_cmp);
            println!("{title}: median ratio to {} {:.2}", peer.name, ratios[ROUNDS / 2]);
        }
    }
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

/// Asks one address until the time is up, and counts the answers.
type Load = fn(SocketAddr, Instant) -> u32;

/// Requests answered in a second. Every answer is read to its end and must be a 200.
fn load(address: SocketAddr, one: Load) -> f64 {
    ask(&mut BufReader::new(connect(address)), "keep-alive");
    let until = Instant::now() + ROUND;
    let answered: u32 = std::thread::scope(|scope| {
        let loads: Vec<_> = (0..CONNECTIONS).map(|_| scope.spawn(|| one(address, until))).collect();
        loads.into_iter().map(|load| load.join().unwrap()).sum()
    });
    f64::from(answered) / ROUND.as_secs_f64()
}

fn kept(address: SocketAddr, until: Instant) -> u32 {
    let mut stream = BufReader::new(connect(address));
    let mut answered = 0;
    while Instant::now() < until {
        ask(&mut stream, "keep-alive");
        answered += 1;
    }
    answered
}

/// The server closes, as it was asked to: so its side waits for late packets, and the client never runs out of ports.
fn fresh(address: SocketAddr, until: Instant) -> u32 {
    let mut answered = 0;
    while Instant::now() < until {
        let mut stream = BufReader::new(connect(address));
        ask(&mut stream, "close");
        assert_eq!(stream.read(&mut [0]).unwrap(), 0, "the server closes");
        answered += 1;
    }
    answered
}

fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_nodelay(true).unwrap();
    stream
}

fn ask(stream: &mut BufReader<TcpStream>, connection: &str) {
    let request =
        format!("GET / HTTP/1.1\r\nHost: bench.example\r\nAccept-Encoding: br\r\nConnection: {connection}\r\n\r\n");
    stream.get_mut().write_all(request.as_bytes()).unwrap();
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

/// Another cache, as a careful engineer would set it up; ends with the bench.
struct Peer {
    name: &'static str,
    child: Child,
    address: SocketAddr,
    _dir: tempfile::TempDir,
}

impl Peer {
    /// Two workers, the cache on a memory-mapped disk.
    fn nginx(origin: SocketAddr) -> Self {
        let (dir, address) = (tempfile::tempdir().unwrap(), free());
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
        let mut command = Command::new(program("nginx"));
        command.arg("-p").arg(dir.path()).arg("-c").arg(dir.path().join("nginx.conf"));
        Self::start("nginx", command, address, dir)
    }

    /// In memory; its own log in shared memory, which it always writes, is its `varnishlog`.
    fn varnish(origin: SocketAddr) -> Self {
        let (dir, address) = (tempfile::tempdir().unwrap(), free());
        let backend = format!("{}:{}", origin.ip(), origin.port());
        let mut command = Command::new(program("varnishd"));
        command.args(["-F", "-j", "none", "-s", "malloc,64m", "-p", "thread_pool_min=50", "-b", &backend]);
        command.arg("-n").arg(dir.path().join("v")).arg("-a").arg(address.to_string());
        Self::start("varnish", command, address, dir)
    }

    fn start(name: &'static str, mut command: Command, address: SocketAddr, dir: tempfile::TempDir) -> Self {
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let child = child.unwrap_or_else(|err| panic!("{name} is installed by tests/tools/install: {err}"));
        let until = Instant::now() + Duration::from_secs(20);
        while TcpStream::connect(address).is_err() {
            assert!(Instant::now() < until, "{name} does not listen");
            std::thread::sleep(Duration::from_millis(20));
        }
        Self { name, child, address, _dir: dir }
    }
}

fn free() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

/// Debian keeps servers where only root looks.
fn program(name: &str) -> String {
    let path = format!("/usr/sbin/{name}");
    if std::path::Path::new(&path).exists() { path } else { name.to_owned() }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // SIGTERM to the master ends the workers, SIGKILL would leave them.
        let _ = Command::new("kill").arg(self.child.id().to_string()).status();
        let _ = self.child.wait();
    }
}
