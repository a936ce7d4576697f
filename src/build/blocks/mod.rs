//! Blocks: what a marketer composes a page of, in front matter (`[steps]`, in any order, as often as wanted with `[[steps]]`) or in the
//! midst of Markdown (`:::steps … :::`). The theme declares them (`theme.toml`) and shows them (`templates/blocks/NAME.html`).
//!
//! In: a page and the theme's schema. Out: the page's blocks in the order in which they were written, or one complaint for each thing
//! that the theme does not know. Refuses nothing of a theme that declares no blocks.

mod container;
mod judge;
mod written;

use super::each::fill_map;
use super::page::Page;
use super::template::Templates;
use super::theme::{Schema, Spot};
use crate::diag::{Code, Diagnostic, Place};
use judge::{Judge, Style};
use serde_json::{Map, Value as Json, json};
use std::ops::Range;
use tera::Context;
use toml::de::DeTable;
use written::{Table, Value};

/// Tables of the front matter that belong to the build and are no blocks.
const OTHERS: [&str; 1] = ["each"];

/// A block as its author wrote it.
struct Written {
    name: String,
    /// Bytes of its name in the file.
    at: Range<usize>,
    table: Table,
    style: Style,
}

/// A block that the theme knows.
#[derive(Clone, Debug)]
struct Block {
    name: String,
    spot: Spot,
    fields: Map<String, Json>,
}

/// The blocks of a page.
#[derive(Clone, Debug, Default)]
pub(super) struct Blocks {
    front: Vec<Block>,
    /// Those in the Markdown, in the order of their marks.
    body: Vec<Block>,
    /// The Markdown with a mark in the place of each container, as long as it was, so that all else keeps its place.
    pub(super) markdown: String,
}

/// Reads the blocks of a page.
pub(super) fn read(page: &Page<'_>, schema: &Schema) -> Result<Blocks, Vec<Diagnostic>> {
    let mut blocks = Blocks { markdown: page.markdown().to_owned(), ..Blocks::default() };
    if schema.blocks.is_empty() {
        return Ok(blocks);
    }
    let mut judge = Judge { file: page.source.as_str(), text: page.text, found: Vec::new() };
    let front = of_front(page, schema, &mut judge);
    blocks.front = front.iter().filter_map(|block| known(block, schema, &mut judge)).collect();
    let (containers, stray) = container::find(page.text, page.body.clone());
    for at in stray {
        let place = Place::span(judge.file, judge.text, at);
        let message = "this `:::` closes no block";
        judge.found.push(Diagnostic::new(Code::Block, message).at(place).hint("a block begins with `:::name`"));
    }
    for (number, one) in containers.iter().enumerate() {
        let (name, _) = container::name(page.text, one);
        let at = one.head.start..one.head.start + name.len();
        if !one.closed {
            let before = containers.get(number + 1).map_or(String::new(), |next| {
                format!(
                    " before `{}` begins, and no block stands inside of another",
                    container::name(page.text, next).0
                )
            });
            let message = format!("the block `{name}` is not closed{before}");
            let place = Place::span(judge.file, judge.text, at.clone());
            let hint = "end it with a line that holds `:::` alone";
            judge.found.push(Diagnostic::new(Code::Block, message).at(place).hint(hint));
            continue;
        }
        let written = match schema.blocks.get(name) {
            Some(kind) => container::read(page.text, one, kind),
            None => Written { name: name.to_owned(), at, table: Table::new(), style: Style::Container },
        };
        if let Some(block) = known(&written, schema, &mut judge) {
            let start = page.body.start;
            let range = one.range.start - start..one.range.end - start;
            let mark = mark(blocks.body.len());
            let padding = "\n".repeat(range.len().saturating_sub(mark.len()));
            blocks.markdown.replace_range(range, &(mark + &padding));
            blocks.body.push(block);
        }
    }
    if judge.found.is_empty() { Ok(blocks) } else { Err(judge.found) }
}

/// What stands in the Markdown, and in the HTML made of it, where a block was.
fn mark(index: usize) -> String {
    format!("<!--{index}-->")
}

/// The tables of the front matter in the order in which they were written.
fn of_front(page: &Page<'_>, schema: &Schema, judge: &mut Judge<'_>) -> Vec<Written> {
    let (table, _) = DeTable::parse_recoverable(page.front_matter());
    let mut found = Vec::new();
    for entry in written::of_toml(table.get_ref(), page.front_at.start) {
        let block = |at: Range<usize>, table: Table| Written { name: entry.key.clone(), at, table, style: Style::Toml };
        match entry.value {
            _ if OTHERS.contains(&entry.key.as_str()) => {}
            Value::Table(table) => found.push(block(entry.at, table)),
            Value::List(items) if items.iter().all(|(item, _)| matches!(item, Value::Table(_))) => {
                found.extend(items.into_iter().filter_map(|(item, at)| match item {
                    Value::Table(table) => Some(block(at, table)),
                    _ => None,
                }));
            }
            other if schema.blocks.contains_key(&entry.key) => {
                let message = format!("`{}` is {}, not a block", entry.key, other.kind());
                let place = Place::span(judge.file, judge.text, entry.at);
                let hint = format!("write `[{}]` on a line of its own and its fields below", entry.key);
                judge.found.push(Diagnostic::new(Code::Block, message).at(place).hint(hint));
            }
            _ => {}
        }
    }
    found.sort_by_key(|block| block.at.start);
    found
}

/// Judges a block; none when the theme does not know it.
fn known(block: &Written, schema: &Schema, judge: &mut Judge<'_>) -> Option<Block> {
    let Some(kind) = schema.blocks.get(&block.name) else {
        let names = schema.blocks.keys().map(String::as_str);
        let place = Place::span(judge.file, judge.text, block.at.clone());
        judge.found.push(Diagnostic::unknown(Code::Block, "block", &block.name, names).at(place));
        return None;
    };
    judge.block(block, kind);
    Some(Block { name: block.name.clone(), spot: kind.place, fields: written::object(&block.table) })
}

impl Blocks {
    /// The same with the fields of the page's row in all texts.
    pub(super) fn filled(self, page: &Page<'_>) -> Self {
        let Some((row, _)) = &page.row else { return self };
        let fill = |blocks: Vec<Block>| -> Vec<Block> {
            blocks.into_iter().map(|block| Block { fields: fill_map(block.fields, row), ..block }).collect()
        };
        Self { front: fill(self.front), body: fill(self.body), markdown: page.filled(&self.markdown).into_owned() }
    }

    /// Shows all blocks, for the page that the templates see: `page.top`, `page.blocks`, `page.bottom` hold those of the
    /// front matter by their place, `page.content` and its `page.parts` those of the text where they stand, `page.kinds` the names.
    pub(super) fn show(
        &self,
        templates: &Templates<'_>,
        page: &Page<'_>,
        context: &Context,
        html: &str,
    ) -> Result<Map<String, Json>, Vec<Diagnostic>> {
        let mut ids: Vec<String> = Vec::new();
        let mut found = Vec::new();
        let mut shown = |block: &Block| {
            let mut fields = block.fields.clone();
            let id = id_of(block, &mut ids);
            fields.insert("id".to_owned(), id.into());
            let mut context = context.clone();
            context.insert("block", &fields);
            let name = format!("blocks/{}.html", block.name);
            templates.part(page, &name, &context).unwrap_or_else(|err| {
                found.push(err);
                String::new()
            })
        };
        let mut spots = [String::new(), String::new(), String::new()];
        for block in &self.front {
            spots[block.spot as usize].push_str(&shown(block));
        }
        let (mut whole, mut parts, mut rest) = (String::new(), Vec::new(), html);
        for (idx, block) in self.body.iter().enumerate() {
            let (before, after) = rest.split_once(&mark(idx)).unwrap_or((rest, ""));
            let html = shown(block);
            push_part(&mut parts, &mut whole, before, None);
            match block.spot {
                Spot::Main => push_part(&mut parts, &mut whole, &html, Some(&block.name)),
                spot => spots[spot as usize].push_str(&html),
            }
            rest = after;
        }
        push_part(&mut parts, &mut whole, rest, None);
        let kinds: Vec<&str> = self.front.iter().chain(&self.body).map(|block| block.name.as_str()).collect();
        let [top, main, bottom] = spots;
        let shown = [
            ("content".to_owned(), whole.into()),
            ("parts".to_owned(), parts.into()),
            ("kinds".to_owned(), kinds.into()),
            ("top".to_owned(), top.into()),
            ("blocks".to_owned(), main.into()),
            ("bottom".to_owned(), bottom.into()),
        ];
        if found.is_empty() { Ok(shown.into_iter().collect()) } else { Err(found) }
    }
}

fn push_part(parts: &mut Vec<Json>, whole: &mut String, html: &str, block: Option<&str>) {
    if !html.trim().is_empty() {
        whole.push_str(html);
        parts.push(json!({ "html": html, "block": block }));
    }
}

/// Where links lead to: what the author chose, else the name of the block, with a number from the second one on.
fn id_of(block: &Block, taken: &mut Vec<String>) -> String {
    let wanted = block.fields.get("id").and_then(Json::as_str).unwrap_or(&block.name).to_owned();
    let free = |candidate: &String| !taken.contains(candidate);
    let numbered = (2..).map(|number| format!("{wanted}-{number}"));
    let id = std::iter::once(wanted.clone()).chain(numbered).find(free).expect("there are enough numbers");
    taken.push(id.clone());
    id
}
