//! A table can be read cell by cell: its headers are headers (WCAG 1.3.1).

use super::name::{is_hidden, text};
use crate::check::page::shown;
use crate::check::{Family, Notes, Page, Rule, Site};
use crate::html::Id;

pub(in crate::check) struct Tables;

const HEADERS: Rule = Rule::warn("table-headers", "a table with more than one row and column has headers");
const EMPTY: Rule = Rule::warn("table-header-empty", "every header of a table has words");
const SCOPE: Rule = Rule::fail("table-scope", "`scope` says which cells a header is for");
const NAMED: Rule = Rule::fail("table-headers-named", "`headers` names headers of the same table");

impl Family for Tables {
    fn name(&self) -> &'static str {
        "tables"
    }

    fn title(&self) -> &'static str {
        "tables say what their cells are about"
    }

    fn rules(&self) -> &'static [Rule] {
        &[HEADERS, EMPTY, SCOPE, NAMED]
    }

    fn page(&self, _: &Site<'_>, page: &Page<'_>, notes: &mut Notes<'_>) {
        for id in page.named(&["table"]).filter(|id| !is_hidden(page, *id)) {
            if !matches!(page.word(id, "role").as_deref(), Some("presentation" | "none")) {
                table(page, id, notes);
            }
        }
    }
}

fn table(page: &Page<'_>, id: Id, notes: &mut Notes<'_>) {
    let inside: Vec<Id> = page.tree.elements(id);
    let count = |name: &str| inside.iter().filter(|it| page.tree.name(**it) == name).count();
    let headers: Vec<Id> = inside.iter().copied().filter(|it| page.tree.name(*it) == "th").collect();
    let (rows, cells) = (count("tr"), count("td"));
    if headers.is_empty() && rows > 1 && cells > rows {
        let seen = format!("a table of {rows} rows has no headers");
        notes.element(&HEADERS, id, seen, "make the cells of its first row or column `<th>`");
    }
    for header in &headers {
        if text(page, *header).is_empty() && cells > 0 {
            notes.element(
                &EMPTY,
                *header,
                "a header of a table is empty",
                "say what the cells are about, or make it `<td>`",
            );
        }
        let scope = page.word(*header, "scope");
        if let Some(scope) = scope.filter(|scope| !matches!(scope.as_str(), "row" | "col" | "rowgroup" | "colgroup")) {
            let seen = format!("`scope=\"{}\"`", shown(&scope, 30));
            notes.element(&SCOPE, *header, seen, "write `row`, `col`, `rowgroup` or `colgroup`");
        }
    }
    for cell in inside.iter().copied().filter(|it| page.tree.get(*it, "headers").is_some()) {
        let names = page.tree.get(cell, "headers").unwrap_or_default().split_ascii_whitespace();
        let unknown = |name: &&str| !inside.iter().any(|it| page.tree.get(*it, "id") == Some(name));
        if let Some(name) = names.into_iter().find(unknown) {
            let seen = format!("`headers` names `{}`, which is not in the table", shown(name, 30));
            notes.element(&NAMED, cell, seen, "name the `id` of a `<th>`, or use `scope`");
        }
    }
}
