//! `[build] quality`: how well pictures must look, as a score that holds for all formats.
//!
//! In: what the author wrote. Out: a score from 1 to 100; what it means is the business of `assets/picture/score.rs`.

use crate::diag::Code;
use crate::reader::Section;

/// Whoever compares sees a difference, whoever looks at the page does not: 70 is "high quality" on this scale, that of
/// SSIMULACRA2, and 90 cannot be told apart.
const USUAL: u8 = 75;

/// The score.
pub(super) fn of(section: &Section<'_>) -> u8 {
    let given = section.number("quality").unwrap_or(USUAL.into());
    let score = u8::try_from(given).ok().filter(|score| (1..=100).contains(score));
    score.unwrap_or_else(|| {
        section.complain("quality", Code::BadValue, "`quality` is not between 1 and 100", "write a score, such as 75");
        USUAL
    })
}
