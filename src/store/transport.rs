//! Requests to a store's service: time-outs, and patience with a service that is busy.
//!
//! One wrapper around the client for all vendors, and the only place where a request is repeated: patience on two floors
//! multiplies. A read or a deletion is asked again after 429, 5xx, no answer or half of one, with jittered pauses and as
//! `Retry-After` says, until the time of one request is up; a write only after an answer that says that it was not carried out
//! (429, 503), and the head never: whoever swaps it must know what happened. It notes what the service says of itself: its
//! clock, its region.

use crate::model::Head;
use crate::shell::sender::{jittered, retry_after};
use http::{Method, StatusCode};
use object_store::ClientOptions;
use object_store::client::{HttpClient, HttpConnector, HttpError, HttpRequest, HttpResponse, HttpService};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// How often, and how long before the second time; doubled before each further one.
const ATTEMPTS: u32 = 5;
const PAUSE: Duration = Duration::from_millis(200);

/// What a service said of itself in passing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Traits {
    /// Seconds by which its clock is ahead of ours.
    pub ahead: Option<i64>,
    /// Where the bucket is, when the service says so.
    pub region: Option<String>,
}

/// Makes the clients, and keeps what they heard.
#[derive(Clone, Debug)]
pub(super) struct Transport {
    /// For one request, all attempts together.
    pub(super) within: Duration,
    pub(super) heard: Arc<Mutex<Traits>>,
    /// Loopback: a proxy would look for the address on its own.
    pub(super) direct: bool,
}

impl HttpConnector for Transport {
    fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
        // Fails when somebody installed one before, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let builder = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(self.within)
            .connect_timeout(self.within.min(Duration::from_secs(5)))
            .user_agent(concat!("landing/", env!("CARGO_PKG_VERSION")));
        let builder = if self.direct { builder.no_proxy() } else { builder };
        let client =
            builder.build().map_err(|err| object_store::Error::Generic { store: "TLS", source: err.into() })?;
        Ok(HttpClient::new(Patient { client: HttpClient::new(client), transport: self.clone() }))
    }
}

#[derive(Debug)]
struct Patient {
    client: HttpClient,
    transport: Transport,
}

#[async_trait::async_trait]
impl HttpService for Patient {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let deadline = Instant::now() + self.transport.within;
        let mut pause = PAUSE;
        for _ in 1..ATTEMPTS {
            let answer = self.whole(request.clone()).await;
            if let Ok(answer) = &answer {
                self.transport.hear(answer);
            }
            let Some(asked) = again(&request, &answer) else { return answer };
            let wait = jittered(asked.max(pause));
            if Instant::now() + wait >= deadline {
                return answer;
            }
            tokio::time::sleep(wait).await;
            pause *= 2;
        }
        self.whole(request).await
    }
}

impl Patient {
    /// An answer with all of its body: a connection may break in the midst of it.
    async fn whole(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let (parts, body) = self.client.execute(request).await?.into_parts();
        Ok(HttpResponse::from_parts(parts, body.bytes().await?.into()))
    }
}

impl Transport {
    fn hear(&self, answer: &HttpResponse) {
        let field = |name: &str| answer.headers().get(name).and_then(|value| value.to_str().ok());
        let date = field("date").and_then(|date| httpdate::parse_http_date(date).ok());
        let mut heard = self.heard.lock().expect("nobody panics while holding what was heard");
        if let Some(date) = date.and_then(|date| jiff::Timestamp::try_from(date).ok()) {
            heard.ahead = Some(date.as_second() - jiff::Timestamp::now().as_second());
        }
        if let Some(region) = field("x-amz-bucket-region") {
            heard.region = Some(region.to_owned());
        }
    }
}

/// How long to wait at least before the request is made again; `None` when it must not be.
fn again(request: &HttpRequest, answer: &Result<HttpResponse, HttpError>) -> Option<Duration> {
    let safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::DELETE);
    let Ok(answer) = answer else { return safe.then_some(Duration::ZERO) };
    let refused = matches!(answer.status(), StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE);
    let repeatable = refused && !is_head(request.uri().path());
    let worth = (safe && (refused || answer.status().is_server_error())) || repeatable;
    worth.then(|| retry_after(answer.headers()).unwrap_or_default())
}

/// The one object whose writer must know what happened.
fn is_head(path: &str) -> bool {
    path.ends_with(&format!("/{}", Head::key()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use object_store::client::{HttpRequestBody, HttpResponseBody};

    fn asks_again(method: Method, path: &str, status: u16, field: &str) -> Option<Duration> {
        let request = http::Request::builder().method(method).uri(format!("http://store{path}"));
        let request = request.body(HttpRequestBody::empty()).unwrap();
        let answer = http::Response::builder().status(status).header("retry-after", field);
        let answer = answer.body(HttpResponseBody::from(bytes::Bytes::new())).unwrap();
        again(&request, &Ok(answer))
    }

    #[test]
    fn a_read_is_asked_again_and_the_head_is_never_written_again() {
        let seconds = |n| Some(Duration::from_secs(n));
        assert_eq!(asks_again(Method::GET, "/b/.landing/head", 503, "2"), seconds(2));
        assert_eq!(asks_again(Method::GET, "/b/a", 500, ""), seconds(0));
        assert_eq!(asks_again(Method::GET, "/b/a", 404, "2"), None);
        assert_eq!(asks_again(Method::PUT, "/b/assets/a", 429, "7"), seconds(7));
        assert_eq!(asks_again(Method::PUT, "/b/assets/a", 500, "7"), None);
        assert_eq!(asks_again(Method::PUT, "/b/.landing/head", 503, "2"), None);
    }
}
