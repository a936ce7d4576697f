//! One published page, parsed once for all rules.

use crate::html::{self, Fault, Id, Tree};
use crate::model::{Artifact, Class, Key, urls_of};
use std::collections::BTreeMap;

/// A page.
pub struct Page<'a> {
    pub(super) key: &'a Key,
    /// The author's file that it was made from.
    pub(super) source: Option<&'a Key>,
    pub(super) class: Class,
    /// Its shortest URL path, percent-decoded.
    pub(super) url: String,
    pub(super) text: &'a str,
    pub(super) tree: Tree,
    /// What `<base>` says, which every address on the page starts from (HTML, section 4.2.3: the first one that has it).
    pub(super) base: Option<String>,
    /// What the parser stumbled over.
    pub(super) faults: Vec<Fault>,
    /// Every element in the order of the document.
    pub(super) elements: Vec<Id>,
    /// Every `id` with the elements that carry it.
    pub(super) ids: BTreeMap<String, Vec<Id>>,
}

impl<'a> Page<'a> {
    /// Parses an artifact that is HTML in UTF-8.
    pub(super) fn parse(key: &'a Key, artifact: &'a Artifact, source: Option<&'a Key>) -> Option<Self> {
        if artifact.media.essence() != "text/html" {
            return None;
        }
        let text = std::str::from_utf8(&artifact.bytes).ok()?;
        let (tree, faults) = html::checked(text);
        let elements = tree.elements(Tree::ROOT);
        let mut ids: BTreeMap<String, Vec<Id>> = BTreeMap::new();
        for id in &elements {
            if let Some(name) = tree.get(*id, "id") {
                ids.entry(name.to_owned()).or_default().push(*id);
            }
        }
        let url = urls_of(key).first().map_or_else(|| format!("/{key}"), |url| url.as_str().to_owned());
        let mut base = elements.iter().filter(|id| tree.is_html(**id) && tree.name(**id) == "base");
        let base = base.find_map(|id| tree.get(*id, "href")).map(str::to_owned);
        Some(Self { key, source, class: artifact.class, url, text, tree, base, faults, elements, ids })
    }

    /// The file that findings about it name.
    pub(super) fn file(&self) -> String {
        self.source.unwrap_or(self.key).to_string()
    }

    /// The elements of these names that are HTML.
    pub(super) fn named<'p>(&'p self, names: &'p [&str]) -> impl Iterator<Item = Id> + 'p {
        self.elements.iter().copied().filter(|id| self.tree.is_html(*id) && names.contains(&self.tree.name(*id)))
    }

    /// The first HTML element of a name.
    pub(super) fn first(&self, name: &str) -> Option<Id> {
        self.elements.iter().copied().find(|id| self.tree.is_html(*id) && self.tree.name(*id) == name)
    }

    /// The elements around one, the nearest first.
    pub(super) fn around(&self, id: Id) -> impl Iterator<Item = Id> + '_ {
        std::iter::successors(self.tree.parent(id), |id| self.tree.parent(*id))
    }

    /// Whether an element stands in one of these.
    pub(super) fn is_inside(&self, id: Id, names: &[&str]) -> bool {
        self.around(id).any(|around| names.contains(&self.tree.name(around)))
    }

    /// An attribute, in lower case, without the space around it.
    pub(super) fn word(&self, id: Id, attribute: &str) -> Option<String> {
        self.tree.get(id, attribute).map(|value| value.trim().to_ascii_lowercase())
    }

    /// The start tag as it could be written, cut to what tells elements apart.
    pub(super) fn tag(&self, id: Id) -> String {
        let mut out = format!("<{}", self.tree.name(id));
        for (name, value) in self.tree.attributes(id) {
            let value = shown(value, 40);
            out.push_str(&if value.is_empty() { format!(" {name}") } else { format!(" {name}=\"{value}\"") });
            if out.chars().count() > 90 {
                out.push_str(" …");
                break;
            }
        }
        out + ">"
    }

    /// Whether the page tells that it was made in a mode for an emergency or stands for an error.
    pub(super) fn is_error(&self) -> bool {
        self.class == Class::Error
    }
}

/// A text in one line, cut to so many characters, without anything that a terminal would obey.
pub(super) fn shown(text: &str, longest: usize) -> String {
    let words: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let clean: String = words.chars().map(|c| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c }).collect();
    if clean.chars().count() <= longest {
        return clean;
    }
    clean.chars().take(longest.saturating_sub(1)).collect::<String>() + "…"
}
