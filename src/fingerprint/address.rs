//! Addresses of files: which part of a reference is a path of this site, which file it names, and how to write the way to another.
//!
//! In: references as they stand in a text. Out: ranges, paths inside the folder, new spellings. Read as browsers read
//! (WHATWG URL, section 4.4): a backslash is a slash, `..` at the top stays there, `%2e` is a dot. Looks nothing up.

use crate::model::Key;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use std::ops::Range;

/// Where the folder will be served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Home {
    /// `https://www.example.com`: references that name it in full lead here all the same.
    pub origin: Option<String>,
    /// The path at which the folder stands: `/`, or `/app/`.
    pub path: String,
}

impl Default for Home {
    fn default() -> Self {
        Self { origin: None, path: "/".to_owned() }
    }
}

/// How a reference is spelled, and how what takes its place must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Spelling {
    /// `img/a.png`
    Relative,
    /// `./a.js`, `../a.js`: to a module the dots make the difference between a file and a package.
    Dotted,
    /// `img/a.png`, relative to the top of the site wherever it stands: Vite's lists of what a module needs.
    Top,
    /// `/img/a.png`, and what follows the name of the own host.
    Absolute,
}

/// The part of a reference that is a path of this site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Path {
    /// Where it stands in the reference.
    pub(super) range: Range<usize>,
    /// How it is spelled.
    pub(super) spelling: Spelling,
}

/// Everything that could end a value somewhere, in HTML, CSS, JavaScript or `srcset`, is written in percent.
const SAFE: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/').remove(b'@');

impl Home {
    /// The path in a reference; `None` when it leads elsewhere or to a place in the same file.
    pub(super) fn path_of(&self, raw: &str) -> Option<Path> {
        let start = raw.len() - raw.trim_start_matches(|c: char| c <= ' ').len();
        let end = raw.trim_end_matches(|c: char| c <= ' ').len().max(start);
        let start = start + self.before_path(&raw[start..end])?;
        let end = start + tail_at(&raw[start..end]);
        let path = &raw[start..end];
        let spelling = match path.as_bytes() {
            [] => return None,
            [b'/' | b'\\', ..] => Spelling::Absolute,
            [b'.', b'/' | b'\\', ..] | [b'.', b'.', b'/' | b'\\', ..] => Spelling::Dotted,
            _ => Spelling::Relative,
        };
        Some(Path { range: start..end, spelling })
    }

    /// How many bytes of scheme and host stand before the path.
    fn before_path(&self, raw: &str) -> Option<usize> {
        let lower = raw.as_bytes();
        let slashes = |text: &str| text.starts_with("//") || text.starts_with("\\\\") || text.starts_with("/\\");
        let authority = match scheme(raw) {
            Some(scheme) if matches!(scheme.to_ascii_lowercase().as_str(), "http" | "https") => scheme.len() + 1,
            Some(_) => return None,
            None if slashes(raw) => 0,
            None => return Some(0),
        };
        let host = lower[authority..].iter().position(|byte| !matches!(byte, b'/' | b'\\')).map(|at| authority + at)?;
        let end = raw[host..].find(['/', '\\', '?', '#']).map(|at| host + at)?;
        let own = self.origin.as_deref()?.split_once("://")?.1;
        raw[host..end].eq_ignore_ascii_case(own).then_some(end)
    }

    /// The path inside the folder that a reference from `folder` names: `img/a.png`, or `img/` for the folder itself.
    pub(super) fn resolve(&self, path: &str, folder: &str) -> Option<String> {
        let path = path.replace(['\t', '\n', '\r'], "").replace('\\', "/");
        let (mut segments, rest) = match path.strip_prefix('/') {
            Some(_) => (Vec::new(), path.strip_prefix(&self.path).or_else(|| self.itself(&path))?),
            None => (folder.split('/').filter(|it| !it.is_empty()).map(str::to_owned).collect(), path.as_str()),
        };
        let mut is_folder = true;
        for segment in rest.split('/') {
            let decoded = percent_decode_str(segment).decode_utf8().ok()?.into_owned();
            is_folder = matches!(decoded.as_str(), "" | "." | "..");
            match decoded.as_str() {
                "" | "." => {}
                ".." => _ = segments.pop(),
                other if other.contains('/') => return None,
                _ => segments.push(decoded),
            }
        }
        let mut joined = segments.join("/");
        if is_folder && !joined.is_empty() {
            joined.push('/');
        }
        Some(joined)
    }

    /// `/app` for a site at `/app/`.
    fn itself<'p>(&self, path: &'p str) -> Option<&'p str> {
        (path == self.path.trim_end_matches('/')).then(|| &path[path.len()..])
    }

    /// How a file in `folder` names `target`.
    pub(super) fn spell(&self, target: &str, folder: &str, spelling: Spelling) -> String {
        match spelling {
            Spelling::Absolute => return format!("{}{}", self.path, encoded(target)),
            Spelling::Top => return encoded(target),
            Spelling::Relative | Spelling::Dotted => {}
        }
        let from: Vec<&str> = folder.split('/').filter(|it| !it.is_empty()).collect();
        let to: Vec<&str> = target.split('/').collect();
        let shared = from.iter().zip(&to[..to.len() - 1]).take_while(|(a, b)| a == b).count();
        let up = "../".repeat(from.len() - shared);
        let way = format!("{up}{}", encoded(&to[shared..].join("/")));
        // The first segment of a relative reference could be read as a scheme (RFC 3986, section 4.2); SAFE leaves no colon.
        if spelling == Spelling::Dotted && up.is_empty() { format!("./{way}") } else { way }
    }
}

/// Where query and fragment begin. The `#` of `&#38;` is none.
fn tail_at(raw: &str) -> usize {
    let bytes = raw.as_bytes();
    let begins = |(at, byte): (usize, &u8)| *byte == b'?' || (*byte == b'#' && (at == 0 || bytes[at - 1] != b'&'));
    bytes.iter().enumerate().position(begins).unwrap_or(raw.len())
}

/// RFC 3986, section 3.1.
fn scheme(raw: &str) -> Option<&str> {
    let (scheme, _) = raw.split_once(':')?;
    let valid = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
    valid.then_some(scheme)
}

/// A path as it may stand in any text.
pub(super) fn encoded(path: &str) -> String {
    utf8_percent_encode(path, SAFE).to_string()
}

/// The folder that a file stands in; empty for the top.
pub(super) fn folder_of(key: &Key) -> &str {
    key.as_str().rsplit_once('/').map_or("", |(folder, _)| folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn home() -> Home {
        Home { origin: Some("https://www.example.fr".to_owned()), path: "/app/".to_owned() }
    }

    #[test]
    fn the_path_is_what_names_a_file_of_this_site() {
        for (raw, path) in [
            ("a.png", Some("a.png")),
            (" /app/a.svg?x=1#id\n", Some("/app/a.svg")),
            ("font.eot?#iefix", Some("font.eot")),
            ("a&#38;b.png#c", Some("a&#38;b.png")),
            ("https://WWW.example.fr/app/x", Some("/app/x")),
            ("//www.example.fr/x?y", Some("/x")),
            ("//cdn.example/x", None),
            ("https://www.example.fr", None),
            ("#a", None),
            ("?a", None),
            ("", None),
            ("data:image/png,a", None),
            ("mailto:a@b", None),
        ] {
            assert_eq!(home().path_of(raw).map(|found| &raw[found.range]), path, "{raw}");
        }
    }

    #[test]
    fn a_path_resolves_as_in_a_browser() {
        for (path, folder, found) in [
            ("a.png", "img", Some("img/a.png")),
            ("../a.png", "img", Some("a.png")),
            ("../../../a.png", "img", Some("a.png")),
            ("%2e%2E/a%20b.png", "img", Some("a b.png")),
            ("x/%2Fy", "", None),
            ("%E9.png", "", None),
            ("/app/a", "img", Some("a")),
            ("/other/a", "img", None),
            ("/app", "img", Some("")),
            ("./", "img", Some("img/")),
            ("b\\c.png", "", Some("b/c.png")),
        ] {
            assert_eq!(home().resolve(path, folder).as_deref(), found, "{path}");
        }
    }

    #[test]
    fn a_way_is_spelled_as_it_was() {
        for (target, folder, spelling, way) in [
            ("assets/a.js", "", Spelling::Relative, "assets/a.js"),
            ("assets/a.js", "assets", Spelling::Dotted, "./a.js"),
            ("assets/a.js", "de/x", Spelling::Dotted, "../../assets/a.js"),
            ("img/a b,(1).png", "assets", Spelling::Relative, "../img/a%20b%2C%281%29.png"),
            ("assets/a.js", "de", Spelling::Absolute, "/app/assets/a.js"),
        ] {
            assert_eq!(home().spell(target, folder, spelling), way);
        }
    }
}
