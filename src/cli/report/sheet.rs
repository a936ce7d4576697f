//! Judgements as lines for a terminal. Prints nothing and chooses no color: each line says what it is about.
//!
//! In: a [`Sheet`], one [`Item`] for each judgement. Out: lines no wider than the terminal, the worst first.

use crate::model::{Verdict, Waived};
use crate::text::plural;
use std::collections::{BTreeMap, BTreeSet};

/// One line. When it has a verdict, its text begins with the verdict's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The verdict that the line announces.
    pub verdict: Option<Verdict>,
    /// The text, no wider than asked for unless a single word is.
    pub text: String,
}

/// One judgement.
#[derive(Clone, Debug)]
pub(super) struct Item<'a> {
    pub(super) verdict: Verdict,
    /// What was checked.
    pub(super) check: &'a str,
    /// The sentence that is true when it passes.
    pub(super) title: &'a str,
    /// Under which name it is counted when it passes, and the sentence of all that are counted there.
    pub(super) group: (&'a str, &'a str),
    /// What it is about; equal ones are counted once.
    pub(super) about: &'a str,
    /// The evidence.
    pub(super) seen: String,
    /// What a waiver says about it.
    pub(super) waiver: Option<&'a Waived>,
    /// What to do.
    pub(super) remedy: &'a str,
}

impl Item<'_> {
    /// The evidence, and what a waiver says about it.
    pub(super) fn told(&self) -> String {
        let waiver = self.waiver.iter().map(|waiver| format!(" {}", waiver.words()));
        std::iter::once(self.seen.clone()).chain(waiver).collect()
    }
}

/// All judgements and the words for them.
pub(super) struct Sheet<'a> {
    pub(super) items: Vec<Item<'a>>,
    /// What passing items are about: `URL`, `URLs`.
    pub(super) about: (&'static str, &'static str),
    /// What is counted when there are too many to show: `answer`, `answers`.
    pub(super) more: (&'static str, &'static str),
    /// What is counted at the end: `check`, `checks`.
    pub(super) checks: (&'static str, &'static str),
    pub(super) verdict: Verdict,
    /// What the last line ends with.
    pub(super) end: String,
}

/// Evidence is shown for so many items with the same remedy; the others are counted.
pub(super) const SHOWN: usize = 3;
/// Where texts begin, right of the longest verdict.
const INDENT: usize = 9;
/// Where evidence and remedy begin.
const DEEPER: usize = INDENT + 2;

/// The sheet for a terminal of so many columns: first what is wrong, with evidence and remedy, then one line per group that passes or does
/// not apply, then the verdict.
pub(super) fn lines(sheet: &Sheet<'_>, width: usize) -> Vec<Line> {
    let width = width.max(40);
    let mut out = Vec::new();
    for verdict in [Verdict::Fail, Verdict::Unknown, Verdict::Warn, Verdict::Waived] {
        for (check, items) in grouped(sheet, verdict, |item| item.check) {
            trouble(&mut out, sheet, check, verdict, &items, width);
        }
    }
    let names = sheet.items.iter().map(|item| item.group.0.len()).max().unwrap_or(0);
    for verdict in [Verdict::Pass, Verdict::Skipped] {
        for (group, items) in grouped(sheet, verdict, |item| item.group.0) {
            let told = match (verdict, &items[..]) {
                (Verdict::Pass, [first, ..]) => format!("{}: {}", counted(sheet, &items), first.group.1),
                (_, items) => items.first().map(|item| item.seen.clone()).unwrap_or_default(),
            };
            row(&mut out, verdict, &format!("{group:<names$}"), &told, width);
        }
    }
    announce(&mut out, sheet.verdict, &summary(sheet), width);
    out
}

/// The items of one verdict by a name, in the order of the sheet.
pub(super) fn grouped<'s, 'a>(
    sheet: &'s Sheet<'a>,
    verdict: Verdict,
    name: impl Fn(&Item<'a>) -> &'a str,
) -> Vec<(&'a str, Vec<&'s Item<'a>>)> {
    let mut found: Vec<(&str, Vec<&Item<'_>>)> = Vec::new();
    for item in sheet.items.iter().filter(|item| item.verdict == verdict) {
        match found.iter_mut().find(|(group, _)| *group == name(item)) {
            Some((_, of_group)) => of_group.push(item),
            None => found.push((name(item), vec![item])),
        }
    }
    found
}

/// How many different things they are about; one and the same may have been asked for in several ways.
pub(super) fn counted(sheet: &Sheet<'_>, items: &[&Item<'_>]) -> String {
    let different: BTreeSet<&str> = items.iter().map(|item| item.about).collect();
    plural(different.len(), sheet.about.0, sheet.about.1)
}

/// One paragraph per remedy: the evidence for a few items, how many more there are, what to do.
fn trouble(out: &mut Vec<Line>, sheet: &Sheet<'_>, check: &str, verdict: Verdict, items: &[&Item<'_>], width: usize) {
    announce(out, verdict, &format!("{check}: {}", items.first().map_or("", |item| item.title)), width);
    for (remedy, same) in by_remedy(items) {
        for item in same.iter().take(SHOWN) {
            continued(out, &item.told(), width);
        }
        if same.len() > SHOWN {
            let more = plural(same.len() - SHOWN, sheet.more.0, sheet.more.1);
            continued(out, &format!("and {more} more like these"), width);
        }
        if !remedy.is_empty() {
            continued(out, &format!("remedy: {remedy}"), width);
        }
    }
}

/// Items that are mended in the same way stand together.
pub(super) fn by_remedy<'s, 'a>(items: &[&'s Item<'a>]) -> Vec<(&'a str, Vec<&'s Item<'a>>)> {
    let mut remedies: Vec<(&str, Vec<&Item<'_>>)> = Vec::new();
    for item in items {
        match remedies.iter_mut().find(|(remedy, _)| *remedy == item.remedy) {
            Some((_, same)) => same.push(item),
            None => remedies.push((item.remedy, vec![item])),
        }
    }
    remedies
}

fn announce(out: &mut Vec<Line>, verdict: Verdict, text: &str, width: usize) {
    row(out, verdict, "", text, width);
}

/// Verdict, name and text in columns; the text wraps in its own. On a narrow terminal the name stands above it.
pub(super) fn row(out: &mut Vec<Line>, verdict: Verdict, name: &str, text: &str, width: usize) {
    let mut label = format!("{:<INDENT$}", verdict.name());
    if !name.is_empty() {
        label.push_str(&format!("{name}  "));
    }
    if label.len() + 20 > width {
        out.push(Line { verdict: Some(verdict), text: label.trim_end().to_owned() });
        return continued(out, text, width);
    }
    for (idx, part) in wrap(text, width - label.len()).into_iter().enumerate() {
        let first = idx == 0;
        let left = if first { label.clone() } else { " ".repeat(label.len()) };
        out.push(Line { verdict: first.then_some(verdict), text: format!("{left}{part}") });
    }
}

/// The first line stands a little left of the others, so that items can be told apart.
pub(super) fn continued(out: &mut Vec<Line>, text: &str, width: usize) {
    for (idx, part) in wrap(text, width - DEEPER).into_iter().enumerate() {
        let indent = if idx == 0 { INDENT } else { DEEPER };
        out.push(Line { verdict: None, text: format!("{:indent$}{part}", "") });
    }
}

/// How checks ended, in the order of a report, with the words for it.
pub(super) const ENDS: [(Verdict, &str); 6] = [
    (Verdict::Fail, "failed"),
    (Verdict::Unknown, "unknown"),
    (Verdict::Warn, "with warnings"),
    (Verdict::Waived, "waived"),
    (Verdict::Pass, "passed"),
    (Verdict::Skipped, "skipped"),
];

/// How many checks ended how. A check ends as the worst of its items does; one that passes somewhere was not skipped.
pub(super) fn tally(sheet: &Sheet<'_>) -> Vec<(Verdict, &'static str, usize)> {
    let mut worst: BTreeMap<&str, Verdict> = BTreeMap::new();
    for item in &sheet.items {
        let of_check = worst.entry(item.check).or_insert(item.verdict);
        *of_check = match (*of_check, item.verdict) {
            (Verdict::Skipped, other) | (other, Verdict::Skipped) => other,
            (one, other) => one.max(other),
        };
    }
    let counted = |verdict: Verdict| worst.values().filter(|it| **it == verdict).count();
    let all = ENDS.into_iter().map(|(verdict, words)| (verdict, words, counted(verdict)));
    all.filter(|(_, _, n)| *n > 0).collect()
}

fn summary(sheet: &Sheet<'_>) -> String {
    let tally = tally(sheet);
    let all = tally.iter().map(|(_, _, n)| n).sum();
    let counts: Vec<String> = tally.into_iter().map(|(_, words, n)| format!("{n} {words}")).collect();
    format!("{}: {}{}", plural(all, sheet.checks.0, sheet.checks.1), counts.join(", "), sheet.end)
}

/// Breaks a text at spaces; a word wider than the line stands alone.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}
