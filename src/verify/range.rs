//! A part of the page is the right part: the first bytes, the last, none beyond the end, and the whole when the copy it
//! should complete is another one (RFC 9110, section 14). Media players and interrupted downloads ask so.
//!
//! Answering with the whole is allowed (section 14.2) and passes; nothing here ever fails a run.

use crate::model::{Answer, Ask, Finding};
use crate::verify::desk::clerk::Clerk;
use crate::verify::desk::evidence::exchange;
use crate::verify::desk::served::{Served, served};
use crate::verify::{Case, Check, Observations};

pub(super) struct Range;

/// How many bytes are asked for.
const PART: usize = 10;

/// What is asked for.
#[derive(Clone, Copy)]
enum Wanted {
    First,
    Last,
    Beyond,
    /// The first bytes, if the page is still one that it never was.
    OfAnother,
    /// The first and the last bytes in one answer (RFC 9110, section 14.6).
    Several,
}

impl Check for Range {
    fn name(&self) -> &'static str {
        "range"
    }

    fn title(&self) -> &'static str {
        "a part of the page is the right part"
    }

    fn asks(&self, subject: &Case<'_>) -> Vec<Ask> {
        subject.entry().map(|entry| entry.plain()).into_iter().collect()
    }

    fn follow_ups(&self, subject: &Case<'_>, seen: &Observations) -> Vec<Ask> {
        parts(subject, seen).into_iter().flatten().map(|(ask, _)| ask).collect()
    }

    fn judge(&self, subject: &Case<'_>, seen: &Observations) -> Vec<Finding> {
        let clerk = Clerk::new(self.name(), subject);
        let Some(entry) = subject.entry() else { return vec![clerk.skipped("the release has no page")] };
        let first = entry.plain();
        let told = |whole: &Answer, (ask, wanted): &(Ask, Wanted)| {
            clerk.about(ask, seen, |answer| told(&clerk, ask, answer, whole, *wanted))
        };
        match (seen.answer(&first), parts(subject, seen)) {
            (Ok(whole), Some(asks)) => asks.iter().map(|it| told(whole, it)).collect(),
            (Ok(whole), None) => {
                let evidence = exchange(&first, whole, &["content-length"]);
                vec![
                    clerk.unknown(&first.target, format!("{evidence}; without the whole page no part can be compared")),
                ]
            }
            (Err(_), _) => vec![clerk.about(&first, seen, |_| clerk.skipped("unreachable"))],
        }
    }
}

/// The questions, once the whole is known; `None` when it is not.
fn parts(subject: &Case<'_>, seen: &Observations) -> Option<Vec<(Ask, Wanted)>> {
    let first = subject.entry()?.plain();
    let whole = seen.answer(&first).ok().filter(|it| it.status == 200 && !it.cut && it.body.len() > PART)?;
    let ask = |value: String| first.clone().header("range", value);
    let start = format!("bytes=0-{}", PART - 1);
    Some(vec![
        (ask(start.clone()), Wanted::First),
        (ask(format!("bytes=-{PART}")), Wanted::Last),
        (ask(format!("bytes={}-", whole.body.len())), Wanted::Beyond),
        (ask(format!("{start},-{PART}")), Wanted::Several),
        (ask(start).header("if-range", "\"another\""), Wanted::OfAnother),
    ])
}

fn told(clerk: &Clerk<'_>, ask: &Ask, answer: &Answer, whole: &Answer, wanted: Wanted) -> Finding {
    let evidence = exchange(ask, answer, &["content-range"]);
    let warn = |remedy: &str| clerk.warn(&ask.target, evidence.clone(), remedy);
    match (wanted, answer.status) {
        (Wanted::Beyond, 416) => clerk.pass(&ask.target, evidence),
        (_, 200) if answer.cut || answer.body == whole.body => from_cache(clerk, ask, answer, &evidence),
        (_, 200) => warn("the answer claims to be the whole page and is not: purge this URL"),
        (Wanted::OfAnother, 206) => {
            warn("compare `If-Range` (RFC 9110, section 13.1.5): a resumed download is put together from two versions")
        }
        (Wanted::First | Wanted::Last, 206) if is_part(answer, whole, wanted) => {
            from_cache(clerk, ask, answer, &evidence)
        }
        (Wanted::Several, 206) if is_several(answer, whole) => from_cache(clerk, ask, answer, &evidence),
        (Wanted::Several, 206) => {
            warn("the parts are not those of the page: purge this URL, or answer several ranges with the whole page")
        }
        (Wanted::First | Wanted::Last, 206) => {
            warn("the part is not that of the page: purge this URL, or switch ranges off at the edge")
        }
        (Wanted::Beyond, _) => warn("answer 416 to a range beyond the end, or the whole page"),
        _ => warn("answer a range with 206, or with the whole page"),
    }
}

/// The bytes, and where they belong (RFC 9110, section 14.4).
fn is_part(answer: &Answer, whole: &Answer, wanted: Wanted) -> bool {
    let size = whole.body.len();
    let start = if matches!(wanted, Wanted::Last) { size - PART } else { 0 };
    let place = format!("bytes {start}-{}/{size}", start + PART - 1);
    let placed = answer.header("content-range").is_some_and(|it| it.trim().eq_ignore_ascii_case(&place));
    placed && answer.body == whole.body.slice(start..start + PART)
}

/// Both parts, each with its place; or the first of them alone, which is allowed too (section 15.3.7).
fn is_several(answer: &Answer, whole: &Answer) -> bool {
    let size = whole.body.len();
    let media = answer.header("content-type").unwrap_or_default().to_ascii_lowercase();
    if !media.trim_start().starts_with("multipart/byteranges") {
        return is_part(answer, whole, Wanted::First);
    }
    let text = String::from_utf8_lossy(&answer.body).to_ascii_lowercase();
    [0, size - PART].into_iter().all(|start| {
        let place = format!("content-range: bytes {start}-{}/{size}", start + PART - 1);
        let part = &whole.body[start..start + PART];
        text.contains(&place) && answer.body.windows(PART).any(|window| window == part)
    })
}

fn from_cache(clerk: &Clerk<'_>, ask: &Ask, answer: &Answer, evidence: &str) -> Finding {
    match served(answer) {
        Served::Cache(by) => clerk.pass(&ask.target, format!("{evidence}, {by}")),
        Served::Origin(by) => clerk.warn(
            &ask.target,
            format!("{evidence}, the origin was asked ({by})"),
            "cut ranges from the stored page at the edge: it may (RFC 9111, section 3.3)",
        ),
        Served::Unknown(why) => clerk.unknown(&ask.target, format!("{evidence}; {why}")),
    }
}
