//! Settings that belong together: read in one conversation, written in another, in force all at once.
//!
//! In: the answers so far; out: the next question, or what there is. A version of a Fastly service, a distribution with its tag, a
//! pipeline's stages. Pure: the conversation is a value, and `shell::panel` leads it.

use super::{Refusal, Reply, Request};
use serde_json::Value;

/// Settings that are read and written together.
pub trait Whole: std::fmt::Debug + Send + Sync {
    /// What to ask next, or what there is.
    ///
    /// # Errors
    /// When an answer is a no, or is not what it must be for anything to be written safely.
    fn read(&self, said: &[Reply]) -> Result<Step, Refusal>;

    /// What to write next, after everything was read: the answers to reading, and those to writing so far. `None`: done.
    ///
    /// # Errors
    /// When an answer is a no.
    fn write(&self, read: &[Reply], said: &[Reply]) -> Result<Option<Request>, Refusal>;
}

/// One step of reading.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// Ask this.
    Ask(Box<Request>),
    /// That was all.
    Seen(Vec<Seen>),
}

/// One setting, as it is and as it should be.
#[derive(Clone, Debug, PartialEq)]
pub struct Seen {
    /// Its name, as the vendor says it.
    pub name: String,
    /// What for.
    pub why: &'static str,
    /// What it is.
    pub seen: Value,
    /// What it should be.
    pub want: Value,
}

impl Seen {
    /// A setting.
    pub(super) fn new(name: impl Into<String>, why: &'static str, seen: Value, want: Value) -> Self {
        Self { name: name.into(), why, seen, want }
    }

    /// Whether it is as it should be.
    pub fn is_kept(&self) -> bool {
        self.seen == self.want
    }
}

/// The body of a good answer as JSON. One that is none (cut, or not the API's at all) must not be taken for "nothing there".
pub(super) fn parsed(reply: &Reply) -> Result<Value, Refusal> {
    good(reply, |reply| {
        let answer = reply.json();
        let words =
            ["/errors/0/message", "/message", "/Message", "/msg", "/detail"].map(|it| answer.pointer(it).cloned());
        words.into_iter().flatten().find_map(|it| it.as_str().map(str::to_owned))
    })?;
    serde_json::from_str(&reply.body).map_err(|_| reply.refusal("the answer is not JSON"))
}

/// Whether an answer is a yes; a no is said in the API's own words, where `words` finds them.
pub(super) fn good(reply: &Reply, words: impl Fn(&Reply) -> Option<String>) -> Result<(), Refusal> {
    match reply.status {
        200..300 => Ok(()),
        status => {
            let said = words(reply).unwrap_or_else(|| reply.body.clone());
            let no = reply.refusal(&said);
            Err(Refusal { message: format!("status {status}: {}", no.message), ..no })
        }
    }
}

/// A name or number from an answer that becomes part of an address: nothing in it may lead elsewhere.
pub(super) fn id(reply: &Reply, found: &Value) -> Result<String, Refusal> {
    let text = found.as_str().map(str::to_owned).or_else(|| found.as_u64().map(|number| number.to_string()));
    let letter = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    text.filter(|text| !text.is_empty() && text.len() <= 100 && text.bytes().all(letter))
        .ok_or_else(|| reply.refusal("the answer names nothing that can stand in an address"))
}
