//! The table of what goes wrong with purges, `tests/cases/cdn/traps.txt`, is true: every provider is in it, and what it says
//! replays a failure or a trap does.

use landing::cdn;
use std::collections::BTreeMap;
use std::path::Path;

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|err| panic!("{}: {err}", path.display()))
}

/// A failure or a trap, and the lines below it.
type Row<'a> = (&'a str, Vec<&'a str>);

/// Provider to its rows.
fn table(text: &str) -> BTreeMap<&str, Vec<Row<'_>>> {
    let (mut table, mut at) = (BTreeMap::<&str, Vec<Row<'_>>>::new(), "");
    for line in text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
        let rows = table.entry(at).or_default();
        if let Some(id) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            at = id;
        } else if let Some(replay) = line.strip_prefix("  ") {
            rows.last_mut().expect("a trap comes before its replay").1.push(replay);
        } else {
            rows.push((line, Vec::new()));
        }
    }
    table.retain(|id, _| !id.is_empty());
    table
}

/// What is not true of a replay.
fn wrong(id: &str, replay: &str) -> Option<String> {
    let (kind, rest) = replay.split_once(' ').unwrap_or((replay, ""));
    match kind {
        "case" => {
            let (input, shows) = rest.rsplit_once(" => ").unwrap_or((rest, ""));
            let (not, shows) = shows.strip_prefix('!').map_or((false, shows), |shows| (true, shows));
            let results = results(&read(&format!("tests/cases/cdn/{id}.txt")), input);
            let right = if not {
                results.iter().all(|it| !it.contains(shows))
            } else {
                results.iter().any(|it| it.contains(shows))
            };
            (results.is_empty() || shows.is_empty() || !right)
                .then(|| format!("{id}: `{input}` does not show it: {results:?}"))
        }
        "test" => {
            let (file, name) = rest.split_once(' ').unwrap_or((rest, ""));
            let text = read(file);
            let there =
                text.split("#[test]").skip(1).any(|after| after.trim_start().starts_with(&format!("fn {name}(")));
            (!there).then(|| format!("{id}: {file} has no test `{name}`"))
        }
        "file" => (!read(rest).contains("\n---\n")).then(|| format!("{id}: {rest} is no case with a result")),
        _ => Some(format!("{id}: `{replay}` is no replay")),
    }
}

/// What stands below each line `input` in the results of a case.
fn results(case: &str, input: &str) -> Vec<String> {
    let (_, out) = case.split_once("\n---\n").unwrap_or_default();
    let mut results = Vec::new();
    let mut lines = out.lines().peekable();
    while let Some(line) = lines.next() {
        let mut block = String::new();
        while let Some(below) = lines.next_if(|line| line.starts_with("  ")) {
            block += below;
            block += "\n";
        }
        if line == input {
            results.push(block);
        }
    }
    results
}

#[test]
fn every_trap_and_documented_failure_is_replayed() {
    let text = read("tests/cases/cdn/traps.txt");
    let table = table(&text);
    let mut complaints = Vec::new();
    for id in cdn::ALL.iter().map(|cdn| cdn.id()).filter(|id| !table.contains_key(id)) {
        complaints.push(format!("`{id}` is not in the table"));
    }
    for (id, rows) in &table {
        if *id != "every" && cdn::find(id).is_none() {
            complaints.push(format!("`{id}` is no provider"));
        }
        for (trap, replays) in rows {
            if replays.is_empty() {
                complaints.push(format!("{id}: {trap}: nothing replays it"));
            }
            complaints.extend(replays.iter().filter_map(|replay| wrong(id, replay)));
        }
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

#[test]
fn a_row_that_is_not_true_is_seen() {
    for replay in [
        "case purge everything => exactPath=true",
        "case purge / /de/ /caf%C3%A9 => !exactPath=true",
        "case purge /nobody-asked => exactPath",
        "case purge everything",
        "test tests/it/cdn_talks.rs no_such_test",
        "test tests/it/cdn_talks.rs urls",
        "word",
    ] {
        assert!(wrong("bunny", replay).is_some(), "{replay}");
    }
}
