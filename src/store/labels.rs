//! Labels on objects: sent with every write, taken off again where a store gives them back.
//!
//! An object says itself which of its metadata are labels. So a label that was added to the configuration, or taken out, makes no object another
//! one: it keeps what it was written with.

use crate::model::{Headers, Label};
use object_store::{Attribute, Attributes, TagSet};

/// The metadata that names the others, separated by commas.
const NAMES: &str = "landing-labels";

/// Puts metadata onto what is sent. A field of the object itself goes first.
pub(super) fn put_on(attributes: &mut Attributes, label: &Label) {
    let mut names = Vec::new();
    for (name, value) in label.metadata.iter() {
        let attribute = Attribute::Metadata(name.to_owned().into());
        if attributes.get(&attribute).is_none() {
            attributes.insert(attribute, value.to_owned().into());
            names.push(name);
        }
    }
    if !names.is_empty() {
        attributes.insert(Attribute::Metadata(NAMES.into()), names.join(",").into());
    }
}

/// What was got, without them.
pub(super) fn take_off(mut headers: Headers) -> Headers {
    if let Some(names) = headers.remove(NAMES) {
        for name in names.split(',') {
            headers.remove(name.trim());
        }
    }
    headers
}

/// As the services take them.
pub(super) fn tags(label: &Label) -> TagSet {
    let mut tags = TagSet::default();
    for (name, value) in &label.tags {
        tags.push(name, value);
    }
    tags
}
