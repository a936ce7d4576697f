//! `HEAD` is answered as `GET` would be, without a body and without the origin: link checkers and messengers send it.

use crate::model::{Answer, Ask, Finding, Verdict};
use crate::verify::desk::clerk::Clerk;
use crate::verify::desk::evidence::{exchange, shown};
use crate::verify::{Case, Check, Observations};

pub(super) struct Head;

/// RFC 9110, section 9.3.2: the same fields as for a `GET`, but those that are only known with the content.
const SAME: &[&str] = &["content-type", "content-encoding", "etag", "cache-control", "vary"];

impl Check for Head {
    fn name(&self) -> &'static str {
        "head"
    }

    fn title(&self) -> &'static str {
        "`HEAD` is answered from the cache, with the fields of `GET`"
    }

    fn asks(&self, subject: &Case<'_>) -> Vec<Ask> {
        subject.pages().iter().flat_map(|page| [page.usual(), page.usual().method("HEAD").round(1)]).collect()
    }

    fn judge(&self, subject: &Case<'_>, seen: &Observations) -> Vec<Finding> {
        let clerk = Clerk::new(self.name(), subject);
        let mut found = Vec::new();
        for page in subject.pages() {
            let (get, head) = (page.usual(), page.usual().method("HEAD").round(1));
            found
                .push(clerk.about(&get, seen, |full| clerk.about(&head, seen, |bare| told(&clerk, &head, bare, full))));
        }
        found
    }
}

fn told(clerk: &Clerk<'_>, ask: &Ask, bare: &Answer, full: &Answer) -> Finding {
    let evidence = exchange(ask, bare, &["content-length"]);
    let differs = SAME.iter().find(|name| bare.header(name) != full.header(name));
    if bare.status != full.status {
        return clerk.warn(&ask.target, format!("{evidence}, GET {}", full.status), "answer `HEAD` as `GET`");
    }
    if let Some(name) = differs {
        let show = |answer: &Answer| answer.header(name).map_or("absent".to_owned(), |value| shown(&value));
        let seen = format!("{evidence}; {name}: {} for HEAD, {} for GET", show(bare), show(full));
        return clerk.warn(&ask.target, seen, "answer `HEAD` with the fields of `GET`");
    }
    let length = bare.header("content-length").and_then(|value| value.trim().parse::<usize>().ok());
    if length.is_some_and(|length| length != full.body.len() && !full.cut) {
        let seen = format!("{evidence}, GET has {} bytes", full.body.len());
        return clerk.warn(&ask.target, seen, "leave `Content-Length` out of `HEAD`, or send that of `GET`");
    }
    let hit = clerk.hit(ask, bare, full.status);
    match hit.verdict {
        Verdict::Fail => {
            clerk.warn(&ask.target, hit.seen, "answer `HEAD` from the stored `GET` (RFC 9110, section 9.3.2)")
        }
        _ => hit,
    }
}
