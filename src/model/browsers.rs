//! The oldest browsers that a page must look right in, as `[build] browsers` names them: `"safari 15.4"`.

use serde::Serialize;
use std::fmt;
use std::str::FromStr;

/// A browser from one version on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Browser {
    /// Which one.
    pub family: Family,
    /// `15` of `15.4`.
    pub major: u8,
    /// `4` of `15.4`.
    pub minor: u8,
}

/// Families of browsers, by the names that browserslist uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Family {
    Android,
    Chrome,
    Edge,
    Firefox,
    IosSafari,
    Opera,
    Safari,
    Samsung,
}

impl Family {
    /// Every family with its name.
    pub const ALL: &'static [(Family, &'static str)] = &[
        (Family::Android, "android"),
        (Family::Chrome, "chrome"),
        (Family::Edge, "edge"),
        (Family::Firefox, "firefox"),
        (Family::IosSafari, "ios_saf"),
        (Family::Opera, "opera"),
        (Family::Safari, "safari"),
        (Family::Samsung, "samsung"),
    ];

    fn name(self) -> &'static str {
        Self::ALL.iter().find(|(family, _)| *family == self).map_or("", |(_, name)| name)
    }
}

impl fmt::Display for Browser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.family.name(), self.major)?;
        if self.minor > 0 { write!(f, ".{}", self.minor) } else { Ok(()) }
    }
}

/// It is no browser with a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoBrowser;

impl FromStr for Browser {
    type Err = NoBrowser;

    fn from_str(text: &str) -> Result<Self, NoBrowser> {
        let (name, version) = text.trim().split_once(' ').ok_or(NoBrowser)?;
        let (major, minor) = version.trim().split_once('.').unwrap_or((version.trim(), "0"));
        let name = name.to_ascii_lowercase();
        let family = Family::ALL.iter().find(|(_, it)| *it == name).ok_or(NoBrowser)?.0;
        let number = |text: &str| text.parse().map_err(|_| NoBrowser);
        Ok(Self { family, major: number(major)?, minor: number(minor)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_reads_as_it_is_written() {
        for text in ["safari 15.4", "chrome 103", "ios_saf 15"] {
            assert_eq!(text.parse::<Browser>().unwrap().to_string(), text);
        }
        for text in ["", "safari", "netscape 4", "chrome x", "chrome 1.2.3", "chrome 1000", "last 2 versions"] {
            assert_eq!(text.parse::<Browser>(), Err(NoBrowser), "{text}");
        }
    }
}
