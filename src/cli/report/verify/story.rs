//! What a report says, in the order in which people want to hear it: the verdict in plain words, what is wrong with evidence and remedy,
//! what was decided to live with, what was proven, what was not looked at. As values; [`super::page`] and [`super::markdown`] write them.

use super::Cover;
use crate::cli::report::sheet::{self, Item, SHOWN, Sheet};
use crate::model::{Bound, Report, Verdict, Waived};
use crate::text::{harmless, plural, thousands};
use serde::Serialize;

/// So much evidence is written down for one remedy; the rest is counted.
const WRITTEN: usize = 60;

/// The whole.
#[derive(Serialize)]
pub(super) struct Story {
    /// The verdict's name.
    pub(super) verdict: &'static str,
    pub(super) headline: &'static str,
    pub(super) lead: String,
    /// How many checks ended how.
    pub(super) tally: Vec<Ended>,
    /// What is not as it should be, the worst first.
    pub(super) chapters: Vec<Chapter>,
    pub(super) proven: Vec<Row>,
    pub(super) skipped: Vec<Row>,
    /// What the hits prove about the origin.
    pub(super) promise: Vec<String>,
}

/// How many checks ended so.
#[derive(Serialize)]
pub(super) struct Ended {
    pub(super) verdict: &'static str,
    pub(super) words: &'static str,
    pub(super) checks: usize,
}

/// All of one verdict.
#[derive(Serialize)]
pub(super) struct Chapter {
    pub(super) verdict: &'static str,
    pub(super) heading: &'static str,
    pub(super) troubles: Vec<Trouble>,
}

/// All of one check.
#[derive(Serialize)]
pub(super) struct Trouble {
    pub(super) check: String,
    /// The sentence that should be true.
    pub(super) title: String,
    pub(super) parts: Vec<Part>,
}

/// What is mended, or was decided, in one way.
#[derive(Serialize)]
pub(super) struct Part {
    pub(super) shown: Vec<String>,
    pub(super) more: Vec<String>,
    /// How many are not even in `more`.
    pub(super) unsaid: usize,
    pub(super) remedy: String,
    pub(super) decision: Option<Decision>,
}

/// Why somebody lives with it.
#[derive(Serialize)]
pub(super) struct Decision {
    pub(super) would: &'static str,
    pub(super) reason: String,
    pub(super) who: Option<String>,
    pub(super) until: Option<String>,
}

/// A check that needs no more than a line.
#[derive(Serialize)]
pub(super) struct Row {
    pub(super) check: String,
    pub(super) title: String,
    /// What it was tried on, or why it was not.
    pub(super) note: String,
}

const CHAPTERS: [(Verdict, &str); 4] = [
    (Verdict::Fail, "What is wrong"),
    (Verdict::Unknown, "What could not be told"),
    (Verdict::Warn, "What could be better"),
    (Verdict::Waived, "What you decided to live with"),
];

impl Story {
    pub(super) fn of(report: &Report, cover: &Cover<'_>, sheet: &Sheet<'_>) -> Self {
        let verdict = report.verdict();
        let tally = sheet::tally(sheet);
        let (headline, lead) = said(verdict, &tally, cover);
        let chapters = CHAPTERS.into_iter().map(|(verdict, heading)| Chapter {
            verdict: verdict.name(),
            heading,
            troubles: sheet::grouped(sheet, verdict, |item| item.check).into_iter().map(trouble).collect(),
        });
        let troubled = |check: &str| sheet.items.iter().any(|it| it.check == check && it.verdict > Verdict::Skipped);
        let passed = sheet::grouped(sheet, Verdict::Pass, |item| item.check);
        let proven = passed.iter().filter(|(check, _)| !troubled(check)).map(|(check, items)| row(check, items, sheet));
        let skipped = sheet::grouped(sheet, Verdict::Skipped, |item| item.check);
        let skipped = skipped.into_iter().map(|(check, items)| reasons(check, &items));
        Self {
            verdict: verdict.name(),
            headline,
            lead,
            chapters: chapters.filter(|chapter| !chapter.troubles.is_empty()).collect(),
            proven: proven.collect(),
            skipped: skipped.collect(),
            promise: promise(report),
            tally: tally.into_iter().map(|(it, words, checks)| Ended { verdict: it.name(), words, checks }).collect(),
        }
    }
}

/// The verdict in plain words.
fn said(verdict: Verdict, tally: &[(Verdict, &str, usize)], cover: &Cover<'_>) -> (&'static str, String) {
    let of = |wanted: Verdict| tally.iter().find(|(it, _, _)| *it == wanted).map_or(0, |(_, _, n)| *n);
    let tried: usize = tally.iter().filter(|(it, _, _)| *it != Verdict::Skipped).map(|(_, _, n)| n).sum();
    let tried = plural(tried, "check", "checks");
    let (headline, mut lead) = match verdict {
        Verdict::Fail => {
            ("It would not hold.", format!("{} of {tried} failed. Each says below what to do.", of(Verdict::Fail)))
        }
        Verdict::Unknown => (
            "It cannot be told.",
            format!("Nothing failed, but {} of {tried} could not be told: nobody knows yet.", of(Verdict::Unknown)),
        ),
        _ if cover.release.is_none() => ("Nothing wrong was seen.", format!("{tried} that need no release held.")),
        _ => ("It holds.", format!("Visitors get what was released: nothing failed in {tried}.")),
    };
    for (verdict, one, many) in [
        (Verdict::Warn, "warns", "warn"),
        (
            Verdict::Waived,
            "was waived, by a decision that is named below",
            "were waived, by decisions that are named below",
        ),
    ] {
        match of(verdict) {
            0 => {}
            1 => lead.push_str(&format!(" One check {one}.")),
            n => lead.push_str(&format!(" {n} checks {many}.")),
        }
    }
    if cover.release.is_none() {
        lead.push_str(" Landing did not build this page: whether it is the page that it should be, nobody compared.");
    }
    (headline, lead)
}

fn trouble((check, items): (&str, Vec<&Item<'_>>)) -> Trouble {
    let title = items.first().map_or_else(String::new, |item| item.title.to_owned());
    let mut parts = Vec::new();
    for (remedy, same) in sheet::by_remedy(&items) {
        for (waiver, same) in by_waiver(same) {
            parts.push(part(remedy, waiver, &same));
        }
    }
    Trouble { check: check.to_owned(), title, parts }
}

/// Those that one decision waives stand together.
fn by_waiver<'s, 'a>(items: Vec<&'s Item<'a>>) -> Vec<(Option<&'a Waived>, Vec<&'s Item<'a>>)> {
    let mut out: Vec<(Option<&Waived>, Vec<&Item<'_>>)> = Vec::new();
    for item in items {
        let waiver = item.waiver.filter(|_| item.verdict == Verdict::Waived);
        match out.iter_mut().find(|(it, _)| *it == waiver) {
            Some((_, same)) => same.push(item),
            None => out.push((waiver, vec![item])),
        }
    }
    out
}

fn part(remedy: &str, waiver: Option<&Waived>, same: &[&Item<'_>]) -> Part {
    let told = |item: &&Item<'_>| if waiver.is_some() { item.seen.clone() } else { item.told() };
    Part {
        shown: same.iter().take(SHOWN).map(told).collect(),
        more: same.iter().skip(SHOWN).take(WRITTEN).map(told).collect(),
        unsaid: same.len().saturating_sub(SHOWN + WRITTEN),
        remedy: harmless(remedy),
        decision: waiver.map(|waiver| Decision {
            would: waiver.would.name(),
            reason: waiver.reason.clone(),
            who: waiver.who.clone(),
            until: waiver.until.map(date),
        }),
    }
}

fn row(check: &str, items: &[&Item<'_>], sheet: &Sheet<'_>) -> Row {
    let title = items.first().map_or_else(String::new, |item| item.title.to_owned());
    Row { check: check.to_owned(), title, note: sheet::counted(sheet, items) }
}

/// Why a check was not made, each reason once.
fn reasons(check: &str, items: &[&Item<'_>]) -> Row {
    let title = items.first().map_or_else(String::new, |item| item.title.to_owned());
    let mut why: Vec<&str> = items.iter().map(|item| item.seen.as_str()).collect();
    why.dedup();
    let more = why.len().saturating_sub(SHOWN);
    let more = if more > 0 { format!("; and {more} more") } else { String::new() };
    let why = why.into_iter().take(SHOWN).collect::<Vec<_>>().join("; ");
    Row { check: check.to_owned(), title, note: format!("{why}{more}") }
}

/// What the hits prove, for people who never heard of a confidence interval.
fn promise(report: &Report) -> Vec<String> {
    let mut out = hits(report);
    out.extend(report.witness.as_ref().map(|witness| format!("And {}.", witness.words())));
    out
}

fn hits(report: &Report) -> Vec<String> {
    let Some(bound) = &report.bound else {
        return vec![match report.offload {
            None => "Nothing in the answers tells who gave them, so nothing can be said about the origin.".to_owned(),
            Some(share) => format!(
                "The edge answered {} of the repeated requests alone. As long as it is not all of them, every visit may reach the origin.",
                percent(Some(share))
            ),
        }];
    };
    let hits = thousands(u64::from(bound.hits));
    let mut out = vec![format!(
        "{hits} repeated requests in a row were answered without the origin. That is no proof that none ever reaches it: with 95 % \
         confidence, at most {} of them do.",
        share(bound.miss_rate)
    )];
    if let (Some(peak), Some(origin), Some(more)) = (bound.peak, bound.origin, bound.more) {
        out.push(format!(
            "At the announced peak of {} visits a second (one request for the page each, 11.1 times the mean of half an hour) that is at \
             most {} a second at the origin.",
            whole(peak),
            whole(origin)
        ));
        out.push(match more {
            0 => format!("That is no more than the {} a second that the smallest server bears.", Bound::TARGET),
            _ => format!(
                "{} more hits in a row would prove at most {} a second, which the smallest server bears.",
                thousands(u64::from(more)),
                Bound::TARGET
            ),
        });
    }
    out
}

/// A share that is never rounded to nothing.
fn share(of_one: f64) -> String {
    if of_one < 0.001 { format!("{:.3} %", of_one * 100.0) } else { format!("{:.1} %", of_one * 100.0) }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "never negative, and a cast saturates")]
pub(super) fn whole(number: f64) -> String {
    thousands(number.round() as u64)
}

/// The offload, rounded down: 99.9 % is not all of them.
pub(super) fn percent(share: Option<f64>) -> String {
    share.map_or_else(|| "unknown".to_owned(), |share| format!("{} %", (share * 1_000.0).floor() / 10.0))
}

/// Day and time, in UTC.
pub(super) fn date(at: jiff::Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M UTC").to_string()
}
