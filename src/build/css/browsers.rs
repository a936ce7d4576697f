//! The browsers of the settings as lightningcss names them.

use crate::model::{Browser, Family};
use lightningcss::targets::Browsers;

/// What to write syntax down to.
pub(super) fn browsers(oldest: &[Browser]) -> Browsers {
    let mut out = Browsers::default();
    for browser in oldest {
        let slot = match browser.family {
            Family::Android => &mut out.android,
            Family::Chrome => &mut out.chrome,
            Family::Edge => &mut out.edge,
            Family::Firefox => &mut out.firefox,
            Family::IosSafari => &mut out.ios_saf,
            Family::Opera => &mut out.opera,
            Family::Safari => &mut out.safari,
            Family::Samsung => &mut out.samsung,
        };
        let version = u32::from(browser.major) << 16 | u32::from(browser.minor) << 8;
        *slot = Some(slot.map_or(version, |other| other.min(version)));
    }
    out
}
