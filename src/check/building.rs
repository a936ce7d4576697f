//! What the build itself said: why it failed, or what the author should know although it worked.

use super::{Family, Finding, Notes, Report, Rule, Site};
use crate::diag::{Code, Diagnostic};

pub(super) struct Building;

const ERROR: Rule = Rule::fail("build-error", "the site can be built");
const WARNING: Rule = Rule::warn("build-warning", "the build has nothing to complain about");

impl Family for Building {
    fn name(&self) -> &'static str {
        "building"
    }

    fn title(&self) -> &'static str {
        "the site builds without a complaint"
    }

    fn rules(&self) -> &'static [Rule] {
        &[ERROR, WARNING]
    }

    fn site(&self, site: &Site<'_>, notes: &mut Notes<'_>) {
        // The budget is judged by a rule of its own; what one host cannot say is a matter of that host, which `landing plan` repeats.
        let told = |it: &&Diagnostic| !matches!(it.code, Code::OverBudget | Code::HostLimit);
        notes.found.extend(site.subject.warnings.iter().filter(told).map(|it| finding(&WARNING, it)));
    }
}

fn finding(rule: &Rule, said: &Diagnostic) -> Finding {
    let place = said.place.as_ref();
    Finding {
        check: rule.id,
        file: place.map(|place| place.file.clone()),
        line: place.map(|place| place.line).filter(|line| *line > 0),
        url: None,
        verdict: rule.verdict,
        seen: format!("{} [{}]", said.message, said.code.name()),
        remedy: said.hint.clone().unwrap_or_default(),
        waiver: None,
    }
}

/// The report of a site that could not be built.
pub fn broken<'d>(complaints: impl IntoIterator<Item = &'d Diagnostic>) -> Report {
    Report { findings: complaints.into_iter().map(|it| finding(&ERROR, it)).collect(), idle: Vec::new() }
}
