//! `objects = { documents = { metadata = { … }, tags = { … } }, assets = … }`: what the owner of a bucket wants on each object.
//!
//! Refuses what a service would refuse, or what could be taken for something else: the narrowest rules of the three vendors hold.

use crate::diag::Code;
use crate::model::{Headers, Label, Labels, StoreUrl, Vendor};
use crate::reader::Section;
use std::collections::BTreeMap;

/// Tags of one object (Amazon S3, "Categorizing your objects using tags"; Azure, "Blob index tags").
const MOST_TAGS: usize = 10;

/// Bytes of all metadata of one object; Amazon takes 2 kB (S3, "Working with object metadata"), and header fields are kept there as well.
const MOST_METADATA: usize = 512;

/// Reads the labels of a store.
pub(super) fn labels(section: &Section<'_>, store: &StoreUrl) -> Labels {
    let objects = section.section("objects");
    objects.only(&["documents", "assets"]);
    let [documents, assets] = ["documents", "assets"].map(|class| label(&objects.section(class), store));
    Labels { documents, assets }
}

fn label(section: &Section<'_>, store: &StoreUrl) -> Label {
    section.only(&["metadata", "tags"]);
    if section.value("tags").is_some() && !matches!(store.vendor(), Some(Vendor::S3 | Vendor::Azure)) {
        let wrong = format!("`tags` mean nothing to the store `{store}`");
        section.complain("tags", Code::BadValue, &wrong, "only `s3://` and `az://` stores have tags: use `metadata`");
    }
    Label { metadata: metadata(&section.section("metadata")), tags: tags(&section.section("tags")) }
}

fn metadata(section: &Section<'_>) -> Headers {
    let mut metadata = Headers::new();
    for name in section.written_keys() {
        let Some(value) = section.string(&name) else { continue };
        if !is_name(&name) || value.is_empty() || metadata.set(&name, &value).is_err() {
            let wrong = format!("`{name}` is no metadata that every store takes");
            let remedy = "write a name of lower-case letters, digits and hyphens that begins with a letter and not with `x-`, `content-` or \
                `landing-`, and a value of visible ASCII";
            section.complain(&name, Code::BadValue, &wrong, remedy);
        }
    }
    let size: usize = metadata.iter().map(|(name, value)| name.len() + value.len()).sum();
    if size > MOST_METADATA {
        let wrong = format!("the metadata of an object has {size} bytes, more than {MOST_METADATA}");
        let first = section.written_keys().into_iter().next().unwrap_or_default();
        section.complain(&first, Code::BadValue, &wrong, "take something out");
    }
    metadata
}

/// What cannot be a header field that is kept as metadata, nor ours.
fn is_name(name: &str) -> bool {
    let good = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let begins = name.as_bytes().first().is_some_and(u8::is_ascii_lowercase) && name.len() <= 64;
    let taken = ["x-", "content-", "landing-"].iter().any(|prefix| name.starts_with(prefix));
    begins && name.bytes().all(good) && !taken
}

fn tags(section: &Section<'_>) -> BTreeMap<String, String> {
    let mut tags = BTreeMap::new();
    for name in section.written_keys() {
        let Some(value) = section.string(&name) else { continue };
        let good = |text: &str, most: usize| {
            text.len() <= most
                && text.trim() == text
                && text.bytes().all(|it| it.is_ascii_alphanumeric() || b" +-=._:/".contains(&it))
        };
        if name.is_empty() || name.to_ascii_lowercase().starts_with("aws:") || !good(&name, 128) || !good(&value, 256) {
            let wrong = format!("`{name}` is no tag that every store takes");
            let remedy = "write letters, digits, spaces and `+-=._:/`, at most 128 of them before and 256 behind the `=`, not beginning with `aws:`";
            section.complain(&name, Code::BadValue, &wrong, remedy);
        }
        tags.insert(name, value);
    }
    if tags.len() > MOST_TAGS {
        let first = section.written_keys().into_iter().next().unwrap_or_default();
        let wrong = format!("an object has {} tags, more than {MOST_TAGS}", tags.len());
        section.complain(&first, Code::BadValue, &wrong, "take some out");
    }
    tags
}

#[cfg(test)]
mod tests {
    use crate::model::{Labels, StoreUrl};

    fn read(store: &str, lines: &str) -> Result<Labels, String> {
        let text = format!("[site]\nname=\"x\"\n[env.p]\nurl=\"https://a.example\"\nstore=\"{store}\"\n{lines}");
        let settings = crate::config::parse(&text).map_err(|err| err.to_string())?;
        Ok(settings.environments["p"].access.labels.clone())
    }

    #[test]
    fn each_class_of_objects_has_labels_of_its_own() {
        let lines = "[env.p.objects.documents]\nmetadata = { team = \"campaign\" }\ntags = { \"cost center\" = \"42\" }\n\
            [env.p.objects.assets]\nmetadata = { keep = \"a year\" }\n";
        let labels = read("s3://b", lines).unwrap();
        assert_eq!(labels.documents.metadata.get("team"), Some("campaign"));
        assert_eq!(labels.documents.tags["cost center"], "42");
        assert_eq!((labels.assets.metadata.get("keep"), labels.assets.tags.len()), (Some("a year"), 0));
        assert!(matches!(
            crate::config::parse("[site]\nname=\"x\"\n").unwrap().environments["local"].store,
            StoreUrl::Dir(_)
        ));
    }

    #[test]
    fn what_could_be_another_field_or_no_service_takes_is_refused() {
        for (label, why) in [
            ("metadata = { \"x-frame-options\" = \"a\" }", "is no metadata"),
            ("metadata = { \"content-type\" = \"a\" }", "is no metadata"),
            ("metadata = { \"a b\" = \"c\" }", "is no metadata"),
            ("metadata = { \"a\\r\\nb\" = \"c\" }", "is no metadata"),
            ("metadata = { Team = \"c\" }", "is no metadata"),
            ("metadata = { team = \"a\\r\\nset-cookie: b\" }", "is no metadata"),
            ("metadata = { team = \"caf\u{e9}\" }", "is no metadata"),
            ("metadata = { team = 1 }", "not a text"),
            ("tags = { \"aws:x\" = \"a\" }", "is no tag"),
            ("tags = { a = \"b&c\" }", "is no tag"),
            ("tags = { a = \"b\\nc\" }", "is no tag"),
            ("label = \"x\"", "unknown key `label`"),
        ] {
            let err = read("s3://b", &format!("[env.p.objects.documents]\n{label}\n")).unwrap_err();
            assert!(err.contains(why), "{label}: {err}");
        }
        let many: Vec<String> = (0..11).map(|n| format!("t{n} = \"a\"")).collect();
        let err = read("s3://b", &format!("[env.p.objects.assets]\ntags = {{ {} }}\n", many.join(", "))).unwrap_err();
        assert!(err.contains("11 tags, more than 10"), "{err}");
        let long = format!("[env.p.objects.assets]\nmetadata = {{ a = \"{}\" }}\n", "x".repeat(600));
        assert!(read("s3://b", &long).unwrap_err().contains("601 bytes, more than 512"));
        for store in ["gs://b", "dir:x"] {
            let err = read(store, "[env.p.objects.assets]\ntags = { a = \"b\" }\n").unwrap_err();
            assert!(err.contains(&format!("`tags` mean nothing to the store `{store}`")), "{err}");
        }
    }
}
