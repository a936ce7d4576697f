//! Blocks in the midst of Markdown: from a line `:::name title` to a line `:::`.
//!
//! Inside, `key: value` lines are fields; `### heading` begins an item; a picture alone on its line is an `image` with its `alt`;
//! `- [label](address) note` is an item that leads somewhere; all other text is the field of type `text`. What goes where is read from
//! the theme's declaration, so that the same fields come out as from front matter. Containers inside of code are code.

use super::Written;
use super::judge::Style;
use super::written::{Entry, Table, Value};
use crate::build::theme::{BlockKind, Field, Kind};
use std::ops::Range;

/// The line that ends a block, and the beginning of one that starts it. More colons say no more.
const FENCE: &str = ":::";

/// What stands behind the colons of a line.
fn behind_fence(line: &str) -> Option<&str> {
    line.starts_with(FENCE).then(|| line.trim_start_matches(':'))
}

/// A container as it stands in the file.
pub(super) struct Container {
    /// All of its lines.
    pub(super) range: Range<usize>,
    /// From the name to the end of its line.
    pub(super) head: Range<usize>,
    /// Between the fences.
    pub(super) body: Range<usize>,
    pub(super) closed: bool,
}

/// A line with its place, without its end.
#[derive(Clone, Copy)]
struct Line<'t> {
    text: &'t str,
    at: usize,
}

impl Line<'_> {
    fn range(&self) -> Range<usize> {
        self.at..self.at + self.text.len()
    }
}

fn lines(text: &str, within: Range<usize>) -> impl Iterator<Item = Line<'_>> {
    let mut at = within.start;
    text[within].split_inclusive('\n').map(move |line| {
        let start = at;
        at += line.len();
        Line { text: line.trim_end_matches(['\n', '\r']), at: start }
    })
}

/// Every container of a page, and every fence that closes none.
pub(super) fn find(text: &str, within: Range<usize>) -> (Vec<Container>, Vec<Range<usize>>) {
    let (mut found, mut stray) = (Vec::new(), Vec::new());
    let mut open: Option<Container> = None;
    // Of blocks inside of others each leaves one fence that closes nothing.
    let mut inside = 0_usize;
    let mut code: Option<&str> = None;
    for line in lines(text, within.clone()) {
        let trimmed = line.text.trim();
        if let Some(fence) = ["```", "~~~"].into_iter().find(|fence| trimmed.starts_with(fence)) {
            match code {
                None => code = Some(fence),
                Some(open) if open == fence => code = None,
                Some(_) => {}
            }
        }
        let Some(behind) = behind_fence(line.text).filter(|_| code.is_none()) else { continue };
        let head = behind.trim();
        match open.take() {
            Some(mut one) if head.is_empty() => {
                one.body.end = line.at;
                one.range.end = line.at + line.text.len();
                one.closed = true;
                found.push(one);
            }
            None if head.is_empty() && inside > 0 => inside -= 1,
            None if head.is_empty() => stray.push(line.range()),
            // One that begins inside of another: the other was forgotten, or meant to go on.
            other => {
                inside += usize::from(other.is_some());
                found.extend(other.map(|one| cut(one, line.at)));
                let end = line.at + line.text.len();
                let start = end - behind.trim_start().len();
                let body = (end + 1).min(within.end);
                open = Some(Container {
                    range: line.at..within.end,
                    head: start..end,
                    body: body..within.end,
                    closed: false,
                });
            }
        }
    }
    found.extend(open);
    (found, stray)
}

fn cut(mut one: Container, at: usize) -> Container {
    (one.body.end, one.range.end) = (at.max(one.body.start), at);
    one
}

/// The name of a container's block, and where the words after it stand.
pub(super) fn name<'t>(text: &'t str, container: &Container) -> (&'t str, Range<usize>) {
    let head = &text[container.head.clone()];
    let end = head.find(char::is_whitespace).unwrap_or(head.len());
    let rest = head[end..].trim_start();
    let start = container.head.start + head.len() - rest.len();
    (&head[..end], start..start + rest.trim_end().len())
}

/// Reads the fields of a container.
pub(super) fn read(text: &str, container: &Container, kind: &BlockKind) -> Written {
    let (name, title) = name(text, container);
    let at = container.head.start..container.head.start + name.len();
    let mut reading = Reading { fields: &kind.fields, block: Table::new(), items: Vec::new(), prose: None };
    if let Some(field) = first(&kind.fields, &Kind::Line).filter(|_| !title.is_empty()) {
        reading.put(&field.name, Value::Text(text[title.clone()].to_owned()), title);
    }
    for line in lines(text, container.body.clone()) {
        reading.line(text, line);
    }
    reading.end_of_prose(text);
    let Reading { mut block, items, .. } = reading;
    if let Some((field, _)) = items_of(&kind.fields).filter(|_| !items.is_empty()) {
        let whole = items[0].1.start..items[items.len() - 1].1.end;
        let list = items.into_iter().map(|(table, at)| (Value::Table(table), at)).collect();
        block.push(Entry { key: field.name.clone(), at: whole.clone(), value: Value::List(list), value_at: whole });
    }
    Written { name: name.to_owned(), at, table: block, style: Style::Container }
}

struct Reading<'a> {
    fields: &'a [Field],
    block: Table,
    items: Vec<(Table, Range<usize>)>,
    /// Text that is still being read.
    prose: Option<Range<usize>>,
}

impl<'a> Reading<'a> {
    fn line(&mut self, text: &str, line: Line<'_>) {
        let trimmed = line.text.trim();
        if let Some(heading) = heading(trimmed).filter(|_| items_of(self.fields).is_some()) {
            self.end_of_prose(text);
            self.begin(line.range());
            if let Some(field) = first(self.current(), &Kind::Line) {
                self.put(&field.name, Value::Text(heading.to_owned()), inside(&line, heading));
            }
        } else if let Some((key, value)) = pair(trimmed).filter(|_| self.prose.is_none()) {
            let of = self.current().iter().find(|field| field.name == key).map(|field| &field.kind);
            let entry = Entry {
                key: key.to_owned(),
                at: inside(&line, key),
                value: typed(of, value),
                value_at: inside(&line, value),
            };
            self.table().push(entry);
        } else if self.picture(text, &line) || self.point(text, &line) || (trimmed.is_empty() && self.prose.is_none()) {
        } else {
            let start = self.prose.take().map_or(line.at, |prose| prose.start);
            self.prose = Some(start..line.at + line.text.len());
        }
    }

    /// The fields of the item that is being read, or of the block.
    fn current(&self) -> &'a [Field] {
        match items_of(self.fields) {
            Some((_, fields)) if !self.items.is_empty() => fields,
            _ => self.fields,
        }
    }

    fn table(&mut self) -> &mut Table {
        self.items.last_mut().map_or(&mut self.block, |(table, _)| table)
    }

    fn begin(&mut self, at: Range<usize>) {
        self.items.push((Table::new(), at));
    }

    fn put(&mut self, key: &str, value: Value, at: Range<usize>) {
        self.table().push(Entry { key: key.to_owned(), at: at.clone(), value, value_at: at });
    }

    fn has(&mut self, key: &str) -> bool {
        self.table().iter().any(|entry| entry.key == key)
    }

    /// `![alt](file)` alone on its line.
    fn picture(&mut self, text: &str, line: &Line<'_>) -> bool {
        let Some((alt, file, "")) = line.text.trim().strip_prefix('!').and_then(link) else { return false };
        let own = first(self.current(), &Kind::Image).map(|field| field.name.clone());
        let own = own.filter(|name| !self.has(name));
        let of_items =
            items_of(self.fields).and_then(|(_, fields)| first(fields, &Kind::Image)).map(|it| it.name.clone());
        let Some(field) = own.clone().or(of_items) else { return false };
        self.end_of_prose(text);
        if own.is_none() {
            self.begin(line.range());
        }
        self.put(&field, Value::Text(file.to_owned()), inside(line, file));
        if self.current().iter().any(|field| field.name == "alt") {
            self.put("alt", Value::Text(alt.to_owned()), inside(line, alt));
        } else if let Some(name) = first(self.current(), &Kind::Line).map(|field| field.name.clone())
            && !alt.is_empty()
            && !self.has(&name)
        {
            self.put(&name, Value::Text(alt.to_owned()), inside(line, alt));
        }
        true
    }

    /// `- text`, or `- [label](address) note`.
    fn point(&mut self, text: &str, line: &Line<'_>) -> bool {
        let trimmed = line.text.trim();
        let Some(point) = trimmed.strip_prefix("- ").or_else(|| trimmed.strip_prefix("* ")).map(str::trim) else {
            return false;
        };
        if let Some(field) = first(self.current(), &Kind::List).map(|field| field.name.clone()) {
            self.end_of_prose(text);
            let one = (Value::Text(point.to_owned()), inside(line, point));
            match self.table().iter_mut().find(|entry| entry.key == field).map(|entry| &mut entry.value) {
                Some(Value::List(all)) => all.push(one),
                _ => self.put(&field, Value::List(vec![one]), line.range()),
            }
            return true;
        }
        let leads =
            |fields: &[Field]| ["label", "url"].iter().all(|name| fields.iter().any(|field| field.name == *name));
        let Some((label, url, note)) = link(point).filter(|_| items_of(self.fields).is_some_and(|(_, it)| leads(it)))
        else {
            return false;
        };
        self.end_of_prose(text);
        self.begin(line.range());
        for (key, value) in [("label", label), ("url", url), ("note", note)] {
            if !value.is_empty() {
                self.put(key, Value::Text(value.to_owned()), inside(line, value));
            }
        }
        true
    }

    /// Text that was read becomes the field for text.
    fn end_of_prose(&mut self, text: &str) {
        let Some(prose) = self.prose.take() else { return };
        let words = text[prose.clone()].trim();
        let fields = self.current();
        let name = first(fields, &Kind::Text).map_or("text", |field| field.name.as_str());
        self.put(name, Value::Text(words.to_owned()), prose);
    }
}

/// The field that holds items, with their fields.
fn items_of(fields: &[Field]) -> Option<(&Field, &[Field])> {
    fields.iter().find_map(|field| match &field.kind {
        Kind::Items(fields) => Some((field, fields.as_slice())),
        _ => None,
    })
}

fn first<'f>(fields: &'f [Field], kind: &Kind) -> Option<&'f Field> {
    fields.iter().find(|field| field.kind == *kind)
}

/// Where a part of a line stands.
fn inside(line: &Line<'_>, part: &str) -> Range<usize> {
    let start = line.at + line.text.find(part).unwrap_or(0);
    start..start + part.len()
}

fn heading(line: &str) -> Option<&str> {
    let text = line.trim_start_matches('#');
    (2..=4).contains(&(line.len() - text.len())).then(|| text.strip_prefix(' ')).flatten().map(str::trim)
}

/// `key: value`
fn pair(line: &str) -> Option<(&str, &str)> {
    let (key, value) = line.split_once(':')?;
    let name = !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    (name && (value.is_empty() || value.starts_with(' '))).then(|| (key, value.trim()))
}

/// `[label](address "title") rest`, the address as it is or between `<` and `>`.
fn link(text: &str) -> Option<(&str, &str, &str)> {
    let (label, rest) = text.strip_prefix('[')?.split_once("](")?;
    let (inside, rest) = closed(rest).or_else(|| rest.split_once(')'))?;
    Some((label.trim(), address(inside.trim()), rest.trim()))
}

/// What stands before and behind the bracket that closes one (CommonMark 0.31, section 6.3): brackets in pairs, in quotes, and between `<` and
/// `>` close nothing.
fn closed(text: &str) -> Option<(&str, &str)> {
    let (mut open, mut until, mut before) = (0_usize, None, ' ');
    for (at, c) in text.char_indices() {
        match (until, c) {
            (Some(end), _) => until = until.filter(|_| c != end),
            (None, '<') if text[..at].trim().is_empty() => until = Some('>'),
            (None, '"' | '\'') if before == ' ' && at > 0 => until = Some(c),
            (None, '(') => open += 1,
            (None, ')') if open == 0 => return Some((&text[..at], &text[at + 1..])),
            (None, ')') => open -= 1,
            _ => {}
        }
        before = c;
    }
    None
}

/// The address alone, without the title that Markdown allows behind it. It may hold spaces: nothing else is meant there.
fn address(inside: &str) -> &str {
    if let Some((address, _)) = inside.strip_prefix('<').and_then(|it| it.split_once('>')) {
        return address.trim();
    }
    let titled = ['"', '\''].into_iter().find_map(|quote| {
        let (address, _) = inside.strip_suffix(quote)?.rsplit_once(&[' ', quote].iter().collect::<String>())?;
        Some(address.trim())
    });
    titled.unwrap_or(inside)
}

fn typed(kind: Option<&Kind>, value: &str) -> Value {
    match (kind, value) {
        (Some(Kind::Flag), "true") => Value::Flag(true),
        (Some(Kind::Flag), "false") => Value::Flag(false),
        (Some(Kind::Date), _) => Value::Date(value.to_owned()),
        _ => Value::Text(value.to_owned()),
    }
}
