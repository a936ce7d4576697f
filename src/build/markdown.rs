//! Markdown to HTML (CommonMark with tables, strikethrough and footnotes), remembering where each link and image was written.
//!
//! Raw HTML passes through; it goes the same way as the theme's own afterwards and is judged there.

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd, html};
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
    html::push_html(&mut html, events);
    Rendered { html, marks }
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
    html::push_html(&mut out, Parser::new_ext(text, options()).filter(|event| !around(event)));
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
    fn inline_text_has_no_paragraph_around_it() {
        assert_eq!(inline("Un café *par jour.*"), "Un café <em>par jour.</em>");
        assert_eq!(plain("Un café *par jour.* `x`"), "Un café par jour. x");
        assert_eq!(inline("a < b & c"), "a &lt; b &amp; c");
    }
}
