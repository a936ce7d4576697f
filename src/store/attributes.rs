//! Header fields as `object_store` carries them: five have a name of their own there, all others are metadata.
//!
//! In: our fields; out: its attributes, and back. Decides nothing: what a kind of store cannot send is its affair.

use crate::model::Headers;
use object_store::{Attribute, Attributes};

/// For sending.
pub(super) fn of(headers: &Headers) -> Attributes {
    headers.iter().map(|(name, value)| (attribute(name), value.to_owned())).collect()
}

/// The same for Azure, where the name of metadata is that of a C# variable (Azure Storage, "Naming and referencing
/// containers, blobs, and metadata"). No header field has an underscore in it.
pub(super) fn underscored(attributes: &Attributes) -> Attributes {
    renamed(attributes, |name| name.replace('-', "_"))
}

/// And back.
pub(super) fn hyphened(attributes: &Attributes) -> Attributes {
    renamed(attributes, |name| name.replace('_', "-"))
}

fn renamed(attributes: &Attributes, rename: impl Fn(&str) -> String) -> Attributes {
    let one = |attribute: &Attribute| match attribute {
        Attribute::Metadata(name) => Attribute::Metadata(rename(name).into()),
        other => other.clone(),
    };
    attributes.iter().map(|(attribute, value)| (one(attribute), value.clone())).collect()
}

/// As received. A field that could not go over the wire again is left out: whoever wrote it was not this program.
pub(super) fn read(attributes: &Attributes) -> Headers {
    let mut headers = Headers::new();
    for (attribute, value) in attributes {
        if let Some(name) = field(attribute) {
            let _ = headers.set(name, value);
        }
    }
    headers
}

fn attribute(name: &str) -> Attribute {
    match name {
        "content-type" => Attribute::ContentType,
        "cache-control" => Attribute::CacheControl,
        "content-encoding" => Attribute::ContentEncoding,
        "content-language" => Attribute::ContentLanguage,
        "content-disposition" => Attribute::ContentDisposition,
        other => Attribute::Metadata(other.to_owned().into()),
    }
}

fn field(attribute: &Attribute) -> Option<&str> {
    match attribute {
        Attribute::ContentType => Some("content-type"),
        Attribute::CacheControl => Some("cache-control"),
        Attribute::ContentEncoding => Some("content-encoding"),
        Attribute::ContentLanguage => Some("content-language"),
        Attribute::ContentDisposition => Some("content-disposition"),
        Attribute::Metadata(name) => Some(name),
        // The storage class is the owner's choice and not part of the answer; the enum may grow.
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_survive_the_way_there_and_back() {
        let headers = Headers::new()
            .with("content-type", "text/html; charset=utf-8")
            .with("cache-control", "public, max-age=60")
            .with("content-language", "fr")
            .with("x-content-type-options", "nosniff");
        assert_eq!(read(&of(&headers)), headers);
        assert_eq!(of(&headers).get(&Attribute::CacheControl).unwrap().as_ref(), "public, max-age=60");
    }

    #[test]
    fn metadata_that_no_header_can_carry_is_left_out() {
        let hostile: Attributes =
            [(Attribute::Metadata("a b".into()), "x"), (Attribute::Metadata("c".into()), "d\r\ne: f")]
                .into_iter()
                .collect();
        assert!(read(&hostile).is_empty());
    }
}
