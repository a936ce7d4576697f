//! Servers that mean no good, on the loopback interface: each connection is answered by a script. They end with the process.
//!
//! In: the script; out: how many requests came and how many bytes were taken.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, Runtime};

/// What a server sends once it has read a request, and what it does then.
#[derive(Clone)]
pub(crate) struct Script {
    pub(crate) first: Vec<u8>,
    pub(crate) then: Then,
}

/// What comes after the first bytes.
#[derive(Clone)]
pub(crate) enum Then {
    /// An orderly end.
    Close,
    /// The connection is reset.
    Reset,
    /// Nothing, for as long as the client waits.
    Silence,
    /// The same bytes, for as long as they are taken.
    Repeat(Vec<u8>),
    /// The same bytes, one lot after each pause.
    Drip(Vec<u8>, Duration),
}

/// The running server.
pub(crate) struct Hostile {
    pub(crate) url: String,
    requests: Arc<AtomicUsize>,
    bytes: Arc<AtomicU64>,
}

static RUNTIME: LazyLock<Runtime> =
    LazyLock::new(|| Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap());

impl Hostile {
    pub(crate) fn start(script: Script) -> Self {
        let (requests, bytes) = (Arc::<AtomicUsize>::default(), Arc::<AtomicU64>::default());
        let listener = RUNTIME.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (asked, sent) = (Arc::clone(&requests), Arc::clone(&bytes));
        RUNTIME.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                RUNTIME.spawn(answer(stream, script.clone(), Arc::clone(&asked), Arc::clone(&sent)));
            }
        });
        Self { url, requests, bytes }
    }

    /// How many requests it has read.
    pub(crate) fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }

    /// How many bytes it got rid of.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::SeqCst)
    }
}

async fn answer(mut stream: TcpStream, script: Script, asked: Arc<AtomicUsize>, taken: Arc<AtomicU64>) {
    if !read_head(&mut stream).await {
        return;
    }
    asked.fetch_add(1, Ordering::SeqCst);
    let (mut reader, mut writer) = stream.split();
    let sending = async {
        let mut next = Some(script.first.as_slice());
        while let Some(lot) = next {
            if writer.write_all(lot).await.is_err() {
                return;
            }
            taken.fetch_add(lot.len() as u64, Ordering::SeqCst);
            next = match &script.then {
                Then::Close | Then::Reset => None,
                Then::Silence => std::future::pending().await,
                Then::Repeat(lot) => Some(lot),
                Then::Drip(lot, pause) => {
                    tokio::time::sleep(*pause).await;
                    Some(lot)
                }
            };
        }
    };
    // Whoever goes away is not kept.
    let gone = async {
        let mut rest = [0; 4_096];
        while reader.read(&mut rest).await.is_ok_and(|n| n > 0) {}
    };
    tokio::select! {
        () = sending => {}
        () = gone => {}
    }
    if matches!(script.then, Then::Reset) {
        let _ = stream.set_zero_linger();
    }
}

/// Reads to the empty line; a TLS handshake has none, and its first bytes count as a request.
async fn read_head(stream: &mut TcpStream) -> bool {
    let mut head = Vec::new();
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        match stream.read_buf(&mut head).await {
            Ok(n) if n > 0 && head.len() < 65_536 => {}
            _ => return false,
        }
        if head.first() == Some(&0x16) {
            return true;
        }
    }
    true
}
