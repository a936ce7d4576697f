//! `[build] browsers`: what style sheets are written down to.

use crate::diag::Code;
use crate::model::{Browser, Family};
use crate::reader::Section;

/// Browsers of spring and summer 2022. iOS 15.4 runs on every iPhone since the 6s of 2015, Firefox 102 is the long-term release of that
/// year; what is older gets a readable page all the same.
const BROWSERS: [&str; 8] =
    ["android 103", "chrome 103", "edge 103", "firefox 102", "ios_saf 15.4", "opera 89", "safari 15.4", "samsung 18"];

/// `[build] browsers`.
pub(super) fn of(section: &Section<'_>) -> Vec<Browser> {
    let named = section.string_list("browsers").unwrap_or_else(|| BROWSERS.map(str::to_owned).to_vec());
    let mut read = |name: &String| {
        let browser: Result<Browser, _> = name.parse();
        if browser.is_err() {
            let known: Vec<String> = Family::ALL.iter().map(|(_, name)| format!("`{name}`")).collect();
            let hint = format!("write a name and a version, such as `safari 15.4`; names are {}", known.join(", "));
            section.complain("browsers", Code::BadValue, &format!("`{name}` is no browser with a version"), &hint);
        }
        browser.ok()
    };
    named.iter().filter_map(&mut read).collect()
}
