//! `WitnessPlace`: where the origin's own count is read. `Witnessed`: what it said while visitors were played.
//!
//! Header fields are the word of the CDN; the count of the origin is nobody's word but its own.

use super::Secret;
use serde::Serialize;

/// Where the count is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WitnessPlace {
    /// An address that answers nginx's `stub_status`, varnishstat's JSON, the status of `landing edge`, or a number.
    Url {
        /// `http://` or `https://`.
        url: String,
        /// Sent as `Authorization: Bearer …`.
        token: Option<Secret>,
    },
    /// An access log with one line for each request, as every server can write it.
    Log(String),
    /// A program and its arguments; it prints one of what an address may answer.
    Command(Vec<String>),
}

impl WitnessPlace {
    /// An address is one; anything else is the path of an access log.
    pub fn parse(raw: &str) -> Self {
        let is_address = raw.starts_with("http://") || raw.starts_with("https://");
        if is_address { Self::Url { url: raw.to_owned(), token: None } } else { Self::Log(raw.to_owned()) }
    }

    /// The same in words.
    pub fn words(&self) -> String {
        match self {
            Self::Url { url, .. } => url.clone(),
            Self::Log(path) => format!("the log `{path}`"),
            Self::Command(command) => format!("`{}`", command.join(" ")),
        }
    }
}

/// What the origin counted while repeated requests were made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Witnessed {
    /// Who counted.
    pub by: String,
    /// Requests at the origin meanwhile, its usual ones included.
    pub counted: u64,
    /// How many there would have been by the rate of the moment before.
    pub usual: u64,
}

impl Witnessed {
    /// The same in a sentence.
    pub fn words(&self) -> String {
        let usual =
            if self.usual > 0 { format!(", of which {} are its usual traffic", self.usual) } else { String::new() };
        format!("the origin itself counted {} while a hundred were asked again{usual}", self.counted)
    }
}
