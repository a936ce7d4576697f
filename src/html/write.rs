//! From [`Tree`] to text, as short as it goes while browsers show the same.
//!
//! Comments go; runs of white space become one space, and none where it is never shown; quotes go where they may. White space in
//! `pre`, `textarea`, `script` and `style` stays, and everywhere when the page's style sheet could make it visible.
//! One space between two elements stays even between blocks and beside another inside them: a style sheet may lay blocks out in a
//! line, and then it shows.

use super::tree::{Data, Id, Step, Tree, is_void};
use html5ever::ns;

/// What to do with white space.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Space {
    /// Collapse it, as browsers do by default.
    Collapse,
    /// Leave it: a style sheet says `white-space: pre-line` or the like.
    Keep,
}

/// The document.
pub fn write(tree: &Tree, space: Space) -> String {
    let mut writer = Writer { tree, space, out: String::new(), verbatim: 0, ends_in_space: false };
    for step in tree.walk(Tree::ROOT) {
        match step {
            Step::Enter(id) => writer.enter(id),
            Step::Leave(id) => writer.leave(id),
        }
    }
    writer.out
}

struct Writer<'a> {
    tree: &'a Tree,
    space: Space,
    out: String,
    /// How many of the elements around are `pre` or `textarea`.
    verbatim: usize,
    /// Whether the text written last ended in a space, and no element began or ended since.
    ends_in_space: bool,
}

impl Writer<'_> {
    fn enter(&mut self, id: Id) {
        match &self.tree.node(id).data {
            Data::Root | Data::Comment => {}
            Data::Doctype(name) => {
                self.out.push_str("<!doctype ");
                self.out.push_str(name);
                self.out.push('>');
            }
            Data::Text(text) => self.text(id, text),
            Data::Element(_) => self.start_tag(id),
        }
    }

    fn start_tag(&mut self, id: Id) {
        let element = self.tree.as_element(id).expect("asked of elements only");
        self.out.push('<');
        self.out.push_str(&element.name.local);
        let mut unquoted = false;
        for (name, value) in &element.attributes {
            self.out.push(' ');
            self.out.push_str(name);
            unquoted = self.value(value);
        }
        if self.tree.is_html(id) {
            self.out.push('>');
        } else if self.tree.children(id).is_empty() {
            // An unquoted value would swallow the slash (HTML, section 13.2.5.37).
            self.out.push_str(if unquoted { " />" } else { "/>" });
        } else {
            self.out.push('>');
        }
        if keeps_space(self.tree, id) {
            self.verbatim += 1;
            // The parser drops the first line end of these (HTML, section 13.2.6.4.7): write one more for it to drop.
            if self.tree.text(id).starts_with('\n') {
                self.out.push('\n');
            }
        }
        self.ends_in_space = false;
    }

    /// Writes `=value` and says whether it stands without quotes (HTML, section 13.1.2.3). An empty one is written as nothing.
    fn value(&mut self, value: &str) -> bool {
        if value.is_empty() {
            return false;
        }
        self.out.push('=');
        let plain = |c: char| !c.is_ascii_whitespace() && !"\"'=<>`".contains(c);
        if value.chars().all(plain) {
            self.out.push_str(&ambiguous(value));
            return true;
        }
        let quote = if value.contains('"') && !value.contains('\'') { '\'' } else { '"' };
        self.out.push(quote);
        let escaped = ambiguous(value);
        self.out.push_str(&if quote == '"' { escaped.replace('"', "&#34;") } else { escaped });
        self.out.push(quote);
        false
    }

    fn leave(&mut self, id: Id) {
        let Some(element) = self.tree.as_element(id) else { return };
        self.ends_in_space = false;
        let html = self.tree.is_html(id);
        let nothing_inside = if html { is_void(&element.name.local) } else { self.tree.children(id).is_empty() };
        if nothing_inside {
            return;
        }
        if keeps_space(self.tree, id) {
            self.verbatim -= 1;
        }
        self.out.push_str("</");
        self.out.push_str(&element.name.local);
        self.out.push('>');
    }

    fn text(&mut self, id: Id, text: &str) {
        let parent = self.tree.parent(id).unwrap_or(Tree::ROOT);
        let holder = self.tree.name(parent);
        if self.tree.is_html(parent) && is_raw(holder) {
            self.out.push_str(text);
        } else if self.verbatim > 0 || matches!(holder, "style" | "script") {
            self.out.push_str(&escape(text));
        } else if text.chars().all(is_space)
            && (never_shows_space(self.tree, parent) || self.is_edge_of_body(parent, id))
        {
            // Nothing: no box is made for it, whatever the style sheet says.
        } else if self.space == Space::Keep {
            self.out.push_str(&escape(text));
        } else {
            self.collapsed(text);
        }
    }

    /// The start and the end of the whole page are the start and the end of a line.
    fn is_edge_of_body(&self, parent: Id, id: Id) -> bool {
        let children = self.tree.children(parent);
        self.tree.name(parent) == "body" && (children.first() == Some(&id) || children.last() == Some(&id))
    }

    fn collapsed(&mut self, text: &str) {
        for c in text.chars() {
            if is_space(c) {
                if !self.ends_in_space {
                    self.out.push(' ');
                }
                self.ends_in_space = true;
                continue;
            }
            self.ends_in_space = false;
            match c {
                '&' => self.out.push_str("&amp;"),
                '<' => self.out.push_str("&lt;"),
                '>' => self.out.push_str("&gt;"),
                c => self.out.push(c),
            }
        }
    }
}

/// ASCII white space alone: no-break and other spaces are letters to a browser (CSS Text 3, section 4.1).
fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r' | '\x0c')
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// Escapes `&` only where what follows could be read as a character reference (HTML, section 13.5).
fn ambiguous(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    let mut rest = value;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let begins = rest.chars().next().is_some_and(|c| c.is_ascii_alphanumeric() || c == '#');
        out.push_str(if begins { "&amp;" } else { "&" });
    }
    out + rest
}

/// Their text is written as it is (HTML, section 13.3). `noscript` is missing: it was parsed as elements.
fn is_raw(name: &str) -> bool {
    matches!(name, "style" | "script" | "xmp" | "iframe" | "noembed" | "noframes" | "plaintext")
}

fn keeps_space(tree: &Tree, id: Id) -> bool {
    tree.is_html(id) && matches!(tree.name(id), "pre" | "textarea" | "listing")
}

/// Where white space between the children makes no box, whatever their `display`: in what is never shown, in the parts of tables
/// and lists of choices, and in SVG outside `text`.
fn never_shows_space(tree: &Tree, id: Id) -> bool {
    if tree.namespace(id).is_some_and(|namespace| *namespace == ns!(svg)) {
        return !matches!(tree.name(id), "text" | "tspan" | "textPath" | "a" | "title" | "desc");
    }
    let name = tree.name(id);
    id == Tree::ROOT
        || matches!(name, "html" | "head" | "table" | "thead" | "tbody" | "tfoot" | "tr" | "colgroup")
        || matches!(name, "select" | "optgroup" | "datalist" | "picture" | "video" | "audio")
}

#[cfg(test)]
mod tests {
    use super::super::{document, fragment};
    use super::*;

    #[track_caller]
    fn check(body: &str, expected: &str) {
        let written = write(&document(&format!("<!doctype html><title>t</title>{body}")), Space::Collapse);
        let body = written.split_once("<body>").unwrap().1.strip_suffix("</body></html>").unwrap();
        assert_eq!(body, expected);
    }

    #[test]
    fn comments_and_runs_of_space_go_and_words_stay_apart() {
        check(
            "<p>un <b> deux </b>  <i>trois</i>\n\n quatre <!-- x --> </p>",
            "<p>un <b> deux </b> <i>trois</i> quatre </p>",
        );
    }

    #[test]
    fn a_space_between_two_elements_in_a_line_stays() {
        check("<a href=/a>a</a>\n<a href=/b>b</a>", "<a href=/a>a</a> <a href=/b>b</a>");
        check("<img src=a.png> <img src=b.png>", "<img src=a.png> <img src=b.png>");
    }

    #[test]
    fn space_in_pre_and_textarea_stays_with_its_first_line_end() {
        check("<pre>\n\n a  b\n</pre> <textarea> x </textarea>", "<pre>\n\n a  b\n</pre> <textarea> x </textarea>");
    }

    #[test]
    fn no_break_spaces_are_letters() {
        check("<p>10\u{a0}\u{a0}€ \u{202f}!</p>", "<p>10\u{a0}\u{a0}€ \u{202f}!</p>");
    }

    #[test]
    fn quotes_go_only_where_they_may() {
        check(
            "<a title='' class=\"a b\" id=\"x\" href=\"/?a=b\">&amp;lt; &lt;b&gt;</a>",
            "<a title class=\"a b\" id=x href=\"/?a=b\">&amp;lt; &lt;b&gt;</a>",
        );
        check("<p title='say \"hi\"'>", "<p title='say \"hi\"'></p>");
        check("<p title='&amp;copy; & &quot;'>", "<p title='&amp;copy; & \"'></p>");
    }

    #[test]
    fn an_unquoted_value_does_not_swallow_the_slash_of_svg() {
        check("<svg viewBox='0 0 1 1'> <path d=M0 /> </svg>", "<svg viewBox=\"0 0 1 1\"><path d=M0 /></svg>");
    }

    #[test]
    fn scripts_and_styles_are_written_byte_for_byte() {
        check("<p></p><script>if (a < b && c)  {}</script>", "<p></p><script>if (a < b && c)  {}</script>");
    }

    #[test]
    fn what_was_written_reads_as_the_same_tree() {
        let text = "<!doctype html><meta charset=utf-8><p>a<table><tr><td>b<li>c &amp;amp; <template><p>d</template><svg><a xlink:href=#x /></svg>";
        let once = write(&document(text), Space::Collapse);
        assert_eq!(write(&document(&once), Space::Collapse), once);
        assert!(once.contains("<template><p>d</p></template>") && once.contains("xlink:href=#x"), "{once}");
    }

    #[test]
    fn a_page_nested_a_hundred_thousand_deep_is_written() {
        let deep = "<b>".repeat(100_000);
        assert!(write(&fragment(&deep), Space::Collapse).len() > 100_000);
    }
}
