//! `Waiver`: what somebody decided to live with, and [`Waived`], what that makes of a finding.
//!
//! It refuses to take silence for consent: what is wrong can be waived, what could not be told only by a waiver that says so.

use super::{Settings, Verdict};
use crate::diag::{Code, Diagnostic, Place};
use crate::text::harmless;
use serde::Serialize;

/// `[[check.waivers]]`
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Waiver {
    /// The check's name.
    pub check: String,
    /// Only for this URL path; for all when absent.
    pub url: Option<String>,
    /// Why.
    pub reason: String,
    /// Who decided it.
    pub who: Option<String>,
    /// From then on it counts again.
    pub until: Option<jiff::Timestamp>,
    /// Whether it waives what could not be told, too.
    pub unknown: bool,
}

/// What a waiver has to say about a finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Waived {
    /// Whether it waives the finding.
    pub state: WaiverState,
    /// The verdict without it.
    pub would: Verdict,
    /// Why.
    pub reason: String,
    /// Who decided it.
    pub who: Option<String>,
    /// From then on it counts again.
    pub until: Option<jiff::Timestamp>,
}

/// Whether a waiver waives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum WaiverState {
    /// It does.
    Holds,
    /// It did until its end.
    Ended,
    /// It is about what is wrong, and this could not be told.
    Untold,
}

impl Waiver {
    /// Whether it still counts. Without a clock it does.
    fn holds(&self, now: Option<jiff::Timestamp>) -> bool {
        now.zip(self.until).is_none_or(|(now, until)| now < until)
    }

    /// What to say of one that is about nothing that was found: what it was for is mended, or its address is misspelled.
    pub fn idle(&self) -> Diagnostic {
        let at = self.url.iter().map(|url| format!(" at `{}`", harmless(url)));
        let about: String = std::iter::once(format!("`{}`", self.check)).chain(at).collect();
        Diagnostic::new(Code::IdleWaiver, format!("nothing was found that the waiver of {about} is about"))
            .at(Place::file(Settings::FILE))
            .hint("take it out, or mend its `url`: a path as `/` or `/page`")
    }

    fn covers(&self, verdict: Verdict) -> bool {
        verdict != Verdict::Unknown || self.unknown
    }

    /// What those of `waivers`, all about one finding, make of its verdict: the verdict that counts, and the words of the one that decides.
    pub fn apply<'w>(
        waivers: impl IntoIterator<Item = &'w Self>,
        verdict: Verdict,
        now: Option<jiff::Timestamp>,
    ) -> (Verdict, Option<Waived>) {
        if verdict < Verdict::Warn {
            return (verdict, None);
        }
        let state = |waiver: &Self| match (waiver.holds(now), waiver.covers(verdict)) {
            (true, true) => WaiverState::Holds,
            (true, false) => WaiverState::Untold,
            (false, _) => WaiverState::Ended,
        };
        let judged = waivers.into_iter().map(|waiver| (state(waiver), waiver));
        let Some((state, waiver)) = judged.min_by_key(|(state, _)| order(*state)) else { return (verdict, None) };
        let told = Waived {
            state,
            would: verdict,
            reason: harmless(&waiver.reason),
            who: waiver.who.as_deref().map(harmless),
            until: waiver.until,
        };
        let counts = if state == WaiverState::Holds { Verdict::Waived } else { verdict };
        (counts, Some(told))
    }
}

/// One that waives is found before those that do not.
fn order(state: WaiverState) -> u8 {
    match state {
        WaiverState::Holds => 0,
        WaiverState::Untold => 1,
        WaiverState::Ended => 2,
    }
}

impl Waived {
    /// In words, for the end of a line of evidence.
    pub fn words(&self) -> String {
        let (would, why) = (self.would.name(), self.decision());
        match self.state {
            WaiverState::Holds => format!("(would be `{would}`; waived: {why})"),
            WaiverState::Ended => format!("(no longer waived: {why})"),
            WaiverState::Untold => {
                format!(
                    "(not waived, because it could not be told and the waiver does not say `unknown = true`: {why})"
                )
            }
        }
    }

    /// Reason, person and end, on one line.
    fn decision(&self) -> String {
        let who = self.who.iter().map(|who| format!(", says {who}"));
        let until = self.until.iter().map(|until| format!(", until {until}"));
        std::iter::once(self.reason.clone()).chain(who).chain(until).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waiver(until: Option<&str>, unknown: bool) -> Waiver {
        let until = until.map(|it| it.parse().unwrap());
        Waiver { check: "age".into(), url: None, reason: "so be it".into(), who: Some("Ali".into()), until, unknown }
    }

    fn applied(waivers: &[Waiver], verdict: Verdict) -> (Verdict, Option<WaiverState>) {
        let (verdict, waived) = Waiver::apply(waivers, verdict, Some("2026-11-20T12:00:00Z".parse().unwrap()));
        (verdict, waived.map(|it| it.state))
    }

    #[test]
    fn what_could_not_be_told_is_waived_only_by_one_that_says_so() {
        use Verdict::{Fail, Pass, Skipped, Unknown, Waived, Warn};
        let plain = [waiver(None, false)];
        for wrong in [Warn, Fail] {
            assert_eq!(applied(&plain, wrong), (Waived, Some(WaiverState::Holds)));
        }
        assert_eq!(applied(&plain, Unknown), (Unknown, Some(WaiverState::Untold)));
        assert_eq!(applied(&[waiver(None, true)], Unknown), (Waived, Some(WaiverState::Holds)));
        for right in [Pass, Skipped] {
            assert_eq!(applied(&plain, right), (right, None));
        }
    }

    #[test]
    fn one_that_has_ended_says_so_unless_another_holds() {
        let (ended, holds) = (waiver(Some("2026-11-20T12:00:00Z"), false), waiver(Some("2026-11-20T12:00:01Z"), false));
        assert_eq!(applied(std::slice::from_ref(&ended), Verdict::Fail), (Verdict::Fail, Some(WaiverState::Ended)));
        assert_eq!(applied(&[ended, holds], Verdict::Fail), (Verdict::Waived, Some(WaiverState::Holds)));
    }
}
