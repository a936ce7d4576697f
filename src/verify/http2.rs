//! Browsers get HTTP/2: one connection for the page and its pictures, small headers (RFC 9113, negotiated by RFC 7301).
//!
//! HTTP/3 is offered in a field of the answer (`Alt-Svc`, RFC 7838). Where it leads to the page's own host it is asked for the page as
//! well, when the program was built with the feature `h3`; another host is only named. None of it fails: browsers fall back.

use crate::model::{Finding, Look, Offer, Sight};
use crate::verify::desk::clerk::Clerk;
use crate::verify::desk::evidence::shown;
use crate::verify::desk::place::Place;
use crate::verify::{Ask, Case, Check, Observations};

mod third;

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

    fn later_looks(&self, subject: &Case<'_>, seen: &Observations) -> Vec<Look> {
        third::questions(subject, &offered(subject, seen))
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
        let offers = offered(subject, seen);
        let tried: Vec<(Look, &Sight)> = third::questions(subject, &offers)
            .into_iter()
            .filter_map(|look| seen.sight(&look).map(|sight| (look, sight)))
            .collect();
        let words = if offers.is_empty() || !tried.is_empty() { "" } else { "; HTTP/3 is offered and was not tried" };
        let newer =
            field(subject, seen).map_or("no alt-svc".to_owned(), |it| format!("alt-svc: {}{words}", shown(&it)));
        let mut found = vec![match handshake.protocol.as_deref() {
            Some("h2") => clerk.pass(subject.base, format!("h2 is negotiated, {newer}")),
            other => {
                let seen = format!("{} is negotiated where h2 was offered, {newer}", shown(other.unwrap_or("nothing")));
                clerk.warn(subject.base, seen, "switch HTTP/2 on at the edge")
            }
        }];
        found.extend(tried.iter().map(|(look, sight)| third::judged(&clerk, subject, seen, look, sight)));
        let own = subject.place().map(|place| place.port);
        // Another port is somewhere else as long as nobody looked there.
        let is_elsewhere = |it: &&Offered| it.port.is_none() || (tried.is_empty() && it.port != own);
        if let Some(Offered { authority, .. }) = offers.iter().find(is_elsewhere) {
            let seen = format!("`Alt-Svc` leads browsers to `{}` for HTTP/3, which nobody looked at", shown(authority));
            let remedy =
                "take that address out of `Alt-Svc`, or verify it as well: whoever follows it is served from there";
            found.push(clerk.warn(subject.base, seen, remedy));
        }
        found
    }
}

/// Where HTTP/3 is offered.
struct Offered {
    /// As it stands in the field.
    authority: String,
    /// The port, when it is one of the page's own host.
    port: Option<u16>,
}

/// What the page says about other ways to it.
fn field(subject: &Case<'_>, seen: &Observations) -> Option<String> {
    seen.answer(&subject.entry()?.usual()).ok()?.header("alt-svc")
}

/// `h3=":443"; ma=86400, h2="other.example:443"` (RFC 7838, section 3): a host that is left out is the page's own.
fn offered(subject: &Case<'_>, seen: &Observations) -> Vec<Offered> {
    let place = subject.place();
    let authority = |part: &str| {
        let (protocol, rest) = part.split_once('=')?;
        let authority = rest.trim_start().strip_prefix('"')?.split('"').next()?;
        (protocol.trim() == "h3").then(|| authority.to_owned())
    };
    let field = field(subject, seen).unwrap_or_default();
    let of = |authority: String| Offered { port: own_port(place.as_ref(), &authority), authority };
    field.split(',').filter_map(authority).map(of).collect()
}

fn own_port(place: Option<&Place>, authority: &str) -> Option<u16> {
    let (host, port) = authority.rsplit_once(':')?;
    let own = place.is_some_and(|it| host.is_empty() || host.eq_ignore_ascii_case(&it.host));
    port.parse().ok().filter(|port| own && *port != 0)
}
