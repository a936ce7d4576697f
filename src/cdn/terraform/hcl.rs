//! HCL, the language of Terraform's files, as far as it is written here: blocks, attributes, values, references.
//!
//! Every text goes through [`string`]: nothing that stands in the configuration can become an expression. Sources: the HCL native
//! syntax specification ("Template Expressions", "Quoted templates", "Heredocs").
//!
//! Why not the crate `hcl-rs` (0.20.0 of October 2026, MIT or Apache-2.0): what it writes has no comments, in which the steps by hand stand, and no
//! columns of `=` as `terraform fmt` makes them, so that the files would differ from themselves once formatted; `hcl-edit` below it keeps both only as
//! white space that one writes oneself. With both, their primitives and a parser for a language that nobody reads here, it is more code than this.
//! What is written is read back by python-hcl2 in `tests/real/terraform.rs`; neither Terraform nor OpenTofu is in a package that Debian has.

use serde_json::Value;

/// A part of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::cdn) enum Item {
    /// `name = value`
    Attribute(String, Expression),
    /// `kind "label" { … }`
    Block(&'static str, Vec<String>, Vec<Item>),
    /// `# words`
    Comment(String),
}

/// A value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::cdn) enum Expression {
    /// Text, numbers, lists, objects: all that JSON knows.
    Plain(Value),
    /// `var.origin`: made of names of ours alone.
    Reference(String),
}

/// An attribute with a plain value.
pub(in crate::cdn) fn set(name: &str, value: impl Into<Value>) -> Item {
    Item::Attribute(name.to_owned(), Expression::Plain(value.into()))
}

/// An attribute that refers to something else.
pub(in crate::cdn) fn refer(name: &str, to: impl Into<String>) -> Item {
    Item::Attribute(name.to_owned(), Expression::Reference(to.into()))
}

/// A block without labels.
pub(in crate::cdn) fn block(kind: &'static str, body: Vec<Item>) -> Item {
    Item::Block(kind, Vec::new(), body)
}

/// `resource "type" "name" { … }`
pub(in crate::cdn) fn resource(kind: &str, name: &str, body: Vec<Item>) -> Item {
    Item::Block("resource", vec![kind.to_owned(), name.to_owned()], body)
}

/// Takes an existing thing over (Terraform 1.5, OpenTofu 1.5).
pub(in crate::cdn) fn import(to: &str, id: &str) -> Item {
    block("import", vec![refer("to", to), set("id", id)])
}

/// A file.
pub(in crate::cdn) fn file(items: &[Item]) -> String {
    let mut out = String::new();
    body(&mut out, items, 0);
    out
}

fn body(out: &mut String, items: &[Item], depth: usize) {
    let indent = "  ".repeat(depth);
    for (at, item) in items.iter().enumerate() {
        let is_block = |item: &Item| matches!(item, Item::Block(..));
        if at > 0 && (is_block(item) || is_block(&items[at - 1])) && !matches!(items[at - 1], Item::Comment(_)) {
            out.push('\n');
        }
        match item {
            Item::Comment(words) => words.lines().for_each(|line| out.push_str(&format!("{indent}# {line}\n"))),
            Item::Attribute(name, value) => {
                let (fields, here) = neighbors(items, at, depth);
                let width = width(&fields, here);
                out.push_str(&format!("{indent}{name:<width$} = {}\n", expression(value, depth)));
            }
            Item::Block(kind, labels, inside) => {
                let labels: String = labels.iter().fold(String::new(), |all, label| all + " " + &quoted(label));
                out.push_str(&format!("{indent}{kind}{labels} {{\n"));
                body(out, inside, depth + 1);
                out.push_str(&format!("{indent}}}\n"));
            }
        }
    }
}

/// As `terraform fmt` does it: the names of neighbors are padded to the longest of those whose values stand on one line.
fn width(fields: &[(String, String)], at: usize) -> usize {
    let short = |(_, value): &&(String, String)| !value.contains('\n');
    if !short(&&fields[at]) {
        return 0;
    }
    let before = fields[..at].iter().rev().take_while(short);
    let after = fields[at..].iter().take_while(short);
    before.chain(after).map(|(name, _)| name.chars().count()).max().unwrap_or(0)
}

/// The attributes around one, up to the next block or comment; and where it is among them.
fn neighbors(items: &[Item], at: usize, depth: usize) -> (Vec<(String, String)>, usize) {
    let attribute = |item: &Item| match item {
        Item::Attribute(name, value) => Some((name.clone(), expression(value, depth))),
        _ => None,
    };
    let mut fields: Vec<_> = items[..at].iter().rev().map_while(attribute).collect();
    fields.reverse();
    let here = fields.len();
    fields.extend(items[at..].iter().map_while(attribute));
    (fields, here)
}

fn expression(value: &Expression, depth: usize) -> String {
    match value {
        Expression::Reference(name) => name.clone(),
        Expression::Plain(value) => plain(value, depth),
    }
}

fn plain(value: &Value, depth: usize) -> String {
    let (indent, end) = ("  ".repeat(depth + 1), "  ".repeat(depth));
    match value {
        Value::String(text) => string(text),
        Value::Array(items) if items.iter().any(Value::is_object) => {
            let items: String =
                items.iter().map(|it| format!("{indent}{},\n", plain(it, depth + 1))).collect::<Vec<_>>().concat();
            format!("[\n{items}{end}]")
        }
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(|it| plain(it, depth)).collect();
            let line = format!("[{}]", items.join(", "));
            if line.len() <= LINE {
                return line;
            }
            let items = items.iter().map(|it| format!("{indent}{it},\n")).collect::<Vec<_>>().concat();
            format!("[\n{items}{end}]")
        }
        Value::Object(fields) if fields.is_empty() => "{}".to_owned(),
        Value::Object(fields) => {
            let key = |name: &str| if is_identifier(name) { name.to_owned() } else { quoted(name) };
            let fields: Vec<(String, String)> =
                fields.iter().map(|(name, value)| (key(name), plain(value, depth + 1))).collect();
            let mut out = "{\n".to_owned();
            for (at, (name, value)) in fields.iter().enumerate() {
                let width = width(&fields, at);
                out.push_str(&format!("{indent}{name:<width$} = {value}\n"));
            }
            out + &end + "}"
        }
        other => other.to_string(),
    }
}

/// What fits beside a name.
const LINE: usize = 100;

/// A name that stands without quotes. A hyphen could, too, and reads like a subtraction.
fn is_identifier(name: &str) -> bool {
    let first = name.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_');
    first && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// Text of one line in quotes, of several as a heredoc where that says the same: one always ends with a line end, which is cut off, and
/// knows no escapes but those of templates.
pub(in crate::cdn) fn string(text: &str) -> String {
    let is_plain = text.chars().all(|c| c == '\n' || !c.is_control());
    let ends = text.lines().any(|line| line.trim() == "EOT") || text.ends_with('\n');
    if !text.contains('\n') || !is_plain || ends || has_run(text) {
        return quoted(text);
    }
    format!("chomp(<<EOT\n{}\nEOT\n)", text.replace("${", "$${").replace("%{", "%%{"))
}

/// Whether more than one `$` or `%` stands before a brace: in what order those are escapes, readers do not agree.
fn has_run(text: &str) -> bool {
    ["$${", "%%{"].iter().any(|run| text.contains(run))
}

/// Text in quotes. `${` and `%{` would begin an expression: they are doubled; of a run of them each is written by its number.
pub(in crate::cdn) fn quoted(text: &str) -> String {
    let by_number = has_run(text);
    let mut out = "\"".to_owned();
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '$' | '%' if by_number => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            '$' | '%' if rest.peek() == Some(&'{') => out.extend([c, c]),
            c if u32::from(c) > 0xffff && c.is_control() => out.push_str(&format!("\\U{:08x}", u32::from(c))),
            c if c.is_control() => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// What Terraform reads out of a text, by the specification; an expression in it is a failure.
    fn read(text: &str) -> String {
        if let Some(heredoc) = text.strip_prefix("chomp(<<EOT\n") {
            let inside = heredoc.strip_suffix("\nEOT\n)").unwrap();
            assert!(inside.lines().all(|line| line.trim() != "EOT"), "it ends before its end: {text}");
            return templates(inside);
        }
        let inside = text.strip_prefix('"').unwrap().strip_suffix('"').unwrap();
        let inside = templates(inside);
        let (mut out, mut rest) = (String::new(), inside.chars());
        while let Some(c) = rest.next() {
            assert!(c != '"' && c != '\n', "the text ends early: {text}");
            if c != '\\' {
                out.push(c);
                continue;
            }
            out.push(match rest.next().unwrap() {
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                'u' => char::from_u32(u32::from_str_radix(&rest.by_ref().take(4).collect::<String>(), 16).unwrap())
                    .unwrap(),
                c @ ('"' | '\\') => c,
                c => panic!("`\\{c}` is no escape"),
            });
        }
        out
    }

    /// Doubled signs become one; a single one before a brace is an expression.
    fn templates(text: &str) -> String {
        let (mut out, mut rest) = (String::new(), text);
        while let Some(at) = rest.find(['$', '%']) {
            let sign = &rest[at..=at];
            let (before, after) = rest.split_at(at);
            out.push_str(before);
            assert!(!after.starts_with(&format!("{sign}{{")), "an expression in {text}");
            if after.starts_with(&format!("{sign}{sign}{{")) {
                out.push_str(&format!("{sign}{{"));
                rest = &after[3..];
            } else {
                out.push_str(sign);
                rest = &after[1..];
            }
        }
        out + rest
    }

    #[test]
    fn no_text_becomes_an_expression_and_every_text_stays_itself() {
        let parts = [
            "${", "%{", "$", "%", "{", "}", "\"", "\\", "\n", "\r", "\t", "\u{7}", "\u{85}", "EOT", "\nEOT\n", "é",
            "u0024", "n", " ",
        ];
        for one in parts {
            for two in parts {
                for three in parts {
                    for four in ["", "${x}", "\n"] {
                        let text = [one, two, three, four].concat();
                        assert_eq!(read(&string(&text)), text, "{}", string(&text));
                        assert_eq!(read(&quoted(&text)), text, "{}", quoted(&text));
                    }
                }
            }
        }
    }

    #[test]
    fn a_file_reads_as_its_own_formatter_writes_it() {
        let inside = vec![
            set("a", "x"),
            set("longer", 1),
            Item::Comment("why".to_owned()),
            set("headers", json!({ "x-a": { "value": "${b}" } })),
            block("inner", vec![refer("id", "var.a")]),
        ];
        let text = file(&[resource("type", "name", inside), import("type.name", "1")]);
        let want = "resource \"type\" \"name\" {\n  a      = \"x\"\n  longer = 1\n  # why\n  headers = {\n    \"x-a\" = {\n      value = \"$${b}\"\n    }\n  }\n\n  inner {\n    id = var.a\n  }\n}\n\nimport {\n  to = type.name\n  id = \"1\"\n}\n";
        assert_eq!(text, want);
    }
}
