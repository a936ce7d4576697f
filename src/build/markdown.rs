//! Markdown to HTML (CommonMark with tables, strikethrough and footnotes), remembering where each link and image was written.
//!
//! Raw HTML passes through; it goes the same way as the theme's own afterwards and is judged there.

use pulldown_cmark::{Alignment, Event, Options, Parser, Tag, TagEnd, html};
use std::ops::Range;

/// HTML, and where in the Markdown it names other files.
#[derive(Clone, Debug, Default)]
pub(super) struct Rendered {
    pub(super) html: String,
    /// The target of each link or image, and its bytes in the Markdown.
    pub(super) marks: Vec<(String, Range<usize>)>,
}

fn options() -> Options {
    Options::ENABLE_TABLES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_HEADING_ATTRIBUTES
}

/// A whole text.
pub(super) fn render(text: &str) -> Rendered {
    let mut marks = Vec::new();
    let events = Parser::new_ext(text, options()).into_offset_iter().map(|(event, range)| {
        if let Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) = &event {
            marks.push((dest_url.to_string(), narrow(text, range, dest_url)));
        }
        event
    });
    let mut html = String::with_capacity(text.len() * 3 / 2);
    html::push_html(&mut html, Aligned::new(events));
    Rendered { html, marks }
}

/// Tables whose columns are aligned by classes: the page's own policy allows no `style` attribute.
struct Aligned<I> {
    events: I,
    columns: Vec<Alignment>,
    column: usize,
    in_head: bool,
}

impl<I> Aligned<I> {
    fn new(events: I) -> Self {
        Self { events, columns: Vec::new(), column: 0, in_head: false }
    }
}

impl<'t, I: Iterator<Item = Event<'t>>> Iterator for Aligned<I> {
    type Item = Event<'t>;

    fn next(&mut self) -> Option<Event<'t>> {
        let event = self.events.next()?;
        match &event {
            Event::Start(Tag::Table(columns)) => {
                self.columns.clone_from(columns);
                return Some(Event::Start(Tag::Table(vec![Alignment::None; columns.len()])));
            }
            Event::Start(Tag::TableHead) => (self.column, self.in_head) = (0, true),
            Event::End(TagEnd::TableHead) => self.in_head = false,
            Event::Start(Tag::TableRow) => self.column = 0,
            Event::Start(Tag::TableCell) => {
                let class = match self.columns.get(self.column) {
                    Some(Alignment::Left) => "left",
                    Some(Alignment::Center) => "center",
                    Some(Alignment::Right) => "right",
                    Some(Alignment::None) | None => "",
                };
                self.column += 1;
                if !class.is_empty() {
                    let name = if self.in_head { "th" } else { "td" };
                    return Some(Event::InlineHtml(format!("<{name} class=\"{class}\">").into()));
                }
            }
            _ => {}
        }
        Some(event)
    }
}

/// The target itself inside of the link, when it is spelled as it reads.
fn narrow(text: &str, link: Range<usize>, target: &str) -> Range<usize> {
    match text[link.clone()].rfind(target) {
        Some(at) if !target.is_empty() => link.start + at..link.start + at + target.len(),
        _ => link,
    }
}

/// One line for use inside a heading, a list item or a button: without the `<p>` around it.
pub(super) fn inline(text: &str) -> String {
    let around = |event: &Event<'_>| matches!(event, Event::Start(Tag::Paragraph) | Event::End(TagEnd::Paragraph));
    let mut out = String::with_capacity(text.len() * 3 / 2);
    html::push_html(&mut out, Aligned::new(Parser::new_ext(text, options()).filter(|event| !around(event))));
    out.trim().to_owned()
}

/// The words alone, for names that only machines read aloud.
pub(super) fn plain(text: &str) -> String {
    let words = Parser::new_ext(text, options()).filter_map(|event| match event {
        Event::Text(words) | Event::Code(words) => Some(words.to_string()),
        Event::SoftBreak | Event::HardBreak => Some(" ".to_owned()),
        _ => None,
    });
    words.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_found_again_where_it_was_written() {
        let text = "un [deux](trois.md \"t\")\n\n![é](a.png)\n\n[x][y]\n\n[y]: quatre\n";
        let rendered = render(text);
        let seen: Vec<_> = rendered.marks.iter().map(|(dest, range)| (dest.as_str(), &text[range.clone()])).collect();
        assert_eq!(seen, [("trois.md", "trois.md"), ("a.png", "a.png"), ("quatre", "[x][y]")]);
    }

    #[test]
    fn columns_are_aligned_without_a_style() {
        let html = render("| a | b | c | d |\n|---|:--|:-:|--:|\n| 1 | 2 | 3 | 4 |\n").html;
        for cell in ["<th>a", "<th class=\"left\">b", "<th class=\"center\">c", "<th class=\"right\">d</th>", "<td>1"] {
            assert!(html.contains(cell), "{cell}: {html}");
        }
        assert!(html.contains("<td class=\"right\">4</td></tr>") && !html.contains("style"), "{html}");
    }

    #[test]
    fn inline_text_has_no_paragraph_around_it() {
        assert_eq!(inline("Un café *par jour.*"), "Un café <em>par jour.</em>");
        assert_eq!(plain("Un café *par jour.* `x`"), "Un café par jour. x");
        assert_eq!(inline("a < b & c"), "a &lt; b &amp; c");
    }
}
