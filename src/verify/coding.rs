//! Each client gets a content coding that it asked for, and each coding is cached.

use crate::model::{Answer, Ask, Finding};
use crate::verify::desk::clerk::Clerk;
use crate::verify::desk::decode::{broken, coding};
use crate::verify::desk::evidence::exchange;
use crate::verify::desk::targets::Target;
use crate::verify::{Case, Check, Observations};

pub(super) struct Coding;

/// What a client may say, and the codings that it understands. The third is a client that wants no Brotli
/// (RFC 9110, section 12.4.2: a weight of 0 means "not acceptable").
const CLIENTS: &[(Option<&str>, &[&str])] = &[
    (Some("br"), &["br"]),
    (Some("gzip"), &["gzip", "x-gzip"]),
    (Some("br;q=0, gzip"), &["gzip", "x-gzip"]),
    (Some("identity"), &[]),
    (None, &[]),
];

/// Below this, a coding saves nothing worth having, and CDNs leave it out (CloudFront: 1,000 bytes).
const WORTH_IT: u64 = 1_000;

impl Check for Coding {
    fn name(&self) -> &'static str {
        "coding"
    }

    fn title(&self) -> &'static str {
        "each client gets a content coding that it asked for, from the cache"
    }

    fn asks(&self, subject: &Case<'_>) -> Vec<Ask> {
        let clients = |target: &Target<'_>| CLIENTS.iter().map(|(says, _)| ask(target, *says)).collect::<Vec<_>>();
        subject.pages().iter().flat_map(clients).flat_map(|ask| [ask.clone(), ask.round(1)]).collect()
    }

    fn judge(&self, subject: &Case<'_>, seen: &Observations) -> Vec<Finding> {
        let clerk = Clerk::new(self.name(), subject);
        let mut found = Vec::new();
        for target in subject.pages() {
            for (says, understands) in CLIENTS {
                let again = ask(target, *says).round(1);
                found.push(clerk.about(&again, seen, |answer| {
                    wrong(&clerk, &again, answer, target, understands, subject.foreign.is_some())
                        .unwrap_or_else(|| clerk.hit(&again, answer, target.reply.status))
                }));
            }
        }
        found
    }
}

fn ask(target: &Target<'_>, says: Option<&str>) -> Ask {
    match says {
        Some(says) => target.coded(says),
        None => Ask::get(target.path()),
    }
}

fn wrong(
    clerk: &Clerk<'_>,
    ask: &Ask,
    answer: &Answer,
    target: &Target<'_>,
    understands: &[&str],
    foreign: bool,
) -> Option<Finding> {
    let evidence = exchange(ask, answer, &["!content-encoding", "vary"]);
    match coding(answer) {
        Some(given) if understands.contains(&given.as_str()) => {
            // Of a page that was released the check `bytes-per-coding` says more.
            let why = broken(answer).filter(|_| foreign)?;
            let remedy = "no browser can read this: the bytes are not in the coding that `Content-Encoding` names, mostly because something \
                behind the server names it a second time, or compresses by itself";
            Some(clerk.fail(&ask.target, format!("{evidence}; a broken `{given}` body: {why}"), remedy))
        }
        Some(_) if !ask.headers.contains_key("accept-encoding") => {
            // Allowed (RFC 9110, section 12.5.3), and yet whoever asks for nothing seldom understands anything.
            Some(clerk.warn(&ask.target, evidence, "send the plain bytes to clients that name no coding"))
        }
        Some(_) => {
            let remedy =
                "this client cannot read the page: send `Vary: Accept-Encoding` and put the coding into the cache key";
            Some(clerk.fail(&ask.target, evidence, remedy))
        }
        None if understands.is_empty() || target.body().is_some_and(|(_, size)| size < WORTH_IT) => None,
        None => {
            let remedy = "switch compression on, or upload the compressed form: the page outgrows the first round trip";
            Some(clerk.fail(&ask.target, evidence, remedy))
        }
    }
}
