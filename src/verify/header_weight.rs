//! The header of an answer stays below what proxies accept: under 4 KB, fewer than 64 fields.
//!
//! nginx, `proxy_buffer_size`: the header must fit into one memory page, 4 KB on many machines, or the proxy answers 502
//! ("upstream sent too big header"); HAProxy, `tune.http.maxhdr`: 101 fields. Looks at every answer, asks for one page.

use crate::model::{Answer, Ask, Finding};
use crate::verify::desk::clerk::Clerk;
use crate::verify::desk::evidence::asked;
use crate::verify::{Case, Check, Observations};

pub(super) struct HeaderWeight;

const HEAVY: usize = 4_096;
const MANY: usize = 64;

impl Check for HeaderWeight {
    fn name(&self) -> &'static str {
        "header-weight"
    }

    fn title(&self) -> &'static str {
        "the header of no answer reaches 4 KB or 64 fields"
    }

    fn asks(&self, subject: &Case<'_>) -> Vec<Ask> {
        subject.entry().map(|entry| entry.usual()).into_iter().collect()
    }

    fn judge(&self, subject: &Case<'_>, seen: &Observations) -> Vec<Finding> {
        let clerk = Clerk::new(self.name(), subject);
        let heaviest = seen.answers().max_by_key(|(_, answer)| weight(answer));
        let longest = seen.answers().max_by_key(|(_, answer)| answer.headers.len());
        let wrong = |answer: &Answer| weight(answer) >= HEAVY || answer.headers.len() >= MANY;
        match longest.filter(|(_, answer)| wrong(answer)).or(heaviest) {
            None => vec![clerk.unknown(subject.base, "nothing was answered")],
            Some((ask, answer)) => vec![told(&clerk, ask, answer, wrong(answer))],
        }
    }
}

/// As HTTP/1.1 writes it: name, colon, space, value, line end.
fn weight(answer: &Answer) -> usize {
    answer.headers.iter().map(|(name, value)| name.len() + value.len() + 4).sum()
}

fn told(clerk: &Clerk<'_>, ask: &Ask, answer: &Answer, wrong: bool) -> Finding {
    let seen =
        format!("{} -> {}, {} bytes in {} fields", asked(ask), answer.status, weight(answer), answer.headers.len());
    if wrong {
        let remedy =
            "send fewer and shorter fields: a proxy in between may answer 502; look at the content policy first";
        return clerk.warn(&ask.target, seen, remedy);
    }
    clerk.pass(&ask.target, format!("the heaviest is {seen}"))
}
