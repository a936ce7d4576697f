//! `landing new DIR [--theme NAME]`

use super::view::View;
use crate::diag::{Diagnostics, Exit};
use crate::shell::{scaffold, workspace};
use serde_json::json;
use std::path::Path;

pub(super) fn run(dir: &Path, theme: &str, view: &View) -> Result<Exit, Diagnostics> {
    let files = scaffold::files(theme)?;
    workspace::write_new(dir, &files)?;
    let shown = dir.display().to_string();
    let plain = shown.chars().all(|c| c.is_alphanumeric() || "/._-~+".contains(c));
    let quoted = if plain { shown.clone() } else { format!("'{}'", shown.replace('\'', r"'\''")) };
    view.line(format!("made {shown}: {}", crate::text::plural(files.len(), "file", "files")));
    view.line("");
    view.line(format!("  cd {quoted}"));
    view.line("  landing preview     # edit site/index.md, the page follows");
    view.line("  landing deploy      # the whole chain on this machine");
    view.done(json!({ "dir": dir, "files": files.keys().collect::<Vec<_>>() }));
    Ok(Exit::Done)
}
