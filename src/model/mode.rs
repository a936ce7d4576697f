//! `Mode`: how much of the campaign is shown. All modes of a release are built and uploaded together; which one is served is a switch.

use serde::{Deserialize, Serialize};

/// How much of the campaign is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// All of it.
    #[default]
    Normal,
    /// What still works when the services behind the page do not: no form, no video, lighter pictures.
    Degraded,
    /// A holding page in place of the campaign.
    Closed,
}

impl Mode {
    /// Every mode, the usual one first.
    pub const ALL: [Self; 3] = [Self::Normal, Self::Degraded, Self::Closed];

    /// The name on the command line, in templates and in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Normal => "normal",
            Self::Degraded => "degraded",
            Self::Closed => "closed",
        }
    }
}
