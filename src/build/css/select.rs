//! A selector in the shape that matching wants: from right to left, names owned, and everything that a finished page does not decide
//! (where the pointer is, what was typed, which page was visited) reduced to one case, [`Simple::State`].
//!
//! In: the text of one selector. Out: a [`Complex`], or nothing when it cannot be read or is too long to be meant: such a rule is kept.

use lightningcss::selector::{Component, PseudoClass, PseudoElement, Selector, SelectorList};
use lightningcss::stylesheet::ParserOptions;
use lightningcss::traits::ParseWithOptions;
use parcel_selectors::attr::{AttrSelectorOperator, ParsedAttrSelectorOperation, ParsedCaseSensitivity};
use parcel_selectors::parser::{Combinator, NthSelectorData, NthType};

/// A selector longer than this is kept unread: matching goes one call deeper with each part.
const LONGEST: usize = 64;

/// One selector: compounds from right to left, each with the combinator on its left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Complex(pub(super) Vec<Compound>);

/// What one element must be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Compound {
    pub(super) all: Vec<Simple>,
    pub(super) left: Option<Step>,
}

/// Where the next compound on the left stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Parent,
    Ancestor,
    Before,
    Earlier,
}

/// One condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Simple {
    Tag(String),
    Id(String),
    Class(String),
    Attribute {
        name: String,
        value: Option<Value>,
    },
    Not(Vec<Complex>),
    Is(Vec<Complex>),
    Has(Vec<Complex>),
    Nth(Nth),
    Root,
    Empty,
    Lang(Vec<String>),
    /// It holds for every element.
    Any,
    /// Nothing in the page decides it.
    State,
}

/// What an attribute's value must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Value {
    pub(super) test: Test,
    pub(super) expected: String,
    pub(super) any_case: bool,
}

/// How it is compared (Selectors 4, section 6.1 and 6.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Test {
    Equal,
    Word,
    Dash,
    Prefix,
    Suffix,
    Part,
}

/// `:nth-child(an + b)` and its relatives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Nth {
    pub(super) a: i32,
    pub(super) b: i32,
    pub(super) from_end: bool,
    pub(super) of_type: bool,
}

/// A selector as the page needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Read {
    pub(super) complex: Complex,
    /// Whether every browser of these years reads it. One that a browser cannot read takes its whole list with it
    /// (Selectors 4, section 3.9), so it may only leave together with the list.
    pub(super) plain: bool,
}

/// Reads one selector.
pub(super) fn read(text: &str) -> Option<Read> {
    let list = SelectorList::parse_string_with_options(text, ParserOptions::default()).ok()?;
    let [selector] = list.0.as_slice() else { return None };
    let mut reader = Reader { plain: true };
    let complex = reader.complex(selector)?;
    Some(Read { complex, plain: reader.plain })
}

struct Reader {
    plain: bool,
}

impl Reader {
    fn complex(&mut self, selector: &Selector<'_>) -> Option<Complex> {
        let mut compounds = vec![Compound::default()];
        for component in selector.iter_raw_match_order() {
            let last = compounds.last_mut()?;
            match component {
                // A pseudo-element hangs on the element it belongs to.
                Component::Combinator(Combinator::PseudoElement) => last.all.push(Simple::State),
                Component::Combinator(combinator) => {
                    last.left = Some(step(*combinator)?);
                    compounds.push(Compound::default());
                }
                other => last.all.push(self.simple(other)?),
            }
        }
        (compounds.len() <= LONGEST).then_some(Complex(compounds))
    }

    fn list(&mut self, selectors: &[Selector<'_>]) -> Option<Vec<Complex>> {
        selectors.iter().map(|selector| self.complex(selector)).collect()
    }

    fn simple(&mut self, component: &Component<'_>) -> Option<Simple> {
        Some(match component {
            Component::ExplicitUniversalType | Component::ExplicitAnyNamespace => Simple::Any,
            Component::LocalName(local) => Simple::Tag(local.name.0.to_string()),
            Component::ID(name) => Simple::Id(name.0.to_string()),
            Component::Class(name) => Simple::Class(name.0.to_string()),
            Component::AttributeInNoNamespaceExists { local_name_lower, .. } => {
                Simple::Attribute { name: local_name_lower.0.to_string(), value: None }
            }
            Component::AttributeInNoNamespace { local_name, operator, value, case_sensitivity, .. } => {
                let value = value_of(*operator, value, *case_sensitivity);
                Simple::Attribute { name: local_name.0.to_string(), value: Some(value) }
            }
            Component::AttributeOther(other) if other.namespace.is_none() => {
                let value = match &other.operation {
                    ParsedAttrSelectorOperation::Exists => None,
                    ParsedAttrSelectorOperation::WithValue { operator, case_sensitivity, expected_value } => {
                        Some(value_of(*operator, expected_value, *case_sensitivity))
                    }
                };
                Simple::Attribute { name: other.local_name_lower.0.to_string(), value }
            }
            Component::Negation(list) => {
                self.plain &= list.len() == 1;
                Simple::Not(self.list(list)?)
            }
            // `:is()` and `:where()` read their lists forgivingly, and are older than every browser that this is for.
            Component::Is(list) | Component::Where(list) => Simple::Is(self.list(list)?),
            Component::Any(_, list) => {
                self.plain = false;
                Simple::Is(self.list(list)?)
            }
            Component::Has(list) => {
                self.plain = false;
                Simple::Has(self.list(list)?)
            }
            Component::Nth(data) => nth(*data)?,
            Component::Root => Simple::Root,
            Component::Empty => Simple::Empty,
            Component::NonTSPseudoClass(PseudoClass::Lang { languages }) => {
                self.plain &= languages.len() == 1;
                Simple::Lang(languages.iter().map(|language| language.to_ascii_lowercase()).collect())
            }
            Component::NonTSPseudoClass(class) => {
                self.plain &= is_old(class);
                Simple::State
            }
            Component::PseudoElement(element) => {
                self.plain &= matches!(
                    element,
                    PseudoElement::Before
                        | PseudoElement::After
                        | PseudoElement::FirstLine
                        | PseudoElement::FirstLetter
                );
                Simple::State
            }
            Component::Scope => Simple::State,
            // Shadow trees, namespaces, positions among the chosen: seldom, and kept.
            _ => return None,
        })
    }
}

fn nth(data: NthSelectorData) -> Option<Simple> {
    let of_type = data.ty.is_of_type();
    let nth = |from_end| Simple::Nth(Nth { a: data.a, b: data.b, from_end, of_type });
    match data.ty {
        NthType::Col | NthType::LastCol => None,
        // First and last at once.
        kind if kind.is_only() => {
            let both = vec![nth(false), nth(true)];
            Some(Simple::Is(vec![Complex(vec![Compound { all: both, left: None }])]))
        }
        kind => Some(nth(kind.is_from_end())),
    }
}

fn step(combinator: Combinator) -> Option<Step> {
    match combinator {
        Combinator::Child => Some(Step::Parent),
        Combinator::Descendant => Some(Step::Ancestor),
        Combinator::NextSibling => Some(Step::Before),
        Combinator::LaterSibling => Some(Step::Earlier),
        _ => None,
    }
}

fn value_of(operator: AttrSelectorOperator, expected: &str, case: ParsedCaseSensitivity) -> Value {
    let test = match operator {
        AttrSelectorOperator::Equal => Test::Equal,
        AttrSelectorOperator::Includes => Test::Word,
        AttrSelectorOperator::DashMatch => Test::Dash,
        AttrSelectorOperator::Prefix => Test::Prefix,
        AttrSelectorOperator::Suffix => Test::Suffix,
        AttrSelectorOperator::Substring => Test::Part,
    };
    let any_case = !matches!(case, ParsedCaseSensitivity::ExplicitCaseSensitive | ParsedCaseSensitivity::CaseSensitive);
    Value { test, expected: expected.to_owned(), any_case }
}

/// What even the oldest of the browsers reads without a prefix.
fn is_old(class: &PseudoClass<'_>) -> bool {
    use PseudoClass::{
        Active, Checked, Default, Disabled, Enabled, Focus, FocusVisible, FocusWithin, Hover, InRange, Indeterminate,
        Invalid, Link, Optional, OutOfRange, Required, Target, Valid, Visited,
    };
    matches!(
        class,
        Active
            | Checked
            | Default
            | Disabled
            | Enabled
            | Focus
            | FocusVisible
            | FocusWithin
            | Hover
            | InRange
            | Indeterminate
            | Invalid
            | Link
            | Optional
            | OutOfRange
            | Required
            | Target
            | Valid
            | Visited
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(text: &str) -> Option<bool> {
        read(text).map(|read| read.plain)
    }

    #[test]
    fn a_selector_reads_from_right_to_left() {
        let compound = |simple, left| Compound { all: vec![simple], left };
        let tag = |name: &str| Simple::Tag(name.to_owned());
        assert_eq!(
            read("main > p a").unwrap().complex.0,
            [
                compound(tag("a"), Some(Step::Ancestor)),
                compound(tag("p"), Some(Step::Parent)),
                compound(tag("main"), None)
            ]
        );
        assert_eq!(read("*").unwrap().complex.0, [compound(Simple::Any, None)]);
        assert_eq!(read("a::before").unwrap().complex.0[0].all, [Simple::State, Simple::State, tag("a")]);
    }

    #[test]
    fn what_an_older_browser_cannot_read_is_known_as_such() {
        assert_eq!(plain("a:hover > b:not(.c):nth-child(2n+1)::after"), Some(true));
        for text in ["a::-moz-focus-inner", "a:has(b)", "a:open", "a::details-content", "a:not(b,c)"] {
            assert_eq!(plain(text), Some(false), "{text}");
        }
    }

    #[test]
    fn what_cannot_be_judged_is_not_read() {
        let long = "a ".repeat(200);
        for text in ["", "a,b", "> a", "x|a", "a::slotted(b)", ":host", long.trim_end(), ":nth-child(2 of a)"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
