//! SVG made safe and small: one pass for files and for inlining into HTML.
//!
//! In: hostile bytes. Out: SVG text that holds nothing but known drawing elements, no script, no handler, no reference
//! outside itself, no entity; or why not. Refuses rather than repairs what is unsafe, because a drawing that silently
//! loses a part is found out on television. What an editor leaves behind (metadata, its own namespaces, comments) goes.
//!
//! The text is written from a tree of what was understood, never copied, so that an HTML parser, which reads SVG by other
//! rules than an XML parser, cannot see in it what this one did not.
//!
//! Reading order: `read` (text to tree), `safe` (what may stand in it), `clean` (what need not), `style` (CSS to
//! attributes), `number` and `path` (fewer digits), `write` (tree to text); `weight` for those who paint.

mod clean;
mod number;
mod path;
mod read;
mod safe;
mod style;
pub(super) mod tree;
mod weight;
mod write;

use crate::diag::{Code, Diagnostic, Place};
use std::fmt;

/// Why an SVG is not published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SvgError {
    /// The bytes are not UTF-8.
    NotUtf8,
    /// Not well-formed, or no SVG at all.
    Syntax {
        /// From 1.
        line: usize,
        /// What is wrong.
        why: String,
    },
    /// It could run a script or ask another host for something.
    Unsafe {
        /// From 1.
        line: usize,
        /// What is unsafe.
        what: String,
    },
    /// More elements, levels or bytes than a drawing has.
    TooLarge,
    /// Painting it would take minutes.
    TooHeavy,
}

impl SvgError {
    /// The line, from 1, when there is one.
    pub fn line(&self) -> Option<usize> {
        match self {
            Self::Syntax { line, .. } | Self::Unsafe { line, .. } => Some(*line),
            Self::NotUtf8 | Self::TooLarge | Self::TooHeavy => None,
        }
    }

    /// For people: with the place in `file`, whose content is `bytes`.
    pub fn diagnostic(&self, file: &str, bytes: &[u8]) -> Diagnostic {
        let (code, hint) = match self {
            Self::NotUtf8 => (Code::NotUtf8, "save the drawing as UTF-8"),
            Self::Syntax { .. } | Self::TooLarge => {
                (Code::BadImage, "open it in a drawing program and export it as plain SVG")
            }
            Self::TooHeavy => {
                (Code::BadImage, "take filters, patterns and repeated parts out of it, and simplify its paths")
            }
            Self::Unsafe { .. } => {
                (Code::UnsafeSvg, "export it as plain SVG with everything embedded and no interaction")
            }
        };
        let place = match (self.line(), std::str::from_utf8(bytes)) {
            (Some(line), Ok(text)) => {
                let mut place = Place::line(file, text, line);
                // A drawing may be one line of a megabyte.
                place.excerpt = place.excerpt.chars().take(200).collect();
                place
            }
            _ => Place::file(file),
        };
        Diagnostic::new(code, format!("`{file}` {self}")).at(place).hint(hint)
    }
}

impl fmt::Display for SvgError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotUtf8 => f.write_str("is not UTF-8"),
            Self::Syntax { why, .. } => write!(f, "cannot be read as SVG: {why}"),
            Self::Unsafe { what, .. } => write!(f, "is not safe to publish: {what}"),
            Self::TooLarge => f.write_str("is too large or too deeply nested for a drawing"),
            Self::TooHeavy => f.write_str(
                "takes too long to paint: its parts refer to one another too often, its filters never end, or its paths have too many points or far ones",
            ),
        }
    }
}

impl std::error::Error for SvgError {}

/// The drawing in fewer bytes and without anything unsafe, fit for a file and for inlining.
///
/// # Errors
/// When it cannot be read, or carries what must not be published.
pub fn svg(bytes: &[u8]) -> Result<String, SvgError> {
    let mut root = checked(bytes)?;
    clean::clean(&mut root);
    style::to_attributes(&mut root);
    clean::prune(&mut root);
    number::shorten(&mut root);
    Ok(write::write(&root))
}

/// The tree of a drawing that is safe, nothing taken out but what is never painted.
///
/// # Errors
/// When it cannot be read, or carries what must not be published.
pub(super) fn checked(bytes: &[u8]) -> Result<tree::Element, SvgError> {
    let text = std::str::from_utf8(bytes).map_err(|_| SvgError::NotUtf8)?;
    let mut root = read::read(text.trim_start_matches('\u{feff}'))?;
    safe::check(&mut root)?;
    Ok(root)
}

/// The text of a tree.
pub(super) fn write(root: &tree::Element) -> String {
    write::write(root)
}

/// About how many shapes are painted when the drawing is.
///
/// # Errors
/// When it cannot be read, or nobody can say.
pub(super) fn weight(bytes: &[u8]) -> Result<u64, SvgError> {
    let text = std::str::from_utf8(bytes).map_err(|_| SvgError::NotUtf8)?;
    weight::weight(&read::read(text)?).ok_or(SvgError::TooHeavy)
}

#[cfg(test)]
mod tests;
