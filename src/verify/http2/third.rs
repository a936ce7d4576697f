//! The page over HTTP/3, beside what it was over the other versions.

use super::Offered;
use crate::model::{Answer, Finding, Look, Sight};
use crate::verify::desk::clerk::Clerk;
use crate::verify::desk::decode::{self, Body};
use crate::verify::desk::evidence::shown;
use crate::verify::{Case, Observations};

/// No more ports are asked: a browser takes the first that it likes, too.
const PORTS: usize = 2;

/// The page, at each port of its own host that is offered.
pub(super) fn questions(subject: &Case<'_>, offers: &[Offered]) -> Vec<Look> {
    let (Some(place), Some(entry)) = (subject.place().filter(|place| place.tls), subject.entry()) else {
        return Vec::new();
    };
    let mut ports: Vec<u16> = Vec::new();
    for port in offers.iter().filter_map(|offer| offer.port) {
        if ports.len() < PORTS && !ports.contains(&port) {
            ports.push(port);
        }
    }
    let look = |udp| Look::Http3 { host: place.host.clone(), port: place.port, udp, ask: entry.usual() };
    ports.into_iter().map(look).collect()
}

/// What follows from it. It warns at most: who cannot have HTTP/3 is served over the other versions, a little later.
pub(super) fn judged(
    clerk: &Clerk<'_>,
    subject: &Case<'_>,
    seen: &Observations,
    look: &Look,
    sight: &Sight,
) -> Finding {
    let Look::Http3 { udp, ask, .. } = look else { return clerk.skipped("it was not looked at") };
    let at = subject.base;
    match sight {
        Sight::Answered(answer) => match differs(subject, seen.answer(ask).ok(), answer) {
            Ok(how) => clerk.pass(at, format!("h3 is spoken at UDP port {udp} and answers {}{how}", answer.status)),
            Err(how) => {
                let seen = format!("h3 is spoken at UDP port {udp} and answers {}{how}", answer.status);
                let remedy = "let the edge answer the same over every version: the same site, the same cache, the same rules; until then take `h3` out of `Alt-Svc`";
                clerk.warn(at, seen, remedy)
            }
        },
        Sight::Refused(why) => {
            let seen = format!("h3 is offered at UDP port {udp} and does not work: {}", shown(why));
            let remedy = format!(
                "open UDP port {udp} up to the edge and let it speak HTTP/3 for this name, or switch HTTP/3 off, which takes `h3` out of \
                 `Alt-Svc`: browsers that try it lose time; look first whether UDP leaves the network that asked"
            );
            clerk.warn(at, seen, remedy)
        }
        Sight::Nothing(why) => clerk.skipped(format!("h3 was not looked at: {}", shown(why))),
        Sight::Names(_) | Sight::Handshake(_) | Sight::Untried => clerk.skipped("h3 was not looked at"),
    }
}

/// How an answer is the one of the other versions, or how it differs from it.
fn differs(subject: &Case<'_>, usual: Option<&Answer>, answer: &Answer) -> Result<String, String> {
    let Some(usual) = usual else { return Ok(String::new()) };
    if answer.status != usual.status {
        return Err(format!(" where the other versions answer {}", usual.status));
    }
    let coding = (decode::coding(usual), decode::coding(answer));
    if coding.0 == coding.1 && usual.body == answer.body && !answer.cut {
        return Ok(" with the same body".to_owned());
    }
    let released = subject.entry().filter(|_| subject.foreign.is_none()).and_then(|entry| entry.body());
    match released.map(|(sha256, size)| decode::compare(answer, &sha256, size)) {
        Some(Body::Same) => Ok(" with the released body".to_owned()),
        Some(Body::Other(how)) => Err(format!(" with another body: {how}")),
        Some(Body::Untold(why)) => Ok(format!("; whether the body is the same is not known: {why}")),
        None if answer.cut => {
            Ok(format!("; its body goes on after {} bytes and was not read to its end", answer.body.len()))
        }
        // Pages that nobody released may differ from answer to answer.
        None => Ok(" with a body of its own".to_owned()),
    }
}
