//! XML text to a tree: the part of XML 1.0 that drawings use.
//!
//! In: text. Out: the root element. Refuses entity declarations (no expansion, so no expansion attack), unknown entities,
//! malformed markup and absurd sizes. Works in one pass without recursion. Comments, processing instructions and a
//! DOCTYPE that only names a DTD are skipped; the DTD is never fetched.

use super::SvgError;
use super::tree::{Element, Node, Space};
use std::collections::BTreeMap;

/// Deeper nesting is no drawing; it also bounds the recursion of everything that walks the tree.
const DEEPEST: usize = 128;
const MOST_ELEMENTS: usize = 100_000;
const MOST_ATTRIBUTES: usize = 256;
const LARGEST: usize = 8 << 20;

/// Reads a document.
pub(super) fn read(text: &str) -> Result<Element, SvgError> {
    if text.len() > LARGEST {
        return Err(SvgError::TooLarge);
    }
    let mut reader = Reader { text, at: 0, counted: 0, line: 1, open: Vec::new(), elements: 0, root: None };
    while reader.at < text.len() {
        reader.step()?;
    }
    match (reader.open.last(), reader.root) {
        (Some(open), _) => {
            Err(SvgError::Syntax { line: open.element.line, why: format!("`<{}>` is never closed", open.tag) })
        }
        (None, Some(root)) if root.space == Space::Svg && root.name == "svg" => Ok(root),
        (None, root) => {
            let why = "there is no `<svg>` at its top".to_owned();
            Err(SvgError::Syntax { line: root.map_or(1, |root| root.line), why })
        }
    }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    /// Up to where lines were counted, so that the whole text is counted once.
    counted: usize,
    line: usize,
    open: Vec<Open<'a>>,
    elements: usize,
    root: Option<Element>,
}

/// An element whose end tag has not come yet.
struct Open<'a> {
    tag: &'a str,
    element: Element,
    /// Prefix to namespace, as far as this element declares any.
    spaces: BTreeMap<&'a str, String>,
}

impl<'a> Reader<'a> {
    fn step(&mut self) -> Result<(), SvgError> {
        let rest = &self.text[self.at..];
        if rest.starts_with("<!--") {
            self.skip_past("-->", "a comment is never closed")
        } else if let Some(data) = rest.strip_prefix("<![CDATA[") {
            let end = data.find("]]>").ok_or_else(|| self.syntax("a CDATA section is never closed"))?;
            let text = data[..end].to_owned();
            self.at += "<![CDATA[".len() + end + "]]>".len();
            self.put_text(text)
        } else if let Some(instruction) = rest.strip_prefix("<?") {
            if instruction.starts_with("xml-stylesheet") {
                return Err(self.refused("it asks for a style sheet outside"));
            }
            self.skip_past("?>", "a processing instruction is never closed")
        } else if rest.starts_with("<!") {
            self.doctype(rest)
        } else if rest.starts_with("</") {
            self.end_tag()
        } else if rest.starts_with('<') {
            self.start_tag()
        } else {
            let end = rest.find('<').unwrap_or(rest.len());
            let text = self.unescape(&rest[..end])?;
            self.at += end;
            self.put_text(text)
        }
    }

    fn doctype(&mut self, rest: &str) -> Result<(), SvgError> {
        let end = rest.find('>').ok_or_else(|| self.syntax("a declaration is never closed"))?;
        if rest[..end].contains('[') || !rest[2..].to_ascii_uppercase().starts_with("DOCTYPE") {
            return Err(self.refused("it declares entities"));
        }
        self.at += end + 1;
        Ok(())
    }

    fn start_tag(&mut self) -> Result<(), SvgError> {
        let line = self.line();
        self.at += 1;
        let tag = self.name()?;
        let mut raw: Vec<(&'a str, String)> = Vec::new();
        let closed = loop {
            let spaced = self.skip_space();
            match self.text[self.at..].chars().next() {
                Some('>') => {
                    self.at += 1;
                    break false;
                }
                Some('/') if self.text[self.at..].starts_with("/>") => {
                    self.at += 2;
                    break true;
                }
                Some(_) if spaced => {
                    let (name, value) = self.attribute()?;
                    if raw.iter().any(|(other, _)| *other == name) {
                        return Err(self.syntax(&format!("the attribute `{name}` stands twice")));
                    }
                    raw.push((name, value));
                }
                _ => return Err(self.syntax(&format!("the tag `<{tag}` is malformed"))),
            }
            if raw.len() > MOST_ATTRIBUTES {
                return Err(SvgError::TooLarge);
            }
        };
        self.elements += 1;
        if self.elements > MOST_ELEMENTS || self.open.len() >= DEEPEST {
            return Err(SvgError::TooLarge);
        }
        let open = self.resolve(tag, raw, line);
        if closed {
            return self.close(open);
        }
        self.open.push(open);
        Ok(())
    }

    /// Names with their namespaces (Namespaces in XML 1.0, section 5).
    fn resolve(&self, tag: &'a str, raw: Vec<(&'a str, String)>, line: usize) -> Open<'a> {
        let mut spaces = BTreeMap::new();
        for (name, value) in &raw {
            if *name == "xmlns" {
                spaces.insert("", value.clone());
            } else if let Some(prefix) = name.strip_prefix("xmlns:") {
                spaces.insert(prefix, value.clone());
            }
        }
        let uri = |prefix: &str| {
            let outer = self.open.iter().rev().map(|open| &open.spaces);
            std::iter::once(&spaces).chain(outer).find_map(|known| known.get(prefix)).map(String::as_str)
        };
        let (prefix, name) = tag.split_once(':').unwrap_or(("", tag));
        let space = match (prefix, uri(prefix)) {
            // Without any declaration it is what an HTML parser takes it for.
            (_, Some("http://www.w3.org/2000/svg")) | ("" | "svg", None | Some("")) => Space::Svg,
            (_, Some("http://www.w3.org/1999/xhtml")) => Space::Html,
            _ => Space::Other,
        };
        let attributes = raw.into_iter().filter_map(|(name, value)| match name.split_once(':') {
            None => (name != "xmlns").then(|| (name.to_owned(), value)),
            Some(("xml", "space" | "lang")) => Some((name.to_owned(), value)),
            Some((prefix, "href")) if prefix == "xlink" || uri(prefix) == Some("http://www.w3.org/1999/xlink") => {
                Some(("xlink:href".to_owned(), value))
            }
            Some(_) => None,
        });
        let element =
            Element { space, name: name.to_owned(), attributes: attributes.collect(), children: Vec::new(), line };
        Open { tag, element, spaces }
    }

    fn end_tag(&mut self) -> Result<(), SvgError> {
        self.at += 2;
        let tag = self.name()?;
        self.skip_space();
        if !self.text[self.at..].starts_with('>') {
            return Err(self.syntax(&format!("the end tag `</{tag}` is malformed")));
        }
        self.at += 1;
        match self.open.pop() {
            Some(open) if open.tag == tag => self.close(open),
            Some(open) => Err(self.syntax(&format!("`<{}>` is closed by `</{tag}>`", open.tag))),
            None => Err(self.syntax(&format!("`</{tag}>` closes nothing"))),
        }
    }

    fn close(&mut self, mut open: Open<'a>) -> Result<(), SvgError> {
        // SVG 2, section 16.1.5: `href` wins over `xlink:href`, which otherwise means the same.
        if let Some(old) = open.element.take("xlink:href")
            && open.element.get("href").is_none()
        {
            open.element.set("href", old);
        }
        match self.open.last_mut() {
            Some(parent) => parent.element.children.push(Node::Element(open.element)),
            None if self.root.is_none() => self.root = Some(open.element),
            None => return Err(self.syntax("there is a second element beside `<svg>`")),
        }
        Ok(())
    }

    fn put_text(&mut self, text: String) -> Result<(), SvgError> {
        let Some(parent) = self.open.last_mut() else {
            return if text.trim().is_empty() { Ok(()) } else { Err(self.syntax("there is text outside `<svg>`")) };
        };
        match parent.element.children.last_mut() {
            Some(Node::Text(before)) => before.push_str(&text),
            _ => parent.element.children.push(Node::Text(text)),
        }
        Ok(())
    }

    fn attribute(&mut self) -> Result<(&'a str, String), SvgError> {
        let name = self.name()?;
        self.skip_space();
        if !self.text[self.at..].starts_with('=') {
            return Err(self.syntax(&format!("the attribute `{name}` has no value")));
        }
        self.at += 1;
        self.skip_space();
        let rest = &self.text[self.at..];
        let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''));
        let quote = quote.ok_or_else(|| self.syntax(&format!("the value of `{name}` is not quoted")))?;
        let end =
            rest[1..].find(quote).ok_or_else(|| self.syntax(&format!("the value of `{name}` is never closed")))?;
        let raw = &rest[1..=end];
        if raw.contains('<') {
            return Err(self.syntax(&format!("the value of `{name}` holds a `<`")));
        }
        let value = self.unescape(raw)?;
        self.at += end + 2;
        Ok((name, value))
    }

    /// ASCII names are all that SVG and the editors use.
    fn name(&mut self) -> Result<&'a str, SvgError> {
        let rest = &self.text[self.at..];
        let inside = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | ':');
        let end = rest.find(|c| !inside(c)).unwrap_or(rest.len());
        if !rest.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
            return Err(self.syntax("a name is expected after `<` or between attributes"));
        }
        self.at += end;
        Ok(&rest[..end])
    }

    /// The five entities of XML and character references; nothing else can be declared.
    fn unescape(&self, raw: &str) -> Result<String, SvgError> {
        let mut out = String::with_capacity(raw.len());
        let mut rest = raw;
        while let Some(at) = rest.find('&') {
            out.push_str(&rest[..at]);
            rest = &rest[at + 1..];
            let end =
                rest.find(';').filter(|end| *end <= 10).ok_or_else(|| self.syntax("a `&` is not written `&amp;`"))?;
            let c = match &rest[..end] {
                "lt" => Some('<'),
                "gt" => Some('>'),
                "amp" => Some('&'),
                "quot" => Some('"'),
                "apos" => Some('\''),
                other => other.strip_prefix('#').and_then(character),
            };
            out.push(c.ok_or_else(|| self.syntax(&format!("`&{};` is not known", &rest[..end])))?);
            rest = &rest[end + 1..];
        }
        out.push_str(rest);
        if out.chars().any(|c| c.is_control() && !matches!(c, '\t' | '\n' | '\r')) {
            return Err(self.syntax("it holds a control character"));
        }
        Ok(out)
    }

    fn skip_space(&mut self) -> bool {
        let rest = &self.text[self.at..];
        let end = rest.find(|c: char| !matches!(c, ' ' | '\t' | '\n' | '\r')).unwrap_or(rest.len());
        self.at += end;
        end > 0
    }

    fn skip_past(&mut self, end: &str, why: &str) -> Result<(), SvgError> {
        let found = self.text[self.at..].find(end).ok_or_else(|| self.syntax(why))?;
        self.at += found + end.len();
        Ok(())
    }

    fn line(&mut self) -> usize {
        self.line += self.text[self.counted..self.at].matches('\n').count();
        self.counted = self.at;
        self.line
    }

    fn line_here(&self) -> usize {
        self.line + self.text[self.counted..self.at].matches('\n').count()
    }

    fn syntax(&self, why: &str) -> SvgError {
        SvgError::Syntax { line: self.line_here(), why: why.to_owned() }
    }

    fn refused(&self, what: &str) -> SvgError {
        SvgError::Unsafe { line: self.line_here(), what: what.to_owned() }
    }
}

/// `233` or `xE9`.
fn character(digits: &str) -> Option<char> {
    let code = match digits.strip_prefix('x') {
        Some(hex) => u32::from_str_radix(hex, 16),
        None => digits.parse(),
    };
    code.ok().and_then(char::from_u32)
}
