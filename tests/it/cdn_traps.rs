//! What goes wrong with purges: every provider's case names its documented failures and its traps (`#? `), `traps.txt` those of all, and
//! what is said to replay one does.

use landing::cdn;
use std::path::Path;

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|err| panic!("{}: {err}", path.display()))
}

/// A failure or a trap, and the lines below it.
type Row<'a> = (&'a str, Vec<&'a str>);

fn rows(text: &str) -> Vec<Row<'_>> {
    let mut rows: Vec<Row<'_>> = Vec::new();
    for line in text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
        match (line.strip_prefix("  "), rows.last_mut()) {
            (Some(replay), Some((_, replays))) => replays.push(replay),
            _ => rows.push((line, Vec::new())),
        }
    }
    rows
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
    let mut complaints = Vec::new();
    let mut look = |id: &str, text: &str| {
        let rows = rows(text);
        if rows.is_empty() {
            complaints.push(format!("{id}: its case names no failure or trap in lines that begin with `#? `"));
        }
        for (trap, replays) in rows {
            if replays.is_empty() {
                complaints.push(format!("{id}: {trap}: nothing replays it"));
            }
            complaints.extend(replays.iter().filter_map(|replay| wrong(id, replay)));
        }
    };
    look("every", &read("tests/cases/cdn/traps.txt"));
    for cdn in cdn::ALL {
        let case = read(&format!("tests/cases/cdn/{}.txt", cdn.id()));
        let own: Vec<&str> = case.lines().filter_map(|line| line.strip_prefix("#? ")).collect();
        look(cdn.id(), &own.join("\n"));
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
