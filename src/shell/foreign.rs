//! Looks at a page that landing did not build: the page itself first, then everything that can be asked of any page.
//!
//! A host that does not answer is a finding like everywhere; an address that answers with something else than a page is refused with what it
//! answered, because whatever followed would be about something that nobody meant.

use super::Sink;
use super::probe::{Deadline, Means, ProbeOptions, examine_by, probe};
use crate::diag::{Code, Diagnostic};
use crate::model::{CheckSettings, Event, Observation, Report};
use crate::text::harmless;
use crate::verify::foreign::{self, Foreign};
use crate::verify::{Check, Subject};
use std::time::Duration;

/// A page, and what is known about it.
#[derive(Clone, Copy, Debug)]
pub struct Page<'a> {
    /// Scheme and host, without a trailing slash.
    pub base: &'a str,
    /// The rest of its address.
    pub url: &'a Foreign,
    /// The broadcast.
    pub event: &'a Event,
    /// What the configuration says about checks, where there is one.
    pub check: &'a CheckSettings,
    /// The time of the run.
    pub now: jiff::Timestamp,
    /// The time for all questions together.
    pub run: Duration,
}

impl Page<'_> {
    /// Those of the checks that need no release.
    ///
    /// # Errors
    /// When the address answers with something else than a page.
    pub async fn examine(self, checks: &[&dyn Check], means: &Means<'_>, sink: Sink<'_>) -> Result<Report, Diagnostic> {
        let deadline = Deadline::of(self.run);
        let options = ProbeOptions { deadline, ..ProbeOptions::new(self.base).by(self.check) };
        let first = foreign::first(self.url.target());
        let seen = probe([first.clone()].into(), &options, sink).await;
        let page = match seen.get(&first) {
            Some(Observation::Answered(page)) if page.status != 200 => {
                return Err(self.no_page(page.status, page.header("location")));
            }
            Some(Observation::Answered(page)) => Some(page),
            _ => None,
        };
        let files = page.map(|page| foreign::files(self.base, &self.url.url, page)).unwrap_or_default();
        let files = probe(files.iter().map(|file| foreign::first(file.encoded())).collect(), &options, sink).await;
        let release = foreign::release(&self.url.url, page, &files).ok_or_else(|| {
            let wrong = format!("`{}` is no path that a page can have", harmless(self.url.url.as_str()));
            Diagnostic::new(Code::Usage, wrong).hint("name the page as browsers show it, without empty segments")
        })?;
        let subject = Subject {
            release: &release,
            base: self.base,
            event: self.event,
            now: self.now,
            check: self.check,
            origin: None,
            focus: None,
            foreign: Some(self.url),
            canary: None,
            switches: &[],
        };
        Ok(examine_by(&subject, checks, &options, means, sink).await.1)
    }

    fn no_page(&self, status: u16, location: Option<String>) -> Diagnostic {
        let here = format!("{}{}", self.base, self.url.target());
        let wrong = Diagnostic::new(Code::Inconclusive, format!("`{here}` answers {status}, not a page"));
        let to = location.and_then(|to| url::Url::parse(&here).ok()?.join(&to).ok());
        match to {
            Some(to) if (300..400).contains(&status) => {
                let to: String = harmless(to.as_str()).chars().take(200).collect();
                wrong.hint(format!("it leads to `{to}`: `landing verify` that address, if it is meant"))
            }
            _ => wrong.hint("name an address that answers 200"),
        }
    }
}
