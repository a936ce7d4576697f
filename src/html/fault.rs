//! What browsers put up with and the standard does not, in words for people instead of the parser's.

/// One thing that is wrong with the text of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The line of the text, from 1.
    pub line: usize,
    /// What is wrong, in a sentence.
    pub what: String,
    /// The name of the element that it is about; empty when none is known.
    pub element: String,
}

impl Fault {
    /// From the parser's own words (html5ever, `parse_error`).
    pub(super) fn new(line: usize, said: &str) -> Self {
        let element = name_in(said);
        Self { line, what: told(said, &element), element }
    }
}

/// The name of an element in the debug form of a token: `name: Atom(\'div\' type=inline)`.
fn name_in(said: &str) -> String {
    let starts = ["Atom(", "}:", "\"", "<"];
    let after = starts.iter().find_map(|start| Some(said.split_once(start)?.1)).unwrap_or_default();
    let name = after.trim_start_matches(['\\', '\'', '/']);
    name.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '-').collect()
}

fn told(said: &str, element: &str) -> String {
    let tag = if element.is_empty() { "a tag".to_owned() } else { format!("`<{element}>`") };
    let end = if element.is_empty() { "an end tag".to_owned() } else { format!("`</{element}>`") };
    if let Some(rest) = said.strip_prefix("Saw ") {
        let (character, state) = rest.split_once(" in state ").unwrap_or((rest, ""));
        return seen_in(character, state);
    }
    if said.starts_with("Unexpected token") {
        return match () {
            () if said.contains("mode Initial") => "the page does not begin with `<!doctype html>`".to_owned(),
            () if said.contains("EndTag") => format!("{end} closes nothing that is open there"),
            () if said.contains("StartTag") => format!("{tag} may not stand there"),
            () if said.contains("Eof") || said.contains("EOF") => {
                "the page ends before everything is closed".to_owned()
            }
            () => "text stands where none may".to_owned(),
        };
    }
    match said {
        "Bad DOCTYPE" | "DOCTYPE in body" => "the page does not begin with `<!doctype html>`".to_owned(),
        "Duplicate attribute" => "an attribute stands twice on one element".to_owned(),
        "Attributes on an end tag" => "an end tag carries attributes".to_owned(),
        "Self-closing end tag" => "an end tag ends in `/>`".to_owned(),
        "Unacknowledged self-closing tag" => "`/>` closes nothing in HTML: write the end tag".to_owned(),
        "Unexpected EOF" => "the page ends in the middle of a tag or a comment".to_owned(),
        "nested forms" => "`<form>` stands in another `<form>`".to_owned(),
        "nested buttons" => "`<button>` stands in another `<button>`".to_owned(),
        "nested heading tags" => "a heading stands in another heading".to_owned(),
        "Non-space table text" => "text stands in a table, outside of its cells".to_owned(),
        "Formatting element not open" | "Formatting element not in scope" | "Formatting element not current node" => {
            "elements cross each other: what is opened last is closed first".to_owned()
        }
        _ if said.starts_with("Bad DOCTYPE") || said.starts_with("DOCTYPE in") => {
            "the page does not begin with `<!doctype html>`".to_owned()
        }
        _ if said.starts_with("Unexpected open element while closing") => {
            format!("an element inside of {tag} is not closed")
        }
        _ if said.starts_with("Unexpected open tag") || said.starts_with("Unexpected open element") => {
            format!("{tag} is not closed")
        }
        _ if said.contains("to close") || said.contains("on </") => format!("{end} closes nothing that is open there"),
        _ if said.contains("character reference") => {
            "`&` begins a character that HTML does not know: write `&amp;`".to_owned()
        }
        _ if said.starts_with("Unexpected characters") => "text stands in a table, outside of its cells".to_owned(),
        _ => said.to_lowercase(),
    }
}

/// A character where the tokenizer did not expect it (HTML, section 13.2.5).
fn seen_in(character: &str, state: &str) -> String {
    let place = match state {
        _ if state.contains("Attribute") => "an attribute",
        _ if state.contains("Comment") => "a comment",
        _ if state.contains("Doctype") || state.contains("DOCTYPE") => "the `<!doctype>`",
        _ if state.contains("Tag") => "a tag",
        _ => "the text",
    };
    if character == "EOF" {
        return format!("the page ends in the middle of {place}");
    }
    let shown =
        if character.trim().is_empty() { "a space".to_owned() } else { format!("`{}`", character.escape_debug()) };
    match state {
        "TagOpen" => format!("`<` stands before {shown} and begins no tag: write `&lt;`"),
        _ => format!("{shown} stands where it may not, in {place}"),
    }
}

#[cfg(test)]
mod tests {
    use crate::html::checked;

    #[track_caller]
    fn check(body: &str, expected: &[(usize, &str)]) {
        let (_, faults) = checked(&format!("<!doctype html><title>t</title>\n{body}"));
        let seen: Vec<(usize, &str)> = faults.iter().map(|fault| (fault.line, fault.what.as_str())).collect();
        assert_eq!(seen, expected, "{body}");
    }

    #[test]
    fn what_is_wrong_is_said_with_its_line() {
        check("<p>a</p>", &[]);
        check("<p>a\n</div>", &[(3, "`</div>` closes nothing that is open there")]);
        check("<p class=a\nclass=b>", &[(3, "an attribute stands twice on one element")]);
        check("<div>\n<p>x", &[(3, "`<div>` is not closed")]);
        check("a < b", &[(2, "`<` stands before a space and begins no tag: write `&lt;`")]);
        check("<table><tr><td>a</table><table>b</table>", &[(2, "text stands in a table, outside of its cells")]);
        check(
            "<b><i>x</b></i>",
            &[
                (2, "elements cross each other: what is opened last is closed first"),
                (2, "elements cross each other: what is opened last is closed first"),
            ],
        );
    }

    #[test]
    fn a_page_without_doctype_is_said_to_be_one() {
        assert_eq!(checked("<title>t</title>").1[0].what, "the page does not begin with `<!doctype html>`");
    }
}
