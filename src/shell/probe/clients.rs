//! The HTTP clients of the probe, and what their errors mean in words.

use super::super::look::ask_names;
use super::ProbeOptions;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::error::Error;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

/// Who asks.
pub(in crate::shell) const AGENT: &str = concat!("landing/", env!("CARGO_PKG_VERSION"), " (verify)");

/// A client for the scheme that `base` does not have, where the port of `resolve` does not belong.
pub(super) fn client_for_other_scheme(options: &ProbeOptions, base: &url::Url) -> Result<reqwest::Client, String> {
    client(options, base, options.resolve.map(|server| SocketAddr::new(server.ip(), 0)))
}

/// A client that meets the host of `base` at one server, when one is named.
pub(super) fn client(
    options: &ProbeOptions,
    base: &url::Url,
    resolve: Option<SocketAddr>,
) -> Result<reqwest::Client, String> {
    let mut builder = reqwest::Client::builder()
        .user_agent(AGENT)
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(options.connect_timeout)
        .no_proxy();
    if let Some(proxy) = &options.proxy {
        builder = builder.proxy(reqwest::Proxy::all(proxy).map_err(|err| causes(&err))?);
    }
    if let Some(resolver) = options.resolver {
        builder = builder.dns_resolver(Arc::new(Named(resolver, options.connect_timeout)));
    }
    if let (Some(server), Some(host)) = (resolve, base.host_str()) {
        builder = builder.resolve(host, server);
    }
    builder.build().map_err(|err| causes(&err))
}

/// Finds hosts by one resolver.
struct Named(SocketAddr, Duration);

impl Resolve for Named {
    fn resolve(&self, name: Name) -> Resolving {
        let Self(resolver, timeout) = *self;
        Box::pin(async move {
            let names = ask_names(name.as_str(), Some(resolver), timeout).await?;
            let addresses = names.addresses.into_iter().map(|address| SocketAddr::new(address, 0));
            Ok(Box::new(addresses) as Addrs)
        })
    }
}

/// Why a request had no answer: the causes within, without the layers around them that say only which of them spoke
/// (`error sending request for url (…)`, `client error (Connect)`) and would fill the line with the address.
pub(super) fn causes(err: &reqwest::Error) -> String {
    let mut told: Vec<String> = Vec::new();
    let mut cause = err.source();
    while let Some(inner) = cause {
        let text = inner.to_string();
        let is_layer = text.starts_with("client error (") || text.starts_with("error sending request");
        // Some errors repeat what is within them.
        if !is_layer && !told.iter().any(|outer| outer.contains(&text)) {
            told.push(text);
        }
        cause = inner.source();
    }
    if told.is_empty() { err.to_string() } else { told.join(": ") }
}
