//! From text to [`Tree`], by the algorithm that browsers use (html5ever). It accepts everything, as browsers do.

use super::fault::Fault;
use super::tree::{Data, Element, Id, Tree};
use html5ever::interface::{ElemName, ElementFlags, NodeOrText, QuirksMode, TreeSink};
use html5ever::tendril::{StrTendril, TendrilSink};
use html5ever::tree_builder::TreeBuilderOpts;
use html5ever::{Attribute, LocalName, Namespace, ParseOpts, QualName, local_name, ns};
use std::borrow::Cow;
use std::cell::{Cell, RefCell};

/// A whole document; `<html>`, `<head>` and `<body>` are there afterwards.
pub fn document(text: &str) -> Tree {
    checked(text).0
}

/// A piece of a page, as it would stand in `<body>`. Its nodes are children of the one element below the root.
pub fn fragment(text: &str) -> Tree {
    let context = QualName::new(None, ns!(html), local_name!("body"));
    html5ever::parse_fragment(Sink::default(), options(), context, Vec::new(), false).one(text).0
}

/// Without scripting, so that what stands in `<noscript>` is looked at like everything else.
fn options() -> ParseOpts {
    ParseOpts { tree_builder: TreeBuilderOpts { scripting_enabled: false, ..Default::default() }, ..Default::default() }
}

/// A whole document, and everything in it that is wrong by the standard.
pub fn checked(text: &str) -> (Tree, Vec<Fault>) {
    let (tree, faults) = html5ever::parse_document(Sink::default(), options()).one(text);
    if faults.is_empty() {
        return (tree, faults);
    }
    // Once more, for the words: they take time that a page without faults need not spend.
    let mut wordy = options();
    wordy.tree_builder.exact_errors = true;
    html5ever::parse_document(Sink::default(), wordy).one(text)
}

struct Sink {
    tree: RefCell<Tree>,
    faults: RefCell<Vec<Fault>>,
    line: Cell<usize>,
}

impl Default for Sink {
    fn default() -> Self {
        Self { tree: RefCell::new(Tree::new()), faults: RefCell::default(), line: Cell::new(1) }
    }
}

/// The parser asks for names by reference; a node's name lies behind a cell, so it gets a copy (names are interned).
#[derive(Debug)]
struct Name(QualName);

impl ElemName for Name {
    fn ns(&self) -> &Namespace {
        &self.0.ns
    }

    fn local_name(&self) -> &LocalName {
        &self.0.local
    }
}

fn written(name: &QualName) -> String {
    match &name.prefix {
        Some(prefix) if !prefix.is_empty() => format!("{prefix}:{}", name.local),
        _ => name.local.to_string(),
    }
}

fn pairs(attrs: Vec<Attribute>) -> Vec<(String, String)> {
    attrs.into_iter().map(|attr| (written(&attr.name), attr.value.to_string())).collect()
}

impl Sink {
    /// Appends to the text that ends at `at`, if there is one, else puts the node there.
    fn put(&self, parent: Id, at: usize, child: NodeOrText<Id>) {
        let tree = &mut *self.tree.borrow_mut();
        match child {
            NodeOrText::AppendNode(node) => tree.insert(parent, at, node),
            NodeOrText::AppendText(text) => {
                let before = at.checked_sub(1).and_then(|before| tree.children(parent).get(before)).copied();
                if let Some(Data::Text(old)) = before.map(|before| &mut tree.node_mut(before).data) {
                    old.push_str(&text);
                    return;
                }
                let text = tree.text_node(&text);
                tree.insert(parent, at, text);
            }
        }
    }
}

impl TreeSink for Sink {
    type Handle = Id;
    type Output = (Tree, Vec<Fault>);
    type ElemName<'a> = Name;

    fn finish(self) -> Self::Output {
        (self.tree.into_inner(), self.faults.into_inner())
    }

    fn parse_error(&self, what: Cow<'static, str>) {
        self.faults.borrow_mut().push(Fault::new(self.line.get(), &what));
    }

    fn set_current_line(&self, line: u64) {
        self.line.set(usize::try_from(line).unwrap_or(usize::MAX));
    }

    fn get_document(&self) -> Id {
        Tree::ROOT
    }

    fn elem_name<'a>(&'a self, target: &'a Id) -> Name {
        Name(self.tree.borrow().as_element(*target).expect("the parser asks elements only").name.clone())
    }

    fn create_element(&self, name: QualName, attrs: Vec<Attribute>, flags: ElementFlags) -> Id {
        let mut tree = self.tree.borrow_mut();
        let contents = flags.template.then(|| tree.make(Data::Root));
        let integration_point = flags.mathml_annotation_xml_integration_point;
        tree.make(Data::Element(Element {
            name,
            attributes: pairs(attrs),
            contents,
            integration_point,
            line: self.line.get(),
        }))
    }

    fn create_comment(&self, _: StrTendril) -> Id {
        self.tree.borrow_mut().make(Data::Comment)
    }

    fn create_pi(&self, _: StrTendril, _: StrTendril) -> Id {
        self.tree.borrow_mut().make(Data::Comment)
    }

    fn append(&self, parent: &Id, child: NodeOrText<Id>) {
        let end = self.tree.borrow().children(*parent).len();
        self.put(*parent, end, child);
    }

    fn append_based_on_parent_node(&self, element: &Id, prev_element: &Id, child: NodeOrText<Id>) {
        let placed = self.tree.borrow().parent(*element).is_some();
        if placed { self.append_before_sibling(element, child) } else { self.append(prev_element, child) }
    }

    fn append_doctype_to_document(&self, name: StrTendril, _: StrTendril, _: StrTendril) {
        let mut tree = self.tree.borrow_mut();
        let doctype = tree.make(Data::Doctype(name.to_string()));
        tree.append(Tree::ROOT, doctype);
    }

    fn get_template_contents(&self, target: &Id) -> Id {
        let tree = self.tree.borrow();
        tree.as_element(*target).and_then(|element| element.contents).expect("made with every `<template>`")
    }

    fn same_node(&self, x: &Id, y: &Id) -> bool {
        x == y
    }

    fn set_quirks_mode(&self, _: QuirksMode) {}

    fn append_before_sibling(&self, sibling: &Id, new_node: NodeOrText<Id>) {
        if let NodeOrText::AppendNode(node) = new_node {
            self.tree.borrow_mut().detach(node);
        }
        let place = self.tree.borrow().position(*sibling);
        let (parent, at) = place.expect("the parser names a sibling that stands in the tree");
        self.put(parent, at, new_node);
    }

    fn add_attrs_if_missing(&self, target: &Id, attrs: Vec<Attribute>) {
        let mut tree = self.tree.borrow_mut();
        for (name, value) in pairs(attrs) {
            if tree.get(*target, &name).is_none() {
                tree.set(*target, &name, &value);
            }
        }
    }

    fn remove_from_parent(&self, target: &Id) {
        self.tree.borrow_mut().detach(*target);
    }

    fn reparent_children(&self, node: &Id, new_parent: &Id) {
        let mut tree = self.tree.borrow_mut();
        for child in tree.children(*node).to_vec() {
            tree.append(*new_parent, child);
        }
    }

    fn is_mathml_annotation_xml_integration_point(&self, handle: &Id) -> bool {
        self.tree.borrow().as_element(*handle).is_some_and(|element| element.integration_point)
    }
}
