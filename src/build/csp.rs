//! The page's own Content-Security-Policy: nothing is allowed but what the page is seen to use.
//!
//! It stands in the document, so that it is published together with the bytes whose hashes it carries. `frame-ancestors` cannot stand
//! there (CSP 3, section 3.3) and is a header.

use crate::html::Tree;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};
use std::collections::{BTreeMap, BTreeSet};

/// Directive to what it allows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Sources(BTreeMap<&'static str, BTreeSet<String>>);

impl Sources {
    /// Allows a source: `'self'`, `data:` or an origin.
    pub(super) fn allow(&mut self, directive: &'static str, source: &str) {
        self.0.entry(directive).or_default().insert(source.to_owned());
    }

    /// The policy of a finished page: these sources and the hashes of its inline styles and scripts.
    pub(super) fn policy(&self, tree: &Tree) -> String {
        let mut all = self.clone();
        for id in tree.elements(Tree::ROOT) {
            match tree.name(id) {
                "style" => all.allow("style-src", &hash(&tree.text(id))),
                "script" if tree.get(id, "src").is_none() && is_executed(tree.get(id, "type")) => {
                    all.allow("script-src", &hash(&tree.text(id)));
                }
                _ => {}
            }
        }
        // Nothing on a page asks its own host for more. But Lighthouse fetches `/robots.txt` as if the page did, and takes a refusal
        // for a broken file (its audit `robots-txt`): what anyone may read by typing the address is no secret to keep from it.
        all.allow("connect-src", "'self'");
        // These two do not fall back to `default-src` (CSP 3, sections 6.3.1 and 6.4.1).
        all.0.entry("base-uri").or_insert_with(|| ["'none'".to_owned()].into());
        all.0.entry("form-action").or_insert_with(|| ["'none'".to_owned()].into());
        let directives = all.0.iter().map(|(name, sources)| {
            let sources: Vec<&str> = sources.iter().map(String::as_str).collect();
            format!(";{name} {}", sources.join(" "))
        });
        format!("default-src 'none'{}", directives.collect::<String>())
    }
}

/// `'sha256-…'` of the exact bytes between the tags (CSP 3, section 6.7.3.3).
fn hash(text: &str) -> String {
    format!("'sha256-{}'", STANDARD.encode(Sha256::digest(text.as_bytes())))
}

/// Whether a script of this type runs, or steers what the browser does; anything else is a block of data, which no policy looks at
/// (HTML, section 4.12.1.1, "prepare the script element").
pub(super) fn is_executed(kind: Option<&str>) -> bool {
    let kind = kind.map(|kind| kind.trim().to_ascii_lowercase()).unwrap_or_default();
    matches!(kind.as_str(), "" | "module" | "importmap" | "speculationrules")
        || kind.ends_with("/javascript")
        || kind.ends_with("/ecmascript")
        || kind.ends_with("/x-javascript")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::html::document;

    #[test]
    fn nothing_is_allowed_but_what_is_there() {
        let tree = document("<style>a{}</style><script>x()</script><script type=application/ld+json>{}</script>");
        let mut sources = Sources::default();
        sources.allow("img-src", "'self'");
        sources.allow("img-src", "data:");
        // `printf 'a{}' | openssl dgst -sha256 -binary | base64`, and the same of `x()`.
        assert_eq!(
            sources.policy(&tree),
            "default-src 'none';base-uri 'none';connect-src 'self';form-action 'none';img-src 'self' data:;\
             script-src 'sha256-D6IGS8VMvCoyaR/l0h9tERrBTATY01CoPS7l6xDv0kI=';style-src 'sha256-X1RutGBrXCt9KkSaXMK7tHftWiRscFHOhxsS8tv8hBk='"
        );
    }
}
