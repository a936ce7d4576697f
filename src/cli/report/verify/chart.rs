//! Charts as numbers: bars of parts, columns of answer times. [`super::page`] draws them as SVG.

use super::story::Story;
use crate::model::{Tally, Traffic};
use crate::text::thousands;
use serde::Serialize;

/// A bar whose parts make up the whole.
#[derive(Serialize)]
pub(super) struct Bar {
    pub(super) parts: Vec<Piece>,
}

/// A part of a bar.
#[derive(Serialize)]
pub(super) struct Piece {
    /// What decides its color.
    pub(super) kind: &'static str,
    pub(super) words: String,
    /// Where it begins and how wide it is, in percent.
    pub(super) x: String,
    pub(super) width: String,
}

/// Answers by how long they took.
#[derive(Serialize)]
pub(super) struct Columns {
    pub(super) columns: Vec<Column>,
    /// The middle column's text is drawn there, in percent of the width.
    pub(super) width: String,
}

/// Answers that took about as long.
#[derive(Serialize)]
pub(super) struct Column {
    pub(super) x: String,
    pub(super) middle: String,
    pub(super) label: String,
    pub(super) answers: String,
    /// From the bottom up.
    pub(super) blocks: Vec<Block>,
    /// Where the number above the column stands.
    pub(super) top: String,
}

/// A part of a column.
#[derive(Serialize)]
pub(super) struct Block {
    pub(super) kind: &'static str,
    pub(super) y: String,
    pub(super) height: String,
}

/// The height of the highest column, and of the space above it, in pixels.
const HEIGHT: f64 = 84.0;
const ABOVE: f64 = 16.0;

/// How the checks ended.
pub(super) fn checks(story: &Story) -> Bar {
    bar(story.tally.iter().map(|it| {
        let checks = u32::try_from(it.checks).unwrap_or(u32::MAX);
        (it.verdict, checks, format!("{} {}", it.checks, it.words))
    }))
}

/// Who answered the repeated requests.
pub(super) fn answered(warm: Tally) -> Bar {
    let parts = [
        ("edge", warm.edge, "by the edge"),
        ("origin", warm.origin, "by the origin"),
        ("untold", warm.unknown, "not told"),
    ];
    bar(parts.into_iter().map(|(kind, n, words)| (kind, n, format!("{} {words}", thousands(n.into())))))
}

fn bar(parts: impl Iterator<Item = (&'static str, u32, String)>) -> Bar {
    let parts: Vec<_> = parts.filter(|(_, n, _)| *n > 0).collect();
    let all: f64 = parts.iter().map(|(_, n, _)| f64::from(*n)).sum();
    let mut x = 0.0;
    let piece = |(kind, n, words): (&'static str, u32, String)| {
        let width = f64::from(n) / all * 100.0;
        let piece = Piece { kind, words, x: percent(x), width: percent(width) };
        x += width;
        piece
    };
    Bar { parts: parts.into_iter().map(piece).collect() }
}

/// How long the answers took: the classes between the fastest and the slowest. None without an answer.
pub(super) fn times(traffic: &Traffic) -> Option<Columns> {
    let full = |it: &crate::model::Times| it.answers.total() > 0;
    let (first, last) = (traffic.times.iter().position(full)?, traffic.times.iter().rposition(full)?);
    let classes = &traffic.times[first..=last];
    let most = classes.iter().map(|it| it.answers.total()).max().unwrap_or(1);
    #[expect(clippy::cast_precision_loss, reason = "a dozen classes")]
    // A single column as wide as the page would say nothing.
    let step = 100.0 / classes.len().max(6) as f64;
    #[expect(clippy::cast_precision_loss, reason = "a dozen classes")]
    let columns =
        classes.iter().enumerate().map(|(idx, it)| column(it.up_to_ms, it.answers, most, idx as f64 * step, step));
    Some(Columns { columns: columns.collect(), width: percent(step * 0.76) })
}

fn column(up_to_ms: Option<u64>, answers: Tally, most: u32, x: f64, step: f64) -> Column {
    let mut y = HEIGHT + ABOVE;
    let mut blocks = Vec::new();
    for (kind, n) in [("edge", answers.edge), ("origin", answers.origin), ("untold", answers.unknown)] {
        let height = f64::from(n) / f64::from(most.max(1)) * HEIGHT;
        if n > 0 {
            y -= height;
            blocks.push(Block { kind, y: format!("{y:.1}"), height: format!("{height:.1}") });
        }
    }
    let label = match up_to_ms {
        Some(ms @ 0..1_000) => ms.to_string(),
        Some(ms) => format!("{} s", ms / 1_000),
        None => "more".to_owned(),
    };
    let total = answers.total();
    Column {
        x: percent(x + step * 0.12),
        middle: percent(x + step / 2.0),
        label,
        answers: if total == 0 { String::new() } else { thousands(total.into()) },
        blocks,
        top: format!("{:.1}", y - 4.0),
    }
}

fn percent(value: f64) -> String {
    format!("{value:.2}%")
}
