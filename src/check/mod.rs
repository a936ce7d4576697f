//! Is the built site fit to be shown to everyone? Judged from its files alone, before anything is published.
//!
//! In: a [`Subject`], what was built and what it was built from. Out: a [`Report`] of [`Finding`]s, each with the place in the author's
//! files and the remedy. One [`Family`] of rules is one file; all stand in [`ALL`], and the help, `docs/check.md` and the tests are made
//! from that list.
//!
//! It renders nothing and asks nobody: what only a browser with a screen can tell (positions, computed colors) it leaves alone. Other
//! hosts' answers to links come in as values ([`external`] says which are wanted).

mod access;
mod addresses;
mod budgets;
mod building;
mod document;
mod finding;
mod fold;
mod folder;
mod forms;
mod language;
mod legal;
mod links;
mod locate;
mod markup;
mod notes;
mod page;
mod parts;
mod pictures;
mod site;
mod weight;
mod words;

pub use building::broken;
pub use finding::{Finding, Report, Rule};
pub use folder::folder;
pub use site::{Flight, Subject};

use notes::Notes;
use page::Page;
use rayon::prelude::*;
use site::Site;
use std::collections::BTreeSet;

/// Some rules that belong together, and how they are judged.
pub trait Family: Sync {
    /// Its name in reports and in the documentation.
    fn name(&self) -> &'static str;

    /// The sentence that holds when all of its rules do.
    fn title(&self) -> &'static str;

    /// Its rules, in the order of the report.
    fn rules(&self) -> &'static [Rule];

    /// Looks at one page.
    fn page(&self, _site: &Site<'_>, _page: &Page<'_>, _notes: &mut Notes<'_>) {}

    /// Looks at the site as a whole.
    fn site(&self, _site: &Site<'_>, _notes: &mut Notes<'_>) {}
}

/// Every family, in the order of the report: first whether it comes up fast, then whether everyone can use it, then what it says.
pub const ALL: &[&dyn Family] = &[
    &building::Building,
    &budgets::Budgets,
    &links::Links,
    &document::Document,
    &pictures::Pictures,
    &markup::Markup,
    &access::names::Names,
    &access::structure::Structure,
    &access::operation::Operation,
    &access::aria::Aria,
    &access::tables::Tables,
    &language::Language,
    &forms::Forms,
    &words::Words,
    &parts::Parts,
    &legal::Legal,
    &addresses::Addresses,
];

/// Judges a site. Pages are looked at in parallel; the report is the same whatever the number of threads.
pub fn check(subject: &Subject<'_>) -> Report {
    let site = Site::new(subject);
    let mut found: Vec<Finding> = site
        .pages
        .par_iter()
        .flat_map_iter(|page| {
            let mut notes = Notes::new(&site, Some(page));
            for family in ALL {
                family.page(&site, page, &mut notes);
            }
            notes.found
        })
        .collect();
    let mut notes = Notes::new(&site, None);
    for family in ALL {
        family.site(&site, &mut notes);
    }
    found.extend(notes.found);
    if subject.foreign {
        found.iter_mut().for_each(folder::said_of_it);
    }
    let waivers = &subject.settings.check.waivers;
    for finding in &mut found {
        fold::waive(finding, waivers, subject.now);
    }
    // Links to other hosts are looked at on request only.
    let judged = |id: &str| rule(id).is_some() && (id != links::EXTERNAL.id || !subject.answers.is_empty());
    let idle = fold::idle(&found, waivers, judged);
    Report { findings: fold::fold(found, site.pages.len()), idle }
}

/// The addresses of other hosts that links of the site name: whoever can ask them puts the answers into [`Subject::answers`].
pub fn external(subject: &Subject<'_>) -> BTreeSet<String> {
    links::external(&Site::new(subject))
}

/// The rule of that name, with its family.
pub fn rule(id: &str) -> Option<(&'static dyn Family, &'static Rule)> {
    ALL.iter().find_map(|family| Some((*family, family.rules().iter().find(|rule| rule.id == id)?)))
}
