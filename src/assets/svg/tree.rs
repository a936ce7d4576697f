//! The tree of a drawing: elements with resolved namespaces, attributes in their order, text.

/// One element.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::assets) struct Element {
    /// Whose vocabulary it belongs to.
    pub(in crate::assets) space: Space,
    /// Without its prefix.
    pub(in crate::assets) name: String,
    /// In the order of the file. `xlink:href` stands as `href`; those of unknown namespaces are gone.
    pub(in crate::assets) attributes: Vec<(String, String)>,
    pub(in crate::assets) children: Vec<Node>,
    /// Where its tag stands, from 1.
    pub(in crate::assets) line: usize,
}

/// A child.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::assets) enum Node {
    Element(Element),
    Text(String),
}

/// A namespace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::assets) enum Space {
    Svg,
    /// XHTML: could carry a script.
    Html,
    /// An editor's own.
    Other,
}

impl Element {
    /// The value of an attribute.
    pub(in crate::assets) fn get(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }

    /// Takes an attribute out.
    pub(in crate::assets) fn take(&mut self, name: &str) -> Option<String> {
        let at = self.attributes.iter().position(|(own, _)| own == name)?;
        Some(self.attributes.remove(at).1)
    }

    /// Sets an attribute, in its place when it is there already.
    pub(in crate::assets) fn set(&mut self, name: &str, value: String) {
        match self.attributes.iter_mut().find(|(own, _)| own == name) {
            Some((_, old)) => *old = value,
            None => self.attributes.push((name.to_owned(), value)),
        }
    }

    /// The child elements.
    pub(in crate::assets) fn elements(&self) -> impl Iterator<Item = &Element> {
        self.children.iter().filter_map(|node| match node {
            Node::Element(element) => Some(element),
            Node::Text(_) => None,
        })
    }

    /// The child elements, to be changed.
    pub(in crate::assets) fn elements_mut(&mut self) -> impl Iterator<Item = &mut Element> {
        self.children.iter_mut().filter_map(|node| match node {
            Node::Element(element) => Some(element),
            Node::Text(_) => None,
        })
    }

    /// Whether it or anything below fulfills `test`. The depth of the tree is bounded by the reader.
    pub(in crate::assets) fn any(&self, test: &dyn Fn(&Element) -> bool) -> bool {
        test(self) || self.elements().any(|child| child.any(test))
    }

    /// All text directly inside.
    pub(in crate::assets) fn text(&self) -> String {
        let texts = self.children.iter().filter_map(|node| match node {
            Node::Text(text) => Some(text.as_str()),
            Node::Element(_) => None,
        });
        texts.collect()
    }
}
