//! One request on the wire and its answer: the secrets go in here, and are taken out of whatever comes back.
//!
//! It decides nothing. A token that must be asked for first is kept until it is about to expire.

use super::{Clock, Purger, Watcher};
use crate::cdn::{self, Auth, Grant, Keys, Unsigned};
use crate::diag::{Code, Diagnostic};
use http::{HeaderMap, HeaderValue};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// An API's answer is a line or two; a service of Fastly's with a thousand versions, or a distribution with every behavior, half of this.
const LARGEST_REPLY: usize = 1024 * 1024;

/// Why there is no answer. The words hold no secret.
pub(super) enum Failed {
    /// It could not be signed.
    Unsigned(Unsigned),
    /// It did not get there, or no answer came.
    Unsent(String),
}

/// A token and until when it holds.
type Granted = (String, Duration);

#[derive(Clone)]
pub(super) struct Wire {
    /// Obeys `HTTPS_PROXY` and its relatives.
    proxied: reqwest::Client,
    /// For this machine: a proxy would look for the address on its own.
    direct: reqwest::Client,
    pub(super) watcher: Option<Watcher>,
    granted: Arc<Mutex<BTreeMap<String, Granted>>>,
}

impl Wire {
    pub(super) fn new(answer: Duration) -> Result<Self, Diagnostic> {
        // Fails when somebody installed one before, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let builder = || {
            reqwest::Client::builder()
                .redirect(reqwest::redirect::Policy::none())
                .timeout(answer)
                .connect_timeout(answer.min(Duration::from_secs(5)))
                .user_agent(concat!("landing/", env!("CARGO_PKG_VERSION")))
        };
        let failed = |err: reqwest::Error| {
            Diagnostic::new(Code::PurgeRefused, format!("TLS cannot be set up: {}", chain(&err)))
                .hint("see that the system's certificates are installed")
        };
        let proxied = builder().build().map_err(failed)?;
        let direct = builder().no_proxy().build().map_err(failed)?;
        Ok(Self { proxied, direct, watcher: None, granted: Arc::default() })
    }

    /// Signs, sends and reads.
    pub(super) async fn send(
        &self,
        purger: &Purger,
        request: &cdn::Request,
        clock: &dyn Clock,
    ) -> Result<cdn::Reply, Failed> {
        let mut secrets: BTreeMap<String, String> =
            purger.secrets.iter().map(|(name, token)| (name.clone(), token.expose().to_owned())).collect();
        if let Auth::OAuth(grant) = &request.auth
            && !secrets.contains_key("token")
        {
            let token = self.grant(purger, grant, clock).await?;
            secrets.insert("token".to_owned(), token);
        }
        let exposed: BTreeMap<String, &str> =
            secrets.iter().map(|(name, secret)| (name.clone(), secret.as_str())).collect();
        // Akamai refuses a nonce that it has seen.
        let nonce = format!("{:016x}", getrandom::u64().unwrap_or_default());
        let fields = request.auth.fields(request, Keys(&exposed), clock.now(), &nonce).map_err(Failed::Unsigned)?;
        let method =
            reqwest::Method::from_bytes(request.method.as_bytes()).map_err(|err| Failed::Unsent(err.to_string()))?;
        let mut builder = self.client(&request.url).request(method, &request.url).body(request.body.clone());
        for (name, value) in &request.headers {
            builder = builder.header(*name, value);
        }
        for (name, value) in fields {
            let mut value =
                HeaderValue::from_str(&value).map_err(|_| Failed::Unsigned(Unsigned::Malformed("token")))?;
            value.set_sensitive(true);
            builder = builder.header(name, value);
        }
        self.show(request, true);
        let reply = read(builder).await;
        self.show(request, false);
        let redact = |text: String| secrets.values().fold(text, |text, secret| redacted(&text, secret));
        let reply = reply.map_err(|err| Failed::Unsent(redact(chain(&err))))?;
        Ok(cdn::Reply { body: redact(reply.body), ..reply })
    }

    /// A token that is asked for, or the one from before.
    async fn grant(&self, purger: &Purger, grant: &Grant, clock: &dyn Clock) -> Result<String, Failed> {
        let key = format!("{} {grant:?}", purger.cdn.id());
        let kept = self.granted.lock().expect("nobody panics while holding the tokens").get(&key).cloned();
        if let Some((token, until)) = kept
            && clock.elapsed() < until
        {
            return Ok(token);
        }
        let secrets: BTreeMap<String, &str> =
            purger.secrets.iter().map(|(name, token)| (name.clone(), token.expose())).collect();
        let exchange = grant.exchange(Keys(&secrets), clock.now()).map_err(Failed::Unsigned)?;
        let form = self.client(&exchange.url).post(&exchange.url).body(exchange.form);
        let form = form.header("content-type", "application/x-www-form-urlencoded");
        let redact = |text: String| purger.secrets.values().fold(text, |text, token| token.redact(&text));
        let reply =
            read(form).await.map_err(|err| Failed::Unsent(redact(format!("no token was granted: {}", chain(&err)))))?;
        let (token, seconds) = Grant::read(&reply).map_err(|no| {
            Failed::Unsent(redact(format!("no token was granted: status {}: {}", no.status, no.message)))
        })?;
        let until = clock.elapsed() + Duration::from_secs(seconds.saturating_sub(60));
        self.granted.lock().expect("nobody panics while holding the tokens").insert(key, (token.clone(), until));
        Ok(token)
    }

    fn client(&self, url: &str) -> &reqwest::Client {
        if is_here(url) { &self.direct } else { &self.proxied }
    }

    fn show(&self, request: &cdn::Request, before: bool) {
        if let Some(watcher) = &self.watcher {
            watcher(request, before);
        }
    }
}

fn redacted(text: &str, secret: &str) -> String {
    if secret.is_empty() { text.to_owned() } else { text.replace(secret, "…") }
}

async fn read(builder: reqwest::RequestBuilder) -> Result<cdn::Reply, reqwest::Error> {
    let mut response = builder.send().await?;
    let status = response.status().as_u16();
    let retry_after = retry_after(response.headers()).map(|wait| wait.as_secs());
    let field = |name: &str| response.headers().get(name).and_then(|it| it.to_str().ok()).map(str::to_owned);
    let (location, etag) = (field("location"), field("etag"));
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        let room = LARGEST_REPLY - body.len();
        body.extend_from_slice(&chunk[..chunk.len().min(room)]);
        if body.len() == LARGEST_REPLY {
            break;
        }
    }
    Ok(cdn::Reply { status, retry_after, location, etag, body: String::from_utf8_lossy(&body).into_owned() })
}

/// Up to half of it more, so that many clients that were turned away do not come back together.
pub(crate) fn jittered(wait: Duration) -> Duration {
    let random = f64::from(getrandom::u32().unwrap_or(0)) / f64::from(u32::MAX);
    wait.mul_f64(1.0 + random / 2.0)
}

/// What `Retry-After` asks for, in seconds or as a date (RFC 9110, section 10.2.3). Nobody here waits for longer than a day, and a
/// number that means to overflow a clock is a day.
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    const LONGEST: Duration = Duration::from_hours(24);
    let field = headers.get("retry-after")?.to_str().ok()?.trim();
    let until = || httpdate::parse_http_date(field).ok()?.duration_since(std::time::SystemTime::now()).ok();
    field.parse().ok().map(Duration::from_secs).or_else(until).map(|wait| wait.min(LONGEST))
}

/// Whether an address is one of this machine's.
pub(crate) fn is_here(url: &str) -> bool {
    url::Url::parse(url).is_ok_and(|url| match url.host() {
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        Some(url::Host::Domain(name)) => name == "localhost",
        None => false,
    })
}

/// An error with its causes: `reqwest` says "error sending request" and keeps the reason below.
fn chain(err: &dyn std::error::Error) -> String {
    let causes: Vec<String> = std::iter::successors(Some(err), |err| err.source()).map(ToString::to_string).collect();
    causes.join(": ")
}
