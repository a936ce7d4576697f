//! `Labels`: what the owner of a bucket wants to read on each object: metadata and tags. For bills and lifecycle rules, never for visitors.

use super::{CONTROL, Headers, Key, asset_digits};
use std::collections::BTreeMap;

/// What is put on the objects of one class.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Label {
    /// Metadata: names and values as fields of a header, since that is how they travel.
    pub metadata: Headers,
    /// Tags.
    pub tags: BTreeMap<String, String>,
}

/// What is put on the objects of an environment. An object keeps what it was written with: labels are no part of what is compared.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Labels {
    /// On pages, error pages and whatever else has a name that stays.
    pub documents: Label,
    /// On files whose name carries their digest.
    pub assets: Label,
}

impl Labels {
    /// What is put on an object; nothing on control objects, which are this program's own.
    pub fn of(&self, key: &Key) -> Option<&Label> {
        match key {
            key if key.is_below(CONTROL) => None,
            key if asset_digits(key).is_some() => Some(&self.assets),
            _ => Some(&self.documents),
        }
    }

    /// Whether anything is tagged, which needs a right of its own.
    pub fn has_tags(&self) -> bool {
        [&self.documents, &self.assets].iter().any(|label| !label.tags.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_is_labeled_by_its_class_and_a_control_object_never() {
        let label =
            |name: &str| Label { tags: BTreeMap::from([("a".to_owned(), name.to_owned())]), ..Label::default() };
        let labels = Labels { documents: label("document"), assets: label("asset") };
        let of = |key: &str| labels.of(&Key::parse(key).unwrap()).map(|label| label.tags["a"].clone());
        assert_eq!(of("index.html").as_deref(), Some("document"));
        assert_eq!(of("assets/a.0123456789abcdef.css").as_deref(), Some("asset"));
        assert_eq!(of(".landing/head"), None);
        assert!(labels.has_tags() && !Labels::default().has_tags());
    }
}
