//! What can go wrong with a request, in the words that matter to whoever asked: did it happen or not?

use super::{Store, refusal};
use crate::diag::{Code, Diagnostic};

/// Why a request failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoreError {
    /// Nothing stands there.
    NotFound,
    /// The condition of a write did not hold: nothing was written.
    Conflict,
    /// No answer, or one that says nothing (time-out, reset, 5xx): a write may have happened.
    Unanswered(String),
    /// A clear no: nothing was written.
    Refused(String),
}

impl From<object_store::Error> for StoreError {
    fn from(err: object_store::Error) -> Self {
        use object_store::Error as E;
        match err {
            E::NotFound { source, .. } if refusal::is_bucket(&source.to_string()) => {
                Self::Refused(refusal::sentence(&source.to_string()))
            }
            E::NotFound { .. } => Self::NotFound,
            E::AlreadyExists { .. } | E::Precondition { .. } | E::NotModified { .. } => Self::Conflict,
            E::PermissionDenied { source, .. } | E::Unauthenticated { source, .. } | E::NotSupported { source } => {
                Self::Refused(refusal::sentence(&source.to_string()))
            }
            E::InvalidPath { source } => Self::Refused(source.to_string()),
            E::NotImplemented { .. } | E::UnknownConfigurationKey { .. } => Self::Refused(err.to_string()),
            // Time-outs, resets, 5xx and whatever else: it may have happened.
            other => {
                let text = causes(&other);
                let said = refusal::sentence(&text);
                if refusal::is_clear(&text) { Self::Refused(said) } else { Self::Unanswered(said) }
            }
        }
    }
}

/// An error with its causes, each once.
fn causes(err: &dyn std::error::Error) -> String {
    let mut text = String::new();
    for cause in std::iter::successors(Some(err), |err| err.source()) {
        let said = cause.to_string();
        if !text.contains(&said) {
            if !text.is_empty() {
                text.push_str(": ");
            }
            text.push_str(&said);
        }
    }
    text
}

impl StoreError {
    /// Whether the service says that it does not know a condition (Amazon S3, "Error responses", `NotImplemented`).
    pub fn is_unimplemented(&self) -> bool {
        let (Self::Unanswered(why) | Self::Refused(why)) = self else { return false };
        why.starts_with("501 ") || why.contains("NotImplemented")
    }
}

impl std::fmt::Display for StoreError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NotFound => f.write_str("nothing stands there"),
            Self::Conflict => f.write_str("the condition does not hold"),
            Self::Unanswered(why) | Self::Refused(why) => f.write_str(why),
        }
    }
}

impl std::error::Error for StoreError {}

impl Store {
    /// The complaint for a request about `what` that failed.
    pub fn complain(&self, what: &str, err: &StoreError) -> Diagnostic {
        let store = &self.name;
        match err {
            StoreError::NotFound => {
                Diagnostic::new(Code::BadControl, format!("`{what}` is not in the store `{store}`, but should be"))
                    .hint("somebody deleted it; deploy again")
            }
            StoreError::Conflict => {
                Diagnostic::new(Code::LostRace, format!("somebody else changed `{what}` in the store `{store}`"))
                    .hint("run the command again")
            }
            StoreError::Unanswered(why) => Diagnostic::new(
                Code::StoreUnreachable,
                format!("the store `{store}` did not answer for `{what}`: {why}"),
            )
            .hint("run the command again: it goes on where this one stopped"),
            StoreError::Refused(why) => {
                Diagnostic::new(Code::StoreRefused, format!("the store `{store}` refused `{what}`: {why}"))
                    .hint(refusal::remedy(why))
            }
        }
    }
}
