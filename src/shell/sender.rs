//! The one who talks to purge APIs: TLS, time-outs, retries, and never a word of the token.
//!
//! In: a [`Purger`] and a purge; out: how many calls it took, or a complaint. It follows no redirect (a token must not go
//! where an API points), retries a bounded number of times with jitter, and honors `Retry-After` as far as patience goes.

use super::Token;
use crate::cdn::{self, Account, Auth, Cdn, Next};
use crate::diag::{Code, Diagnostic};
use crate::model::Purge;
use http::HeaderMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// One CDN in front of an environment, with what it takes to purge it.
#[derive(Clone)]
pub struct Purger {
    /// Its dialect.
    pub cdn: &'static dyn Cdn,
    /// Where.
    pub account: Account,
    /// Who we are.
    pub token: Option<Token>,
}

/// Sees every purge request before it leaves (`true`) and after its answer is known (`false`).
pub type Watcher = Arc<dyn Fn(&cdn::Request, bool) + Send + Sync>;

/// How long and how often.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// For one answer.
    pub answer: Duration,
    /// For all attempts of one request together.
    pub total: Duration,
    /// How many attempts.
    pub attempts: u32,
    /// Before the second attempt; doubled before each further one.
    pub pause: Duration,
}

impl Default for Patience {
    /// A purge takes milliseconds; a minute of "not now" is a matter for the next command.
    fn default() -> Self {
        Self {
            answer: Duration::from_secs(10),
            total: Duration::from_mins(1),
            attempts: 5,
            pause: Duration::from_millis(250),
        }
    }
}

/// The sender. Cheap to keep, it holds the connections.
#[derive(Clone)]
pub struct Sender {
    /// Obeys `HTTPS_PROXY` and its relatives.
    proxied: reqwest::Client,
    /// For this machine: a proxy would look for the address on its own.
    direct: reqwest::Client,
    patience: Patience,
    watcher: Option<Watcher>,
}

/// An API's answer is a line or two.
const LARGEST_REPLY: usize = 64 * 1024;

impl Sender {
    /// A sender with this patience.
    ///
    /// # Errors
    /// When the system's certificates cannot be read.
    pub fn new(patience: Patience) -> Result<Self, Diagnostic> {
        // Fails when somebody installed one before, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let builder = || {
            reqwest::Client::builder()
                .redirect(reqwest::redirect::Policy::none())
                .timeout(patience.answer)
                .connect_timeout(patience.answer.min(Duration::from_secs(5)))
                .user_agent(concat!("landing/", env!("CARGO_PKG_VERSION")))
        };
        let failed = |err: reqwest::Error| {
            Diagnostic::new(Code::PurgeRefused, format!("TLS cannot be set up: {}", chain(&err)))
                .hint("see that the system's certificates are installed")
        };
        let proxied = builder().build().map_err(failed)?;
        let direct = builder().no_proxy().build().map_err(failed)?;
        Ok(Self { proxied, direct, patience, watcher: None })
    }

    /// The same, with every request shown to `watcher`.
    #[must_use]
    pub fn watched(mut self, watcher: Watcher) -> Self {
        self.watcher = Some(watcher);
        self
    }

    /// Purges. Gives the number of calls that were accepted.
    ///
    /// # Errors
    /// When one was refused, or nobody answered as long as patience lasted. What came before it is purged, what comes
    /// after it is not: the caller still owes all of it.
    pub async fn purge(&self, purger: &Purger, purge: &Purge, now: jiff::Timestamp) -> Result<u64, Diagnostic> {
        let mut calls = 0;
        for request in purger.cdn.requests(&purger.account, purge, now) {
            self.insist(purger, &request).await?;
            calls += 1;
        }
        Ok(calls)
    }

    async fn insist(&self, purger: &Purger, request: &cdn::Request) -> Result<(), Diagnostic> {
        let started = Instant::now();
        let mut pause = self.patience.pause;
        for attempt in 1.. {
            let (wait, why) = match self.send(request, purger.token.as_ref()).await {
                Ok(reply) => match purger.cdn.read(&reply) {
                    Ok(Next::Done) => return Ok(()),
                    Ok(Next::Again(after)) => (after.unwrap_or(pause).max(pause), format!("status {}", reply.status)),
                    Err(refusal) => {
                        return Err(refused(purger, &format!("status {}: {}", refusal.status, refusal.message)));
                    }
                },
                Err(why) => (pause, why),
            };
            if attempt >= self.patience.attempts || started.elapsed() + wait > self.patience.total {
                return Err(refused(purger, &why));
            }
            tokio::time::sleep(jittered(wait)).await;
            pause *= 2;
        }
        unreachable!("the loop ends by returning")
    }

    async fn send(&self, request: &cdn::Request, token: Option<&Token>) -> Result<cdn::Reply, String> {
        let client = if is_here(&request.url) { &self.direct } else { &self.proxied };
        let method = reqwest::Method::from_bytes(request.method.as_bytes()).map_err(|err| err.to_string())?;
        let mut builder = client.request(method, &request.url).body(request.body.clone());
        for (name, value) in &request.headers {
            builder = builder.header(*name, value);
        }
        if let Some(token) = token {
            builder = match request.auth {
                Auth::Bearer => builder.bearer_auth(token.expose()),
            };
        }
        self.show(request, true);
        let reply = read(builder).await;
        self.show(request, false);
        let redact = |text: String| token.map_or(text.clone(), |token| token.redact(&text));
        reply.map(|reply| cdn::Reply { body: redact(reply.body), ..reply }).map_err(|err| redact(chain(&err)))
    }

    fn show(&self, request: &cdn::Request, before: bool) {
        if let Some(watcher) = &self.watcher {
            watcher(request, before);
        }
    }
}

async fn read(builder: reqwest::RequestBuilder) -> Result<cdn::Reply, reqwest::Error> {
    let mut response = builder.send().await?;
    let status = response.status().as_u16();
    let retry_after = retry_after(response.headers()).map(|wait| wait.as_secs());
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        let room = LARGEST_REPLY - body.len();
        body.extend_from_slice(&chunk[..chunk.len().min(room)]);
        if body.len() == LARGEST_REPLY {
            break;
        }
    }
    Ok(cdn::Reply { status, retry_after, body: String::from_utf8_lossy(&body).into_owned() })
}

fn refused(purger: &Purger, why: &str) -> Diagnostic {
    let api = purger.account.api.as_deref().unwrap_or(&purger.account.url);
    let id = purger.cdn.id();
    Diagnostic::new(Code::PurgeRefused, format!("the CDN `{id}` at {api} did not purge: {why}"))
        .hint("the purge stays owed: any later command pays it, or `landing purge ENV --pending`")
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read as _, Write as _};
    use std::sync::Mutex;

    /// A server that gives these answers, one per connection, and remembers what it was asked.
    struct Script {
        url: String,
        asked: Arc<Mutex<Vec<String>>>,
        task: Option<std::thread::JoinHandle<()>>,
    }

    impl Script {
        fn start(answers: &'static [&'static str]) -> Self {
            let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
            let url = format!("http://{}", listener.local_addr().unwrap());
            let asked = Arc::new(Mutex::new(Vec::new()));
            let log = Arc::clone(&asked);
            let task = std::thread::spawn(move || {
                for answer in answers {
                    let (mut stream, _) = listener.accept().unwrap();
                    let mut request = Vec::new();
                    let mut part = [0; 1024];
                    while !request.ends_with(b"}") {
                        let read = stream.read(&mut part).unwrap();
                        request.extend_from_slice(&part[..read]);
                    }
                    log.lock().unwrap().push(String::from_utf8(request).unwrap());
                    stream.write_all(answer.as_bytes()).unwrap();
                }
            });
            Self { url, asked, task: Some(task) }
        }

        fn purge(mut self) -> (Result<u64, Diagnostic>, Vec<String>) {
            let patience =
                Patience { pause: Duration::from_millis(1), total: Duration::from_secs(5), ..Patience::default() };
            let purger = Purger {
                cdn: cdn::find("edge").unwrap(),
                account: Account { url: "http://nobody.invalid".to_owned(), api: Some(self.url.clone()) },
                token: Token::new("s3cr3t"),
            };
            let purge = Purge { tags: ["error".to_owned()].into(), ..Purge::default() };
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            let sender = Sender::new(patience).unwrap();
            let result = runtime.block_on(sender.purge(&purger, &purge, jiff::Timestamp::UNIX_EPOCH));
            self.task.take().unwrap().join().unwrap();
            (result, std::mem::take(&mut self.asked.lock().unwrap()))
        }
    }

    const DONE: &str = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 12\r\n\r\n{\"purged\":1}";
    const BUSY: &str = "HTTP/1.1 429 Slow Down\r\nconnection: close\r\nretry-after: 0\r\ncontent-length: 0\r\n\r\n";

    #[test]
    fn what_a_server_asks_to_wait_is_read_in_both_forms_and_overflows_nothing() {
        let said = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert("retry-after", value.parse().unwrap());
            retry_after(&headers)
        };
        let soon = httpdate::fmt_http_date(std::time::SystemTime::now() + Duration::from_mins(1));
        assert!((55..=60).contains(&said(&soon).unwrap().as_secs()));
        assert_eq!(said(" 7 "), Some(Duration::from_secs(7)));
        assert_eq!(said("18446744073709551615"), Some(Duration::from_hours(24)));
        assert_eq!(jittered(said("18446744073709551615").unwrap()).as_secs() / 86_400, 1);
        assert_eq!((said("yesterday"), said("-1")), (None, None));
    }

    #[test]
    fn a_purge_carries_the_token_and_is_asked_again_when_the_api_is_busy() {
        let (result, asked) = Script::start(&[BUSY, "", DONE]).purge();
        assert_eq!(result, Ok(1));
        assert_eq!(asked.len(), 3);
        assert!(asked[2].starts_with("POST /.well-known/landing-edge/purge HTTP/1.1\r\n"), "{}", asked[2]);
        assert!(asked[2].contains("authorization: Bearer s3cr3t\r\n"), "{}", asked[2]);
    }

    #[test]
    fn a_refusal_is_not_asked_again_and_does_not_repeat_the_token() {
        const NO: &str = "HTTP/1.1 403 No\r\nconnection: close\r\ncontent-length: 15\r\n\r\ns3cr3t is wrong";
        let (result, asked) = Script::start(&[NO]).purge();
        let err = result.unwrap_err();
        assert_eq!((asked.len(), err.code), (1, Code::PurgeRefused));
        assert!(err.message.contains("status 403: … is wrong") && !err.to_string().contains("s3cr3t"), "{err}");
    }

    #[test]
    fn an_api_that_asks_for_more_patience_than_there_is_gets_none() {
        const LONG: &str = "HTTP/1.1 429 Later\r\nconnection: close\r\nretry-after: 3600\r\ncontent-length: 0\r\n\r\n";
        let (result, _) = Script::start(&[LONG]).purge();
        assert!(result.unwrap_err().message.contains("status 429"));
    }

    #[test]
    fn a_redirect_is_not_followed() {
        const AWAY: &str =
            "HTTP/1.1 307 Away\r\nconnection: close\r\nlocation: http://example.com/\r\ncontent-length: 0\r\n\r\n";
        let (result, _) = Script::start(&[AWAY]).purge();
        assert!(result.unwrap_err().message.contains("status 307"));
    }

    #[test]
    fn nobody_there_is_said_with_its_reason() {
        let (result, _) = Script::start(&[]).purge();
        assert!(result.unwrap_err().message.to_lowercase().contains("refused"));
    }
}
