//! A bucket that is hard to please: it looks at date, region and token of each signed request as Amazon's does, and may refuse to
//! write. It keeps nothing. The answers are those of the S3 API reference ("Error responses"); who checks signatures is moto.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What is wrong with it, or with whoever asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Temper {
    /// Nothing, but it is of another region.
    Elsewhere,
    /// Its clock is an hour ahead.
    AnHourAhead,
    /// No session is younger than its time; it repeats the token, as Amazon does.
    Expired,
    /// There is no such bucket.
    NoBucket,
    /// Reading is allowed.
    ReadOnly,
    /// There is no room.
    Full,
    /// Its answers are pages of a proxy that repeats the request, secrets and all.
    Gossip,
}

/// The server. Dropped, it ends.
pub(crate) struct Bucket {
    pub(crate) endpoint: String,
    pub(crate) temper: Arc<Mutex<Temper>>,
    stop: Arc<AtomicBool>,
    task: Option<std::thread::JoinHandle<()>>,
}

impl Bucket {
    pub(crate) fn start(temper: Temper) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let (temper, stop) = (Arc::new(Mutex::new(temper)), Arc::new(AtomicBool::new(false)));
        let (mood, ended) = (Arc::clone(&temper), Arc::clone(&stop));
        let task = std::thread::spawn(move || {
            for stream in listener.incoming() {
                if ended.load(Ordering::SeqCst) {
                    return;
                }
                let temper = *mood.lock().unwrap();
                let _ = stream.and_then(|stream| answer(stream, temper));
            }
        });
        Self { endpoint, temper, stop, task: Some(task) }
    }
}

impl Drop for Bucket {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.endpoint.trim_start_matches("http://"));
        self.task.take().unwrap().join().unwrap();
    }
}

fn answer(mut stream: TcpStream, temper: Temper) -> std::io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    let mut request = Vec::new();
    let mut part = [0; 16 * 1024];
    loop {
        let read = stream.read(&mut part)?;
        request.extend_from_slice(&part[..read]);
        let text = String::from_utf8_lossy(&request).into_owned();
        let whole = text.split_once("\r\n\r\n").is_some_and(|(head, _)| {
            let length: usize = field(head, "content-length").and_then(|it| it.parse().ok()).unwrap_or(0);
            request.len() >= head.len() + 4 + length
        });
        if whole || read == 0 {
            let (status, body) = judge(&text, temper);
            let head = format!("HTTP/1.1 {status} X\r\nconnection: close\r\ncontent-type: application/xml\r\n");
            let date = httpdate::fmt_http_date(std::time::SystemTime::now());
            let length = body.len();
            return stream
                .write_all(format!("{head}date: {date}\r\ncontent-length: {length}\r\n\r\n{body}").as_bytes());
        }
    }
}

fn field(head: &str, name: &str) -> Option<String> {
    let lines = head.lines().filter_map(|line| line.split_once(':'));
    let mut found = lines.filter(|(it, _)| it.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim().to_owned());
    found.next()
}

/// Status and body, by the date, the scope and the token of a request.
fn judge(request: &str, temper: Temper) -> (u16, String) {
    let error = |status, code: &str, rest: &str| (status, format!("<Error><Code>{code}</Code>{rest}</Error>"));
    let said = |message: &str| format!("<Message>{message}</Message>");
    let authorization = field(request, "authorization").unwrap_or_default();
    let Some(scope) = authorization.strip_prefix("AWS4-HMAC-SHA256 Credential=") else {
        return error(403, "AccessDenied", &said("Access Denied"));
    };
    let region = scope.split('/').nth(2).unwrap_or_default();
    let now = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(i64::from(temper == Temper::AnHourAhead));
    let date = field(request, "x-amz-date").unwrap_or_default();
    let sent = jiff::civil::DateTime::strptime("%Y%m%dT%H%M%SZ", &date)
        .and_then(|it| it.to_zoned(jiff::tz::TimeZone::UTC))
        .ok();
    let skewed = sent.is_none_or(|sent| now.duration_since(sent.timestamp()).as_secs().abs() > 900);
    if temper == Temper::Elsewhere && region != "eu-west-3" {
        let wrong =
            format!("The authorization header is malformed; the region '{region}' is wrong; expecting 'eu-west-3'");
        return error(400, "AuthorizationHeaderMalformed", &format!("{}<Region>eu-west-3</Region>", said(&wrong)));
    }
    if skewed {
        let wrong = "The difference between the request time and the current time is too large.";
        return error(403, "RequestTimeTooSkewed", &said(wrong));
    }
    let put = request.starts_with("PUT ");
    match temper {
        Temper::Expired => {
            let token = field(request, "x-amz-security-token").unwrap_or_default();
            let rest = format!("{}<Token-0>{token}</Token-0>", said("The provided token has expired."));
            error(400, "ExpiredToken", &rest)
        }
        Temper::NoBucket => error(404, "NoSuchBucket", &said("The specified bucket does not exist")),
        Temper::ReadOnly if put => error(403, "AccessDenied", &said("Access Denied")),
        Temper::Full if put => error(403, "QuotaExceeded", &said("The quota set for the bucket has been exceeded.")),
        Temper::Gossip => (403, format!("<html><body>denied: {request}</body></html>")),
        _ if request.contains("list-type=2") => (
            200,
            "<ListBucketResult><Name>b</Name><Prefix></Prefix><KeyCount>0</KeyCount><MaxKeys>1000</MaxKeys><IsTruncated>false</IsTruncated></ListBucketResult>".to_owned(),
        ),
        _ => error(404, "NoSuchKey", &said("The specified key does not exist.")),
    }
}
