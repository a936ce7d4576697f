//! A report or a plan in a file, which takes the place of an earlier one.

use crate::diag::{Code, Diagnostic};
use std::path::Path;

/// Writes it.
///
/// # Errors
/// When the file cannot be written.
pub fn save(path: &Path, bytes: &[u8]) -> Result<(), Diagnostic> {
    std::fs::write(path, bytes).map_err(|err| {
        let why = crate::text::system_reason(&err.to_string());
        Diagnostic::new(Code::WriteFailed, format!("`{}` cannot be written: {why}", path.display()))
            .hint("name a file in a folder that this user can write to")
    })
}
