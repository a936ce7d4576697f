//! A plan in a file: made now, looked at by somebody else, carried out later if nothing has changed by then.
//!
//! In and out: JSON with a format number. It holds no secret and no bytes of the site, only what would be done and from where:
//! whoever carries it out has the same source, and is refused when it builds another release.

use super::report_file;
use crate::diag::{Code, Diagnostic};
use crate::model::Plan;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// What the file holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlanFile {
    /// Version of this format.
    pub format: u32,
    /// The environment that it is for.
    pub environment: String,
    /// The folder that is deployed instead of a build.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<PathBuf>,
    /// What would be done.
    pub plan: Plan,
}

impl PlanFile {
    /// The newest format that this version writes and reads.
    pub const FORMAT: u32 = 1;

    /// Writes it.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn save(&self, path: &Path) -> Result<(), Diagnostic> {
        let json = serde_json::to_vec_pretty(self).expect("maps with string keys have a JSON form");
        report_file::save(path, &json)
    }

    /// Reads one.
    ///
    /// # Errors
    /// When there is none, or it is of another format.
    pub fn open(path: &Path) -> Result<Self, Diagnostic> {
        let bad = |why: String| {
            Diagnostic::new(Code::BadPlan, format!("`{}` is not a plan: {why}", path.display()))
                .hint("`landing plan ENV -o FILE` writes one")
        };
        let raw = std::fs::read(path).map_err(|err| bad(crate::text::system_reason(&err.to_string())))?;
        let file: Self = serde_json::from_slice(&raw).map_err(|err| bad(err.to_string()))?;
        if file.format != Self::FORMAT {
            return Err(bad(format!("it has format {}, this version reads {}", file.format, Self::FORMAT)));
        }
        Ok(file)
    }
}
