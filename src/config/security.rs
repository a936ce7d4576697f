//! `[security]`: whom to tell about a hole (RFC 9116).
//!
//! In: the section. Out: what `/.well-known/security.txt` will say; nothing when the section is not there. Refuses a contact without the day
//! on which it ends, which the RFC wants (section 2.5.5) and no clock of ours may invent.

use crate::diag::Code;
use crate::model::Security;
use crate::reader::Section;

pub(super) fn security(section: &Section<'_>) -> Option<Security> {
    section.only(&["contact", "expires", "encryption", "acknowledgments", "policy", "hiring"]);
    if section.keys().is_empty() {
        return None;
    }
    let contact = section.required("contact", "an e-mail address or an `https://` page");
    if section.value("expires").is_none() {
        let remedy =
            "add the day until which it holds, a year at most: `expires = 2027-11-01T00:00:00Z` (RFC 9116 wants it)";
        section.complain("contact", Code::MissingKey, "`expires` is missing in `[security]`", remedy);
    }
    let address = |key: &str| {
        let address = section.string(key)?;
        if !address.starts_with("https://") {
            let wrong = format!("`{key}` is not an `https://` address");
            section.complain(key, Code::BadValue, &wrong, "RFC 9116 wants web addresses to be `https://`");
        }
        Some(address)
    };
    let links = ["encryption", "acknowledgments", "policy", "hiring"];
    let links = links.iter().filter_map(|key| Some(((*key).to_owned(), address(key)?))).collect();
    Some(Security { contact: uri(contact?, section), expires: section.timestamp("expires")?, links })
}

/// A contact is a URI (RFC 9116, section 2.5.3).
fn uri(contact: String, section: &Section<'_>) -> String {
    if ["mailto:", "https://", "tel:"].iter().any(|scheme| contact.starts_with(scheme)) {
        return contact;
    }
    if !contact.contains('@') || contact.contains(char::is_whitespace) {
        let wrong = format!("`{contact}` is neither an e-mail address nor an `https://` page");
        section.complain("contact", Code::BadValue, &wrong, "write `contact = \"security@example.com\"`");
    }
    format!("mailto:{contact}")
}

#[cfg(test)]
mod tests {
    use super::super::parse;

    #[test]
    fn a_contact_is_a_uri_and_ends_some_day() {
        let settings = |text: &str| parse(&format!("[site]\nname=\"x\"\n[security]\n{text}"));
        let whole = settings("contact=\"a@b.example\"\nexpires=2027-01-01T00:00:00Z\n").unwrap().security.unwrap();
        assert_eq!(
            (whole.contact.as_str(), whole.expires.to_string().as_str()),
            ("mailto:a@b.example", "2027-01-01T00:00:00Z")
        );
        let err = settings("contact=\"nobody\"\npolicy=\"http://x.example\"\n").unwrap_err().to_string();
        for said in ["`expires` is missing", "`nobody` is neither", "`policy` is not an `https://` address"] {
            assert!(err.contains(said), "{err}");
        }
    }
}
