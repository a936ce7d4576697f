//! Files for other programs, written into a folder of the user's.
//!
//! In: a folder, a name, a text that says in its first line who made it. A file of that name that does not say so is somebody's own, and
//! stays.

use crate::diag::{Code, Diagnostic};
use std::path::Path;

/// How every file of ours begins.
const OURS: &str = "# Made by `landing export";

/// Writes one, in place of ours from before.
///
/// # Errors
/// When it cannot be written, or one of that name is not ours.
pub fn write(folder: &Path, name: &str, text: &str) -> Result<(), Diagnostic> {
    let path = folder.join(name);
    let failed = |err: &std::io::Error| {
        let why = crate::text::system_reason(&err.to_string());
        Diagnostic::new(Code::WriteFailed, format!("`{}` cannot be written: {why}", path.display()))
            .hint("name a folder that this user can write to")
    };
    match std::fs::read(&path) {
        Ok(there) if !there.starts_with(OURS.as_bytes()) => {
            let wrong = format!("`{}` is there and was not made by `landing export`", path.display());
            return Err(Diagnostic::new(Code::WriteFailed, wrong).hint("move it, or name another folder"));
        }
        Err(err) if err.kind() != std::io::ErrorKind::NotFound => return Err(failed(&err)),
        _ => {}
    }
    std::fs::create_dir_all(folder).and_then(|()| std::fs::write(&path, text)).map_err(|err| failed(&err))
}
