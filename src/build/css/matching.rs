//! Whether a selector can match anything in a page, now or later.
//!
//! In: a finished page's tree. Out: for each selector the first element it may match. The answer about one element is one of three:
//! what depends on the visitor (a pointer, an opened `<details>`, print) is *maybe*, and maybe negated is maybe, so that nothing is
//! lost behind `:not()`. A page with scripts is asked less: only whether each name occurs in its elements or in the text of a script.

use super::scripts::Scripts;
use super::select::{Complex, Compound, Nth, Simple, Step, Test, Value};
use crate::html::{Id, Tree};
use std::cell::Cell;
use std::collections::HashMap;

/// Nobody writes a selector that takes this many looks at one page; whoever does keeps the rule.
const MOST_LOOKS: u32 = 200_000;

/// Whether an element matches. In this order, so that `and` is the least and `or` the greatest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Answer {
    No,
    Maybe,
    Yes,
}

impl Answer {
    fn of(yes: bool) -> Self {
        if yes { Self::Yes } else { Self::No }
    }

    fn not(self) -> Self {
        match self {
            Self::No => Self::Yes,
            Self::Maybe => Self::Maybe,
            Self::Yes => Self::No,
        }
    }
}

/// A name that selectors ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Name<'t> {
    Tag(&'t str),
    Id(&'t str),
    Class(&'t str),
}

/// Where a node stands.
#[derive(Clone, Copy, Debug, Default)]
struct Spot {
    /// Its place among the elements of the document.
    order: usize,
    /// Its place among the elements beside it, from 1.
    at: i32,
    /// The element before it.
    before: Option<Id>,
    /// How many elements it holds, and the last of them.
    holds: i32,
    last: Option<Id>,
}

/// A page, indexed for many questions.
pub(super) struct Page<'t> {
    tree: &'t Tree,
    /// In the order of the document.
    elements: Vec<Id>,
    named: HashMap<Name<'t>, Vec<Id>>,
    spots: Vec<Spot>,
    fold: usize,
    scripts: &'t Scripts,
    looks: Cell<u32>,
}

impl<'t> Page<'t> {
    pub(super) fn new(tree: &'t Tree, scripts: &'t Scripts) -> Self {
        let elements = tree.elements(Tree::ROOT);
        let mut named: HashMap<Name<'t>, Vec<Id>> = HashMap::new();
        let mut spots = vec![Spot::default(); tree.len()];
        for (order, &id) in elements.iter().enumerate() {
            named.entry(Name::Tag(tree.name(id))).or_default().push(id);
            for (name, value) in tree.attributes(id) {
                match name.as_str() {
                    "id" => named.entry(Name::Id(value)).or_default().push(id),
                    "class" => {
                        for class in value.split_ascii_whitespace() {
                            named.entry(Name::Class(class)).or_default().push(id);
                        }
                    }
                    _ => {}
                }
            }
            spots[id].order = order;
            if let Some(parent) = tree.parent(id) {
                spots[parent].holds += 1;
                spots[id].at = spots[parent].holds;
                spots[id].before = spots[parent].last.replace(id);
            }
        }
        let fold = fold(tree, &elements);
        Self { tree, elements, named, spots, fold, scripts, looks: Cell::new(0) }
    }

    /// How many elements, in the order of the document, belong to what is seen at first.
    pub(super) fn fold(&self) -> usize {
        self.fold
    }

    /// The first element that the selector matches or may match, by its place in the document.
    pub(super) fn first(&self, complex: &Complex) -> Option<usize> {
        if !self.names_occur(complex) {
            return None;
        }
        self.looks.set(0);
        let may = |id: &Id| self.complex(*id, &complex.0) > Answer::No;
        let now = match self.candidates(&complex.0[0]) {
            Some(ids) => ids.iter().find(|id| may(id)).map(|id| self.spots[*id].order),
            None => self.elements.iter().position(may),
        };
        // A script can move and change whatever it likes, but it runs late.
        now.or(self.scripts.any().then_some(usize::MAX))
    }

    fn candidates<'s>(&'s self, compound: &'s Compound) -> Option<&'s Vec<Id>> {
        compound.all.iter().find_map(|simple| match simple {
            Simple::Id(name) => self.named.get(&Name::Id(name)),
            Simple::Class(name) => self.named.get(&Name::Class(name)),
            Simple::Tag(name) => self.named.get(&Name::Tag(name)),
            _ => None,
        })
    }

    /// Whether every name that the selector needs occurs at all.
    fn names_occur(&self, complex: &Complex) -> bool {
        complex.0.iter().flat_map(|compound| &compound.all).all(|simple| self.occurs(simple))
    }

    fn occurs(&self, simple: &Simple) -> bool {
        match simple {
            Simple::Tag(name) => self.tag_occurs(name) || self.scripts.say(name),
            Simple::Id(name) => self.named.contains_key(&Name::Id(name)) || self.scripts.say(name),
            Simple::Class(name) => self.named.contains_key(&Name::Class(name)) || self.scripts.say(name),
            Simple::Is(list) | Simple::Has(list) => list.iter().any(|complex| self.names_occur(complex)),
            _ => true,
        }
    }

    /// Elements of HTML have lower-case names, those of SVG their own spelling.
    fn tag_occurs(&self, name: &str) -> bool {
        self.named.contains_key(&Name::Tag(name)) || self.named.contains_key(&Name::Tag(&name.to_ascii_lowercase()))
    }

    fn complex(&self, id: Id, compounds: &[Compound]) -> Answer {
        let [first, rest @ ..] = compounds else { return Answer::Yes };
        let own = self.compound(id, &first.all);
        let Some(step) = first.left.filter(|_| own > Answer::No) else { return own };
        let mut best = Answer::No;
        let mut at = self.step(id, step);
        while let Some(other) = at {
            best = best.max(self.complex(other, rest));
            let stops = matches!(step, Step::Parent | Step::Before) || best == Answer::Yes;
            at = if stops { None } else { self.step(other, step) };
        }
        own.min(best)
    }

    fn step(&self, id: Id, step: Step) -> Option<Id> {
        match step {
            Step::Parent | Step::Ancestor => self.tree.parent(id).filter(|parent| !self.tree.name(*parent).is_empty()),
            Step::Before | Step::Earlier => self.spots[id].before,
        }
    }

    fn compound(&self, id: Id, all: &[Simple]) -> Answer {
        self.looks.set(self.looks.get() + 1);
        if self.looks.get() > MOST_LOOKS {
            return Answer::Maybe;
        }
        let mut answer = Answer::Yes;
        for simple in all {
            answer = answer.min(self.simple(id, simple));
            if answer == Answer::No {
                break;
            }
        }
        answer
    }

    fn simple(&self, id: Id, simple: &Simple) -> Answer {
        let tree = self.tree;
        match simple {
            Simple::Tag(name) => match tree.name(id) {
                own if own == name => Answer::Yes,
                own if own.eq_ignore_ascii_case(name) => {
                    if tree.is_html(id) {
                        Answer::Yes
                    } else {
                        Answer::Maybe
                    }
                }
                _ => Answer::No,
            },
            Simple::Id(name) => Answer::of(tree.get(id, "id") == Some(name)),
            Simple::Class(name) => {
                let classes = tree.get(id, "class").unwrap_or_default();
                Answer::of(classes.split_ascii_whitespace().any(|class| class == name))
            }
            Simple::Attribute { name, value } => self.attribute(id, name, value.as_ref()),
            Simple::Not(list) => self.any(id, list).not(),
            Simple::Is(list) => self.any(id, list),
            // Whether any element can be the one inside; where it stands is left open.
            Simple::Has(list) => {
                let somewhere =
                    |complex: &Complex| self.elements.iter().any(|id| self.complex(*id, &complex.0) > Answer::No);
                if list.iter().any(somewhere) { Answer::Maybe } else { Answer::No }
            }
            Simple::Nth(nth) => self.nth(id, *nth),
            Simple::Root => Answer::of(tree.parent(id) == Some(Tree::ROOT)),
            Simple::Empty => self.empty(id),
            Simple::Lang(ranges) => self.lang(id, ranges),
            Simple::Any => Answer::Yes,
            Simple::State => Answer::Maybe,
        }
    }

    fn any(&self, id: Id, list: &[Complex]) -> Answer {
        list.iter().map(|complex| self.complex(id, &complex.0)).max().unwrap_or(Answer::No)
    }

    fn attribute(&self, id: Id, name: &str, value: Option<&Value>) -> Answer {
        // The one attribute that changes without a script: a visitor opens a `<details>`, a button a `<dialog>`.
        if name == "open" && matches!(self.tree.name(id), "details" | "dialog") {
            return Answer::Maybe;
        }
        // Names are compared in lower case in HTML; in SVG an unlikely difference is let pass.
        let mut attributes = self.tree.attributes(id).iter();
        let Some((_, own)) = attributes.find(|(own, _)| own.eq_ignore_ascii_case(name)) else { return Answer::No };
        let Some(Value { test, expected, any_case }) = value else { return Answer::Yes };
        if holds(*test, own, expected) {
            return Answer::Yes;
        }
        match holds(*test, &own.to_ascii_lowercase(), &expected.to_ascii_lowercase()) {
            true if *any_case => Answer::Yes,
            // HTML compares the values of some attributes in any case (HTML, section 4.16.2).
            true => Answer::Maybe,
            false => Answer::No,
        }
    }

    fn nth(&self, id: Id, nth: Nth) -> Answer {
        let Some(parent) = self.tree.parent(id) else { return Answer::Maybe };
        let place = if nth.of_type {
            self.place_of_type(id, parent, nth.from_end)
        } else {
            let at = self.spots[id].at;
            if nth.from_end { self.spots[parent].holds + 1 - at } else { at }
        };
        let distance = place - nth.b;
        Answer::of(if nth.a == 0 { distance == 0 } else { distance % nth.a == 0 && distance / nth.a >= 0 })
    }

    fn place_of_type(&self, id: Id, parent: Id, from_end: bool) -> i32 {
        let children = self.tree.children(parent);
        let at = children.iter().position(|child| *child == id).unwrap_or_default();
        let beside = if from_end { &children[at..] } else { &children[..=at] };
        self.looks.set(self.looks.get().saturating_add(u32::try_from(beside.len()).unwrap_or(u32::MAX)));
        let same = beside.iter().filter(|child| self.tree.name(**child) == self.tree.name(id)).count();
        i32::try_from(same).unwrap_or(i32::MAX)
    }

    /// White space alone may still be dropped when the page is written.
    fn empty(&self, id: Id) -> Answer {
        if self.tree.children(id).is_empty() {
            return Answer::Yes;
        }
        let shows = self.spots[id].holds > 0 || !self.tree.text(id).trim().is_empty();
        if shows { Answer::No } else { Answer::Maybe }
    }

    /// By the nearest `lang` (Selectors 4, section 9.2). A range with a wildcard in it may match.
    fn lang(&self, id: Id, ranges: &[String]) -> Answer {
        let mut at = Some(id);
        while let Some(node) = at {
            if let Some(lang) = self.tree.get(node, "lang") {
                let lang = lang.to_ascii_lowercase();
                let within = |range: &String| {
                    range.contains('*')
                        || lang
                            .strip_prefix(range.as_str())
                            .is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
                };
                return if ranges.iter().any(within) { Answer::Maybe } else { Answer::No };
            }
            at = self.tree.parent(node);
        }
        Answer::Maybe
    }
}

/// What is seen at first cannot be known without a screen; it is taken to be everything down to the end of the second part of
/// `<main>`: the head, the header, the hero and what looks in from below it.
fn fold(tree: &Tree, elements: &[Id]) -> usize {
    let Some(main) = elements.iter().copied().find(|id| tree.name(*id) == "main") else { return elements.len() };
    let mut parts = tree.children(main).iter().copied().filter(|child| !tree.name(*child).is_empty());
    let Some(third) = parts.nth(2) else { return elements.len() };
    elements.iter().position(|id| *id == third).unwrap_or(elements.len())
}

/// Selectors 4, section 6.2: an empty part is in nothing.
fn holds(test: Test, own: &str, expected: &str) -> bool {
    match test {
        Test::Equal => own == expected,
        Test::Word => own.split_ascii_whitespace().any(|word| word == expected),
        Test::Dash => own.strip_prefix(expected).is_some_and(|rest| rest.is_empty() || rest.starts_with('-')),
        Test::Prefix => !expected.is_empty() && own.starts_with(expected),
        Test::Suffix => !expected.is_empty() && own.ends_with(expected),
        Test::Part => !expected.is_empty() && own.contains(expected),
    }
}
