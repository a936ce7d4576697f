//! A tree to text that XML and HTML parsers read alike.

use super::tree::{Element, Node};

/// Writes the document.
pub(super) fn write(root: &Element) -> String {
    let mut out = String::new();
    element(root, true, &mut out);
    out
}

fn element(own: &Element, is_root: bool, out: &mut String) {
    out.push('<');
    out.push_str(&own.name);
    if is_root {
        // A file needs it (Namespaces in XML 1.0); inlined in HTML it is ignored.
        out.push_str(" xmlns=\"http://www.w3.org/2000/svg\"");
    }
    for (name, value) in &own.attributes {
        out.push(' ');
        out.push_str(name);
        out.push_str("=\"");
        escape(value, out);
        out.push('"');
    }
    if own.children.is_empty() {
        out.push_str("/>");
        return;
    }
    out.push('>');
    for child in &own.children {
        match child {
            Node::Element(child) => element(child, false, out),
            Node::Text(text) => escape(text, out),
        }
    }
    out.push_str("</");
    out.push_str(&own.name);
    out.push('>');
}

/// Line ends and tabs in attributes would be read back as spaces (XML 1.0, section 3.3.3), which is what they mean here.
fn escape(text: &str, out: &mut String) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            _ => out.push(c),
        }
    }
}
