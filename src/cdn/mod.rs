//! Purge APIs as messages: what a CDN wants to be told, and what its answers mean.
//!
//! In: an account and a [`Purge`]; out: [`Request`]s, and from each [`Reply`] the [`Next`] step. Pure: nothing here sends,
//! waits or knows a token (a request says where the token goes, `shell::sender` puts it there), so nothing here can leak
//! one. A vendor's "yes" means accepted, never evicted: only a look at the edge proves that.

mod edge;

use crate::model::Purge;
use std::collections::BTreeMap;
use std::time::Duration;

/// One provider.
pub trait Cdn: Sync {
    /// Its name in `provider = "…"`.
    fn id(&self) -> &'static str;

    /// What its API takes.
    fn limits(&self) -> Limits;

    /// The requests that purge this, in order. None for an empty purge, ever: nothing to purge must not become everything.
    fn requests(&self, account: &Account, purge: &Purge, now: jiff::Timestamp) -> Vec<Request>;

    /// What an answer means.
    ///
    /// # Errors
    /// When it is a clear no.
    fn read(&self, reply: &Reply) -> Result<Next, Refusal>;
}

/// Every provider. A new one is one file and one entry here.
pub const ALL: &[&dyn Cdn] = &[&edge::Edge];

/// The provider of that name.
pub fn find(id: &str) -> Option<&'static dyn Cdn> {
    ALL.iter().copied().find(|cdn| cdn.id() == id)
}

/// What an API takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// URLs in one request.
    pub urls_per_request: usize,
    /// Whether it purges by cache tag; where not, what a tag stands for has to run out by itself.
    pub tags: bool,
}

/// Where the purge goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// The public address of the environment, without a trailing slash.
    pub url: String,
    /// Another address of the provider's API.
    pub api: Option<String>,
}

/// Where the token goes in a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Auth {
    /// `Authorization: Bearer TOKEN` (RFC 6750, section 2.1).
    Bearer,
}

/// One message to a purge API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// `POST` as a rule.
    pub method: &'static str,
    /// An absolute URL.
    pub url: String,
    /// Header fields, without the token.
    pub headers: BTreeMap<&'static str, String>,
    /// Where the token goes.
    pub auth: Auth,
    /// The body.
    pub body: String,
}

/// The answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The status.
    pub status: u16,
    /// Seconds from `Retry-After`, when it was a number.
    pub retry_after: Option<u64>,
    /// The body, cut at the sender's limit.
    pub body: String,
}

/// What to do after an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Accepted.
    Done,
    /// Not now: ask again, after this time if it was named.
    Again(Option<Duration>),
}

/// A clear no.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The status.
    pub status: u16,
    /// What the API said, short and on one line.
    pub message: String,
}

impl Reply {
    /// What the status alone says: the rules that all HTTP APIs share (RFC 9110, section 15; 429 by RFC 6585).
    ///
    /// # Errors
    /// When it is a clear no.
    pub fn by_status(&self) -> Result<Next, Refusal> {
        match self.status {
            200..300 => Ok(Next::Done),
            408 | 425 | 429 | 500..600 => Ok(Next::Again(self.retry_after.map(Duration::from_secs))),
            status => Err(Refusal { status, message: one_line(&self.body) }),
        }
    }
}

/// The first words of a text that may be anything, fit for a terminal.
fn one_line(text: &str) -> String {
    let words: Vec<&str> =
        text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|it| !it.is_empty()).collect();
    let line = words.join(" ");
    match line.char_indices().nth(200) {
        Some((at, _)) => format!("{} …", &line[..at]),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(status: u16, body: &str) -> Reply {
        Reply { status, retry_after: None, body: body.to_owned() }
    }

    #[test]
    fn every_provider_is_found_by_its_own_name() {
        for cdn in ALL {
            assert_eq!(find(cdn.id()).unwrap().id(), cdn.id());
        }
        assert!(find("nobody").is_none());
    }

    #[test]
    fn nothing_to_purge_never_becomes_everything() {
        let account = Account { url: "https://www.example.com".to_owned(), api: None };
        for cdn in ALL {
            assert!(cdn.requests(&account, &Purge::default(), jiff::Timestamp::UNIX_EPOCH).is_empty(), "{}", cdn.id());
        }
    }

    #[test]
    fn a_status_says_done_again_or_no() {
        assert_eq!(reply(202, "").by_status(), Ok(Next::Done));
        let busy = Reply { retry_after: Some(7), ..reply(429, "") };
        assert_eq!(busy.by_status(), Ok(Next::Again(Some(Duration::from_secs(7)))));
        assert_eq!(reply(503, "").by_status(), Ok(Next::Again(None)));
        assert_eq!(reply(403, "wrong\r\n \u{1b}[31m token").by_status().unwrap_err().message, "wrong [31m token");
        assert!(reply(400, &"a b ".repeat(1_000)).by_status().unwrap_err().message.len() < 250);
        assert!(reply(400, &"x".repeat(100_000)).by_status().unwrap_err().message.len() < 250);
    }
}
