//! XML as CloudFront speaks it: elements with either text or children, no attributes but the namespace.
//!
//! In: an answer; out: a tree that can be changed and put back. What it could not put back as it was (an attribute, text between
//! elements) it refuses: half a distribution must not be written.

use serde_json::{Map, Value};

/// One element.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Element {
    pub(super) name: String,
    pub(super) children: Vec<Element>,
    pub(super) text: String,
}

/// Deeper than any document of the API (its model goes eight levels down), less than what a stack bears.
const DEEPEST: usize = 32;

impl Element {
    /// With children.
    pub(super) fn of(name: &str, children: Vec<Self>) -> Self {
        Self { name: name.to_owned(), children, text: String::new() }
    }

    /// With text.
    pub(super) fn leaf(name: &str, text: impl Into<String>) -> Self {
        Self { name: name.to_owned(), children: Vec::new(), text: text.into() }
    }

    /// A list as the API wants it: how many, and which, if there are any.
    pub(super) fn list(name: &str, items: Vec<Self>) -> Self {
        let quantity = Self::leaf("Quantity", items.len().to_string());
        let items = (!items.is_empty()).then(|| Self::of("Items", items));
        Self::of(name, std::iter::once(quantity).chain(items).collect())
    }

    /// The document's root.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let options = roxmltree::ParsingOptions { allow_dtd: false, nodes_limit: 100_000, ..Default::default() };
        let document = roxmltree::Document::parse_with_options(text, options).map_err(|err| err.to_string())?;
        read(document.root_element(), 0)
    }

    /// What stands at a path of names.
    pub(super) fn at(&self, path: &[&str]) -> Option<&Self> {
        path.iter().try_fold(self, |here, name| here.children.iter().find(|child| child.name == *name))
    }

    /// Its text; empty where there is none.
    pub(super) fn text_at(&self, path: &[&str]) -> &str {
        self.at(path).map_or("", |found| found.text.as_str())
    }

    /// The members of a list.
    pub(super) fn items(&self, path: &[&str]) -> &[Self] {
        self.at(path).and_then(|list| list.at(&["Items"])).map_or(&[], |items| &items.children)
    }

    /// The child of that name, made where it is missing.
    pub(super) fn child(&mut self, name: &str, order: &[&str]) -> &mut Self {
        let at = self.children.iter().position(|child| child.name == name).unwrap_or_else(|| {
            self.put(Self::leaf(name, ""), order);
            self.children.iter().position(|child| child.name == name).unwrap_or_default()
        });
        &mut self.children[at]
    }

    /// Puts a child in the place of the one of its name, or where the API's model has it.
    pub(super) fn put(&mut self, child: Self, order: &[&str]) {
        if let Some(old) = self.children.iter_mut().find(|old| old.name == child.name) {
            *old = child;
            return;
        }
        let rank = |name: &str| order.iter().position(|it| *it == name).unwrap_or(order.len());
        let rank_of_child = rank(&child.name);
        let before = self.children.iter().position(|other| rank(&other.name) > rank_of_child);
        self.children.insert(before.unwrap_or(self.children.len()), child);
    }

    /// Takes a child away.
    pub(super) fn take(&mut self, name: &str) {
        self.children.retain(|child| child.name != name);
    }

    /// As a document.
    pub(super) fn document(&self, namespace: &str) -> String {
        let mut out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_owned();
        self.write(&mut out, &format!(" xmlns=\"{namespace}\""));
        out
    }

    fn write(&self, out: &mut String, attributes: &str) {
        let Self { name, children, text } = self;
        out.push_str(&format!("<{name}{attributes}>{}", escaped(text)));
        for child in children {
            child.write(out, "");
        }
        out.push_str(&format!("</{name}>"));
    }

    /// For showing and comparing: an object of its children, a list in no order where they share a name, or its text.
    pub(super) fn value(&self) -> Value {
        if self.children.is_empty() {
            return Value::String(self.text.clone());
        }
        let is_list = self.children.len() > 1 && self.children.iter().all(|it| it.name == self.children[0].name);
        if is_list || self.name == "Items" {
            let mut items: Vec<Value> = self.children.iter().map(Self::value).collect();
            items.sort_by_cached_key(Value::to_string);
            return Value::Array(items);
        }
        Value::Object(self.children.iter().map(|it| (it.name.clone(), it.value())).collect::<Map<_, _>>())
    }
}

fn read(node: roxmltree::Node<'_, '_>, depth: usize) -> Result<Element, String> {
    let name = node.tag_name().name().to_owned();
    if depth > DEEPEST {
        return Err(format!("`{name}` stands deeper than anything that is known of this API"));
    }
    if node.attributes().len() > 0 {
        return Err(format!("`{name}` has attributes, which are not understood"));
    }
    let children: Vec<Element> =
        node.children().filter(roxmltree::Node::is_element).map(|it| read(it, depth + 1)).collect::<Result<_, _>>()?;
    let text: String = node.children().filter(roxmltree::Node::is_text).filter_map(|it| it.text()).collect();
    if children.is_empty() {
        return Ok(Element { name, children, text });
    }
    if text.trim().is_empty() {
        return Ok(Element::of(&name, children));
    }
    Err(format!("`{name}` has text between its elements, which is not understood"))
}

/// Text in XML (XML 1.0, section 2.4).
pub(in crate::cdn) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_read_is_put_back_as_it_was() {
        let text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<A xmlns=\"urn:x\"><B>1 &lt; 2 &amp; c</B><C></C><D><E>x</E></D></A>";
        assert_eq!(Element::parse(text).unwrap().document("urn:x"), text);
    }

    #[test]
    fn what_could_not_be_put_back_is_refused() {
        for text in ["<A><B x=\"1\"/></A>", "<A>text<B/></A>", "<A>", "", "<!DOCTYPE a [<!ENTITY x \"y\">]><A>&x;</A>"]
        {
            assert!(Element::parse(text).is_err(), "{text}");
        }
        let deep = "<a>".repeat(10_000) + &"</a>".repeat(10_000);
        assert!(Element::parse(&deep).is_err());
    }

    #[test]
    fn a_new_child_stands_where_the_model_has_it() {
        let mut root = Element::parse("<A><One/><Three/></A>").unwrap();
        root.put(Element::leaf("Two", "2"), &["One", "Two", "Three"]);
        root.put(Element::leaf("One", "1"), &["One", "Two", "Three"]);
        assert_eq!(root.value(), json!({ "One": "1", "Two": "2", "Three": "" }));
        assert!(root.document("x").contains("<One>1</One><Two>2</Two><Three></Three>"));
        assert_eq!(
            Element::list("L", vec![Element::leaf("i", "a")]).value(),
            json!({ "Quantity": "1", "Items": ["a"] })
        );
    }
}
