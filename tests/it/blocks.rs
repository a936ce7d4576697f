//! `docs/blocks.md`: every block with its fields, an example and a picture in each theme, made from `themes/default/theme.toml` and
//! `tests/pages/blocks/site/index.md`. `LANDING_UPDATE=1` writes it; `tests/pages/shoot` makes the pictures.

use landing::build::EMBEDDED;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

const PAGE: &str = "docs/blocks.md";
const SAMPLE: &str = "tests/pages/blocks/site/index.md";

const HEAD: &str = "# Blocks

A page is composed of blocks. Each is a table of the front matter, and they appear in the order in which you write them:

```toml
[hero]
title = \"A coffee *a day.*\"

[steps]
title = \"Three moves\"

[[steps.items]]
title = \"Open the tab\"
```

Move a block and it moves on the page; leave it out and it is gone. Where you want one twice, write `[[quotes]]` before each. Every block
may have an `id`, which links lead to (`#questions`); without one it is the block's name.

The same blocks stand in the midst of Markdown, between two lines of colons:

```markdown
:::steps Three moves
### Open the tab
![The app asks which bank to connect](bank.png)
Connect your bank, read only.

### Count the saucers
Each charge that returns goes on the pile.
:::
```

There the words after the name are the first field, `### …` begins an item, a picture alone on its line is its `image` and `alt`,
`- [label](address) note` is an item that leads somewhere, `- …` is a line of a list, and all other words are the field for text. Any field can also be
written `name: value` before the text begins.

What a field takes: **line** is one line of Markdown, **text** is Markdown, **image** a file below `assets/`, **link** a page, a place on it or a full
address, **flag** `true` or `false`, **date** a moment with its offset, **list** several lines, **items** a table for each.

This page is made from the theme's declaration (`theme.toml`): `LANDING_UPDATE=1 cargo test --test it blocks` writes it, `tests/pages/shoot` makes the
pictures.
";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_default()
}

type Entry<'t> = (&'t str, &'t DeTable<'t>);

/// The tables of a table in the order in which they were written.
fn inside<'t>(table: &'t DeTable<'t>) -> Vec<Entry<'t>> {
    let mut all: Vec<_> = table.iter().filter_map(|(key, value)| Some((key, value.get_ref().as_table()?))).collect();
    all.sort_by_key(|(key, _)| key.span().start);
    all.into_iter().map(|(key, table)| (key.get_ref().as_ref(), table)).collect()
}

fn get<'t>(table: &'t DeTable<'t>, key: &str) -> Option<&'t DeValue<'t>> {
    table.iter().find(|(it, _)| it.get_ref() == key).map(|(_, value): (_, &Spanned<DeValue<'_>>)| value.get_ref())
}

fn text<'t>(table: &'t DeTable<'t>, key: &str) -> &'t str {
    get(table, key).and_then(DeValue::as_str).unwrap_or_default()
}

fn fields(table: &DeTable<'_>, prefix: &str, out: &mut String) {
    let Some(all) = get(table, "fields").and_then(DeValue::as_table) else { return };
    for (name, field) in inside(all) {
        let must = if get(field, "required").and_then(DeValue::as_bool) == Some(true) { "yes" } else { "" };
        let of = get(field, "of").and_then(DeValue::as_array).map(|of| {
            let words = of.iter().filter_map(|word| word.get_ref().as_str()).map(|word| format!("`{word}`"));
            format!(": {}", words.collect::<Vec<_>>().join(", "))
        });
        let (kind, about) = (text(field, "type"), text(field, "about"));
        let _ = writeln!(out, "| `{prefix}{name}` | {kind} | {must} | {about}{} |", of.unwrap_or_default());
        fields(field, &format!("{prefix}{name}."), out);
    }
}

/// The block as the sample writes it.
fn example(sample: &str, block: &str) -> String {
    let mine = |line: &str| {
        let name = line.trim_start_matches('[').split([']', '.']).next().unwrap_or_default();
        line.starts_with('[') && name == block
    };
    let other = |line: &str| (line.starts_with('[') && !mine(line)) || line == "+++";
    let lines = sample.lines().skip_while(|line| !mine(line));
    lines.take_while(|line| !other(line)).collect::<Vec<_>>().join("\n").trim_end().to_owned()
}

fn page() -> String {
    let (theme, sample) = (read("themes/default/theme.toml"), read(SAMPLE));
    let theme = DeTable::parse(&theme).expect("the theme is read by every build");
    let blocks = get(theme.get_ref(), "blocks").and_then(DeValue::as_table).expect("it declares blocks");
    let mut out = HEAD.to_owned();
    for (name, block) in inside(blocks) {
        let pictures =
            EMBEDDED.iter().map(|(theme, _)| format!("![`{name}` in the theme {theme}]({})", picture(name, theme)));
        let pictures: Vec<String> = pictures.collect();
        let themes: Vec<&str> = EMBEDDED.iter().map(|(theme, _)| *theme).collect();
        let rule = vec!["---"; themes.len()].join(" | ");
        let _ = write!(
            out,
            "\n## `{name}`\n\n{}\n\n| {} |\n| {rule} |\n| {} |\n\n| field | takes | needed | what it is |\n| --- | --- | --- | --- |\n",
            text(block, "about"),
            themes.join(" | "),
            pictures.join(" | "),
        );
        fields(block, "", &mut out);
        let _ = write!(out, "\n```toml\n{}\n```\n", example(&sample, name));
    }
    out
}

fn picture(block: &str, theme: &str) -> String {
    format!("guide/assets/blocks/{block}-{theme}.webp")
}

#[test]
fn every_block_is_documented_as_the_theme_declares_it() {
    let expected = page();
    if std::env::var_os("LANDING_UPDATE").is_some() {
        fs::write(root().join(PAGE), &expected).unwrap();
    }
    assert!(
        read(PAGE) == expected,
        "{PAGE} is not what themes/default/theme.toml and {SAMPLE} say: run `LANDING_UPDATE=1 cargo test --test it blocks`"
    );
}

#[test]
fn every_block_has_an_example_and_a_small_picture_in_every_theme() {
    let sample = read(SAMPLE);
    let theme = read("themes/default/theme.toml");
    let theme = DeTable::parse(&theme).unwrap();
    let blocks = get(theme.get_ref(), "blocks").and_then(DeValue::as_table).unwrap();
    let mut wrong = Vec::new();
    for (name, _) in inside(blocks) {
        if example(&sample, name).is_empty() {
            wrong.push(format!("{SAMPLE} does not show `{name}`"));
        }
        for (theme, _) in EMBEDDED {
            let path: PathBuf = root().join("docs").join(picture(name, theme));
            match fs::metadata(&path) {
                Ok(file) if file.len() < 40_000 => {}
                Ok(file) => wrong.push(format!("{} has {} bytes", path.display(), file.len())),
                Err(_) => wrong.push(format!("docs/{} is not there: run tests/pages/shoot", picture(name, theme))),
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}
