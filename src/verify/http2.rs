//! Browsers get HTTP/2: one connection for the page and its pictures, small headers (RFC 9113, negotiated by RFC 7301).
//! HTTP/3 is offered in a field of the answer (`Alt-Svc`, RFC 7838) and not tried here; only where it leads is looked at.

use crate::model::{Finding, Look, Offer};
use crate::verify::desk::clerk::Clerk;
use crate::verify::desk::evidence::shown;
use crate::verify::desk::place::Place;
use crate::verify::{Ask, Check, Observations, Subject};

pub(super) struct Http2;

impl Check for Http2 {
    fn name(&self) -> &'static str {
        "http2"
    }

    fn title(&self) -> &'static str {
        "browsers get HTTP/2"
    }

    fn asks(&self, subject: &Subject<'_>) -> Vec<Ask> {
        subject.entry().map(|entry| entry.usual()).into_iter().collect()
    }

    fn looks(&self, subject: &Subject<'_>) -> Vec<Look> {
        subject.handshake(Offer::Modern).into_iter().collect()
    }

    fn judge(&self, subject: &Subject<'_>, seen: &Observations) -> Vec<Finding> {
        let clerk = Clerk::new(self.name(), subject);
        let look = match subject.handshake(Offer::Modern) {
            Ok(look) => look,
            Err(why) => return vec![clerk.skipped(why)],
        };
        let handshake = match seen.handshake(&look) {
            Ok(Ok(handshake)) => handshake,
            Ok(Err(why)) | Err(why) => return vec![clerk.unknown(subject.base, why)],
        };
        let field = subject.entry().and_then(|entry| seen.answer(&entry.usual()).ok()?.header("alt-svc"));
        let offer = offered(subject.place().as_ref(), field.as_deref());
        let newer = field.map_or("no alt-svc".to_owned(), |it| format!("alt-svc: {}{}", shown(&it), offer.words()));
        let mut found = vec![match handshake.protocol.as_deref() {
            Some("h2") => clerk.pass(subject.base, format!("h2 is negotiated, {newer}")),
            other => {
                let seen = format!("{} is negotiated where h2 was offered, {newer}", shown(other.unwrap_or("nothing")));
                clerk.warn(subject.base, seen, "switch HTTP/2 on at the edge")
            }
        }];
        if let Newer::Elsewhere(authority) = &offer {
            let seen = format!("`Alt-Svc` leads browsers to `{}` for HTTP/3, which nobody looked at", shown(authority));
            let remedy =
                "take that address out of `Alt-Svc`, or verify it as well: whoever follows it is served from there";
            found.push(clerk.warn(subject.base, seen, remedy));
        }
        found
    }
}

/// Where HTTP/3 is offered.
enum Newer {
    Nowhere,
    Here,
    Elsewhere(String),
}

impl Newer {
    fn words(&self) -> &'static str {
        match self {
            Self::Nowhere => "",
            Self::Here | Self::Elsewhere(_) => "; HTTP/3 is offered and was not tried",
        }
    }
}

/// `h3=":443"; ma=86400, h2="other.example:443"` (RFC 7838, section 3): a host that is left out is the page's own. The first that leads elsewhere.
fn offered(place: Option<&Place>, field: Option<&str>) -> Newer {
    let authority = |part: &str| {
        let (protocol, rest) = part.split_once('=')?;
        let authority = rest.trim_start().strip_prefix('"')?.split('"').next()?;
        (protocol.trim() == "h3").then(|| authority.to_owned())
    };
    let all: Vec<String> = field.unwrap_or_default().split(',').filter_map(authority).collect();
    let here = |authority: &String| {
        let Some((host, port)) = authority.rsplit_once(':') else { return false };
        place.is_none_or(|it| (host.is_empty() || host.eq_ignore_ascii_case(&it.host)) && port == it.port.to_string())
    };
    match all.iter().find(|authority| !here(authority)) {
        Some(elsewhere) => Newer::Elsewhere(elsewhere.clone()),
        None if all.is_empty() => Newer::Nowhere,
        None => Newer::Here,
    }
}
