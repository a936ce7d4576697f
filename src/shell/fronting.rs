//! Which edge stands in front of an environment whose provider is `edge`: the one that listens at its address, or one of
//! our own in this process.
//!
//! A listener is used only when it says that it is this store's edge and accepts this project's token: a purge that went to
//! somebody else's cache would prove nothing. Any other listener is left alone and is an error.

use super::Token;
use crate::diag::{Code, Diagnostic};
use crate::model::{CONTROL, Environment, StoreUrl, UrlPath};
use crate::serve::{self, ADMIN, EdgeOptions, Front};
use crate::store::Store;
use serde::Deserialize;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

/// The edge that is used.
pub enum Fronting {
    /// One that was already running at the address of the environment.
    Running,
    /// One of our own; it ends with this process.
    Ours(Box<Front>),
}

/// Two commands that begin at once may both find nobody there; the one that is too late looks again.
const ATTEMPTS: usize = 5;

/// Finds the edge of an environment, or starts one.
pub async fn fronting(
    project: &Path,
    environment: &Environment,
    store: &Store,
    token: &Token,
) -> Result<Fronting, Diagnostic> {
    let name = identity(project, &environment.store);
    let listen = address(environment)?;
    for attempt in 1.. {
        if handshake(environment, &name, token).await? {
            return Ok(Fronting::Running);
        }
        match serve::front(store.apart(), options(listen, &name, token)).await {
            Ok(front) => return Ok(Fronting::Ours(Box::new(front))),
            Err(err) if err.code == Code::PortInUse && attempt < ATTEMPTS => {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            Err(err) => return Err(err),
        }
    }
    unreachable!("the last attempt returns")
}

/// The options of an environment's own edge; [`serve::front`] fills in its origin.
pub fn options(listen: SocketAddr, name: &str, token: &Token) -> EdgeOptions {
    EdgeOptions {
        store: Some(name.to_owned()),
        fallback: UrlPath::parse("/error.html").ok(),
        ..EdgeOptions::new(listen, String::new(), token.expose())
    }
}

/// A name for a store that no other project's store has.
pub fn identity(project: &Path, store: &StoreUrl) -> String {
    match store {
        StoreUrl::Dir(path) => {
            let folder = project.join(path);
            format!("dir:{}", folder.canonicalize().unwrap_or(folder).display())
        }
        StoreUrl::Cloud { .. } => store.to_string(),
        StoreUrl::Memory => format!("memory:{}", std::process::id()),
    }
}

/// Where an environment's edge listens.
pub fn address(environment: &Environment) -> Result<SocketAddr, Diagnostic> {
    let not_here = || {
        Diagnostic::new(
            Code::BadValue,
            format!("the edge of `{}` cannot listen on `{}`", environment.name, environment.url),
        )
        .hint("the provider `edge` runs on this machine: write `url = \"http://127.0.0.1:8788\"`")
    };
    let url = url::Url::parse(&environment.url).map_err(|_| not_here())?;
    let port = url.port_or_known_default().ok_or_else(not_here)?;
    let host = match url.host() {
        Some(url::Host::Ipv4(ip)) => ip.into(),
        Some(url::Host::Ipv6(ip)) => ip.into(),
        Some(url::Host::Domain("localhost")) => std::net::Ipv4Addr::LOCALHOST.into(),
        _ => return Err(not_here()),
    };
    if url.scheme() == "http" { Ok(SocketAddr::new(host, port)) } else { Err(not_here()) }
}

/// What an edge says of itself to whoever has its token.
#[derive(Deserialize)]
struct Status {
    edge: String,
    store: Option<String>,
}

/// Whether this store's edge listens there; `false` when nobody does.
async fn handshake(environment: &Environment, name: &str, token: &Token) -> Result<bool, Diagnostic> {
    let client = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(3)).build();
    let client = client.map_err(|err| Diagnostic::new(Code::Bug, format!("no HTTP client: {err}")))?;
    let request = client.get(format!("{}{ADMIN}status", environment.url)).bearer_auth(token.expose());
    let answer = match request.send().await {
        Err(err) if err.is_connect() => return Ok(false),
        answer => answer.ok(),
    };
    let status: Option<Status> = match answer {
        Some(answer) if answer.status().is_success() => {
            answer.bytes().await.ok().and_then(|raw| serde_json::from_slice(&raw).ok())
        }
        _ => None,
    };
    match status {
        Some(status) if status.edge == "landing" && status.store.as_deref() == Some(name) => Ok(true),
        Some(status) if status.edge == "landing" => Err(stranger(environment, "it is the edge of another store")),
        _ => Err(stranger(environment, &format!("it does not know the token in `{CONTROL}/edge-token`"))),
    }
}

fn stranger(environment: &Environment, why: &str) -> Diagnostic {
    let Environment { name, url, .. } = environment;
    Diagnostic::new(Code::EdgeRefused, format!("what listens at {url} is not the edge of `{name}`: {why}"))
        .hint(format!("stop it, or set another `url` in `[env.{name}]`"))
}
