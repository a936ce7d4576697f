//! What a reference in a page points at, told from its spelling as browsers read it (WHATWG URL), before anything is looked up.

use percent_encoding::percent_decode_str;

/// The kinds of reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// Nothing, or a place in the same page.
    Here,
    /// `data:` and `blob:`: the thing itself.
    Data,
    /// `javascript:` and `vbscript:`.
    Script,
    /// Another host: its origin, `https://host:port`, in lower case.
    Remote(String),
    /// `mailto:`, `tel:`, `sms:` and all other schemes.
    Other(String),
    /// A file of this site.
    Local {
        /// Percent-decoded, as it was written otherwise.
        path: String,
        /// The query and the fragment, as written.
        tail: String,
    },
}

impl Address {
    /// Reads a reference. `own` is the site's public address: what names it in full is local all the same.
    pub fn parse(raw: &str, own: &str) -> Self {
        // Browsers drop these wherever they stand (URL, section 4.4, "basic URL parser", steps 1 to 3).
        let raw: String =
            raw.trim_matches(|c: char| c <= ' ').chars().filter(|c| !matches!(c, '\t' | '\n' | '\r')).collect();
        if raw.is_empty() || raw.starts_with('#') {
            return Self::Here;
        }
        if let Some((scheme, rest)) = scheme(&raw) {
            return match scheme.as_str() {
                "javascript" | "vbscript" => Self::Script,
                "data" | "blob" => Self::Data,
                "http" | "https" => remote(&scheme, rest, own),
                _ => Self::Other(scheme),
            };
        }
        let slashed = raw.replace('\\', "/");
        if let Some(rest) = slashed.strip_prefix("//") {
            return remote("https", rest, own);
        }
        local(&raw)
    }
}

fn scheme(raw: &str) -> Option<(String, &str)> {
    let (scheme, rest) = raw.split_once(':')?;
    let valid = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c));
    valid.then(|| (scheme.to_ascii_lowercase(), rest))
}

fn remote(scheme: &str, rest: &str, own: &str) -> Address {
    let rest = rest.trim_start_matches(['/', '\\']);
    let (authority, path) = rest.split_at(rest.find(['/', '\\', '?', '#']).unwrap_or(rest.len()));
    let host = authority.rsplit('@').next().unwrap_or_default().to_ascii_lowercase();
    let origin = format!("{scheme}://{host}");
    if origin == own.to_ascii_lowercase() {
        local(&format!("/{}", path.trim_start_matches('/')))
    } else {
        Address::Remote(origin)
    }
}

fn local(raw: &str) -> Address {
    let (path, tail) = raw.split_at(raw.find(['?', '#']).unwrap_or(raw.len()));
    let path = percent_decode_str(path).decode_utf8_lossy().into_owned();
    Address::Local { path, tail: tail.to_owned() }
}

/// The host of an origin, with its port.
pub fn host(origin: &str) -> &str {
    origin.split_once("://").map_or(origin, |(_, host)| host)
}

/// A path with its dot segments resolved against a folder (`site/de`); `None` when it climbs out of the project.
pub fn join(folder: &str, path: &str) -> Option<String> {
    let mut segments: Vec<&str> = folder.split('/').filter(|segment| !segment.is_empty()).collect();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => _ = segments.pop()?,
            segment => segments.push(segment),
        }
    }
    Some(segments.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_is_read_as_a_browser_reads_it() {
        let local = |path: &str, tail: &str| Address::Local { path: path.to_owned(), tail: tail.to_owned() };
        for (raw, expected) in [
            ("", Address::Here),
            ("#a", Address::Here),
            ("h%C3%A9ro.jpg?x=1#y", local("héro.jpg", "?x=1#y")),
            (" java\nscript:alert(1)", Address::Script),
            ("JAVASCRIPT:x", Address::Script),
            ("data:,x", Address::Data),
            ("//CDN.example/x", Address::Remote("https://cdn.example".to_owned())),
            ("\\\\cdn.example\\x", Address::Remote("https://cdn.example".to_owned())),
            ("https://u:p@a.example:444/x", Address::Remote("https://a.example:444".to_owned())),
            ("https://www.example.fr/a.jpg", local("/a.jpg", "")),
            ("mailto:a@b.c", Address::Other("mailto".to_owned())),
            ("a.md", local("a.md", "")),
        ] {
            assert_eq!(Address::parse(raw, "https://www.example.fr"), expected, "{raw}");
        }
    }

    #[test]
    fn a_path_that_climbs_out_has_no_place() {
        assert_eq!(join("site/de", "../../assets/a.jpg").as_deref(), Some("assets/a.jpg"));
        assert_eq!(join("site", "../../a.jpg"), None);
        assert_eq!(join("site", "./a//b").as_deref(), Some("site/a/b"));
    }
}
