//! The tags of an HTML or XML text, with the byte range of everything in them.
//!
//! In: text. Out: every start tag in order, with its attributes, and for elements whose contents are no markup (a script, a style sheet) the
//! range of those. A reader by the tokenizer of WHATWG HTML, section 13.2.5, that keeps places instead of making a tree, so
//! that what is rewritten is a slice and all else stays as it is to the byte. It accepts everything, in one pass, without recursion.

use std::ops::Range;

/// How the text is to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::fingerprint) enum Syntax {
    /// As browsers read `text/html`.
    Html,
    /// As XML: names keep their case, every element may close itself, `CDATA` is text.
    Xml,
}

/// One start tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::fingerprint) struct Tag {
    /// In lower case, without a namespace prefix.
    pub(super) name: String,
    /// In the order of the text.
    pub(super) attributes: Vec<Attribute>,
    /// Where another attribute could be written: behind the last one.
    pub(super) end: usize,
    /// What stands inside an element whose contents are no markup.
    pub(super) contents: Option<Range<usize>>,
}

/// One attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::fingerprint) struct Attribute {
    /// In lower case, with its prefix: `xlink:href`.
    pub(super) name: String,
    /// The value without its quotes; empty, behind the name, when there is none.
    pub(super) value: Range<usize>,
}

impl Tag {
    /// The value of an attribute as it is written. The first of a name counts (section 13.2.5.33).
    pub(super) fn written<'t>(&self, text: &'t str, name: &str) -> Option<&'t str> {
        self.attributes.iter().find(|it| it.name == name).map(|it| &text[it.value.clone()])
    }
}

/// Reads the tags of a text.
pub(super) struct Tags<'t> {
    text: &'t str,
    syntax: Syntax,
    at: usize,
    /// How many `<svg>` and `<math>` are open: XML's rules hold inside them, nearly.
    foreign: usize,
}

/// Elements of HTML whose contents are text (section 13.2.6: the raw text and RCDATA algorithms).
const TEXTS: &[&str] = &["script", "style", "textarea", "title", "xmp", "iframe", "noembed", "noframes"];

/// `<?xml-stylesheet href="…"?>` before an SVG.
const STYLE_SHEET: &str = "xml-stylesheet";

impl<'t> Tags<'t> {
    pub(super) fn new(text: &'t str, syntax: Syntax) -> Self {
        Self { text, syntax, at: 0, foreign: 0 }
    }

    /// The next start tag; comments, end tags, declarations and text are passed over.
    fn step(&mut self) -> Option<Tag> {
        loop {
            let open = self.seek(self.at, "<")?;
            let rest = &self.text.as_bytes()[open + 1..];
            self.at = match rest.first()? {
                b'!' => self.behind_declaration(open),
                // An instruction has attributes like those of a tag (W3C, Associating Style Sheets with XML documents).
                b'?' if self.syntax == Syntax::Xml && name_at(&self.text[open + 2..]) == STYLE_SHEET => {
                    return self.tag(open + 2);
                }
                b'?' => self.behind(open, ">"),
                b'/' => self.behind_end_tag(open),
                first if first.is_ascii_alphabetic() || (self.syntax == Syntax::Xml && *first >= 0x80) => {
                    return self.tag(open + 1);
                }
                _ => open + 1,
            };
        }
    }

    fn seek(&self, from: usize, what: &str) -> Option<usize> {
        self.text[from..].find(what).map(|at| from + at)
    }

    fn behind(&self, from: usize, what: &str) -> usize {
        self.seek(from, what).map_or(self.text.len(), |at| at + what.len())
    }

    /// A comment, `CDATA` or a doctype. `<!-->` and `<!--->` are whole comments (sections 13.2.5.43 and 13.2.5.44).
    fn behind_declaration(&self, open: usize) -> usize {
        let rest = &self.text[open..];
        if rest.starts_with("<!--") {
            // The dashes of `<!--` may be those of `-->`, one or both.
            let close = self.behind(open + 2, "-->");
            let inside = &self.text[open + 4..close.max(open + 4)];
            let bang = inside.find("--!>").filter(|_| self.syntax == Syntax::Html);
            return bang.map_or(close, |at| open + 4 + at + "--!>".len());
        }
        let cdata = self.syntax == Syntax::Xml || self.foreign > 0;
        if cdata && rest.starts_with("<![CDATA[") { self.behind(open, "]]>") } else { self.behind(open, ">") }
    }

    fn behind_end_tag(&mut self, open: usize) -> usize {
        let name = name_at(&self.text[open + 2..]).to_ascii_lowercase();
        if matches!(name.as_str(), "svg" | "math") {
            self.foreign = self.foreign.saturating_sub(1);
        }
        if name.is_empty() {
            return self.behind(open, ">");
        }
        // An end tag may carry attributes, whose quotes may hold `>`.
        self.attributes(open + 2 + name.len()).map_or(self.text.len(), |(_, _, behind)| behind)
    }

    fn tag(&mut self, from: usize) -> Option<Tag> {
        let written = name_at(&self.text[from..]);
        let name = written.rsplit(':').next().unwrap_or(written).to_ascii_lowercase();
        // What ends inside a tag has no tag (section 13.2.5.6: end of file).
        let (attributes, closed, behind) = self.attributes(from + written.len())?;
        self.at = behind;
        let end = attributes.last().map_or(from + written.len(), |last| self.behind_quote(last));
        let foreign = self.syntax == Syntax::Xml || self.foreign > 0;
        if matches!(name.as_str(), "svg" | "math") && !closed {
            self.foreign += 1;
        }
        let contents = (!(foreign && closed) && is_text(&name, foreign)).then(|| self.contents(&name, behind));
        Some(Tag { name, attributes, end, contents })
    }

    fn behind_quote(&self, attribute: &Attribute) -> usize {
        let end = attribute.value.end;
        let before = self.text.as_bytes().get(attribute.value.start.wrapping_sub(1));
        if matches!(before, Some(b'"' | b'\'')) { end + 1 } else { end }
    }

    /// The contents of a text element; the reader goes on at its end tag.
    fn contents(&mut self, name: &str, start: usize) -> Range<usize> {
        let end = if name == "script" && self.syntax == Syntax::Html {
            script_end(self.text, start)
        } else {
            end_tag(self.text, start, name)
        };
        self.at = end;
        start..end
    }

    /// From behind a tag's name: its attributes, whether it closes itself, and where it ends.
    fn attributes(&self, mut at: usize) -> Option<(Vec<Attribute>, bool, usize)> {
        let bytes = self.text.as_bytes();
        let mut attributes = Vec::new();
        let mut closed = false;
        loop {
            match *bytes.get(at)? {
                b'>' => return Some((attributes, closed, at + 1)),
                b'/' => (closed, at) = (true, at + 1),
                byte if is_space(byte) => at += 1,
                _ => {
                    closed = false;
                    let (attribute, behind) = self.attribute(at)?;
                    attributes.push(attribute);
                    at = behind;
                }
            }
        }
    }

    fn attribute(&self, start: usize) -> Option<(Attribute, usize)> {
        let bytes = self.text.as_bytes();
        let ends = |byte: &u8| is_space(*byte) || matches!(byte, b'/' | b'>' | b'=');
        // A `=` at the very start belongs to the name (section 13.2.5.32).
        let name_end = start + 1 + bytes[start + 1..].iter().position(ends)?;
        let name = self.text[start..name_end].to_ascii_lowercase();
        let mut at = self.past_spaces(name_end);
        if *bytes.get(at)? != b'=' {
            return Some((Attribute { name, value: name_end..name_end }, name_end));
        }
        at = self.past_spaces(at + 1);
        let quote = *bytes.get(at)?;
        if matches!(quote, b'"' | b'\'') {
            let end = at + 1 + bytes[at + 1..].iter().position(|byte| *byte == quote)?;
            return Some((Attribute { name, value: at + 1..end }, end + 1));
        }
        let end = at + bytes[at..].iter().position(|byte| is_space(*byte) || *byte == b'>')?;
        Some((Attribute { name, value: at..end }, end))
    }

    fn past_spaces(&self, at: usize) -> usize {
        let bytes = self.text.as_bytes();
        at + bytes[at..].iter().take_while(|byte| is_space(**byte)).count()
    }
}

impl Iterator for Tags<'_> {
    type Item = Tag;

    fn next(&mut self) -> Option<Tag> {
        let tag = self.step();
        if tag.is_none() {
            self.at = self.text.len();
        }
        tag
    }
}

/// Spaces of HTML, as they stand between attributes.
pub(super) fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0c)
}

fn is_text(name: &str, foreign: bool) -> bool {
    if foreign { matches!(name, "script" | "style") } else { TEXTS.contains(&name) }
}

fn name_at(text: &str) -> &str {
    let end = text.bytes().position(|byte| is_space(byte) || matches!(byte, b'/' | b'>'));
    &text[..end.unwrap_or(text.len())]
}

/// Where `</name` stands, followed by what may follow a name; the end of the text when it stands nowhere.
fn end_tag(text: &str, from: usize, name: &str) -> usize {
    let ends = |at: &usize| is_tag(&text[*at + 2..], name);
    let mut closes = text[from..].match_indices("</").map(|(at, _)| from + at);
    closes.find(ends).unwrap_or(text.len())
}

fn is_tag(rest: &str, name: &str) -> bool {
    let rest = rest.as_bytes();
    rest.len() > name.len()
        && rest[..name.len()].eq_ignore_ascii_case(name.as_bytes())
        && (is_space(rest[name.len()]) || matches!(rest[name.len()], b'/' | b'>'))
}

/// The end of a script. Inside `<!--`, a `<script` makes the next `</script` part of the text (sections 13.2.5.15 to 13.2.5.31).
fn script_end(text: &str, from: usize) -> usize {
    let (mut escaped, mut double) = (false, false);
    let mut at = from;
    while let Some(next) = text[at..].find(['<', '-']).map(|next| at + next) {
        let rest = &text[next..];
        at = next + 1;
        if rest.starts_with("<!--") && !escaped {
            escaped = true;
            // Its dashes may be those of the end.
            at = next + 2;
        } else if escaped && rest.starts_with("-->") {
            (escaped, double) = (false, false);
        } else if escaped && !double && rest.starts_with('<') && is_tag(&rest[1..], "script") {
            double = true;
        } else if rest.starts_with("</") && is_tag(&rest[2..], "script") {
            if !double {
                return next;
            }
            double = false;
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `name attribute=value … {contents}` for every tag.
    fn read(text: &str, syntax: Syntax) -> Vec<String> {
        let shown = |tag: Tag| {
            let mut line = tag.name.clone();
            for attribute in &tag.attributes {
                line.push_str(&format!(" {}={}", attribute.name, &text[attribute.value.clone()]));
            }
            if let Some(contents) = &tag.contents {
                line.push_str(&format!(" {{{}}}", &text[contents.clone()]));
            }
            line
        };
        Tags::new(text, syntax).map(shown).collect()
    }

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        assert_eq!(read(text, Syntax::Html), expected, "{text}");
    }

    #[test]
    fn attributes_are_read_as_a_browser_reads_them() {
        check("<IMG SRC=a.png alt>", &["img src=a.png alt="]);
        check("<img src='a b'/><img\nsrc = \"x>y\"a=1 >", &["img src=a b", "img src=x>y a=1"]);
        check("<a href=a/b/>c</a>", &["a href=a/b/"]);
        check("<a =x=y>", &["a =x=y"]);
        check("<img src=a.png", &[]);
        check("a < b <3 <b>", &["b"]);
    }

    #[test]
    fn what_is_no_tag_is_passed_over() {
        check("<!-- <img src=a> --><i>", &["i"]);
        check("<!--><i><!---><b>--><!doctype html><?x <y>?></p title='>'><u>", &["i", "b", "u"]);
        check("<!-- a --!><i>", &["i"]);
        check("<!-- never closed <img src=a>", &[]);
        check("<svg><![CDATA[<a>]]><use/></svg><![CDATA[<b>]]>", &["svg", "use"]);
    }

    #[test]
    fn scripts_and_styles_are_text() {
        check("<script>if (a<b) \"<img src=x>\"</script><i>", &["script {if (a<b) \"<img src=x>\"}", "i"]);
        check("<style>a{}</styles></style ><i>", &["style {a{}</styles>}", "i"]);
        check("<script><!-- <script>a</script> --></script><i>", &["script {<!-- <script>a</script> -->}", "i"]);
        check("<script><!--></script><i>", &["script {<!-->}", "i"]);
        check("<script>a", &["script {a}"]);
        check(
            "<title><img></title><svg><title><a></title><style/><p></svg>",
            &["title {<img>}", "svg", "title", "a", "style", "p"],
        );
    }

    #[test]
    fn xml_keeps_its_own_rules() {
        let text =
            "<?xml version='1.0'?><svg:svg xmlns:xlink='x'><image xlink:href=\"a.png\"/><style>b</style></svg:svg>";
        assert_eq!(read(text, Syntax::Xml), ["svg xmlns:xlink=x", "image xlink:href=a.png", "style {b}"]);
        let styled = "<?xml-stylesheet href='a.css' type='text/css'?><svg/>";
        assert_eq!(read(styled, Syntax::Xml), ["xml-stylesheet href=a.css type=text/css ?=", "svg"]);
        assert_eq!(read(styled, Syntax::Html), ["svg"], "a comment to a reader of HTML");
    }
}
