//! `Witness`: reads how many requests the origin has counted so far.
//!
//! In: a [`WitnessPlace`]; out: a number that only grows, or why there is none. What an address or a command answers is hostile: it is
//! read within bounds, and is a number or nothing.

use super::token::run;
use super::{Token, resolve};
use crate::diag::{Code, Diagnostic};
use crate::model::WitnessPlace;
use crate::text::harmless;
use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Duration;

/// For one reading.
const PATIENCE: Duration = Duration::from_secs(5);

/// More than varnishstat prints of all its counters (about 100 kB).
const LONGEST: usize = 1 << 20;

/// Who counts.
pub struct Witness {
    words: String,
    source: Source,
}

enum Source {
    Url { client: reqwest::Client, url: url::Url, token: Option<Token> },
    Log { path: PathBuf, read: Mutex<Tail> },
    Command { root: PathBuf, command: Vec<String> },
}

/// The end of a log, from where it was opened.
struct Tail {
    file: File,
    lines: u64,
}

/// One reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    /// Requests so far.
    pub count: u64,
    /// Those of them that each reading itself adds.
    pub own: u64,
}

impl Witness {
    /// Opens it; paths and commands are relative to `root`.
    ///
    /// # Errors
    /// When it cannot be read at all: no such log, no such secret, no address.
    pub fn open(root: &Path, place: &WitnessPlace) -> Result<Self, Diagnostic> {
        let source = match place {
            WitnessPlace::Url { url, token } => {
                let token = token.as_ref().map(|secret| resolve(root, secret)).transpose()?;
                return Self::at(url, token);
            }
            WitnessPlace::Log(path) => {
                let path = root.join(path);
                let file = tail(&path).map_err(|err| {
                    let wrong = format!("the log `{}` cannot be read: {err}", path.display());
                    Diagnostic::new(Code::UnreadableFile, wrong)
                        .hint("name the access log of the origin, and run where it is")
                })?;
                Source::Log { path, read: Mutex::new(Tail { file, lines: 0 }) }
            }
            WitnessPlace::Command(command) => Source::Command { root: root.to_owned(), command: command.clone() },
        };
        Ok(Self { words: place.words(), source })
    }

    /// An address that wants this token.
    ///
    /// # Errors
    /// When it is no address.
    pub fn at(url: &str, token: Option<Token>) -> Result<Self, Diagnostic> {
        let wrong =
            |why: String| Diagnostic::new(Code::BadValue, format!("`{}` cannot be asked: {why}", harmless(url)));
        let parsed = url::Url::parse(url).map_err(|err| wrong(err.to_string()))?;
        // A password in the address would stand in every report.
        if !parsed.username().is_empty() || parsed.password().is_some() {
            return Err(Diagnostic::new(Code::BadValue, "the address of the witness holds a name or a password")
                .hint("write `witness = { url = …, token = { env = \"NAME\" } }`"));
        }
        // The first one installed stays, and all of this program install `ring`.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client =
            reqwest::Client::builder().no_proxy().timeout(PATIENCE).redirect(reqwest::redirect::Policy::none());
        let client = client.build().map_err(|err| Diagnostic::new(Code::Bug, format!("no HTTP client: {err}")))?;
        let mut shown = parsed.clone();
        shown.set_query(None);
        shown.set_fragment(None);
        Ok(Self { words: shown.into(), source: Source::Url { client, url: parsed, token } })
    }

    /// Who counts, in words; without the query of an address, which may hold a key.
    pub fn words(&self) -> &str {
        &self.words
    }

    /// How many requests there were so far.
    ///
    /// # Errors
    /// Why nobody knows.
    pub async fn read(&self) -> Result<Reading, String> {
        match &self.source {
            Source::Url { client, url, token } => understood(&answer(client, url, token.as_ref()).await?),
            Source::Log { path, read } => read
                .lock()
                .expect("nobody panics while holding the log")
                .lines(path)
                .map(|count| Reading { count, own: 0 }),
            Source::Command { root, command } => {
                let (root, command) = (root.clone(), command.clone());
                let printed = tokio::task::spawn_blocking(move || run(&root, &command)).await;
                understood(&printed.map_err(|err| err.to_string())??)
            }
        }
    }
}

fn tail(path: &Path) -> std::io::Result<File> {
    let mut file = File::open(path)?;
    file.seek(SeekFrom::End(0))?;
    Ok(file)
}

impl Tail {
    /// All lines since it was opened.
    fn lines(&mut self, path: &Path) -> Result<u64, String> {
        let rotated = || "the log was rotated meanwhile: ask again".to_owned();
        let here = self.file.stream_position().map_err(|err| err.to_string())?;
        if std::fs::metadata(path).map_err(|_| rotated())?.len() < here {
            return Err(rotated());
        }
        let mut piece = vec![0; 64 << 10];
        loop {
            let read = self.file.read(&mut piece).map_err(|err| err.to_string())?;
            if read == 0 {
                return Ok(self.lines);
            }
            self.lines += piece[..read].iter().map(|byte| u64::from(*byte == b'\n')).sum::<u64>();
        }
    }
}

async fn answer(client: &reqwest::Client, url: &url::Url, token: Option<&Token>) -> Result<String, String> {
    let mut request = client.get(url.clone());
    if let Some(token) = token {
        request = request.bearer_auth(token.expose());
    }
    let mut answer = request.send().await.map_err(|err| err.without_url().to_string())?;
    if answer.status() != 200 {
        return Err(format!("it answers {}", answer.status().as_u16()));
    }
    let mut raw = Vec::new();
    while let Some(piece) = answer.chunk().await.map_err(|err| err.without_url().to_string())? {
        raw.extend_from_slice(&piece);
        if raw.len() > LONGEST {
            return Err("it answers more than a megabyte".to_owned());
        }
    }
    Ok(String::from_utf8_lossy(&raw).into_owned())
}

/// The counts that are understood.
fn understood(raw: &str) -> Result<Reading, String> {
    let plain = |count| Reading { count, own: 0 };
    if let Ok(count) = raw.trim().parse() {
        return Ok(plain(count));
    }
    if let Some(count) = stub_status(raw) {
        // "requests: the total number of client requests", and the one that asks for it is a client's.
        return Ok(Reading { count, own: 1 });
    }
    let counters = serde_json::from_str::<serde_json::Value>(raw).unwrap_or_default();
    // `landing edge`, docs/edge.md; varnishstat -j since version 6.5 and before (varnish-counters(7): "backend requests made").
    let known = ["/origin_requests", "/counters/MAIN.backend_req/value", "/MAIN.backend_req/value"];
    let count = known.into_iter().find_map(|place| counters.pointer(place)?.as_u64());
    count.map(plain).ok_or_else(|| {
        let said = harmless(&raw.trim().chars().take(60).collect::<String>());
        format!(
            "`{said}` is no count: a number, nginx's `stub_status`, varnishstat's JSON or the status of `landing edge`"
        )
    })
}

/// nginx, `ngx_http_stub_status_module`: three counters stand below `server accepts handled requests`.
fn stub_status(raw: &str) -> Option<u64> {
    let mut lines = raw.lines().skip_while(|line| !line.trim().starts_with("server accepts handled requests"));
    lines.next()?;
    lines.next()?.split_whitespace().nth(2)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    #[test]
    fn a_count_is_read_wherever_it_stands_and_nothing_is_taken_for_one() {
        // nginx.org/en/docs/http/ngx_http_stub_status_module.html
        let nginx = "Active connections: 291 \nserver accepts handled requests\n 16630948 16630948 31070465 \nReading: 6 Writing: 179 Waiting: 106 \n";
        let varnish = r#"{"version": 1, "counters": {"MAIN.backend_req": {"description": "Backend requests made", "value": 77}}}"#;
        for (raw, count, own) in [
            ("42\n", 42, 0),
            (nginx, 31_070_465, 1),
            (varnish, 77, 0),
            (r#"{"MAIN.backend_req": {"value": 78}}"#, 78, 0),
            (r#"{"edge": "landing", "origin_requests": 3}"#, 3, 0),
        ] {
            assert_eq!(understood(raw), Ok(Reading { count, own }), "{raw}");
        }
        for raw in ["", "-1", "12 requests", "{}", "<html>", "server accepts handled requests", "\u{1b}[2J"] {
            let why = understood(raw).unwrap_err();
            assert!(why.contains("is no count") && !why.contains('\u{1b}'), "{why}");
        }
    }

    #[tokio::test]
    async fn a_log_counts_from_where_it_was_opened_and_says_when_it_was_rotated() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("access.log");
        std::fs::write(&path, "old\nolder\n").unwrap();
        let witness = Witness::open(folder.path(), &WitnessPlace::Log("access.log".to_owned())).unwrap();
        let count = async || witness.read().await.map(|it| it.count);
        assert_eq!(count().await, Ok(0));
        let mut log = std::fs::OpenOptions::new().append(true).open(&path).unwrap();
        log.write_all(b"GET /\nGET /\n").unwrap();
        assert_eq!(count().await, Ok(2));
        assert_eq!(count().await, Ok(2));
        std::fs::write(&path, "new\n").unwrap();
        assert!(count().await.unwrap_err().contains("rotated"));
        let missing = Witness::open(folder.path(), &WitnessPlace::Log("nothing.log".to_owned()));
        assert!(missing.err().unwrap().message.contains("nothing.log"));
    }

    #[tokio::test]
    async fn a_command_counts_and_says_why_it_does_not() {
        let folder = std::env::temp_dir();
        let of = |words: &[&str]| WitnessPlace::Command(words.iter().map(|it| (*it).to_owned()).collect());
        let reads = async |words: &[&str]| Witness::open(&folder, &of(words)).unwrap().read().await;
        assert_eq!(reads(&["echo", "17"]).await, Ok(Reading { count: 17, own: 0 }));
        assert!(reads(&["echo", "many"]).await.unwrap_err().contains("`many` is no count"));
        reads(&["false"]).await.unwrap_err();
        reads(&["landing-has-no-such-program"]).await.unwrap_err();
    }

    #[test]
    fn no_secret_of_an_address_is_shown() {
        let wrong = Witness::at("http://me:secret@10.0.0.1/", None).err().unwrap();
        assert!(wrong.message.contains("password") && !wrong.to_string().contains("secret"), "{wrong}");
        assert!(Witness::at("http://", None).is_err());
        let keyed = Witness::at("http://10.0.0.1/count?key=secret#x", None).unwrap();
        assert_eq!(keyed.words(), "http://10.0.0.1/count");
    }
}
