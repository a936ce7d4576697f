//! What a drawing does not need: white space between elements, editor leftovers, empty and useless groups.
//!
//! In: a safe tree. Out: a smaller one that renders the same.

use super::tree::{Element, Node};

/// Attributes without effect in any browser.
const IDLE: &[&str] =
    &["version", "baseProfile", "enable-background", "contentScriptType", "contentStyleType", "zoomAndPan"];

/// White space that stands inside these is drawn or read.
const TEXTUAL: &[&str] = &["text", "tspan", "textPath", "title", "desc", "style", "a"];

/// Drops what is not drawn.
pub(super) fn clean(root: &mut Element) {
    root.attributes
        .retain(|(name, value)| !(matches!(name.as_str(), "x" | "y") && matches!(value.as_str(), "0" | "0px")));
    clean_inside(root);
}

fn clean_inside(element: &mut Element) {
    element.attributes.retain(|(name, _)| !IDLE.contains(&name.as_str()));
    if !TEXTUAL.contains(&element.name.as_str()) {
        element.children.retain(|node| matches!(node, Node::Element(_)));
    }
    element.children.retain(|node| !matches!(node, Node::Text(text) if text.is_empty()));
    element.elements_mut().for_each(clean_inside);
}

/// Drops containers without content, then puts the children of groups that say nothing in their place.
pub(super) fn prune(root: &mut Element) {
    drop_void(root);
    // A style sheet may select by the structure.
    if !root.any(&|element| element.name == "style") {
        unwrap_groups(root);
    }
}

fn drop_void(element: &mut Element) {
    element.elements_mut().for_each(drop_void);
    element.children.retain(|node| !matches!(node, Node::Element(child) if is_void(child)));
}

/// A container with nothing inside draws nothing. One with an id may be what something else refers to.
fn is_void(element: &Element) -> bool {
    let container = matches!(element.name.as_str(), "g" | "defs" | "style" | "title" | "desc");
    container && element.get("id").is_none() && element.elements().next().is_none() && element.text().trim().is_empty()
}

fn unwrap_groups(element: &mut Element) {
    element.elements_mut().for_each(unwrap_groups);
    // It shows the first child that fits, not all.
    if element.name == "switch" {
        return;
    }
    let mut flat = Vec::with_capacity(element.children.len());
    for node in std::mem::take(&mut element.children) {
        match node {
            Node::Element(group) if group.name == "g" && group.attributes.is_empty() => flat.extend(group.children),
            other => flat.push(other),
        }
    }
    element.children = flat;
}
