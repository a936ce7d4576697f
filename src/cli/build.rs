//! `landing build`

use super::project::Project;
use super::view::View;
use crate::build::{Built, FirstFlight, Options, Row};
use crate::diag::{Diagnostic, Diagnostics, Exit};
use crate::hosts;
use crate::model::{Digest, Key, Mode};
use crate::text::thousands;
use serde_json::json;
use std::path::Path;

pub(super) fn run(root: &Path, mode: Mode, drafts: bool, view: &View) -> Result<Exit, Diagnostics> {
    let project = Project::open(root)?;
    let built = project.build_for(Options { mode, drafts }, view)?;
    let out = &project.settings.build.out;
    project.workspace.write(out, &built.value.files, &built.value.identities)?;
    let Built { release, table, flight, bundle, files, .. } = built.value;
    // The manifest is the canonical form, written already.
    let manifest = Key::parse(hosts::MANIFEST).ok().and_then(|key| files.get(&key).cloned());
    let id = manifest.map_or_else(|| release.id(), |json| Digest::of(&json));
    // The process ends: taking a thousand pages apart piece by piece would only make people wait.
    std::mem::forget((bundle, files, release, built.value.sources, built.value.identities));
    for line in table_lines(&table).into_iter().chain(flight_lines(&flight)) {
        view.line(line);
    }
    view.line("");
    view.line(format!("release {} in {out}/", id.hex16()));
    let result = || {
        json!({
            "release": id,
            "out": out,
            "first_flight_bytes": flight.total(),
            "files": table.iter().map(row_json).collect::<Vec<_>>(),
            "warnings": built.warnings.iter().map(Diagnostic::as_warning).collect::<Vec<_>>(),
        })
    };
    view.done(if view.is_json() { result() } else { json!(null) });
    Ok(Exit::Done)
}

fn row_json(row: &Row) -> serde_json::Value {
    json!({ "path": row.path, "bytes": row.bytes, "br_bytes": row.br_bytes, "class": row.class })
}

/// One line per published file, documents first.
fn table_lines(table: &[Row]) -> Vec<String> {
    const LONGEST: usize = 48;
    let mut lines = vec![format!("{:<LONGEST$} {:>10} {:>10}  class", "file", "bytes", "brotli")];
    let mut rows: Vec<&Row> = table.iter().collect();
    rows.sort_by_key(|row| (row.class, row.path.clone()));
    for row in rows {
        let br = row.br_bytes.map_or_else(|| "-".to_owned(), thousands);
        let path = shortened(row.path.as_str(), LONGEST);
        lines.push(format!("{path:<LONGEST$} {:>10} {br:>10}  {}", thousands(row.bytes), row.class.name()));
    }
    lines
}

/// The end of a path tells more than its beginning.
fn shortened(path: &str, longest: usize) -> String {
    let length = path.chars().count();
    if length <= longest {
        return path.to_owned();
    }
    let end: String = path.chars().skip(length - longest + 1).collect();
    format!("…{end}")
}

/// The account of the first round trip.
fn flight_lines(flight: &FirstFlight) -> Vec<String> {
    let mut lines = vec![String::new(), "first flight".to_owned()];
    for line in &flight.lines {
        lines.push(format!("  {:<46} {:>10}", line.what, thousands(line.bytes)));
    }
    let of = |seen: u64, budget: u64| {
        let over = if seen > budget { "  over budget" } else { "" };
        format!("{:>10} of {}{over}", thousands(seen), thousands(budget))
    };
    lines.push(format!("  {:<46} {}", "document, Brotli", of(flight.document, flight.document_budget)));
    lines.push(format!("  {:<46} {}", "header fields, HPACK", of(flight.headers, flight.headers_budget)));
    lines
}
