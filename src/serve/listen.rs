//! Listening: one loop for both servers, with limits against clients that are slow, many or large.

use super::body::Body;
use super::patience::Patient;
use crate::diag::{Code, Diagnostic};
use http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::{JoinHandle, JoinSet};

/// What a client may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Connections at once; further ones wait in the kernel's queue.
    pub connections: usize,
    /// Bytes of a request's header.
    pub header_bytes: usize,
    /// Fields in a request's header.
    pub header_fields: usize,
    /// How long a request's header may take, and how long a connection may idle.
    pub header_within: Duration,
    /// How long an answer may lie unread.
    pub unread_for: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 4_096,
            header_bytes: 32 * 1024,
            header_fields: 100,
            header_within: Duration::from_secs(15),
            unread_for: Duration::from_secs(30),
        }
    }
}

/// Whoever answers.
pub(super) trait Answer: Send + Sync + 'static {
    /// Answers a request.
    fn answer(
        self: Arc<Self>,
        request: Request<Incoming>,
        peer: SocketAddr,
    ) -> impl Future<Output = Response<Body>> + Send;
}

/// A server that runs until it is stopped or dropped.
pub(super) struct Listening {
    pub(super) address: SocketAddr,
    close: watch::Sender<bool>,
    task: JoinHandle<()>,
}

/// Takes an address.
pub(super) async fn bind(address: SocketAddr) -> Result<(TcpListener, SocketAddr), Diagnostic> {
    let refused = |err: std::io::Error| match err.kind() {
        ErrorKind::AddrInUse => Diagnostic::new(Code::PortInUse, format!("`{address}` is taken by another program"))
            .hint("stop that program, or choose another address with `--listen`"),
        _ => Diagnostic::new(Code::CannotListen, format!("cannot listen on `{address}`: {err}"))
            .hint("choose an address of this machine and a port above 1023"),
    };
    let listener = TcpListener::bind(address).await.map_err(refused)?;
    let bound = listener.local_addr().map_err(refused)?;
    Ok((listener, bound))
}

/// Answers whoever connects.
pub(super) fn serve(listener: TcpListener, address: SocketAddr, answer: Arc<impl Answer>, limits: Limits) -> Listening {
    let (close, closing) = watch::channel(false);
    let task = tokio::spawn(accept(listener, answer, limits, closing));
    Listening { address, close, task }
}

impl Listening {
    /// Takes no more connections, lets what is being answered end within a second, then ends.
    pub(super) async fn stop(self) {
        self.close.send_replace(true);
        // The task does not panic, and if it did there would be nothing left to stop.
        _ = self.task.await;
    }
}

async fn accept(listener: TcpListener, answer: Arc<impl Answer>, limits: Limits, mut closing: watch::Receiver<bool>) {
    let seats = Arc::new(Semaphore::new(limits.connections));
    let mut connections = JoinSet::new();
    loop {
        let seat = Arc::clone(&seats).acquire_owned();
        let next = async {
            let seat = seat.await.expect("the semaphore is never closed");
            (listener.accept().await, seat)
        };
        tokio::select! {
            (accepted, seat) = next => match accepted {
                Ok((stream, peer)) => {
                    let serving = connection(stream, peer, Arc::clone(&answer), limits, closing.clone());
                    connections.spawn(async move { serving.await; drop(seat); });
                }
                // Out of file descriptors, or a client that left before it was served: wait for better times.
                Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
            },
            Some(_) = connections.join_next() => {}
            _ = closing.changed() => break,
        }
    }
    drop(listener);
    let ended = async { while connections.join_next().await.is_some() {} };
    // What has not ended by then is cut off when the set is dropped.
    _ = tokio::time::timeout(Duration::from_secs(1), ended).await;
}

async fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    answer: Arc<impl Answer>,
    limits: Limits,
    mut closing: watch::Receiver<bool>,
) {
    // Without it a small answer may wait for the acknowledgement of the one before; a failure costs only speed.
    _ = stream.set_nodelay(true);
    let service = service_fn(move |request| {
        let answer = Arc::clone(&answer);
        async move { Ok::<_, Infallible>(answer.answer(request, peer).await) }
    });
    let serving = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.header_within)
        .max_buf_size(limits.header_bytes)
        .max_headers(limits.header_fields)
        .serve_connection(TokioIo::new(Patient::new(stream, limits.unread_for)), service);
    let mut serving = std::pin::pin!(serving);
    // A client that breaks off is its own business: nothing here depends on how a connection ends.
    tokio::select! {
        _ = serving.as_mut() => {}
        _ = closing.changed() => {
            serving.as_mut().graceful_shutdown();
            _ = serving.await;
        }
    }
}
