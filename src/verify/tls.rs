//! The handshake: a certificate that browsers trust until well after the broadcast, TLS 1.2 and 1.3, nothing older
//! (RFC 8996; CA/Browser Forum, Baseline Requirements, on the short lives of certificates).

use crate::model::{Finding, Handshake, Look, Offer};
use crate::verify::desk::clerk::Clerk;
use crate::verify::desk::evidence::shown;
use crate::verify::{Ask, Case, Check, Observations};
use jiff::{SignedDuration, Timestamp};

pub(super) struct Tls;

/// A certificate that ends this soon after the broadcast is about to be renewed, and the renewal may fail.
const MARGIN: SignedDuration = SignedDuration::from_hours(14 * 24);
const RENEW: &str = "renew the certificate now, and look why it was not renewed by itself";

impl Check for Tls {
    fn name(&self) -> &'static str {
        "tls"
    }

    fn title(&self) -> &'static str {
        "the certificate is trusted until after the broadcast; TLS 1.2 and 1.3 are spoken, and nothing older"
    }

    fn asks(&self, _subject: &Case<'_>) -> Vec<Ask> {
        Vec::new()
    }

    fn looks(&self, subject: &Case<'_>) -> Vec<Look> {
        [Offer::Modern, Offer::Older, Offer::Ancient].into_iter().filter_map(|it| subject.handshake(it).ok()).collect()
    }

    fn judge(&self, subject: &Case<'_>, seen: &Observations) -> Vec<Finding> {
        let clerk = Clerk::new(self.name(), subject);
        let told = |offer: Offer| -> Finding {
            let look = match subject.handshake(offer) {
                Ok(look) => look,
                Err(why) => return clerk.skipped(why),
            };
            match (offer, seen.handshake(&look)) {
                (_, Err(why)) => clerk.unknown(subject.base, why),
                (Offer::Modern, Ok(Ok(handshake))) => modern(&clerk, subject, handshake),
                (Offer::Modern, Ok(Err(why))) => {
                    let remedy = "let the edge speak TLS 1.3 and 1.2 for this name";
                    clerk.fail(subject.base, format!("TLS 1.3 and 1.2 are refused: {why}"), remedy)
                }
                (Offer::Older, Ok(Ok(_))) => clerk.pass(subject.base, "TLS 1.2 is spoken"),
                (Offer::Older, Ok(Err(why))) => {
                    let remedy = "allow TLS 1.2 as well: some television sets and older telephones know no newer one";
                    clerk.warn(subject.base, format!("TLS 1.2 is refused: {why}"), remedy)
                }
                (Offer::Ancient, Ok(Ok(handshake))) => {
                    let seen = format!("{} is spoken", handshake.version);
                    clerk.warn(subject.base, seen, "set the lowest version to TLS 1.2 at the edge")
                }
                (Offer::Ancient, Ok(Err(_))) => clerk.pass(subject.base, "TLS 1.1 and older are refused"),
            }
        };
        if subject.handshake(Offer::Modern).is_err() {
            return vec![told(Offer::Modern)];
        }
        [Offer::Modern, Offer::Older, Offer::Ancient].map(told).to_vec()
    }
}

fn modern(clerk: &Clerk<'_>, subject: &Case<'_>, handshake: &Handshake) -> Finding {
    let until = handshake.expires.map_or_else(String::new, |it| format!(", certificate until {it}"));
    let seen = format!("{}{until}", handshake.version);
    let at = subject.base;
    if let Some(fault) = &handshake.fault {
        let remedy = "put a certificate for this name at the edge, with its whole chain: every visitor is shown a warning instead of the page";
        return clerk.fail(at, format!("{seen}; {}", shown(fault)), remedy);
    }
    let Some(expires) = handshake.expires else {
        return clerk.unknown(at, format!("{seen}; when it ends is not known"));
    };
    let end: Timestamp = subject.event.ends.or(subject.event.starts).unwrap_or(subject.now).max(subject.now);
    if expires < end {
        return clerk.fail(at, format!("{seen}; the broadcast ends {end}"), RENEW);
    }
    if end.checked_add(MARGIN).is_ok_and(|end| expires < end) {
        return clerk.warn(at, format!("{seen}; less than two weeks after the broadcast"), RENEW);
    }
    if handshake.version == "TLS 1.2" {
        let remedy = "switch TLS 1.3 on at the edge: it saves every visitor a round trip";
        return clerk.warn(at, seen, remedy);
    }
    clerk.pass(at, seen)
}
