//! Messages between a dialect and the sender: a [`Call`] becomes [`Request`]s, a [`Reply`] the [`Next`] step.
//!
//! A `Call` cannot be empty, by its type: "nothing" must never be read as "everything". No message holds a secret; a request
//! says by [`Auth`] which one belongs in it.

use super::auth::Auth;
use super::facts::Selector;
use std::collections::BTreeMap;
use std::time::Duration;

/// One thing to purge, in the form that the provider wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item {
    /// One address.
    Url(String),
    /// What addresses begin with.
    Prefix(String),
    /// A cache tag.
    Tag(String),
    /// A host.
    Host(String),
    /// All of it: only when somebody asked for it, or allowed it.
    Everything,
}

impl Item {
    /// What it selects by.
    pub fn selector(&self) -> Selector {
        match self {
            Self::Url(_) => Selector::Url,
            Self::Prefix(_) => Selector::Prefix,
            Self::Tag(_) => Selector::Tag,
            Self::Host(_) => Selector::Host,
            Self::Everything => Selector::Everything,
        }
    }

    /// Its text; `everything` has none.
    pub fn text(&self) -> &str {
        match self {
            Self::Url(text) | Self::Prefix(text) | Self::Tag(text) | Self::Host(text) => text,
            Self::Everything => "",
        }
    }
}

/// One call: at least one item, within the provider's limits. Made by `plan` alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call(Vec<Item>);

impl Call {
    /// A call, if there is something in it.
    pub fn of(items: Vec<Item>) -> Option<Self> {
        (!items.is_empty()).then_some(Self(items))
    }

    /// What is in it.
    pub fn items(&self) -> &[Item] {
        &self.0
    }

    /// What the first item selects by: what all do, where the provider does not mix.
    pub fn selector(&self) -> Selector {
        self.0[0].selector()
    }

    /// The texts of all items.
    pub fn texts(&self) -> Vec<&str> {
        self.0.iter().map(Item::text).collect()
    }

    /// The texts of the items of one kind.
    pub fn of_kind(&self, selector: Selector) -> Vec<&str> {
        self.0.iter().filter(|item| item.selector() == selector).map(Item::text).collect()
    }

    /// The text of the first item.
    pub fn first(&self) -> &str {
        self.0[0].text()
    }

    /// Whether it takes everything.
    pub fn is_everything(&self) -> bool {
        self.0.contains(&Item::Everything)
    }
}

/// One message to a purge API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// `POST` as a rule.
    pub method: &'static str,
    /// An absolute URL.
    pub url: String,
    /// Header fields, without the secret.
    pub headers: BTreeMap<&'static str, String>,
    /// Where the secret goes.
    pub auth: Auth,
    /// The body.
    pub body: String,
    /// Not before this long after the one before it.
    pub after: Duration,
}

impl Request {
    /// A message without a body.
    pub fn new(method: &'static str, url: impl Into<String>, auth: Auth) -> Self {
        let headers = BTreeMap::new();
        Self { method, url: url.into(), headers, auth, body: String::new(), after: Duration::ZERO }
    }

    /// A message with a JSON body.
    pub fn json(method: &'static str, url: impl Into<String>, auth: Auth, body: &serde_json::Value) -> Self {
        Self { body: body.to_string(), ..Self::new(method, url, auth) }.with("content-type", "application/json")
    }

    /// The same with a header field.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.insert(name, value.into());
        self
    }

    /// The same, later.
    #[must_use]
    pub fn later(self, after: Duration) -> Self {
        Self { after, ..self }
    }
}

/// The answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reply {
    /// The status.
    pub status: u16,
    /// What `Retry-After` asks for.
    pub retry_after: Option<u64>,
    /// `Location`, where an operation is followed.
    pub location: Option<String>,
    /// `ETag`, where a write is conditional on it.
    pub etag: Option<String>,
    /// The body, cut at the sender's limit.
    pub body: String,
}

/// What to do after an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// Accepted.
    Done,
    /// Not now: ask again, after this time if it was named.
    Again(Option<Duration>),
    /// Accepted and not finished: ask this, later.
    Poll(Box<Request>),
    /// This provider wants it said in another way.
    Instead(Box<Request>),
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
            _ => Err(self.refusal(&self.body)),
        }
    }

    /// A no with these words.
    pub fn refusal(&self, words: &str) -> Refusal {
        let words = if words.trim().is_empty() { "it says no more" } else { words };
        Refusal { status: self.status, message: one_line(words) }
    }

    /// The body as JSON; null where it is none.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }

    /// What stands between `<name>` and `</name>` the first time: the answers of the one XML API are a few flat lines.
    pub fn xml(&self, name: &str) -> Option<&str> {
        let (_, rest) = self.body.split_once(&format!("<{name}>"))?;
        rest.split_once(&format!("</{name}>")).map(|(text, _)| text.trim())
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
        Reply { status, body: body.to_owned(), ..Reply::default() }
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

    #[test]
    fn a_call_without_an_item_does_not_exist() {
        assert_eq!(Call::of(Vec::new()), None);
        assert!(Call::of(vec![Item::Everything]).unwrap().is_everything());
    }
}
