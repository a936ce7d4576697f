//! The tree: nodes in one vector, addressed by number. It refuses nothing; what may stand in a page is decided elsewhere.
//!
//! A copy shares its nodes with the original until one of both changes them: all pages wait in two modes, which hardly differ.

use html5ever::{LocalName, Namespace, QualName, local_name, ns};
use std::sync::Arc;

/// The number of a node.
pub type Id = usize;

/// A document, its nodes in the order in which they were made. Node 0 is the document itself.
#[derive(Clone, Debug)]
pub struct Tree {
    nodes: Vec<Arc<Node>>,
}

#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) parent: Option<Id>,
    pub(super) children: Vec<Id>,
    pub(super) data: Data,
}

#[derive(Clone, Debug)]
pub(super) enum Data {
    /// The document, or what a `<template>` holds.
    Root,
    Doctype(String),
    Comment,
    Text(String),
    Element(Element),
}

#[derive(Clone, Debug)]
pub(super) struct Element {
    pub(super) name: QualName,
    /// Name as it is written (`xlink:href`) and value, in the order of the source.
    pub(super) attributes: Vec<(String, String)>,
    /// The root of what a `<template>` holds.
    pub(super) contents: Option<Id>,
    pub(super) integration_point: bool,
    /// The line of the text that its start tag ends in, from 1; 0 when it was made later.
    pub(super) line: usize,
}

/// What a walk meets: every element twice, every other node once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The start of an element, or a text.
    Enter(Id),
    /// The end of it.
    Leave(Id),
}

impl Tree {
    /// Node 0.
    pub const ROOT: Id = 0;

    /// An empty document.
    pub(super) fn new() -> Self {
        Self { nodes: vec![Arc::new(Node { parent: None, children: Vec::new(), data: Data::Root })] }
    }

    pub(super) fn make(&mut self, data: Data) -> Id {
        self.nodes.push(Arc::new(Node { parent: None, children: Vec::new(), data }));
        self.nodes.len() - 1
    }

    /// Gives the room back that nodes to come would have taken.
    pub fn trim(&mut self) {
        self.nodes.shrink_to_fit();
    }

    /// How many nodes there are, those that stand nowhere included: every [`Id`] is less.
    #[expect(clippy::len_without_is_empty, reason = "node 0 is always there")]
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether browsers will read it in standards mode, in which names are compared letter by letter.
    pub fn is_standard(&self) -> bool {
        let is_html = |id: &Id| matches!(&self.nodes[*id].data, Data::Doctype(name) if name == "html");
        self.nodes[Self::ROOT].children.iter().any(is_html)
    }

    /// A new HTML element that stands nowhere yet.
    pub fn element(&mut self, name: &str, attributes: &[(&str, &str)]) -> Id {
        let name = QualName::new(None, ns!(html), LocalName::from(name));
        let attributes = attributes.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        self.make(Data::Element(Element { name, attributes, contents: None, integration_point: false, line: 0 }))
    }

    /// A new text that stands nowhere yet.
    pub fn text_node(&mut self, text: &str) -> Id {
        self.make(Data::Text(text.to_owned()))
    }

    pub(super) fn node(&self, id: Id) -> &Node {
        &self.nodes[id]
    }

    /// The node, no longer shared with any copy.
    pub(super) fn node_mut(&mut self, id: Id) -> &mut Node {
        Arc::make_mut(&mut self.nodes[id])
    }

    pub(super) fn as_element(&self, id: Id) -> Option<&Element> {
        match &self.nodes[id].data {
            Data::Element(element) => Some(element),
            _ => None,
        }
    }

    pub(super) fn as_element_mut(&mut self, id: Id) -> Option<&mut Element> {
        match &mut self.node_mut(id).data {
            Data::Element(element) => Some(element),
            _ => None,
        }
    }

    /// The local name of an element, empty for other nodes.
    pub fn name(&self, id: Id) -> &str {
        self.as_element(id).map_or("", |element| &element.name.local)
    }

    /// Whether it is an element of HTML, not of SVG or MathML.
    pub fn is_html(&self, id: Id) -> bool {
        self.as_element(id).is_some_and(|element| element.name.ns == ns!(html))
    }

    pub(super) fn namespace(&self, id: Id) -> Option<&Namespace> {
        self.as_element(id).map(|element| &element.name.ns)
    }

    /// The line of the text that an element's start tag ends in, from 1; 0 when it was made later.
    pub fn line(&self, id: Id) -> usize {
        self.as_element(id).map_or(0, |element| element.line)
    }

    /// The words of a text; `None` for all other nodes.
    pub fn words(&self, id: Id) -> Option<&str> {
        match &self.nodes[id].data {
            Data::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The value of an attribute.
    pub fn get(&self, id: Id, attribute: &str) -> Option<&str> {
        let attributes = &self.as_element(id)?.attributes;
        attributes.iter().find(|(name, _)| name == attribute).map(|(_, value)| value.as_str())
    }

    /// All attributes of an element.
    pub fn attributes(&self, id: Id) -> &[(String, String)] {
        self.as_element(id).map_or(&[], |element| &element.attributes)
    }

    /// Sets an attribute, in its old place when it has one.
    pub fn set(&mut self, id: Id, attribute: &str, value: &str) {
        let Some(element) = self.as_element_mut(id) else { return };
        match element.attributes.iter_mut().find(|(name, _)| name == attribute) {
            Some((_, old)) => value.clone_into(old),
            None => element.attributes.push((attribute.to_owned(), value.to_owned())),
        }
    }

    /// Adds a class to those that it has.
    pub fn add_class(&mut self, id: Id, class: &str) {
        let own = self.get(id, "class").map(|own| format!("{own} ")).unwrap_or_default();
        self.set(id, "class", &format!("{own}{class}"));
    }

    /// Takes an attribute away.
    pub fn unset(&mut self, id: Id, attribute: &str) -> Option<String> {
        let at = self.attributes(id).iter().position(|(name, _)| name == attribute)?;
        Some(self.as_element_mut(id)?.attributes.remove(at).1)
    }

    /// The parent.
    pub fn parent(&self, id: Id) -> Option<Id> {
        self.nodes[id].parent
    }

    /// The children.
    pub fn children(&self, id: Id) -> &[Id] {
        &self.nodes[id].children
    }

    /// Takes a node out of its place, with all below it.
    pub fn detach(&mut self, id: Id) {
        if let Some(parent) = self.parent(id) {
            self.node_mut(id).parent = None;
            self.node_mut(parent).children.retain(|child| *child != id);
        }
    }

    /// Puts a node below another, at a position.
    pub fn insert(&mut self, parent: Id, at: usize, child: Id) {
        self.detach(child);
        self.node_mut(child).parent = Some(parent);
        let children = &mut self.node_mut(parent).children;
        children.insert(at.min(children.len()), child);
    }

    /// Puts a node below another, last.
    pub fn append(&mut self, parent: Id, child: Id) {
        self.insert(parent, usize::MAX, child);
    }

    /// Where among its parent's children a node stands.
    pub fn position(&self, id: Id) -> Option<(Id, usize)> {
        let parent = self.nodes[id].parent?;
        Some((parent, self.nodes[parent].children.iter().position(|child| *child == id)?))
    }

    /// Puts `new` where `old` stood; `old` stands nowhere afterwards.
    pub fn replace(&mut self, old: Id, new: Id) {
        if let Some((parent, at)) = self.position(old) {
            self.detach(old);
            self.insert(parent, at, new);
        }
    }

    /// Copies a node of another tree, with all below it, into this one.
    pub fn adopt(&mut self, other: &Tree, from: Id) -> Id {
        let mut open: Vec<Id> = Vec::new();
        let mut first = None;
        for step in other.walk(from) {
            match step {
                Step::Enter(id) => {
                    let mut data = other.nodes[id].data.clone();
                    if let Data::Element(element) = &mut data {
                        element.contents = None;
                    }
                    let copy = self.make(data);
                    if let Some(parent) = open.last() {
                        self.append(*parent, copy);
                    }
                    first.get_or_insert(copy);
                    open.push(copy);
                }
                Step::Leave(_) => {
                    open.pop();
                }
            }
        }
        first.expect("a walk enters the node it starts from")
    }

    /// The elements below a node in the order of the document, those inside `<template>` included.
    pub fn elements(&self, from: Id) -> Vec<Id> {
        let enter = |step| if let Step::Enter(id) = step { Some(id) } else { None };
        self.walk(from).filter_map(enter).filter(|id| self.as_element(*id).is_some()).collect()
    }

    /// The first HTML element of a name.
    pub fn find(&self, name: &str) -> Option<Id> {
        self.elements(Self::ROOT).into_iter().find(|id| self.is_html(*id) && self.name(*id) == name)
    }

    /// All text below a node.
    pub fn text(&self, id: Id) -> String {
        let mut out = String::new();
        for step in self.walk(id) {
            if let Step::Enter(id) = step
                && let Data::Text(text) = &self.nodes[id].data
            {
                out.push_str(text);
            }
        }
        out
    }

    /// Replaces everything below a node by one text.
    pub fn set_text(&mut self, id: Id, text: &str) {
        for child in std::mem::take(&mut self.node_mut(id).children) {
            self.node_mut(child).parent = None;
        }
        let text = self.text_node(text);
        self.append(id, text);
    }

    /// Goes through a node and everything below it. Keeps its own stack: a page may be nested as deeply as it likes.
    pub fn walk(&self, from: Id) -> impl Iterator<Item = Step> + '_ {
        let mut stack = vec![Step::Enter(from)];
        std::iter::from_fn(move || {
            let step = stack.pop()?;
            if let Step::Enter(id) = step {
                stack.push(Step::Leave(id));
                let contents = self.as_element(id).and_then(|element| element.contents);
                let below = contents.map_or(&self.nodes[id].children, |contents| &self.nodes[contents].children);
                stack.extend(below.iter().rev().map(|child| Step::Enter(*child)));
            }
            Some(step)
        })
    }
}

/// The elements that never hold anything (HTML, section 13.1.2).
pub(super) fn is_void(name: &LocalName) -> bool {
    matches!(
        *name,
        local_name!("area")
            | local_name!("base")
            | local_name!("br")
            | local_name!("col")
            | local_name!("embed")
            | local_name!("hr")
            | local_name!("img")
            | local_name!("input")
            | local_name!("link")
            | local_name!("meta")
            | local_name!("param")
            | local_name!("source")
            | local_name!("track")
            | local_name!("wbr")
    )
}
