//! The one who talks to purge APIs: TLS, time-outs, rates, retries, polling, and never a word of a secret.
//!
//! In: a [`Purger`] and a purge; out: how many calls it took, or a complaint. It follows no redirect (a secret must not go
//! where an API points), keeps to the provider's rates, retries a bounded number of times with jitter, honors `Retry-After`
//! as far as patience goes, and follows an operation to its end. Time is a [`Clock`], so that a test need not wait.

mod bucket;
mod clock;
mod wire;

pub use clock::{Clock, System};
pub(crate) use wire::{is_here, jittered, retry_after};

use super::Token;
use crate::cdn::{self, Account, Cdn, Next, Plan};
use crate::diag::{Code, Diagnostic};
use crate::model::{Purge, Widen};
use bucket::Buckets;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use wire::Wire;

/// One CDN in front of an environment, with what it takes to purge it.
#[derive(Clone)]
pub struct Purger {
    /// Its dialect.
    pub cdn: &'static dyn Cdn,
    /// Where.
    pub account: Account,
    /// Who we are, by the names that the dialect uses.
    pub secrets: BTreeMap<String, Token>,
    /// How far a purge may reach beyond what changed.
    pub widen: Widen,
}

impl Purger {
    /// One that is asked with a token, or with nothing.
    pub fn new(cdn: &'static dyn Cdn, account: Account, token: Option<Token>) -> Self {
        let secrets = token.map(|token| ("token".to_owned(), token)).into_iter().collect();
        Self { cdn, account, secrets, widen: Widen::default() }
    }

    /// The same with the secrets that may change settings, where there are some of their own: `settings_token` in the place of `token`.
    /// Where there are, none of the others goes along: a session token belongs to its own key.
    #[must_use]
    pub fn for_settings(mut self) -> Self {
        let own = self.secrets.iter().filter_map(|(name, token)| Some((name.strip_prefix("settings_")?, token)));
        let own: BTreeMap<String, Token> = own.map(|(name, token)| (name.to_owned(), token.clone())).collect();
        if !own.is_empty() {
            self.secrets = own;
        }
        self
    }

    /// What it will be asked.
    pub fn plan(&self, purge: &Purge) -> Plan {
        cdn::plan(self.cdn, &self.account, purge, self.widen)
    }
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
    /// For an operation that was accepted to be finished.
    pub completion: Duration,
    /// For all requests of one purge, as the provider's rates make them wait.
    pub whole: Duration,
}

impl Default for Patience {
    /// A purge takes milliseconds; a minute of "not now" is a matter for the next command. Ten minutes is what Azure names
    /// and CloudFront's own waiter waits for.
    fn default() -> Self {
        Self {
            answer: Duration::from_secs(10),
            total: Duration::from_mins(1),
            attempts: 5,
            pause: Duration::from_millis(250),
            completion: Duration::from_mins(10),
            whole: Duration::from_hours(1),
        }
    }
}

/// The sender. Cheap to keep, it holds the connections.
#[derive(Clone)]
pub struct Sender {
    wire: Wire,
    patience: Patience,
    clock: Arc<dyn Clock>,
    buckets: Arc<Mutex<Buckets>>,
}

impl Sender {
    /// A sender with this patience.
    ///
    /// # Errors
    /// When the system's certificates cannot be read.
    pub fn new(patience: Patience) -> Result<Self, Diagnostic> {
        let (wire, clock) = (Wire::new(patience.answer)?, Arc::new(System::default()));
        Ok(Self { wire, patience, clock, buckets: Arc::default() })
    }

    /// The same, with every request shown to `watcher`.
    #[must_use]
    pub fn watched(mut self, watcher: Watcher) -> Self {
        self.wire.watcher = Some(watcher);
        self
    }

    /// The same in another time.
    #[must_use]
    pub fn timed(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Purges. Gives the number of calls that were accepted.
    ///
    /// # Errors
    /// When one was refused, or nobody answered as long as patience lasted. What came before it is purged, what comes
    /// after it is not: the caller still owes all of it.
    pub async fn purge(&self, purger: &Purger, purge: &Purge, now: jiff::Timestamp) -> Result<u64, Diagnostic> {
        purger.cdn.check(&purger.account).map_err(|why| refused(purger, &why))?;
        let plan = purger.plan(purge);
        if plan.time > self.patience.whole {
            let minutes = plan.time.as_secs().div_ceil(60);
            return Err(refused(purger, &format!("by its own rates this purge takes {minutes} min")));
        }
        let mut calls = 0;
        for call in &plan.calls {
            let wait = self.buckets.lock().expect("nobody panics while holding the buckets").take(
                purger,
                call,
                self.clock.elapsed(),
            );
            self.clock.sleep(wait).await;
            for request in purger.cdn.requests(&purger.account, call, now) {
                self.clock.sleep(request.after).await;
                Box::pin(self.insist(purger, request)).await?;
                calls += 1;
            }
        }
        Ok(calls)
    }

    /// Asks something that is no purge: an answer is an answer, whatever its status, unless it is "not now".
    ///
    /// # Errors
    /// When it cannot be signed, or nobody answers as long as patience lasts.
    pub async fn ask(&self, purger: &Purger, request: &cdn::Request) -> Result<cdn::Reply, Diagnostic> {
        let mut attempts = Attempts::new(self.patience, self.clock.elapsed());
        loop {
            let (wait, why) = match Box::pin(self.wire.send(purger, request, &*self.clock)).await {
                Ok(reply) => match reply.by_status() {
                    Ok(Next::Again(after)) => (after, format!("status {}", reply.status)),
                    _ => return Ok(reply),
                },
                Err(wire::Failed::Unsigned(why)) => return Err(unanswered(purger, &why.to_string())),
                Err(wire::Failed::Unsent(why)) => (None, why),
            };
            match attempts.next(wait, self.clock.elapsed()) {
                Some(pause) => self.clock.sleep(jittered(pause)).await,
                None => return Err(unanswered(purger, &why)),
            }
        }
    }

    /// One request, until it is done.
    async fn insist(&self, purger: &Purger, mut request: cdn::Request) -> Result<(), Diagnostic> {
        let mut attempts = Attempts::new(self.patience, self.clock.elapsed());
        let mut followed = None;
        loop {
            let (wait, why) = match self.wire.send(purger, &request, &*self.clock).await {
                Ok(reply) => match purger.cdn.read(&purger.account, &request, &reply) {
                    Ok(Next::Done) => return Ok(()),
                    Ok(Next::Again(after)) => (after, format!("status {}", reply.status)),
                    Ok(Next::Instead(other)) => {
                        request = *other;
                        continue;
                    }
                    Ok(Next::Poll(poll)) => {
                        let since = *followed.get_or_insert(self.clock.elapsed());
                        if self.clock.elapsed() + poll.after > since + self.patience.completion {
                            let minutes = self.patience.completion.as_secs() / 60;
                            return Err(refused(purger, &format!("accepted, but not finished within {minutes} min")));
                        }
                        self.clock.sleep(poll.after).await;
                        request = *poll;
                        attempts = Attempts::new(self.patience, self.clock.elapsed());
                        continue;
                    }
                    Err(no) => return Err(refused(purger, &format!("status {}: {}", no.status, no.message))),
                },
                Err(wire::Failed::Unsigned(why)) => return Err(refused(purger, &why.to_string())),
                Err(wire::Failed::Unsent(why)) => (None, why),
            };
            match attempts.next(wait, self.clock.elapsed()) {
                Some(pause) => self.clock.sleep(jittered(pause)).await,
                None => return Err(refused(purger, &why)),
            }
        }
    }
}

/// How often one request was tried, and how long.
struct Attempts {
    patience: Patience,
    started: Duration,
    made: u32,
    pause: Duration,
}

impl Attempts {
    fn new(patience: Patience, now: Duration) -> Self {
        Self { patience, started: now, made: 0, pause: patience.pause }
    }

    /// How long to wait before the next one, if there is to be one.
    fn next(&mut self, asked: Option<Duration>, now: Duration) -> Option<Duration> {
        self.made += 1;
        let wait = asked.unwrap_or(self.pause).max(self.pause);
        self.pause *= 2;
        let spent = now.saturating_sub(self.started) + wait;
        (self.made < self.patience.attempts && spent <= self.patience.total).then_some(wait)
    }
}

fn unanswered(purger: &Purger, why: &str) -> Diagnostic {
    Diagnostic::new(
        Code::CdnSettings,
        format!("the CDN `{}` gave no answer about its settings: {why}", purger.cdn.id()),
    )
    .hint("try again; nothing is owed")
}

fn refused(purger: &Purger, why: &str) -> Diagnostic {
    let id = purger.cdn.id();
    let at = purger.account.api.as_deref().unwrap_or(&purger.account.url);
    Diagnostic::new(Code::PurgeRefused, format!("the CDN `{id}` of {at} did not purge: {why}"))
        .hint("the purge stays owed: any later command pays it, or `landing purge ENV --pending`")
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderMap;
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
            let account = Account { api: Some(self.url.clone()), ..Account::at("http://nobody.invalid") };
            let purger = Purger::new(cdn::find("edge").unwrap(), account, Token::new("s3cr3t"));
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
