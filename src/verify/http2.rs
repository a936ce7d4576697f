//! Browsers get HTTP/2: one connection for the page and its pictures, small headers (RFC 9113, negotiated by RFC 7301).

use crate::model::{Finding, Look, Offer};
use crate::verify::desk::clerk::Clerk;
use crate::verify::desk::evidence::shown;
use crate::verify::{Ask, Case, Check, Observations};

pub(super) struct Http2;

impl Check for Http2 {
    fn name(&self) -> &'static str {
        "http2"
    }

    fn title(&self) -> &'static str {
        "browsers get HTTP/2"
    }

    fn asks(&self, subject: &Case<'_>) -> Vec<Ask> {
        subject.entry().map(|entry| entry.usual()).into_iter().collect()
    }

    fn looks(&self, subject: &Case<'_>) -> Vec<Look> {
        subject.handshake(Offer::Modern).into_iter().collect()
    }

    fn judge(&self, subject: &Case<'_>, seen: &Observations) -> Vec<Finding> {
        let clerk = Clerk::new(self.name(), subject);
        let look = match subject.handshake(Offer::Modern) {
            Ok(look) => look,
            Err(why) => return vec![clerk.skipped(why)],
        };
        let handshake = match seen.handshake(&look) {
            Ok(Ok(handshake)) => handshake,
            Ok(Err(why)) | Err(why) => return vec![clerk.unknown(subject.base, why)],
        };
        let newer = subject.entry().and_then(|entry| seen.answer(&entry.usual()).ok()?.header("alt-svc"));
        let newer = newer.map_or("no alt-svc".to_owned(), |it| format!("alt-svc: {}", shown(&it)));
        let finding = match handshake.protocol.as_deref() {
            Some("h2") => clerk.pass(subject.base, format!("h2 is negotiated, {newer}")),
            other => {
                let seen = format!("{} is negotiated where h2 was offered, {newer}", shown(other.unwrap_or("nothing")));
                clerk.warn(subject.base, seen, "switch HTTP/2 on at the edge")
            }
        };
        vec![finding]
    }
}
